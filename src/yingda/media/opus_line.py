"""A leg that speaks Opus (RFC 7587): 48 kHz time and Opus on the wire.

A single lost packet is taken back out of the next one, which carries it coarsely (in-band FEC).
"""

from __future__ import annotations

from yingda.kernel.opus import Decoder, Encoder, OpusError
from yingda.media.coded_line import CodedLine, Heard, companded
from yingda.media.g711 import FRAME

BIT_RATE = 24_000
COMPLEXITY = 2
LOSS_PERCENT = 5
TEN_MS = 80
WHOLE = {80, 160, 320, 480}  # samples that are one Opus frame
CODE_3, VARIABLE = 3, 0x80


class OpusLine(CodedLine):
    name = "opus"
    scale = 6

    def __init__(self, event_number: int | None) -> None:
        super().__init__(event_number)
        self._decoder = Decoder(8_000)
        self._encoder = Encoder(8_000, bit_rate=BIT_RATE, complexity=COMPLEXITY, loss_percent=LOSS_PERCENT)
        self.recovered = 0

    def _decoded(self, payload: bytes, ahead: int) -> list[Heard]:
        heard: list[Heard] = []
        try:
            if ahead == 2:
                heard.append((FRAME, companded(self._decoder.recover(payload, FRAME))))
                self.recovered += 1
            heard.append((0, companded(self._decoder.decode(payload))))
        except OpusError:
            return []
        return heard

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
