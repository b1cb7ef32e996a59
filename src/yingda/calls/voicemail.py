"""Messages that callers leave in flows: <record> (VoiceXML 2.0, 2.3.6), and the object `voicemail:` that keeps one.

What they leave while they wait is `waiting`'s; both are kept by the same event, `kept`.

A recording ends by a key, by silence, at its longest time, or with the call. Kept is what the flow keeps; what a caller
was saying when he hung up, and what he had said and not yet thrown away, is kept of itself from a second on: it stands
in the ledger (`message.received`), and the caller is owed a call-back.
"""

from __future__ import annotations

from collections.abc import Callable

from yingda.calls import flow_protocol as messages
from yingda.calls.model import Call, FlowRun, Leg, Phase
from yingda.calls.table import Purpose, Table
from yingda.kernel.errors import YingdaError
from yingda.media import protocol as media
from yingda.recordings.paths import message_path

BEEP = "tone:beep"
SHORTEST_MS = 1_000
"""From this length on a message is kept that nobody has thrown away."""

Facts = dict[str, str | int]


def kept(result: media.RecordingFinished, since: int, queue_id: str) -> Facts:
    """What `message.received` says of one that was spoken: where its file lies follows from it. since: µs UTC."""
    return {
        "message_id": result.recording_id,
        "medium": "voice",
        "author": "customer",
        "queue_id": queue_id,
        "recorded_at": since,
        "duration_ms": result.duration_ms,
        "checksum": result.checksum,
    }


Tell = Callable[[Call, messages.AnyHappened], None]


class Voicemail:
    """tell: what happened, to the flow; owe: a call-back to who left a message (queue, now)."""

    def __init__(self, table: Table, tell: Tell, owe: Callable[[Call, int], object]) -> None:
        self._table, self._tell, self._owe = table, tell, owe

    # ---- recording ------------------------------------------------------------------------------------------------

    def record(self, call: Call, run: FlowRun, leg: Leg, act: messages.Record, now: int) -> None:
        run.recording, run.recording_id, run.recording_ended_by = act.request, self._table.ids(), ""
        run.recording_since, run.recorded_ms = now, 0
        run.recording_until = now + act.maximum_ms * 1_000
        self._table.wake(run.recording_until, call.interaction_id)
        if act.beep:
            beep = media.Play(play_id=self._table.ids(), leg_id=leg.leg_id, items=[BEEP])
            self._table.ask(beep, Purpose.TIDY, leg)
        run.recording_path = message_path(call.tenant, now, call.interaction_id, run.recording_id)
        start = media.StartRecording(
            recording_id=run.recording_id,
            leg_id=leg.leg_id,
            path=run.recording_path,
            initial_silence_ms=act.initial_silence_ms,
            final_silence_ms=act.final_silence_ms,
        )
        self._table.ask(start, Purpose.MESSAGE, leg)

    def stop(self, call: Call, run: FlowRun, why: str) -> None:
        """why: key, silence, no_input, maximum or hangup."""
        leg = self._table.customer_of(call)
        if run.recording is not None and leg is not None and not run.recording_ended_by:
            run.recording_ended_by, run.recording_until = why, None
            self._table.ask(media.StopRecording(recording_id=run.recording_id), Purpose.MESSAGE, leg)

    def due(self, call: Call, now: int) -> None:
        """A message has its limit."""
        run = call.flow
        if run is not None and run.recording_until is not None and now >= run.recording_until:
            self.stop(call, run, "maximum")

    def quiet(self, call: Call, report: media.RecordingQuiet) -> None:
        """Nobody has spoken, or nobody speaks any more."""
        run = call.flow
        if run is not None and run.recording_id == report.recording_id:
            self.stop(call, run, "silence" if report.spoken else "no_input")

    def recorded(self, call: Call, result: object, now: int) -> None:
        """The caller's message is complete; or its recorder began, or could not."""
        run = call.flow
        if run is None or run.recording is None:
            return
        if isinstance(result, YingdaError):
            result = media.RecordingFinished(recording_id=run.recording_id, duration_ms=0, checksum="")
            run.recording_ended_by = "no_input"
        if not isinstance(result, media.RecordingFinished):
            return
        request, run.recording = run.recording, None
        run.recorded_ms, run.checksum = result.duration_ms, result.checksum
        told = messages.Recorded(
            request=request,
            uri=f"recording:{run.recording_id}",
            path=run.recording_path,
            duration_ms=result.duration_ms,
            size=0,
            ended_by=run.recording_ended_by or "maximum",
        )
        self._tell(call, told)
        if call.phase is Phase.ENDING:
            self._keep_of_itself(call, run, now)

    # ---- keeping --------------------------------------------------------------------------------------------------

    def keep(self, call: Call, run: FlowRun, act: messages.KeepMessage, now: int) -> None:
        """As the flow says, for a queue or an agent."""
        plan = self._table.plan
        queue = next((one.id for one in plan.queues.values() if one.name == act.queue), None)
        agent = next((one.id for one in plan.agents.values() if one.number == act.agent), None)
        error = ""
        if act.recording != f"recording:{run.recording_id}" or run.kept or not run.recorded_ms:
            error = "message_unknown"
        elif (act.queue and queue is None) or (act.agent and agent is None):
            error = "message_for_nobody"
        else:
            self._keep(call, run, queue or call.queue_id, agent, now)
        self._tell(call, messages.Served(request=act.request, error=error))

    def hangs_up(self, call: Call, run: FlowRun, now: int) -> bool:
        """Before his leg is let go of: True if a message of his is, or will be, kept."""
        said = now - run.recording_since >= SHORTEST_MS * 1_000
        if run.recording is not None:
            self.stop(call, run, "hangup")
            return said
        self._keep_of_itself(call, run, now)
        return run.kept

    def _keep_of_itself(self, call: Call, run: FlowRun, now: int) -> None:
        if not run.kept and run.recorded_ms >= SHORTEST_MS and run.recording_ended_by != "no_input":
            self._keep(call, run, call.queue_id, None, now)

    def _keep(self, call: Call, run: FlowRun, queue_id: str, agent_id: str | None, now: int) -> None:
        run.kept = True
        result = media.RecordingFinished(
            recording_id=run.recording_id, duration_ms=run.recorded_ms, checksum=run.checksum
        )
        facts = kept(result, run.recording_since, queue_id)
        facts |= {"agent_id": agent_id} if agent_id is not None else {}
        self._table.append(self._table.event("message.received", now, call, facts, by="customer", cause=call.run_id))
        call.left_ms = run.recorded_ms
        self._owe(call, now)
