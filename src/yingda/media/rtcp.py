"""RTCP, as much as a leg needs (RFC 3550 section 6): SR or RR with a CNAME every 5 s, BYE at the end, reports read.

Times are µs UTC; NTP time is 32.32 fixed point since 1900. Jitter is in samples of 8 kHz.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from yingda.kernel.clock import SECOND

SENDER_REPORT, RECEIVER_REPORT, DESCRIPTION, BYE = 200, 201, 202, 203
NTP_OFFSET_S = 2_208_988_800
_BLOCK = struct.Struct("!IIIIII")
_SENDER = struct.Struct("!IIIIII")


@dataclass(frozen=True)
class Block:
    """What a receiver says of one sender. fraction: 0–255 of 256 lost; delay: 1/65536 s since the last SR."""

    ssrc: int
    fraction: int
    lost: int
    highest: int
    jitter: int
    last_report: int
    delay: int


@dataclass(frozen=True)
class Received:
    """The parts of a compound packet that matter here."""

    ssrc: int | None
    ntp_middle: int | None
    blocks: tuple[Block, ...]
    goodbye: bool


def ntp(now: int) -> int:
    """µs UTC as 64-bit NTP time."""
    seconds, rest = divmod(now, SECOND)
    return (seconds + NTP_OFFSET_S) << 32 | (rest << 32) // SECOND


def middle(now: int) -> int:
    """The middle 32 bits of NTP time, as reports echo it."""
    return ntp(now) >> 16 & 0xFFFF_FFFF


def _packet(count: int, kind: int, body: bytes) -> bytes:
    return struct.pack("!BBH", 0x80 | count, kind, len(body) // 4) + body


def _pack_block(block: Block) -> bytes:
    lost = block.fraction << 24 | min(block.lost, 0x7F_FFFF)
    return _BLOCK.pack(block.ssrc, lost, block.highest, block.jitter, block.last_report, block.delay)


def report(ssrc: int, cname: str, now: int, sent: tuple[int, int, int] | None, block: Block | None) -> bytes:
    """SR when `sent` (timestamp, packets, octets) is given, else RR; with at most one block, and the CNAME."""
    blocks = b"" if block is None else _pack_block(block)
    count = 0 if block is None else 1
    if sent is None:
        head = _packet(count, RECEIVER_REPORT, struct.pack("!I", ssrc) + blocks)
    else:
        stamp = ntp(now)
        timestamp, packets, octets = sent
        sender = _SENDER.pack(
            ssrc, stamp >> 32, stamp & 0xFFFF_FFFF, timestamp, packets & 0xFFFF_FFFF, octets & 0xFFFF_FFFF
        )
        head = _packet(count, SENDER_REPORT, sender + blocks)
    name = cname.encode()[:255]
    item = struct.pack("!IBB", ssrc, 1, len(name)) + name + b"\0"
    return head + _packet(1, DESCRIPTION, item + bytes(-len(item) % 4))


def goodbye(ssrc: int) -> bytes:
    return _packet(0, RECEIVER_REPORT, struct.pack("!I", ssrc)) + _packet(1, BYE, struct.pack("!I", ssrc))


def parse(data: bytes) -> Received | None:
    """A compound packet; None when any part of it contradicts itself (RFC 3550 appendix A.2)."""
    ssrc: int | None = None
    stamp: int | None = None
    blocks: list[Block] = []
    ended = False
    at = 0
    while at < len(data):
        if len(data) - at < 4:
            return None
        first, kind, words = struct.unpack_from("!BBH", data, at)
        end = at + 4 + 4 * words
        if first >> 6 != 2 or end > len(data):
            return None
        body = data[at + 4 : end]
        if kind in (SENDER_REPORT, RECEIVER_REPORT):
            head = 24 if kind == SENDER_REPORT else 4
            if len(body) < head + 24 * (first & 0x1F):
                return None
            ssrc = int.from_bytes(body[:4])
            if kind == SENDER_REPORT:
                stamp = int.from_bytes(body[6:10])
            blocks += [_read_block(body, head + 24 * index) for index in range(first & 0x1F)]
        ended = ended or kind == BYE
        at = end
    return Received(ssrc, stamp, tuple(blocks), ended) if data else None


def _read_block(body: bytes, at: int) -> Block:
    ssrc, lost, highest, jitter, last_report, delay = _BLOCK.unpack_from(body, at)
    return Block(ssrc, lost >> 24, lost & 0xFF_FFFF, highest, jitter, last_report, delay)
