"""Corrections (`correction.made`): codes, resolved, call type, case, test; with a reason, never a time or an outcome.

The web plane writes them to the ledger itself, as the writer `web`; the books take them up like any other event.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from yingda.kernel.clock import Clock
from yingda.kernel.errors import YingdaError
from yingda.kernel.event import Event
from yingda.kernel.ledger.writer import LedgerWriter
from yingda.server.deps import Site
from yingda.server.reports.schemas import Correction

WRITER = "web"
OF_HANDLING = frozenset({"codes", "resolved", "case_id"})
_TYPES: Mapping[str, tuple[type, ...]] = {
    "codes": (list,),
    "resolved": (bool, type(None)),
    "call_type": (str,),
    "case_id": (str, type(None)),
    "test": (bool,),
}


class Corrections:
    """The writer, opened with the first correction."""

    def __init__(self, options: Site, clock: Clock) -> None:
        self._options, self._clock, self._lock = options, clock, threading.Lock()
        self._writer: LedgerWriter | None = None

    def write(self, event: Event) -> None:
        """Raises what the ledger's writer raises (ledger_in_use, ledger_full …)."""
        self.append([event])

    def append(self, events: Sequence[Event]) -> None:
        """Events that happened together; whatever the web plane itself writes goes this way."""
        with self._lock:
            if self._writer is None:
                self._writer = LedgerWriter(self._options.ledger, WRITER, self._options.node, self._clock)
            self._writer.append(events)

    def close(self) -> None:
        with self._lock:
            if self._writer is not None:
                self._writer.close()


def event_of(call: Mapping[str, Any], order: Correction, by: str, now: int) -> Event:
    """The event. call: the contact as `Records.detail` gives it.

    Raises YingdaError: not_corrigible (a value of the wrong kind, no such handling), nothing_to_correct, still_open.
    """
    if not isinstance(order.after, _TYPES[order.field]):
        raise YingdaError("not_corrigible", f"The value does not fit {order.field}.", where="after")
    if order.field in OF_HANDLING:
        handling = next((one for one in call["handlings"] if one["handling_id"] == order.handling_id), None)
        if handling is None:
            raise YingdaError("not_corrigible", "Say which agent's part is meant.", where="handling_id")
        before = handling[order.field]
    else:
        before = call[order.field]
    if before == order.after:
        raise YingdaError("nothing_to_correct", "That is what stands there already.", where="after")
    if order.field == "test" and call["open"]:
        raise YingdaError("still_open", "This contact is not over yet.", todo="Try again when its wrap-up is over.")
    data: dict[str, Any] = {"target_seq": _target(call, order), "field": order.field}
    data |= {"before": before, "after": order.after, "reason": order.reason}
    if order.field in OF_HANDLING:
        data["handling_id"] = order.handling_id
    return Event(kind="correction.made", at=now, by=by, interaction_id=call["interaction_id"], data=data)


def _target(call: Mapping[str, Any], order: Correction) -> int:
    """The event that is put right: the last that told it, else the one that began the thing."""
    if order.field in OF_HANDLING:
        own = [one for one in call["timeline"] if one["data"].get("handling_id") == order.handling_id]
        told = [one["seq"] for one in own if one["kind"] == "handling.disposed"]
        return int((told or [one["seq"] for one in own])[-1])
    typed = [one["seq"] for one in call["timeline"] if one["kind"] == "interaction.typed"]
    return int(typed[-1] if typed and order.field == "call_type" else call["timeline"][0]["seq"])
