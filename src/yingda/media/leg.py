"""A leg: one party's channel, one for life (design.md, "Media rules").

    state      by                               next
    OPEN       ConnectLeg                       CONNECTED
    CONNECTED  ConnectLeg again (re-INVITE)     CONNECTED
    OPEN, CONNECTED  DTLS failed, consent lost  LOST (reported; its ports stay until it is destroyed)
    any        DestroyLeg, orphaned             ENDED

Holds what the relay, the mixer and the watch need to know of it, as plain attributes: they look 100 times a second.
"""

from __future__ import annotations

import random
from enum import Enum
from typing import Any

import msgspec

from yingda.kernel.clock import SECOND
from yingda.media.coded_line import CodedLine
from yingda.media.condition import Window
from yingda.media.dtmf import SAMPLES_A_MS, DigitReceiver, DigitSender
from yingda.media.g711 import LAW_OF_NAME, Law
from yingda.media.g722_line import G722Line
from yingda.media.jitter import JitterBuffer
from yingda.media.latch import Latch
from yingda.media.opus_line import OpusLine
from yingda.media.portions import Portions, portions
from yingda.media.protocol import PASSED, SPOKEN, Address, LegStatistics, RemoteMedia
from yingda.media.quality import mos
from yingda.media.recorder import Tapped
from yingda.media.rtp import IncomingStream, OutgoingLine
from yingda.media.sdes import Sdes
from yingda.media.webrtc import WebRtc

CODED: dict[str, type[CodedLine]] = {line.name: line for line in (OpusLine, G722Line) if line.name in SPOKEN}
EVENT, NOISE, SOUND, PASS = 2, 3, 4, 5
"""Beside the two laws: what a payload number can mean (telephone-event, RFC 4733; CN, RFC 3389; a codec of CODED; and
what is handed on as it is)."""
MEANING: dict[str, int] = {
    **LAW_OF_NAME, "telephone-event": EVENT, "CN": NOISE, **dict.fromkeys(CODED, SOUND), **dict.fromkeys(PASSED, PASS)
}  # fmt: skip

ONE_WAY = 5 * SECOND


class LegState(Enum):
    OPEN = "open"
    CONNECTED = "connected"
    LOST = "lost"
    ENDED = "ended"


