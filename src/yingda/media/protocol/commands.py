"""What control asks of media. Repeating a command with the same ids changes nothing and gives the same result."""

from __future__ import annotations

import msgspec

from yingda.media.protocol.shapes import RemoteMedia


class Command(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=str.lower):
    """unhurried: nobody waits for its answer, which may come with another one. A refusal comes at once all the same."""

    epoch: int = 0
    unhurried: bool = False


class Configure(Command, frozen=True, tag="configure"):
    """What the centre's configuration says about sound. country: of the tones (ISO 3166, small letters)."""

    country: str


class CreateLeg(Command, frozen=True, tag="leg.create"):
    """Open ports for a leg. kind: rtp or webrtc. cookie: control's own opaque, versioned bytes.

    near: a leg it will be joined with; where there are several media processes, both are in one. ready: port and SSRC
    of a leg of the stock (`StockLegs`), which is given out already: it is this one or none. If media has it no more, it
    is opened again on the same port, or refused.
    """

    leg_id: str
    kind: str = "rtp"
    cookie: bytes = b""
    host: str | None = None  # local address to bind; default from media's configuration
    near: str = ""
    ready: tuple[int, int] | None = None


class StockLegs(Command, frozen=True, tag="legs.stock"):
    """Open `more` plain legs ahead, for CreateLeg to take, and close those on the ports of `surplus`.

    They are control's for as long as this connection stands. order: counts up; the last one can be repeated.
    """

    order: int
    more: int = 0
    surplus: list[int] = []


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
    speech of 200 ms. more: items follow by MorePlay; where there is none yet, silence.
    """

    play_id: str
    leg_id: str
    items: list[str]
    loop: bool = False
    barge_in: bool = False
    speech_barge_in: bool = False
    from_ms: int = 0
    gain: float = 1.0
    more: bool = False


class MorePlay(Command, frozen=True, tag="play.more"):
    """What follows in a play, without a gap: speech that is made while its beginning is heard. after: how many items
    it has had so far. last: none follows these. An item that cannot be read is left out."""

    play_id: str
    items: list[str]
    after: int
    last: bool = False


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
    | StockLegs
    | ConnectLeg
    | SetCookie
    | MeasureLeg
    | DestroyLeg
    | SetGain
    | Play
    | MorePlay
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
