"""The browser's side of a leg, as far as a load needs it: one STUN check, a DTLS handshake as client, SRTP out.

What comes in stays encrypted: sequence numbers and SSRC are in the clear, and that is what is counted.
"""

from __future__ import annotations

import os
import select
import struct
import time
from dataclasses import dataclass
from socket import socket

import numpy as np
import numpy.typing as npt
import pylibsrtp

from bench.media.batch import Address, Outbox
from yingda.media import ice
from yingda.media.dtls import Dtls, DtlsState, Identity, SrtpKeys
from yingda.media.protocol import IceParameters
from yingda.media.webrtc import PROFILES

LIMIT_S = 20.0
AGAIN_S = 0.5
UFRAG = "bench"


@dataclass(frozen=True)
class Door:
    """How a browser's leg is entered: media's credentials and fingerprint."""

    ice: IceParameters
    fingerprint: str


class HandshakeError(Exception):
    """A leg did not come up."""


def handshakes(identity: Identity, doors: dict[Address, tuple[socket, Door]]) -> dict[Address, SrtpKeys]:
    """All at once; keys by the leg's address. Raises HandshakeError."""
    begun = time.monotonic()
    sides = {address: Dtls(identity) for address in doors}
    sockets = list({one.fileno(): one for one, _ in doors.values()}.values())
    asked = 0.0
    while any(side.state is not DtlsState.SECURED for side in sides.values()):
        now = time.monotonic()
        if now - begun > LIMIT_S:
            raise HandshakeError(f"not all legs came up within {LIMIT_S:.0f} s")
        if now - asked > AGAIN_S:
            asked = now
            for address, (one, door) in doors.items():
                if sides[address].state is DtlsState.WAITING:
                    one.sendto(_check(door), address)
                else:
                    sides[address].handle_timer(round(now * 1e6))
                    _send(one, sides[address], address)
        for ready in select.select(sockets, [], [], 0.05)[0]:
            data, address = ready.recvfrom(2_048)
            if address in doors:  # the others are plain legs, which hear already
                _heard(data, address, doors[address], sides[address])
    return {address: side.keys for address, side in sides.items() if side.keys is not None}


def _heard(data: bytes, address: Address, entry: tuple[socket, Door], side: Dtls) -> None:
    one, door = entry
    if ice.is_stun(data):
        side.start(True, door.fingerprint, round(time.monotonic() * 1e6))
    elif 20 <= data[0] <= 63:
        side.receive(data)
    if side.state is DtlsState.FAILED:
        raise HandshakeError(side.reason)
    _send(one, side, address)


def _send(one: socket, side: Dtls, address: Address) -> None:
    for datagram in side.take():
        one.sendto(datagram, address)


def _check(door: Door) -> bytes:
    """A binding request that chooses this pair."""
    username = f"{door.ice.ufrag}:{UFRAG}".encode()
    parts = ((ice.USERNAME, username), (ice.PRIORITY, b"\x6e\x00\x1e\xff"), (ice.ICE_CONTROLLING, bytes(8)))
    body = b"".join(_attribute(kind, value) for kind, value in (*parts, (ice.USE_CANDIDATE, b"")))
    return ice.seal(ice.BINDING_REQUEST, os.urandom(12), body, door.ice.pwd)


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


class SecureOutbox:
    """As Outbox, for legs whose packets are protected first. plain: rows × length, filled by the owner."""

    def __init__(
        self, one: socket, addresses: list[Address], plain: npt.NDArray[np.uint8], keys: dict[Address, SrtpKeys]
    ) -> None:
        self._plain = plain
        policy = pylibsrtp.Policy
        self._sessions = [
            pylibsrtp.Session(
                policy(keys[address].sending, policy.SSRC_ANY_OUTBOUND, 0, PROFILES[keys[address].profile])
            )
            for address in addresses
        ]
        tag = 16 if addresses and "GCM" in keys[addresses[0]].profile else 10
        self._wire = np.zeros((len(addresses), plain.shape[1] + tag), np.uint8)
        self._outbox = Outbox(one, addresses, self._wire)

    def send(self) -> int:
        for row, (session, packet) in enumerate(zip(self._sessions, self._plain, strict=True)):
            self._wire[row] = np.frombuffer(session.protect(packet.tobytes()), np.uint8)
        return self._outbox.send()
