"""Walking over a centre as plain data, whatever shape it turns out to have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from yingda.kernel.config.problems import Path, Problem, describe

Document = Mapping[str, Any]


def parts(document: Document, kind: str) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """(path, part) of one list of the document; `devices` are those of all agents."""
    if kind == "devices":
        for path, agent in parts(document, "agents"):
            for index, device in enumerate(listed(agent.get("devices"))):
                if isinstance(device, Mapping):
                    yield (*path, "devices", index), device
        return
    for index, part in enumerate(listed(document.get(kind))):
        if isinstance(part, Mapping):
            yield (kind, index), part


def names(document: Document, kind: str, field: str = "name") -> set[str]:
    """What the parts of a kind are called."""
    return {part[field] for _, part in parts(document, kind) if isinstance(part.get(field), str)}


def each_once(
    document: Document, path: Path, field: str, named_by: str, part: Mapping[str, Any], known: set[str]
) -> Iterator[Problem]:
    """Each item in a field of the part at `path` names (by `named_by`: trunk, queue) one that is known, and once."""
    who, seen = describe(document, path), set[str]()
    for index, item in enumerate(listed(part.get(field))):
        name = item.get(named_by) if isinstance(item, Mapping) else None
        if not isinstance(name, str):
            continue
        place = (*path, field, index, named_by)
        if name not in known:
            yield Problem(place, "config_dangling", f"{who}: there is no {named_by} {name}")
        elif name in seen:
            yield Problem(place, "config_duplicate", f"{who}: the {named_by} {name} is given twice")
        seen.add(name)


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def texts(path: Path, value: Any) -> Iterator[tuple[Path, str]]:
    """The text at a path, or each text of a list there."""
    if isinstance(value, str):
        yield path, value
    for index, item in enumerate(listed(value)):
        if isinstance(item, str):
            yield (*path, index), item