class Leg:
    """`port` and `rtcp_port` are the network's own handles; the core only hands them back."""

    __slots__ = (
        "address",
        "alive",
        "blanked",
        "carries",
        "cname",
        "coded",
        "condition",
        "connected_at",
        "cookie",
        "decoders",
        "digits_in",
        "digits_out",
        "echo",
        "event_number",
        "forwards",
        "heard_at",
        "hears",
        "heeded",
        "hushed",
        "hushed_event",
        "jitter",
        "kind",
        "last_report",
        "latch",
        "law",
        "leg_id",
        "line",
        "malformed",
        "number",
        "one_way",
        "passes",
        "payloads",
        "phase",
        "plain",
        "port",
        "portions",
        "remote",
        "round_trip_ms",
        "rtcp_at",
        "rtcp_port",
        "sdes",
        "sending",
        "silence_told",
        "state",
        "strangers",
        "stream",
        "taps_in",
        "taps_out",
        "target",
        "unknown",
        "webrtc",
    )  # fmt: skip

    def __init__(
        self, leg_id: str, kind: str, cookie: bytes, address: Address, port: object, rtcp_port: object,
        line: OutgoingLine, webrtc: WebRtc | None,
    ) -> None:  # fmt: skip
        self.leg_id, self.kind, self.cookie, self.address = leg_id, kind, cookie, address
        self.port, self.rtcp_port = port, rtcp_port
        self.cname = cname_of(line.ssrc)
        self.line = line
        self.webrtc = webrtc
        self.sdes: Sdes | None = None
        self.coded: CodedLine | None = None  # what we send is made by it,
        self.decoders: dict[int, CodedLine] = {}  # what comes under these numbers is read by them
        self.latch = Latch()
        self.stream = IncomingStream()
        self.state = LegState.OPEN
        self.remote: RemoteMedia | None = None
        self.phase = 0
        # as negotiated
        self.payloads: dict[int, int] = {}  # number to Law, or what else it can mean
        self.law = Law.MU
        self.number = 0
        self.portions: Portions | None = None  # how what we make is packed
        self.event_number: int | None = None
        self.target: Address | None = None
        self.hears = False  # what comes from the far end counts
        self.sending = False  # what we make can go out,
        self.plain = False  # as it is
        self.passes = ""  # a codec that we do not speak: what other legs send in it goes out as it is,
        self.carries = False  # now, and nothing else does
        # as routed
        self.forwards: tuple[Leg, ...] = ()
        self.echo: frozenset[str] = frozenset()  # mixed sinks that get this leg's digits made anew
        self.jitter: JitterBuffer | None = None
        self.taps_in: tuple[list[Tapped], ...] = ()
        self.taps_out: tuple[list[Tapped], ...] = ()
        self.digits_in = DigitReceiver()
        self.digits_out = DigitSender()
        self.heeded = 0  # of these, pauses during which a flow takes its digits
        self.hushed_event = -1  # the timestamp of the last digit that went nowhere: nor do its last packets
        self.hushed = self.blanked = 0  # recordings of it that are paused: its digits, or all it says, go nowhere
        # as watched
        self.connected_at = self.heard_at = self.rtcp_at = 0
        self.alive = self.one_way = False
        self.silence_told = 0  # s of silence already reported
        self.strangers = self.malformed = self.unknown = 0
        self.round_trip_ms = 0.0
        self.condition = Window()
        self.last_report: tuple[int, int] | None = None  # (NTP middle of the far end's SR, µs it came)

    def enter(self, state: LegState) -> None:
        self.state = state
        self.refresh()

    def connect(self, remote: RemoteMedia, now: int) -> None:
        """The far end as described; again after a re-INVITE. Raises what its SRTP keys raise; then nothing changed."""
        if remote.srtp_receive is not None and remote.srtp_send is not None:
            keys = (remote.srtp_receive, remote.srtp_send)
            if self.sdes is None or self.sdes.keys != keys:
                self.sdes = Sdes(*keys)
        moved = self.remote is not None and self.remote.address != remote.address
        self.remote = remote
        self.payloads = {codec.pt: MEANING[codec.name] for codec in remote.receive_codecs if codec.name in MEANING}
        self.passes = remote.send_codec.name if remote.send_codec and remote.send_codec.name in PASSED else ""
        if remote.send_codec is not None:
            self.law, self.number = LAW_OF_NAME.get(remote.send_codec.name, Law.MU), remote.send_codec.pt
        self.event_number = remote.send_event_pt
        self.portions = portions(remote.ptime_ms)
        self._speak(remote)
        if self.webrtc is not None:
            self.webrtc.describe(remote, now)
        else:
            self.latch.trust(remote.address, remote.signalling_host, moved)
            if moved:
                self.target = None
        if not self.connected_at:
            self.connected_at = now
        self.enter(LegState.CONNECTED if self.state is LegState.OPEN else self.state)

    def _speak(self, remote: RemoteMedia) -> None:
        """The codecs beside G.711, each going on where it was; events are counted by the clock of the sound they
        interrupt."""
        sends = remote.send_codec.name if remote.send_codec is not None else ""
        before = {line.name: line for line in (self.coded, *self.decoders.values()) if line is not None}
        wanted = {sends, *(codec.name for codec in remote.receive_codecs)} & CODED.keys()
        lines = {name: before.get(name) or CODED[name](None) for name in wanted}
        clock = self.clock
        self.coded = lines.get(sends)
        self.decoders = {codec.pt: lines[codec.name] for codec in remote.receive_codecs if codec.name in lines}
        if self.coded is not None:
            self.coded.event_number = remote.send_event_pt
        if self.clock != clock:
            self.digits_in = DigitReceiver(SAMPLES_A_MS * self.clock)

    @property
    def clock(self) -> int:
        """Ticks of the wire's time a sample of ours."""
        return self.coded.scale if self.coded is not None else 1

    def refresh(self) -> None:
        """Derive target, `sending` and `hears` after something changed."""
        remote = self.remote
        if remote is None or self.state is not LegState.CONNECTED:
            self.sending = self.carries = self.hears = False
            return
        ready = True
        if self.webrtc is not None:
            self.target = self.webrtc.target
            ready = self.webrtc.secured
        elif self.target is None:
            self.target = _reachable(remote.address)
        self.hears = remote.direction in ("sendrecv", "recvonly")
        talks = remote.direction in ("sendrecv", "sendonly") and remote.send_codec is not None
        self.plain = self.webrtc is None and self.sdes is None and self.coded is None
        open_ = ready and talks and self.target is not None
        self.sending, self.carries = open_ and not self.passes, open_ and bool(self.passes)

    def follow_latch(self) -> None:
        """Symmetric RTP (RFC 4961): send to where the far end really is."""
        self.target = self.latch.address
        self.refresh()

    def secret(self, now: int) -> bool:
        """Of a hushed leg: what it says now may be card data, and nobody hears it (but the flow it is in)."""
        if self.heeded:
            return False
        if self.blanked or EVENT not in self.payloads.values():  # digits in the sound cannot be told from it in time
            return True
        return self.digits_in.sounding(now)

    @property
    def ready(self) -> bool:
        """A player may begin: the far end could hear it, or is on hold."""
        if self.state is not LegState.CONNECTED or self.target is None:
            return False
        return self.webrtc is None or self.webrtc.secured

    def loss_percent(self) -> float:
        expected = self.stream.expected
        return 100.0 * self.stream.lost / expected if expected else 0.0

    def statistics(self) -> LegStatistics:
        jitter_ms = self.stream.jitter / 8
        return LegStatistics(
            leg_id=self.leg_id,
            received=self.stream.received,
            sent=self.line.sent,
            lost=self.stream.lost,
            jitter_ms=round(jitter_ms, 3),
            mos=round(mos(self.loss_percent(), jitter_ms, self.round_trip_ms), 2) if self.stream.received else 0.0,
            one_way=self.one_way,
            strangers=self.strangers + sum(way.refused for way in (self.webrtc, self.sdes) if way is not None),
        )

    def as_dict(self) -> dict[str, object]:
        """For the snapshot. Statistics move on by themselves; all else changes by commands only."""
        return {
            "leg_id": self.leg_id, "kind": self.kind, "state": self.state.value, "cookie": self.cookie,
            "address": self.address, "ssrc": self.line.ssrc, "cname": self.cname,
            "remote": msgspec.to_builtins(self.remote), "statistics": msgspec.to_builtins(self.statistics()),
        }  # fmt: skip

    def to_state(self) -> dict[str, Any]:
        """Plain JSON-able data: what a successor of this process needs to carry the leg on."""
        return {
            "leg_id": self.leg_id, "kind": self.kind, "state": self.state.value, "cookie": self.cookie.hex(),
            "address": list(self.address), "line": self.line.to_state(), "latch": self.latch.to_state(),
            "remote": msgspec.to_builtins(self.remote), "connected_at": self.connected_at, "heard_at": self.heard_at,
            "alive": self.alive,
        }  # fmt: skip

    @classmethod
    def from_state(cls, state: dict[str, Any], port: object, rtcp_port: object, now: int) -> Leg:
        """A plain RTP leg on ports that are bound again."""
        line = OutgoingLine.from_state(state["line"])
        address = (str(state["address"][0]), int(state["address"][1]))
        cookie = bytes.fromhex(state["cookie"])
        leg = cls(str(state["leg_id"]), str(state["kind"]), cookie, address, port, rtcp_port, line, None)
        if state["remote"] is not None:
            leg.connect(msgspec.convert(state["remote"], RemoteMedia), now)
        leg.latch = Latch.from_state(state["latch"])
        leg.connected_at, leg.heard_at, leg.alive = state["connected_at"], state["heard_at"], state["alive"]
        if leg.latch.address is not None:
            leg.target = leg.latch.address
        leg.enter(LegState(state["state"]))
        return leg


def new_line(rng: random.Random, ssrc: int | None = None) -> OutgoingLine:
    """ssrc: one that the far end was told already."""
    return OutgoingLine(rng.getrandbits(32) if ssrc is None else ssrc, rng)


def cname_of(ssrc: int) -> str:
    """A leg's RTCP name (RFC 3550 section 6.5.1), new with each leg."""
    return f"{ssrc:08x}@yingda"


def _reachable(address: Address | None) -> Address | None:
    """0.0.0.0 and port 0 mean "do not send"."""
    if address is None or address[0] in ("0.0.0.0", "") or address[1] == 0:
        return None
    return address
