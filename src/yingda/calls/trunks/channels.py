"""Which channels of which trunk are in use, by whom and in which direction: a channel belongs to one leg."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from yingda.kernel.config.trunks import Trunk
from yingda.kernel.errors import YingdaError

Direction = Literal["inbound", "outbound"]
Full = Literal["no_channel", "limit"]
"""No channel of the trunk is free; or the most of this direction are in use."""


class Channels:
    """Seized by leg; releasing what is free already changes nothing."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[str, Direction]] = {}
        self._used: Counter[tuple[str, Direction]] = Counter()
        self.seized: Counter[tuple[str, Direction]] = Counter()  # carried by the trunk, since the start
        self.refused: Counter[tuple[str, Direction, str]] = Counter()  # with the cause of `trunk.refused`

    def full(self, trunk: Trunk, direction: Direction) -> Full | None:
        """Why one more call of this direction does not fit, or None."""
        inbound, outbound = self.in_use(trunk.id)
        if inbound + outbound >= trunk.max_calls:
            return "no_channel"
        most, used = (trunk.max_inbound, inbound) if direction == "inbound" else (trunk.max_outbound, outbound)
        return "limit" if most is not None and used >= most else None

    def admit(self, ways: Sequence[Trunk]) -> None:
        """Raises YingdaError `lines_full` where none of these has a channel for one more call out; its place says
        which, and how many of how many are in use."""
        if all(self.full(trunk, "outbound") is not None for trunk in ways):
            lines = ", ".join(map(self._use_of, ways))
            raise YingdaError(
                "lines_full",
                f"All lines to this number are busy: {lines}.",
                where=lines,
                todo="Try again when a call has ended.",
            )

    def _use_of(self, trunk: Trunk) -> str:
        inbound, outbound = self.in_use(trunk.id)
        if self.full(trunk, "outbound") == "limit":
            return f"{trunk.name} {outbound}/{trunk.max_outbound}"
        return f"{trunk.name} {inbound + outbound}/{trunk.max_calls}"

    def in_use(self, trunk_id: str) -> tuple[int, int]:
        """Calls now: (inbound, outbound)."""
        return self._used[trunk_id, "inbound"], self._used[trunk_id, "outbound"]

    def seize(self, leg_id: str, trunk_id: str, direction: Direction) -> None:
        """This leg holds a channel of this trunk, and none of another."""
        self.release(leg_id)
        self._held[leg_id] = (trunk_id, direction)
        self._used[trunk_id, direction] += 1

    def release(self, leg_id: str) -> str | None:
        """Free the leg's channel; the trunk it was of."""
        held = self._held.pop(leg_id, None)
        if held is None:
            return None
        self._used[held] -= 1
        if not self._used[held]:
            del self._used[held]
        return held[0]

    def held(self, leg_id: str) -> tuple[str, Direction] | None:
        """The trunk and direction of the leg's channel, if it has one."""
        return self._held.get(leg_id)

    def __len__(self) -> int:
        return len(self._held)

    def to_state(self) -> dict[str, list[str]]:
        return {leg_id: [trunk_id, direction] for leg_id, (trunk_id, direction) in self._held.items()}

    def restore(self, raw: Mapping[str, Any]) -> None:
        self._held = {leg_id: (trunk_id, direction) for leg_id, (trunk_id, direction) in raw.items()}
        self._used = Counter(self._held.values())
