"""Media's side of the stock: plain legs whose ports are open before a call asks for one (`StockLegs`).

Nothing but a bound pair and an SSRC: no leg of the engine, so no packet is heard, no figure counted and no successor
told of it. It becomes a leg when it is taken. It belongs to the connection of the control that asked for it and ends
with that.

    state     by                               next
    absent    StockLegs                        IN STOCK
    IN STOCK  CreateLeg that names it          a leg of the engine (media/leg.py)
    IN STOCK  StockLegs calls it surplus,
              control's connection ends        absent: its ports rest like those of an ended leg
    absent    CreateLeg that names it          a leg on the same ports, bound anew: control had given it out
                                               when this process, or the one before it, lost the connection
"""

from __future__ import annotations

import random
from collections.abc import Iterable

import msgspec

from yingda.kernel.errors import YingdaError
from yingda.media.leg import cname_of
from yingda.media.network import Network, Opened
from yingda.media.protocol import LegsStocked, ReadyLeg, StockLegs

NOBODY = ""
"""Whose packets come to a pair in stock: they are read and dropped."""


class Kept(msgspec.Struct, frozen=True):
    opened: Opened
    ssrc: int


class Ahead:
    """most: of them at a time."""

    def __init__(self, network: Network, rng: random.Random, most: int) -> None:
        self._network, self._rng, self._most = network, rng, most
        self._kept: dict[int, Kept] = {}  # by port
        self._last: tuple[int, LegsStocked] | None = None  # order, and what came of it
        self.taken = 0

    def __len__(self) -> int:
        return len(self._kept)

    def stock(self, command: StockLegs, now: int) -> LegsStocked:
        """Fewer than asked for where the bound or the ports say so."""
        if self._last is None or self._last[0] != command.order:
            self._close(command.surplus, now)
            legs = self._open(min(command.more, self._most - len(self._kept)), now)
            self._last = command.order, LegsStocked(legs=legs, most=self._most)
        return self._last[1]

    def _open(self, count: int, now: int) -> list[ReadyLeg]:
        legs: list[ReadyLeg] = []
        for _ in range(count):
            try:
                opened = self._network.open(NOBODY, None, False, now)
            except YingdaError:  # whoever asks for a leg itself is told why there is none
                break
            ssrc = self._rng.getrandbits(32)
            self._kept[opened.address[1]] = Kept(opened, ssrc)
            legs.append(ReadyLeg(opened.address, ssrc, cname_of(ssrc)))
        return legs

    def take(self, leg_id: str, port: int, ssrc: int, now: int) -> Opened:
        """The pair that control has given out, now this leg's. Raises `port_taken`, `address_wrong`."""
        kept = self._kept.get(port)
        if kept is None:
            return self._network.open(leg_id, None, False, now, port)
        if kept.ssrc != ssrc:
            raise YingdaError("port_taken", f"Media port {port} waits for another leg.")
        del self._kept[port]
        self._network.name(kept.opened, leg_id)
        self.taken += 1
        return kept.opened

    def _close(self, ports: Iterable[int], now: int) -> None:
        for port in ports:
            if (kept := self._kept.pop(port, None)) is not None:
                self._network.close(kept.opened, now)

    def clear(self, now: int) -> None:
        """Whoever they were opened for has gone, or begins anew."""
        self._close(list(self._kept), now)
        self._last = None
