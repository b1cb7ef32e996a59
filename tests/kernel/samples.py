"""Well-formed events for the ledger's tests: one of any kind, and streams of them from a seed."""

from __future__ import annotations

import random
from typing import Any

from yingda.kernel.event import Event
from yingda.kernel.ledger.kinds import REGISTRY
from yingda.kernel.ledger.schema import TYPES, Field

_BY_SHOWN: dict[str, Any] = {
    "text": "x1",
    "yes/no": True,
    "integer": 3,
    "number": 2.5,
    "µs UTC": 1_700_000_000_000_000,
    "list of texts": ["a", "b"],
    "JSON": {"any": [1, None, "thing"]},
}


def value_for(field: Field) -> Any:
    """A legal value."""
    return field.words[0] if field.words else _BY_SHOWN[field.type.shown.split(",")[0]]


def data_for(kind: str, *, optional: bool = True) -> dict[str, Any]:
    """Legal data of the kind; `optional`: with the optional fields too."""
    return {field.name: value_for(field) for field in REGISTRY[kind].fields if optional or not field.optional}


def event(kind: str = "handling.connected", at: int = 0, **changes: Any) -> Event:
    """A legal event; changes are its data's."""
    return Event(kind=kind, at=at, data={**data_for(kind, optional=False), **changes})


def stream(seed: int, length: int) -> list[Event]:
    """Events of random kinds about a few contacts."""
    rng = random.Random(seed)
    kinds = sorted(REGISTRY)
    return [
        Event(
            kind=(kind := rng.choice(kinds)),
            at=number,
            interaction_id=rng.choice([None, "i1", "i2", "客户-3"]),
            data=data_for(kind, optional=rng.random() < 0.5),
            cause=rng.choice([None, "i1", "x1", "nobody"]),
        )
        for number in range(length)
    ]


assert set(_BY_SHOWN) >= {type_.shown.split(",")[0] for type_ in TYPES.values()}
