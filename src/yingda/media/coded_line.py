"""A leg whose wire has another codec than G.711: that codec on the wire, µ-law and 8 kHz time within.

What comes is decoded and companded, so matrix, recorders, ears and taps need not know; what goes out is made here last
of all. Between two legs of one codec a payload goes on as it came, and only the recorders hear it decoded. What the
codecs have of their own is in `opus_line` and `g722_line`.
"""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from yingda.media.g711 import DECODE, Law, encode
from yingda.media.rtp import HEADER

HALF = 0x8000
_EVENT = struct.Struct("!BBH")

Heard = tuple[int, bytes]
"""(samples it begins before the packet's own timestamp, µ-law)."""
Came = tuple[str, bytes]
"""(name of the codec, payload): a packet's sound as it came."""


class CodedLine(ABC):
    """Both directions of one leg. event_number: of telephone-event in this codec's clock, as we send it."""

    name: ClassVar[str]
    scale: ClassVar[int] = 1
    """How many ticks of its RTP clock are a sample of ours."""

    def __init__(self, event_number: int | None) -> None:
        self.event_number = event_number
        self._time: int | None = None  # of the last packet, unwrapped, in their clock
        self._token: object = None
        self._last = 0  # sequence

    # ---- in --------------------------------------------------------------------------------------------------------

    def time(self, timestamp: int) -> int:
        """A timestamp of theirs in 8 kHz."""
        if self._time is None:
            self._time = timestamp
        else:
            ahead = (timestamp - self._time) & 0xFFFF_FFFF
            self._time += ahead if ahead < 0x8000_0000 else ahead - 0x1_0000_0000
        return self._time // self.scale & 0xFFFF_FFFF

    def hear(self, token: object, sequence: int, payload: bytes) -> list[Heard]:
        """What a packet brings: before its own sound perhaps the one before. Nothing for a late or broken one.

        token: stays the same for one sender's unbroken line.
        """
        ahead = (sequence - self._last) & 0xFFFF
        if token is not self._token:
            self._token, ahead = token, 1
            self._begin()
        elif not 0 < ahead < HALF:
            return []
        self._last = sequence
        return self._decoded(payload, ahead)

    def event(self, sequence: int, timestamp: int, payload: bytes) -> tuple[int, bytes]:
        """A telephone-event of theirs with time and duration in 8 kHz."""
        self._last = sequence
        return self.time(timestamp), event_in(payload, 1 / self.scale)

    # ---- out -------------------------------------------------------------------------------------------------------

    def wrap(self, packet: bytes, came: Came | None = None) -> bytes | None:
        """Our µ-law packet in 8 kHz time as it goes out; None for a length that the codec does not have.

        came: what the packet was made from, which goes out untouched where it is of this codec.
        """
        first, second, sequence, timestamp, ssrc = HEADER.unpack_from(packet)
        payload = packet[HEADER.size :]
        made: bytes | None
        if came is not None and came[0] == self.name:
            made = came[1]
        elif second & 0x7F == self.event_number:
            made = event_in(payload, self.scale)
        else:
            made = self._coded(DECODE[Law.MU][np.frombuffer(payload, np.uint8)].tobytes())
        if made is None:
            return None
        return HEADER.pack(first, second, sequence, timestamp * self.scale & 0xFFFF_FFFF, ssrc) + made

    # ---- of each codec ---------------------------------------------------------------------------------------------

    def _begin(self) -> None:  # noqa: B027  (most codecs need nothing)
        """Another sender, or the same one after a leap."""

    @abstractmethod
    def _decoded(self, payload: bytes, ahead: int) -> list[Heard]:
        """ahead: how many packets after the last one; 2 when a single one was lost. Empty for what is no sound."""

    @abstractmethod
    def _coded(self, pcm: bytes) -> bytes | None:
        """Samples of 16 bits to one payload; None for a length that the codec does not have."""


def event_in(payload: bytes, scale: float) -> bytes:
    """A telephone-event with its duration in another clock; the longest is as long as the field allows."""
    if len(payload) < _EVENT.size:
        return payload
    event, flags, duration = _EVENT.unpack_from(payload)
    return _EVENT.pack(event, flags, min(0xFFFF, int(duration * scale)))


def companded(pcm: bytes) -> bytes:
    """Samples of 16 bits to µ-law."""
    return encode(np.frombuffer(pcm, np.int16), Law.MU)
