"""A recording is either on the books with its checksum, or missing with an alarm: never silently absent (REC-05)."""

from __future__ import annotations

from collections.abc import Mapping

from yingda.calls.model import Call, Leg, Phase, Recording
from yingda.calls.table import Purpose, Table
from yingda.kernel.errors import YingdaError
from yingda.media.protocol import (
    MoveRecording,
    PauseRecording,
    RecordingFinished,
    ResumeRecording,
    StartRecording,
    StopRecording,
)
from yingda.recordings.paths import path_of

UNSPOKEN = "The call is in a codec that is only handed on; let its phone and trunk offer G.711."


class Recordings:
    """Starts a handling's recording and keeps the books of it."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def start(self, call: Call, now: int) -> None:
        """Ask media to record the customer's leg: left what it says, right what it hears."""
        customer = self._table.customer_of(call)
        if customer is None or call.handling_id is None:
            return
        self._record(call, customer, Recording(recording_id=self._table.ids(), handling_id=call.handling_id, filed=now))

    def start_of(self, call: Call, leg: Leg, connected: int) -> None:
        """An agent in a conference room: left what he says, right all that he hears. connected: his handling was."""
        if leg.handling_id is not None:
            recording = Recording(recording_id=self._table.ids(), handling_id=leg.handling_id, filed=connected)
            self._record(call, leg, recording)

    def start_aside(self, call: Call, third: Leg, now: int) -> None:
        """Somebody is consulted about a talk that is recorded: left what he says, right what he hears; a colleague in
        a file of his own handling, who has none in one of his leg beside that of the talk."""
        talk = self._of_talk(call)
        if talk is None or not self._table.plan.recordings.consultations:
            return
        own = third.handling_id
        aside = Recording(
            recording_id=self._table.ids(),
            handling_id=own or talk.handling_id,
            leg_id="" if own else third.leg_id,
            filed=now if own else talk.filed or now,
            aside=True,
            paused=talk.paused,
        )
        self._record(call, third, aside)

    def _record(self, call: Call, leg: Leg, recording: Recording) -> None:
        call.recordings.append(recording)
        path = path_of(call.tenant, recording.filed, call.interaction_id, recording.handling_id, recording.leg_id)
        command = StartRecording(recording_id=recording.recording_id, leg_id=leg.leg_id, path=path)
        self._table.ask(command, Purpose.RECORD, leg, recording.recording_id)
        if recording.paused:
            self._table.ask(PauseRecording(recording_id=recording.recording_id), Purpose.TIDY, leg)

    def move(self, call: Call, before: Leg, leg: Leg) -> None:
        """Another leg takes the recorded one's place: the same file goes on. Before media lets go of the old one."""
        consulted = call.consult is not None and call.consult.leg_id == before.leg_id
        for recording in call.running():
            if not recording.stopping and (consulted if recording.aside else before.leg_id == call.customer):
                command = MoveRecording(recording_id=recording.recording_id, leg_id=leg.leg_id)
                self._table.ask(command, Purpose.TIDY, leg)

    def stop(self, call: Call, *, aside_only: bool = False) -> None:
        """What is recorded is over; before media lets go of the customer's leg. aside_only: the consultation is."""
        for recording in call.running():
            if call.legs and not recording.stopping and (recording.aside or not aside_only):
                recording.stopping = True
                command = StopRecording(recording_id=recording.recording_id)
                self._table.ask(command, Purpose.STOP_RECORDING, self._anybody(call), recording.recording_id)

    def _anybody(self, call: Call) -> Leg:
        """The customer, or in a call without one whoever is in it: media's answer comes for him."""
        return self._table.customer_of(call) or self._table.legs_of(call)[0]

    def pause(self, call: Call, now: int) -> None:
        """Card data: the files, a consultation's too, hold silence, and digits go nowhere until `resume`. Refuses
        not_recorded, recording_paused."""
        recording = self._current(call)
        if recording.paused:
            raise YingdaError("recording_paused", "The recording is paused already.")
        blank = self._table.plan.recordings.blank_pauses
        self._switch_pause(call, recording, PauseRecording(recording_id=recording.recording_id, blank=blank), now)
        for aside in self._asides(call, paused=False):
            self._switch_pause(call, aside, PauseRecording(recording_id=aside.recording_id), now)

    def resume(self, call: Call, now: int) -> None:
        """Refuses not_recorded, recording_runs."""
        recording = self._current(call)
        if not recording.paused:
            raise YingdaError("recording_runs", "The recording is not paused.")
        for one in (recording, *self._asides(call, paused=True)):
            self._switch_pause(call, one, ResumeRecording(recording_id=one.recording_id), now)

    def cover(self, call: Call, now: int) -> bool:
        """The customer goes into a flow aside of the talk: the file holds silence, and his digits reach that flow
        alone. False: nothing is recorded, or it was paused already."""
        recording = self._of_talk(call)
        if recording is None:
            return False
        command = PauseRecording(recording_id=recording.recording_id, digits=True)
        if recording.paused:
            self._table.ask(command, Purpose.TIDY, self._table.legs[call.customer])
            return False
        self.started(call, recording, now)
        self._switch_pause(call, recording, command, now)
        return True

    def uncover(self, call: Call, now: int, *, covered: bool) -> None:
        """He is back; covered: as `cover` said. What the agent had paused stays so, digits too."""
        recording = self._of_talk(call)
        if recording is None or not recording.paused:
            return
        if covered:
            self._switch_pause(call, recording, ResumeRecording(recording_id=recording.recording_id), now)
        else:
            again = PauseRecording(recording_id=recording.recording_id, blank=self._table.plan.recordings.blank_pauses)
            self._table.ask(again, Purpose.TIDY, self._table.legs[call.customer])

    @staticmethod
    def _asides(call: Call, *, paused: bool) -> list[Recording]:
        """Consultations that are being recorded: an agent may say there what he was told here."""
        return [one for one in call.running() if one.aside and not one.stopping and one.paused is paused]

    @staticmethod
    def _of_talk(call: Call) -> Recording | None:
        return next((one for one in call.running() if not one.stopping and not one.aside), None)

    def _switch_pause(
        self, call: Call, recording: Recording, command: PauseRecording | ResumeRecording, now: int
    ) -> None:
        recording.paused = isinstance(command, PauseRecording)
        self._table.ask(command, Purpose.TIDY, self._anybody(call))
        if recording.begun:  # else the books have its beginning first
            self._say(call, f"recording.{'paused' if recording.paused else 'resumed'}", recording, now)

    def _current(self, call: Call) -> Recording:
        if call.phase is Phase.AWAY:  # what he says in the flow is recorded by nobody
            raise YingdaError("customer_in_flow", "The customer is in a flow.", todo="Wait until he comes back.")
        found = self._of_talk(call)
        if found is None or not found.begun:
            raise YingdaError("not_recorded", "This call is not being recorded.")
        return found

    def started(self, call: Call, recording: Recording, now: int) -> None:
        if recording.running and not recording.begun:
            recording.begun = True
            self._say(call, "recording.started", recording, now)
            if recording.paused:
                self._say(call, "recording.paused", recording, now)

    def continued(self, call: Call, recording: Recording, gap_ms: int, now: int) -> None:
        """Its media process died, and the successor goes on in the same file: a second part after a silent gap."""
        self.started(call, recording, now)
        self._say(call, "recording.resumed", recording, now, {"gap_ms": gap_ms})

    def finished(self, call: Call, recording: Recording, result: RecordingFinished, now: int) -> None:
        """The recorder's last word; should it overtake its first, both go onto the books."""
        self.started(call, recording, now)
        if recording.running:
            recording.running = False
            words: dict[str, str | int] = {"duration_ms": result.duration_ms, "checksum": result.checksum}
            self._say(call, "recording.ended", recording, now, words)

    def missing(self, call: Call, recording: Recording, reason: str, now: int) -> None:
        """The recorder failed: the call goes on, and somebody is told."""
        if not recording.running:
            return
        recording.running = False
        self._say(call, "recording.missing", recording, now, {"reason": reason})
        self._table.alarm(
            "recording_missing",
            f"The recording of handling {recording.handling_id} is missing or incomplete ({reason}). Calls go on. "
            + (UNSPOKEN if reason == "codec_not_recorded" else "Check the space and rights of the recordings folder."),
        )

    def _say(
        self, call: Call, kind: str, recording: Recording, now: int, more: Mapping[str, str | int] | None = None
    ) -> None:
        data = {"recording_id": recording.recording_id, "handling_id": recording.handling_id, **(more or {})}
        data |= {"leg_id": recording.leg_id} if recording.leg_id else {}
        self._table.append(self._table.event(kind, now, call, data, cause=recording.handling_id))
