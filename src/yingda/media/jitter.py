"""The jitter buffer of a leg that is mixed, on the sender's timestamps.

A ring of one second of bytes: a packet is written where its timestamp says, whatever its length and order, and each
tick takes the next 160. What never came is concealed. The delay starts at 40 ms and follows the line: it grows by 20 ms
when packets come too late (up to 160 ms) or the buffer runs dry, and shrinks by 20 ms when for two seconds more than
that lay waiting unneeded. That is also what absorbs a sender's clock that runs fast or slow: 200 ppm are a frame in
100 s. Every such step is blended: the voice is carried on for the fade, not cut.
"""

from __future__ import annotations

import numpy as np

from yingda.media.concealment import HISTORY, Concealment, Floats
from yingda.media.g711 import DECODE_FLOAT, ENCODE, FRAME, OTHER_LAW, SILENCE, Law

SIZE = 8_192  # samples, a power of two
START_DELAY = 2 * FRAME
MAX_DELAY = 8 * FRAME
WINDOW = 100  # ticks between two looks at the reserve
PATIENCE = 6
RESYNC = 4_000  # a timestamp further away than this starts over
KEPT = -(-HISTORY // FRAME)
OBSERVE_EVERY = 8  # frames
WHOLE = b"\1" * FRAME
NOTHING = bytes(FRAME)
FULL_SCALE_RMS = 32_124 / 2**0.5  # 0 dBov of RFC 3389 is a full-scale sine here: close enough for noise


class JitterBuffer:
    """`put` a packet, `pull` a frame each 20 ms; all bytes are of `law` (the other law is translated)."""

    __slots__ = (
        "_concealment",
        "_delay",
        "_dry",
        "_end",
        "_filled",
        "_least",
        "_past",
        "_play",
        "_pulled",
        "_ring",
        "_silence",
        "_skipped",
        "_ticks",
        "_token",
        "concealed",
        "late",
        "law",
        "missing",
    )

    def __init__(self, law: Law) -> None:
        self.law = law
        self._silence = SILENCE[law]
        self._ring = bytearray(self._silence * SIZE)
        self._filled = bytearray(SIZE)  # 1 where the ring holds what came
        self._token: object = None
        self._play = self._end = 0  # unwrapped timestamps: next to play, end of what came
        self._delay = START_DELAY
        self._least, self._ticks = SIZE, 0
        self._dry = 0  # frames in a row that found nothing
        self._pulled = 0
        self._skipped = False
        self._past: list[bytes] = []  # the last frames given out
        self._concealment = Concealment()
        self.late = 0
        self.missing = 0
        self.concealed = 0  # frames that were made up, in whole or in part

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
        _write(self._ring, start, payload)
        _write(self._filled, start, b"\1" * length)
        self._end = max(self._end, start + length)

    def calm(self, level: int) -> None:
        """A comfort-noise packet (RFC 3389): the sender is silent, its background has −level dBov."""
        self._concealment.calm(FULL_SCALE_RMS * 10 ** (-min(127, level) / 20))

    def _start(self, token: object, timestamp: int) -> None:
        self._ring[:] = self._silence * SIZE
        self._filled[:] = bytes(SIZE)
        self._token = token
        self._end = timestamp
        self._play = timestamp - self._delay
        self._least, self._ticks = SIZE, 0

    def pull(self) -> bytes:
        """The next 160 bytes."""
        if self._token is None:
            return self._conceal(NOTHING, NOTHING) if self._concealment.active else self._silence * FRAME
        reserve = self._end - self._play
        if reserve <= 0:
            self.missing += 1
            self._dry += 1
            if self._dry > PATIENCE:
                self._token = None  # the sender paused; its next packet starts over
            return self._conceal(NOTHING, NOTHING)  # and wait: the packet may only be late
        self._dry = 0
        self._watch(reserve)
        frame = _take(self._ring, self._play, self._silence * FRAME)
        filled = _take(self._filled, self._play, NOTHING)
        self._play += FRAME
        if filled != WHOLE or self._skipped or self._concealment.active:
            return self._conceal(frame, filled)
        self._pulled += 1
        if self._pulled % OBSERVE_EVERY == 0:
            self._concealment.observe(DECODE_FLOAT[self.law][np.frombuffer(frame, np.uint8)])
        return self._keep(frame)

    def _keep(self, frame: bytes) -> bytes:
        self._past.append(frame)
        if len(self._past) > KEPT:
            del self._past[0]
        return frame

    def _conceal(self, frame: bytes, filled: bytes) -> bytes:
        """A frame of which parts are missing, or the first one after such."""
        if not self._past and filled != WHOLE:
            return frame  # nothing was heard yet that could go on
        table = DECODE_FLOAT[self.law]
        samples: Floats = table[np.frombuffer(frame, np.uint8)]
        came = np.frombuffer(filled, np.uint8) == 1
        self.concealed += filled != WHOLE
        if not came.all():
            made = self._concealment.fill(self._heard(), FRAME)
            samples = np.where(came, samples, made)
        elif self._skipped and not self._concealment.active and self._past:
            self._concealment.fill(self._heard(), 0)
        if came.all():
            samples = self._concealment.join(samples)
        self._skipped = False
        rounded = np.rint(np.clip(samples, -32_635, 32_635)).astype(np.int16).view(np.uint16)
        return self._keep(ENCODE[self.law][rounded].tobytes())

    def _heard(self) -> Floats:
        heard: Floats = DECODE_FLOAT[self.law][np.frombuffer(b"".join(self._past), np.uint8)]
        return heard

    def _watch(self, reserve: int) -> None:
        """Every two seconds: a frame that was never needed is dropped."""
        self._least = min(self._least, reserve)
        self._ticks += 1
        if self._ticks >= WINDOW:
            if self._least > self._delay + FRAME:
                _take(self._ring, self._play, self._silence * FRAME)
                _take(self._filled, self._play, NOTHING)
                self._play += FRAME
                self._skipped = True
            elif self._least > 2 * FRAME and self._delay > START_DELAY:
                self._delay -= FRAME
            self._least, self._ticks = SIZE, 0


def _write(ring: bytearray, start: int, piece: bytes) -> None:
    at = start % SIZE
    fits = SIZE - at
    if len(piece) <= fits:
        ring[at : at + len(piece)] = piece
    else:
        ring[at:] = piece[:fits]
        ring[: len(piece) - fits] = piece[fits:]


def _take(ring: bytearray, start: int, instead: bytes) -> bytes:
    """A frame out of the ring, which then holds `instead` there."""
    at = start % SIZE
    end = at + FRAME
    if end <= SIZE:
        frame = bytes(ring[at:end])
        ring[at:end] = instead
        return frame
    frame = bytes(ring[at:]) + bytes(ring[: end - SIZE])
    _write(ring, start, instead)
    return frame
