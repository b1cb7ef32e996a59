"""What leaders do by hand: with callers who wait, with queues, with agents for a time (SUP-11, ACD-33, ACD-48, ACD-58).

Inputs of the distributor like all others: each takes `now` (µs UTC) and returns effects. Whatever makes the rules
decide otherwise is said in the ledger, so that a past day can be decided again. by: who does it (user:ID, agent:ID).
"""

from __future__ import annotations

from collections.abc import Callable

from yingda.routing.effects import Effect
from yingda.routing.escalating import Escalating
from yingda.routing.floor import SYSTEM, Floor
from yingda.routing.lending import Lending
from yingda.routing.state import Loan


class Leaders:
    """done: ends an input, `Distributor._done`."""

    def __init__(
        self, floor: Floor, escalating: Escalating, lending: Lending, done: Callable[[], list[Effect]]
    ) -> None:
        self._floor, self._escalating, self._lending, self._done = floor, escalating, lending, done

    # -- callers who wait -------------------------------------------------------------------------------------------

    def move(self, entry_id: str, queue_id: str, now: int, by: str = SYSTEM) -> list[Effect]:
        """Somebody who waits goes to another queue: a new entry at the same place (`EntryMoved`). Refuses
        unknown_entry, unknown_queue, entry_offered."""
        self._floor.arrive_at(now)
        self._escalating.move_by_hand(entry_id, queue_id, by)
        return self._done()

    def reserve(self, entry_id: str, agent_id: str, seconds: float, now: int, by: str = SYSTEM) -> list[Effect]:
        """The entry is kept for that agent for so long. Refuses unknown_entry, unknown_agent."""
        self._floor.arrive_at(now)
        self._escalating.reserve(entry_id, agent_id, seconds, by)
        return self._done()

    def release(self, entry_id: str, now: int, by: str = SYSTEM) -> list[Effect]:
        """The entry is kept for nobody any more. Refuses unknown_entry."""
        self._floor.arrive_at(now)
        self._escalating.release(entry_id, by)
        return self._done()

    def prefer(self, entry_id: str, now: int, by: str = SYSTEM) -> list[Effect]:
        """The entry comes before all others of its queue. Refuses unknown_entry."""
        self._floor.arrive_at(now)
        self._escalating.prefer(entry_id, by)
        return self._done()

    def flush(self, queue_id: str, why: str, now: int, by: str = SYSTEM) -> list[Effect]:
        """Everybody who waits in the queue is turned away; whom an agent answered stays. Refuses unknown_queue."""
        self._floor.arrive_at(now)
        self._escalating.flush(queue_id, why, by)
        return self._done()

    def move_all(self, queue_id: str, to: str, now: int, by: str = SYSTEM) -> list[Effect]:
        """Everybody who waits in the queue goes to another one, at his place; for whom an agent is rung stays. Refuses
        unknown_queue, same_queue."""
        self._floor.arrive_at(now)
        self._escalating.move_all(queue_id, to, by)
        return self._done()

    def need_queue(self, queue_id: str) -> None:
        """Refuses unknown_queue."""
        self._escalating.waiting_in(queue_id)

    # -- agents, for a time -----------------------------------------------------------------------------------------

    def lend(self, agent_id: str, queue_id: str, until: int, now: int, by: str = SYSTEM) -> list[Effect]:
        """He also serves that queue until then (µs UTC), whatever his skills. Refuses unknown_queue, unknown_agent,
        bad_until."""
        self._floor.arrive_at(now)
        self._lending.lend(agent_id, queue_id, until, by)
        return self._done()

    def give_back(self, agent_id: str, queue_id: str, now: int, by: str = SYSTEM) -> list[Effect]:
        """The loan is over before its end. Refuses not_lent."""
        self._floor.arrive_at(now)
        self._lending.give_back(agent_id, queue_id, by)
        return self._done()

    def resume(self, loans: list[Loan], now: int) -> list[Effect]:
        """Loans of a run before this one (`lending.standing`): those that are not past go on to their end."""
        self._floor.arrive_at(now)
        self._lending.resume(loans)
        return self._done()
