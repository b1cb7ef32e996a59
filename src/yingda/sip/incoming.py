"""Calls that come in, and what the far end asks inside a call: the server side of `session`'s table."""

from __future__ import annotations

import re

from yingda.kernel.clock import SECOND
from yingda.kernel.errors import YingdaError
from yingda.sip import grammar, remote_control, replaces
from yingda.sip.core import ACCEPT, ALLOW, SUPPORTED_LINE, Core, facts_of
from yingda.sip.dialog import Dialog, asks_for_sips
from yingda.sip.events import (
    Acknowledged,
    Cancelled,
    ChangeRefused,
    DigitsByInfo,
    Ended,
    InviteReceived,
    InviteRefused,
    Reinvited,
    RequestFacts,
    TextReceived,
)
from yingda.sip.flow import Flow
from yingda.sip.gate import CHANGES, Pass
from yingda.sip.message import Request
from yingda.sip.outgoing import Outgoing
from yingda.sip.refer import Refer
from yingda.sip.reliable import Reliable
from yingda.sip.session import CallState, PendingOk, Session
from yingda.sip.session_timer import SessionTimer
from yingda.sip.transaction import LIFE, T1, T2, ServerTransaction

RING_AGAIN = 60 * SECOND
LONGEST_PATIENCE_S = 86_400
TEXT = "text:"
"""Owner of the timer after which a text that nobody has answered is refused; its ticket follows."""

_SIGNAL = re.compile(r"^\s*signal\s*=\s*([0-9A-D*#])\s*$", re.IGNORECASE | re.MULTILINE)
_DURATION = re.compile(r"^\s*duration\s*=\s*(\d{1,5})\s*$", re.IGNORECASE | re.MULTILINE)


