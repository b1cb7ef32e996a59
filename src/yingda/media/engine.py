"""The media engine: legs, matrix, players, recordings under one roof. Sans-IO: datagrams and time in and out.

The loop calls `relay.receive`, `relay.receive_rtcp`, `tick` and `relay.send_out`; commands come through `Commands`.
Single-threaded; files are read and written by helpers behind `Offload`. `now` is µs UTC.
"""

from __future__ import annotations

import logging
import random
from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from yingda.kernel.clock import SECOND
from yingda.kernel.errors import YingdaError
from yingda.media import rtcp
from yingda.media.ahead import Ahead
from yingda.media.dtls import Identity
from yingda.media.dtmf import DigitEvent
from yingda.media.ears import Ears
from yingda.media.ice import new_credentials
from yingda.media.leg import Leg, LegState, new_line
from yingda.media.matrix import GainMatrix
from yingda.media.network import Network, Opened
from yingda.media.offload import Offload
from yingda.media.phases import COUNT, STEP, Phases
from yingda.media.player import Item, Player, PlayerState, Recent, Shelf, Source
from yingda.media.protocol import Configure, CreateLeg, LegStatistics, MorePlay, Play
from yingda.media.quality import Quality
from yingda.media.recordings import Recordings
from yingda.media.relay import Relay, began, ended
from yingda.media.reports import ReportLog
from yingda.media.survival import Survival
from yingda.media.taps.desk import Desk, Streamer, Tap
from yingda.media.teller import Teller
from yingda.media.watch import Watch
from yingda.media.webrtc import WebRtc

log = logging.getLogger(__name__)

REMEMBERED = 10_000
CATCH_UP = 20  # ticks made up for after a pause of the process; what is older is gone
IDLE_STEPS = 4


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """recordings, prompts: folders. country: of the tones. orphan_after_s: how long legs live without a control.
    ahead: how many legs may be open before they are asked for."""

    recordings: Path
    prompts: Path
    country: str = "cn"
    orphan_after_s: int = 60
    ahead: int = 0


