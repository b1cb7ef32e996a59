"""Whom to ask first among several of different priority and weight (RFC 2782, "Usage rules")."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar


class Weighted(Protocol):
    """priority: the lowest first. weight: the share among those of one priority; 0 gets little."""

    @property
    def priority(self) -> int: ...

    @property
    def weight(self) -> int: ...


W = TypeVar("W", bound=Weighted)
Draw = Callable[[int], int]
"""A number from 0 to its argument, both included."""


def in_order(items: Iterable[W], draw: Draw) -> list[W]:
    """Everyone, in the order to ask them. A seeded `draw` repeats it."""
    by_priority: dict[int, list[W]] = {}
    for item in items:
        by_priority.setdefault(item.priority, []).append(item)
    return [item for priority in sorted(by_priority) for item in _shuffled(by_priority[priority], draw)]


def _shuffled(equals: list[W], draw: Draw) -> list[W]:
    """Each place goes to one of those left, by weight; those of weight 0 stand in front, as the RFC asks."""
    left = sorted(equals, key=lambda item: item.weight != 0)
    order: list[W] = []
    while left:
        drawn, total = draw(sum(item.weight for item in left)), 0
        for item in left:
            total += item.weight
            if total >= drawn:
                break
        left.remove(item)
        order.append(item)
    return order
