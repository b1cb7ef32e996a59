"""Listening to what comes from a leg: in-band digits where telephone-event was not agreed, fax and modem, who answered.

Ears tap a leg as a recorder does and never push a call into the mixing path. All of them are served together every
20 ms, in one batched transform. Lost packets only shorten what they hear.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from yingda.media.activity import Activity, Answer, Floats, Quiet, Talk
from yingda.media.dtmf import DigitBegan, DigitEnded, DigitEvent
from yingda.media.g711 import DECODE_FLOAT, FRAME, OTHER_LAW, Law
from yingda.media.inband import KEYS, Tones
from yingda.media.leg import EVENT, Leg
from yingda.media.recorder import Tapped

EVERY = 4  # ticks of 5 ms
MOST = 5  # frames an ear catches up at once


@dataclass
class Ear:
    """One leg that is listened to. heard: µ-law bytes not yet looked at."""

    leg: Leg
    digits: bool
    taps: list[Tapped] = field(default_factory=list)
    heard: bytearray = field(default_factory=bytearray)
    activity: Activity | None = None
    talk: Talk | None = None
    quiet: Quiet | None = None
    recording_id: str = ""

    def gather(self) -> None:
        for _, _, _, law, payload in self.taps:
            self.heard += payload if law == Law.MU else payload.translate(OTHER_LAW[law])
        self.taps.clear()
        del self.heard[: max(0, len(self.heard) - MOST * FRAME)]

    def take(self) -> bytes:
        frame = bytes(self.heard[:FRAME])
        del self.heard[:FRAME]
        return frame


class Ears:
    """on_digits as the relay's; on_tone(leg, cng | ced | modem, now); on_answer(leg, answer, features, now);
    on_speech(leg, now); on_quiet(leg, recording, spoken, now)."""

    def __init__(
        self,
        on_digits: Callable[[Leg, list[DigitEvent], int], None],
        on_tone: Callable[[Leg, str, int], None],
        on_answer: Callable[[Leg, Answer, dict[str, int], int], None],
        on_speech: Callable[[Leg, int], None],
        on_quiet: Callable[[Leg, str, bool, int], None],
    ) -> None:
        self._on_quiet = on_quiet
        self._on_digits, self._on_tone, self._on_answer, self._on_speech = on_digits, on_tone, on_answer, on_speech
        self._ears: list[Ear] = []  # in the order of the rows of `_tones`
        self._row_of: dict[str, int] = {}  # by leg
        self._tones = Tones()

    @property
    def count(self) -> int:
        return len(self._ears)

    def follow(self, leg: Leg) -> None:
        """After a description: digits are looked for in the sound when there is no other way for them."""
        ear = self._of(leg)
        wanted = bool(leg.payloads) and EVENT not in leg.payloads.values()
        if ear is not None:
            ear.digits = wanted
        elif wanted:
            self._open(leg, digits=True)

    def listen(self, leg: Leg) -> None:
        """From now on find out who answered; once more changes nothing."""
        ear = self._of(leg) or self._open(leg, digits=False)
        if ear.activity is None:
            ear.activity = Activity()

    def heed(self, leg: Leg, speech: bool) -> None:
        """Tell when the leg speaks, from now on or no more."""
        ear = self._of(leg) if not speech else self._of(leg) or self._open(leg, digits=False)
        if ear is not None:
            ear.talk = Talk() if speech else None

    def await_quiet(self, leg: Leg, recording_id: str, initial_ms: int, final_ms: int) -> None:
        """Tell once when a message that is being recorded seems to be over; both 0: listen no more."""
        wanted = initial_ms > 0 or final_ms > 0
        ear = self._of(leg) or (self._open(leg, digits=False) if wanted else None)
        if ear is not None:
            ear.quiet, ear.recording_id = Quiet(initial_ms, final_ms) if wanted else None, recording_id

    def forget(self, leg: Leg) -> None:
        row = self._row_of.pop(leg.leg_id, None)
        if row is None:
            return
        leg.taps_in = tuple(tap for tap in leg.taps_in if tap is not self._ears[row].taps)
        last = self._ears.pop()
        if last.leg is not leg:
            self._ears[row], self._row_of[last.leg.leg_id] = last, row
        self._tones.remove(row)

    def _of(self, leg: Leg) -> Ear | None:
        row = self._row_of.get(leg.leg_id)
        return self._ears[row] if row is not None else None

    def _open(self, leg: Leg, digits: bool) -> Ear:
        ear = Ear(leg, digits)
        leg.taps_in += (ear.taps,)
        self._ears.append(ear)
        self._row_of[leg.leg_id] = self._tones.add()
        return ear

    def tick(self, number: int, now: int) -> None:
        """number: of the 5 ms tick."""
        if not self._ears or number % EVERY:
            return
        for ear in self._ears:
            if ear.quiet is not None and not ear.taps and not ear.heard:
                self._listen_for_quiet(ear, None, now)
        heard = [row for row, ear in enumerate(self._ears) if ear.taps]
        for row in heard:
            self._ears[row].gather()
        while heard := [row for row in heard if len(self._ears[row].heard) >= FRAME]:
            self._hear([(row, self._ears[row]) for row in heard], now)

    def _hear(self, batch: list[tuple[int, Ear]], now: int) -> None:
        frames = np.frombuffer(b"".join(ear.take() for _, ear in batch), np.uint8).reshape(-1, FRAME)
        ears = dict(batch)
        found = self._tones.hear(list(ears), frames, [Law.MU] * len(ears))
        for ear, frame in zip(ears.values(), frames, strict=True):
            if ear.activity is not None:
                self._answered(ear, ear.activity.hear(DECODE_FLOAT[Law.MU][frame]), now)
            if ear.quiet is not None:
                self._listen_for_quiet(ear, DECODE_FLOAT[Law.MU][frame], now)
            if ear.talk is not None and ear.talk.hear(DECODE_FLOAT[Law.MU][frame]):
                self._on_speech(ear.leg, now)
        for heard in found:
            ear = ears[heard.row]
            if heard.what not in KEYS:
                self._on_tone(ear.leg, heard.what, now)
                if ear.activity is not None:
                    self._answered(ear, ear.activity.line_tone(), now)
            elif ear.digits:
                self._on_digits(ear.leg, [DigitBegan(heard.what), DigitEnded(heard.what, heard.duration_ms)], now)

    def _listen_for_quiet(self, ear: Ear, frame: Floats | None, now: int) -> None:
        if ear.quiet is not None and ear.quiet.hear(frame):
            self._on_quiet(ear.leg, ear.recording_id, ear.quiet.spoken, now)
            ear.quiet = None

    def _answered(self, ear: Ear, answer: Answer | None, now: int) -> None:
        if answer is not None and ear.activity is not None:
            self._on_answer(ear.leg, answer, ear.activity.features.as_dict(), now)
