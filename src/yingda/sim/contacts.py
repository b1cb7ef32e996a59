"""What the call model writes about a contact: its own start and end, and if asked its legs, flow and recordings."""

from __future__ import annotations

from typing import Any

from yingda.kernel.event import Event
from yingda.kernel.ids import IdSource

_SOUND = {"received": 0, "lost": 0, "mos": None, "one_way": False}
NORMAL = 16
"""Normal call clearing (ITU-T Q.850)."""


class ContactScribe:
    """Makes the events; who calls it hands them on. legs: also those of legs, runs and recordings."""

    def __init__(self, ids: IdSource, *, legs: bool) -> None:
        self._ids = ids
        self._legs = legs
        self._open_legs: dict[str, list[tuple[str, str]]] = {}
        self._recordings: dict[str, tuple[str, int]] = {}

    def started(self, interaction_id: str, at: int) -> list[Event]:
        data: dict[str, Any] = {
            "medium": "voice",
            "direction": "inbound",
            "party_ref": f"party-{interaction_id}",
            "withheld": False,
            "dialled": "95000",
            "trunk_id": "trunk",
            "test": False,
        }
        events = [_event("interaction.started", at, interaction_id, data, by="customer")]
        if self._legs:
            events += self._leg(interaction_id, "customer", "trunk", "inbound", at)
        return events

    def greeted(self, interaction_id: str, at: int) -> list[Event]:
        """The greeting begins; the run is to be left by `queued` or `left_in_flow`."""
        if not self._legs:
            return []
        run_id = f"run-{interaction_id}"
        leg_id, _ = self._open_legs[interaction_id][0]
        entered = {"run_id": run_id, "flow_id": "welcome", "version": "1", "self_service": False}
        return [
            self._leg_event("leg.answered", leg_id, "customer", "trunk", "inbound", at, interaction_id),
            _event("flow.entered", at, interaction_id, entered),
            _event(
                "flow.node_entered", at, interaction_id, {"run_id": run_id, "node_id": "greeting", "by_edge": "start"}
            ),
        ]

    def flow_left(self, interaction_id: str, at: int, leave: str) -> list[Event]:
        if not self._legs:
            return []
        data = {"run_id": f"run-{interaction_id}", "node_id": "greeting", "exit": leave}
        return [_event("flow.left", at, interaction_id, data)]

    def agent_rings(self, interaction_id: str, device: str, at: int) -> list[Event]:
        if not self._legs:
            return []
        events = self._leg(interaction_id, "agent", device, "outbound", at)
        leg_id = events[0].data["leg_id"]
        return [*events, self._leg_event("leg.alerting", leg_id, "agent", device, "outbound", at, interaction_id)]

    def agent_stops(self, interaction_id: str, at: int, ended_by: str) -> list[Event]:
        """The agent's leg is cleared; the customer's stays."""
        legs = self._open_legs.get(interaction_id, [])
        return [self._leg_ended(interaction_id, legs.pop(), at, ended_by)] if len(legs) > 1 else []

    def talking(self, interaction_id: str, handling_id: str, at: int) -> list[Event]:
        if not self._legs:
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
        events = [self._leg_ended(interaction_id, leg, at, ended_by) for leg in legs]
        data = {"ended_by": ended_by, "reason": reason, "release_code": NORMAL}
        return [*events, _event("interaction.ended", at, interaction_id, data)]

    def _leg(self, interaction_id: str, role: str, device: str, direction: str, at: int) -> list[Event]:
        leg_id = self._ids()
        self._open_legs.setdefault(interaction_id, []).append((leg_id, role))
        return [self._leg_event("leg.created", leg_id, role, device, direction, at, interaction_id)]

    @staticmethod
    def _leg_event(
        kind: str, leg_id: str, role: str, device: str, direction: str, at: int, interaction_id: str
    ) -> Event:
        data = {"leg_id": leg_id, "role": role, "device": device, "direction": direction}
        return _event(kind, at, interaction_id, data)

    @staticmethod
    def _leg_ended(interaction_id: str, leg: tuple[str, str], at: int, ended_by: str) -> Event:
        data = {"leg_id": leg[0], "ended_by": ended_by, "release_code": NORMAL, **_SOUND}
        return _event("leg.ended", at, interaction_id, data)


def _event(kind: str, at: int, interaction_id: str, data: dict[str, Any], by: str = "system") -> Event:
    return Event(kind=kind, at=at, by=by, interaction_id=interaction_id, data=data, cause=interaction_id)
