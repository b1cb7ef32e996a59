"""Music on hold of our own: a soft progression of four chords with a few bell notes, rendered, not recorded.

The loop closes without a seam (everything that sounds past its end is laid over its beginning), and all partials lie
within the telephone's band.
"""

from __future__ import annotations

import numpy as np

from yingda.ivr.speech.sound import Floats
from yingda.ivr.speech.tts import SAMPLE_RATE, Samples

BAR_S = 4.0
BARS: tuple[tuple[int, ...], ...] = (  # MIDI notes: Cmaj9, Am7, Fmaj7, G6sus, twice with another top voice
    *((48, 55, 60, 64, 71), (45, 57, 60, 64, 67), (53, 57, 60, 64, 69), (55, 59, 62, 64, 69)),
    *((48, 55, 62, 64, 67), (45, 57, 60, 67, 72), (53, 57, 64, 67, 72), (55, 60, 62, 67, 71)),
)
BELLS: tuple[tuple[float, int], ...] = (  # (seconds into the loop, MIDI note)
    *((1.0, 76), (2.5, 79), (5.0, 72), (6.5, 76), (9.0, 77), (10.0, 81), (13.0, 74), (14.5, 79)),
    *((17.0, 79), (18.5, 76), (21.0, 72), (22.0, 79), (25.0, 81), (26.5, 77), (29.0, 74), (30.5, 71)),
)
LOOP_S = BAR_S * len(BARS)
LEVEL_DBFS = -24.0
HIGHEST_HZ = 3_300.0


def render() -> Samples:
    """The loop: LOOP_S seconds at 8 kHz, the same samples every time."""
    loop = np.zeros(round(LOOP_S * SAMPLE_RATE))
    for bar, notes in enumerate(BARS):
        for voice, note in enumerate(notes):
            _lay(loop, bar * BAR_S - 0.4, _pad(note, voice))
    for at, note in BELLS:
        _lay(loop, at, _bell(note))
    loop *= 10 ** (LEVEL_DBFS / 20) / float(np.sqrt(np.mean(loop**2)))
    return np.rint(np.clip(loop, -0.95, 0.95) * 32_767).astype(np.int16)


def _lay(loop: Floats, at_s: float, sound: Floats) -> None:
    """Add a sound to the loop from `at_s` on, round its end."""
    places = (round(at_s * SAMPLE_RATE) + np.arange(sound.size)) % loop.size
    loop[places] += sound


def _frequency(note: int) -> float:
    return float(440.0 * 2 ** ((note - 69) / 12))


def _partials(note: int, strengths: tuple[float, ...], time: Floats, detune: float = 0.0) -> Floats:
    sound = np.zeros(time.size)
    for number, strength in enumerate(strengths, 1):
        frequency = _frequency(note) * number * (1 + detune)
        if frequency < HIGHEST_HZ:
            sound += strength * np.sin(2 * np.pi * frequency * time)
    return sound


def _pad(note: int, voice: int) -> Floats:
    """A held note that swells and fades over the bar's edges, two oscillators slightly apart."""
    time = np.arange(round((BAR_S + 0.8) * SAMPLE_RATE)) / SAMPLE_RATE
    rise = np.clip(time / 0.8, 0, 1)
    envelope = np.sin(np.pi / 2 * np.minimum(rise, rise[::-1])) ** 2
    breath = 1 + 0.08 * np.sin(2 * np.pi * 0.25 * time + voice)
    tone = _partials(note, (1.0, 0.4, 0.18, 0.08), time) + _partials(note, (1.0, 0.4), time, detune=0.0015)
    faded: Floats = 0.25 * envelope * breath * tone
    return faded


def _bell(note: int) -> Floats:
    time = np.arange(round(3.0 * SAMPLE_RATE)) / SAMPLE_RATE
    envelope = np.minimum(time / 0.01, 1) * np.exp(-time / 0.7) * np.clip((3.0 - time) / 0.5, 0, 1)
    struck: Floats = 0.5 * envelope * _partials(note, (1.0, 0.2, 0.1), time)
    return struck
