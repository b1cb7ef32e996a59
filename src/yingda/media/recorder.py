"""Recording: a tap on one leg, left what it says, right what it hears, on the server's clock.

Packets are placed by their own timestamps, held against the time they passed here: a side may run up to 200 ms late, a
drifting clock is brought back in steps of at most 20 ms a second, up to three lost packets in a row are concealed, and
the file's length is the wall time between start and stop. Pure: `flush` gives the bytes that are final, somebody else
writes them.
Positions are samples of 8 kHz since the start; a stereo sample is two bytes of µ-law.
"""

from __future__ import annotations

from operator import itemgetter

import numpy as np

from yingda.kernel.clock import SECOND
from yingda.media.concealment import HISTORY, Concealment
from yingda.media.g711 import DECODE_FLOAT, OTHER_LAW, SILENCE, Law, encode

LATE = 1_600  # samples a packet may be late: 200 ms
DRIFT = 160
FLUSH_EVERY = SECOND
LONGEST_GAP = 480  # samples that are concealed: 60 ms; what is longer is a pause
FULL = 32_635.0
_POSITION = itemgetter(0)

Tapped = tuple[int, object, int, int, bytes]
"""(µs when it passed, the line's token, timestamp, law, payload): what the relay appends for each packet."""


class Side:
    """One channel's packets since the last flush, and how its timestamps map to positions."""

    __slots__ = ("_last", "_last_end", "_shift", "_token", "concealed", "late", "taps")

    def __init__(self) -> None:
        self.taps: list[Tapped] = []
        self.late = self.concealed = 0
        self._last, self._last_end = b"", 0  # what came last, and the position of its end
        self._token: object = None
        self._shift = 0  # position − timestamp

    def place(self, window: bytearray, channel: int, base: int, started_at: int) -> None:
        """Write all tapped packets into the window (stereo bytes from position `base` on), extending it as needed."""
        tapped = self.taps[:]
        self.taps.clear()  # the leg holds this very list
        least, most = LATE, -LATE
        batch: list[tuple[int, bytes]] = []
        for at, token, timestamp, law, payload in tapped:
            arrived = (at - started_at) // 125
            position = (timestamp + self._shift) & 0xFFFF_FFFF
            behind = arrived - position
            if token is not self._token or not -LATE <= behind <= LATE:
                self._lay(window, channel, base, batch)
                self._token, self._shift = token, arrived - timestamp
                self._last, self._last_end = b"", 0
                position, behind = arrived, 0
            if behind < least:
                least = behind
            if behind > most:
                most = behind
            batch.append((position, payload if law == Law.MU else payload.translate(OTHER_LAW[law])))
        self._lay(window, channel, base, batch)
        if tapped and (least > DRIFT or most < -DRIFT):
            drift = least if least > 0 else most
            self._shift += max(-DRIFT, min(DRIFT, drift))

    def _lay(self, window: bytearray, channel: int, base: int, batch: list[tuple[int, bytes]]) -> None:
        """Packets of one line to their positions, and the batch is empty: in their order, so that what only overtook
        leaves no gap to conceal, and those that follow each other in one piece."""
        batch.sort(key=_POSITION)
        run: list[bytes] = []
        run_start = run_end = 0
        for position, payload in batch:
            if position != run_end:
                self._write_run(window, channel, run_start, base, run)
                if self._last and 0 < position - self._last_end <= LONGEST_GAP:
                    self._bridge(window, channel, base, position)
                run, run_start = [], position
            run.append(payload)
            run_end = position + len(payload)
        self._write_run(window, channel, run_start, base, run)
        batch.clear()

    def _write_run(self, window: bytearray, channel: int, start: int, base: int, run: list[bytes]) -> None:
        if run:
            whole = b"".join(run)
            if start + len(whole) > self._last_end:  # not one that came out of order
                self._last, self._last_end = (self._last + whole)[-HISTORY:], start + len(whole)
            self._write(window, channel, start - base, whole)

    def _bridge(self, window: bytearray, channel: int, base: int, position: int) -> None:
        """A short gap: the voice goes on. A packet that comes late after all is written over it."""
        missing = position - self._last_end
        heard = DECODE_FLOAT[Law.MU][np.frombuffer(self._last, np.uint8)]
        made = np.rint(np.clip(Concealment().fill(heard, missing), -FULL, FULL)).astype(np.int16)
        self.concealed += missing
        self._write(window, channel, self._last_end - base, encode(made, Law.MU))

    def _write(self, window: bytearray, channel: int, start: int, payload: bytes) -> None:
        end = start + len(payload)
        if not payload:
            return
        if start < 0:
            self.late += 1
            if end <= 0:
                return
            payload, start = payload[-start:], 0
        if 2 * end > len(window):
            window.extend(SILENCE[Law.MU] * (2 * end - len(window)))
        window[2 * start + channel : 2 * end : 2] = payload


class Recorder:
    """Two sides and the window that is not final yet."""

    __slots__ = ("_window", "_written", "left", "leg_id", "path", "recording_id", "right", "started_at")

    def __init__(self, recording_id: str, leg_id: str, path: str, started_at: int, written: int = 0) -> None:
        """written: samples that an earlier process has put on file."""
        self.recording_id, self.leg_id, self.path = recording_id, leg_id, path
        self.started_at = started_at
        self.left, self.right = Side(), Side()
        self._window = bytearray()
        self._written = written  # position up to which bytes were given out

    def flush(self, now: int) -> bytes:
        """Stereo bytes up to 200 ms before now."""
        return self._advance((now - self.started_at) // 125 - LATE)

    def stop(self, now: int) -> bytes:
        """All the rest; the recording is then as long as the time since its start."""
        return self._advance((now - self.started_at) // 125)

    def duration_ms(self, now: int) -> int:
        return (now - self.started_at) // 1_000

    def _advance(self, end: int) -> bytes:
        for channel, side in enumerate((self.left, self.right)):
            side.place(self._window, channel, self._written, self.started_at)
        length = 2 * max(0, end - self._written)
        if len(self._window) < length:
            self._window.extend(SILENCE[Law.MU] * (length - len(self._window)))
        chunk = bytes(self._window[:length])
        del self._window[:length]
        self._written += length // 2
        return chunk

    def as_dict(self) -> dict[str, object]:
        return {
            "recording_id": self.recording_id, "leg_id": self.leg_id, "path": self.path, "started_at": self.started_at,
            "late": self.left.late + self.right.late, "concealed": self.left.concealed + self.right.concealed,
        }  # fmt: skip
