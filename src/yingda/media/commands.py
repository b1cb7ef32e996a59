"""Control's commands, checked and carried out: idempotent, fenced by epoch, refused with a sentence.

Repeating a command changes nothing and gives the same answer, also after the thing has ended (ends are remembered).
An older epoch than was seen is refused: a control that was replaced cannot touch its successor's calls.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

from yingda.kernel.errors import YingdaError
from yingda.media import protocol
from yingda.media.dtmf import is_digits
from yingda.media.engine import Engine
from yingda.media.g711 import LAW_OF_NAME
from yingda.media.leg import CODED, Leg, LegState
from yingda.media.matrix import MAX_GAIN
from yingda.media.pending import Pending
from yingda.media.player import MAX_ITEMS, Player
from yingda.media.protocol import AnyCommand, AnyResult, Done, LegCreated, LegStatistics, SnapshotResult
from yingda.media.taps.desk import MAX_TEXT, Tap

REMEMBERED = 10_000
DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")
TAP_ADDRESSES = ("ws://", "wss://", "http://", "https://")
TAP_RATES, TAP_SIDES = (8_000, 16_000), ("said", "heard")
DONE = Done()
READS = (protocol.Snapshot, protocol.Metrics)  # whoever asks changes nothing

Value = TypeVar("Value")
Answer = AnyResult | Pending[protocol.RecordingFinished]


def _remember(book: OrderedDict[str, Value], key: str, value: Value) -> None:
    book[key] = value
    while len(book) > REMEMBERED:
        book.popitem(last=False)


class Commands:
    """`execute` is the only door."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.epoch = 0
        self._plays: OrderedDict[str, protocol.Play] = OrderedDict()
        self._digits: OrderedDict[str, tuple[str, int]] = OrderedDict()
        self._taps: OrderedDict[str, protocol.OpenTap] = OrderedDict()
        self._handlers: dict[type[AnyCommand], Callable[[Any, int], Answer]] = {
            protocol.Configure: self._configure,
            protocol.CreateLeg: self._create,
            protocol.StockLegs: self._stock,
            protocol.ConnectLeg: self._connect,
            protocol.SetCookie: self._cookie,
            protocol.MeasureLeg: self._measure,
            protocol.DestroyLeg: self._destroy,
            protocol.SetGain: self._gain,
            protocol.Play: self._play,
            protocol.MorePlay: self._more_play,
            protocol.PausePlay: self._pause_play,
            protocol.ResumePlay: self._resume_play,
            protocol.SeekPlay: self._seek_play,
            protocol.StopPlay: self._stop_play,
            protocol.SendDigits: self._send_digits,
            protocol.Listen: self._listen,
            protocol.StartRecording: self._record,
            protocol.MoveRecording: self._move_recording,
            protocol.PauseRecording: self._pause_recording,
            protocol.ResumeRecording: self._resume_recording,
            protocol.StopRecording: self._stop_recording,
            protocol.OpenTap: self._open_tap,
            protocol.FlushTap: self._flush_tap,
            protocol.TellTap: self._tell_tap,
            protocol.CloseTap: self._close_tap,
            protocol.Snapshot: self._snapshot,
            protocol.Acknowledge: self._acknowledge,
            protocol.Metrics: self._metrics,
        }

    def execute(self, command: AnyCommand, now: int) -> Answer:
        """Raises YingdaError with the reason; then nothing was changed."""
        if not isinstance(command, READS):
            self.fence(command.epoch)
        answer = self._handlers[type(command)](command, now)
        self._engine.note(_touched(command), now)
        return answer

    def fence(self, epoch: int) -> None:
        """Raises `epoch_old`."""
        if epoch < self.epoch:
            raise YingdaError("epoch_old", f"Epoch {epoch} was replaced by {self.epoch}.")
        self.epoch = epoch

    def _leg(self, leg_id: str) -> Leg:
        leg = self._engine.legs.get(leg_id)
        if leg is None:
            if leg_id in self._engine.ended:
                raise YingdaError("leg_ended", f"Leg {leg_id} has ended.")
            raise YingdaError("leg_unknown", f"There is no leg {leg_id}.")
        return leg

    # ---- legs ------------------------------------------------------------------------------------------------------

    def _configure(self, command: protocol.Configure, now: int) -> Done:
        self._engine.configure(command)
        return DONE

    def _create(self, command: protocol.CreateLeg, now: int) -> LegCreated:
        if command.kind not in ("rtp", "webrtc"):
            raise YingdaError(
                "leg_kind_unknown", f"A leg cannot be of kind {command.kind!r}.", todo="Say rtp or webrtc."
            )
        if command.ready is not None and (command.kind != "rtp" or command.host is not None):
            raise YingdaError("leg_differs", "A leg of the stock is a plain one, on the usual address.")
        if command.leg_id in self._engine.ended:
            raise YingdaError("leg_ended", f"Leg {command.leg_id} has ended.")
        leg = self._engine.legs.get(command.leg_id)
        if leg is None:
            leg = self._engine.create(command, now)
        elif leg.kind != command.kind:
            raise YingdaError("leg_differs", f"Leg {command.leg_id} is of kind {leg.kind}.")
        return self._created(leg)

    def _stock(self, command: protocol.StockLegs, now: int) -> protocol.LegsStocked:
        return self._engine.ahead.stock(command, now)

    def _created(self, leg: Leg) -> LegCreated:
        webrtc = leg.webrtc
        return LegCreated(
            leg_id=leg.leg_id,
            address=leg.address,
            ssrc=leg.line.ssrc,
            cname=leg.cname,
            ice=webrtc.ice.credentials if webrtc is not None else None,
            fingerprint=self._engine.identity.fingerprint if webrtc is not None else None,
        )

    def _connect(self, command: protocol.ConnectLeg, now: int) -> Done:
        leg, remote = self._leg(command.leg_id), command.remote
        if leg.state is LegState.LOST:
            raise YingdaError("leg_lost", f"Leg {leg.leg_id} is lost.", todo="Make a new leg.")
        spoken = {*LAW_OF_NAME, *CODED, *protocol.PASSED}
        if remote.send_codec is not None and remote.send_codec.name not in spoken:
            raise YingdaError("codec_unknown", f"{remote.send_codec.name} cannot be sent.", todo="Offer PCMA or PCMU.")
        if remote.direction not in DIRECTIONS:
            raise YingdaError("direction_unknown", f"{remote.direction!r} is not a direction.")
        numbers = [codec.pt for codec in remote.receive_codecs] + [remote.send_codec.pt if remote.send_codec else 0]
        numbers.append(remote.send_event_pt or 0)
        if not all(0 <= number <= 127 for number in numbers):
            raise YingdaError("payload_number_wrong", "A payload number is 0–127.")
        if (remote.srtp_receive is None) is not (remote.srtp_send is None):
            raise YingdaError("srtp_key_missing", "SRTP by SDP needs a key of each side.")
        if leg.sdes is not None and remote.srtp_receive is None:
            raise YingdaError("srtp_key_missing", "A secured leg cannot become a plain one.", todo="Make a new leg.")
        if leg.webrtc is not None and (remote.ice is None or remote.fingerprint is None):
            raise YingdaError("fingerprint_missing", "A browser's description needs ICE credentials and a fingerprint.")
        leg.connect(remote, now)
        self._engine.relay.flush(leg)
        self._engine.phases.renew(leg)
        self._engine.ears.follow(leg)
        return DONE

    def _cookie(self, command: protocol.SetCookie, now: int) -> Done:
        self._leg(command.leg_id).cookie = command.cookie
        return DONE

    def _measure(self, command: protocol.MeasureLeg, now: int) -> LegStatistics:
        return self._leg(command.leg_id).statistics()

    def _destroy(self, command: protocol.DestroyLeg, now: int) -> LegStatistics:
        ended = self._engine.ended.get(command.leg_id)
        if ended is not None:
            return ended
        return self._engine.end(self._leg(command.leg_id), now)

    # ---- matrix ----------------------------------------------------------------------------------------------------

    def _gain(self, command: protocol.SetGain, now: int) -> Done:
        """All entries or none. Taking away what an ended leg had is no error: it is gone already."""
        entries = []
        for sink, source, gain in command.entries:
            _check_gain(gain)
            if gain == 0 and (sink in self._engine.ended or source in self._engine.ended):
                continue
            self._leg(sink)
            self._leg(source)
            entries.append((sink, source, float(gain)))
        self._engine.phases.reroute(self._engine.matrix.change(entries))
        return DONE

    # ---- players and digits ----------------------------------------------------------------------------------------

    def _play(self, command: protocol.Play, now: int) -> Done:
        known = self._plays.get(command.play_id)
        if known is not None:
            if (known.leg_id, known.items) != (command.leg_id, command.items):
                raise YingdaError("play_differs", f"Play {command.play_id} was started otherwise.")
            return DONE
        _check_gain(command.gain)
        if command.gain == 0 or not 1 <= len(command.items) <= MAX_ITEMS:
            raise YingdaError("nothing_to_play", f"A play needs a gain above 0 and 1–{MAX_ITEMS} items.")
        leg = self._leg(command.leg_id)
        _remember(self._plays, command.play_id, command)
        self._engine.play(command, leg, now)
        return DONE

    def replay(self, command: protocol.Play, now: int) -> None:
        """A play of the process before this one, from its beginning."""
        _remember(self._plays, command.play_id, command)
        self._engine.play(command, self._leg(command.leg_id), now)

    def _player(self, play_id: str) -> Player | None:
        """None when it has ended."""
        player = self._engine.players.get(f"play:{play_id}")
        if player is None and play_id not in self._plays:
            raise YingdaError("play_unknown", f"There is no play {play_id}.")
        return player

    def _more_play(self, command: protocol.MorePlay, now: int) -> Done:
        if len(command.items) > MAX_ITEMS:
            raise YingdaError("nothing_to_play", f"A play has at most {MAX_ITEMS} items at a time.")
        if (player := self._player(command.play_id)) is not None:
            self._engine.play_more(player, command)
        return DONE

    def _pause_play(self, command: protocol.PausePlay, now: int) -> Done:
        if (player := self._player(command.play_id)) is not None:
            player.paused = True
        return DONE

    def _resume_play(self, command: protocol.ResumePlay, now: int) -> Done:
        if (player := self._player(command.play_id)) is not None:
            player.paused = False
        return DONE

    def _seek_play(self, command: protocol.SeekPlay, now: int) -> Done:
        if (player := self._player(command.play_id)) is not None:
            player.seek(command.to_ms)
        return DONE

    def _stop_play(self, command: protocol.StopPlay, now: int) -> Done:
        if (player := self._player(command.play_id)) is not None:
            self._engine.end_play(player, "stopped", now)
        return DONE

    def _send_digits(self, command: protocol.SendDigits, now: int) -> Done:
        if not is_digits(command.digits):
            raise YingdaError("digits_wrong", f"{command.digits!r} are not digits.", todo="Use 0–9, *, #, A–D.")
        leg = self._leg(command.leg_id)
        if command.request_id:
            if command.request_id in self._digits:
                return DONE
            _remember(self._digits, command.request_id, (command.digits, command.duration_ms))
        self._engine.send_digits(leg, command.digits, command.duration_ms)
        return DONE

    def _listen(self, command: protocol.Listen, now: int) -> Done:
        self._engine.ears.listen(self._leg(command.leg_id))
        return DONE

    # ---- recordings ------------------------------------------------------------------------------------------------

    def _record(self, command: protocol.StartRecording, now: int) -> Done:
        recordings = self._engine.recordings
        if not recordings.known(command):
            leg = self._leg(command.leg_id)
            if leg.passes:
                raise YingdaError("codec_not_recorded", f"{leg.passes} is handed on as it is, and cannot be recorded.")
            recordings.start(command, leg, now)
            if command.initial_silence_ms or command.final_silence_ms:
                self._engine.ears.await_quiet(
                    leg, command.recording_id, command.initial_silence_ms, command.final_silence_ms
                )
        return DONE

    def _move_recording(self, command: protocol.MoveRecording, now: int) -> Done:
        self._engine.recordings.move(command.recording_id, self._leg(command.leg_id))
        return DONE

    def _pause_recording(self, command: protocol.PauseRecording, now: int) -> Done:
        self._engine.recordings.pause(command.recording_id, command.blank, command.digits)
        return DONE

    def _resume_recording(self, command: protocol.ResumeRecording, now: int) -> Done:
        self._engine.recordings.go_on(command.recording_id)
        return DONE

    def _stop_recording(self, command: protocol.StopRecording, now: int) -> Pending[protocol.RecordingFinished]:
        return self._engine.recordings.stop(command.recording_id, now)

    # ---- taps ------------------------------------------------------------------------------------------------------

    def _open_tap(self, command: protocol.OpenTap, now: int) -> Done:
        known = self._taps.get(command.tap_id)
        if known is not None:
            if (known.leg_id, known.url) != (command.leg_id, command.url):
                raise YingdaError("tap_differs", f"Tap {command.tap_id} was opened otherwise.")
            return DONE
        _check_gain(command.gain)
        if not command.url.startswith(TAP_ADDRESSES):
            todo = "Write ws:// or wss://; or http:// or https:// of sound that is only heard."
            raise YingdaError("tap_address_wrong", f"{command.url!r} is no stream.", todo=todo)
        if command.rate not in TAP_RATES or command.side not in TAP_SIDES:
            raise YingdaError("tap_wrong", "A tap has 8000 or 16000 samples a second; its side is said or heard.")
        self._engine.taps.open(command, self._leg(command.leg_id))
        _remember(self._taps, command.tap_id, command)
        return DONE

    def reopen(self, command: protocol.OpenTap) -> None:
        """A tap of the process before this one."""
        _remember(self._taps, command.tap_id, command)
        self._engine.taps.open(command, self._leg(command.leg_id))

    def _tap(self, tap_id: str) -> Tap | None:
        """None when it is over."""
        if tap_id not in self._taps:
            raise YingdaError("tap_unknown", f"There is no tap {tap_id}.")
        return self._engine.taps.find(tap_id)

    def _flush_tap(self, command: protocol.FlushTap, now: int) -> Done:
        if (tap := self._tap(command.tap_id)) is not None:
            self._engine.taps.flush(tap)
        return DONE

    def _tell_tap(self, command: protocol.TellTap, now: int) -> Done:
        if len(command.text) > MAX_TEXT:
            raise YingdaError("tap_text_long", f"A tap's text has at most {MAX_TEXT} characters.")
        if (tap := self._tap(command.tap_id)) is not None:
            self._engine.taps.say(tap, command.text)
        return DONE

    def _close_tap(self, command: protocol.CloseTap, now: int) -> Done:
        if (tap := self._tap(command.tap_id)) is not None:
            self._engine.taps.close(tap, "control closed it")
        return DONE

    # ---- all of it -------------------------------------------------------------------------------------------------

    def _snapshot(self, command: protocol.Snapshot, now: int) -> SnapshotResult:
        engine = self._engine
        return SnapshotResult(
            legs=[leg.as_dict() for leg in engine.legs.values()],
            matrix=[entry for entry in engine.matrix.entries() if entry[1] in engine.legs],
            players=[player.as_dict() for player in engine.players.values()],
            recorders=engine.recordings.as_dicts(),
            taps=engine.taps.as_dicts(),
            last_report=engine.reports.last,
        )

    def _acknowledge(self, command: protocol.Acknowledge, now: int) -> Done:
        self._engine.reports.acknowledge(command.upto)
        return DONE

    def _metrics(self, command: protocol.Metrics, now: int) -> protocol.MetricsResult:
        values = self._engine.metrics()
        return protocol.MetricsResult(values, exposition(values))


def _touched(command: AnyCommand) -> list[str]:
    """The legs a command changes: a successor must know of it even if this process dies in the next moment."""
    if isinstance(command, protocol.SetGain):
        return [sink for sink, _, _ in command.entries]
    leg_id: str | None = getattr(command, "leg_id", None)
    return [leg_id] if leg_id is not None else []


def exposition(values: dict[str, float]) -> str:
    """Prometheus' text format 0.0.4."""
    lines: list[str] = []
    for name, value in values.items():
        kind = "counter" if name.endswith("_total") else "gauge"
        lines += [f"# TYPE yingda_{name} {kind}", f"yingda_{name} {value:g}"]
    return "\n".join(lines) + "\n"


def _check_gain(gain: float) -> None:
    if not (math.isfinite(gain) and 0 <= gain <= MAX_GAIN):
        raise YingdaError("gain_wrong", f"A gain is 0–{MAX_GAIN:g}, not {gain}.")
