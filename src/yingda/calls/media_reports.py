"""What media tells by itself (digits, the end of a sound, silence, losses): each report to the part it is for."""

from __future__ import annotations

from yingda.calls.announcing import Announcing
from yingda.calls.flowing import Flowing
from yingda.calls.inbound import Inbound
from yingda.calls.leaving import Leaving
from yingda.calls.media_answers import MediaAnswers
from yingda.calls.meetings.meetings import Meetings
from yingda.calls.model import Call, Leg, LegState, Phase
from yingda.calls.reaching import Reaching
from yingda.calls.table import Table
from yingda.calls.waiting import Waiting
from yingda.media import protocol as media

SILENCE_LIMIT_S = 60
"""A leg that should bring sound and has brought none for so long is dead."""


class MediaReports:
    def __init__(
        self,
        table: Table,
        answers: MediaAnswers,
        reaching: Reaching,
        leaving: Leaving,
        announcing: Announcing,
        flowing: Flowing,
        waiting: Waiting,
        inbound: Inbound,
        meetings: Meetings,
    ) -> None:
        self._table, self._answers, self._reaching, self._leaving = table, answers, reaching, leaving
        self._announcing, self._flowing, self._waiting, self._inbound = announcing, flowing, waiting, inbound
        self._meetings = meetings

    def take(self, report: media.AnyReport, now: int) -> None:
        """What comes late for a leg that is ending changes nothing; its recordings have a last word even then."""
        if isinstance(report, media.RecordingFailed):
            self._answers.recording_failed(report, now)
        elif isinstance(report, media.RecordingResumed):
            self._answers.recording_resumed(report, now)
        else:
            leg = self._table.legs.get(report.leg_id)
            if leg is not None and leg.state is not LegState.ENDING:
                self._of_leg(leg, report, now)

    def _of_leg(self, leg: Leg, report: media.AnyReport, now: int) -> None:
        match report:
            case media.PlayEnded(play_id=play_id):
                self.play_ended(leg, play_id, now)
            case media.DigitHeard(digit=digit):
                self._pressed(leg, digit, now)
            case media.LegAlive():
                leg.alive = True
                if leg.early:  # its network's sound takes the place of our ring-back
                    self._table.touch(self._table.call_of(leg))
                self._reaching.check_joined(leg, now)
            case media.LegSilent(seconds=seconds) if seconds >= SILENCE_LIMIT_S:
                self._leaving.silent(leg, now)
            case media.LegCondition(condition=condition):  # screens show it; nothing else follows from it
                leg.condition = condition
                self._table.touch(self._table.call_of(leg))
            case media.ToneHeard(tone=tone):
                self._inbound.faxes.heard(self._table.call_of(leg), leg, tone, now)
            case media.LegLost():
                self._leaving.broken(leg, now)
            case media.RecordingQuiet():
                self._flowing.voicemail.quiet(self._table.call_of(leg), report)

    def play_ended(self, leg: Leg, play_id: str, now: int) -> None:
        """What was played is over, or could not be played."""
        call = self._table.call_of(leg)
        if call.meeting and self._meetings.played(leg, play_id, now):
            return
        self._announcing.ended(call, leg, play_id)
        if call.flow is not None and call.bridged is None:
            self._flowing.played(call, play_id)
        else:
            self._inbound.play_ended(call, play_id, now)

    def _pressed(self, leg: Leg, digit: str, now: int) -> None:
        call = self._table.call_of(leg)
        if self._secret(call, leg):
            return
        if leg.asked:
            self._reaching.pressed(leg, digit, now)
        elif call.meeting and self._meetings.pressed(leg, digit, now):
            return
        elif leg.leg_id == call.customer and call.flow is not None:
            self._flowing.pressed(call, digit)
            if call.bridged is not None:
                self._waiting.pressed(call, digit, now)
        elif leg.leg_id == call.customer:
            self._waiting.pressed(call, digit, now)

    @staticmethod
    def _secret(call: Call, leg: Leg) -> bool:
        """Card data, typed while his recording is paused: media keeps such digits to itself, signalling (INFO) does
        not. The flow that an agent sent him into is to have them."""
        paused = any(recording.paused for recording in call.running())
        return paused and leg.leg_id == call.customer and call.phase is not Phase.AWAY
