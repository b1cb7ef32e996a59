"""A result that comes later: what a command answers when a thread has to finish first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from yingda.kernel.errors import YingdaError

Value = TypeVar("Value")


class Pending(Generic[Value]):
    """Settled once, with a value or a refusal; everybody who asks is told."""

    def __init__(self) -> None:
        self.outcome: Value | YingdaError | None = None
        self._waiting: list[Callable[[Value | YingdaError], None]] = []

    def then(self, told: Callable[[Value | YingdaError], None]) -> None:
        if self.outcome is not None:
            told(self.outcome)
        else:
            self._waiting.append(told)

    def give(self, value: Value) -> None:
        self._settle(value)

    def refuse(self, error: YingdaError) -> None:
        self._settle(error)

    def _settle(self, outcome: Value | YingdaError) -> None:
        if self.outcome is None:
            self.outcome = outcome
            waiting, self._waiting = self._waiting, []
            for told in waiting:
                told(outcome)
