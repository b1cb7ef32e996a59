"""How long it will take (ACD-34, ACD-35): two estimators, and the one that has erred less speaks.

`head_of_line`: the newcomer will wait as long as the one at the head has waited by the time he is served, that is as
long as the last who was answered out of the line did. `queue_length`: those ahead leave one by one at the pace at which
the queue's entries have been answered of late. Both are asked of every entry when it comes in; when it is answered, its
real wait tells how far each was off.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from yingda.kernel.clock import SECOND

HEAD_OF_LINE: Final = "head_of_line"
QUEUE_LENGTH: Final = "queue_length"
USUAL_PATIENCE_S: Final = 30.0
"""Taken for granted until somebody has given up."""
_LEARN: Final = 0.1
"""Weight of the newest value in every running mean."""


class Pace(msgspec.Struct):
    """What is known of a queue. Times in seconds, answered_at in µs UTC. errors: mean absolute error by estimator.
    gave_up_s: how long those waited who gave up, not counting those who did at once; 0 while nobody has."""

    queue_id: str
    last_wait_s: float = 0.0
    between_s: float = 0.0
    answered_at: int | None = None
    errors: dict[str, float] = msgspec.field(default_factory=dict)
    gave_up_s: float = 0.0


class Estimate(msgspec.Struct, frozen=True):
    """What a caller is told: his place in the line, from 1, and how long it will take (s), by which estimator."""

    position: int
    seconds: float
    estimator: str


class Estimates:
    def __init__(self, paces: Iterable[Pace] = ()) -> None:
        self.paces = {pace.queue_id: pace for pace in paces}

    def guesses(self, queue_id: str, ahead: int, now: int) -> dict[str, float]:
        """What each estimator says of somebody who comes in with so many ahead of him (s)."""
        pace = self.paces.get(queue_id)
        if pace is None:
            return {HEAD_OF_LINE: 0.0, QUEUE_LENGTH: 0.0}
        return {HEAD_OF_LINE: pace.last_wait_s if ahead else 0.0, QUEUE_LENGTH: ahead * pace.between_s}

    def tell(self, queue_id: str, ahead: int, waited: int, now: int) -> Estimate:
        """For somebody who has waited so long (µs) and has so many ahead of him."""
        estimator = self.better(queue_id)
        seconds = self.guesses(queue_id, ahead, now)[estimator]
        if estimator == HEAD_OF_LINE:
            seconds = max(0.0, seconds - waited / SECOND)
        return Estimate(ahead + 1, round(seconds, 1), estimator)

    def between(self, queue_id: str) -> float:
        """How long from one answer to the next of late (s); 0 while nobody can say."""
        pace = self.paces.get(queue_id)
        return pace.between_s if pace is not None else 0.0

    def patience(self, queue_id: str) -> float:
        """How long callers wait before they give up (s), so far as is known."""
        pace = self.paces.get(queue_id)
        return pace.gave_up_s if pace is not None and pace.gave_up_s else USUAL_PATIENCE_S

    def abandoned(self, queue_id: str, waited: int) -> None:
        """Somebody gave up, and not at once. waited: µs."""
        pace, wait_s = self.paces.setdefault(queue_id, Pace(queue_id)), waited / SECOND
        pace.gave_up_s = wait_s if not pace.gave_up_s else pace.gave_up_s + _LEARN * (wait_s - pace.gave_up_s)

    def better(self, queue_id: str) -> str:
        """The estimator that has been off by less."""
        pace = self.paces.get(queue_id)
        if pace is None or not pace.errors:
            return HEAD_OF_LINE
        return min(sorted(pace.errors), key=pace.errors.__getitem__)

    def answered(self, queue_id: str, guesses: Mapping[str, float], waited: int, now: int) -> None:
        """An entry was answered out of the line. waited: µs."""
        pace = self.paces.setdefault(queue_id, Pace(queue_id))
        wait_s = waited / SECOND
        for estimator, guess in guesses.items():
            known = pace.errors.get(estimator)
            off = abs(guess - wait_s)
            pace.errors[estimator] = off if known is None else known + _LEARN * (off - known)
        if pace.answered_at is not None:
            between = (now - pace.answered_at) / SECOND
            pace.between_s = between if not pace.between_s else pace.between_s + _LEARN * (between - pace.between_s)
        pace.answered_at, pace.last_wait_s = now, wait_s
