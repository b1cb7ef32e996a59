"""A call of ours is answered (RFC 3261 section 13.2.2.4): the first 2xx is the call, every other branch is ended.

what we sent             what comes                              what follows
an offer                 2xx                                     ACK at once, `Answered` with the answer
nothing (a late offer)   2xx with an offer                       `Answered` with it; ACK with the user's answer
nothing                  2xx without one                         ACK, BYE: there is nothing to talk about
either                   2xx of another branch                   ACK, BYE
either                   2xx after our CANCEL                    ACK, BYE, `Rejected` 487
"""

from __future__ import annotations

from collections.abc import Callable

from yingda.kernel.errors import YingdaError
from yingda.sip import remote_control
from yingda.sip.core import Core
from yingda.sip.dialog import Dialog
from yingda.sip.events import Answered, Ended, Rejected
from yingda.sip.flow import Flow
from yingda.sip.message import Response
from yingda.sip.session import CallState, Session
from yingda.sip.session_timer import SessionTimer
from yingda.sip.transaction import ClientTransaction


class Answers:
    """send_bye: ends a call whose state says so already."""

    def __init__(self, core: Core, timer: SessionTimer, send_bye: Callable[[Session, int], None]) -> None:
        self._core, self._timer, self._send_bye = core, timer, send_bye

    def received(
        self, session: Session | None, transaction: ClientTransaction, response: Response, flow: Flow, now: int
    ) -> None:
        if session is not None and session.late and session.need_dialog().remote_tag == response.to_tag:
            return  # repeated while the user makes up his answer
        dialog = Dialog.of_client(transaction.request, response, flow)
        if session is not None and session.state is CallState.CALLING:
            self._chosen(session, transaction, dialog, response, now)
            return
        self.acknowledge(transaction, dialog)
        if session is not None and session.state is CallState.CANCELLING:
            self._core.timers.cancel(session.key, "cancel")
            session.choose(self._core.add_dialog(session, dialog))
            session.move(CallState.ENDING)
            self._send_bye(session, now)
            self._core.emit(Rejected(session.key, 487, "Answered too late"))
        else:
            self._core.start(self._core.in_dialog(dialog, "BYE"), dialog.flow, "", now)

    def _chosen(
        self, session: Session, transaction: ClientTransaction, dialog: Dialog, response: Response, now: int
    ) -> None:
        remote_control.learn(session, response)
        early = session.forks.pop(response.to_tag, None)
        if early is not None:
            dialog.local_seq = max(dialog.local_seq, early.local_seq)
        session.choose(self._core.add_dialog(session, dialog))
        session.move(CallState.ACTIVE)
        session.attempts = 0
        self._timer.agreed(session, response, now)
        described = response.sdp
        if early is not None and (early.updated or described is None):
            described = early.early
        session.late = not session.described and described is not None
        if not session.late:
            self.acknowledge(transaction, dialog)
        if session.described or session.late:
            self._core.emit(Answered(session.key, described))
            return
        session.move(CallState.ENDING)
        self._core.emit(Ended(session.key, "system", "The answer made no offer"))
        self._send_bye(session, now)

    def acknowledge(self, transaction: ClientTransaction, dialog: Dialog, sdp: str | None = None) -> None:
        """The ACK of a 2xx; kept by the transaction for the 2xx's repetitions."""
        ack = self._core.in_dialog(dialog, "ACK", transaction.request.cseq[0])
        for name in ("Authorization", "Proxy-Authorization"):
            if values := transaction.request.headers.get(name):
                ack.headers[name] = values  # 22.1: as the INVITE had them
        if sdp is not None:
            ack.headers["Content-Type"], ack.body = ["application/sdp"], sdp.encode()
        packet = (ack.to_bytes(), dialog.flow)
        transaction.acks[dialog.remote_tag] = packet
        self._core.send_packet(packet)

    def late(self, session: Session, sdp: str | None) -> None:
        """The user's answer to an offer that came with the 2xx; None: the call is to end without one."""
        transaction = self._core.transactions.clients.get(session.transaction or "")
        if not session.late or (transaction is None and sdp is not None):
            raise YingdaError("sip_no_offer", "No offer of the far end waits for an answer.")
        session.late, session.described = False, sdp or ""
        if transaction is not None:
            self.acknowledge(transaction, session.need_dialog(), sdp)
