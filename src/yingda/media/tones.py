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

US = {"dial": (350, 440), "ringback": (440, 480), "busy": (480, 620), "congestion": (480, 620)}
TWICE = (400, 200, 400, 2_000)
"""ms: the double ring of British networks and those that followed them."""


def _one(
    hertz: int, ringback: tuple[int, ...], busy: tuple[int, ...], congestion: tuple[int, ...], warble: int = 0
) -> dict[str, Tone]:
    """A network whose tones all have one frequency. warble: Hz by which the ring (and no other) is modulated."""
    ring = (hertz - warble, hertz + warble) if warble else (hertz,)
    return {
        "dial": Tone((hertz,)), "ringback": Tone(ring, ringback), "busy": Tone((hertz,), busy),
        "congestion": Tone((hertz,), congestion),
    }  # fmt: skip


def _precise(ringback: tuple[int, ...]) -> dict[str, Tone]:
    """The precise tone plan of North America, with the ring of its own."""
    cadences = {"dial": (1_000,), "ringback": ringback, "busy": (500, 500), "congestion": (250, 250)}
    return {name: Tone(US[name], cadence) for name, cadence in cadences.items()}


COUNTRIES: dict[str, dict[str, Tone]] = {
    "au": _one(425, TWICE, (375, 375), (375, 375), warble=25),
    "ca": _precise((2_000, 4_000)),
    "ch": _one(425, (1_000, 4_000), (500, 500), (200, 200)),
    "cn": _one(450, (1_000, 4_000), (350, 350), (700, 700)),
    "de": _one(425, (1_000, 4_000), (480, 480), (240, 240)),
    "es": _one(425, (1_500, 3_000), (200, 200), (200, 200, 200, 200, 200, 600)),
    "fr": _one(440, (1_500, 3_500), (500, 500), (250, 250)),
    "gb": {
        "dial": Tone((350, 440)),
        "ringback": Tone((400, 450), TWICE),
        "busy": Tone((400,), (375, 375)),
        "congestion": Tone((400,), (400, 350, 225, 525)),
    },
    "hk": _precise((400, 200, 400, 3_000)),
    "in": _one(400, TWICE, (750, 750), (250, 250), warble=25),
    "it": {**_one(425, (1_000, 4_000), (500, 500), (200, 200)), "dial": Tone((425,), (200, 200, 600, 1_000))},
    "jp": _one(400, (1_000, 2_000), (500, 500), (500, 500), warble=16),
    "kr": {**_precise((1_000, 2_000)), "congestion": Tone((480, 620), (300, 200))},
    "mo": _one(425, (1_000, 4_000), (500, 500), (250, 250)),
    "nl": _one(425, (1_000, 4_000), (500, 500), (250, 250)),
    "nz": {**_one(400, TWICE, (500, 500), (250, 250)), "ringback": Tone((400, 450), TWICE)},
    "ru": _one(425, (800, 3_200), (400, 400), (200, 200)),
    "sg": _one(425, TWICE, (750, 750), (250, 250), warble=24),
    "tw": _precise((1_000, 2_000)),
    "us": _precise((2_000, 4_000)),
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
