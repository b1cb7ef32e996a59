"""What the call model writes about a contact: its own start and end, and if asked its legs, flow and recordings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from yingda.kernel.event import Event
from yingda.kernel.ids import IdSource

_SOUND = {"received": 0, "lost": 0, "mos": None, "one_way": False}
NORMAL = 16
"""Normal call clearing (ITU-T Q.850)."""


@dataclass(frozen=True, slots=True)
class _Leg:
    """An open leg. offer_id: of the offer it rings for; None for the customer's."""

    leg_id: str
    role: str
    device: str
    direction: str
    offer_id: str | None = None

    def fields(self) -> dict[str, str]:
        return {"leg_id": self.leg_id, "role": self.role, "device": self.device, "direction": self.direction}


class ContactScribe:
    """Makes the events; who calls it hands them on. legs: also those of legs, runs and recordings."""

    def __init__(self, ids: IdSource, *, legs: bool) -> None:
        self._ids = ids
        self._legs = legs
        self._open_legs: dict[str, list[_Leg]] = {}
        self._recordings: dict[str, tuple[str, int]] = {}

    def started(
        self,
        interaction_id: str,
        at: int,
        *,
        test: bool = False,
        direction: str = "inbound",
        medium: str = "voice",
    ) -> list[Event]:
        """Only voice contacts have legs, flows and recordings here."""
        data: dict[str, Any] = {
            "medium": medium,
            "direction": direction,
            "party_ref": f"party-{interaction_id}",
            "withheld": False,
            "dialled": "95000",
            "trunk_id": "trunk",
            "test": test,
        }
        events = [_event("interaction.started", at, interaction_id, data, by="customer")]
        if self._legs and medium == "voice":
            leg = self._open(interaction_id, _Leg(self._ids(), "customer", "trunk", direction))
            events.append(_event("leg.created", at, interaction_id, leg.fields()))
        return events

    def greeted(self, interaction_id: str, at: int) -> list[Event]:
        """The greeting begins; the run is over with `flow_left`."""
        if interaction_id not in self._open_legs:
            return []
        run_id = f"run-{interaction_id}"
        customer = self._open_legs[interaction_id][0]
        entered = {"run_id": run_id, "flow_id": "welcome", "version": 1, "self_service": False}
        node = {"run_id": run_id, "node_id": "greeting", "by_edge": "start"}
        return [
            _event("leg.answered", at, interaction_id, customer.fields()),
            _event("flow.entered", at, interaction_id, entered),
            _event("flow.node_entered", at, interaction_id, node),
        ]

    def flow_left(self, interaction_id: str, at: int, leave: str) -> list[Event]:
        if interaction_id not in self._open_legs:
            return []
        data = {"run_id": f"run-{interaction_id}", "node_id": "greeting", "exit": leave}
        return [_event("flow.left", at, interaction_id, data)]

    def agent_rings(self, interaction_id: str, offer_id: str, device: str, at: int) -> list[Event]:
        if interaction_id not in self._open_legs:
            return []
        leg = self._open(interaction_id, _Leg(self._ids(), "agent", device, "outbound", offer_id))
        return [_event(kind, at, interaction_id, leg.fields()) for kind in ("leg.created", "leg.alerting")]

    def agent_answers(self, interaction_id: str, offer_id: str, at: int) -> list[Event]:
        leg = self._leg_of(interaction_id, offer_id)
        return [_event("leg.answered", at, interaction_id, leg.fields())] if leg else []

    def agent_stops(self, interaction_id: str, offer_id: str, at: int) -> list[Event]:
        """The offer came to nothing: his leg is cleared, the customer's stays."""
        leg = self._leg_of(interaction_id, offer_id)
        if leg is None:
            return []
        self._open_legs[interaction_id].remove(leg)
        return [_leg_ended(interaction_id, leg, at, "system")]

    def talking(self, interaction_id: str, handling_id: str, at: int) -> list[Event]:
        if interaction_id not in self._open_legs:
            return []
        recording_id = self._ids()
        self._recordings[interaction_id] = (recording_id, at)
        data = {"recording_id": recording_id, "handling_id": handling_id}
        return [_event("recording.started", at, interaction_id, data)]

    def released(self, interaction_id: str, handling_id: str, at: int) -> list[Event]:
        recording = self._recordings.pop(interaction_id, None)
        if recording is None:
            return []
        recording_id, began = recording
        data = {"recording_id": recording_id, "handling_id": handling_id, "duration_ms": (at - began) // 1000}
        return [_event("recording.ended", at, interaction_id, {**data, "checksum": recording_id.replace("-", "")})]

    def ended(self, interaction_id: str, at: int, ended_by: str, reason: str) -> list[Event]:
        legs = reversed(self._open_legs.pop(interaction_id, []))
        events = [_leg_ended(interaction_id, leg, at, ended_by) for leg in legs]
        data = {"ended_by": ended_by, "reason": reason, "release_code": NORMAL}
        return [*events, _event("interaction.ended", at, interaction_id, data)]

    def _open(self, interaction_id: str, leg: _Leg) -> _Leg:
        self._open_legs.setdefault(interaction_id, []).append(leg)
        return leg

    def _leg_of(self, interaction_id: str, offer_id: str) -> _Leg | None:
        return next((leg for leg in self._open_legs.get(interaction_id, ()) if leg.offer_id == offer_id), None)


def _leg_ended(interaction_id: str, leg: _Leg, at: int, ended_by: str) -> Event:
    data = {"leg_id": leg.leg_id, "ended_by": ended_by, "release_code": NORMAL, **_SOUND}
    return _event("leg.ended", at, interaction_id, data)


def _event(kind: str, at: int, interaction_id: str, data: dict[str, Any], by: str = "system") -> Event:
    return Event(kind=kind, at=at, by=by, interaction_id=interaction_id, data=data, cause=interaction_id)
