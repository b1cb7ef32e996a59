"""What media tells by itself: numbered, kept until acknowledged, sent again after a reconnect."""

from __future__ import annotations

import msgspec

from yingda.media.condition import Condition


class Report(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=str.lower):
    """number: media's own, without a gap. measured_at: µs UTC by media's clock."""

    number: int
    measured_at: int


class DigitHeard(Report, frozen=True, tag="digit"):
    leg_id: str
    digit: str
    duration_ms: int


class PlayEnded(Report, frozen=True, tag="play.ended"):
    """why: finished, stopped, replaced, barge_in, failed (reason says what). position_ms: in the list, where it was."""

    play_id: str
    leg_id: str
    why: str
    reason: str = ""
    position_ms: int = 0


class LegAlive(Report, frozen=True, tag="leg.alive"):
    """The first authentic packet of a leg (after latching)."""

    leg_id: str


class LegSilent(Report, frozen=True, tag="leg.silent"):
    """No packet for `seconds` on a leg that should get some."""

    leg_id: str
    seconds: int


class LegCondition(Report, frozen=True, tag="leg.condition"):
    """How the line has been for some seconds, when that is news."""

    leg_id: str
    condition: Condition


class LegLost(Report, frozen=True, tag="leg.lost"):
    """The leg cannot go on: DTLS failed, ICE consent lost."""

    leg_id: str
    reason: str


class ToneHeard(Report, frozen=True, tag="tone.heard"):
    """tone: cng (a fax calls), ced (a fax answers), modem; after 300 ms of it, on legs that are listened to."""

    leg_id: str
    tone: str


class AnswerDetected(Report, frozen=True, tag="answer.detected"):
    """answer: person, machine, fax, tone, silence. features: as activity.Features, ms."""

    leg_id: str
    answer: str
    features: dict[str, int]


class RecordingFailed(Report, frozen=True, tag="recording.failed"):
    """The recording stopped (disk full …); the call goes on. What was written stays playable."""

    recording_id: str
    reason: str
    duration_ms: int


class RecordingQuiet(Report, frozen=True, tag="recording.quiet"):
    """Silence for as long as the recording said. spoken: after speech."""

    recording_id: str
    leg_id: str
    spoken: bool


class RecordingResumed(Report, frozen=True, tag="recording.resumed"):
    """A successor of the media process goes on with it: a second part of the same file, after `gap_ms` of silence."""

    recording_id: str
    gap_ms: int


class TapChanged(Report, frozen=True, tag="tap.changed"):
    """state: open, interrupted (tried again for 10 s), failed, closed; the last two are its last word."""

    tap_id: str
    leg_id: str
    state: str
    reason: str = ""


class TapSaid(Report, frozen=True, tag="tap.said"):
    """A text message of the server, such as what a speech engine understood; at most 16,384 characters."""

    tap_id: str
    leg_id: str
    text: str


AnyReport = (
    DigitHeard
    | PlayEnded
    | LegAlive
    | LegSilent
    | LegCondition
    | LegLost
    | ToneHeard
    | AnswerDetected
    | RecordingFailed
    | RecordingQuiet
    | RecordingResumed
    | TapChanged
    | TapSaid
)
