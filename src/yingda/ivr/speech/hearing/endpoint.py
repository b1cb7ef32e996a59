"""Where speech begins and ends: by its level above the noise of the line (VoiceXML 2.0, appendix D, timing).

The noise floor falls at once and rises slowly, so that it follows a line and not a talker. Speech has begun when MOST
of the last WINDOW frames are well above it; it has ended as soon as the silence after it is long enough, which depends
on whether what was understood so far is complete.
"""

from __future__ import annotations

from collections import deque
from typing import Final

import numpy as np

FRAME_MS: Final = 20
WINDOW, MOST = 6, 4  # frames: 80 ms of speech within 120 ms
LOWEST_DB: Final = -75.0
QUIETEST_SPEECH_DB: Final = -52.0
RISE_DB: Final = 0.06  # a frame: 3 dB a second
LEAST_ABOVE_DB, MOST_ABOVE_DB = 6.0, 20.0


def level(samples: bytes) -> float:
    """dBFS of 16-bit samples."""
    values = np.frombuffer(samples, "<i2").astype(np.float32)
    power = float(np.dot(values, values)) / max(1, values.size)
    return LOWEST_DB if power < 1 else max(LOWEST_DB, 10 * float(np.log10(power)) - 90.3)


class Endpointer:
    """Takes the level of one frame after the other. sensitivity: 0 (only loud speech) to 1 (whispers, and noise)."""

    def __init__(self, sensitivity: float = 0.5) -> None:
        self.sensitivity = sensitivity
        self._floor = QUIETEST_SPEECH_DB
        self._last: deque[bool] = deque(maxlen=WINDOW)
        self.speaking = False
        self.silence_ms = 0
        """Since the last frame of speech."""

    def reset(self) -> None:
        """The next utterance may begin; the line's noise stays known."""
        self._last.clear()
        self.speaking, self.silence_ms = False, 0

    def take(self, level_db: float) -> None:
        loud = self._loud(level_db)
        self._last.append(loud)
        self.silence_ms = 0 if loud else self.silence_ms + FRAME_MS
        if not self.speaking and sum(self._last) >= MOST:
            self.speaking = True

    def _loud(self, level_db: float) -> bool:
        above = MOST_ABOVE_DB + (LEAST_ABOVE_DB - MOST_ABOVE_DB) * min(1.0, max(0.0, self.sensitivity))
        self._floor = min(level_db, self._floor + RISE_DB)
        return level_db > max(self._floor + above, QUIETEST_SPEECH_DB)