class Incoming:
    def __init__(self, core: Core, outgoing: Outgoing, timer: SessionTimer, reliable: Reliable, refer: Refer) -> None:
        self._core, self._outgoing, self._timer = core, outgoing, timer
        self._reliable, self._refer = reliable, refer

    # ---- requests ----

    def invite(self, transaction: ServerTransaction, request: Request, flow: Flow, let_in: Pass, now: int) -> None:
        """A new call, admitted."""
        core = self._core
        try:
            replaced = replaces.replaced_by(core, request)
        except replaces.Refused as refused:
            core.reply(transaction, refused.code, now, headers=core.warning(refused.reason))
            assert let_in.facts is not None
            core.emit(InviteRefused(let_in.facts, refused.code, refused.reason, let_in.trunk, let_in.username))
            return
        session = Session(core.ids(), CallState.INCOMING, core.token())
        session.transaction, session.aor = transaction.key, let_in.username or ""
        session.replaces = replaced.key if replaced is not None else ""
        remote_control.learn(session, request)
        transaction.owner = session.key
        dialog = Dialog.of_server(request, session.local_tag, flow)
        session.dialog = core.add_dialog(session, dialog)
        core.sessions[session.key] = session
        core.reply(transaction, 100, now)
        if patience := request.number("Expires"):
            core.timers.set(session.key, "lapse", now + min(patience, LONGEST_PATIENCE_S) * SECOND)
        assert let_in.facts is not None
        core.emit(
            InviteReceived(session.key, let_in.facts, request.sdp, let_in.username, let_in.trunk, session.replaces)
        )

    def cancel(self, transaction: ServerTransaction, request: Request, now: int) -> None:
        """200 to the CANCEL; the INVITE gets 487 if it has no final reply yet (9.2)."""
        core = self._core
        invite = core.transactions.cancelled_by(request)
        if invite is None:
            core.reply(transaction, 481, now)
            return
        session = core.sessions.get(invite.owner)
        core.reply(transaction, 200, now, to_tag=session.local_tag if session is not None else "")
        if session is None or not invite.open:
            return
        core.reply(invite, 487, now, to_tag=session.local_tag)
        if session.asked == invite.key:
            session.asked = None  # only the re-INVITE is off
        elif session.state is CallState.INCOMING:
            self._refuse_asked(session, now)
            self._over(session, Cancelled(session.key, grammar.readable(request.get("Reason"))))

    def _refuse_asked(self, session: Session, now: int) -> None:
        """What was offered inside of a call that is over now is void."""
        asked = self._core.transactions.servers.get(session.asked or "")
        if asked is not None and asked.open:
            self._core.reply(asked, 487, now)

    def ack(self, session: Session, request: Request, now: int) -> None:
        """The ACK of a 2xx (13.3.1.4)."""
        core, pending = self._core, session.ok
        if pending is None or request.cseq[0] != pending.cseq:
            return
        session.ok = None
        core.timers.cancel(session.key, "ok")
        if session.state is CallState.ENDING:
            self._outgoing.send_bye(session, now)
            return
        if session.state is CallState.ANSWERED:
            session.move(CallState.ACTIVE)
        core.emit(Acknowledged(session.key, request.sdp))

    def in_dialog(
        self, transaction: ServerTransaction, session: Session, request: Request, flow: Flow, now: int
    ) -> None:
        """A request inside a dialog: one table, by method."""
        self.rehome(session, flow)
        dialog = session.forks[request.from_tag]
        if not dialog.expects(request):
            self._core.reply(transaction, 500, now, reason="CSeq out of order")
            if request.method in CHANGES:
                self._core.emit(ChangeRefused(session.key, 500, "CSeq out of order"))
            return
        if request.method == "INVITE" or (request.method == "UPDATE" and request.sdp is not None):
            self._reinvite(transaction, session, request, flow, now)
        elif request.method == "UPDATE":
            self._update(transaction, session, request, flow, now)
        elif request.method == "PRACK":
            self._reliable.acknowledged(transaction, session, request, now)
            self._go_on(session, now)
        elif request.method == "BYE":
            self._bye(transaction, session, request, now)
        elif request.method == "INFO":
            self._info(transaction, session, request, now)
        elif request.method == "REFER":
            self._refer.received(transaction, session, request, now)
        elif request.method == "MESSAGE":
            self.text(transaction, request, facts_of(request, flow), now, session.key)
        elif request.method == "OPTIONS":
            self._core.reply(transaction, 200, now, headers={"Allow": [ALLOW], "Accept": [ACCEPT]})
        else:
            self._core.reply(transaction, 405, now, headers={"Allow": [ALLOW]})

    def rehome(self, session: Session, flow: Flow) -> None:
        """The far end speaks from another connection now: answer there from here on."""
        dialog = session.dialog
        if dialog is not None and flow.reliable and not dialog.flow.same_path(flow):
            dialog.flow = flow
        self._core.timers.cancel(session.key, "flow")

    def _reinvite(
        self, transaction: ServerTransaction, session: Session, request: Request, flow: Flow, now: int
    ) -> None:
        """14.2, and RFC 3311 section 5.2 for an UPDATE with an offer: one offer at a time."""
        core = self._core
        early = session.state is CallState.INCOMING and not (request.method == "UPDATE" and session.settled)
        if session.asked is not None or early:
            core.reply(transaction, 500, now, headers={"Retry-After": ["2"]})
            core.emit(ChangeRefused(session.key, 500, "Another offer is under way"))
        elif not _settled(session, request):
            core.reply(transaction, 491, now)
        else:
            session.forks[request.from_tag].refresh(request, flow)
            session.asked, transaction.owner = transaction.key, session.key
            if request.method == "INVITE":
                core.reply(transaction, 100, now)
            core.emit(Reinvited(session.key, request.sdp))

    def _update(self, transaction: ServerTransaction, session: Session, request: Request, flow: Flow, now: int) -> None:
        """An UPDATE without an offer: the session goes on, the peer may have moved (RFC 3311 section 5.2)."""
        session.forks[request.from_tag].refresh(request, flow)
        headers = self._dialog_headers(session, transaction) | self._timer.grant(session, request, now)
        self._core.reply(transaction, 200, now, headers=headers)

    def _bye(self, transaction: ServerTransaction, session: Session, request: Request, now: int) -> None:
        core = self._core
        core.reply(transaction, 200, now)
        reason = grammar.readable(request.get("Reason"))
        for key in (session.transaction, session.asked):
            invite = core.transactions.servers.get(key) if key is not None else None
            if invite is not None and invite.open:
                core.reply(invite, 487, now, to_tag=session.local_tag)
        if session.state is CallState.INCOMING:
            self._over(session, Cancelled(session.key, reason))
        elif session.state in (CallState.ANSWERED, CallState.ACTIVE):
            self._over(session, Ended(session.key, "remote", reason))
        elif session.state is CallState.ENDING:
            self._over(session)

    def text(
        self, transaction: ServerTransaction, request: Request, facts: RequestFacts, now: int,
        key: str = "", username: str | None = None, trunk: str | None = None,
    ) -> None:  # fmt: skip
        """A MESSAGE, inside a call or admitted outside of one. Whether anybody reads it is the user's to say."""
        if text := request.text:
            self._core.timers.set(TEXT + transaction.key, "text", now + LIFE)
            self._core.emit(TextReceived(facts, text, transaction.key, key, username, trunk))
        else:
            self._core.reply(transaction, 200, now)

    def answer_text(self, ticket: str, code: int, headers: dict[str, list[str]], now: int) -> None:
        """The final reply to a MESSAGE; nothing if its connection is gone, or its sender's patience was over (LIFE)."""
        self._core.timers.cancel(TEXT + ticket, "text")
        transaction = self._core.transactions.servers.get(ticket)
        if transaction is not None and transaction.open:
            self._core.reply(transaction, code, now, headers=headers)

    def _info(self, transaction: ServerTransaction, session: Session, request: Request, now: int) -> None:
        body = request.body.decode("ascii", "replace")
        digits, duration = "", 0
        if request.content_type == "application/dtmf-relay":
            signal, length = _SIGNAL.search(body), _DURATION.search(body)
            digits, duration = signal[1].upper() if signal else "", int(length[1]) if length else 0
        elif request.content_type == "application/dtmf":
            digits = "".join(re.findall(r"[0-9A-D*#]", body.upper()))
        elif body:
            accept = {"Accept": ["application/dtmf-relay, application/dtmf"]}
            self._core.reply(transaction, 415, now, headers=accept)
            return
        self._core.reply(transaction, 200, now)
        if digits:
            self._core.emit(DigitsByInfo(session.key, digits, duration))

    # ---- commands ----

    def ring(self, session: Session, code: int, sdp: str | None, now: int) -> None:
        session.need("ring", CallState.INCOMING)
        if not 101 <= code <= 199:
            raise YingdaError("sip_not_provisional", f"{code} is not a provisional reply.")
        transaction = self._open(session, session.transaction)
        if self._reliable.holds_back(session, code, sdp):
            return
        headers = self._dialog_headers(session, transaction)
        numbered = self._reliable.headers(session, transaction.request)
        session.provisional = self._core.reply(
            transaction, code, now, to_tag=session.local_tag, headers=headers | numbered, sdp=sdp
        )
        self._core.timers.set(session.key, "ring", now + RING_AGAIN)
        if numbered:
            session.described = sdp or session.described
            self._reliable.sent(session, session.provisional, now)

    def _go_on(self, session: Session, now: int) -> None:
        """Nothing is to be acknowledged or answered first: replies that were held back follow, up to the next one."""
        while session.held and session.reliable is None and session.asked is None:
            code, sdp = session.held.pop(0)
            if code < 200:
                self.ring(session, code, sdp, now)
            else:
                self.answer(session, sdp or "", now)

    def answer(self, session: Session, sdp: str, now: int) -> None:
        """200 to the INVITE or to the re-INVITE that is asked. What a reliable reply has settled is not said again."""
        told: str | None = sdp
        if session.asked is None:
            session.need("answer", CallState.INCOMING)
            transaction = self._open(session, session.transaction)
            if self._reliable.holds_back(session, 200, sdp):
                return
            told = None if session.settled else sdp
            session.held.clear()
            session.move(CallState.ANSWERED)
        else:
            transaction = self._open(session, session.asked)
            session.asked = None
        request = transaction.request
        assert request is not None
        number = request.cseq[0]
        headers = self._dialog_headers(session, transaction) | {"Allow": [ALLOW], "Supported": [SUPPORTED_LINE]}
        headers |= self._timer.grant(session, request, now)
        session.described = sdp
        data = self._core.reply(transaction, 200, now, to_tag=session.local_tag, headers=headers, sdp=told)
        if request.method != "INVITE":  # no ACK follows
            early = session.forks[request.from_tag]
            early.early, early.updated = request.sdp, True
            self._go_on(session, now)
            return
        session.ok = PendingOk(data.decode("latin-1"), number, T1, now + LIFE)
        self._core.timers.cancel(session.key, "ring", "prack", "lapse")
        self._core.timers.set(session.key, "ok", now + T1)
        if session.state is CallState.ANSWERED:
            session.choose(session.need_dialog())
            self._outgoing.make_way(session.replaces, now)

    def reject(self, session: Session, code: int, reason: str, headers: dict[str, list[str]], now: int) -> None:
        """300-699 to the INVITE (the call is over) or to a re-INVITE (the session stays as it was)."""
        if not 300 <= code <= 699:
            raise YingdaError("sip_not_refusal", f"{code} is not a refusal.")
        if session.asked is not None:
            transaction = self._open(session, session.asked)
            session.asked = None
            self._core.reply(transaction, code, now, reason=reason, headers=headers)
            self._go_on(session, now)
            return
        session.need("reject", CallState.INCOMING)
        transaction = self._open(session, session.transaction)
        self._core.reply(transaction, code, now, reason=reason, to_tag=session.local_tag, headers=headers)
        self._over(session)

    def _open(self, session: Session, key: str | None) -> ServerTransaction:
        transaction = self._core.transactions.servers.get(key) if key is not None else None
        if transaction is None or not transaction.open:
            raise YingdaError("sip_wrong_state", "The request has been answered already.")
        return transaction

    def _dialog_headers(self, session: Session, transaction: ServerTransaction) -> dict[str, list[str]]:
        """What forms the dialog at the far end (12.1.1)."""
        request = transaction.request
        assert request is not None
        secure = transaction.flow.private and asks_for_sips(request)
        headers = {"Contact": [self._core.contact(grammar.user_of(request.uri), transaction.flow, secure=secure)]}
        if routes := request.headers.get("Record-Route"):
            headers["Record-Route"] = routes
        return headers

    # ---- time and loss ----

    def repeat_ok(self, session: Session, now: int) -> None:
        """Our 2xx again, or the end of patience: no ACK for 64*T1 (13.3.1.4)."""
        core, pending = self._core, session.ok
        if pending is None:
            return
        if now >= pending.deadline:
            session.ok = None
            if session.state is not CallState.ENDING:
                session.move(CallState.ENDING)
                core.emit(Ended(session.key, "system", "No ACK came"))
            self._outgoing.send_bye(session, now)
            return
        core.send(pending.data.encode("latin-1"), self._reply_flow(session))
        pending.interval = min(pending.interval * 2, T2)
        core.timers.set(session.key, "ok", min(now + pending.interval, pending.deadline))

    def _reply_flow(self, session: Session) -> Flow:
        """Replies go the way of the INVITE while its transaction lives, later the dialog's."""
        transaction = self._core.transactions.servers.get(session.transaction or "")
        return transaction.flow if transaction is not None else session.need_dialog().flow

    def ring_again(self, session: Session, now: int) -> None:
        """13.3.1.1: once a minute, so that proxies on the way do not give up."""
        transaction = self._core.transactions.servers.get(session.transaction or "")
        if session.state is CallState.INCOMING and session.provisional is not None and transaction is not None:
            self._core.send(session.provisional, transaction.flow)
            self._core.timers.set(session.key, "ring", now + RING_AGAIN)

    def lapsed(self, session: Session, now: int) -> None:
        """13.3.1: the caller's INVITE said for how long it is good (Expires)."""
        invite = self._core.transactions.servers.get(session.transaction or "")
        if session.state is CallState.INCOMING and invite is not None and invite.open:
            self._core.reply(invite, 487, now, to_tag=session.local_tag)
            self._refuse_asked(session, now)
            self._over(session, Cancelled(session.key, "The INVITE expired"))

    def flow_lost(self, session: Session) -> None:
        """An unanswered call whose connection is gone."""
        self._over(session, Cancelled(session.key, "Connection lost"))

    def _over(self, session: Session, event: Cancelled | Ended | None = None) -> None:
        session.move(CallState.ENDED)
        self._core.drop(session)
        if event is not None:
            self._core.emit(event)


def _settled(session: Session, request: Request) -> bool:
    """Is no offer open? Before the 2xx to our INVITE that takes an answer in a reliable reply, and then UPDATE."""
    if session.state is CallState.CALLING:
        early = session.forks[request.from_tag]
        return request.method == "UPDATE" and bool(early.rseq) and early.early is not None
    if session.state is CallState.INCOMING:
        return True  # see `_reinvite`
    return session.state is CallState.ACTIVE and not session.offered and session.ok is None
