"""What the watch remembers of everybody, from the events alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from yingda.routing.pool import Pool
from yingda.sim.oracle import Caller

Place = tuple[int, ...]

FIRST_PHASE = {"dial": "dialling", "internal": "internal", "consult": "assisting", "conference": "assisting"}
"""Of handlings by origin; all others talk."""
IN_CALL_KINDS = ("connected", "held", "retrieved", "consult_started", "consult_ended")
OF_HANDLING = ("talking", "holding", "consulting", "dialling", "assisting", "internal", "wrapup")
"""States that a handling explains, and that both tell the time of (H2)."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a caller asked for that no event says."""

    needs: str = ""
    wish: str | None = None
    dedicated: bool = False
    data: Mapping[str, str | float] = field(default_factory=dict)
    test: bool = False


@dataclass(slots=True)
class SeenEntry:
    """due: escalations that must have taken place by then, by name."""

    entry_id: str
    queue_id: str
    priority: int
    arrived_at: int
    number: int
    entered_at: int
    deadline: int
    wishes: Wishes
    held_until: int | None
    ahead: list[Pool]
    widened: list[Pool] = field(default_factory=list)
    done: set[str] = field(default_factory=set)
    due: dict[str, int] = field(default_factory=dict)
    offers: set[str] = field(default_factory=set)
    barred: dict[str, int] = field(default_factory=dict)
    medium: str = "voice"

    @property
    def line(self) -> str:
        return "" if self.medium in ("voice", "video", "callback") else self.medium

    def patience(self, now: int) -> None:
        """At its end he waits for others too."""
        if self.held_until is not None and self.held_until <= now:
            self.held_until = None

    @property
    def home(self) -> Pool:
        return Pool(self.queue_id, self.wishes.needs, line=self.line)

    def caller(self) -> Caller:
        own = [] if self.held_until is not None else [self.home, *self.widened]
        pools = list(dict.fromkeys((*self.ahead, *own)))
        return Caller(self.entry_id, self.queue_id, self.priority, self.arrived_at, self.number, pools, self.barred)


@dataclass(slots=True)
class SeenOffer:
    offer_id: str
    entry_id: str
    agent_id: str
    due: int
    answered: bool = False


@dataclass(slots=True)
class SeenAgent:
    agent_id: str
    session_id: str
    signed_in: int
    state: str = "offline"
    since: int = 0
    spans: int = 0
    place: Place | None = None
    offer_id: str | None = None
    last_outcome: str = ""
    handling_id: str | None = None
    handled: int = 0
    offered: int = 0
    wants_busy: bool = False
    lost: bool = False
    leaving: bool = False
    rested_at: int = 0
    times: dict[str, int] = field(default_factory=dict)
    items: list[str] = field(default_factory=list)
    reason: str | None = None


@dataclass(slots=True)
class SeenHandling:
    handling_id: str
    agent_id: str
    phase: str
    since: int
    wrapup: int
    rest: int
    due: int | None = None
    medium: str = "voice"
    consult: bool = False

    @property
    def with_customer(self) -> bool:
        return self.phase in ("talking", "holding", "consulting")

    def after(self, kind: str) -> str:
        """The phase that an event of `IN_CALL_KINDS` leads to."""
        if kind in ("consult_started", "consult_ended"):
            self.consult = kind == "consult_started"
        if kind == "connected":
            return "talking" if self.phase == "dialling" else self.phase
        if kind == "retrieved" or (kind == "consult_ended" and self.phase == "talking"):
            return "talking"
        return "consulting" if self.consult else "holding"
