"""What each far end heard: the callers' RTP off the wire, the agents' own dumps.

A call's sound is judged in the talk alone, from `MARGIN_US` after it began to `MARGIN_US` before it ended.
Thresholds: the other's tone at `HEARD_DBFS` or louder (it is sent at −12), anything else, one's own tone above all, at
least `APART_DB` below it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.peers.pcap import Address, Datagram, Packet, heard, rtp
from bench.sound import RATE, Samples, level, read_wav, strongest_beside

HEARD_DBFS = -35.0
APART_DB = 30.0
MARGIN_US = 300_000
SHORTEST_S = 1.0
PACKET_US = 20_000


@dataclass(frozen=True)
class Verdict:
    """fault: a sentence about what is wrong with the sound, or nothing."""

    fault: str = ""

    @property
    def good(self) -> bool:
        return not self.fault


def judge(samples: Samples, wanted_hz: int, own_hz: int, who: str) -> Verdict:
    """Whether this is the wanted tone and nothing else."""
    seconds = len(samples) / RATE
    if seconds < SHORTEST_S:
        return Verdict(f"{who} heard only {seconds:.2f} s of the talk, {SHORTEST_S:g} s are needed")
    wanted, own = level(samples, wanted_hz), level(samples, own_hz)
    if wanted < HEARD_DBFS:
        return Verdict(f"{who} heard the other side's {wanted_hz} Hz at {wanted:.0f} dBFS only")
    if own > wanted - APART_DB:
        return Verdict(f"{who} heard his own {own_hz} Hz at {own:.0f} dBFS")
    beside, hz = strongest_beside(samples, wanted_hz)
    if beside > wanted - APART_DB:
        return Verdict(f"{who} heard {hz:.0f} Hz at {beside:.0f} dBFS beside the other side's tone")
    return Verdict()


def voices(datagrams: Iterable[Datagram]) -> dict[Address, list[Packet]]:
    """G.711 packets by where they went, in order of arrival."""
    streams: dict[Address, list[Packet]] = defaultdict(list)
    for datagram in datagrams:
        packet = rtp(datagram)
        if packet is not None:
            streams[datagram.target].append(packet)
    return streams


def in_talk(packets: list[Packet], begin: int, end: int) -> Samples:
    """What arrived in the talk, margins left out."""
    return heard(packets, begin + MARGIN_US, end - MARGIN_US)


def tone_of(packet: Packet, tones: Iterable[int]) -> int | None:
    """Which of the tones a single packet carries most of; None if it carries none of them loudly enough.

    A packet is 20 ms, so the tones must be 150 Hz apart to be told from each other here.
    """
    levels = {hz: level(packet.samples, hz) for hz in tones}
    best = max(levels, key=lambda hz: levels[hz])
    return best if levels[best] > HEARD_DBFS else None


def first_with(packets: list[Packet], hz: int, tones: Iterable[int], since: int = 0) -> int | None:
    """When the first packet arrived that carries this of the tones (µs UTC)."""
    tones = tuple(tones)
    return next((packet.at for packet in packets if packet.at >= since and tone_of(packet, tones) == hz), None)


def end_of(packets: list[Packet], hz: int, tones: Iterable[int]) -> int | None:
    """When the last packet that carries this of the tones had been played (µs UTC)."""
    tones = tuple(tones)
    return next((packet.at + PACKET_US for packet in reversed(packets) if tone_of(packet, tones) == hz), None)


def dump_in_talk(file: Path) -> Samples:
    """A phone's dump of a call, margins left out."""
    margin = MARGIN_US * RATE // 1_000_000
    samples: Samples = read_wav(file).channels[0, margin:-margin]
    return samples
