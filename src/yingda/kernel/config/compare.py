"""What differs between two centres: for people as lines, for the ledger as `config.changed` events.

Parts are matched by name. The order of the lists in a document means nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from yingda.kernel.config.centre import Centre
from yingda.kernel.config.parts import PartOf, parts_of
from yingda.kernel.event import DEFAULT_TENANT, Event

Pseudonym = Callable[[str, str], str]
"""(kind, value) → the reference that stands for a personal value in the ledger (metrics.md, law 5)."""

# Fields that name a person; in an event each becomes `<field>_ref`.
PERSONAL: Mapping[str, tuple[str, ...]] = {"user": ("username", "display_name"), "agent": ("user",)}
UNWRITTEN: Mapping[str, tuple[str, ...]] = {"room": ("pin", "host_pin")}
"""Values that the ledger does not hold: whether there is one is all it says."""


class How(Enum):
    ADDED = "+"
    REMOVED = "-"
    CHANGED = "~"


@dataclass(frozen=True, slots=True)
class Change:
    """One part that differs. before is None for an added part, after for a removed one."""

    how: How
    before: PartOf | None
    after: PartOf | None

    @property
    def part(self) -> PartOf:
        part = self.after or self.before
        assert part is not None
        return part

    @property
    def fields(self) -> list[tuple[str, Any, Any]]:
        """(field, old, new) of a changed part."""
        if self.before is None or self.after is None:
            return []
        old, new = self.before.fields, self.after.fields
        return [(name, old.get(name), new[name]) for name in new if old.get(name) != new[name]]


def compare(old: Centre | None, new: Centre) -> list[Change]:
    """The parts that were added, changed or removed, in the order of the documents, removals last."""
    before = {part.place: part for part in parts_of(old)} if old else {}
    after = {part.place: part for part in parts_of(new)}
    changes: list[Change] = []
    for place, part in after.items():
        known = before.get(place)
        if known is None:
            changes.append(Change(How.ADDED, None, part))
        elif known.fields != part.fields:
            changes.append(Change(How.CHANGED, known, part))
    changes += [Change(How.REMOVED, part, None) for place, part in before.items() if place not in after]
    return changes


def lines(changes: list[Change]) -> list[str]:
    """The difference as a person reads it: `~ queue 售后: target_s 20 → 15`."""
    shown: list[str] = []
    for change in changes:
        if change.how is not How.CHANGED:
            shown.append(f"{change.how.value} {change.part}")
        else:
            shown += [f"~ {change.part}: {name} {_show(old)} → {_show(new)}" for name, old, new in change.fields]
    return shown


def _show(value: Any) -> str:
    if value is None:
        return "(none)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list):
        return "[" + ", ".join(_show(item) for item in value) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_show(item)}" for key, item in value.items() if item is not None) + "}"
    return str(value)


def changed_events(
    changes: list[Change], version: int, by: str, now: int, pseudonym: Pseudonym, tenant: str = DEFAULT_TENANT
) -> list[Event]:
    """One `config.changed` a part. Before and after hold the whole part; persons are in them by reference only."""
    return [
        Event(
            kind="config.changed",
            at=now,
            by=by,
            tenant=tenant,
            data={
                "entity": change.part.entity,
                "id": change.part.id,
                "version": version,
                "before": _recorded(change.before, pseudonym),
                "after": _recorded(change.after, pseudonym),
            },
        )
        for change in changes
    ]


def _recorded(part: PartOf | None, pseudonym: Pseudonym) -> dict[str, Any] | None:
    if part is None:
        return None
    personal, unwritten = PERSONAL.get(part.entity, ()), UNWRITTEN.get(part.entity, ())
    recorded: dict[str, Any] = {}
    for name, value in part.fields.items():
        if name in personal:
            recorded[f"{name}_ref"] = pseudonym("name", value)
        else:
            recorded[name] = bool(value) if name in unwritten else value
    return recorded
