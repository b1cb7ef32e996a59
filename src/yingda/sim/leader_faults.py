"""Planted faults in what leaders do by hand: each must be found by the worlds (tests/sim/test_faults.py)."""

from __future__ import annotations

from typing import Final

from yingda.routing.desks import Desks
from yingda.routing.distributor import Distributor
from yingda.routing.escalating import Escalating
from yingda.routing.floor import SYSTEM
from yingda.routing.lending import Lending


class _LoanForGood(Lending):
    def end(self, item: str, why: str, by: str = SYSTEM) -> None:
        """He goes on serving where he was lent to; only the books say that he does not."""
        loan = self._floor.loans.pop(item)
        data = {"agent_id": loan.agent_id, "queue_id": loan.queue_id, "why": why}
        self._floor.say("agent.given_back", data, by=by, cause=loan.agent_id)


class _LoanUnsaid(Lending):
    def end(self, item: str, why: str, by: str = SYSTEM) -> None:
        self._floor.loans.pop(item)
        self._floor.rebuild()


class _ShiftWithoutEnd(Desks):
    def end_shift(self, agent_id: str) -> None:
        """He goes on getting calls."""
        self._floor.session(agent_id)


class _PreferenceForgotten(Escalating):
    def prefer(self, entry_id: str, by: str) -> None:
        entry = self._entry(entry_id)
        before = entry.priority
        super().prefer(entry_id, by)
        entry.priority = before
        self._begin_anew(entry)


class _ReservedForNobody(Escalating):
    def reserve(self, entry_id: str, agent_id: str, seconds: float, by: str) -> None:
        entry = self._entry(entry_id)
        super().reserve(entry_id, agent_id, seconds, by)
        entry.ahead, entry.held_until = [], None
        self._begin_anew(entry)


class LoanForGood(Distributor):
    lending_class = _LoanForGood


class LoanUnsaid(Distributor):
    lending_class = _LoanUnsaid


class ShiftWithoutEnd(Distributor):
    desks_class = _ShiftWithoutEnd


class PreferenceForgotten(Distributor):
    escalating_class = _PreferenceForgotten


class ReservedForNobody(Distributor):
    escalating_class = _ReservedForNobody


LEADER_FAULTS: Final[tuple[type[Distributor], ...]] = (
    *(LoanForGood, LoanUnsaid, ShiftWithoutEnd, PreferenceForgotten, ReservedForNobody),
)
