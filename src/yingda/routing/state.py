"""What is kept of the floor so that another process can go on with it: plain data, no lines, no timers."""

from __future__ import annotations

from typing import Final

import msgspec

from yingda.routing.entry import Entry
from yingda.routing.handling import Form, Handling
from yingda.routing.offer import Offer
from yingda.routing.rules import QueueRules, Rules
from yingda.routing.session import Session

STATE_VERSION: Final = 1


class Closing(msgspec.Struct, frozen=True):
    """A queue that was taken out of the configuration while somebody waited in it, and the agents who finish it."""

    rules: QueueRules
    agents: tuple[str, ...]


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
    v: int = STATE_VERSION
