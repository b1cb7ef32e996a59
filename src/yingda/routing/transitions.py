"""One way to hold every state to its table."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import TypeVar

State = TypeVar("State", bound=str)


class IllegalTransitionError(RuntimeError):
    """A state was asked to go where its table does not lead: a fault of ours, never of the input."""


def check(table: Mapping[State, Container[State]], what: str, ident: str, before: State, after: State) -> None:
    """Raises IllegalTransitionError, naming the thing, unless `table` leads from `before` to `after`."""
    if after not in table.get(before, ()):
        raise IllegalTransitionError(f"{what} {ident}: {before} → {after}")
