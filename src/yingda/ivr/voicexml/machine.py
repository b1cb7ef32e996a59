"""The engine room of a session: effects out, inputs in, the queue of prompts, keys typed ahead, the one timer.

The interpreter above is a generator that stops wherever it must wait; what comes while it waits for something else is
kept for the next waiting state, as VoiceXML 2.0, 4.1.8 has it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from dataclasses import dataclass
from itertools import groupby
from typing import Final, TypeAlias, TypeVar

from yingda.ivr.ssml.pieces import Piece
from yingda.ivr.voicexml.effects import Effect, Play, StopPlaying
from yingda.ivr.voicexml.inputs import HungUp, Input, Key, Passed, PlayEnded, Raised
from yingda.ivr.voicexml.jumps import Ended, Thrown

_T = TypeVar("_T")
Steps: TypeAlias = Generator[None, Input, _T]

MOST_STEPS: Final = 5_000  # elements executed between two inputs
EVENT_COST: Final = 100  # an event counts as so many elements
MOST_QUEUED: Final = 500  # pieces of prompts
MOST_AHEAD: Final = 64  # keys
HANG_UP: Final = "connection.disconnect.hangup"


@dataclass(frozen=True, slots=True)
class Prompt:
    """A queued prompt. timeout_ms: how long the caller may stay silent after it; None leaves it to the property."""

    pieces: tuple[Piece, ...]
    barge_in: bool
    hotword: bool
    timeout_ms: int | None


@dataclass(frozen=True, slots=True)
class Group:
    """Prompts played as one, because a key does the same to all of them."""

    pieces: tuple[Piece, ...]
    barge_in: bool
    hotword: bool


class Machine:
    """What every part of a session shares."""

    def __init__(self) -> None:
        self.now = 0  # µs
        self.deadline: int | None = None  # µs
        self.hung_up = False
        self.mark = ""
        self._marked_at = 0
        self._told = False
        self._requests = 0
        self._steps = 0
        self._effects: list[Effect] = []
        self._ahead: deque[str] = deque(maxlen=MOST_AHEAD)
        self._raised: deque[Raised] = deque(maxlen=MOST_AHEAD)
        self._queue: list[Prompt] = []

    # effects and inputs

    def emit(self, effect: Effect) -> None:
        """Add an effect."""
        self._effects.append(effect)

    def taken(self) -> list[Effect]:
        """The effects since the last call."""
        effects, self._effects = self._effects, []
        return effects

    def request(self) -> int:
        """A number for a request that will be answered."""
        self._requests += 1
        return self._requests

    def step(self, cost: int = 1) -> None:
        """Count an executed element. Raises Ended where a flow runs in circles without the caller."""
        self._steps += cost
        if self._steps > MOST_STEPS:
            raise Ended(event="error.com.yingda.endless", message=f"{MOST_STEPS} elements without any input.")

    def wait(self, *kinds: type[Input]) -> Steps[Input]:
        """The next input of these kinds; others are kept, or dropped where they answer nothing any more."""
        if Key in kinds and self._ahead:
            return Key(self._ahead.popleft())
        while True:
            self._steps = 0
            event = yield
            if isinstance(event, HungUp):
                self.hung_up = True
            elif isinstance(event, Passed | PlayEnded) and event.mark:
                age = event.mark_age_ms if isinstance(event, PlayEnded) else 0
                self.mark, self._marked_at = event.mark, self.now - age * 1_000
            if isinstance(event, kinds):
                return event
            self._keep(event)

    def _keep(self, event: Input) -> None:
        if isinstance(event, Key):
            self._ahead.append(event.key)
        elif isinstance(event, Raised):
            self._raised.append(event)

    def await_answer(self, request: int, *kinds: type[Input]) -> Steps[Input]:
        """The input of these kinds that answers a request, or one without a number (HungUp, Key, TimedOut)."""
        while True:
            event = yield from self.wait(*kinds)
            if getattr(event, "request", request) == request:
                return event

    def enter_waiting(self) -> None:
        """The waiting state begins: what came meanwhile is thrown now. Raises Thrown, or Ended after the hang-up."""
        if self.hung_up:
            if self._told:
                raise Ended()
            self._told = True
            self._queue.clear()
            raise Thrown(HANG_UP)
        if self._raised:
            event = self._raised.popleft()
            raise Thrown(event.event, event.message)

    def hang_up(self) -> None:
        """The line is gone by our own doing."""
        self.hung_up = True

    def passed_on(self) -> None:
        """Somebody else has the caller; that is thrown by who knows it, and no hang-up after it."""
        self.hung_up = self._told = True
        self._queue.clear()

    # time

    def arm(self, ms: int | None) -> None:
        """Set the timer, or stop it."""
        self.deadline = None if ms is None else self.now + ms * 1_000

    # keys

    @property
    def typed_ahead(self) -> bool:
        """Whether keys are waiting."""
        return bool(self._ahead)

    def drop_keys(self) -> None:
        """Forget what was typed ahead: a prompt that must be heard out is beginning."""
        self._ahead.clear()

    def give_back(self, key: str) -> None:
        """A key that belongs to the next input."""
        self._ahead.appendleft(key)

    # prompts

    def queue(self, prompt: Prompt) -> None:
        """Say it at the next waiting state."""
        if sum(len(waiting.pieces) for waiting in self._queue) + len(prompt.pieces) > MOST_QUEUED:
            raise Thrown("error.noresource", f"More than {MOST_QUEUED} pieces of prompts are queued.")
        self._queue.append(prompt)

    def take_queue(self, ordinary_timeout_ms: int) -> tuple[list[Group], int]:
        """The queued prompts in groups, and the time the caller may stay silent: that of the last prompt (4.1.7)."""
        prompts, self._queue = self._queue, []
        last = prompts[-1].timeout_ms if prompts else None
        groups = [
            Group(tuple(piece for prompt in same for piece in prompt.pieces), barge_in, hotword)
            for (barge_in, hotword), same in groupby(prompts, key=lambda prompt: (prompt.barge_in, prompt.hotword))
        ]
        spoken = [group for group in groups if group.pieces]
        return spoken, ordinary_timeout_ms if last is None else last

    def play(self, group: Group) -> int:
        """Begin to play; the number of the request."""
        request = self.request()
        if not group.barge_in:
            self.drop_keys()
        self.emit(Play(request, group.pieces, group.barge_in))
        return request

    def stop(self, request: int) -> None:
        """Stop playing."""
        self.emit(StopPlaying(request))

    def flush(self, ordinary_timeout_ms: int = 0) -> Steps[int]:
        """Play all that is queued, to its end; the time the caller may then stay silent.

        Nothing is played to a caller who is gone.
        """
        groups, silence_ms = self.take_queue(ordinary_timeout_ms)
        for group in groups:
            if self.hung_up:
                break
            request = self.play(group)
            event = yield from self.await_answer(request, PlayEnded, HungUp)
            if isinstance(event, HungUp):
                break
        return silence_ms

    def forget_mark(self) -> None:
        """A new collection begins."""
        self.mark = ""

    @property
    def mark_age_ms(self) -> int:
        """How long ago the last mark was passed."""
        return (self.now - self._marked_at) // 1_000 if self.mark else 0
