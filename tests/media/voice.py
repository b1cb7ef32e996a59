"""A voice to measure with: vowels of gliding pitch between hisses and pauses, the same for the same seed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

RATE = 8_000
FORMANTS = ((700, 1_200, 2_500), (300, 2_300, 3_000), (500, 900, 2_400), (400, 1_700, 2_600))
Wave = npt.NDArray[np.float64]


def voice(seconds: float, seed: int = 1, level: float = 2_500.0) -> Wave:
    """Samples at 8 kHz, RMS about `level` while it speaks."""
    rng = np.random.default_rng(seed)
    pieces: list[Wave] = []
    while sum(map(len, pieces)) < seconds * RATE:
        pieces.append(_vowel(rng) * level)
        if rng.random() < 0.3:
            pieces.append(rng.standard_normal(round(rng.uniform(0.05, 0.1) * RATE)) * level * 0.2)
        if rng.random() < 0.3:
            pieces.append(rng.standard_normal(round(rng.uniform(0.1, 0.3) * RATE)) * 8.0)
    return np.concatenate(pieces)[: round(seconds * RATE)]


def _vowel(rng: np.random.Generator) -> Wave:
    """120–300 ms of harmonics below formants; the pitch glides."""
    count = round(rng.uniform(0.12, 0.3) * RATE)
    begin, end = rng.uniform(95, 190, 2)
    phase = 2 * np.pi * np.cumsum(np.linspace(begin, end, count)) / RATE
    formants = FORMANTS[rng.integers(len(FORMANTS))]
    wave = np.zeros(count)
    for harmonic in range(1, int(3_600 / max(begin, end)) + 1):
        hertz = harmonic * (begin + end) / 2
        strength = sum(1.0 / (1.0 + ((hertz - formant) / 120) ** 2) for formant in formants)
        wave += strength * np.cos(harmonic * phase)
    wave /= np.sqrt(np.mean(wave**2))
    edge = np.minimum(1.0, np.minimum(np.arange(count), np.arange(count)[::-1]) / 160)
    return np.asarray(wave * edge)


def distance(clean: npt.ArrayLike, heard: npt.ArrayLike) -> float:
    """Log-spectral distance in dB: RMS over bands and frames of 20 ms, Hann window.

    Bands are the 80 bins of 50 Hz; levels below −60 dB of full scale are taken as that, so silence is not infinite.
    """
    one, other = (_spectra(np.asarray(wave, np.float64)) for wave in (clean, heard))
    return float(np.sqrt(np.mean((one - other) ** 2)))


def _spectra(wave: Wave) -> Wave:
    frames = wave[: len(wave) // 160 * 160].reshape(-1, 160) * np.hanning(160)
    power = np.abs(np.fft.rfft(frames, axis=1)) ** 2 / (32_768.0**2 * 160)
    return np.asarray(10 * np.log10(np.maximum(power, 1e-6)))
