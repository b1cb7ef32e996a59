"""Ids for the parts of a document: kept by name from the version before, drawn anew for what is new.

Whoever writes a centre by hand writes no ids. A part that keeps its name keeps its id, so its history stays its own; a
new name is a new thing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from yingda.kernel.config.calendars import Calendar
from yingda.kernel.config.centre import (
    Agent,
    BusyReason,
    Centre,
    ConferenceRoom,
    Device,
    Flow,
    FlowDocument,
    Lookup,
    Number,
    Queue,
    Recogniser,
    Skill,
    Team,
    User,
    Voice,
)
from yingda.kernel.config.parts import parts_of
from yingda.kernel.config.problems import ENTITY_OF, NAMED_BY
from yingda.kernel.config.trunks import Route, ServiceClass, Trunk, TrunkGroup
from yingda.kernel.ids import IdSource

P = TypeVar(
    "P",
    Trunk,
    TrunkGroup,
    Route,
    ServiceClass,
    FlowDocument,
    Lookup,
    Voice,
    Recogniser,
    Flow,
    Calendar,
    Skill,
    Queue,
    ConferenceRoom,
    Number,
    Team,
    BusyReason,
    User,
    Agent,
    Device,
)


class _Ids:
    def __init__(self, previous: Centre | None, draw: IdSource) -> None:
        parts = parts_of(previous) if previous else []
        self._known: Mapping[tuple[str, str], str] = {part.place: part.id for part in parts}
        self._draw = draw

    def of(self, kind: str, part: P) -> P:
        """The part with its id. An id that stands in the document already is kept."""
        if part.id:
            return part
        key = getattr(part, NAMED_BY[kind])
        return part.model_copy(update={"id": self._known.get((ENTITY_OF[kind], key)) or self._draw()})


def give_ids(centre: Centre, previous: Centre | None, draw: IdSource) -> Centre:
    """The same centre, every part with an id. `draw` is asked once for each new part, in the order of the document."""
    ids = _Ids(previous, draw)
    lists = {kind: [ids.of(kind, part) for part in getattr(centre, kind)] for kind in NAMED_BY if kind != "devices"}
    lists["agents"] = [_with_devices(agent, ids) for agent in lists["agents"]]
    return centre.model_copy(update=lists)


def _with_devices(agent: Agent, ids: _Ids) -> Agent:
    return agent.model_copy(update={"devices": [ids.of("devices", device) for device in agent.devices]})
