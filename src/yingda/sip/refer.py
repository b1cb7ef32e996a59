"""A far end that asks for a transfer from its phone: REFER inside a call, blind or attended (RFC 3515, RFC 5589).

event                                       effect                                    section
REFER without exactly one readable Refer-To 400                                       3515 2.4.2
REFER outside of a call                     403: nobody says whose call it is; `StrayRefer`
REFER while another one is under way        491
REFER                                       `Referred`; the user accepts or rejects
user: accept                                202, NOTIFY "100 Trying"                  3515 2.4.4
user: result, provisional                   NOTIFY with the status line               3515 2.4.5
user: result, final                         NOTIFY with the status line, terminated   3515 2.4.5
user: reject                                the refusal, with its reason
Refer-Sub: false                            202 says so too, and no NOTIFY is sent    4488 4
SUBSCRIBE inside the call, while it goes on 200, NOTIFY; with Expires 0 the last one  3515 2.4.4
SUBSCRIBE without a transfer                481 inside a call; outside 489 (`subscriptions`)
"""

from __future__ import annotations

from collections.abc import Mapping

from yingda.kernel.errors import YingdaError
from yingda.sip import grammar, replaces
from yingda.sip.core import Core, facts_of
from yingda.sip.events import Referred, StrayRefer, Trunk
from yingda.sip.flow import Flow
from yingda.sip.message import REASONS, Request
from yingda.sip.session import CallState, Session
from yingda.sip.transaction import ServerTransaction

LONGEST_S = 60


class Refer:
    def __init__(self, core: Core) -> None:
        self._core = core

    def received(self, transaction: ServerTransaction, session: Session, request: Request, now: int) -> None:
        target = request.address("Refer-To")
        if target is None or len(request.all("Refer-To")) != 1:
            self._core.reply(transaction, 400, now, reason="One Refer-To is needed")
        elif session.referred or session.state is not CallState.ACTIVE:
            self._core.reply(transaction, 491, now)
        else:
            session.referred, session.refer_id = transaction.key, request.cseq[0]
            session.refer_told = request.get("Refer-Sub").strip().lower() != "false"
            uri, _, headers = target.uri.partition("?")
            uri = self._core.registrar.unmask(uri)
            attended = _replaced(headers)
            joined, by = replaces.find(self._core, attended), request.address("Referred-By")
            self._core.emit(
                Referred(session.key, grammar.readable(uri), attended, joined.key if joined is not None else "",
                         grammar.readable(by.uri) if by is not None else "")
            )  # fmt: skip

    def stray(self, transaction: ServerTransaction, request: Request, flow: Flow, now: int) -> None:
        """A REFER that belongs to no call."""
        self._core.reply(transaction, 403, now, headers=self._core.warning("REFER is taken inside a call only"))
        target = request.address("Refer-To")
        uri = target.uri.partition("?")[0] if target is not None else ""
        facts = facts_of(request, flow)
        known = self._core.config.authorise(facts, flow)
        trunk = known.name if isinstance(known, Trunk) else None
        self._core.emit(StrayRefer(facts, grammar.readable(uri), trunk))

    def subscribed(self, transaction: ServerTransaction, session: Session, request: Request, now: int) -> None:
        """He wants to hear of his transfer for longer, or no more."""
        if not session.forks[request.from_tag].expects(request):
            self._core.reply(transaction, 500, now, reason="CSeq out of order")
            return
        _, named, number = request.get("Event").replace(" ", "").partition(";id=")
        waits = self._core.transactions.servers.get(session.referred)
        accepted = bool(session.referred) and not (waits is not None and waits.open)
        if not accepted or not session.refer_told or (named and number != str(session.refer_id)):
            self._core.reply(transaction, 481, now)
            return
        wish = request.number("Expires")
        seconds = LONGEST_S if wish is None else min(wish, LONGEST_S)
        headers = {"Expires": [str(seconds)], "Contact": [self._core.contact_in(session.need_dialog())]}
        self._core.reply(transaction, 200, now, headers=headers)
        self._notify(session, 100, now, last="timeout" if seconds == 0 else "")
        session.refer_told = seconds > 0

    def accept(self, session: Session, now: int) -> None:
        headers = {} if session.refer_told else {"Refer-Sub": ["false"]}
        self._core.reply(self._open(session), 202, now, headers=headers)
        self._notify(session, 100, now)

    def reject(self, session: Session, code: int, now: int, headers: Mapping[str, list[str]] | None) -> None:
        self._core.reply(self._open(session), code, now, headers=headers)
        session.referred = ""

    def result(self, session: Session, code: int, now: int) -> None:
        """What becomes of an accepted transfer; nothing once the call that asked for it is over."""
        if not session.referred or session.state is not CallState.ACTIVE:
            return
        self._notify(session, code, now)
        if code >= 200:
            session.referred = ""

    def _open(self, session: Session) -> ServerTransaction:
        transaction = self._core.transactions.servers.get(session.referred)
        if transaction is None or not transaction.open:
            raise YingdaError("sip_no_transfer", "No transfer waits for a decision.")
        return transaction

    def _notify(self, session: Session, code: int, now: int, last: str = "") -> None:
        """last: why no other follows, if not because the transfer is over."""
        if not session.refer_told:
            return
        over = last or ("noresource" if code >= 200 else "")
        state = f"terminated;reason={over}" if over else f"active;expires={LONGEST_S}"
        dialog = session.need_dialog()
        request = self._core.in_dialog(dialog, "NOTIFY")
        request.headers["Event"] = [f"refer;id={session.refer_id}"]
        request.headers["Subscription-State"] = [state]
        request.headers["Contact"] = [self._core.contact_in(dialog)]
        request.headers["Content-Type"] = ["message/sipfrag;version=2.0"]
        request.body = f"SIP/2.0 {code} {REASONS.get(code, 'Done')}\r\n".encode()
        self._core.start(request, dialog.flow, "", now)


def _replaced(headers: str) -> str:
    """The Replaces header that a Refer-To carries (an attended transfer), unescaped; empty for a blind one."""
    for part in headers.split("&"):
        name, _, value = part.partition("=")
        if name.lower() == "replaces":
            return grammar.unescape(value)
    return ""
