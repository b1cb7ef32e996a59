"""Between 8 and 16 kHz, piece by piece: one half-band low-pass (Kaiser, flat to 3.4 kHz, −70 dB from 4.6 kHz on).

Float samples, 16-bit scale. Each object is one stream: it remembers the end of the piece before. The filter delays by
HALF samples of 16 kHz (2 ms).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

HALF = 32
KAISER_BETA = 7.0
_OFFSET = np.arange(-HALF, HALF + 1)
_LOW_PASS: Floats = 0.5 * np.sinc(0.5 * _OFFSET) * np.kaiser(2 * HALF + 1, KAISER_BETA)
_LOW_PASS /= _LOW_PASS.sum()


class Doubler:
    """8 to 16 kHz: twice as many samples come out as go in."""

    def __init__(self) -> None:
        self._past = np.zeros(2 * HALF)

    def take(self, samples: Floats) -> Floats:
        spread = np.zeros(2 * len(samples))
        spread[::2] = samples
        joined = np.concatenate([self._past, spread])
        self._past = joined[-2 * HALF :]
        return 2 * np.convolve(joined, _LOW_PASS, "valid")


class Halver:
    """16 to 8 kHz; of an odd piece the last sample's turn comes with the next one."""

    def __init__(self) -> None:
        self._past = np.zeros(2 * HALF)
        self._odd = 0

    def take(self, samples: Floats) -> Floats:
        joined = np.concatenate([self._past, samples])
        self._past = joined[-2 * HALF :]
        kept = np.convolve(joined, _LOW_PASS, "valid")[self._odd :: 2]
        self._odd = (self._odd + len(samples)) % 2
        return kept
