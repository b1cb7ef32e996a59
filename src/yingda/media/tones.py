"""Call-progress tones by country (ITU-T E.180 supplement 2), as sounds: one turn of the cadence, to be looped.

A component has −13 dBm0 when two sound together, −10 dBm0 alone. A continuous tone's turn is one second, into which
every frequency here fits a whole number of times, so a loop has no seam.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from yingda.kernel.errors import YingdaError
from yingda.media.sound import Sound

FULL_SCALE_DBM0 = 3.17
RATE = 8_000


@dataclass(frozen=True)
class Tone:
    """frequencies in Hz, sounding together; cadence in ms: on, off, on, off … (one number: continuous)."""

    frequencies: tuple[int, ...]
    cadence: tuple[int, ...] = (1_000,)


COMMON = {"beep": Tone((1_000,), (200,)), "busy_beep": Tone((1_400,), (100,))}

COUNTRIES: dict[str, dict[str, Tone]] = {
    "cn": {
        "dial": Tone((450,)),
        "ringback": Tone((450,), (1_000, 4_000)),
        "busy": Tone((450,), (350, 350)),
        "congestion": Tone((450,), (700, 700)),
    },
    "us": {
        "dial": Tone((350, 440)),
        "ringback": Tone((440, 480), (2_000, 4_000)),
        "busy": Tone((480, 620), (500, 500)),
        "congestion": Tone((480, 620), (250, 250)),
    },
    "gb": {
        "dial": Tone((350, 440)),
        "ringback": Tone((400, 450), (400, 200, 400, 2_000)),
        "busy": Tone((400,), (375, 375)),
        "congestion": Tone((400,), (400, 350, 225, 525)),
    },
}


def amplitude(dbm0: float) -> float:
    """Peak sample of a sine of that level."""
    return float(32_124 * 10 ** ((dbm0 - FULL_SCALE_DBM0) / 20))


def tone(name: str, country: str) -> Sound:
    """`busy` in the country's own form, or `us/busy`. Raises `tone_unknown`."""
    place, slash, bare = name.partition("/")
    if not slash:
        place, bare = country, name
    shape = COMMON.get(bare) or COUNTRIES.get(place, {}).get(bare)
    if shape is None:
        raise YingdaError(
            "tone_unknown",
            f"There is no tone {bare!r} for {place!r}.",
            todo=f"Known are {', '.join(sorted(COUNTRIES['cn']))} for {', '.join(sorted(COUNTRIES))}.",
        )
    return _generate(shape)


@lru_cache(maxsize=64)
def _generate(shape: Tone) -> Sound:
    level = amplitude(-10.0 if len(shape.frequencies) == 1 else -13.0)
    parts = []
    for index, ms in enumerate(shape.cadence):
        time = np.arange(ms * RATE // 1_000) / RATE
        wave = sum(level * np.sin(2 * np.pi * frequency * time) for frequency in shape.frequencies)
        parts.append(np.asarray(wave if index % 2 == 0 else np.zeros_like(time)))
    return Sound.of(np.rint(np.concatenate(parts)).astype(np.int16))
