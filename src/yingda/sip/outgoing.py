"""Calls that we make, and what we ask inside a call: the client side of `session`'s table.

A client transaction's owner says what its replies mean: `invite:KEY`, `reinvite:KEY`, `bye:KEY`, `options:KEY`; an
empty owner (CANCEL, the BYE to a fork that lost) needs nobody. `notify:TAG` belongs to `subscriptions`.
"""

from __future__ import annotations

from collections.abc import Mapping

from yingda.kernel.clock import MS, SECOND
from yingda.kernel.errors import YingdaError
from yingda.sip import grammar, remote_control
from yingda.sip.answers import Answers
from yingda.sip.attempts import Attempts, challenges
from yingda.sip.core import ALLOW, SUPPORTED_LINE, Core, seconds_to_retry
from yingda.sip.dialog import Dialog, is_sips
from yingda.sip.events import (
    Ended,
    OptionsAnswered,
    Progress,
    ReinviteAnswered,
    ReinviteRejected,
    Rejected,
    Target,
)
from yingda.sip.flow import Flow
from yingda.sip.grammar import NameAddress
from yingda.sip.message import REASONS, Headers, Request, Response
from yingda.sip.reliable import Reliable
from yingda.sip.session import COMPLETED_ELSEWHERE, CallState, Session
from yingda.sip.session_timer import SessionTimer
from yingda.sip.transaction import LIFE, ClientTransaction, State


