"""A world: a virtual clock, a heap of what is to come, the distributor, and a watch over every step.

What falls on the same instant is put in an order drawn from the seed, the distributor's own deadlines included: over
many seeds every interleaving comes up. All inputs go through `do`; a refusal that a person could meet is part of life.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any, Protocol

import msgspec

from yingda.kernel.errors import YingdaError
from yingda.kernel.event import Event
from yingda.kernel.ids import seeded_ids
from yingda.kernel.ledger.kinds import validate
from yingda.routing.distributor import Distributor
from yingda.routing.effects import (
    Append,
    Connect,
    Connected,
    Effect,
    EntryClosed,
    EntryMoved,
    ItemReturned,
    Overflow,
    Ring,
    StopRinging,
    Taken,
)
from yingda.routing.entry import EntryState
from yingda.routing.recovery import closing_events
from yingda.routing.rules import Rules
from yingda.routing.transitions import IllegalTransitionError
from yingda.sim.broken import BrokenError, demand
from yingda.sim.hazards import Hazards
from yingda.sim.invariants import Watch
from yingda.sim.plan import START, Plan

TRAIL = 30
"""How many of the last steps a broken world prints."""

# What a person or a device may run into; any other refusal is a fault of the world or of the core.
HUMAN = frozenset(
    {"agent_in_call", "agent_engaged", "agent_not_signed_in", "not_talking", "not_in_wrapup", "already_signed_in"}
    | {"unknown_agent", "unknown_queue", "unknown_handling", "unknown_entry", "entry_offered", "items_open"}
    | {"consulting", "agent_unreachable"}
)
CRASHES = (IllegalTransitionError, YingdaError, KeyError, AssertionError, AttributeError, ValueError, TypeError)
"""What a fault inside the core may end in; in a world it is reported like a broken invariant."""

Action = Callable[..., None]


class People(Protocol):
    """Who reacts to the distributor's effects."""

    def on_offer_ended(self, interaction_id: str, offer_id: str, outcome: str) -> None: ...
    def on_ring(self, ring: Ring) -> None: ...
    def on_stop(self, stop: StopRinging) -> None: ...
    def on_connect(self, connect: Connect) -> None: ...
    def on_connected(self, connected: Connected) -> None: ...
    def on_taken(self, taken: Taken) -> None: ...
    def on_returned(self, returned: ItemReturned) -> None: ...
    def on_overflow(self, overflow: Overflow) -> None: ...
    def on_closed(self, closed: EntryClosed) -> None: ...
    def on_moved(self, moved: EntryMoved) -> None: ...


class Books(Protocol):
    """The projections and their identities, fed as the ledger would."""

    def record(self, event: Event) -> None: ...
    def check(self, now: int) -> None: ...
    def finish(self, now: int) -> None: ...


