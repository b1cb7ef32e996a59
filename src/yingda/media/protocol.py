"""What control and media say to each other (design.md, "Control and media").

Commands are idempotent: repeating one with the same ids changes nothing and gives the same result. Each carries the
`epoch` of the control that sent it; media refuses an older epoch than it has seen. Reports are numbered, kept by media
until acknowledged, and sent again after a reconnect.
Times are µs, gains linear, addresses (host, port). A *sink* hears, a *source* is heard.
"""

from __future__ import annotations

import msgspec

from yingda.media.condition import Condition

Address = tuple[str, int]
REPORTS_TOPIC = "reports"
"""The bus's topic of reports; a push's body is {instance, report}."""


PASSED = ("G729", "G723", "G722", "GSM", "iLBC", "AMR")
"""Codecs that are not spoken here, but handed on as they are between two legs that both have them."""


class Codec(msgspec.Struct, frozen=True):
    """A negotiated payload: name is PCMU, PCMA, opus, telephone-event or one of PASSED; pt its number in this
    direction. fmtp: parameters of one that is handed on, as the far end gave them."""

    name: str
    pt: int
    clock_rate: int = 8000
    fmtp: str = ""


class IceParameters(msgspec.Struct, frozen=True):
    ufrag: str
    pwd: str


class SrtpParameters(msgspec.Struct, frozen=True, kw_only=True):
    """An a=crypto line (RFC 4568): its suite, and key and salt in Base64."""

    suite: str
    key: str


class RemoteMedia(msgspec.Struct, frozen=True, kw_only=True):
    """The far end as its SDP describes it. `send_*` are the payload numbers the far end wants to receive."""

    address: Address | None = None
    rtcp_address: Address | None = None
    send_codec: Codec | None = None
    send_event_pt: int | None = None
    receive_codecs: list[Codec] = []
    ptime_ms: int = 20
    direction: str = "sendrecv"  # as seen from us: sendrecv, sendonly, recvonly, inactive
    signalling_host: str | None = None  # a second address that latching may trust
    ice: IceParameters | None = None
    our_ice: IceParameters | None = None  # ours from now on, beside the old: the far end restarted ICE
    fingerprint: str | None = None  # "sha-256 AA:BB:…"
    setup: str | None = None  # the far end's a=setup: active, passive, actpass
    srtp_receive: SrtpParameters | None = None  # what the far end's SDP says; with it goes
    srtp_send: SrtpParameters | None = None  # what ours says


# ---- commands -------------------------------------------------------------------------------------------------------


class Command(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=str.lower):
    epoch: int = 0


class Configure(Command, frozen=True, tag="configure"):
    """What the centre's configuration says about sound. country: of the tones (ISO 3166, small letters)."""

    country: str


class CreateLeg(Command, frozen=True, tag="leg.create"):
    """Open ports for a leg. kind: rtp or webrtc. cookie: control's own opaque, versioned bytes.

    near: a leg it will be joined with; where there are several media processes, both are in one.
    """

    leg_id: str
    kind: str = "rtp"
    cookie: bytes = b""
    host: str | None = None  # local address to bind; default from media's configuration
    near: str = ""


class ConnectLeg(Command, frozen=True, tag="leg.connect"):
    """Tell a leg about its far end; again after a re-INVITE."""

    leg_id: str
    remote: RemoteMedia


class SetCookie(Command, frozen=True, tag="leg.cookie"):
    leg_id: str
    cookie: bytes


class MeasureLeg(Command, frozen=True, tag="leg.measure"):
    """A leg's statistics so far; it goes on."""

    leg_id: str


class DestroyLeg(Command, frozen=True, tag="leg.destroy"):
    """End a leg; its statistics come back. Players and recorders on it end."""

    leg_id: str


class SetGain(Command, frozen=True, tag="matrix.set"):
    """Entries of the matrix: sink hears source at gain (0 removes). All are changed in one tick."""

    entries: list[tuple[str, str, float]]  # (sink leg, source leg, gain)


class Play(Command, frozen=True, tag="play.start"):
    """Play into what a leg hears; it replaces what the leg is playing. loop: the whole list, for ever.

    Items: file:PATH (WAV, MP3), part:MS:PATH (so much of it, each time going on where the last one stopped), tone:NAME
    (country tones), silence:MS. from_ms: begins there. barge_in: a digit from the leg ends it; speech_barge_in: so does
    speech of 200 ms.
    """

    play_id: str
    leg_id: str
    items: list[str]
    loop: bool = False
    barge_in: bool = False
    speech_barge_in: bool = False
    from_ms: int = 0
    gain: float = 1.0


class PausePlay(Command, frozen=True, tag="play.pause"):
    """Silence, until ResumePlay; the place is kept."""

    play_id: str


class ResumePlay(Command, frozen=True, tag="play.resume"):
    play_id: str


class SeekPlay(Command, frozen=True, tag="play.seek"):
    """Go on at another place of the list, ms from its beginning."""

    play_id: str
    to_ms: int


class StopPlay(Command, frozen=True, tag="play.stop"):
    play_id: str


class SendDigits(Command, frozen=True, tag="digits.send"):
    """request_id: makes the command repeatable; without one, repeating it sends the digits again."""

    leg_id: str
    digits: str
    duration_ms: int = 100
    request_id: str = ""


class Listen(Command, frozen=True, tag="leg.listen"):
    """Find out who answered: a person, a machine, a fax, a tone, nobody. AnswerDetected follows, once."""

    leg_id: str


