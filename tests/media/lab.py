"""A media engine on virtual time with phones around it: tones go in, spectra come out."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from yingda.kernel.errors import YingdaError
from yingda.media import rtp
from yingda.media.commands import Answer, Commands
from yingda.media.engine import Engine, Settings
from yingda.media.g711 import FRAME, Law, decode, encode
from yingda.media.network import Opened
from yingda.media.offload import InlineOffload, Offload
from yingda.media.pending import Pending
from yingda.media.ports import PortRange
from yingda.media.protocol import (
    Address,
    AnyCommand,
    AnyReport,
    Codec,
    ConnectLeg,
    CreateLeg,
    LegCreated,
    RemoteMedia,
    SetGain,
)
from yingda.media.taps import wire

NAMES = {Law.MU: ("PCMU", 0), Law.A: ("PCMA", 8)}
EVENT_PT = 101
START = 1_700_000_000_000_000
STOCK = 6

Wave = npt.NDArray[np.float64]


@dataclass(frozen=True)
class FakePort:
    """Stands for a bound socket."""

    number: int


class FakeNetwork:
    """Ports that are only counted."""

    def __init__(self, take: Callable[[object, bytes, Address], bool], ports: PortRange | None = None) -> None:
        self.ports = ports or PortRange()
        self.names: dict[int, str] = {}  # who took a pair of the stock
        self.send = take

    def open(self, leg_id: str, host: str | None, multiplexed: bool, now: int, wanted: int | None = None) -> Opened:
        if wanted is None:
            port = self.ports.take(now)
        else:
            self.ports.take_exactly(wanted)
            port = wanted
        return Opened(("192.0.2.1", port), FakePort(port), None if multiplexed else FakePort(port + 1))

    def name(self, opened: Opened, leg_id: str) -> None:
        self.names[opened.address[1]] = leg_id

    def close(self, opened: Opened, now: int) -> None:
        self.ports.give_back(opened.address[1], now)

    @property
    def used(self) -> int:
        return self.ports.used


def sine(frequency: float, dbfs: float, seconds: float) -> Wave:
    """Full scale is 32,124: the largest µ-law sample."""
    time = np.arange(round(seconds * 8_000)) / 8_000
    return 32_124 * 10 ** (dbfs / 20) * np.sin(2 * np.pi * frequency * time)


def level(samples: npt.ArrayLike, frequency: float) -> float:
    """Level of one frequency in dBFS over the whole of the samples (multiples of 10 Hz, whole tenths of a second)."""
    wave = np.asarray(samples, np.float64)
    wave = wave[: len(wave) // 800 * 800]
    time = np.arange(len(wave)) / 8_000
    amplitude = 2 * abs(np.mean(wave * np.exp(-2j * np.pi * frequency * time)))
    return float(20 * np.log10(max(amplitude, 1e-3) / 32_124))


class FakeStreamer:
    """The streaming process, not there: orders and sound are only kept."""

    def __init__(self) -> None:
        self.told: list[wire.Message] = []
        self.takes = True

    def send(self, message: wire.Message) -> bool:
        self.told.append(message)
        return self.takes


@dataclass
class Phone:
    """The far end of a leg. Sends 20 ms of its wave (or silence) at each step, keeps what it hears."""

    lab: Lab
    leg_id: str
    address: Address
    law: Law = Law.MU
    wave: Wave | None = None
    talking: bool = True
    sequence: int = 1_000
    timestamp: int = 50_000
    ssrc: int = 0x1234
    at: int = 0
    heard: list[rtp.Parsed] = field(default_factory=list)
    heard_at: list[int] = field(default_factory=list)
    local: Address = ("", 0)
    loss: Callable[[int], bool] | None = None

    def frame(self) -> bytes:
        wave = np.zeros(FRAME)
        if self.wave is not None and len(self.wave):
            wave = np.take(self.wave, np.arange(self.at, self.at + FRAME), mode="wrap")
        self.at += FRAME
        return encode(np.rint(wave).astype(np.int16), self.law)

    def send(self, payload: bytes, number: int, marker: bool = False, advance: int = FRAME) -> None:
        packet = rtp.build(
            (0x80 if marker else 0) | number, self.sequence & 0xFFFF, self.timestamp & 0xFFFF_FFFF, self.ssrc, payload
        )
        self.sequence += 1
        self.timestamp += advance
        if self.loss is None or not self.loss(self.sequence):
            self.lab.inject(self.leg_id, packet, self.address)

    def step(self) -> None:
        if self.talking:
            self.send(self.frame(), NAMES[self.law][1])
        else:
            self.timestamp += FRAME

    def audio(self, last_s: float | None = None) -> npt.NDArray[np.int16]:
        """What was heard, in the order of timestamps, gaps silent; optionally only the last seconds."""
        pieces = [packet for packet in self.heard if packet[0] & 0x7F == NAMES[self.law][1]]
        if not pieces:
            return np.zeros(0, np.int16)
        first = pieces[0][2]
        offsets = [(packet[2] - first) & 0xFFFF_FFFF for packet in pieces]
        samples = np.zeros(max(offsets) + FRAME, np.int16)
        for offset, packet in zip(offsets, pieces, strict=True):
            samples[offset : offset + len(packet[4])] = decode(packet[4], self.law)
        return samples if last_s is None else samples[-round(last_s * 8_000) :]


class Lab:
    """Engine, commands, virtual clock, phones."""

    def __init__(
        self, folder: Path, seed: int = 1, loader: Offload | None = None, writer: Offload | None = None
    ) -> None:
        self.now = START
        self.phones: dict[str, Phone] = {}
        self.by_port: dict[int, Phone] = {}
        self.raw: dict[int, list[bytes]] = {}  # by port: what is not plain RTP, and all that follows it
        self.network = FakeNetwork(self.take)
        self.streamer = FakeStreamer()
        self.reports: list[AnyReport] = []
        self.rtcp: deque[tuple[int, bytes, Address]] = deque(maxlen=10_000)
        settings = Settings(recordings=folder / "recordings", prompts=folder / "prompts", ahead=STOCK)
        self.engine = Engine(
            settings, self.network, loader or InlineOffload(), writer or InlineOffload(), self.streamer,
            random.Random(seed), "lab", lambda: self.now,
        )  # fmt: skip
        self.engine.reports.on_report = self.reports.append
        self.commands = Commands(self.engine)

    def do(self, command: AnyCommand) -> Answer:
        answer = self.commands.execute(command, self.now)
        self.deliver()
        if isinstance(answer, Pending) and answer.outcome is not None:
            if isinstance(answer.outcome, YingdaError):
                raise answer.outcome
            return answer.outcome
        return answer

    def remote(self, phone: Phone, direction: str = "sendrecv") -> RemoteMedia:
        name, number = NAMES[phone.law]
        codec = Codec(name=name, pt=number)
        event = Codec(name="telephone-event", pt=EVENT_PT)
        return RemoteMedia(
            address=phone.address, send_codec=codec, send_event_pt=EVENT_PT, receive_codecs=[codec, event],
            direction=direction,
        )  # fmt: skip

    def phone(self, leg_id: str, wave: Wave | None = None, law: Law = Law.MU, connect: bool = True) -> Phone:
        created = self.do(CreateLeg(leg_id=leg_id))
        assert isinstance(created, LegCreated)
        number = len(self.phones)
        phone = Phone(self, leg_id, (f"198.51.100.{number + 1}", 4_000), law, wave, local=created.address)
        phone.ssrc += number
        self.phones[leg_id] = phone
        self.by_port[created.address[1]] = phone
        if connect:
            self.do(ConnectLeg(leg_id=leg_id, remote=self.remote(phone)))
        return phone

    def gains(self, *entries: tuple[str, str, float]) -> None:
        self.do(SetGain(entries=list(entries)))

    def bridge(self, one: str, other: str) -> None:
        self.gains((one, other, 1.0), (other, one, 1.0))

    def inject(self, leg_id: str, packet: bytes, address: Address) -> None:
        leg = self.engine.legs.get(leg_id)
        if leg is not None:
            self.engine.relay.receive(leg, packet, address, self.now)
            self.deliver()

    def deliver(self) -> None:
        self.engine.relay.send_out()

    def take(self, port: object, data: bytes, address: Address) -> bool:
        """A datagram on the wire: it reaches the phone that really has this address."""
        assert isinstance(port, FakePort)
        if port.number % 2:
            self.rtcp.append((port.number, data, address))
            return True
        packet = rtp.parse(data)
        if packet is None or port.number in self.raw:
            self.raw.setdefault(port.number, []).append(data)
            return True
        phone = self.by_port.get(port.number)
        if phone is not None and address == phone.address:
            phone.heard.append(packet)
            phone.heard_at.append(self.now)
        return True

    def run(self, ms: int) -> None:
        """Let time pass in 5 ms steps; every phone talks each 20 ms."""
        for _ in range(ms // 5):
            self.now += 5_000
            if (self.now - START) % 20_000 == 0:
                for phone in self.phones.values():
                    phone.step()
            self.engine.tick(self.now)
            self.deliver()

    def of_kind(self, kind: type[AnyReport]) -> list[AnyReport]:
        return [report for report in self.reports if isinstance(report, kind)]
