"""What is wrong with a centre's document: one problem a mistake, all of them at once.

A path says where in the document (`("queues", 0, "target_s")`); a file that was read from YAML turns it into a line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from yingda.kernel.errors import StartError

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake. line, column: from 1; 0 when the document did not come from a file."""

    path: Path
    code: str
    sentence: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.line}:{self.column}: {self.sentence}" if self.line else self.sentence


class CentreError(StartError):
    """A document that cannot be applied, with every reason. The sentence lists one problem a line: file:line:column."""

    def __init__(self, name: str, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        lines = [f"{name}:{problem}" if problem.line else f"{name}: {problem}" for problem in self.problems]
        super().__init__("config_invalid", "\n".join(lines))


def describe(document: Mapping[str, Any], path: Path) -> str:
    """Name a place for a person: `queue 售后: target_s`, not `queues.3.target_s`."""
    words: list[str] = []
    here: Any = document
    entity = ""
    for step in path:
        here = _inside(here, step)
        if isinstance(step, int):
            if entity in NAMED_BY:
                words[-1] = f"{ENTITY_OF[entity]} {_label(here, entity, step)}"
            elif words:
                words[-1] = f"{words[-1]} {step + 1}"
        else:
            words.append(step)
            entity = step
    return ": ".join(words)


# The field a part of each list is known by; entity words are those of the ledger's config.changed.
NAMED_BY: Mapping[str, str] = {
    "trunks": "name",
    "trunk_groups": "name",
    "routes": "name",
    "service_classes": "name",
    "documents": "name",
    "lookups": "name",
    "sites": "name",
    "voices": "name",
    "recognisers": "name",
    "flows": "name",
    "calendars": "name",
    "skills": "name",
    "queues": "name",
    "rooms": "name",
    "numbers": "number",
    "teams": "name",
    "busy_reasons": "name",
    "users": "username",
    "agents": "number",
    "devices": "extension",
}
ENTITY_OF: Mapping[str, str] = {
    "trunks": "trunk",
    "trunk_groups": "trunk_group",
    "routes": "route",
    "service_classes": "service_class",
    "documents": "document",
    "lookups": "lookup",
    "sites": "site",
    "voices": "voice",
    "recognisers": "recogniser",
    "flows": "flow",
    "rooms": "room",
    "calendars": "calendar",
    "skills": "skill",
    "queues": "queue",
    "numbers": "number",
    "teams": "team",
    "busy_reasons": "busy_reason",
    "users": "user",
    "agents": "agent",
    "devices": "device",
}


def _inside(here: Any, step: str | int) -> Any:
    if isinstance(here, Mapping):
        return here.get(step)
    if isinstance(here, list) and isinstance(step, int) and step < len(here):
        return here[step]
    return None


def _label(part: Any, entity: str, index: int) -> str:
    if isinstance(part, Mapping) and part.get(NAMED_BY[entity]):
        return str(part[NAMED_BY[entity]])
    return f"no. {index + 1}"
