"""Digits as RFC 4733 telephone-events: read once each whatever is lost or repeated, and sent.

Durations on the wire are samples (of 8 kHz, beside Opus of 48 kHz), elsewhere ms; `now` is µs.
"""

from __future__ import annotations

import struct
from collections import deque
from dataclasses import dataclass

from yingda.kernel.clock import MS

DIGITS = "0123456789*#ABCD"
END = 0x80
VOLUME = 10  # −10 dBm0
STEP = 160
SAMPLES_A_MS = 8
FORGOTTEN_AFTER = 150 * MS  # no packet of an event for so long: its end was lost
LONGEST = 0xFFFF
TONE_TAIL = 100 * MS
END_PACKETS = 3
PAUSE_TICKS = 3
_EVENT = struct.Struct("!BBH")


@dataclass(frozen=True)
class DigitBegan:
    digit: str


@dataclass(frozen=True)
class DigitEnded:
    digit: str
    duration_ms: int


DigitEvent = DigitBegan | DigitEnded


def is_digits(text: str) -> bool:
    return bool(text) and all(letter in DIGITS for letter in text)


class DigitReceiver:
    """RFC 4733 section 2.5: one event a timestamp; the E bit may be lost, repeated, or come alone.

    Timestamps are compared within one line of a sender only: a gateway that changes its SSRC starts them anew.
    """

    __slots__ = ("_a_ms", "_base", "_digit", "_duration", "_ended", "_line", "_seen_at", "_timestamp")

    def __init__(self, samples_a_ms: int = SAMPLES_A_MS) -> None:
        self._a_ms = samples_a_ms
        self._timestamp: int | None = None
        self._line: object = None
        self._digit = ""
        self._duration = 0
        self._base = 0  # samples of earlier segments of one long event
        self._ended = True
        self._seen_at = 0

    def receive(self, payload: bytes, timestamp: int, now: int, line: object = None) -> list[DigitEvent]:
        """line: the same object for as long as the sender's timestamps are one line (`rtp.IncomingStream.token`)."""
        if len(payload) < 4 or payload[0] >= len(DIGITS):
            return []
        event, flags, duration = _EVENT.unpack_from(payload)
        events: list[DigitEvent] = []
        if line is not self._line:
            if self._ended or timestamp != self._timestamp:
                events += self._end()
                self._timestamp = None
            self._line = line
        if timestamp != self._timestamp:
            if self._timestamp is not None and (timestamp - self._timestamp) & 0xFFFF_FFFF >= 0x8000_0000:
                return []  # a straggler of an earlier event
            if self._continues(DIGITS[event], timestamp):
                self._base += LONGEST
            else:
                events += self._end()
                events.append(DigitBegan(DIGITS[event]))
                self._digit, self._base, self._ended = DIGITS[event], 0, False
            self._timestamp, self._duration = timestamp, 0
        self._seen_at = now
        if not self._ended:
            self._duration = max(self._duration, duration)
            if flags & END:
                events += self._end()
        return events

    def _continues(self, digit: str, timestamp: int) -> bool:
        """The next segment of an event longer than 8.19 s (section 2.5.1.3)."""
        return (
            not self._ended
            and digit == self._digit
            and self._duration == LONGEST
            and self._timestamp is not None
            and timestamp == (self._timestamp + LONGEST) & 0xFFFF_FFFF
        )

    def sounding(self, now: int) -> bool:
        """A digit is being sent, or was a moment ago: its tone may be in the sound beside it."""
        return not self._ended or (self._timestamp is not None and now - self._seen_at < TONE_TAIL)

    def next_timer(self) -> int | None:
        return None if self._ended else self._seen_at + FORGOTTEN_AFTER

    def handle_timer(self, now: int) -> list[DigitEvent]:
        return [] if self._ended or now < self._seen_at + FORGOTTEN_AFTER else self._end()

    def _end(self) -> list[DigitEvent]:
        if self._ended:
            return []
        self._ended = True
        return [DigitEnded(self._digit, (self._base + self._duration) // self._a_ms)]


@dataclass(frozen=True)
class EventFrame:
    """One packet to send. first: it carries the marker and opens a timestamp. again: the end, repeated."""

    payload: bytes
    first: bool
    duration: int  # samples
    digit: str
    again: bool = False


class DigitSender:
    """Digits waiting to be sent, one step a 20 ms tick."""

    __slots__ = ("_ends", "_pause", "_queue", "_sent", "busy")

    def __init__(self) -> None:
        self._queue: deque[tuple[str, int]] = deque()
        self._sent = 0  # samples of the running event already announced
        self._ends = 0
        self._pause = 0
        self.busy = False  # while it is, the leg hears no audio; an attribute, because every packet asks

    def push(self, digits: str, duration_ms: int) -> None:
        """duration: 40–8,000 ms; what is shorter or longer is taken as that."""
        samples = max(40, min(8_000, duration_ms)) * SAMPLES_A_MS
        self._queue.extend((digit, samples) for digit in digits)
        self.busy = bool(self._queue)

    def step(self) -> EventFrame | None:
        """The packet of this tick; None in the pause between digits and when there is nothing to send."""
        if self._pause:
            self._pause -= 1
            self.busy = bool(self._queue) or self._pause > 0
            return None
        if not self._queue:
            return None
        digit, length = self._queue[0]
        first = self._sent == 0
        self._sent = min(length, self._sent + STEP)
        flags = VOLUME
        if self._sent == length:
            flags |= END
            self._ends += 1
        payload = _EVENT.pack(DIGITS.index(digit), flags, self._sent)
        frame = EventFrame(payload, first, self._sent, digit, self._ends > 1)
        if self._ends == END_PACKETS:
            self._queue.popleft()
            self._sent = self._ends = 0
            self._pause = PAUSE_TICKS
        return frame
