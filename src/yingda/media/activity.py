"""Who answered: a person, a machine, a fax, a tone, or nobody (OUT-12); and on the way, whether somebody speaks.

Every 20 ms a frame is speech when it is louder than the background by 9 dB and not a steady tone. A person says a short
word and waits; a machine talks on. Features are measured as the sound comes and given with the decision.

    decision   by
    fax        CNG, CED or a modem's answer for 300 ms
    tone       a steady tone for 600 ms before anybody spoke; one of 240 ms after speech is a machine's beep
    machine    a greeting that goes on for longer than GREETING_MS, or a beep after speech
    person     a greeting that ended PAUSE_MS ago
    silence    nothing for SILENCE_MS

The two limits were chosen on the training half of the corpus (bench/media/corpus.py).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

FRAME_MS = 20
GREETING_MS, PAUSE_MS = 1_700, 900
BREATH_MS = 500  # a pause within a greeting
SILENCE_MS, LIMIT_MS = 4_000, 6_000
TONE_MS, BEEP_MS = 600, 240
ABOVE = 10**0.45  # 9 dB in amplitude
FAINTEST = 60.0  # RMS, 16-bit scale: about −52 dB
FLOOR_RISE = 1.02  # a frame: 8.6 dB a second
PURE = 0.8
LEAK = 3  # frames of tone that a frame of something else takes back: three tones in a row are one

Floats = npt.NDArray[np.float32]

_HANN = np.hanning(160).astype(np.float32)


class Answer(Enum):
    PERSON = "person"
    MACHINE = "machine"
    FAX = "fax"
    TONE = "tone"
    SILENCE = "silence"


@dataclass
class Features:
    """ms since the beginning: quiet before the first word, its greeting so far, speech in it, pauses, words."""

    heard_ms: int = 0
    quiet_ms: int = 0
    greeting_ms: int = 0
    speech_ms: int = 0
    pause_ms: int = 0
    longest_pause_ms: int = 0
    words: int = 0
    tone_ms: int = 0
    background: int = 0

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


def purity(frame: Floats) -> float:
    """0–1: how much of a frame's power lies within ±100 Hz of its strongest frequency."""
    power = np.abs(np.fft.rfft(frame * _HANN)) ** 2
    peak = int(power.argmax())
    return float(power[max(0, peak - 2) : peak + 3].sum() / (power.sum() + 1.0))


SPEECH_MS, PAUSE_IN_SPEECH_MS = 200, 400


class Talk:
    """Does somebody speak? `hear` 20 ms frames in order; True with the frame in which 200 ms of speech are full."""

    def __init__(self) -> None:
        self._activity = Activity()
        self._spoken_ms = self._silent_ms = 0

    @property
    def speaking(self) -> bool:
        return self._activity.speaking

    def hear(self, frame: Floats) -> bool:
        self._activity.hear(frame)
        if not self._activity.speaking:
            self._silent_ms += FRAME_MS
            if self._silent_ms >= PAUSE_IN_SPEECH_MS:
                self._spoken_ms = 0
            return False
        self._silent_ms = 0
        self._spoken_ms += FRAME_MS
        return self._spoken_ms == SPEECH_MS


class Quiet:
    """Is a message over? `hear` 20 ms frames (None: no packet came) in order; tells once, with the frame that fills it.

    A steady tone is no silence either: what is recorded may be a machine's, a whistle, a test. Only a hum that stays
    counts as background. initial_ms: of silence before the first sound of 200 ms; final_ms: after it; 0: however long.
    """

    def __init__(self, initial_ms: int, final_ms: int) -> None:
        self._initial_ms, self._final_ms = initial_ms, final_ms
        self._activity, self._sound_ms, self._silent_ms = Activity(), 0, 0
        self.spoken = self.told = False

    def hear(self, frame: Floats | None) -> bool:
        if self.told:
            return False
        if frame is not None and self._sounds(frame):
            self._sound_ms, self._silent_ms = self._sound_ms + FRAME_MS, 0
            self.spoken = self.spoken or self._sound_ms >= SPEECH_MS
            return False
        self._silent_ms += FRAME_MS
        if self._silent_ms >= PAUSE_IN_SPEECH_MS:
            self._sound_ms = 0
        limit = self._final_ms if self.spoken else self._initial_ms
        self.told = 0 < limit <= self._silent_ms
        return self.told

    def _sounds(self, frame: Floats) -> bool:
        self._activity.hear(frame)
        return self._activity.speaking or self._activity.tone


class Activity:
    """`hear` 20 ms frames in order; `speaking` and `tone` are the last frame's, `answer` stays once it is there."""

    def __init__(self, greeting_ms: int = GREETING_MS, pause_ms: int = PAUSE_MS) -> None:
        self.features = Features()
        self.answer: Answer | None = None
        self.speaking = self.tone = False
        self._greeting_ms, self._pause_ms = greeting_ms, pause_ms
        self._floor = 0.0

    def hear(self, frame: Floats) -> Answer | None:
        """160 samples, 16-bit scale; the answer when it is decided with this very frame."""
        level = float(np.sqrt(np.mean(frame * frame)))
        self.tone = tone = level > FAINTEST and purity(frame) > PURE
        self._floor = level if self._floor == 0.0 else min(level, self._floor * FLOOR_RISE + 0.1)
        self.speaking = not tone and level > max(FAINTEST, ABOVE * self._floor)
        if self.answer is None:
            self._measure(tone)
            self.answer = self._decide()
            return self.answer
        return None

    def line_tone(self) -> Answer | None:
        """A fax or a modem was heard (inband.Tones)."""
        if self.answer is None:
            self.answer = Answer.FAX
            return self.answer
        return None

    def _measure(self, tone: bool) -> None:
        now = self.features
        now.heard_ms += FRAME_MS
        now.background = round(self._floor)
        now.tone_ms = max(0, now.tone_ms + (FRAME_MS if tone else -LEAK * FRAME_MS))
        if self.speaking:
            if now.words == 0 or now.pause_ms >= 3 * FRAME_MS:
                now.words += 1
            if now.pause_ms < BREATH_MS or now.words == 1:
                now.longest_pause_ms = max(now.longest_pause_ms, now.pause_ms)
            now.greeting_ms += now.pause_ms + FRAME_MS
            now.speech_ms += FRAME_MS
            now.pause_ms = 0
        elif now.words:
            now.pause_ms += FRAME_MS
        else:
            now.quiet_ms += FRAME_MS

    def _decide(self) -> Answer | None:
        now = self.features
        if now.tone_ms >= (BEEP_MS if now.speech_ms > 300 else TONE_MS):
            return Answer.MACHINE if now.speech_ms > 300 else Answer.TONE
        if now.words and now.greeting_ms >= self._greeting_ms:
            return Answer.MACHINE
        if now.words and now.pause_ms >= self._pause_ms:
            return Answer.PERSON
        if not now.words and now.quiet_ms >= SILENCE_MS:
            return Answer.SILENCE
        if now.heard_ms >= LIMIT_MS:
            return Answer.MACHINE if now.speech_ms > now.heard_ms // 3 else Answer.PERSON
        return None