class StartRecording(Command, frozen=True, tag="record.start"):
    """Left: what the leg (the customer's) says. Right: what it hears. path is relative to the recordings' root.

    initial_silence_ms, final_silence_ms: tell when the leg has not spoken for so long, from the beginning or after it
    has (RecordingQuiet; 0: never). The recording goes on until it is stopped.
    """

    recording_id: str
    leg_id: str
    path: str
    initial_silence_ms: int = 0
    final_silence_ms: int = 0


class MoveRecording(Command, frozen=True, tag="record.move"):
    """Another leg has taken the place of the recorded one: the same file goes on with it. Both are in one process."""

    recording_id: str
    leg_id: str


class PauseRecording(Command, frozen=True, tag="record.pause"):
    """Card data is spoken or typed: until ResumeRecording the file holds silence, and the leg's digits go nowhere.

    They are neither reported nor passed on, and while one sounds the leg's voice goes nowhere either. The recording
    stays as long as the call. blank: nobody hears the leg at all, so that an agent can take a card number without
    hearing it; so it is too where digits come only as sound. digits: they are reported all the same, and to nobody
    else: a flow takes them.
    """

    recording_id: str
    blank: bool = False
    digits: bool = False


class ResumeRecording(Command, frozen=True, tag="record.resume"):
    recording_id: str


class StopRecording(Command, frozen=True, tag="record.stop"):
    recording_id: str


class OpenTap(Command, frozen=True, kw_only=True, tag="tap.open"):
    """Stream a leg's sound to a WebSocket server, and what it answers into the leg's ear (docs/api.md).

    url: ws:// or wss://; http(s):// of MP3, WAV, FLAC or Vorbis is only heard. rate: 8,000 or 16,000 samples a second,
    16 bit. side: said (by the leg) or heard (by it).
    gain: how loud the leg hears the server; 0: not at all. headers: of the opening handshake. TapChanged follows.
    """

    tap_id: str
    leg_id: str
    url: str
    rate: int = 8_000
    side: str = "said"
    gain: float = 1.0
    headers: dict[str, str] = {}


class FlushTap(Command, frozen=True, tag="tap.flush"):
    """Barge-in: what the server said and the leg has not heard yet is forgotten."""

    tap_id: str


class TellTap(Command, frozen=True, tag="tap.tell"):
    """A text message to the server."""

    tap_id: str
    text: str


class CloseTap(Command, frozen=True, tag="tap.close"):
    tap_id: str


class Snapshot(Command, frozen=True, tag="snapshot"):
    """Everything media holds: legs with cookies and statistics, matrix entries, players, recorders, taps."""


class Acknowledge(Command, frozen=True, tag="ack"):
    """Reports up to and including `upto` are safe with control."""

    upto: int


class ResumeReports(Command, frozen=True, tag="reports.resume"):
    """This connection is control's: push it every report newer than `after` of the given life of media (instance)."""

    instance: str = ""
    after: int = 0


class Metrics(Command, frozen=True, tag="metrics"):
    """Counters and gauges of the process."""


AnyCommand = (
    Configure
    | CreateLeg
    | ConnectLeg
    | SetCookie
    | MeasureLeg
    | DestroyLeg
    | SetGain
    | Play
    | PausePlay
    | ResumePlay
    | SeekPlay
    | StopPlay
    | SendDigits
    | Listen
    | StartRecording
    | MoveRecording
    | PauseRecording
    | ResumeRecording
    | StopRecording
    | OpenTap
    | FlushTap
    | TellTap
    | CloseTap
    | Snapshot
    | Acknowledge
    | Metrics
)


# ---- results --------------------------------------------------------------------------------------------------------


class LegCreated(msgspec.Struct, frozen=True, kw_only=True, tag="leg.created"):
    """Where the leg listens. ice and fingerprint only for webrtc. ssrc, cname: for the SDP."""

    leg_id: str
    address: Address
    ssrc: int
    cname: str
    ice: IceParameters | None = None
    fingerprint: str | None = None


class LegStatistics(msgspec.Struct, frozen=True, kw_only=True, tag="leg.statistics"):
    """Counters of a leg's life. lost: by sequence gaps. one_way: we sent for 5 s and heard nothing, or the reverse."""

    leg_id: str
    received: int = 0
    sent: int = 0
    lost: int = 0
    jitter_ms: float = 0.0
    mos: float = 0.0
    one_way: bool = False
    strangers: int = 0


class RecordingFinished(msgspec.Struct, frozen=True, kw_only=True, tag="recording.finished"):
    recording_id: str
    duration_ms: int
    checksum: str  # sha256 of the file, hex


class Done(msgspec.Struct, frozen=True, tag="done"):
    """The command is carried out."""


class SnapshotResult(msgspec.Struct, frozen=True, kw_only=True, tag="snapshot"):
    legs: list[dict[str, object]]
    matrix: list[tuple[str, str, float]]
    players: list[dict[str, object]]
    recorders: list[dict[str, object]]
    taps: list[dict[str, object]]
    last_report: int


class ReportsResumed(msgspec.Struct, frozen=True, kw_only=True, tag="reports.resumed"):
    """instance: this life of media; numbers of reports belong to it."""

    instance: str
    last: int


class MetricsResult(msgspec.Struct, frozen=True, tag="metrics"):
    """Prometheus-style: name to value; `_total` names only rise. text: the same as Prometheus reads it."""

    values: dict[str, float]
    text: str = ""


AnyResult = LegCreated | LegStatistics | RecordingFinished | Done | SnapshotResult | MetricsResult


# ---- reports --------------------------------------------------------------------------------------------------------


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
