"""One replication: a scenario's day through the production distributor, under a virtual clock.

Callers and agents are reduced to the delays drawn for them. Nothing is sent, kept or waited for; what is counted comes
from the distributor's own appends, so the figures are what the reports of such a day would show.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any, Final

from yingda.kernel.clock import SECOND
from yingda.kernel.event import Event
from yingda.kernel.ids import seeded_ids
from yingda.routing.distributor import Distributor
from yingda.routing.effects import Append, Connect, Connected, Effect, EntryClosed, EntryMoved, Ring
from yingda.routing.rules import us
from yingda.sim.planner.draws import NEVER, Caller, Shift, callers, draw, patience_of, shifts
from yingda.sim.planner.scenario import Scenario, rules_for
from yingda.sim.planner.tally import Clocking, GroupRow, QueueRow, Tally

Action = Callable[..., None]
BREAK: Final = "break"
AGAIN: Final = 60 * SECOND


class Day:
    """Plays one replication, once."""

    def __init__(self, scenario: Scenario, replication: int) -> None:
        self._length = scenario.interval_s * SECOND
        self._end = scenario.intervals * self._length
        self._callers, self_served = callers(scenario, replication)
        self._shifts = {shift.agent_id: shift for shift in shifts(scenario)}
        self._rules = rules_for(scenario, {shift.agent_id: shift.group for shift in self._shifts.values()})
        self._core = Distributor(seeded_ids(replication), self._rules)
        self._now = 0
        self._heap: list[tuple[int, int, Action, tuple[Any, ...]]] = []
        self._count = 0
        self._ahead = len(self._callers)
        self._waiting: dict[str, tuple[Caller, QueueRow, str, int]] = {}
        self._clocking: dict[str, Clocking] = {}
        self._agent_of: dict[str, str] = {}
        self._pause: dict[str, int] = {}
        self.tally = Tally(
            {queue.name: [QueueRow() for _ in range(scenario.intervals)] for queue in scenario.queues},
            {group.name: [GroupRow() for _ in range(scenario.intervals)] for group in scenario.groups},
            calls=len(self._callers) + self_served,
            self_served=self_served,
        )

    def play(self) -> Tally:
        """To the end of the last interval, and on until nobody waits who came within it."""
        for shift in self._shifts.values():
            self._plan(shift)
        for number, caller in enumerate(self._callers):
            self._at(caller.at, self._come, caller, f"call-{number}")
        core, heap = self._core, self._heap
        while self._now < self._end or self._ahead or self._waiting:
            due = core.next_timer()
            if due is not None and (not heap or due <= heap[0][0]):
                self._now = max(self._now, due)
                self._take(core.handle_timer(self._now))
            elif heap:
                self._now, _, action, args = heappop(heap)
                action(*args)
            else:
                break
        for clocking in self._clocking.values():
            clocking.change(None, max(self._now, self._end))
        return self.tally

    def _plan(self, shift: Shift) -> None:
        self._at(shift.begin, self._sign_in, shift.agent_id)
        for at, length in shift.breaks:
            self._at(at, self._go_away, shift.agent_id, length)
        if shift.end is not None:
            self._at(shift.end, self._go_home, shift.agent_id)

    def _at(self, at: int, action: Action, *args: Any) -> None:
        self._count += 1
        heappush(self._heap, (at, self._count, action, args))

    # -- callers ----------------------------------------------------------------------------------------------------

    def _come(self, caller: Caller, entry_id: str) -> None:
        self._ahead -= 1
        call_type = caller.call_type
        self._wait(caller, entry_id, call_type.queue)
        if caller.patience < NEVER:
            self._at(self._now + caller.patience, self._give_up, caller)
        effects = self._core.enter(
            entry_id, entry_id, call_type.queue, self._now, needs=call_type.needs, priority=call_type.priority
        )
        self._take(effects)

    def _wait(self, caller: Caller, entry_id: str, queue_id: str) -> None:
        row = self.tally.queues[queue_id][min(self._now, self._end - 1) // self._length]
        row.offered += 1
        caller.entry_id = entry_id
        self._waiting[entry_id] = (caller, row, queue_id, self._now)

    def _leave(self, entry_id: str, outcome: str) -> Caller:
        caller, row, queue_id, since = self._waiting.pop(entry_id)
        rules = self._rules.queues[queue_id]
        row.leave(outcome, self._now - since, us(rules.target_s), us(rules.short_s))
        return caller

    def _give_up(self, caller: Caller) -> None:
        if caller.entry_id in self._waiting:
            self._take(self._core.customer_left(caller.entry_id, self._now))

    def _closed(self, closed: EntryClosed) -> None:
        caller = self._leave(closed.entry_id, closed.outcome)
        redials, rng = caller.call_type.redials, caller.rng
        if closed.outcome != "abandoned" or redials is None or rng.random() >= redials.share:
            return
        at = self._now + draw(redials.delay, rng)
        if at < self._end:
            patience = patience_of(caller.call_type, rng)
            again = Caller(at, caller.call_type, patience, caller.talk, caller.wrapup, rng)
            self.tally.calls += 1
            self.tally.redials += 1
            self._ahead += 1
            self._at(at, self._come, again, f"redial-{self.tally.redials}")

    def _moved(self, moved: EntryMoved) -> None:
        """The caller notices nothing: his patience runs on."""
        caller = self._leave(moved.entry_id, "overflowed")
        self._wait(caller, moved.new_entry_id, moved.queue_id)

    # -- agents -----------------------------------------------------------------------------------------------------

    def _sign_in(self, agent_id: str) -> None:
        self._take(self._core.sign_in(agent_id, agent_id, self._now))

    def _go_home(self, agent_id: str) -> None:
        self._take(self._core.end_shift(agent_id, self._now))

    def _go_away(self, agent_id: str, length: int) -> None:
        session = self._core.floor.sessions.get(agent_id)
        if session is None:
            return
        if session.busy is not None:  # still on the break before, or about to go: one after the other
            self._at(self._now + AGAIN, self._go_away, agent_id, length)
            return
        self._pause[agent_id] = length
        self._take(self._core.set_busy(agent_id, BREAK, self._now))

    def _come_back(self, agent_id: str) -> None:
        if agent_id in self._core.floor.sessions:
            self._take(self._core.set_idle(agent_id, self._now))

    # -- what the distributor asks for ------------------------------------------------------------------------------

    def _take(self, effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Append):
                for event in effect.events:
                    self._note(event)
            elif isinstance(effect, Ring):
                delay = us(self._shifts[effect.agent_id].group.answer_s)
                self._at(self._now + delay, self._answered, effect.offer_id, effect.token)
            elif isinstance(effect, Connect):
                self._take(self._core.connected(effect.offer_id, effect.token, self._now))
            elif isinstance(effect, Connected):
                self._talks(effect)
            elif isinstance(effect, EntryClosed):
                self._closed(effect)
            elif isinstance(effect, EntryMoved):
                self._moved(effect)

    def _note(self, event: Event) -> None:
        """States of agents; a break lasts as long as it should from the moment it begins."""
        if event.kind == "agent.state_changed":
            agent_id = self._agent_of[event.data["session_id"]]
            state = event.data["to"]
            self._clocking[agent_id].change(state, self._now)
            if state == "busy":
                self._at(self._now + self._pause[agent_id], self._come_back, agent_id)
        elif event.kind == "agent.signed_in":
            agent_id = event.data["agent_id"]
            self._agent_of[event.data["session_id"]] = agent_id
            rows = self.tally.groups[self._shifts[agent_id].group.name]
            self._clocking[agent_id] = Clocking(rows, self._length, self._now)
        elif event.kind == "agent.signed_out":
            self._clocking.pop(event.data["agent_id"]).change(None, self._now)

    def _answered(self, offer_id: str, token: int) -> None:
        self._take(self._core.answered(offer_id, token, self._now))

    def _talks(self, connected: Connected) -> None:
        caller = self._leave(connected.entry_id, "answered")
        if self._now < self._end:
            group = self._shifts[connected.agent_id].group
            self.tally.groups[group.name][self._now // self._length].handled += 1
        self._at(self._now + caller.talk, self._talked, connected, caller.wrapup)

    def _talked(self, connected: Connected, wrapup: int) -> None:
        self._take(self._core.released(connected.handling_id, "customer", self._now))
        self._at(self._now + wrapup, self._wrapped, connected)

    def _wrapped(self, connected: Connected) -> None:
        session = self._core.floor.sessions.get(connected.agent_id)
        if session is not None and session.handling_id == connected.handling_id:
            self._take(self._core.finish_wrapup(connected.agent_id, self._now))
