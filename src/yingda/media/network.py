"""What the engine asks of the network: bound ports, and datagrams out of them."""

from __future__ import annotations

from typing import Protocol

import msgspec

from yingda.media.protocol import Address


class Opened(msgspec.Struct, frozen=True):
    """A bound pair: the address to announce, and the network's handles (no rtcp_port where RTCP is multiplexed)."""

    address: Address
    port: object
    rtcp_port: object


class Network(Protocol):
    """Binds ports. Raises YingdaError (`ports_exhausted`, `port_taken`, `address_wrong`)."""

    def open(self, leg_id: str, host: str | None, multiplexed: bool, now: int, wanted: int | None = None) -> Opened: ...

    def name(self, opened: Opened, leg_id: str) -> None:
        """What comes to this pair is the leg's from now on."""
        ...

    def close(self, opened: Opened, now: int) -> None: ...

    def send(self, port: object, data: bytes, address: Address) -> bool:
        """False when it could not be sent."""
        ...

    @property
    def used(self) -> int: ...
