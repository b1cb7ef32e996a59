"""Reliable provisional replies (RFC 3262): 1xx with a number, repeated until its PRACK comes.

side     event                                   effect                                       section
server   1xx to an INVITE that requires 100rel   RSeq and Require; repeated, doubling from T1 3
server   another 1xx before its PRACK            held until then                              3
server   2xx before the PRACK of a description   held until then                              3
server   PRACK that names it                     200, no more repetitions                     3
server   with the answer to our offer            `EarlyAnswered`                              5
server   with an offer, our answer standing      `Reinvited`; the 200 has the answer          5
server   with an offer at any other time         488                                          5
server   its PRACK comes after our 2xx           200 all the same; it is not repeated anymore 3
server   no PRACK for 64*T1                      504 to the INVITE                            3
client   1xx with the next RSeq                  PRACK inside its early dialog                4
client   1xx out of order, or seen before        passed over                                  4
"""

from __future__ import annotations

from yingda.sip.core import Core
from yingda.sip.dialog import Dialog
from yingda.sip.events import Cancelled, EarlyAnswered, Reinvited
from yingda.sip.message import Request, Response
from yingda.sip.session import CallState, PendingOk, Session
from yingda.sip.transaction import LIFE, T1, ServerTransaction


class Reliable:
    def __init__(self, core: Core) -> None:
        self._core = core

    # ---- server ----

    def holds_back(self, session: Session, code: int, sdp: str | None) -> bool:
        """Must this reply to the INVITE wait for a PRACK? Then it is kept in `held`."""
        waits = session.reliable is not None and (code < 200 or bool(session.described))
        if waits:
            session.held.append((code, sdp))
        return waits

    def headers(self, session: Session, request: Request | None) -> dict[str, list[str]]:
        """What makes our next provisional reply reliable, if the caller insists on it."""
        if request is None or not insists(request):
            return {}
        session.rseq += 1
        return {"Require": ["100rel"], "RSeq": [str(session.rseq)]}

    def sent(self, session: Session, data: bytes, now: int) -> None:
        session.reliable = PendingOk(data.decode("latin-1"), session.rseq, T1, now + LIFE)
        self._core.timers.set(session.key, "prack", now + T1)

    def acknowledged(self, transaction: ServerTransaction, session: Session, request: Request, now: int) -> None:
        """A PRACK: 481 unless it names the reply that waits."""
        core, waiting, words = self._core, session.reliable, request.get("RAck").split()
        if waiting is None or len(words) != 3 or words[0] != str(waiting.cseq) or words[2] != "INVITE":
            core.reply(transaction, 481, now)
            return
        session.reliable = None
        core.timers.cancel(session.key, "prack")
        answers = bool(session.described) and not session.settled and not self._offered(session)
        session.settled = session.settled or (bool(session.described) and (not answers or request.sdp is not None))
        if request.sdp is None or answers:
            core.reply(transaction, 200, now)
            if request.sdp is not None:
                core.emit(EarlyAnswered(session.key, request.sdp))
        elif session.settled and session.asked is None and session.state is CallState.INCOMING:
            session.asked, transaction.owner = transaction.key, session.key
            core.emit(Reinvited(session.key, request.sdp))
        else:
            core.reply(transaction, 488, now, headers=core.warning("Nothing was answered yet"))

    def _offered(self, session: Session) -> bool:
        """Did the INVITE make the offer, so that what we described was the answer?"""
        invite = self._core.transactions.servers.get(session.transaction or "")
        return invite is not None and invite.request is not None and invite.request.sdp is not None

    def repeat(self, session: Session, now: int) -> None:
        core, waiting = self._core, session.reliable
        invite = core.transactions.servers.get(session.transaction or "")
        if waiting is None or invite is None or not invite.open:
            return
        if now < waiting.deadline:
            core.send(waiting.data.encode("latin-1"), invite.flow)
            waiting.interval *= 2
            core.timers.set(session.key, "prack", min(now + waiting.interval, waiting.deadline))
            return
        session.reliable = None
        core.reply(invite, 504, now, reason="No PRACK came", to_tag=session.local_tag)
        session.move(CallState.ENDED)
        core.drop(session)
        core.emit(Cancelled(session.key, "No PRACK came"))

    # ---- client ----

    def received(self, dialog: Dialog, invite: Request, response: Response, now: int) -> bool:
        """Acknowledge a reliable reply; False if the user must not see this one (again)."""
        number = response.number("RSeq")
        if "100rel" not in response.tokens("Require") or number is None:
            return True
        if dialog.rseq and number != dialog.rseq + 1:
            return False
        dialog.rseq = number
        prack = self._core.in_dialog(dialog, "PRACK")
        prack.headers["RAck"] = [f"{number} {invite.cseq[0]} INVITE"]
        self._core.start(prack, dialog.flow, "", now)
        return True


def insists(request: Request) -> bool:
    """Does its sender want every provisional reply numbered?"""
    return "100rel" in request.tokens("Require")
