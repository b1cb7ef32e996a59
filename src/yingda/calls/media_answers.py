"""What media answers to what it was asked: each result goes to the part that waits for it (`Purpose`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from yingda.calls.ending import Ending
from yingda.calls.flowing import Flowing
from yingda.calls.model import Call, Leg, LegState
from yingda.calls.reaching import Reaching
from yingda.calls.stage import Stage
from yingda.calls.table import Asked, Purpose
from yingda.calls.waiting import Waiting
from yingda.kernel.errors import YingdaError
from yingda.media import protocol as media

Result = media.AnyResult | YingdaError


class Host(Protocol):
    """Who answers a leg that came in."""

    def media_ready(self, leg: Leg, local: media.LegCreated, now: int, /) -> None: ...


class MediaAnswers:
    """side: who answers a leg that came in; broken: a leg that cannot go on; play_ended: what was played is over."""

    def __init__(
        self,
        stage: Stage,
        reaching: Reaching,
        ending: Ending,
        waiting: Waiting,
        flowing: Flowing,
        side: Callable[[Leg], Host],
        broken: Callable[[Leg, int], None],
        play_ended: Callable[[Leg, str, int], None],
    ) -> None:
        self._stage, self._table, self._reaching, self._ending = stage, stage.table, reaching, ending
        self._waiting, self._flowing = waiting, flowing
        self._side, self._broken, self._play_ended = side, broken, play_ended

    def recording_failed(self, report: media.RecordingFailed, now: int) -> None:
        for call in self._table.calls.values():
            for recording in call.running():
                if recording.recording_id == report.recording_id:
                    self._stage.recordings.missing(call, recording, report.reason, now)
                    self._ending.contact_over(call, now)
                    return
            if report.recording_id in (_message_of(call), call.flow.recording_id if call.flow is not None else None):
                self._message_done(call, YingdaError("recording_failed", report.reason), now)
                return

    def recording_resumed(self, report: media.RecordingResumed, now: int) -> None:
        """After its media process died, the successor goes on with it."""
        for call in self._table.calls.values():
            for recording in call.running():
                if recording.recording_id == report.recording_id:
                    self._stage.recordings.continued(call, recording, report.gap_ms, now)

    def done(self, asked: Asked, result: Result, now: int) -> None:
        """Give a result to whoever asked. A leg that is ending only waits for its figures.

        A recording's last word may come after its leg is gone: media writes files in a thread of its own.
        """
        if asked.purpose in (Purpose.RECORD, Purpose.STOP_RECORDING, Purpose.BRIDGE):
            call = self._table.calls.get(asked.interaction_id)
            if call is not None and asked.purpose is Purpose.BRIDGE:
                self._bridge_done(call, result, now)
            elif call is not None:
                self._recording_done(asked, call, result, now)
            return
        if asked.purpose is Purpose.MESSAGE:
            call = self._table.calls.get(asked.interaction_id)
            if call is not None:
                self._message_done(call, result, now)
            return
        leg = self._table.legs.get(asked.leg_id)
        if leg is None:
            return
        failed = isinstance(result, YingdaError)
        if asked.purpose is Purpose.DESTROY:
            figures = result if isinstance(result, media.LegStatistics) else media.LegStatistics(leg_id=leg.leg_id)
            self._ending.leg_over(leg, figures, now)
        elif leg.state is LegState.ENDING:
            return
        elif failed and asked.purpose in (Purpose.CREATE, Purpose.CONNECT):
            self._broken(leg, now)
        elif failed and asked.purpose is Purpose.PLAY:
            self._play_ended(leg, asked.ref, now)
        elif isinstance(result, media.LegCreated):
            side = self._side(leg) if leg.direction == "inbound" else self._reaching
            side.media_ready(leg, result, now)
        elif asked.purpose is Purpose.CONNECT:
            self._reaching.connected(leg, now)

    def _message_done(self, call: Call, result: Result, now: int) -> None:
        """What a caller has said: to his flow, or while he waited."""
        if call.flow is not None and call.flow.recording is not None:
            self._flowing.recorded(call, result, now)
        else:
            self._waiting.recorded(call, result, now)
        self._ending.contact_over(call, now)

    def _bridge_done(self, call: Call, result: Result, now: int) -> None:
        """The matrix follows, or could not: then whoever was to be joined is not."""
        if not isinstance(result, YingdaError):
            self._reaching.bridged(call, now)
            return
        for leg in self._table.open_legs(call):
            if leg.state is LegState.JOINING:
                self._broken(leg, now)

    def _recording_done(self, asked: Asked, call: Call, result: Result, now: int) -> None:
        recordings = self._stage.recordings
        recording = next((one for one in call.recordings if one.recording_id == asked.ref), None)
        if recording is None:
            return
        if isinstance(result, YingdaError):
            recordings.missing(call, recording, result.code, now)
        elif isinstance(result, media.RecordingFinished):
            recordings.finished(call, recording, result, now)
        elif asked.purpose is Purpose.RECORD:
            recordings.started(call, recording, now)
        self._ending.contact_over(call, now)


def _message_of(call: Call) -> str | None:
    """What he leaves while he waits."""
    message = call.treatment.message if call.treatment is not None else None
    return message.message_id if message is not None else None
