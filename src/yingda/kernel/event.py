"""The event: what a core says happened. The ledger's writer adds the rest of the envelope (metrics.md section 2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

DEFAULT_TENANT = "default"


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One fact, as its owner states it.

    kind: `noun.past`, of the registry. at: µs UTC, set by the owner of the state. by: customer, agent:ID, user:ID,
    carrier, system, api:ID. data: the kind's own fields. cause: the id of the thing (entry, offer, handling, leg,
    interaction …) whose last event led to this one; the writer turns it into (writer, n).
    """

    kind: str
    at: int
    by: str = "system"
    interaction_id: str | None = None
    data: Mapping[str, Any] = {}
    cause: str | None = None
    tenant: str = DEFAULT_TENANT


class Envelope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An event as it stands in the ledger.

    writer, n: the writing process and its own gapless number. stamp: µs, strictly increasing within the writer and
    never behind the importer's horizon; the global order is (stamp, writer, n). seq: given by the importer (0 before).
    mono: the writer's monotonic ns. config: version of the configuration in force.
    """

    writer: str
    n: int
    stamp: int
    kind: str
    v: int
    at: int
    by: str
    node: str
    tenant: str
    mono: int
    config: int
    data: dict[str, Any]
    interaction_id: str | None = None
    cause: tuple[str, int] | None = None
    seq: int = 0
