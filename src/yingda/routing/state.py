"""What is kept of the floor so that another process can go on with it: plain data, no lines, no timers."""

from __future__ import annotations

from typing import Final

import msgspec

from yingda.routing.entry import Entry
from yingda.routing.estimates import Pace
from yingda.routing.handling import Form, Handling
from yingda.routing.offer import Offer
from yingda.routing.rules import QueueRules, Rules
from yingda.routing.session import Session
from yingda.routing.sites import SiteLoad

STATE_VERSION: Final = 2


class Closing(msgspec.Struct, frozen=True):
    """A queue that was taken out of the configuration while somebody waited in it, and the agents who finish it."""

    rules: QueueRules
    agents: tuple[str, ...]


class Loan(msgspec.Struct, frozen=True):
    """An agent lent to a queue until `until` (µs UTC)."""

    agent_id: str
    queue_id: str
    until: int


class Mark(msgspec.Struct):
    """How a queue has done of late: weights of outcomes that fade (`goals`). at: when it was last touched (µs UTC)."""

    queue_id: str
    at: int = 0
    hits: float = 0.0
    misses: float = 0.0
    answered: float = 0.0
    abandoned: float = 0.0


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    rules: Rules
    closing: dict[str, Closing]
    now: int
    number: int
    entries: list[Entry]
    offers: list[Offer]
    handlings: list[Handling]
    sessions: list[Session]
    forms: list[Form]
    loans: list[Loan] = []
    marks: list[Mark] = []
    paces: list[Pace] = []
    sites: list[SiteLoad] = []
    v: int = STATE_VERSION
