"""A leg that speaks G.722, whose RTP clock is 8 kHz by an old mistake (RFC 3551 section 4.5.2): a tick a byte."""

from __future__ import annotations

from yingda.kernel.g722 import Coder
from yingda.media.coded_line import CodedLine, Heard, companded


class G722Line(CodedLine):
    """A lost packet leaves the decoder where it was; it finds its level again within a few milliseconds."""

    name = "G722"

    def __init__(self, event_number: int | None) -> None:
        super().__init__(event_number)
        self._decoder, self._encoder = Coder(), Coder()

    def _begin(self) -> None:
        self._decoder = Coder()

    def _decoded(self, payload: bytes, ahead: int) -> list[Heard]:
        return [(0, companded(self._decoder.decode(payload)))]

    def _coded(self, pcm: bytes) -> bytes | None:
        return self._encoder.encode(pcm)
