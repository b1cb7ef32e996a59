"""Calls that no offer brings: own dialling, colleagues, consultations, transfers, conferences, supervision.

What the ledger says of them, and the agents' states (metrics.md sections 3, 6, 7). An agent who is called straight is
rung without an offer (`ring`) and gets his handling when he has answered (`join`). Inputs are as `Distributor`'s: they
take `now` (µs UTC), return effects, and what makes no sense is refused and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from yingda.kernel.errors import YingdaError
from yingda.routing.effects import Effect
from yingda.routing.floor import Floor, agent_by
from yingda.routing.handling import Handling, Phase
from yingda.routing.handlings import Handlings
from yingda.routing.offering import Offering
from yingda.routing.pool import Pool
from yingda.routing.rules import DIRECT
from yingda.routing.session import Session

OUTBOUND: Final = "outbound"
INTERNAL: Final = "internal"

_PHASES: Final = {INTERNAL: Phase.INTERNAL, "consult": Phase.ASSISTING, "conference": Phase.ASSISTING}
"""Phases that origins begin with; all others talk with the customer."""


class Talks:
    """`done` ends an input: it decides what can be offered now and hands out the effects."""

    def __init__(
        self, floor: Floor, offering: Offering, handlings: Handlings, done: Callable[[], list[Effect]]
    ) -> None:
        self._floor, self._offering, self._handlings, self._done = floor, offering, handlings, done

    # -- being rung ---------------------------------------------------------------------------------------------------

    def free_agents(self, queue_id: str, now: int) -> list[str]:
        """Who could be asked for that queue at once, who has been idle longest first."""
        floor = self._floor
        floor.arrive_at(now)
        members = floor.pools.groups.members(Pool(queue_id))
        idle = [s for s in floor.sessions.values() if s.agent_id in members and s.idle_place and not s.engaged]
        return [s.agent_id for s in sorted(idle, key=lambda s: s.idle_place or (0, 0))]

    def all_busy(self, queue_id: str) -> bool:
        """Somebody is signed in for that queue, and nobody is free."""
        members = self._floor.pools.groups.members(Pool(queue_id))
        here = [session for session in self._floor.sessions.values() if session.agent_id in members]
        return bool(here) and not any(session.idle_place and not session.engaged for session in here)

    def ring(self, agent_id: str, interaction_id: str, now: int) -> list[Effect]:
        """His device is rung for a call without an offer. Refuses agent_not_signed_in, agent_engaged,
        agent_unreachable."""
        self._floor.arrive_at(now)
        session = self._floor.session(agent_id)
        self._floor.admit_call(session)
        session.rung = interaction_id
        self._floor.restate(session, "rung")
        return self._done()

    def ring_over(self, agent_id: str, now: int) -> list[Effect]:
        """It rings no more. Not rung: []."""
        self._floor.arrive_at(now)
        session = self._floor.sessions.get(agent_id)
        if session is not None and session.rung is not None:
            session.rung = None
            self._floor.restate(session, "ring_over")
        return self._done()

    # -- beginning ----------------------------------------------------------------------------------------------------

    def dial(self, agent_id: str, interaction_id: str, now: int, *, internal: bool = False) -> list[Effect]:
        """He calls a number, or a colleague (internal): his handling begins. Refuses agent_not_signed_in,
        agent_engaged, agent_unreachable."""
        floor = self._floor
        floor.arrive_at(now)
        session = floor.session(agent_id)
        floor.admit_call(session)
        queue_id, origin = (INTERNAL, INTERNAL) if internal else (OUTBOUND, "dial")
        phase = Phase.INTERNAL if internal else Phase.DIALLING
        self._offering.start(session, interaction_id, queue_id, origin, interaction_id, phase=phase)
        floor.restate(session, "dial", agent_by(agent_id))
        return self._done()

    def connected(self, handling_id: str, now: int) -> list[Effect]:
        """Whom he dialled has answered, and sound goes both ways. Over: []."""
        floor = self._floor
        floor.arrive_at(now)
        handling = floor.handlings.get(handling_id)
        if handling is not None and handling.phase in (Phase.DIALLING, Phase.INTERNAL):
            self._offering.say_connected(handling)
            if handling.phase is Phase.DIALLING:
                handling.move(Phase.TALKING)
                floor.restate(floor.sessions[handling.agent_id], "connected", agent_by(handling.agent_id))
        return self._done()

    def join(
        self, agent_id: str, interaction_id: str, origin: str, now: int, *, queue_id: str, after: str | None = None
    ) -> list[Effect]:
        """An agent who was called straight has answered: his handling begins, connected. origin: metrics.md section 3
        (consult and conference assist, internal has no customer). Refuses agent_not_signed_in, agent_engaged."""
        floor = self._floor
        floor.arrive_at(now)
        session = floor.session(agent_id)
        rung, session.rung = session.rung, None
        try:
            floor.admit_call(session, answers=True)
        except YingdaError:
            session.rung = rung
            raise
        self._begin(session, interaction_id, origin, queue_id, after)
        floor.restate(session, origin, agent_by(agent_id))
        return self._done()

    def _begin(self, session: Session, interaction_id: str, origin: str, queue_id: str, after: str | None) -> Handling:
        phase = _PHASES.get(origin, Phase.TALKING)
        role = "assisting" if phase is Phase.ASSISTING else "primary"
        known = self._floor.knows_queue(queue_id)
        handling = self._offering.start(
            session,
            interaction_id,
            queue_id if known else DIRECT.queue_id,
            origin,
            after or interaction_id,
            role=role,
            phase=phase,
            after=after,
        )
        self._offering.say_connected(handling)
        return handling

    # -- consulting ---------------------------------------------------------------------------------------------------

    def consult(self, handling_id: str, target: str, now: int) -> list[Effect]:
        """He speaks with, or rings, a third party; the customer is held. Refuses not_talking, consulting."""
        floor = self._floor
        floor.arrive_at(now)
        handling = self._with_customer(handling_id)
        if handling.consult is not None:
            raise YingdaError("consulting", "A consultation is under way already.", where=f"handling {handling_id}")
        handling.consult = target
        handling.move(Phase.CONSULTING)
        self._say(handling, "handling.consult_started", {"target": target})
        floor.restate(floor.sessions[handling.agent_id], "consult", agent_by(handling.agent_id))
        return self._done()

    def consult_over(self, handling_id: str, result: str, now: int, *, retrieve: bool = False) -> list[Effect]:
        """The third party is off the line, or (conference) in the talk. retrieve: he is back with the customer at the
        same moment. No consultation: []."""
        floor = self._floor
        floor.arrive_at(now)
        handling = floor.handlings.get(handling_id)
        if handling is None or handling.consult is None:
            return self._done()
        self._handlings.end_consult(handling, result)
        if handling.phase is Phase.CONSULTING:
            handling.move(Phase.TALKING if retrieve else Phase.HELD)
            if retrieve:
                self._say(handling, "handling.retrieved", {})
        floor.restate(floor.sessions[handling.agent_id], f"consult_{result}", agent_by(handling.agent_id))
        return self._done()

    # -- passing the customer on --------------------------------------------------------------------------------------

    def pass_on(
        self,
        handling_id: str,
        how: str,
        target: str,
        result: str | None,
        now: int,
        *,
        ended_by: str = "agent",
        heir: str | None = None,
    ) -> list[Effect]:
        """His part is over, the customer goes on. how: blind, attended, takeover. result: None while it is open (a
        blind transfer that rings: `transferred` says it later). heir: the assisting handling that becomes the primary
        one at the same moment. Over: []."""
        floor = self._floor
        floor.arrive_at(now)
        handling = floor.handlings.get(handling_id)
        if handling is None or not handling.with_customer:
            return self._done()
        if handling.consult is not None:
            self._consulting_ends(handling, "transferred")
        if result is not None:
            self._say(handling, "handling.transferred", {"how": how, "target": target, "result": result})
        self._handlings.released(handling_id, ended_by)
        if heir is not None:
            self._promote(heir, handling)
        return self._done()

    def _consulting_ends(self, handling: Handling, result: str) -> None:
        self._handlings.end_consult(handling, result)
        if handling.phase is Phase.CONSULTING:
            handling.move(Phase.HELD)

    def transferred(self, handling_id: str, how: str, target: str, result: str, now: int) -> list[Effect]:
        """What became of a transfer whose handling is over, or would not be let go (refused)."""
        self._floor.arrive_at(now)
        handling = self._floor.handlings.get(handling_id) or self._floor.forms.get(handling_id)
        if handling is not None:
            data = {"handling_id": handling_id, "how": how, "target": target, "result": result}
            where, by = handling.interaction_id, agent_by(handling.agent_id)
            self._floor.say("handling.transferred", data, by=by, interaction_id=where, cause=handling_id)
        return self._done()

    def left(self, handling_id: str, ended_by: str, now: int, heir: str | None = None) -> list[Effect]:
        """He leaves a conference that goes on; the heir's assisting handling becomes the primary one. Over: []."""
        floor = self._floor
        floor.arrive_at(now)
        handling = floor.handlings.get(handling_id)
        if handling is None or not handling.live:
            return self._done()
        self._handlings.released(handling_id, ended_by)
        if heir is not None:
            self._promote(heir, handling)
        return self._done()

    def _promote(self, heir: str, before: Handling) -> None:
        """The assisting handling ends and a primary one starts at the same moment (metrics.md section 7)."""
        floor = self._floor
        assisting = floor.handlings[heir]
        session = floor.sessions[assisting.agent_id]
        assisting.move(Phase.OVER)
        self._say(assisting, "handling.released", {"ended_by": "agent"})
        floor.drop_handling(session, assisting)
        self._begin(session, assisting.interaction_id, "transfer", before.queue_id, before.handling_id)
        floor.restate(session, "transfer", agent_by(session.agent_id))

    def carry_over(
        self, handling_id: str, interaction_id: str, origin: str, now: int, *, queue_id: str, after: str | None
    ) -> list[Effect]:
        """His part goes on in another contact, which his own has become one with: one handling ends and the next begins
        at the same moment. Over: []."""
        floor = self._floor
        floor.arrive_at(now)
        handling = floor.handlings.get(handling_id)
        if handling is None or not handling.live:
            return self._done()
        session, had_customer = floor.sessions[handling.agent_id], handling.with_customer
        handling.move(Phase.WRAPUP if had_customer else Phase.OVER)
        self._say(handling, "handling.released", {"ended_by": "agent"})
        if not had_customer:
            floor.drop_handling(session, handling)
        self._begin(session, interaction_id, origin, queue_id, after)
        floor.restate(session, origin, agent_by(handling.agent_id))
        return self._done()

    # -- leaders ------------------------------------------------------------------------------------------------------

    def supervise(self, leader_id: str, handling_id: str, mode: str, now: int, by: str) -> list[Effect]:
        """A leader listens, whispers or barges in; again with another mode he changes over. Refuses no_call, and what
        `ring` refuses if he is signed in."""
        floor = self._floor
        floor.arrive_at(now)
        handling = floor.handlings.get(handling_id)
        if handling is None or not handling.live:
            raise YingdaError("no_call", "There is no call to do this with.", where=f"handling {handling_id}")
        session = floor.sessions.get(leader_id)
        if session is not None and session.watched is None:
            rung, session.rung = session.rung, None
            try:
                floor.admit_call(session, answers=True)
            except YingdaError:
                session.rung = rung
                raise
            if session.handling_id is not None:
                floor.end_wrapup(session, "next", agent_by(leader_id))
            session.watched = handling_id
            floor.restate(session, mode, by)
        self._say(handling, "supervision.started", {"leader_id": leader_id, "mode": mode}, by)
        return self._done()

    def take_over(self, leader_id: str, handling_id: str, mode: str, now: int) -> list[Effect]:
        """The leader continues in the agent's place, all at one moment; mode: how he watched, "" if he did not. Refuses
        agent_not_signed_in, not_talking, agent_engaged."""
        floor = self._floor
        floor.arrive_at(now)
        handling, session = self._with_customer(handling_id), floor.session(leader_id)
        rung, watched, session.rung, session.watched = session.rung, session.watched, None, None
        try:
            floor.admit_call(session, answers=True)
        except YingdaError:
            session.rung, session.watched = rung, watched
            raise
        if mode:
            self._say(handling, "supervision.ended", {"leader_id": leader_id, "mode": mode}, agent_by(leader_id))
        if handling.consult is not None:
            self._consulting_ends(handling, "taken_over")
        target = f"agent:{leader_id}"
        self._say(handling, "handling.transferred", {"how": "takeover", "target": target, "result": "completed"})
        self._handlings.released(handling_id, "leader")
        self._begin(session, handling.interaction_id, "takeover", handling.queue_id, handling_id)
        floor.restate(session, "takeover", agent_by(leader_id))
        return self._done()

    def supervision_over(
        self, leader_id: str, handling_id: str, interaction_id: str, mode: str, now: int, *, stays: bool = False
    ) -> list[Effect]:
        """He is off the call; stays: he changes to another mode."""
        floor = self._floor
        floor.arrive_at(now)
        data = {"leader_id": leader_id, "mode": mode, "handling_id": handling_id}
        floor.say("supervision.ended", data, interaction_id=interaction_id, cause=handling_id)
        session = floor.sessions.get(leader_id)
        if session is not None and not stays and session.watched == handling_id:
            session.watched = None
            floor.restate(session, "supervision_over")
        return self._done()

    # -- helpers ------------------------------------------------------------------------------------------------------

    def _with_customer(self, handling_id: str) -> Handling:
        handling = self._floor.handlings.get(handling_id)
        if handling is None or not handling.with_customer:
            raise YingdaError("not_talking", "There is no customer on the line.", where=f"handling {handling_id}")
        return handling

    def _say(self, handling: Handling, kind: str, data: dict[str, Any], by: str = "") -> None:
        self._floor.say(
            kind,
            {"handling_id": handling.handling_id, **data},
            by=by or agent_by(handling.agent_id),
            interaction_id=handling.interaction_id,
            cause=handling.handling_id,
        )
