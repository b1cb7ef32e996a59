"""What a world is made of, drawn from its seed before anything happens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from yingda.kernel.clock import SECOND
from yingda.routing.rules import Rules

START = 1_767_225_600 * SECOND
"""When a world begins: 2026-01-01 00:00 UTC."""


@dataclass(frozen=True, slots=True)
class Call:
    """A caller to come. Times in µs. at: from the start of the world. patience: from the end of the greeting; below 0
    he hangs up during it. needs, wish, dedicated: as `Distributor.enter` takes them. grade: attached data. medium: of a
    call-back the customer is dialled when an agent has taken it.
    """

    at: int
    queue_id: str
    patience: int
    priority: int = 50
    test: bool = False
    needs: str = ""
    wish: str | None = None
    dedicated: bool = False
    grade: str = ""
    medium: str = "voice"


@dataclass(frozen=True, slots=True)
class Temper:
    """How people behave. Weights of what an agent does when it rings and in wrap-up, and of what media does when he
    answers; ranges of delays in grid steps, both ends included. twice: share of answers and releases that are said
    twice. in_talk: share of talks in which the agent does something."""

    ring: Mapping[str, int]
    media: Mapping[str, int]
    wrap: Mapping[str, int]
    answer: tuple[int, int] = (0, 3)
    connect: tuple[int, int] = (0, 2)
    greeting: tuple[int, int] = (0, 0)
    talk: tuple[int, int] = (0, 3)
    wrapup: tuple[int, int] = (0, 3)
    away: tuple[int, int] = (1, 4)
    twice: float = 0.15
    in_talk: float = 0.5


@dataclass(frozen=True, slots=True)
class Plan:
    """grid: µs of one step of time: coarse makes things happen at the same instant. mischief: when somebody does
    something at random. restarts: share of steps after which the core is saved and another one goes on with it.
    crash: whether the run breaks off and is closed as after a crash, and when. legs: write legs, flows and recordings.
    """

    rules: Rules
    agents: tuple[str, ...]
    calls: tuple[Call, ...]
    temper: Temper
    grid: int = SECOND
    mischief: tuple[int, ...] = ()
    mischief_weights: Mapping[str, int] = field(default_factory=dict)
    restarts: float = 0.0
    crash: int | None = None
    legs: bool = False
    step_limit: int = 20_000
