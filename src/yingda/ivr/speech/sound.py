"""What is done to speech before a telephone carries it: the sampling rate, the level, silence at its ends."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from yingda.ivr.speech.tts import SAMPLE_RATE, Samples, to_wav
from yingda.kernel.errors import YingdaError

Floats = npt.NDArray[np.float64]

TAPS = 192
CUTOFF_HZ = 3_650
KAISER_BETA = 8.0  # about 80 dB down from 4 kHz on, with TAPS at 22.05 kHz

SPEECH_DBFS = -20.0  # of the parts that are speech; ITU-T P.56 calls it the active level
PEAK = 0.9
FRAME = 160


@lru_cache(maxsize=4)
def _filter_bank(rate: int, up: int) -> Floats:
    """A windowed-sinc low-pass, one row (TAPS) for each of the `up` phases; every row has a gain of 1 at 0 Hz."""
    phases = np.arange(up)[:, None] / up
    taps = np.arange(TAPS)[None, :] - (TAPS // 2 - 1) - phases
    cutoff = min(CUTOFF_HZ, 0.45 * rate) / rate
    inside = np.clip(1 - (taps / (TAPS / 2)) ** 2, 0, None)
    bank = 2 * cutoff * np.sinc(2 * cutoff * taps) * np.i0(KAISER_BETA * np.sqrt(inside))
    normalised: Floats = bank / bank.sum(axis=1, keepdims=True)
    return normalised


def resample(samples: Floats, rate: int) -> Floats:
    """Samples (N) at `rate` Hz as samples (about N · 8000 / rate) at 8 kHz, without aliases.

    A rational polyphase filter: output n lies at n · down / up of the input, so it uses phase (n · down) mod up.
    """
    if rate == SAMPLE_RATE or not samples.size:
        return samples
    common = math.gcd(rate, SAMPLE_RATE)
    up, down = SAMPLE_RATE // common, rate // common
    bank = _filter_bank(rate, up)
    length = -(-samples.size * up // down)
    padded = np.pad(samples, (TAPS // 2 - 1, TAPS // 2 + 1))
    windows = np.lib.stride_tricks.sliding_window_view(padded, TAPS)
    output = np.empty(length)
    for first in range(min(up, length)):  # outputs `first`, `first + up`, … share a phase and lie `down` inputs apart
        start, phase = divmod(first * down, up)
        count = len(range(first, length, up))
        output[first::up] = windows[start::down][:count] @ bank[phase]
    return output


def active_level(samples: Floats) -> float:
    """RMS (full scale 1) of the 20 ms frames that are not silence: those within 30 dB of the loudest. 0 if all are."""
    frames = samples[: samples.size // FRAME * FRAME].reshape(-1, FRAME)
    power: Floats = np.mean(frames**2, axis=1)
    loudest = float(power.max(initial=0.0))
    if loudest <= 0:
        return 0.0
    return float(np.sqrt(power[power > loudest / 1_000].mean()))


def to_speech_level(samples: Floats) -> Samples:
    """Samples (full scale 1) as PCM16 at the active level of SPEECH_DBFS, or less where a peak would clip."""
    level = active_level(samples)
    if not level:
        return np.zeros(samples.size, np.int16)
    gain = min(10 ** (SPEECH_DBFS / 20) / level, PEAK / float(np.abs(samples).max()))
    return np.rint(samples * gain * 32_767).astype(np.int16)


def spoken_wav(raw: bytes, rate: int) -> bytes:
    """What an engine said, as PCM16 at `rate` Hz, as the WAV file of a prompt. Raises YingdaError `speech_text`."""
    samples = np.frombuffer(raw[: len(raw) // 2 * 2], "<i2").astype(np.float64) / 32_768
    if not samples.size or not rate:
        raise YingdaError("speech_text", "There is nothing in this text that can be spoken.")
    return to_wav(to_speech_level(resample(samples, rate)))


class Portions:
    """Speech that is still coming, ready for the telephone in portions: the first after FIRST samples, the others after
    LATER, so that none runs out before the next is there. Its level is set by the first that is no silence."""

    FIRST, LATER = 3_200, 6_400

    def __init__(self, rate: int) -> None:
        self._rate = rate
        common = math.gcd(rate, SAMPLE_RATE)
        self._up, self._down = SAMPLE_RATE // common, rate // common
        self._raw: Floats = np.zeros(0)
        self._given = 0  # samples at 8 kHz of `_raw` that were given away
        self._wanted = self.FIRST
        self._gain = 0.0

    def more(self, raw: bytes, *, last: bool = False) -> Samples | None:
        """PCM16 at the rate it comes in. A portion (N at 8 kHz), if enough of it is there."""
        coming = np.frombuffer(raw, "<i2").astype(np.float64) / 32_768
        self._raw = np.concatenate([self._raw, coming])
        edge = 0 if last or self._rate == SAMPLE_RATE else TAPS
        there = (self._raw.size - edge) * self._up // self._down
        if not last and there - self._given < self._wanted:
            return None
        ready = resample(self._raw, self._rate)[self._given : None if last else there]
        self._given += ready.size
        self._forget()
        self._wanted = self.LATER
        return self._levelled(ready)

    def _forget(self) -> None:
        """Keep what the filter still needs: whole periods of it go."""
        periods = max(0, self._given // self._up - TAPS)
        self._raw, self._given = self._raw[periods * self._down :], self._given - periods * self._up

    def _levelled(self, samples: Floats) -> Samples:
        level = active_level(samples)
        if not self._gain and level:
            self._gain = min(10 ** (SPEECH_DBFS / 20) / level, PEAK / float(np.abs(samples).max()))
        return np.rint(np.clip(samples * self._gain, -1, 1) * 32_767).astype(np.int16)


def trimmed(samples: Samples, kept_ms: int) -> Samples:
    """Samples (N) at 8 kHz without the silence at their ends, but for `kept_ms` of it. Silence lies 40 dB below the
    loudest 20 ms."""
    frames = samples[: samples.size // FRAME * FRAME].reshape(-1, FRAME).astype(np.float64)
    power: Floats = np.mean(frames**2, axis=1)
    loud = np.flatnonzero(power > float(power.max(initial=0.0)) / 10_000)
    if not loud.size:
        return samples[:0]
    kept = kept_ms * SAMPLE_RATE // 1_000
    first, last = int(loud[0]) * FRAME - kept, (int(loud[-1]) + 1) * FRAME + kept
    return samples[max(0, first) : last]
