"""Reading a capture: UDP datagrams with their times, and the RTP streams among them.

The file format is libpcap's classic one (draft-ietf-opsawg-pcap) as dumpcap -P writes it; RTP is RFC 3550.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.sound import PAYLOAD_TYPES, RATE, Samples, decode

Address = tuple[str, int]

_ETHERNET = 1
_IPV4_TYPE = b"\x08\x00"
_UDP = 17
_MAGIC = {
    b"\xd4\xc3\xb2\xa1": ("<", 1),
    b"\xa1\xb2\xc3\xd4": (">", 1),
    b"\x4d\x3c\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\x3c\x4d": (">", 1000),
}


@dataclass(frozen=True, slots=True)
class Datagram:
    """at: µs UTC by the kernel of the capturing machine."""

    at: int
    source: Address
    target: Address
    payload: bytes


def datagrams(file: Path) -> Iterator[Datagram]:
    """The UDP datagrams over IPv4 of a capture, as they were seen. ValueError when it is not a capture of Ethernet.

    A record that is cut off ends the reading: the writer was ended in the middle of it.
    """
    raw = file.read_bytes()
    if raw[:4] not in _MAGIC:
        raise ValueError(f"{file.name} is not a capture in pcap format")
    order, per_us = _MAGIC[raw[:4]]
    if struct.unpack_from(f"{order}I", raw, 20)[0] != _ETHERNET:
        raise ValueError(f"{file.name} does not hold Ethernet frames")
    head = struct.Struct(f"{order}IIII")
    at = 24
    while at + head.size <= len(raw):
        seconds, fraction, size, _ = head.unpack_from(raw, at)
        frame = raw[at + head.size : at + head.size + size]
        at += head.size + size
        if len(frame) == size and (packet := _udp(frame)) is not None:
            yield Datagram(seconds * 1_000_000 + fraction // per_us, *packet)


def _udp(frame: bytes) -> tuple[Address, Address, bytes] | None:
    if frame[12:14] != _IPV4_TYPE or len(frame) < 42 or frame[23] != _UDP:
        return None
    ip = 14
    udp = ip + (frame[ip] & 0x0F) * 4
    source_port, target_port, length = struct.unpack_from("!HHH", frame, udp)
    return (
        (_dotted(frame[ip + 12 : ip + 16]), source_port),
        (_dotted(frame[ip + 16 : ip + 20]), target_port),
        frame[udp + 8 : udp + length],
    )


def _dotted(address: bytes) -> str:
    return ".".join(str(byte) for byte in address)


@dataclass(frozen=True, slots=True)
class Packet:
    """One G.711 packet. at: µs UTC of arrival."""

    at: int
    sequence: int
    timestamp: int
    ssrc: int
    samples: Samples


def rtp(datagram: Datagram) -> Packet | None:
    """The datagram as an RTP packet of G.711; None for anything else (RFC 3550 section 5.1)."""
    data = datagram.payload
    if len(data) < 12 or data[0] >> 6 != 2:
        return None
    law = PAYLOAD_TYPES.get(data[1] & 0x7F)
    if law is None:
        return None
    _, _, sequence, timestamp, ssrc = struct.unpack_from("!BBHII", data)
    start = 12 + 4 * (data[0] & 0x0F)
    if data[0] & 0x10:
        if len(data) < start + 4:
            return None
        start += 4 + 4 * int(struct.unpack_from("!H", data, start + 2)[0])
    return Packet(datagram.at, sequence, timestamp, ssrc, decode(data[start:], law))


def heard(packets: list[Packet], since: int, until: int) -> Samples:
    """What a receiver heard from `since` to `until` (µs UTC of arrival), laid out by the packets' own timestamps.

    Missing packets are silence; only the stream that brought most of the packets counts.
    """
    there = [packet for packet in packets if since <= packet.at < until]
    if not there:
        return np.zeros(0, dtype=np.int16)
    streams = [packet.ssrc for packet in there]
    ssrc = max(set(streams), key=streams.count)
    there = [packet for packet in there if packet.ssrc == ssrc]
    first = there[0].timestamp
    # Timestamps wrap at 2^32; the difference, taken as signed, does not.
    offsets = [((packet.timestamp - first + 2**31) & 0xFFFFFFFF) - 2**31 for packet in there]
    low = min(offsets)
    size = max(offset - low + len(packet.samples) for offset, packet in zip(offsets, there, strict=True))
    limit = (until - since) * RATE // 1_000_000 + RATE
    line = np.zeros(min(size, limit), dtype=np.int16)
    for offset, packet in zip(offsets, there, strict=True):
        place = line[offset - low : offset - low + len(packet.samples)]
        place[:] = packet.samples[: len(place)]
    return line