class World:
    """people is set by who builds the world; books may be."""

    def __init__(self, seed: int, plan: Plan, distributor: type[Distributor] = Distributor) -> None:
        self.seed = seed
        self.plan = plan
        self.rng = random.Random(seed)
        self._restart_rng = random.Random(seed)
        self.now = START
        self.rules = plan.rules
        self.core = distributor(seeded_ids(seed), plan.rules)
        self.watch = Watch(plan.rules)
        self.hazards = Hazards()
        self.people: People | None = None
        self.books: Books | None = None
        self.events: list[Event] = []
        self.tokens: dict[str, int] = {}
        self.steps = 0
        self.crashed = False
        self._heap: list[tuple[int, float, int, Action, tuple[Any, ...]]] = []
        self._count = 0
        self._trail: deque[tuple[int, str, tuple[Any, ...]]] = deque(maxlen=TRAIL)
        self._timers = {
            "offer.ended": self._timer_ended_offer,
            "queue.left": self._timer_ended_entry,
        }

    # -- time ---------------------------------------------------------------------------------------------------------

    def after(self, delay: int, action: Action, *args: Any) -> None:
        """`action(*args)` in `delay` µs, at a place of that instant drawn from the seed."""
        self._count += 1
        heappush(self._heap, (self.now + delay, self.rng.random(), self._count, action, args))

    def some(self, bounds: tuple[int, int]) -> int:
        """A delay: a whole number of grid steps within `bounds`, in µs."""
        return self.rng.randint(*bounds) * self.plan.grid

    def run(self) -> World:
        """To the end. Raises BrokenError with the seed and the last steps."""
        try:
            while self.steps < self.plan.step_limit and self._step():
                pass
            demand(self.steps < self.plan.step_limit, "the world has no end")
            self._close()
        except (BrokenError, *CRASHES) as fault:
            raise BrokenError(self._report(fault)) from fault
        return self

    def _step(self) -> bool:
        due = self.core.next_timer()
        head = self._heap[0][0] if self._heap else None
        if due is None and head is None:
            return False
        self.steps += 1
        if head is None or (due is not None and (due < head or (due == head and self.rng.random() < 0.5))):
            assert due is not None
            self.now = max(self.now, due)
            self._timer()
        else:
            self.now, _, _, action, args = heappop(self._heap)
            action(*args)
        self.watch.settled(self.core, self.now)
        if self.books is not None:
            self.books.check(self.now)
        if self.plan.restarts and self._restart_rng.random() < self.plan.restarts:
            self._restart()
        return not self.crashed

    # -- inputs -------------------------------------------------------------------------------------------------------

    def do(self, method: Callable[..., list[Effect]], *args: Any, **options: Any) -> list[Effect] | None:
        """An input of the distributor, at this instant. None if it was refused."""
        self._trail.append((self.now, method.__name__, args))
        try:
            effects = method(*args, self.now, **options)
        except YingdaError as refusal:
            demand(refusal.code in HUMAN, f"{method.__name__} is refused: {refusal}")
            self.hazards.hit(f"refused:{refusal.code}")
            return None
        self._take(effects)
        return effects

    def about_offer(
        self, what: str, method: Callable[..., list[Effect]], offer_id: str, token: int, *more: str
    ) -> None:
        """What a device or media says of an offer. With a token that is not in force it must be in vain."""
        stale = self.tokens.get(offer_id) != token
        offer = self.watch.offers.get(offer_id)
        if offer is not None:
            self.hazards.touch(offer.entry_id, what, self.now)
        effects = self.do(method, offer_id, token, *more)
        if stale:
            self.hazards.hit("stale_token")
            demand(not effects, f"{what} with a stale token has an effect")

    def tell(self, event: Event) -> None:
        """An event of the call model, which is no part of the core."""
        self.watch.see(event)
        self._record(event)

    def configure(self, rules: Rules) -> None:
        self.hazards.hit("reconfigured")
        self.watch.configured(rules, self.now)
        self.rules = rules
        self.do(self.core.configure, rules)

    def crash(self) -> None:
        """The run breaks off here and is closed from its events alone."""
        self.crashed = True
        self.hazards.hit("crash")

    def _timer(self) -> None:
        self._trail.append((self.now, "timer", ()))
        self.watch.timer(self.now)
        effects = self.core.handle_timer(self.now)
        for event in effects[0].events if effects and isinstance(effects[0], Append) else ():
            if (note := self._timers.get(event.kind)) is not None:
                note(event)
        self._take(effects)

    def _timer_ended_offer(self, event: Event) -> None:
        offer = self.watch.offers.get(event.data["offer_id"])
        if offer is not None:
            self.hazards.touch(offer.entry_id, "connect_limit" if offer.answered else "ring_limit", self.now)

    def _timer_ended_entry(self, event: Event) -> None:
        self.hazards.touch(event.data["entry_id"], "longest_wait", self.now)

    def _take(self, effects: list[Effect]) -> None:
        self.watch.observe(effects, self.now)
        people = self.people
        assert people is not None
        for effect in effects:
            if isinstance(effect, Append):
                self._take_events(effect.events)
            elif isinstance(effect, Ring):
                self.tokens[effect.offer_id] = effect.token
                people.on_ring(effect)
            elif isinstance(effect, StopRinging):
                people.on_stop(effect)
            elif isinstance(effect, Connect):
                self.tokens[effect.offer_id] = effect.token
                people.on_connect(effect)
            elif isinstance(effect, Connected):
                people.on_connected(effect)
            elif isinstance(effect, Taken):
                people.on_taken(effect)
            elif isinstance(effect, ItemReturned):
                people.on_returned(effect)
            elif isinstance(effect, Overflow):
                people.on_overflow(effect)
            elif isinstance(effect, EntryClosed):
                people.on_closed(effect)
            elif isinstance(effect, EntryMoved):
                people.on_moved(effect)

    def _take_events(self, events: tuple[Event, ...]) -> None:
        for event in events:
            self._record(event)
        for event in events:
            if event.kind == "offer.ended" and self.people is not None:
                ended = event.data
                self.people.on_offer_ended(event.interaction_id or "", ended["offer_id"], ended["outcome"])

    def _record(self, event: Event) -> None:
        validate(event)
        self.events.append(event)
        if event.kind == "offer.ended":
            self.tokens.pop(event.data["offer_id"], None)
        if self.books is not None:
            self.books.record(event)

    # -- saving, breaking off, ending ---------------------------------------------------------------------------------

    def _restart(self) -> None:
        """Another distributor goes on from what this one leaves, through JSON as in life."""
        core = self.core
        states = {entry.state for entry in core.floor.entries.values()}
        self.hazards.hit("restart")
        if EntryState.OFFERED in states:
            self.hazards.hit("restart_while_ringing")
        if EntryState.CONNECTING in states:
            self.hazards.hit("restart_while_connecting")
        state = msgspec.json.decode(msgspec.json.encode(core.to_state()))
        self.core = type(core).from_state(state, core.floor.ids)
        demand(self.core.next_timer() == core.next_timer(), "a restored distributor has another deadline next")

    def _close(self) -> None:
        if self.crashed:
            for event in closing_events(self.events, self.now):
                validate(event)
                self.tell(event)
        else:
            demand(not self.watch.entries, f"stuck entries: {sorted(self.watch.entries)}")
            for agent_id in tuple(self.watch.agents):
                self.do(self.core.sign_out, agent_id, "shift_end")
        self.watch.finished()
        if self.books is not None:
            self.books.finish(self.now)

    def _report(self, fault: BaseException) -> str:
        steps = "\n".join(f"  {(at - START) / 1e6:10.3f}  {name} {args}" for at, name, args in self._trail)
        return f"seed {self.seed}: {type(fault).__name__}: {fault}\nthe last steps:\n{steps}"