class Engine:
    """Everything one media process holds."""

    def __init__(
        self, settings: Settings, network: Network, loader: Offload, writer: Offload, streamer: Streamer,
        rng: random.Random, instance: str, now: Callable[[], int],
    ) -> None:  # fmt: skip
        self.settings, self.network = settings, network
        self.legs: dict[str, Leg] = {}
        self.players: dict[str, Player] = {}  # by source id, only those not ended
        self.sources: dict[str, Source] = {}  # what is heard without being a leg: players, and voices of taps
        self.playing: dict[str, Player] = {}  # by leg
        self.ended: OrderedDict[str, LegStatistics] = OrderedDict()
        self.matrix = GainMatrix()
        self.reports = ReportLog(instance)
        self.quality = Quality()
        self.tell = tell = Teller(self.reports, now)
        self.relay = Relay(network.send, self._digits, tell.alive, self._changed)
        self.phases = Phases(self.legs, self.sources, self.matrix, self.relay, self._finished)
        self.watch = Watch(self.relay, self.phases, self.matrix, self.legs, tell.silent, self.lose, tell.condition)
        self.ears = Ears(self._digits, tell.tone, tell.answer, self._speech, tell.quiet)
        self.recordings = Recordings(settings.recordings, writer, tell.recording_failed, tell.recording_resumed)
        self.taps = Desk(streamer, tell.tap, tell.tap_said, self._voice, self._hushed)
        self.ahead = Ahead(network, rng, settings.ahead)
        self._loader, self._rng, self._now = loader, rng, now
        self._shelf, self._recent = Shelf(settings.prompts, settings.country), Recent()
        self._identity: Identity | None = None
        self._survival: Survival | None = None
        self._tick = 0
        self._control_left: int | None = None

    # ---- packets and time ------------------------------------------------------------------------------------------

    def tick(self, now: int) -> None:
        """Do what is due; harmless when called early, late or twice."""
        current = now // STEP
        self._tick = max(self._tick, current - CATCH_UP)
        while self._tick < current:
            self._tick += 1
            self.phases.tick(self._tick % COUNT, now)
            self.watch.tick(self._tick, now)
            self.ears.tick(self._tick, now)
            self.taps.tick(self._tick)
        self.recordings.handle_timer(now)
        left = self._control_left
        if left is not None and self.legs and now - left >= self.settings.orphan_after_s * SECOND:
            self.relay.counters["legs_orphaned"] += len(self.legs)
            for leg in list(self.legs.values()):
                self.end(leg, now)

    def next_timer(self) -> int:
        """µs of the next call of `tick`."""
        return (self._tick + (1 if self.phases.busy or self.taps.count else IDLE_STEPS)) * STEP

    def control_present(self, present: bool, now: int) -> None:
        """Control's connection came or went; without it the legs are orphans after a while, and those in stock end."""
        self.ahead.clear(now)
        self._control_left = None if present else now

    # ---- legs ------------------------------------------------------------------------------------------------------

    def configure(self, command: Configure) -> None:
        """From the next play on."""
        self._shelf.country = command.country

    @property
    def identity(self) -> Identity:
        if self._identity is None:
            self._identity = Identity()
        return self._identity

    def create(self, command: CreateLeg, now: int) -> Leg:
        """Raises what the network raises."""
        browser = command.kind == "webrtc"
        if command.ready is None:
            opened = self.network.open(command.leg_id, command.host, browser, now)
            line = new_line(self._rng)
        else:
            opened = self.ahead.take(command.leg_id, *command.ready, now)
            line = new_line(self._rng, command.ready[1])
        webrtc = WebRtc(self.identity, new_credentials()) if browser else None
        leg = Leg(
            command.leg_id, command.kind, command.cookie, opened.address, opened.port, opened.rtcp_port, line, webrtc
        )
        self._take_in(leg)
        return leg

    def _take_in(self, leg: Leg) -> None:
        self.legs[leg.leg_id] = leg
        self.phases.admit(leg)
        self.watch.add(leg)

    def end(self, leg: Leg, now: int) -> LegStatistics:
        """The leg is over: players and recordings on it end, the far end is told by RTCP.

        Its last packets are sent before its ports close.
        """
        player = self.playing.get(leg.leg_id)
        if player is not None:
            self.end_play(player, "stopped", now)
        self.recordings.end_leg(leg, now)
        self.taps.end_leg(leg)
        self.ears.forget(leg)
        touched = self.matrix.remove(leg.leg_id)
        if leg.state is LegState.CONNECTED and leg.line.last_at:
            self.relay.send_rtcp(leg, rtcp.goodbye(leg.line.ssrc))
        if leg.webrtc is not None:
            leg.webrtc.close()
            self.relay.flush(leg)
        statistics = self.ended[leg.leg_id] = leg.statistics()
        self.quality.count(statistics)
        while len(self.ended) > REMEMBERED:
            self.ended.popitem(last=False)
        leg.enter(LegState.ENDED)
        del self.legs[leg.leg_id]
        self.phases.dismiss(leg)
        self.watch.remove(leg)
        if self._survival is not None:
            self._survival.forget(leg)
        self.phases.reroute(touched - {leg.leg_id})
        self.relay.send_out()
        self.network.close(Opened(leg.address, leg.port, leg.rtcp_port), now)
        return statistics

    def lose(self, leg: Leg, reason: str, now: int) -> None:
        """The leg cannot go on; control decides what becomes of it."""
        if leg.state is not LegState.LOST:
            leg.enter(LegState.LOST)
            self.tell.lost(leg.leg_id, reason, now)

    # ---- players ---------------------------------------------------------------------------------------------------

    def play(self, command: Play, leg: Leg, now: int) -> Player:
        """Load, then play; what the leg was playing is replaced."""
        old = self.playing.get(leg.leg_id)
        if old is not None:
            self.end_play(old, "replaced", now)
        player = Player(command)
        self.players[player.source_id] = self.sources[player.source_id] = self.playing[leg.leg_id] = player
        self.phases.reroute(self.matrix.change([(leg.leg_id, player.source_id, command.gain)]))
        self.ears.heed(leg, command.speech_barge_in)
        recent = self._recent.find(command.items, now)
        if recent is not None:
            self._loaded(player, recent)
        else:
            self._loader.submit(partial(_load, self._shelf, command.items), partial(self._fetched, player))
        return player

    def _fetched(self, player: Player, result: list[Item] | YingdaError) -> None:
        if not isinstance(result, YingdaError):
            self._recent.keep(player.command.items, result, self._now())
        self._loaded(player, result)

    def play_more(self, player: Player, command: MorePlay) -> None:
        """Its next items, once; they are read behind those before them."""
        if player.promised == command.after and player.command.more:
            player.promised += len(command.items)
            more = partial(player.extend, command)
            self._loader.submit(partial(_load_each, self._shelf, command.items), more)

    def _loaded(self, player: Player, result: list[Item] | YingdaError) -> None:
        if player.state is not PlayerState.LOADING:
            return
        if not isinstance(result, YingdaError):
            try:
                player.start(result)
                return
            except YingdaError as error:
                result = error
        self.end_play(player, "failed", self._now(), str(result))

    def end_play(self, player: Player, why: str, now: int, reason: str = "") -> None:
        if player.state is PlayerState.ENDED:
            return
        player.end(why)
        leg = self.legs.get(player.command.leg_id)
        if leg is not None and player.command.speech_barge_in:
            self.ears.heed(leg, False)
        self.playing.pop(player.command.leg_id, None)
        del self.players[player.source_id]
        self._withdraw(player.source_id)
        self.tell.play_ended(player, reason, now)

    def _finished(self, source: Source, now: int) -> None:
        if isinstance(source, Player):
            self.end_play(source, "finished", now)

    def _withdraw(self, source_id: str) -> None:
        """A source that is no leg is heard no more."""
        touched = self.matrix.remove(source_id)
        del self.sources[source_id]
        self.phases.reroute(touched - {source_id})

    def _voice(self, tap: Tap, heard: bool) -> None:
        """What a tap's server says is heard by the tap's leg, from now on or no more."""
        name, leg_id = tap.voice.source_id, tap.command.leg_id
        if heard:
            self.sources[name] = tap.voice
            self.phases.reroute(self.matrix.change([(leg_id, name, tap.command.gain)]))
        elif name in self.sources:
            self._withdraw(name)

    def _hushed(self, leg: Leg) -> bool:
        """A recording of it is paused, or of somebody it hears or is heard by."""
        if leg.hushed:
            return True
        beside = (*self.matrix.row(leg.leg_id), *self.matrix.sinks(leg.leg_id))
        return any(other.hushed for name in beside if (other := self.legs.get(name)) is not None)

    # ---- recordings and digits -------------------------------------------------------------------------------------

    def send_digits(self, leg: Leg, digits: str, duration_ms: int) -> None:
        leg.digits_out.push(digits, duration_ms)
        self.phases.want_digits(leg)

    def _digits(self, leg: Leg, events: list[DigitEvent], now: int) -> None:
        """Digits stop a prompt as they begin, are reported as they end, and go on to mixed listeners made anew."""
        if leg.hushed and not leg.heeded:
            return
        player = self.playing.get(leg.leg_id)
        if player is not None and player.command.barge_in and began(events):
            self.end_play(player, "barge_in", now)
        for digit in ended(events):
            self.tell.digit(leg, digit.digit, digit.duration_ms, now)
            if leg.hushed:
                continue
            self.taps.digit(leg, digit.digit, digit.duration_ms)
            deaf = [sink.leg_id for sink in leg.forwards if sink.event_number is None]
            for name in sorted(leg.echo) + deaf:  # forwarded events reach all the others as they are
                self.send_digits(self.legs[name], digit.digit, digit.duration_ms)

    def _speech(self, leg: Leg, now: int) -> None:
        player = self.playing.get(leg.leg_id)
        if player is not None and player.command.speech_barge_in:
            self.end_play(player, "barge_in", now)

    def _changed(self, leg: Leg, now: int) -> None:
        if leg.webrtc is not None and leg.webrtc.lost:
            self.lose(leg, leg.webrtc.lost, now)

    # ---- figures -----------------------------------------------------------------------------------------

    def metrics(self) -> dict[str, float]:
        """Gauges of this moment and counters of the process's life."""
        relay = self.relay.counters
        return {
            "media_legs": len(self.legs),
            "media_ports_used": self.network.used - len(self.ahead),
            "media_legs_in_stock": len(self.ahead),
            "media_legs_from_stock_total": self.ahead.taken,
            "media_players": len(self.players),
            "media_recordings": self.recordings.running,
            "media_ears": self.ears.count,
            "media_taps": self.taps.count,
            "media_mixed_rows": self.phases.mixed_rows,
            "media_reports_kept": self.reports.kept,
            **self.quality.figures(),
            "media_legs_one_way": sum(leg.one_way for leg in self.legs.values()),
            "media_legs_silent": sum(leg.silence_told > 0 for leg in self.legs.values()),
            "media_legs_orphaned_total": relay["legs_orphaned"],
            "media_tap_frames_lost_total": self.taps.lost_frames,
            "media_packets_malformed_total": relay["packets_malformed"],
            "media_packets_strangers_total": relay["packets_strangers"],
            "media_packets_unauthentic_total": relay["packets_unauthentic"],
            "media_packets_unprotected_total": relay["packets_unprotected"],
            "media_packets_unsent_total": relay["packets_unsent"],
        }

    # ---- surviving -------------------------------------------------------------------------------------------------

    def survive(self, folder: Path) -> None:
        """From now on write down, leg by leg, what a successor of this process needs."""
        self._survival = Survival(folder, self.extras, self._signature)
        self.watch.on_look = self._survival.look

    def close(self) -> None:
        """All legs have ended, and nobody shall take them over."""
        if self._survival is not None:
            self._survival.remove()
            self._survival = self.watch.on_look = None

    def note(self, leg_ids: Iterable[str], now: int) -> None:
        """Write down at once how these legs are, instead of at their next look."""
        if self._survival is not None:
            for leg_id in leg_ids:
                if (leg := self.legs.get(leg_id)) is not None:
                    self._survival.look(leg, now)

    def extras(self, leg: Leg) -> dict[str, Any]:
        """What belongs to a leg beside itself, as plain data: what it hears of legs, its player, its recordings."""
        player = self.playing.get(leg.leg_id)
        heard = self.matrix.row(leg.leg_id).items()
        return {
            "row": [[source, gain] for source, gain in heard if source in self.legs],
            "play": None if player is None else msgspec.to_builtins(player.command),
            "recordings": self.recordings.of(leg),
            "taps": self.taps.of(leg),
        }

    def _signature(self, leg: Leg) -> tuple[object, ...]:
        return (*self.matrix.row(leg.leg_id).items(), self.playing.get(leg.leg_id), leg.taps_in, leg.taps_out)

    def to_state(self) -> list[dict[str, Any]]:
        """Plain JSON-able data of every leg: what `successor.take_over` needs."""
        return [leg.to_state() | self.extras(leg) for leg in self.legs.values()]

    def readopt(self, state: dict[str, Any], now: int) -> bool:
        """Take up an earlier life's leg on its ports; False for a secured one, which is lost: its SRTP state is gone.

        Raises what the network raises.
        """
        leg_id = str(state["leg_id"])
        secured = state["remote"] is not None and state["remote"].get("srtp_send") is not None
        if state["kind"] == "webrtc" or secured:
            self.tell.lost(leg_id, "the media process was restarted", now)
            return False
        opened = self.network.open(leg_id, str(state["address"][0]), False, now, int(state["address"][1]))
        self._take_in(Leg.from_state(state, opened.port, opened.rtcp_port, now))
        return True


def _load_each(shelf: Shelf, items: list[str]) -> list[Item]:
    """In the loading thread: what can be read of them."""
    found = (_load(shelf, [item]) for item in items)
    return [one for each in found if not isinstance(each, YingdaError) for one in each]


def _load(shelf: Shelf, items: list[str]) -> list[Item] | YingdaError:
    """In the loading thread: sounds, or why not."""
    try:
        return shelf.sounds(items)
    except YingdaError as error:
        return error
