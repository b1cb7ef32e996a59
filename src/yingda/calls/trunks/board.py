"""What screens and /metrics show of the trunks (TEL-47): state, registration, channels in use in each direction."""

from __future__ import annotations

from typing import Any

from yingda.calls.lookout import TrunkLookout
from yingda.calls.switch import Switch
from yingda.kernel.config.trunks import Trunk
from yingda.sip.endpoint import Endpoint

Doc = dict[str, Any]


class TrunkBoard:
    """Reads the owners; `changes` has what differs from the last look."""

    def __init__(self, endpoint: Endpoint, switch: Switch, lookout: TrunkLookout) -> None:
        self._endpoint, self._switch, self._lookout = endpoint, switch, lookout
        self._shown: dict[str, Doc] = {}

    def changes(self, now: int) -> list[tuple[str, Doc | None]]:
        """(trunk, its document, or None when a version took it out), of those that changed."""
        trunks = self._switch.table.plan.trunks
        changed: list[tuple[str, Doc | None]] = [(gone, None) for gone in self._shown.keys() - trunks.keys()]
        for trunk_id, trunk in trunks.items():
            before = self._shown.get(trunk_id)
            doc = self.document(trunk)
            since = before["since"] if before is not None and before["state"] == doc["state"] else now
            doc["since"] = since
            if doc != before:
                changed.append((trunk_id, doc))
        for trunk_id, shown in changed:
            if shown is None:
                del self._shown[trunk_id]
            else:
                self._shown[trunk_id] = shown
        return changed

    def document(self, trunk: Trunk) -> Doc:
        """why: of a trunk that is down: silent, unresolved or unregistered. registration: None where there is none."""
        inbound, outbound = self._switch.table.channels.in_use(trunk.id)
        down = self._lookout.is_down(trunk.id)
        return {
            "id": trunk.id,
            "name": trunk.name,
            "state": "down" if down else "up",
            "why": (self._lookout.why(trunk.id) or "silent") if down else None,
            "inbound": inbound,
            "outbound": outbound,
            "max_calls": trunk.max_calls,
            "max_inbound": trunk.max_inbound,
            "max_outbound": trunk.max_outbound,
            "registration": self._endpoint.registration.state(trunk.id).value if trunk.registers else None,
        }
