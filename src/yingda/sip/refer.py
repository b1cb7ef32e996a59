"""A far end that asks for a transfer from its phone: REFER inside a call, blind or attended (RFC 3515, RFC 5589).

event                                       effect                                    section
REFER without exactly one readable Refer-To 400                                       3515 2.4.2
REFER while another one is under way        491
REFER                                       `Referred`; the user accepts or rejects
user: accept                                202, NOTIFY "100 Trying"                  3515 2.4.4
user: result                                NOTIFY with the status line, terminated   3515 2.4.5
user: reject                                the refusal, with its reason
"""

from __future__ import annotations

from collections.abc import Mapping

from yingda.kernel.errors import YingdaError
from yingda.sip import grammar
from yingda.sip.core import Core
from yingda.sip.events import Referred
from yingda.sip.message import REASONS, Request
from yingda.sip.session import CallState, Session
from yingda.sip.transaction import ServerTransaction


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
            uri, _, headers = target.uri.partition("?")
            self._core.emit(Referred(session.key, grammar.readable(uri), _replaced(headers)))

    def accept(self, session: Session, now: int) -> None:
        self._core.reply(self._open(session), 202, now)
        self._notify(session, "SIP/2.0 100 Trying", "active;expires=60", now)

    def reject(self, session: Session, code: int, now: int, headers: Mapping[str, list[str]] | None) -> None:
        self._core.reply(self._open(session), code, now, headers=headers)
        session.referred = ""

    def result(self, session: Session, code: int, now: int) -> None:
        """What became of an accepted transfer."""
        session.need("refer", CallState.ACTIVE)
        self._notify(session, f"SIP/2.0 {code} {REASONS.get(code, 'Done')}", "terminated;reason=noresource", now)
        session.referred = ""

    def _open(self, session: Session) -> ServerTransaction:
        transaction = self._core.transactions.servers.get(session.referred)
        if transaction is None or not transaction.open:
            raise YingdaError("sip_no_transfer", "No transfer waits for a decision.")
        return transaction

    def _notify(self, session: Session, status: str, state: str, now: int) -> None:
        dialog = session.need_dialog()
        request = self._core.in_dialog(dialog, "NOTIFY")
        request.headers["Event"] = [f"refer;id={session.refer_id}"]
        request.headers["Subscription-State"] = [state]
        request.headers["Contact"] = [self._core.contact("", dialog.flow)]
        request.headers["Content-Type"] = ["message/sipfrag;version=2.0"]
        request.body = f"{status}\r\n".encode()
        self._core.start(request, dialog.flow, "", now)


def _replaced(headers: str) -> str:
    """The Replaces header that a Refer-To carries (an attended transfer), unescaped; empty for a blind one."""
    for part in headers.split("&"):
        name, _, value = part.partition("=")
        if name.lower() == "replaces":
            return grammar.unescape(value)
    return ""
