"""A day without theatre: the production distributor, callers and agents reduced to the delays that were drawn for them.

What planning and benchmarks run on. No event is checked and no book is kept: what happened is counted from the effects
and the distributor's own appends. One run is one replication.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any

import msgspec

from yingda.kernel.clock import SECOND
from yingda.kernel.ids import seeded_ids
from yingda.routing.distributor import Distributor
from yingda.routing.effects import Append, Connect, Connected, Effect, EntryClosed, EntryMoved, Ring
from yingda.routing.rules import Rules

Action = Callable[..., None]
_Deed = tuple[int, int, Action, tuple[Any, ...]]
"""When (µs), in which order among those of that instant, what, and with what."""


class Visit(msgspec.Struct, frozen=True):
    """One call. Times in µs. at: when it comes into the queue; patience: how long he waits at most; talk: with whom he
    talks in the end; again: after how long he rings once more if he gave up, None for never."""

    at: int
    queue_id: str
    patience: int
    talk: int
    needs: str = ""
    again: int | None = None


@dataclass(frozen=True, slots=True)
class Duty:
    """An agent's day in µs: sign-in, sign-out, breaks (from, to)."""

    agent_id: str
    begin: int
    end: int
    breaks: tuple[tuple[int, int], ...] = ()


@dataclass(slots=True)
class Fate:
    """What became of one entry. wait, talk in µs; served: whose agent answered."""

    queue_id: str
    at: int
    outcome: str = "waiting"
    wait: int = 0
    talk: int = 0
    served: str = ""
    retry: bool = False


@dataclass(slots=True)
class Run:
    """What a replication came to. occupied, staffed, away: (agent, from, to) spans in µs; away lies within staffed."""

    fates: dict[str, Fate] = field(default_factory=dict)
    occupied: list[tuple[str, int, int]] = field(default_factory=list)
    staffed: list[tuple[str, int, int]] = field(default_factory=list)
    away: list[tuple[str, int, int]] = field(default_factory=list)
    events: int = 0


