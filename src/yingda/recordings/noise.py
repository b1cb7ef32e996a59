"""Noise taken out of a recording when it is archived (REC-04): steady hiss, hum and murmur behind a voice.

Per channel and per bin of a short spectrum: what is always there is the noise, by the minimum of the smoothed power
over some seconds (Martin, "Noise power spectral density estimation based on optimal smoothing and minimum statistics",
IEEE Trans. Speech Audio Process. 9(5), 2001, in its simplest form); what remains is weighted by Wiener's gain, with the
decision-directed estimate of the signal-to-noise ratio (Ephraim and Malah, IEEE Trans. ASSP 32(6), 1984), which keeps
the rest from tinkling. Pure; the worker's processor time, never a call's.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from yingda.recordings import linear
from yingda.recordings.linear import RATE, Stereo

Spectra = npt.NDArray[np.float64]
"""channels × frames × bins: power, or a gain."""

SIZE, HOP = 256, 128  # samples: frames of 32 ms, half overlapped
WINDOW = np.sqrt(np.hanning(SIZE + 1)[:SIZE])
"""Root-Hann before and after: halves add up to one."""
PIECE = 60 * RATE // HOP  # frames that are worked on at a time
SMOOTH = 8  # frames: 144 ms
BLOCK = 25  # frames of 0.4 s; a minimum is that of a block and of NEAR on each side
NEAR = 5
BIAS = 2.4
"""By how much the mean of noise is above the minimum of its smoothed power; measured with white noise."""
PAST = 0.97  # how much the last frame counts for the ratio of this one
FLOOR = 10 ** (-18 / 20)  # as much stays of what is nothing but noise: no holes
INAUDIBLE = 1.0  # power of a bin of silence (µ-law's quietest sample is 8)


def read(wav: Path) -> Stereo:
    """A recording's samples with less noise. Raises as `linear.read`."""
    return reduced(linear.read(wav))


def reduced(sound: Stereo) -> Stereo:
    """The same, as long and in the same place, with less noise: samples × 2."""
    samples = sound.T.astype(np.float64)
    count = samples.shape[1]
    frames = -(-count // HOP) + 1
    padded = np.zeros((samples.shape[0], (frames + 1) * HOP))
    padded[:, HOP : HOP + count] = samples
    out = np.zeros_like(padded)
    ratio = np.zeros((samples.shape[0], SIZE // 2 + 1))  # the speech-to-noise ratio that the last frame had
    for first in range(0, frames, PIECE):
        last = min(first + PIECE, frames)
        before, behind = max(0, first - NEAR * BLOCK), min(frames, last + NEAR * BLOCK)
        spectra = _spectra(padded, before, behind)
        power = np.abs(spectra) ** 2
        kept = slice(first - before, last - before)
        gains = _gains(power[:, kept], noise_floor(power)[:, kept], ratio)
        for frame, cleaned in enumerate(np.fft.irfft(spectra[:, kept] * gains, SIZE).transpose(1, 0, 2), first):
            out[:, frame * HOP : frame * HOP + SIZE] += cleaned * WINDOW
    whole = np.clip(np.rint(out[:, HOP : HOP + count]), -32_768, 32_767).astype(np.int16)
    return np.ascontiguousarray(whole.T)


def _spectra(padded: npt.NDArray[np.float64], first: int, last: int) -> npt.NDArray[np.complex128]:
    """channels × frames × bins."""
    frames = np.lib.stride_tricks.sliding_window_view(padded, SIZE, axis=1)[:, first * HOP : (last - 1) * HOP + 1 : HOP]
    return np.fft.rfft(frames * WINDOW, axis=2)


def noise_floor(power: Spectra) -> Spectra:
    """The noise's power. Frames of digital silence (a pause, a gap) say nothing of it."""
    heard = np.where(power.mean(axis=2, keepdims=True) > INAUDIBLE, power, np.nan)
    blocks = -(-power.shape[1] // BLOCK)
    lowest = np.full((power.shape[0], blocks + 2 * NEAR, power.shape[2]), np.inf)
    smooth = _smoothed(heard)
    for block in range(blocks):
        part = smooth[:, block * BLOCK : (block + 1) * BLOCK]
        lowest[:, block + NEAR] = np.where(np.isnan(part), np.inf, part).min(axis=1)
    around = np.lib.stride_tricks.sliding_window_view(lowest, 2 * NEAR + 1, axis=1).min(axis=-1)
    found = np.where(np.isinf(around), 0.0, around * BIAS)
    return np.repeat(found, BLOCK, axis=1)[:, : power.shape[1]]


def _smoothed(power: Spectra) -> Spectra:
    """The mean of each frame and those before it; not a number where one of them is silence."""
    sums = np.cumsum(np.nan_to_num(power), axis=1)
    silent = np.cumsum(np.isnan(power[:, :, :1]), axis=1)
    mean = (sums[:, SMOOTH:] - sums[:, :-SMOOTH]) / SMOOTH
    whole = silent[:, SMOOTH:] == silent[:, :-SMOOTH]
    head = np.full((power.shape[0], min(SMOOTH, power.shape[1]), power.shape[2]), np.nan)
    return np.concatenate([head, np.where(whole, mean, np.nan)], axis=1)


def _gains(power: Spectra, noise: Spectra, ratio: npt.NDArray[np.float64]) -> Spectra:
    """Wiener's gain of each bin; `ratio` is carried on from piece to piece."""
    above = power / np.maximum(noise, INAUDIBLE * 1e-3)
    now = (1 - PAST) * np.maximum(above - 1, 0)
    gains = np.empty_like(power)
    for frame in range(power.shape[1]):
        estimate = PAST * ratio + now[:, frame]
        gain = estimate / (1 + estimate)
        ratio[:] = gain * gain * above[:, frame]
        gains[:, frame] = np.maximum(gain, FLOOR)
    return gains
