"""Numbers that the ledger names by reference only, spelled out again for whoever looks at a call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_FIELDS = ("target", "dialled")
_NUMBER = "number:"


def references(told: Iterable[Mapping[str, Any]]) -> set[str]:
    """What may be a reference in the data of these events."""
    return {str(data[name]).removeprefix(_NUMBER) for data in told for name in _FIELDS if name in data}


def spelled(data: Mapping[str, Any], numbers: Mapping[str, str]) -> dict[str, Any]:
    """An event's data with the numbers themselves. An erased one stays a reference, which leads nowhere."""
    found = {}
    for name in _FIELDS:
        _, kind, reference = str(data.get(name, "")).rpartition(_NUMBER)
        if reference in numbers:
            found[name] = kind + numbers[reference]
    return {**data, **found}
