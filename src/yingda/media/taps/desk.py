"""The media process's side of its taps: what a leg says goes out in 20 ms frames, what comes back is a source it hears.

    state        by                                            next
    CONNECTING   the server took the stream                    OPEN
    OPEN         the connection broke                          INTERRUPTED: it is tried again
    INTERRUPTED  the server took the stream again              OPEN
    CONNECTING, INTERRUPTED  refused, or 10 s without success  FAILED
    any          CloseTap, the leg's end, the server's own end CLOSED

Every change is reported. A call goes on whatever becomes of its taps. A jitter buffer of its own puts the sound in
order and conceals its gaps: a speech engine gets 50 frames a second, whatever the network does.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import Any, Protocol

import msgspec

from yingda.kernel.errors import YingdaError
from yingda.media.g711 import FRAME, OTHER_LAW, SILENT_FRAME, Law
from yingda.media.jitter import JitterBuffer
from yingda.media.leg import Leg
from yingda.media.protocol import OpenTap
from yingda.media.recorder import Tapped
from yingda.media.taps import wire

EVERY = 4  # ticks of 5 ms
MOST_WAITING = 50  # frames of what comes back: the streamer keeps the rest
MAX_TEXT = 16_384


class TapState(Enum):
    CONNECTING = "connecting"
    OPEN = "open"
    INTERRUPTED = "interrupted"
    FAILED = "failed"
    CLOSED = "closed"


OVER = (TapState.FAILED, TapState.CLOSED)


class Streamer(Protocol):
    """The process that speaks WebSocket."""

    def send(self, message: wire.Message) -> bool:
        """False when it was not taken: of sound, that frame is lost."""
        ...


class Voice:
    """What a tap's server says, as a source of the matrix."""

    finished = False

    def __init__(self, source_id: str) -> None:
        self.source_id = source_id
        self.waiting: deque[bytes] = deque(maxlen=MOST_WAITING)
        self.deaf = False  # between a flush and the streamer's word that it is done

    def pull(self, law: Law) -> bytes:
        if not self.waiting:
            return SILENT_FRAME[law]
        frame = self.waiting.popleft()
        return frame if law is Law.MU else frame.translate(OTHER_LAW[Law.MU])


class Tap:
    """One leg's stream."""

    def __init__(self, number: int, command: OpenTap, leg: Leg) -> None:
        self.number, self.command, self.leg = number, command, leg
        self.state = TapState.CONNECTING
        self.voice = Voice(f"tap:{command.tap_id}")
        self._buffer = JitterBuffer(Law.MU)
        self._packets: list[Tapped] = []
        if command.side == "said":
            leg.taps_in += (self._packets,)
        else:
            leg.taps_out += (self._packets,)

    def release(self) -> None:
        leg = self.leg
        leg.taps_in = tuple(tap for tap in leg.taps_in if tap is not self._packets)
        leg.taps_out = tuple(tap for tap in leg.taps_out if tap is not self._packets)

    def frame(self, *, hushed: bool) -> bytes:
        """The next 20 ms; silence while card data is spoken or typed, by him or by whom he speaks with."""
        for _, token, timestamp, law, payload in self._packets:
            self._buffer.put(token, timestamp, payload, law)
        self._packets.clear()
        frame = self._buffer.pull()
        return SILENT_FRAME[Law.MU] if hushed else frame

    def hello(self) -> str:
        command = self.command
        start = {"type": "start", "tap": command.tap_id, "leg": command.leg_id, "rate": command.rate,
                 "side": command.side, "format": "s16le", "channels": 1}  # fmt: skip
        return json.dumps(start, ensure_ascii=False)


