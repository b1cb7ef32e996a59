"""Agents: signing in and out, ready and busy, lost and back, and changes of who there is (metrics.md section 6)."""

from __future__ import annotations

from typing import Final

from yingda.kernel.errors import YingdaError
from yingda.routing.effects import BreakOver, Connected
from yingda.routing.floor import SYSTEM, Floor, agent_by
from yingda.routing.handlings import Handlings
from yingda.routing.items import Items
from yingda.routing.offering import DECLINED, Offering
from yingda.routing.pool import Pool
from yingda.routing.rules import DIRECT, NOT_READY, Rules
from yingda.routing.session import Busy, Session
from yingda.routing.state import Closing
from yingda.routing.states import IN_CALL
from yingda.routing.timers import Due

# why of a sign-out → how an offer that rings then ends, how a wrap-up that is on then ends
_SIGN_OUT: Final[dict[str, tuple[str, str]]] = {
    "self": (DECLINED, "agent"),
    "leader": ("recalled", "leader"),
    "shift_end": ("recalled", "leader"),
    "lost": ("agent_lost", "limit"),
    "restart": ("agent_lost", "limit"),
}


class Desks:
    def __init__(self, floor: Floor, offering: Offering, handlings: Handlings, items: Items) -> None:
        self._floor = floor
        self._items = items
        self._offering = offering
        self._handlings = handlings

    # -- the agent --------------------------------------------------------------------------------------------------

    def sign_in(self, agent_id: str, device: str, *, ready: bool) -> None:
        floor = self._floor
        if agent_id in floor.sessions:
            raise YingdaError("already_signed_in", "The agent is already signed in.", where=f"agent {agent_id}")
        if agent_id not in floor.rules.agents:
            raise YingdaError("unknown_agent", "There is no such agent.", where=f"agent {agent_id}")
        session = Session(session_id=floor.ids(), agent_id=agent_id, device=device, signed_in_at=floor.now)
        if not ready:
            session.busy = self._busy(NOT_READY)
        floor.sessions[agent_id] = session
        shift = floor.rules.agents[agent_id].shift
        session.shift_ends = shift.closes_at(floor.now) if shift is not None else None
        if session.shift_ends is not None:
            floor.timers.set(session.shift_ends, Due.SHIFT, agent_id)
        data = {"session_id": session.session_id, "agent_id": agent_id, "device": device}
        floor.say("agent.signed_in", data, by=agent_by(agent_id), cause=agent_id)
        floor.restate(session, "sign_in", agent_by(agent_id))

    def sign_out(self, agent_id: str, why: str) -> None:
        floor = self._floor
        session = floor.session(agent_id)
        if why not in _SIGN_OUT:
            raise YingdaError("bad_sign_out", f"Nobody is signed out for {why!r}.", where=f"agent {agent_id}")
        offer = floor.offers.get(session.offer_id or "")
        if self._in_call(session) or session.rung is not None or (offer is not None and not offer.rings):
            todo = "End the call first."
            raise YingdaError("agent_in_call", "The agent is in a call.", where=f"agent {agent_id}", todo=todo)
        if session.items and why == "self":
            todo = "Close them, or give them back to their queue."
            raise YingdaError("items_open", "The agent has items open.", where=f"agent {agent_id}", todo=todo)
        by = agent_by(agent_id) if why == "self" else SYSTEM
        offer_outcome, wrapup_how = _SIGN_OUT[why]
        if offer is not None:
            self._offering.withdraw(offer, offer_outcome, by)
        if session.handling_id is not None:
            floor.end_wrapup(session, wrapup_how, by)
        self._items.orphan(session)
        floor.end_session(session, why, by)

    def set_idle(self, agent_id: str) -> None:
        session = self._floor.session(agent_id)
        self._handlings.end_by_agent(session)
        session.busy, session.missed = None, 0
        self._floor.restate(session, "set_idle", agent_by(agent_id))

    def set_busy(self, agent_id: str, reason: str) -> None:
        session = self._floor.session(agent_id)
        busy = self._busy(reason)
        self._admit_break(session, reason)
        session.busy = busy
        self._floor.restate(session, "set_busy", agent_by(agent_id))

    def _admit_break(self, session: Session, reason: str) -> None:
        """Within the quota of the reason; whoever has booked it counts too."""
        limits = self._floor.rules.limits(reason)
        if limits is None or not limits.most:
            return
        others = [s for s in self._floor.sessions.values() if s is not session and s.busy and s.busy.reason == reason]
        if len(others) >= limits.most:
            words = f"{len(others)} agents are away for this reason, and no more may be."
            raise YingdaError("break_full", words, where=f"reason {reason!r}")

    def break_over(self, agent_id: str) -> None:
        session = self._floor.session(agent_id)
        session.break_due = None
        if session.busy is not None:
            self._floor.ask(BreakOver(agent_id, session.busy.reason))

    def end_shift(self, agent_id: str) -> None:
        """No new offers; a pending one moves on; he is signed out as soon as he is free (ACD-28)."""
        session = self._floor.session(agent_id)
        session.leaving, session.shift_ends = "shift_end", None
        self._take_back(session)
        self._floor.restate(session, "shift_end")

    def _take_back(self, session: Session) -> None:
        offer = self._floor.offers.get(session.offer_id or "")
        if offer is not None and offer.rings:
            self._offering.withdraw(offer, "recalled")

    def device_lost(self, agent_id: str) -> None:
        floor = self._floor
        session = floor.session(agent_id)
        session.reachable = False
        if session.offer_id is not None:
            session.idle_place = None
            self._offering.withdraw(floor.offers[session.offer_id], "agent_lost")
        floor.restate(session, "device_lost")

    def device_back(self, agent_id: str) -> None:
        session = self._floor.session(agent_id)
        session.reachable = True
        self._floor.restate(session, "device_back")

    def direct_connected(self, agent_id: str, interaction_id: str) -> None:
        floor = self._floor
        session = floor.session(agent_id)
        floor.admit_call(session)
        queue_id = DIRECT.queue_id
        handling = self._offering.begin(session, interaction_id, queue_id, "direct", interaction_id, entry_id=None)
        floor.restate(session, "direct", agent_by(agent_id))
        floor.ask(Connected(handling.handling_id, "", interaction_id, agent_id, queue_id))

    # -- who there is -----------------------------------------------------------------------------------------------

    def configure(self, rules: Rules) -> None:
        """Nobody who waits or talks is cut off: queues taken out are finished, agents taken out sign off when free."""
        floor = self._floor
        closing = self._closing(rules)
        floor.rules, floor.closing = rules, closing
        for session in tuple(floor.sessions.values()):
            if session.agent_id not in rules.agents:
                session.leaving = session.leaving or "leader"
            elif session.leaving == "leader":
                session.leaving = ""
        floor.rebuild()
        for session in tuple(floor.sessions.values()):
            if session.leaving:
                self._take_back(session)
            floor.restate(session, "configured")

    def _closing(self, rules: Rules) -> dict[str, Closing]:
        floor = self._floor
        gone = {entry.queue_id for entry in floor.entries.values()} - rules.queues.keys()
        closing: dict[str, Closing] = {}
        for queue_id in sorted(gone):
            agents = tuple(sorted(floor.pools.groups.members(Pool(queue_id))))
            closing[queue_id] = Closing(floor.queue_rules(queue_id), agents)
        return closing

    def _busy(self, reason: str) -> Busy:
        reason_class = self._floor.rules.reason_class(reason)
        if reason_class is None:
            raise YingdaError("unknown_reason", "There is no such busy reason.", where=f"reason {reason!r}")
        return Busy(reason, reason_class)

    @staticmethod
    def _in_call(session: Session) -> bool:
        return session.span is not None and session.span.state in IN_CALL