class Outgoing:
    def __init__(self, core: Core, timer: SessionTimer, reliable: Reliable) -> None:
        self._core, self._timer, self._reliable = core, timer, reliable
        self._attempts, self._answers = Attempts(core, timer), Answers(core, timer, self.send_bye)

    # ---- commands ----

    def invite(
        self,
        target: Target,
        caller: NameAddress,
        called: NameAddress,
        sdp: str | None,
        now: int,
        headers: Mapping[str, str],
        credentials: str,
        max_forwards: int,
        beside: str,
    ) -> str:
        core = self._core
        fork = core.session(beside) if beside else None
        session = Session(core.ids(), CallState.CALLING, fork.local_tag if fork is not None else core.token())
        session.made, session.credentials, session.aor = True, credentials, target.aor
        session.instance = target.instance
        caller = NameAddress(caller.uri, caller.name, {"tag": session.local_tag})
        request = self.outside("INVITE", target, caller, called, max_forwards)
        if fork is not None:
            first = core.transactions.clients[fork.transaction or ""].request
            request.headers["Call-ID"] = first.headers["Call-ID"]
            request.index()
        route = target.routes[0].partition("<")[2] if target.routes else ""
        secure = target.flow.private and (is_sips(target.uri) or is_sips(route))
        user = target.user or grammar.user_of(caller.uri)
        request.headers["Contact"] = [core.contact(user, target.flow, secure=secure)]
        request.headers["Allow"], request.headers["Supported"] = [ALLOW], [SUPPORTED_LINE]
        self._timer.ask(session, request)
        session.described = sdp or ""
        for name, value in headers.items():
            request.headers[name] = [grammar.one_line(value)]
        if sdp is not None:
            request.headers["Content-Type"], request.body = ["application/sdp"], sdp.encode()
        core.sessions[session.key] = session
        self._start_invite(session, request, target.flow, now)
        return session.key

    def outside(
        self, method: str, target: Target, caller: NameAddress, called: NameAddress, max_forwards: int
    ) -> Request:
        """A request outside of any dialog (8.1.1). Only URIs that can be read go on the wire."""
        for uri in (target.uri, caller.uri, called.uri):
            try:
                grammar.parse_uri(uri)
            except ValueError as error:
                raise YingdaError("sip_bad_address", f"{grammar.one_line(uri)!r} is no SIP address.") from error
        headers: Headers = {"Via": [self._core.via(target.flow)], "Max-Forwards": [str(max_forwards)]}
        if target.routes:
            headers["Route"] = list(target.routes)
        headers["From"], headers["To"] = [str(caller)], [str(called)]
        headers["Call-ID"], headers["CSeq"] = [self._core.ids()], [f"1 {method}"]
        request = Request(method, target.uri, headers)
        request.index()
        return request

    def _start_invite(self, session: Session, request: Request, flow: Flow, now: int) -> None:
        session.transaction = self._core.start(request, flow, f"invite:{session.key}", now)

    def cancel(self, session: Session, reason: str, now: int) -> None:
        """Give up an unanswered call; `Rejected` with 487 follows."""
        session.need("cancel", CallState.CALLING)
        session.move(CallState.CANCELLING)
        session.reason = reason
        transaction = self._core.transactions.clients.get(session.transaction or "")
        if transaction is not None and transaction.state is State.PROCEEDING:
            self._send_cancel(session, transaction, now)

    def _send_cancel(self, session: Session, transaction: ClientTransaction, now: int) -> None:
        session.cancel_sent = True
        request = transaction.cancel_request()
        if session.reason:
            request.headers["Reason"] = [grammar.one_line(session.reason)]
        self._core.start(request, transaction.flow, "", now)
        self._core.timers.set(session.key, "cancel", now + LIFE)

    def make_way(self, key: str, now: int) -> None:
        """Another call of the same far end took this one's place (RFC 3891 section 3)."""
        session = self._core.sessions.get(key)
        if session is None:
            return
        if session.state is CallState.CALLING:
            self.cancel(session, COMPLETED_ELSEWHERE, now)
        elif session.state in (CallState.ACTIVE, CallState.ANSWERED):
            self.bye(session, "", now, by="replaced")

    def bye(self, session: Session, reason: str, now: int, by: str = "local") -> None:
        """End an answered call; `Ended` is told at once. Before the ACK is in, the BYE waits for it (section 15)."""
        session.need("bye", CallState.ACTIVE, CallState.ANSWERED)
        waits = session.state is CallState.ANSWERED
        session.move(CallState.ENDING)
        session.reason = reason
        self._core.emit(Ended(session.key, by, reason))
        if not waits:
            self.send_bye(session, now)

    def acknowledge(self, session: Session, sdp: str) -> None:
        """The answer to an offer that came late, with the 2xx (13.2.2.4)."""
        session.need("acknowledge", CallState.ACTIVE)
        self._answers.late(session, sdp)

    def send_bye(self, session: Session, now: int) -> None:
        core = self._core
        if session.late:
            self._answers.late(session, None)
        core.timers.cancel(session.key, "ok", "glare")
        session.ok = None
        if session.asked is not None:  # a re-INVITE of the far end still waits: it is void now
            transaction = core.transactions.servers.get(session.asked)
            session.asked = None
            if transaction is not None and transaction.open:
                core.reply(transaction, 487, now)
        self._in_dialog(session, "BYE", now)

    def reinvite(self, session: Session, sdp: str, now: int) -> None:
        session.need("reinvite", CallState.ACTIVE)
        if session.offer is not None or session.asked is not None or session.ok is not None or session.late:
            raise YingdaError("sip_offer_pending", "Another change of this call's media is under way.")
        session.offer = session.described = sdp
        self._in_dialog(session, "INVITE", now)

    def _in_dialog(self, session: Session, method: str, now: int, authorise: list[str] | None = None) -> bool:
        """Send BYE or re-INVITE; authorise: challenges to answer. False if they cannot be answered."""
        dialog = session.need_dialog()
        request = self._core.in_dialog(dialog, method)
        if method == "INVITE":
            user = grammar.user_of(dialog.local if "<" not in dialog.local else grammar.parse_address(dialog.local).uri)
            request.headers["Contact"] = [self._core.contact_in(dialog, user)]
            request.headers["Allow"], request.headers["Supported"] = [ALLOW], [SUPPORTED_LINE]
            self._timer.ask(session, request)
            request.headers["Content-Type"] = ["application/sdp"]
            request.body = (session.offer or "").encode()
        elif session.reason:
            request.headers["Reason"] = [grammar.one_line(session.reason)]
        if authorise is not None and not self._attempts.authorise(session, request, authorise):
            return False
        session.offered = method == "INVITE"
        owner = f"reinvite:{session.key}" if method == "INVITE" else f"bye:{session.key}"
        self._core.start(request, dialog.flow, owner, now)
        return True

    def options(self, target: Target, caller: NameAddress, now: int) -> str:
        key = self._core.ids()
        self.ask(target, caller, f"options:{key}", now)
        return key

    def ask(self, target: Target, caller: NameAddress, owner: str, now: int) -> None:
        """OPTIONS; the answer is the owner's."""
        caller = NameAddress(caller.uri, caller.name, {"tag": self._core.token()})
        request = self.outside("OPTIONS", target, caller, NameAddress(target.uri), 70)
        request.headers["Accept"] = ["application/sdp"]
        self._core.start(request, target.flow, owner, now)

    # ---- replies ----

    def on_response(self, transaction: ClientTransaction, response: Response, flow: Flow, now: int) -> None:
        kind, _, key = transaction.owner.partition(":")
        session = self._core.sessions.get(key)
        if kind == "options" and response.code >= 200:
            self._core.emit(OptionsAnswered(key, response.code))
        elif kind == "invite":
            self._on_invite(session, transaction, response, flow, now)
        elif kind == "reinvite" and response.code >= 200:
            self._on_reinvite(session, transaction, response, flow, now)
        elif kind == "bye" and session is not None and response.code >= 200:
            self._on_bye(session, response, now)
        elif kind == "refresh" and session is not None and response.code >= 200:
            self._on_refresh(session, response, now)

    def _on_invite(
        self, session: Session | None, transaction: ClientTransaction, response: Response, flow: Flow, now: int
    ) -> None:
        if response.code < 200:
            if session is not None:
                self._on_progress(session, transaction, response, flow, now)
        elif response.code < 300:
            self._answers.received(session, transaction, response, flow, now)
        elif session is not None and session.state in (CallState.CALLING, CallState.CANCELLING):
            self._on_refusal(session, transaction, response, now)

    def _on_progress(
        self, session: Session, transaction: ClientTransaction, response: Response, flow: Flow, now: int
    ) -> None:
        if session.state is CallState.CANCELLING:
            if not session.cancel_sent:
                self._send_cancel(session, transaction, now)
            return
        if session.state is not CallState.CALLING or response.code == 100:
            return
        remote_control.learn(session, response)
        if session.aor and session.controls:
            self._core.registrar.understands(session.aor, flow, session.controls.split(","))
        if response.to_tag:
            dialog = session.forks.get(response.to_tag)
            if dialog is None:
                dialog = self._core.add_dialog(session, Dialog.of_client(transaction.request, response, flow))
            if not self._reliable.received(dialog, transaction.request, response, now):
                return
            dialog.early = response.sdp or dialog.early
        self._core.emit(Progress(session.key, response.code, response.sdp))

    def _on_refusal(self, session: Session, transaction: ClientTransaction, response: Response, now: int) -> None:
        cancelled = session.state is CallState.CANCELLING
        if response.code in (401, 407, 422) and not cancelled and self._again(session, transaction, response, now):
            return
        if response.code == 430 and not cancelled and self._flow_failed(session, transaction, now):
            return
        contacts = tuple(response.all("Contact")) if response.code < 400 else ()
        code = 487 if cancelled else response.code
        reason = REASONS[487] if cancelled else grammar.readable(response.reason)
        cause = grammar.readable(response.get("Reason"))
        self._over(session, Rejected(session.key, code, reason, seconds_to_retry(response), contacts, cause=cause))

    def _again(self, session: Session, transaction: ClientTransaction, response: Response, now: int) -> bool:
        request = self._attempts.after(session, transaction, response)
        if request is None:
            return False
        self._start_invite(session, request, transaction.flow, now)
        return True

    def _on_reinvite(
        self, session: Session | None, transaction: ClientTransaction, response: Response, flow: Flow, now: int
    ) -> None:
        if response.code < 300:
            dialog = session.dialog if session is not None else None
            self._answers.acknowledge(transaction, dialog or Dialog.of_client(transaction.request, response, flow))
        if session is None or session.state is not CallState.ACTIVE:
            return
        session.offered = False
        if response.code < 300:
            session.need_dialog().refresh(response, flow)
            session.offer, session.attempts = None, 0
            self._timer.agreed(session, response, now)
            self._core.emit(ReinviteAnswered(session.key, response.sdp))
        elif response.code == 491:
            self._core.timers.set(session.key, "glare", now + self._glare_wait(session))
        elif response.code in (408, 481):
            self._lost(session, f"{response.code} to a re-INVITE", now)
        elif response.code not in (401, 407) or not self._in_dialog(session, "INVITE", now, challenges(response)):
            session.offer = None
            self._core.emit(ReinviteRejected(session.key, response.code, grammar.readable(response.reason)))

    def _glare_wait(self, session: Session) -> int:
        """14.1: who made the call (and its Call-ID) waits 2.1-4 s, the other up to 2 s, in steps of 10 ms."""
        draw = int(self._core.token()[-6:], 16)
        return (210 + draw % 191 if session.made else draw % 201) * 10 * MS

    # ---- session timer ----

    def refresh(self, session: Session, now: int) -> None:
        """RFC 4028 section 10: by UPDATE, or by re-INVITE where the far end has none."""
        if session.state is not CallState.ACTIVE or session.offer is not None or session.asked or session.ok:
            self._timer.later(session, now)
        elif session.allows_update:
            dialog = session.need_dialog()
            request = self._core.in_dialog(dialog, "UPDATE")
            request.headers["Contact"] = [self._core.contact_in(dialog)]
            request.headers["Supported"] = [SUPPORTED_LINE]
            self._timer.ask(session, request)
            self._core.start(request, dialog.flow, f"refresh:{session.key}", now)
        else:
            self.reinvite(session, session.described, now)

    def _on_refresh(self, session: Session, response: Response, now: int) -> None:
        if session.state is not CallState.ACTIVE:
            return
        if response.code < 300:
            self._timer.agreed(session, response, now)
        elif response.code in (408, 481):
            self._lost(session, f"{response.code} to a session refresh", now)
        else:
            session.allows_update = session.allows_update and response.code not in (405, 501)
            self._timer.later(session, now)

    def expired(self, session: Session, now: int) -> None:
        if session.state is CallState.ACTIVE:
            self._lost(session, "The session expired", now)

    def _on_bye(self, session: Session, response: Response, now: int) -> None:
        if response.code in (401, 407) and self._in_dialog(session, "BYE", now, challenges(response)):
            return
        self._over(session)

    # ---- time and loss ----

    def on_timeout(self, transaction: ClientTransaction, code: int, now: int) -> None:
        """No final reply (code 408), or the flow is gone (503)."""
        kind, _, key = transaction.owner.partition(":")
        session = self._core.sessions.get(key)
        if code == 503 and (again := self._core.again_narrow(transaction, now)) is not None:
            if kind == "invite" and session is not None:
                session.transaction = again
        elif (
            code == 503
            and kind == "invite"
            and session is not None
            and self._by_another_flow(session, transaction, now)
        ):
            return
        elif kind == "options":
            self._core.emit(OptionsAnswered(key, code))
        elif session is None:
            return
        elif kind == "bye":
            self._over(session)
        elif kind == "refresh" and session.state is CallState.ACTIVE:
            self._lost(session, "No answer to a session refresh", now)
        elif kind == "reinvite" and session.state is CallState.ACTIVE:
            session.offered = False
            if code == 408:
                self._lost(session, "No answer to a re-INVITE", now)
            else:
                session.offer = None
                self._core.emit(ReinviteRejected(session.key, code, REASONS[code]))
        elif kind == "invite" and session.state in (CallState.CALLING, CallState.CANCELLING):
            gone = 430 if code == 503 and session.aor else code  # RFC 5626 section 11.6: this device's way to us failed
            code = 487 if session.state is CallState.CANCELLING else gone
            self._over(session, Rejected(session.key, code, REASONS[code], replied=False))

    def _flow_failed(self, session: Session, transaction: ClientTransaction, now: int) -> bool:
        """The proxy before a device of ours has lost its connection; there may be another one."""
        routes = tuple(transaction.request.all("Route"))
        gone = self._core.registrar.flow_failed(session.aor, transaction.flow, routes) if session.aor else None
        if gone is None:
            return False
        self._core.emit(gone)
        return self._by_another_flow(session, transaction, now)

    def _by_another_flow(self, session: Session, transaction: ClientTransaction, now: int) -> bool:
        """RFC 5626 section 5.3: the connection is gone, and the device registered over another one too."""
        if session.state is not CallState.CALLING:
            return False
        again = self._attempts.by_another_flow(session, transaction)
        if again is not None:
            self._start_invite(session, again[0], again[1], now)
        return again is not None

    def cancel_expired(self, session: Session) -> None:
        """9.1: no final reply within 64*T1 of the CANCEL."""
        if session.state is CallState.CANCELLING:
            transaction = self._core.transactions.clients.get(session.transaction or "")
            if transaction is not None:
                self._core.transactions.finish(transaction)
            self._over(session, Rejected(session.key, 487, REASONS[487]))

    def glare_over(self, session: Session, now: int) -> None:
        """Offer again, unless the far end's own offer is under way; then a little later."""
        if session.state is not CallState.ACTIVE or session.offer is None:
            return
        if session.asked is not None or session.ok is not None:
            self._core.timers.set(session.key, "glare", now + SECOND)
        else:
            self._in_dialog(session, "INVITE", now)

    def _lost(self, session: Session, reason: str, now: int) -> None:
        session.move(CallState.ENDING)
        self._core.emit(Ended(session.key, "system", reason))
        self.send_bye(session, now)

    def _over(self, session: Session, event: Rejected | None = None) -> None:
        session.move(CallState.ENDED)
        self._core.drop(session)
        if event is not None:
            self._core.emit(event)
