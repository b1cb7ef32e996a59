"""Whether a deadline is still in force, by kind: what `Timers` asks of every one whose turn comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from yingda.routing.timers import Due, Holds

if TYPE_CHECKING:
    from yingda.routing.floor import Floor


def deadlines(floor: Floor) -> dict[Due, Holds]:
    """A table and no chain of tests: it is asked several times with every call."""
    its = _Deadlines(floor)
    return {
        Due.OFFER: its.offer,
        Due.WRAPUP: its.wrapup,
        Due.LONGEST_WAIT: its.longest_wait,
        Due.RETRY: its.retry,
        Due.TIER: its.tier,
        Due.BREAK: its.break_,
        Due.LOAN: its.loan,
        Due.SHIFT: its.shift,
    }


class _Deadlines:
    """Each answers whether the thing is there and has that deadline (µs UTC)."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def offer(self, at: int, offer_id: str) -> bool:
        offer = self._floor.offers.get(offer_id)
        return offer is not None and offer.due == at

    def wrapup(self, at: int, handling_id: str) -> bool:
        handling = self._floor.handlings.get(handling_id)
        return handling is not None and handling.due == at

    def longest_wait(self, at: int, entry_id: str) -> bool:
        entry = self._floor.entries.get(entry_id)
        return entry is not None and entry.deadline == at

    def retry(self, at: int, entry_id: str) -> bool:
        entry = self._floor.entries.get(entry_id)
        return entry is not None and at in entry.refusals.values()

    def tier(self, at: int, entry_id: str) -> bool:
        entry = self._floor.entries.get(entry_id)
        return entry is not None and entry.step_at == at

    def break_(self, at: int, agent_id: str) -> bool:
        session = self._floor.sessions.get(agent_id)
        return session is not None and session.break_due == at

    def loan(self, at: int, loan_id: str) -> bool:
        loan = self._floor.loans.get(loan_id)
        return loan is not None and loan.until == at

    def shift(self, at: int, agent_id: str) -> bool:
        session = self._floor.sessions.get(agent_id)
        return session is not None and session.shift_ends == at
