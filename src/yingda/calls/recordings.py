"""A recording is either on the books with its checksum, or missing with an alarm: never silently absent (REC-05)."""

from __future__ import annotations

from yingda.calls.model import Call, Recording
from yingda.calls.table import Purpose, Table
from yingda.media.protocol import RecordingFinished, StartRecording
from yingda.recordings.paths import path_of


class Recordings:
    """Starts a handling's recording and keeps the books of it."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def start(self, call: Call, now: int) -> None:
        """Ask media to record the customer's leg: left what it says, right what it hears."""
        customer = self._table.customer_of(call)
        if customer is None or call.handling_id is None:
            return
        recording = Recording(recording_id=self._table.ids(), handling_id=call.handling_id)
        call.recording = recording
        command = StartRecording(
            recording_id=recording.recording_id, leg_id=customer.leg_id, path=recording_path(call, now)
        )
        self._table.ask(command, Purpose.RECORD, customer, recording.recording_id)

    def started(self, call: Call, now: int) -> None:
        recording = call.recording
        if recording is not None and recording.running and not recording.begun:
            recording.begun = True
            data = {"recording_id": recording.recording_id, "handling_id": recording.handling_id}
            self._table.append(self._table.event("recording.started", now, call, data, cause=recording.handling_id))

    def finished(self, call: Call, result: RecordingFinished, now: int) -> None:
        """The recorder's last word; should it overtake its first, both go onto the books."""
        self.started(call, now)
        recording = self._end(call)
        if recording is not None:
            data = {
                "recording_id": recording.recording_id,
                "handling_id": recording.handling_id,
                "duration_ms": result.duration_ms,
                "checksum": result.checksum,
            }
            self._table.append(self._table.event("recording.ended", now, call, data, cause=recording.recording_id))

    def missing(self, call: Call, reason: str, now: int) -> None:
        """The recorder failed: the call goes on, and somebody is told."""
        recording = self._end(call)
        if recording is None:
            return
        data = {"recording_id": recording.recording_id, "handling_id": recording.handling_id, "reason": reason}
        self._table.append(self._table.event("recording.missing", now, call, data, cause=recording.handling_id))
        self._table.alarm(
            "recording_missing",
            f"The recording of handling {recording.handling_id} is missing or incomplete ({reason}). "
            "Calls go on. Check the space and rights of the recordings folder.",
        )

    @staticmethod
    def _end(call: Call) -> Recording | None:
        """The recording, if it was still running: it gets one last word only."""
        recording = call.recording
        if recording is None or not recording.running:
            return None
        recording.running = False
        return recording


def recording_path(call: Call, now: int) -> str:
    """tenant/YYYY/MM/DD/interaction/handling.wav, by the UTC day on which the handling was connected (µs)."""
    return path_of(call.tenant, now, call.interaction_id, call.handling_id or "")