class LeanDay:
    """answer: µs from ring to answer; wrapup: µs an agent takes after a call, drawn by the caller of `play`."""

    def __init__(
        self, rules: Rules, seed: int, *, answer: int = 0, wrapup: Callable[[str], int] = lambda _q: 0
    ) -> None:
        self.rng = random.Random(seed)
        self.core = Distributor(seeded_ids(seed), rules)
        self.run = Run()
        self.now = 0
        self._answer = answer
        self._wrapup = wrapup
        self._heap: list[_Deed] = []
        self._arrivals: Iterator[_Deed] = iter(())
        self._count = 0
        self._visits: dict[str, Visit] = {}
        self._signed: dict[str, int] = {}
        self._since: dict[str, int] = {}
        self._agent_of: dict[str, str] = {}
        self._away_since: dict[str, int] = {}
        self._does: dict[type, Action] = {
            Append: self._append,
            Ring: self._ring,
            Connect: self._connect,
            Connected: self._talks,
            EntryClosed: self._closed,
            EntryMoved: self._moved,
        }
        self._notes: dict[str, Callable[[Mapping[str, Any]], None]] = {
            "queue.left": self._left,
            "agent.signed_in": self._signed_in,
            "agent.signed_out": self._signed_out,
        }

    def play(self, visits: Iterable[Visit], duties: Iterable[Duty]) -> Run:
        """To the last call's end."""
        for duty in duties:
            self._at(duty.begin, self._sign_in, duty.agent_id)
            for begin, end in duty.breaks:
                self._notes["agent.state_changed"] = self._note_break
                self._at(begin, self._away, duty.agent_id)
                self._at(end, self._back, duty.agent_id)
            self._at(duty.end, self._leave, duty.agent_id)
        self._expect(visits)
        core, heap = self.core, self._heap
        while heap or core.next_timer() is not None:
            due = core.next_timer()
            if due is not None and (not heap or due <= heap[0][0]):
                self.now = max(self.now, due)
                self._take(core.handle_timer(self.now))
            else:
                self.now, _, action, args = heappop(heap)
                action(*args)
        return self.run

    # -- callers ----------------------------------------------------------------------------------------------------

    def _expect(self, visits: Iterable[Visit]) -> None:
        """Only the next one stands in the heap: it stays small, and each keeps the place his number gives him."""
        arrivals: list[_Deed] = []
        for number, visit in enumerate(visits):
            self._count += 1
            arrivals.append((visit.at, self._count, self._arrive, (f"e{number}", visit)))
        arrivals.sort()
        self._arrivals = iter(arrivals)
        self._bring_next()

    def _bring_next(self) -> None:
        arrival = next(self._arrivals, None)
        if arrival is not None:
            heappush(self._heap, arrival)

    def _arrive(self, entry_id: str, visit: Visit) -> None:
        self._bring_next()
        self._come(entry_id, visit, False)

    def _come(self, entry_id: str, visit: Visit, retry: bool) -> None:
        self._visits[entry_id] = visit
        self.run.fates[entry_id] = Fate(visit.queue_id, self.now, retry=retry)
        self._take(self.core.enter(entry_id, entry_id, visit.queue_id, self.now, needs=visit.needs))
        self._at(self.now + visit.patience, self._give_up, entry_id)

    def _give_up(self, entry_id: str) -> None:
        if entry_id in self._visits:
            self._take(self.core.customer_left(entry_id, self.now))

    def _closed(self, closed: EntryClosed) -> None:
        fate, visit = self.run.fates[closed.entry_id], self._visits.pop(closed.entry_id)
        fate.outcome, fate.wait = closed.outcome, self.now - fate.at
        if visit.again is not None and closed.outcome == "abandoned" and not fate.retry:
            self._at(self.now + visit.again, self._come, f"{closed.entry_id}-again", visit, True)

    def _moved(self, moved: EntryMoved) -> None:
        """The caller notices nothing; his first entry is overflowed, his patience runs on."""
        fate, visit = self.run.fates[moved.entry_id], self._visits.pop(moved.entry_id)
        fate.outcome, fate.wait = "overflowed", self.now - fate.at
        self._visits[moved.new_entry_id] = visit
        self.run.fates[moved.new_entry_id] = Fate(moved.queue_id, self.now, retry=fate.retry)
        self._at(max(self.now, visit.at + visit.patience), self._give_up, moved.new_entry_id)

    # -- agents -----------------------------------------------------------------------------------------------------

    def _sign_in(self, agent_id: str) -> None:
        if agent_id in self.core.floor.sessions:  # the last call of the shift before is not over yet
            self._at(self.now + SECOND, self._sign_in, agent_id)
            return
        self._signed[agent_id] = self.now
        self._take(self.core.sign_in(agent_id, agent_id, self.now))

    def _leave(self, agent_id: str) -> None:
        if agent_id in self.core.floor.sessions:
            self._take(self.core.end_shift(agent_id, self.now))

    def _away(self, agent_id: str) -> None:
        if agent_id in self.core.floor.sessions:
            self._take(self.core.set_busy(agent_id, "break", self.now))

    def _back(self, agent_id: str) -> None:
        session = self.core.floor.sessions.get(agent_id)
        if session is None or session.busy is None:
            return
        if session.handling_id is not None:
            self._at(self.now + SECOND, self._back, agent_id)
        else:
            self._take(self.core.set_idle(agent_id, self.now))

    # -- what the distributor asks for ------------------------------------------------------------------------------

    def _take(self, effects: list[Effect]) -> None:
        for effect in effects:
            does = self._does.get(type(effect))
            if does is not None:
                does(effect)

    def _ring(self, ring: Ring) -> None:
        self._at(self.now + self._answer, self._answered, ring.offer_id, ring.token)

    def _connect(self, connect: Connect) -> None:
        self._take(self.core.connected(connect.offer_id, connect.token, self.now))

    def _append(self, append: Append) -> None:
        self.run.events += len(append.events)
        for event in append.events:
            note = self._notes.get(event.kind)
            if note is not None:
                note(event.data)

    def _left(self, data: Mapping[str, Any]) -> None:
        if data["outcome"] == "answered":
            self.run.fates[data["entry_id"]].served = data["served_queue_id"]

    def _signed_in(self, data: Mapping[str, Any]) -> None:
        self._agent_of[data["session_id"]] = data["agent_id"]

    def _signed_out(self, data: Mapping[str, Any]) -> None:
        agent_id = data["agent_id"]
        self.run.staffed.append((agent_id, self._signed.pop(agent_id), self.now))
        self._away_until_now(agent_id)

    def _note_break(self, change: Mapping[str, Any]) -> None:
        agent_id = self._agent_of[change["session_id"]]
        if change["to"] == "busy":
            self._away_since[agent_id] = self.now
        elif change["from"] == "busy":
            self._away_until_now(agent_id)

    def _away_until_now(self, agent_id: str) -> None:
        since = self._away_since.pop(agent_id, None)
        if since is not None:
            self.run.away.append((agent_id, since, self.now))

    def _answered(self, offer_id: str, token: int) -> None:
        self._take(self.core.answered(offer_id, token, self.now))

    def _talks(self, connected: Connected) -> None:
        fate, visit = self.run.fates[connected.entry_id], self._visits.pop(connected.entry_id)
        fate.outcome, fate.wait, fate.talk = "answered", self.now - fate.at, visit.talk
        self._since[connected.agent_id] = self.now
        self._at(self.now + visit.talk, self._talked, connected.handling_id, connected.agent_id, fate.queue_id)

    def _talked(self, handling_id: str, agent_id: str, queue_id: str) -> None:
        self._take(self.core.released(handling_id, "customer", self.now))
        session = self.core.floor.sessions.get(agent_id)
        if session is not None and session.handling_id == handling_id:
            self._at(self.now + self._wrapup(queue_id), self._wrapped, agent_id, handling_id)
        else:
            self._done(agent_id)

    def _wrapped(self, agent_id: str, handling_id: str) -> None:
        session = self.core.floor.sessions.get(agent_id)
        if session is not None and session.handling_id == handling_id:
            self._take(self.core.finish_wrapup(agent_id, self.now))
        self._done(agent_id)

    def _done(self, agent_id: str) -> None:
        since = self._since.pop(agent_id, None)
        if since is not None:
            self.run.occupied.append((agent_id, since, self.now))

    def _at(self, at: int, action: Action, *args: Any) -> None:
        self._count += 1
        heappush(self._heap, (at, self._count, action, args))
