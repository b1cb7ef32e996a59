"""What a run that broke off left open, closed (metrics.md section 9).

A pure function from the events of that run to the events that end it: offers `agent_lost`, entries `failed`, handlings
released by system and their wrap-up over, recordings found or missing, runs left by `error`, legs and contacts cleared,
sessions signed out (`restart`). Each says `estimated: true`. What is open closes inwards out, so that every identity
of section 8 holds after each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from yingda.kernel.event import Envelope, Event

Fact = Event | Envelope
Found = Callable[[str], tuple[int, str] | None]
"""recording_id → (duration_ms, checksum) of what is on disk; None if there is nothing to keep."""

RELEASE_CODE: Final = 41
"""Temporary failure (ITU-T Q.850)."""

# kind that opens → (thing, field of its id); kinds that close it
_OPENS: Final[dict[str, tuple[str, str]]] = {
    "offer.made": ("offer", "offer_id"),
    "queue.entered": ("entry", "entry_id"),
    "handling.started": ("handling", "handling_id"),
    "recording.started": ("recording", "recording_id"),
    "flow.entered": ("run", "run_id"),
    "leg.created": ("leg", "leg_id"),
    "interaction.started": ("interaction", ""),
    "agent.signed_in": ("session", "session_id"),
    "help.asked": ("help", "help_id"),
}
_CLOSES: Final[dict[str, tuple[str, str]]] = {
    "offer.ended": ("offer", "offer_id"),
    "queue.left": ("entry", "entry_id"),
    "handling.wrapup_ended": ("handling", "handling_id"),
    "recording.ended": ("recording", "recording_id"),
    "recording.missing": ("recording", "recording_id"),
    "flow.left": ("run", "run_id"),
    "leg.ended": ("leg", "leg_id"),
    "interaction.ended": ("interaction", ""),
    "agent.signed_out": ("session", "session_id"),
    "help.ended": ("help", "help_id"),
}
_ORDER: Final = ("help", "offer", "entry", "recording", "handling", "run", "leg", "session", "interaction")


@dataclass(slots=True)
class Open:
    """A thing begun and not ended. node_id: where a run stood; connected, released: how far a handling came."""

    ident: str
    began: Fact
    node_id: str = ""
    connected: bool = False
    released: bool = False


Books = dict[str, dict[str, Open]]
"""What is open, by thing (`_ORDER`) and id."""
GoesOn = Callable[[str, Open], bool]
"""Whether this thing outlives the run."""


def opened(facts: Iterable[Fact]) -> Books:
    """What `facts`, in the ledger's order, leave open."""
    books: Books = {thing: {} for thing in _ORDER}
    for fact in facts:
        _fold(books, fact)
    return books


def closing_events(
    facts: Iterable[Fact], at: int, found: Found = lambda _: None, goes_on: GoesOn = lambda *_: False
) -> list[Event]:
    """The events that end what `facts`, in the ledger's order, leave open, but for what goes on.

    at: µs UTC of the last sign of life; where the facts go on after it, the last of them counts, for time never goes
    back. found: what there is of a recording.
    """
    facts = list(facts)
    last = max((fact.at for fact in facts), default=at)
    return [
        event
        for thing, begun in opened(facts).items()
        for one in begun.values()
        if not goes_on(thing, one)
        for event in _close(thing, one, max(at, last), found)
    ]


def _fold(books: Books, fact: Fact) -> None:
    if fact.kind in _OPENS:
        thing, field = _OPENS[fact.kind]
        ident = _ident(fact, field)
        books[thing][ident] = Open(ident, fact)
    elif fact.kind in _CLOSES:
        thing, field = _CLOSES[fact.kind]
        books[thing].pop(_ident(fact, field), None)
    elif fact.kind == "flow.node_entered":
        if (run := books["run"].get(fact.data["run_id"])) is not None:
            run.node_id = fact.data["node_id"]
    elif (handling := books["handling"].get(fact.data.get("handling_id", ""))) is not None:
        _advance(books, handling, fact)


def _advance(books: Books, handling: Open, fact: Fact) -> None:
    if fact.kind == "handling.connected":
        handling.connected = True
    elif fact.kind == "handling.released":
        handling.released = True
        if not _has_wrapup(handling):
            del books["handling"][handling.ident]


def _has_wrapup(handling: Open) -> bool:
    """Who assisted, spoke without a customer, or never heard him, has none."""
    began = handling.began.data
    return handling.connected and began["role"] == "primary" and began["origin"] != "internal"


def _ident(fact: Fact, field: str) -> str:
    ident = fact.data.get(field) if field else fact.interaction_id
    return ident or ""


def _close(thing: str, one: Open, at: int, found: Found) -> Iterator[Event]:
    for kind, data in _ENDINGS[thing](one, found):
        yield Event(
            kind=kind,
            at=at,
            by="system",
            interaction_id=one.began.interaction_id,
            data={**data, "estimated": True},
            cause=one.ident,
            tenant=one.began.tenant,
        )


Ending = Iterator[tuple[str, dict[str, Any]]]


def _end_offer(one: Open, _: Found) -> Ending:
    yield "offer.ended", {"offer_id": one.ident, "outcome": "agent_lost"}


def _end_entry(one: Open, _: Found) -> Ending:
    yield "queue.left", {"entry_id": one.ident, "outcome": "failed"}


def _end_handling(one: Open, _: Found) -> Ending:
    if not one.released:
        yield "handling.released", {"handling_id": one.ident, "ended_by": "system"}
    if _has_wrapup(one):
        yield "handling.wrapup_ended", {"handling_id": one.ident, "ended_how": "limit", "extended_ms": 0}


def _end_recording(one: Open, found: Found) -> Ending:
    named = ("recording_id", "handling_id", "leg_id")
    data: dict[str, Any] = {name: one.began.data[name] for name in named if name in one.began.data}
    file = found(one.ident)
    if file is None:
        yield "recording.missing", {**data, "reason": "restart"}
    else:
        yield "recording.ended", {**data, "duration_ms": file[0], "checksum": file[1]}


def _end_run(one: Open, _: Found) -> Ending:
    yield "flow.left", {"run_id": one.ident, "node_id": one.node_id, "exit": "error"}


def _end_leg(one: Open, _: Found) -> Ending:
    data = {"leg_id": one.ident, "ended_by": "system", "release_code": RELEASE_CODE}
    yield "leg.ended", {**data, "received": 0, "lost": 0, "mos": None, "one_way": False}


def _end_help(one: Open, _: Found) -> Ending:
    yield "help.ended", {"help_id": one.ident, "agent_id": one.began.data["agent_id"], "why": "call_over"}


def _end_session(one: Open, _: Found) -> Ending:
    data = {"session_id": one.ident, "agent_id": one.began.data["agent_id"], "why": "restart"}
    yield "agent.signed_out", data


def _end_interaction(_: Open, __: Found) -> Ending:
    yield "interaction.ended", {"ended_by": "system", "reason": "crash", "release_code": RELEASE_CODE}


_ENDINGS: Final[dict[str, Callable[[Open, Found], Ending]]] = {
    "help": _end_help,
    "offer": _end_offer,
    "entry": _end_entry,
    "recording": _end_recording,
    "handling": _end_handling,
    "run": _end_run,
    "leg": _end_leg,
    "session": _end_session,
    "interaction": _end_interaction,
}
