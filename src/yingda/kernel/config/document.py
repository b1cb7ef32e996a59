"""Walking over a centre as plain data, whatever shape it turns out to have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from yingda.kernel.config.problems import Path

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


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def texts(path: Path, value: Any) -> Iterator[tuple[Path, str]]:
    """The text at a path, or each text of a list there."""
    if isinstance(value, str):
        yield path, value
    for index, item in enumerate(listed(value)):
        if isinstance(item, str):
            yield (*path, index), item
