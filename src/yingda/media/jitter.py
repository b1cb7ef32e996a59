"""A small jitter buffer, on the sender's timestamps; only legs that are mixed have one.

A ring of one second of bytes: a packet is written where its timestamp says, whatever its length and order, and each
tick takes the next 160. What never came is silence. The delay starts at 40 ms, grows by 20 ms when packets come
too late (up to 160 ms) or the buffer runs dry, and is cut back by a frame when for two seconds more than a frame too
much lay waiting, which is also what absorbs a sender's clock that runs fast or slow.
"""

from __future__ import annotations

from yingda.media.g711 import FRAME, OTHER_LAW, SILENCE, Law

SIZE = 8_192  # samples, a power of two
START_DELAY = 2 * FRAME
MAX_DELAY = 8 * FRAME
WINDOW = 100  # ticks between two looks at the reserve
PATIENCE = 3
RESYNC = 4_000  # a timestamp further away than this starts over


class JitterBuffer:
    """`put` a packet, `pull` a frame each 20 ms; all bytes are of `law` (the other law is translated)."""

    __slots__ = (
        "_delay",
        "_dry",
        "_end",
        "_least",
        "_play",
        "_ring",
        "_silence",
        "_ticks",
        "_token",
        "late",
        "law",
        "missing",
    )

    def __init__(self, law: Law) -> None:
        self.law = law
        self._silence = SILENCE[law]
        self._ring = bytearray(self._silence * SIZE)
        self._token: object = None
        self._play = self._end = 0  # unwrapped timestamps: next to play, end of what came
        self._delay = START_DELAY
        self._least, self._ticks = SIZE, 0
        self._dry = 0  # frames in a row that found nothing
        self.late = 0
        self.missing = 0

    @property
    def delay(self) -> int:
        """The delay aimed at, in samples."""
        return self._delay

    def put(self, token: object, timestamp: int, payload: bytes, law: int) -> None:
        """A packet of the line `token`; a new line starts the buffer over."""
        if law != self.law:
            payload = payload.translate(OTHER_LAW[law])
        length = len(payload)
        if token is not self._token or length > RESYNC:
            payload = payload[:RESYNC]
            length = len(payload)
            self._start(token, timestamp)
        ahead = (timestamp - self._play) & 0xFFFF_FFFF
        start = self._play + (ahead if ahead < 0x8000_0000 else ahead - 0x1_0000_0000)
        if abs(start - self._play) > RESYNC:
            self._start(token, timestamp)
            start = timestamp
        if start < self._play:
            self.late += 1
            if start + length <= self._play:
                self._delay = min(MAX_DELAY, self._delay + FRAME)
                self._play -= FRAME  # wait a frame longer
                return
            payload = payload[self._play - start :]
            start, length = self._play, len(payload)
        self._write(start, payload)
        self._end = max(self._end, start + length)

    def _start(self, token: object, timestamp: int) -> None:
        self._ring[:] = self._silence * SIZE
        self._token = token
        self._end = timestamp
        self._play = timestamp - self._delay
        self._least, self._ticks = SIZE, 0

    def _write(self, start: int, payload: bytes) -> None:
        at = start % SIZE
        fits = SIZE - at
        if len(payload) <= fits:
            self._ring[at : at + len(payload)] = payload
        else:
            self._ring[at:] = payload[:fits]
            self._ring[: len(payload) - fits] = payload[fits:]

    def pull(self) -> bytes:
        """The next 160 bytes."""
        if self._token is None:
            return self._silence * FRAME
        reserve = self._end - self._play
        if reserve <= 0:
            self.missing += 1
            self._dry += 1
            if self._dry > PATIENCE:
                self._token = None  # the sender paused; its next packet starts over
            return self._silence * FRAME  # else wait: the packet may only be late
        self._dry = 0
        self._watch(reserve)
        at = self._play % SIZE
        end = at + FRAME
        if end <= SIZE:
            frame = bytes(self._ring[at:end])
            self._ring[at:end] = self._silence * FRAME
        else:
            frame = bytes(self._ring[at:]) + bytes(self._ring[: end - SIZE])
            self._write(self._play, self._silence * FRAME)
        self._play += FRAME
        return frame

    def _watch(self, reserve: int) -> None:
        """Every two seconds: a frame that was never needed is dropped."""
        self._least = min(self._least, reserve)
        self._ticks += 1
        if self._ticks >= WINDOW:
            if self._least > self._delay + FRAME:
                self._write(self._play, self._silence * FRAME)
                self._play += FRAME
            elif self._least > 2 * FRAME and self._delay > START_DELAY:
                self._delay -= FRAME
            self._least, self._ticks = SIZE, 0
