"""What is heard where a packet is missing: the voice goes on as it was, more and more softly (after G.711 Appendix I).

The pitch is the lag of 5–15 ms at which the last 20 ms resemble what was before them most (normalised correlation). The
last period is repeated, after 10 ms the last two, after 20 ms three, so that a hiss does not become a buzz. From 10 ms
on the repetition fades, a fifth each 10 ms, into noise as loud as the quiet moments before. What comes back is faded in
over 5 ms. Samples are float, 16-bit scale, 8 kHz.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

SHORTEST, LONGEST = 40, 120  # samples of a period: 200 Hz to 66 Hz
WINDOW = 160
HISTORY = 3 * LONGEST + LONGEST // 4 + 1
"""Samples that `fill` wants to see; fewer are taken as preceded by silence."""
STEP = 80  # 10 ms
FADE_STEPS = 5
FADE_IN = 40
NOISE_RISE = 1.01  # a frame: the floor follows a louder background at 4 dB a second

_RISE = np.linspace(0.0, 1.0, FADE_IN, endpoint=False, dtype=np.float32)


def pitch(before: Floats) -> int:
    """The period of the last samples (at least WINDOW + LONGEST of them)."""
    now = before[-WINDOW:]
    earlier = before[-WINDOW - LONGEST : -SHORTEST]
    sums = np.concatenate([[0.0], np.cumsum(earlier.astype(np.float64) ** 2)])
    energy = np.sqrt(sums[WINDOW:] - sums[:-WINDOW]) + 1.0
    likeness = np.correlate(earlier, now, "valid") / energy
    return LONGEST - int(np.argmax(likeness))


class Concealment:
    """One line's gaps. `heard` each whole frame, `fill` what is missing, `join` the first frame after it."""

    __slots__ = ("_at", "_before", "_filled", "_floor", "_period", "_seed")

    def __init__(self) -> None:
        self._before: Floats | None = None  # what the running gap is made of
        self._period = self._at = self._filled = 0
        self._floor = 0.0  # RMS of quiet moments
        self._seed = np.random.default_rng(1)

    @property
    def active(self) -> bool:
        return self._before is not None

    @property
    def floor(self) -> float:
        return self._floor

    def calm(self, level: float) -> None:
        """The far end told how loud its background is (RFC 3389): RMS, 16-bit scale."""
        self._floor = level

    def observe(self, frame: Floats) -> None:
        """A whole frame that was heard: the floor falls at once and rises slowly."""
        level = float(np.sqrt(np.mean(frame * frame)))
        self._floor = level if self._floor == 0.0 else min(level, self._floor * NOISE_RISE)

    def fill(self, before: Floats, count: int) -> Floats:
        """The next `count` samples of a gap. before: what was heard until the gap; of later calls the first's."""
        if self._before is None:
            self._before = np.concatenate([np.zeros(max(0, HISTORY - len(before)), np.float32), before])[-HISTORY:]
            self._period, self._at, self._filled = pitch(self._before), 0, 0
        made = np.empty(count, np.float32)
        done = 0
        while done < count:
            length = min(count - done, STEP - self._filled % STEP)
            made[done : done + length] = self._piece(self._before, length)
            done += length
        return made

    def _piece(self, before: Floats, length: int) -> Floats:
        """Part of one 10 ms step."""
        step = self._filled // STEP
        cycle = _cycle(before, self._period, min(3, step + 1))
        voice = cycle[(self._at + np.arange(length)) % len(cycle)]
        if self._filled == 0:  # no step at the seam: the difference is taken back over a quarter of a period
            quarter = min(length, self._period // 4)
            voice[:quarter] += (before[-1] - before[-self._period - 1]) * np.linspace(1, 0, quarter, dtype=np.float32)
        place = self._filled + np.arange(length, dtype=np.float32)
        strength = np.clip(1.0 - (place - STEP) / (FADE_STEPS * STEP), 0.0, 1.0)
        self._at += length
        self._filled += length
        noise = self._seed.standard_normal(length).astype(np.float32) * np.float32(self._floor)
        return np.asarray(voice * strength + noise * (1.0 - strength), np.float32)

    def join(self, frame: Floats) -> Floats:
        """The first frame after a gap, faded in from what the gap would have gone on with. Ends the gap."""
        if self._before is None:
            return frame
        beyond = self.fill(self._before, FADE_IN)
        self._before = None
        joined = frame.copy()
        joined[:FADE_IN] = beyond * (1 - _RISE) + frame[:FADE_IN] * _RISE
        return joined


def _cycle(before: Floats, period: int, periods: int) -> Floats:
    """The last periods, their end blended into what was before their beginning: they can be repeated without a seam."""
    length, quarter = period * periods, period // 4
    cycle = before[-length:].copy()
    rise = np.linspace(0.0, 1.0, quarter, dtype=np.float32)
    cycle[-quarter:] = cycle[-quarter:] * (1 - rise) + before[-length - quarter : -length] * rise
    return cycle
