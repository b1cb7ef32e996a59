"""A connection is gone, or could not be opened: what becomes of what was under way on it (RFC 3261 18.2.2, 18.4).

what was under way                                what follows
an INVITE from a trunk or a proxy, unanswered     its replies go by a new connection, to Via's sent-by (18.2.2)
one from a phone behind NAT, or from a browser    it is over: nobody but the far end can open a connection
an INVITE of ours, no reply yet                   503 (8.1.3.1): the next contact, the next address
one to a trunk or by a proxy, that has a reply    it goes on: the far end opens a connection to our Via, or we to it
one to a phone, that has a reply                  503, as if it had none
any other request                                 503; replies to one of theirs are dropped
an early dialog, an answered call                 goes on by a new connection; who sits behind NAT has half a minute

Whether the far end is still there is asked at once: the last provisional reply is sent again (13.3.1.1), or a
keep-alive (RFC 5626 section 3.5.1), by the new connection. Where none can be opened, or the new one closes before
anything was said on it, that is the end.
"""

from __future__ import annotations

from yingda.sip.core import Core
from yingda.sip.flow import DEFAULT_PORTS, Flow, literal_ip
from yingda.sip.incoming import Incoming
from yingda.sip.session import CallState, Session
from yingda.sip.transaction import ClientTransaction, ServerTransaction, State, Transaction

CALLABLE = ("tcp", "tls")
KEEP_ALIVE = b"\r\n\r\n"
EARLY = frozenset({CallState.CALLING, CallState.CANCELLING})


class Losses:
    def __init__(self, core: Core, incoming: Incoming) -> None:
        self._core, self._incoming = core, incoming

    def lost(self, flow: Flow, now: int) -> list[ClientTransaction]:
        """Requests of ours that failed with the connection."""
        core = self._core
        gone = [one for one in core.transactions.on_flow(flow) if not self._goes_on(one, flow)]
        for transaction in gone:
            core.transactions.finish(transaction)
        keys = {transaction.key for transaction in gone}
        for session in list(core.sessions.values()):
            if session.state is CallState.INCOMING and session.transaction in keys:
                self._incoming.flow_lost(session)
            elif session.state in EARLY:
                self._early(session, flow)
            elif session.dialog is not None and session.dialog.flow.same_path(flow):
                self._answered(session, flow, now)
        return [transaction for transaction in gone if isinstance(transaction, ClientTransaction)]

    def _goes_on(self, transaction: Transaction, lost: Flow) -> bool:
        """Does this transaction have another way? Only what was on a connection that had been there."""
        if not lost.connection or lost.transport not in CALLABLE or not transaction.invite:
            return False
        if isinstance(transaction, ServerTransaction):
            way, word = self._towards_via(transaction), transaction.last
        else:
            way, word = self._towards_peer(transaction), KEEP_ALIVE
        if way is None or word is None:
            return False
        transaction.flow = way
        self._core.send(word, way)
        return True

    def _towards_via(self, transaction: ServerTransaction) -> Flow | None:
        """To the address the request came from, at the port that its Via names."""
        request, flow = transaction.request, transaction.flow
        if request is None or not transaction.open:
            return None
        session, via = self._core.sessions.get(transaction.owner), request.via
        behind_nat = literal_ip(via.host) != flow.remote[0]
        if session is None or (session.aor and behind_nat):
            return None
        return Flow(flow.transport, flow.local, (flow.remote[0], via.port or DEFAULT_PORTS[flow.transport]))

    def _towards_peer(self, transaction: Transaction) -> Flow | None:
        """To where we had opened the connection: a trunk, or the proxy before a phone."""
        kind, _, key = transaction.owner.partition(":")
        session = self._core.sessions.get(key)
        if kind != "invite" or session is None or transaction.state is not State.PROCEEDING:
            return None
        assert isinstance(transaction, ClientTransaction)
        if session.aor and "Route" not in transaction.request.headers:
            return None
        flow = transaction.flow
        return Flow(flow.transport, flow.local, flow.remote)

    def _early(self, session: Session, flow: Flow) -> None:
        for dialog in session.forks.values():
            if dialog.flow.same_path(flow):
                dialog.flow = dialog.way_back() or Flow(flow.transport, flow.local, flow.remote)

    def _answered(self, session: Session, flow: Flow, now: int) -> None:
        """One that comes in and is not answered yet has its replies to go by: nobody waits for him to come back."""
        dialog = session.need_dialog()
        back = dialog.way_back() if not session.aor else None
        dialog.flow = back or Flow(flow.transport, flow.local, flow.remote)
        if back is None and session.state is not CallState.INCOMING:
            self._core.timers.set(session.key, "flow", now + self._core.config.flow_grace)
