"""Handlings after they are connected: hold, release, wrap-up, the form (metrics.md section 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from yingda.kernel.errors import YingdaError
from yingda.routing.floor import SYSTEM, Floor, agent_by
from yingda.routing.handling import Handling, Phase
from yingda.routing.session import Session
from yingda.routing.timers import Due

LONGEST_EXTENSION: Final = 3_600_000_000
"""How much a wrap-up can be extended in all (µs)."""


class Handlings:
    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def hold(self, handling_id: str, target: str | None = None) -> None:
        """target: what the customer is in meanwhile (a flow)."""
        handling = self._live(handling_id)
        if handling.phase is Phase.TALKING:  # with a third party on the line he speaks with that one then
            to = Phase.CONSULTING if handling.consult is not None else Phase.HELD
            self._step(handling, to, "handling.held", "hold", {"target": target} if target else {})

    def retrieve(self, handling_id: str, result: str | None = None) -> None:
        """result: how that ended which he was in."""
        handling = self._live(handling_id)
        if handling.phase in (Phase.HELD, Phase.CONSULTING):
            more = {"result": result} if result else {}
            self._step(handling, Phase.TALKING, "handling.retrieved", "retrieve", more)

    def released(self, handling_id: str, ended_by: str) -> None:
        floor = self._floor
        handling = floor.handlings.get(handling_id)
        if handling is None or handling.phase is Phase.WRAPUP:
            return
        by = _by(ended_by, handling.agent_id)
        session = floor.sessions[handling.agent_id]
        if handling.item is not None:
            floor.end_item(session, handling, ended_by, by)
            floor.restate(session, "item_closed", by)
            return
        if handling.consult is not None:
            self.end_consult(handling, "released")
        had_customer = handling.with_customer
        handling.move(Phase.WRAPUP if had_customer else Phase.OVER)
        data = {"handling_id": handling_id, "ended_by": ended_by}
        floor.say("handling.released", data, by=by, interaction_id=handling.interaction_id, cause=handling_id)
        if had_customer:
            self.begin_wrapup(session, handling)
        else:
            floor.drop_handling(session, handling)
        floor.restate(session, "released", by)

    def end_consult(self, handling: Handling, result: str) -> None:
        """The third party is off the line, or in the talk; the phase and the agent are for the caller."""
        data = {"handling_id": handling.handling_id, "target": handling.consult, "result": result}
        handling.consult = None
        where, cause = handling.interaction_id, handling.handling_id
        self._floor.say(
            "handling.consult_ended", data, by=agent_by(handling.agent_id), interaction_id=where, cause=cause
        )

    def begin_wrapup(self, session: Session, handling: Handling) -> None:
        floor = self._floor
        length = max(handling.wrapup, handling.rest)
        if length == 0:
            floor.end_wrapup(session, "limit")
            return
        handling.due, handling.rested_at = floor.now + length, floor.now + handling.rest
        floor.timers.set(handling.due, Due.WRAPUP, handling.handling_id)

    def limit_reached(self, handling_id: str) -> None:
        session = self._floor.sessions[self._floor.handlings[handling_id].agent_id]
        self._floor.end_wrapup(session, "limit")
        self._floor.restate(session, "wrapup_limit")

    def finish(self, agent_id: str) -> None:
        session = self._floor.session(agent_id)
        if self.end_by_agent(session):
            self._floor.restate(session, "wrapup_finished", agent_by(agent_id))

    def end_by_agent(self, session: Session) -> bool:
        """He is done with the wrap-up. Before its shortest time is over that is only booked; a mandatory one is not
        over until its form is finished. Answers whether it has ended. Refuses form_missing."""
        floor, handling = self._floor, self.in_wrapup(session)
        if handling is None:
            return False
        if handling.mandatory and not handling.disposed:
            words = "The form of this contact must be finished first."
            raise YingdaError("form_missing", words, where=f"agent {session.agent_id}")
        if floor.now < handling.rested_at:
            handling.due = handling.rested_at
            floor.timers.set(handling.due, Due.WRAPUP, handling.handling_id)
            return False
        floor.end_wrapup(session, "agent", agent_by(session.agent_id))
        return True

    def extend(self, agent_id: str, ms: int) -> None:
        floor = self._floor
        handling = self.in_wrapup(floor.session(agent_id))
        where = f"agent {agent_id}"
        if handling is None or handling.due is None:
            raise YingdaError("not_in_wrapup", "The agent is not in wrap-up.", where=where)
        if ms <= 0 or handling.extended + ms * 1000 > LONGEST_EXTENSION:
            raise YingdaError("bad_extension", "A wrap-up can be extended by an hour in all.", where=where)
        handling.extended += ms * 1000
        handling.due += ms * 1000
        floor.timers.set(handling.due, Due.WRAPUP, handling.handling_id)

    def dispose(
        self,
        handling_id: str,
        codes: Sequence[str],
        resolved: bool | None,
        *,
        right_party: bool | None,
        converted: bool | None,
        value: float | None,
        case_id: str | None,
    ) -> None:
        handling = self._floor.handlings.get(handling_id) or self._floor.forms.get(handling_id)
        if handling is None:
            raise YingdaError("unknown_handling", "There is no form to finish.", where=f"handling {handling_id}")
        data: dict[str, Any] = {
            "handling_id": handling_id,
            "codes": list(codes),
            "resolved": resolved,
            "right_party": right_party,
            "converted": converted,
            "value": value,
        }
        if case_id is not None:
            data["case_id"] = case_id
        if isinstance(handling, Handling):
            handling.disposed = True
        by, where = agent_by(handling.agent_id), handling.interaction_id
        self._floor.say("handling.disposed", data, by=by, interaction_id=where, cause=handling_id)

    def in_wrapup(self, session: Session) -> Handling | None:
        handling = self._floor.handlings.get(session.handling_id or "")
        return handling if handling is not None and handling.phase is Phase.WRAPUP else None

    def _live(self, handling_id: str) -> Handling:
        handling = self._floor.handlings.get(handling_id)
        if handling is None or not handling.with_customer:
            raise YingdaError("not_talking", "There is no customer on the line.", where=f"handling {handling_id}")
        return handling

    def _step(self, handling: Handling, phase: Phase, kind: str, why: str, more: Mapping[str, str]) -> None:
        handling.move(phase)
        by, where = agent_by(handling.agent_id), handling.interaction_id
        data = {"handling_id": handling.handling_id, **more}
        self._floor.say(kind, data, by=by, interaction_id=where, cause=handling.handling_id)
        self._floor.restate(self._floor.sessions[handling.agent_id], why, by)


def _by(ended_by: str, agent_id: str) -> str:
    if ended_by == "agent":
        return agent_by(agent_id)
    return ended_by if ended_by in ("customer", "carrier") else SYSTEM
