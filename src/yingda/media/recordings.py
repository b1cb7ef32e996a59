"""All recordings of a media process: recorders tap the legs, a writing thread keeps the files.

    state      by                                     next
    RUNNING    StopRecording, the leg ended           CLOSING (the rest is written, the checksum taken)
    CLOSING    the writing thread is through          FINISHED
    RUNNING, CLOSING  opening or writing failed       FAILED (reported; never tried again)

Chunks of a second are gathered, each tick its share of the recordings, and handed over four times a second in one
piece: the packets' thread never waits.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any

from yingda.kernel.clock import MS
from yingda.kernel.errors import YingdaError
from yingda.media.leg import Leg
from yingda.media.offload import Offload
from yingda.media.pending import Pending
from yingda.media.protocol import RecordingFinished, StartRecording
from yingda.media.recorder import FLUSH_EVERY, Recorder
from yingda.media.recording_file import RecordingFile, checked_path, samples_on_file

HAND_OVER_EVERY = 250 * MS
REMEMBERED = 10_000


class TapeState(Enum):
    RUNNING = "running"
    CLOSING = "closing"
    FINISHED = "finished"
    FAILED = "failed"


class Tape:
    """One recording: the recorder in the loop's thread, `file` and `error` in the writing thread."""

    def __init__(
        self, command: StartRecording, leg: Leg, path: Path, started_at: int, parts: tuple[int, ...] = ()
    ) -> None:
        """parts: where each part after the first begins, in samples; the last is this process's."""
        self.command, self.leg, self.path, self.parts = command, leg, path, parts
        self.recorder = Recorder(
            command.recording_id, command.leg_id, command.path, started_at, parts[-1] if parts else 0
        )
        self.state = TapeState.RUNNING
        self.result: Pending[RecordingFinished] = Pending()
        self.stopped_at = 0
        self.paused = self.blank = self.digits = False
        self.file: RecordingFile | None = None
        self.error = ""

    def open(self) -> None:
        try:
            self.file = RecordingFile(self.path, self.parts)
        except OSError as error:
            self.error = _words(error)

    def write(self, chunk: bytes) -> None:
        if self.error or self.file is None:
            return
        try:
            self.file.append(chunk)
        except OSError as error:
            self.error = _words(error)
            self.file.close()

    def finish(self) -> str:
        """The checksum; empty when it failed."""
        if self.error or self.file is None:
            return ""
        try:
            return self.file.finish()
        except OSError as error:
            self.error = _words(error)
            return ""


