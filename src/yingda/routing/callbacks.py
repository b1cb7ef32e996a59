"""Call-backs: promises to call somebody, kept until he is reached or the promise is over (ACD-38, 39; metrics.md B1).

    waiting → queued    its time has come: it waits for an agent as an entry of medium `callback`, at the place it had
    queued  → calling   an agent took it: an attempt begins
    queued  → waiting   the entry left its queue otherwise
    calling → waiting   nobody was reached: again after a while, within its window
    any     → closed    reached, exhausted, expired, cancelled, superseded: exactly one result

Pure: inputs take `now` (µs UTC) and return effects, an `Append` first. The entry and the call are others' business:
they are asked for by effects and told of by inputs. A refusal is a YingdaError and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import msgspec

from yingda.kernel.clock import SECOND
from yingda.kernel.errors import YingdaError
from yingda.kernel.event import Event
from yingda.kernel.ids import IdSource
from yingda.routing.effects import Append
from yingda.routing.rules import CallbackRules, us
from yingda.routing.timers import Due, Timers
from yingda.routing.transitions import check

AGAIN: Final = 60 * SECOND
"""When a call-back whose entry left its queue, or whose queue took nobody in, tries to wait again (µs)."""

AGENT_AGAIN: Final = 30 * SECOND
"""When one is tried again whose agent did not answer his own device (µs)."""

FINAL_RESULTS: Final = frozenset({"invalid"})
"""Results of an attempt after which another one is in vain."""

RESULTS: Final = frozenset({"connected", "busy", "no_answer", "rejected", "agent_no_answer"}) | FINAL_RESULTS


class State(StrEnum):
    WAITING = "waiting"
    QUEUED = "queued"
    CALLING = "calling"
    CLOSED = "closed"


TRANSITIONS: Final[dict[State, frozenset[State]]] = {
    State.WAITING: frozenset({State.QUEUED, State.CLOSED}),
    State.QUEUED: frozenset({State.WAITING, State.CALLING, State.CLOSED}),
    State.CALLING: frozenset({State.WAITING, State.CLOSED}),
    State.CLOSED: frozenset(),
}


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for. contact_id: of who asks; source: queue, flow, web, missed; entry_id: the entry given up for
    it; arrived_at: the place kept (µs UTC). message_ms: the length of the message he left (0: none). opens, closes:
    when he may be called (µs UTC; None: at once, as the rules say).
    """

    contact_id: str
    number: str
    queue_id: str
    source: str
    entry_id: str | None = None
    arrived_at: int | None = None
    priority: int = 50
    needs: str = ""
    data: dict[str, str | float] = {}
    test: bool = False
    message_ms: int = 0
    opens: int | None = None
    closes: int | None = None


class Callback(msgspec.Struct, kw_only=True):
    """Times in µs UTC. due: when it next wants to wait for an agent (waiting only). tried: attempts that reached the
    customer's line; attempts: all. entry_id, handling_id: of the attempt under way."""

    callback_id: str
    wanted: Wanted
    rules: CallbackRules
    arrived_at: int
    opens: int
    closes: int
    promised_by: int
    due: int
    state: State = State.WAITING
    attempts: int = 0
    tried: int = 0
    entry_id: str | None = None
    handling_id: str | None = None

    def move(self, state: State) -> None:
        """The one setter. Raises IllegalTransitionError."""
        check(TRANSITIONS, "call-back", self.callback_id, self.state, state)
        self.state = state


@dataclass(frozen=True, slots=True)
class Queue:
    """Let it wait: an entry of medium callback, then `queued` (or `not_queued`)."""

    callback_id: str
    wanted: Wanted
    arrived_at: int


@dataclass(frozen=True, slots=True)
class Unqueue:
    """Its entry need not wait any longer."""

    entry_id: str


@dataclass(frozen=True, slots=True)
class Closed:
    callback_id: str
    number: str
    result: str


Effect = Append | Queue | Unqueue | Closed