class Desk:
    """All taps of a media process. on_state(tap), on_text(tap, text); on_voice(tap, heard): a source came or went.
    hushed: card data may be on this leg's line now, whoever says it."""

    def __init__(
        self, streamer: Streamer, on_state: Callable[[Tap, str], None], on_text: Callable[[Tap, str], None],
        on_voice: Callable[[Tap, bool], None], hushed: Callable[[Leg], bool],
    ) -> None:  # fmt: skip
        self._streamer, self._hushed = streamer, hushed
        self._on_state, self._on_text, self._on_voice = on_state, on_text, on_voice
        self._taps: dict[int, Tap] = {}
        self._by_id: dict[str, Tap] = {}
        self._next = 0
        self.lost_frames = 0

    @property
    def count(self) -> int:
        return len(self._taps)

    def find(self, tap_id: str) -> Tap | None:
        """One that is not over."""
        return self._by_id.get(tap_id)

    def open(self, command: OpenTap, leg: Leg) -> None:
        """A tap that is not known yet. Raises `tap_refused` when the streamer is not there."""
        self._next += 1
        tap = Tap(self._next, command, leg)
        if not self._tell_open(tap):
            tap.release()
            raise YingdaError("tap_refused", "The process that streams sound is not there.", todo="Try again.")
        self._taps[tap.number] = self._by_id[command.tap_id] = tap
        if command.gain:
            self._on_voice(tap, True)

    def _tell_open(self, tap: Tap) -> bool:
        command = tap.command
        return self._streamer.send(wire.Open(tap.number, command.url, command.rate, command.headers, tap.hello()))

    def of(self, leg: Leg) -> list[dict[str, Any]]:
        """A leg's taps, as commands in plain data."""
        return [msgspec.to_builtins(tap.command) for tap in self._taps.values() if tap.leg is leg]

    def as_dicts(self) -> list[dict[str, object]]:
        """For the snapshot; a server's headers may hold its password and are left out."""
        return [
            {
                "tap_id": tap.command.tap_id, "leg_id": tap.command.leg_id, "url": tap.command.url,
                "side": tap.command.side, "state": tap.state.value,
            }
            for tap in self._taps.values()
        ]  # fmt: skip

    def close(self, tap: Tap, reason: str) -> None:
        self._streamer.send(wire.Close(tap.number))
        self._end(tap, TapState.CLOSED, reason)

    def end_leg(self, leg: Leg) -> None:
        for tap in [tap for tap in self._taps.values() if tap.leg is leg]:
            self.close(tap, "the leg has ended")

    def flush(self, tap: Tap) -> None:
        """What waits to be heard is forgotten (barge-in)."""
        tap.voice.waiting.clear()
        tap.voice.deaf = self._streamer.send(wire.Flush(tap.number))

    def say(self, tap: Tap, text: str) -> None:
        """A text message to the server."""
        self._streamer.send(wire.Text(tap.number, text))

    def digit(self, leg: Leg, digit: str, duration_ms: int) -> None:
        """The leg's digit, told to its servers."""
        for tap in self._taps.values():
            if tap.leg is leg:
                self.say(tap, json.dumps({"type": "digit", "digit": digit, "duration_ms": duration_ms}))

    def tick(self, number: int) -> None:
        """number: of the 5 ms tick."""
        if self._taps and number % EVERY == 0:
            frames = [(tap.number, tap.frame(hushed=self._hushed(tap.leg))) for tap in self._taps.values()]
            if not self._streamer.send(wire.Sound(frames)):
                self.lost_frames += len(frames)

    # ---- what the streamer says ------------------------------------------------------------------------------------

    def receive(self, message: wire.Message) -> None:
        if isinstance(message, wire.Sound):
            for number, frame in message.frames:
                tap = self._taps.get(number)
                if tap is not None and not tap.voice.deaf and len(frame) == FRAME:
                    tap.voice.waiting.append(frame)
            return
        tap = self._taps.get(message.number)
        if tap is None:
            return  # closed meanwhile
        if isinstance(message, wire.Flush):
            tap.voice.waiting.clear()
            tap.voice.deaf = False
        elif isinstance(message, wire.Text):
            self._on_text(tap, message.text[:MAX_TEXT])
        elif isinstance(message, wire.State):
            self._changed(tap, TapState(message.state), message.reason)

    def streamer_lost(self) -> None:
        """Its process died; a new one takes all taps again."""
        for tap in list(self._taps.values()):
            tap.voice.waiting.clear()
            tap.voice.deaf = False
            self._changed(tap, TapState.INTERRUPTED, "the streaming process ended")
            if not self._tell_open(tap):
                self._end(tap, TapState.FAILED, "the streaming process cannot be started")

    def _changed(self, tap: Tap, state: TapState, reason: str) -> None:
        if state in OVER:
            self._end(tap, state, reason)
        elif tap.state is not state:
            tap.state = state
            self._on_state(tap, reason)

    def _end(self, tap: Tap, state: TapState, reason: str) -> None:
        tap.state = state
        tap.release()
        del self._taps[tap.number]
        del self._by_id[tap.command.tap_id]
        self._on_voice(tap, False)
        self._on_state(tap, reason)
