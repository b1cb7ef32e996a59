"""A browser's leg that speaks Opus (RFC 7587): 48 kHz time and Opus on the wire, µ-law and 8 kHz time within.

What comes is decoded to 8 kHz and companded, so matrix, taps and forwarding need not know; what goes out is made here
last of all. A single lost packet is taken back out of the next one, which carries it coarsely (in-band FEC).
"""

from __future__ import annotations

import struct

import numpy as np

from yingda.kernel.opus import Decoder, Encoder, OpusError
from yingda.media.g711 import DECODE, FRAME, Law, encode
from yingda.media.rtp import HEADER

SCALE = 6
BIT_RATE = 24_000
COMPLEXITY = 2
LOSS_PERCENT = 5
MAX_BYTES = 1_275
TEN_MS = 80
WHOLE = {80, 160, 320, 480}  # samples that are one Opus frame
CODE_3, VARIABLE = 3, 0x80
HALF = 0x8000
_EVENT = struct.Struct("!BBH")

Heard = tuple[int, bytes]
"""(samples it begins before the packet's own timestamp, µ-law)."""


class OpusLine:
    """Both directions of one leg. event_number: of telephone-event in 48 kHz, as we send it."""

    def __init__(self, event_number: int | None) -> None:
        self._event_number = event_number
        self._decoder = Decoder(8_000)
        self._encoder = Encoder(8_000, bit_rate=BIT_RATE, complexity=COMPLEXITY, loss_percent=LOSS_PERCENT)
        self._time: int | None = None  # of the last packet, unwrapped, 48 kHz
        self._token: object = None
        self._last = 0  # sequence
        self.recovered = 0

    # ---- in --------------------------------------------------------------------------------------------------------

    def time(self, timestamp: int) -> int:
        """A timestamp of theirs in 8 kHz."""
        if self._time is None:
            self._time = timestamp
        else:
            ahead = (timestamp - self._time) & 0xFFFF_FFFF
            self._time += ahead if ahead < 0x8000_0000 else ahead - 0x1_0000_0000
        return self._time // SCALE & 0xFFFF_FFFF

    def hear(self, token: object, sequence: int, payload: bytes) -> list[Heard]:
        """What a packet brings: before its own sound perhaps the one before. Nothing for a late one, or no Opus."""
        ahead = (sequence - self._last) & 0xFFFF
        if token is not self._token:
            self._token, ahead = token, 1
        elif not 0 < ahead < HALF:
            return []
        self._last = sequence
        heard: list[Heard] = []
        try:
            if ahead == 2:
                heard.append((FRAME, _companded(self._decoder.recover(payload, FRAME))))
                self.recovered += 1
            heard.append((0, _companded(self._decoder.decode(payload))))
        except OpusError:
            return []
        return heard

    def event(self, sequence: int, timestamp: int, payload: bytes) -> tuple[int, bytes]:
        """A telephone-event of theirs with time and duration in 8 kHz."""
        self._last = sequence
        return self.time(timestamp), event_in(payload, 1 / SCALE)

    # ---- out -------------------------------------------------------------------------------------------------------

    def wrap(self, packet: bytes) -> bytes | None:
        """Our µ-law packet in 8 kHz time as it goes out; None for a length that Opus does not have."""
        first, second, sequence, timestamp, ssrc = HEADER.unpack_from(packet)
        payload = packet[HEADER.size :]
        if second & 0x7F == self._event_number:
            made: bytes | None = event_in(payload, SCALE)
        else:
            made = self._coded(DECODE[Law.MU][np.frombuffer(payload, np.uint8)].tobytes())
        if made is None:
            return None
        return HEADER.pack(first, second, sequence, timestamp * SCALE & 0xFFFF_FFFF, ssrc) + made

    def _coded(self, pcm: bytes) -> bytes | None:
        length = len(pcm) // 2
        if length in WHOLE:
            return self._encoder.encode(pcm)
        if length == 0 or length % TEN_MS or length > 12 * TEN_MS:
            return None
        step = 2 * TEN_MS
        return joined([self._encoder.encode(pcm[at : at + step]) for at in range(0, len(pcm), step)])


def joined(packets: list[bytes]) -> bytes:
    """Packets of one frame each as one packet with several (RFC 6716 section 3.2.5, variable rate)."""
    frames = [packet[1:] for packet in packets]
    lengths = b"".join(
        bytes([size]) if size < 252 else bytes([252 + (size & 3), (size - 252 - (size & 3)) >> 2])
        for size in map(len, frames[:-1])
    )
    return bytes([packets[0][0] | CODE_3, VARIABLE | len(frames)]) + lengths + b"".join(frames)


def event_in(payload: bytes, scale: float) -> bytes:
    """A telephone-event with its duration in another clock; the longest is as long as the field allows."""
    if len(payload) < _EVENT.size:
        return payload
    event, flags, duration = _EVENT.unpack_from(payload)
    return _EVENT.pack(event, flags, min(0xFFFF, int(duration * scale)))


def _companded(pcm: bytes) -> bytes:
    return encode(np.frombuffer(pcm, np.int16), Law.MU)