class Callbacks:
    """All that are open. `open` may be read by screens."""

    def __init__(self, ids: IdSource, kept: Iterable[Callback] = ()) -> None:
        self._ids = ids
        self.open: dict[str, Callback] = {}
        self._by_entry: dict[str, str] = {}
        self._by_number: dict[str, list[str]] = {}
        self._timers = Timers({Due.CALLBACK: self._holds})
        self._events: list[Event] = []
        self._effects: list[Effect] = []
        for item in kept:
            self._keep(item)

    # -- asking -----------------------------------------------------------------------------------------------------

    def request(self, wanted: Wanted, rules: CallbackRules, now: int, by: str = "customer") -> list[Effect]:
        """Refuses callback_open (that number is owed one for that queue already), bad_window."""
        for item in self._of_number(wanted.number):
            if item.wanted.queue_id == wanted.queue_id:
                words = "This number will be called back for that queue already."
                raise YingdaError("callback_open", words, where=f"call-back {item.callback_id}")
        opens = max(now, wanted.opens or now)
        closes = wanted.closes if wanted.closes is not None else opens + us(rules.keep_s)
        if closes <= opens:
            raise YingdaError("bad_window", "The time in which to call back is over before it begins.")
        arrived_at = now if wanted.arrived_at is None else wanted.arrived_at
        item = Callback(
            callback_id=self._ids(),
            wanted=wanted,
            rules=rules,
            arrived_at=arrived_at,
            opens=opens,
            closes=closes,
            promised_by=min(closes, opens + us(rules.promise_s)),
            due=opens,
        )
        self._keep(item)
        data: dict[str, Any] = {
            "source": wanted.source,
            "window": {"from": opens, "to": closes},
            "promised_by": item.promised_by,
        }
        if wanted.entry_id is not None:
            data["entry_id"] = wanted.entry_id
        self._say(item, "requested", now, data, by)
        return self._due(now)

    def cancel(self, callback_id: str, by: str, now: int) -> list[Effect]:
        """by: customer, or who of the staff. Refuses unknown_callback, being_called."""
        item = self._closable(callback_id)
        self._close(item, "cancelled_by_customer" if by == "customer" else "cancelled_by_staff", now, by)
        return self._done()

    def hasten(self, callback_id: str, now: int) -> list[Effect]:
        """Somebody wants to call now, whatever its time. Waits for an agent already: []. Refuses as `cancel` does."""
        item = self._closable(callback_id)
        if item.state is State.WAITING:
            item.due = now
            self._set_timer(item)
        return self._due(now)

    def answered(self, number: str, now: int) -> list[Effect]:
        """A customer rang and was answered: what he was owed is done, unless he is being called at this moment."""
        for item in self._of_number(number):
            if item.state is not State.CALLING:
                self._close(item, "superseded", now)
        return self._done()

    # -- waiting for an agent ---------------------------------------------------------------------------------------

    def queued(self, callback_id: str, entry_id: str) -> None:
        item = self.open[callback_id]
        item.move(State.QUEUED)
        item.entry_id = entry_id
        self._by_entry[entry_id] = callback_id
        self._set_timer(item)

    def not_queued(self, callback_id: str, now: int) -> None:
        """Its queue took nobody in: later."""
        item = self.open[callback_id]
        item.due = now + AGAIN
        self._set_timer(item)

    def moved(self, entry_id: str, new_entry_id: str) -> None:
        """It waits in another queue, under another entry."""
        item = self.of_entry(entry_id)
        if item is not None:
            del self._by_entry[entry_id]
            item.entry_id = new_entry_id
            self._by_entry[new_entry_id] = item.callback_id

    def entry_left(self, entry_id: str, now: int) -> list[Effect]:
        """The entry left its queue and no agent took it (flushed, waited longest): again after a while."""
        item = self.of_entry(entry_id)
        if item is not None and item.state is State.QUEUED:
            self._forget_entry(item)
            self._wait_again(item, now + AGAIN, now)
        return self._done()

    def of_entry(self, entry_id: str) -> Callback | None:
        return self.open.get(self._by_entry.get(entry_id, ""))

    # -- calling ----------------------------------------------------------------------------------------------------

    def taken(self, entry_id: str, handling_id: str, now: int, by: str) -> list[Effect]:
        """An agent took it: the attempt begins. Not one of ours: []."""
        item = self.of_entry(entry_id)
        if item is not None:
            self._forget_entry(item)
            item.move(State.CALLING)
            item.attempts += 1
            item.handling_id = handling_id
            self._say(item, "attempt_started", now, {"attempt": item.attempts, "handling_id": handling_id}, by)
        return self._done()

    def ended(self, callback_id: str, result: str, now: int) -> list[Effect]:
        """What became of the attempt (`RESULTS`). No attempt under way: []. Refuses bad_result."""
        if result not in RESULTS:
            raise YingdaError("bad_result", f"No attempt ends as {result!r}.", where=f"call-back {callback_id}")
        item = self.open.get(callback_id)
        if item is None or item.state is not State.CALLING:
            return []
        self._end_attempt(item, result, now)
        if result == "connected":
            self._close(item, "reached", now)
        elif result == "agent_no_answer":
            self._wait_again(item, now + AGENT_AGAIN, now)
        else:
            item.tried += 1
            self._after_failure(item, result, now)
        return self._done()

    def _end_attempt(self, item: Callback, result: str, now: int) -> None:
        data = {"attempt": item.attempts, "handling_id": item.handling_id, "result": result}
        item.handling_id = None
        self._say(item, "attempt_ended", now, data)

    def _after_failure(self, item: Callback, result: str, now: int) -> None:
        pauses = item.rules.retry_s
        if result in FINAL_RESULTS or item.tried >= item.rules.attempts:
            self._close(item, "exhausted", now)
        else:
            self._wait_again(item, now + us(pauses[min(item.tried, len(pauses)) - 1] if pauses else 0), now)

    def _wait_again(self, item: Callback, due: int, now: int) -> None:
        if due >= item.closes:
            self._close(item, "exhausted" if item.tried else "expired", now)
        else:
            item.move(State.WAITING)
            item.due = due
            self._set_timer(item)

    # -- time -------------------------------------------------------------------------------------------------------

    def next_timer(self) -> int | None:
        """µs UTC; None if nothing is running."""
        return self._timers.next()

    def handle_timer(self, now: int) -> list[Effect]:
        """Whatever is due. Harmless when nothing is."""
        return self._due(now)

    def _due(self, now: int) -> list[Effect]:
        wanting = dict[str, Callback]()
        while (timer := self._timers.pop(now)) is not None:
            item = self.open[timer[1]]
            if item.closes <= now:
                self._close(item, "exhausted" if item.tried else "expired", now)
            else:
                wanting[item.callback_id] = item
        for item in wanting.values():
            self._effects.append(Queue(item.callback_id, item.wanted, item.arrived_at))
            self._set_timer(item)  # until somebody says that it waits, or does not
        return self._done()

    def _set_timer(self, item: Callback) -> None:
        self._timers.set(_timer(item), Due.CALLBACK, item.callback_id)

    def _holds(self, at: int, callback_id: str) -> bool:
        item = self.open.get(callback_id)
        return item is not None and item.state is not State.CALLING and _timer(item) == at

    # -- state ------------------------------------------------------------------------------------------------------

    def to_state(self) -> list[dict[str, Any]]:
        """Plain data."""
        state: list[dict[str, Any]] = msgspec.to_builtins(list(self.open.values()))
        return state

    @classmethod
    def from_state(cls, state: Iterable[Mapping[str, Any]], ids: IdSource) -> Callbacks:
        """Refuses bad_state."""
        try:
            kept = msgspec.convert(list(state), list[Callback])
        except msgspec.ValidationError as error:
            raise YingdaError("bad_state", f"The call-backs kept cannot be read: {error}.") from None
        return cls(ids, kept)

    def resume(self, now: int) -> list[Effect]:
        """After a crash that their entries and calls did not outlive: each waits once more, at its place."""
        for item in tuple(self.open.values()):
            if item.state is State.QUEUED:
                self._forget_entry(item)
                item.move(State.WAITING)
                item.due = now
                self._set_timer(item)
            elif item.state is State.CALLING:
                self._end_attempt(item, "agent_no_answer", now)
                self._wait_again(item, now, now)
        return self._due(now)

    # -- within -----------------------------------------------------------------------------------------------------

    def _keep(self, item: Callback) -> None:
        self.open[item.callback_id] = item
        self._by_number.setdefault(item.wanted.number, []).append(item.callback_id)
        if item.entry_id is not None:
            self._by_entry[item.entry_id] = item.callback_id
        self._set_timer(item)

    def _of_number(self, number: str) -> list[Callback]:
        return [self.open[callback_id] for callback_id in self._by_number.get(number, ())]

    def _closable(self, callback_id: str) -> Callback:
        """Open, and nobody is calling. Refuses unknown_callback, being_called."""
        where = f"call-back {callback_id}"
        item = self.open.get(callback_id)
        if item is None:
            raise YingdaError("unknown_callback", "There is no such call-back open.", where=where)
        if item.state is State.CALLING:
            raise YingdaError("being_called", "The customer is being called now.", where=where)
        return item

    def _close(self, item: Callback, result: str, now: int, by: str = "system") -> None:
        if item.entry_id is not None:
            self._effects.append(Unqueue(item.entry_id))
            self._forget_entry(item)
        item.move(State.CLOSED)
        self._drop(item)
        self._say(item, "closed", now, {"result": result}, by)
        self._effects.append(Closed(item.callback_id, item.wanted.number, result))

    def _drop(self, item: Callback) -> None:
        del self.open[item.callback_id]
        owed = self._by_number[item.wanted.number]
        owed.remove(item.callback_id)
        if not owed:
            del self._by_number[item.wanted.number]

    def _forget_entry(self, item: Callback) -> None:
        if item.entry_id is not None:
            del self._by_entry[item.entry_id]
            item.entry_id = None

    def _say(self, item: Callback, what: str, now: int, data: dict[str, Any], by: str = "system") -> None:
        contact, ident = item.wanted.contact_id, {"callback_id": item.callback_id}
        kind, cause = f"callback.{what}", item.callback_id
        self._events.append(Event(kind=kind, at=now, by=by, interaction_id=contact, data=ident | data, cause=cause))

    def _done(self) -> list[Effect]:
        events, effects = self._events, self._effects
        self._events, self._effects = [], []
        return [Append(tuple(events)), *effects] if events else effects


def _timer(item: Callback) -> int:
    return min(item.due, item.closes) if item.state is State.WAITING else item.closes
