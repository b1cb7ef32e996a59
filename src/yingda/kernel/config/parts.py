"""A centre as a flat list of its parts: what comparison, identity and credentials walk over.

A part is known by its entity and its natural key (a queue's name, an agent's number, a device's extension). Devices
stand in the document inside their agent, but are parts of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from yingda.kernel.config.centre import Centre
from yingda.kernel.config.problems import ENTITY_OF, NAMED_BY

SETTINGS = "centre"


@dataclass(frozen=True, slots=True)
class PartOf:
    """One part. fields: its values as plain data, without the id; a device's hold the number of its agent."""

    entity: str
    key: str
    id: str
    fields: Mapping[str, Any]

    @property
    def place(self) -> tuple[str, str]:
        return self.entity, self.key

    def __str__(self) -> str:
        return self.entity if self.entity == SETTINGS else f"{self.entity} {self.key}"


def parts_of(centre: Centre) -> list[PartOf]:
    """Every part in the order of the document; the settings of the centre itself come first, with the id `centre`."""
    document = centre.model_dump()
    found = [PartOf(SETTINGS, "", SETTINGS, document["centre"])]
    for kind, entity in ENTITY_OF.items():
        for fields in document.get(kind, []):
            devices = fields.pop("devices", [])
            found.append(_part(kind, entity, fields))
            found += [_part("devices", "device", device | {"agent": fields["number"]}) for device in devices]
    return found


def _part(kind: str, entity: str, fields: dict[str, Any]) -> PartOf:
    part_id = fields.pop("id")
    return PartOf(entity, fields[NAMED_BY[kind]], part_id, fields)