def _words(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


class Recordings:
    """on_failed(recording_id, reason, duration_ms) and on_resumed(recording_id, gap_ms) become reports."""

    def __init__(
        self, root: Path, writer: Offload, on_failed: Callable[[str, str, int], None],
        on_resumed: Callable[[str, int], None],
    ) -> None:  # fmt: skip
        self._root, self._writer, self._on_failed, self._on_resumed = root, writer, on_failed, on_resumed
        self._tapes: OrderedDict[str, Tape] = OrderedDict()
        self._running: OrderedDict[str, Tape] = OrderedDict()  # the one flushed longest ago comes first
        self._on_leg: dict[str, list[Tape]] = {}  # those running, by leg
        self._paths: set[Path] = set()  # of those running
        self._flushed_at = self._owed = 0  # owed: µs of time times recordings, a flush for each FLUSH_EVERY
        self._waiting: list[tuple[Tape, bytes]] = []
        self._hand_over_at = 0

    @property
    def running(self) -> int:
        return len(self._running)

    def known(self, command: StartRecording) -> bool:
        """This very recording was started before. Raises `recording_differs` when it was another one of that id."""
        tape = self._tapes.get(command.recording_id)
        if tape is not None and (tape.command.leg_id, tape.command.path) != (command.leg_id, command.path):
            raise YingdaError("recording_differs", f"Recording {command.recording_id} was started otherwise.")
        return tape is not None

    def start(self, command: StartRecording, leg: Leg, now: int) -> None:
        """Begin a recording that is not known yet. Raises `path_refused`, `path_in_use`."""
        path = checked_path(self._root, command.path)
        if path in self._paths:
            raise YingdaError("path_in_use", "Another recording writes to this file.", where=command.path)
        self._begin(Tape(command, leg, path, now))

    def resume(self, state: dict[str, Any], leg: Leg, now: int) -> None:
        """Go on with a recording of the process before this one; state: as `of` gave it."""
        command = StartRecording(recording_id=str(state["recording_id"]), leg_id=leg.leg_id, path=str(state["path"]))
        path, started_at = checked_path(self._root, command.path), int(state["started_at"])
        try:
            written = samples_on_file(path)
        except OSError as error:
            self._on_failed(command.recording_id, _words(error), 0)
            return
        self._begin(Tape(command, leg, path, started_at, (*map(int, state["parts"]), written)))
        if state["paused"]:
            self.pause(command.recording_id, bool(state["blank"]), bool(state.get("digits")))
        self._on_resumed(command.recording_id, (now - started_at) // 1_000 - written // 8)

    def of(self, leg: Leg) -> list[dict[str, Any]]:
        """Recordings that run on a leg, as plain data."""
        return [
            {
                "recording_id": tape.command.recording_id, "path": tape.command.path,
                "started_at": tape.recorder.started_at, "parts": list(tape.parts), "paused": tape.paused,
                "blank": tape.blank, "digits": tape.digits,
            }
            for tape in self._on_leg.get(leg.leg_id, ())
        ]  # fmt: skip

    def _begin(self, tape: Tape) -> None:
        recording_id = tape.command.recording_id
        self._tapes[recording_id] = self._running[recording_id] = tape
        self._paths.add(tape.path)
        self._on_leg.setdefault(tape.leg.leg_id, []).append(tape)
        self._tap(tape)
        self._writer.submit(tape.open, lambda _: self._judge(tape))
        while len(self._tapes) > REMEMBERED and next(iter(self._tapes.values())).state is not TapeState.RUNNING:
            self._tapes.popitem(last=False)

    def stop(self, recording_id: str, now: int) -> Pending[RecordingFinished]:
        """The result comes when the file is complete. Raises `recording_unknown`, `recording_failed`."""
        tape = self._tapes.get(recording_id)
        if tape is None:
            raise YingdaError("recording_unknown", f"There is no recording {recording_id}.")
        if tape.state is TapeState.FAILED:
            raise self._failure(tape)
        if tape.state is TapeState.RUNNING:
            self._close(tape, now)
        return tape.result

    def end_leg(self, leg: Leg, now: int) -> None:
        for tape in list(self._on_leg.get(leg.leg_id, ())):
            self._close(tape, now)

    def _close(self, tape: Tape, now: int) -> None:
        self._let_go(tape)
        tape.state, tape.stopped_at = TapeState.CLOSING, now
        self._waiting.append((tape, tape.recorder.stop(now)))
        self._hand_over()
        self._writer.submit(tape.finish, partial(self._finished, tape))

    def move(self, recording_id: str, leg: Leg) -> None:
        """Go on with another leg, which has taken the place of the recorded one; again: no change. Raises as `stop`."""
        tape = self._under_way(recording_id)
        if tape is None or tape.leg is leg:
            return
        paused, blank, digits = tape.paused, tape.blank, tape.digits
        self._unhush(tape)
        self._untap(tape)
        self._off_leg(tape)
        tape.leg, tape.recorder.leg_id = leg, leg.leg_id
        self._on_leg.setdefault(leg.leg_id, []).append(tape)
        self._tap(tape)
        if paused:
            self.pause(recording_id, blank, digits)

    def pause(self, recording_id: str, blank: bool = False, digits: bool = False) -> None:
        """Silence from now on, and no digits of the leg to anybody; again: as it says now. Raises as `stop`.

        blank: nobody hears what the leg says either. digits: they are reported, and go to nobody else.
        """
        tape = self._under_way(recording_id)
        if tape is None:
            return
        if tape.paused:
            self._unhush(tape)
        else:
            self._untap(tape)
        tape.paused, tape.blank, tape.digits = True, blank, digits
        tape.leg.hushed += 1
        tape.leg.blanked += blank
        tape.leg.heeded += digits

    def go_on(self, recording_id: str) -> None:
        """After a pause; again: no change. Raises as `stop`."""
        tape = self._under_way(recording_id)
        if tape is not None and tape.paused:
            self._unhush(tape)
            self._tap(tape)

    def _under_way(self, recording_id: str) -> Tape | None:
        """None when it has been stopped already."""
        tape = self._tapes.get(recording_id)
        if tape is None:
            raise YingdaError("recording_unknown", f"There is no recording {recording_id}.")
        if tape.state is TapeState.FAILED:
            raise self._failure(tape)
        return tape if tape.state is TapeState.RUNNING else None

    def _unhush(self, tape: Tape) -> None:
        if tape.paused:
            tape.leg.hushed -= 1
            tape.leg.blanked -= tape.blank
            tape.leg.heeded -= tape.digits
            tape.paused = tape.blank = tape.digits = False

    def _tap(self, tape: Tape) -> None:
        tape.leg.taps_in += (tape.recorder.left.taps,)
        tape.leg.taps_out += (tape.recorder.right.taps,)

    def _let_go(self, tape: Tape) -> None:
        """It runs no more."""
        if self._running.pop(tape.command.recording_id, None) is not None:
            self._paths.discard(tape.path)
            self._off_leg(tape)
        self._unhush(tape)
        self._untap(tape)

    def _off_leg(self, tape: Tape) -> None:
        beside = self._on_leg[tape.leg.leg_id]
        beside.remove(tape)
        if not beside:
            del self._on_leg[tape.leg.leg_id]

    def _untap(self, tape: Tape) -> None:
        leg = tape.leg
        leg.taps_in = tuple(tap for tap in leg.taps_in if tap is not tape.recorder.left.taps)
        leg.taps_out = tuple(tap for tap in leg.taps_out if tap is not tape.recorder.right.taps)

    def _finished(self, tape: Tape, checksum: str) -> None:
        self._judge(tape)
        if tape.state is TapeState.CLOSING:
            tape.state = TapeState.FINISHED
            tape.result.give(
                RecordingFinished(
                    recording_id=tape.command.recording_id,
                    duration_ms=tape.recorder.duration_ms(tape.stopped_at),
                    checksum=checksum,
                )
            )

    def _judge(self, tape: Tape) -> None:
        """After each piece of work in the writing thread."""
        if tape.error and tape.state in (TapeState.RUNNING, TapeState.CLOSING):
            self._let_go(tape)
            tape.state = TapeState.FAILED
            self._on_failed(tape.command.recording_id, tape.error, tape.file.duration_ms if tape.file else 0)
            tape.result.refuse(self._failure(tape))

    def _failure(self, tape: Tape) -> YingdaError:
        return YingdaError(
            "recording_failed",
            f"The recording stopped: {tape.error}.",
            where=tape.command.path,
            todo="Check the recordings' folder.",
        )

    def handle_timer(self, now: int) -> None:
        """Gather each recording once a second, a few at each tick; hand all over four times a second."""
        passed, self._flushed_at = now - self._flushed_at, now
        self._owed += len(self._running) * passed
        turns, self._owed = divmod(self._owed, FLUSH_EVERY)
        for _ in range(min(turns, len(self._running))):
            recording_id, tape = self._running.popitem(last=False)
            self._running[recording_id] = tape
            self._waiting.append((tape, tape.recorder.flush(now)))
        if now >= self._hand_over_at:
            self._hand_over_at = now + HAND_OVER_EVERY
            self._hand_over()

    def _hand_over(self) -> None:
        if not self._waiting:
            return
        batch, self._waiting = self._waiting, []

        def write() -> None:
            for tape, chunk in batch:
                tape.write(chunk)

        def written(_: None) -> None:
            for tape, _chunk in batch:
                self._judge(tape)

        self._writer.submit(write, written)

    def as_dicts(self) -> list[dict[str, object]]:
        return [tape.recorder.as_dict() for tape in self._running.values()]
