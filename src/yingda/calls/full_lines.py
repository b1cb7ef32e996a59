"""Callers for whom a trunk has no channel left, told so in words before they are refused (TEL-39).

    he comes        media makes room
    there is room   183 with sound, which costs him nothing (RFC 3960), and the trunk's announcement
    it is over      486; so it is after `PATIENCE`, and where sound cannot be had
    he hangs up     nothing more

No contact begins: the books have `trunk.refused`. So many at a time hear it; who comes while that many do is refused at
once, lest a flood of calls takes the ports of those who talk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from yingda.calls.effects import Arrival, RefuseCall, SpeakFirst
from yingda.calls.table import Purpose, Table
from yingda.kernel.clock import SECOND
from yingda.kernel.errors import YingdaError
from yingda.media.protocol import PASSED, AnyResult, ConnectLeg, CreateLeg, DestroyLeg, LegCreated, Play, RemoteMedia

MOST = 20
PATIENCE = 30 * SECOND
BUSY = 486, "All Channels Busy"


class Told(msgspec.Struct):
    """A caller who is being told. until: µs UTC."""

    leg_id: str
    remote: RemoteMedia
    items: Sequence[str]
    until: int


class FullLines:
    def __init__(self, table: Table) -> None:
        self._table = table
        self._told: dict[str, Told] = {}

    def has(self, leg_id: str) -> bool:
        return leg_id in self._told

    def tell(self, arrival: Arrival, items: Sequence[str], now: int) -> bool:
        """Begin; False where he cannot be told so: without sound, offer or a codec of ours, or too many hear it."""
        codec = arrival.remote.send_codec
        speaks = arrival.remote.address is not None and codec is not None and codec.name not in PASSED
        if not items or not speaks or len(self._told) >= MOST:
            return False
        self._told[arrival.leg_id] = Told(arrival.leg_id, arrival.remote, items, now + PATIENCE)
        self._table.ask_apart(CreateLeg(leg_id=arrival.leg_id), Purpose.WORDS, arrival.leg_id)
        return True

    def done(self, leg_id: str, result: AnyResult | YingdaError) -> None:
        """What media says to what it was asked."""
        told = self._told.get(leg_id)
        if told is None:
            return
        if isinstance(result, LegCreated):
            self._table.emit(SpeakFirst(leg_id, result))
            self._table.ask_apart(ConnectLeg(leg_id=leg_id, remote=told.remote), Purpose.WORDS, leg_id)
            play = Play(play_id=self._table.ids(), leg_id=leg_id, items=list(told.items))
            self._table.ask_apart(play, Purpose.WORDS, leg_id)
        elif isinstance(result, YingdaError):
            self.refuse(leg_id)

    def moved(self, leg_id: str, remote: RemoteMedia) -> None:
        """He hears it elsewhere from now on."""
        if leg_id in self._told:
            self._table.ask_apart(ConnectLeg(leg_id=leg_id, remote=remote), Purpose.WORDS, leg_id)

    def refuse(self, leg_id: str) -> None:
        """He has heard it, or could not."""
        if leg_id in self._told:
            self._table.emit(RefuseCall(leg_id, *BUSY))
            self.forget(leg_id)

    def forget(self, leg_id: str) -> None:
        """He is gone."""
        if self._told.pop(leg_id, None) is not None:
            self._table.ask_apart(DestroyLeg(leg_id=leg_id), Purpose.TIDY, leg_id)

    def refuse_all(self) -> None:
        for leg_id in list(self._told):
            self.refuse(leg_id)

    def next_timer(self) -> int | None:
        return min((told.until for told in self._told.values()), default=None)

    def handle_timer(self, now: int) -> None:
        for told in [one for one in self._told.values() if one.until <= now]:
            self.refuse(told.leg_id)

    def to_state(self) -> list[Any]:
        state: list[Any] = msgspec.to_builtins(list(self._told.values()))
        return state

    def restore(self, raw: Sequence[Mapping[str, Any]]) -> None:
        self._told = {one.leg_id: one for one in msgspec.convert(raw, list[Told])}
