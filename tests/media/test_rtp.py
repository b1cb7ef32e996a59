"""RTP and RTCP on the wire, and their malformed twins."""

from __future__ import annotations

import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingda.media import rtcp, rtp

PLAIN = bytes.fromhex("80003039000000a0deadbeef") + b"\xff" * 160


def test_a_plain_packet() -> None:
    assert rtp.parse(PLAIN) == (0, 12_345, 160, 0xDEADBEEF, b"\xff" * 160)
    assert rtp.build(0, 12_345, 160, 0xDEADBEEF, b"\xff" * 160) == PLAIN


def test_sources_extension_and_padding_are_taken_off() -> None:
    head = struct.pack("!BBHII", 0xB2, 0x80, 1, 2, 3) + bytes(8) + struct.pack("!HH", 0xBEDE, 1) + bytes(4)
    assert rtp.parse(head + b"voice" + b"\0\0\3") == (0x80, 1, 2, 3, b"voice")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        PLAIN[:11],
        b"\x00" + PLAIN[1:],  # version 0
        b"\x40" + PLAIN[1:],  # version 1
        b"\xc0" + PLAIN[1:],  # version 3
        b"\x8f" + PLAIN[1:40],  # fifteen sources that are not there
        b"\x90" + PLAIN[1:14],  # an extension cut off
        b"\x90" + PLAIN[1:12] + struct.pack("!HH", 0, 0xFFFF),  # an extension longer than the packet
        b"\xa0" + PLAIN[1:12] + b"\x00",  # padding of nothing
        b"\xa0" + PLAIN[1:12] + b"x\xff",  # padding longer than the packet
    ],
)
def test_malformed_packets_are_none(data: bytes) -> None:
    assert rtp.parse(data) is None


@given(st.binary(max_size=200))
def test_no_bytes_raise(data: bytes) -> None:
    rtp.parse(data)
    rtcp.parse(data)


def test_loss_reordering_duplicates_and_the_wrap() -> None:
    stream = rtp.IncomingStream()
    for sequence in (65_533, 65_534, 0, 65_535, 2, 3):  # 1 is lost, 65,535 late
        assert stream.note(7, sequence)
    assert (stream.received, stream.expected, stream.lost) == (6, 7, 1)


def test_a_jump_needs_two_packets_and_a_new_source_one() -> None:
    stream = rtp.IncomingStream()
    stream.note(7, 100)
    first = stream.token
    assert not stream.note(7, 40_000)
    assert stream.note(7, 101)
    assert stream.token is first
    assert not stream.note(7, 50_000)
    assert stream.note(7, 50_001)
    second = stream.token
    assert second is not first
    stream.note(8, 5)
    assert stream.token is not second


def test_jitter_is_rfc_3550s() -> None:
    """A constant delay change of 10 ms every other packet settles near 10 ms."""
    stream = rtp.IncomingStream()
    for index in range(400):
        stream.note(7, index & 0xFFFF)
        stream.time(index * 160, index * 20_000 + (10_000 if index % 2 else 0))
    assert 9 < stream.jitter / 8 < 10.01


def test_a_forwarded_line_keeps_gaps_and_continues_after_a_change() -> None:
    line = rtp.OutgoingLine(99, random.Random(1))
    first, second = object(), object()

    def sent(token: object, sequence: int, timestamp: int, now: int) -> rtp.Parsed:
        packet = line.forward(token, 0, 0, sequence, timestamp, b"\xff" * 160, now)
        assert packet is not None
        parsed = rtp.parse(packet)
        assert parsed is not None
        return parsed

    a = sent(first, 10, 1_000, 1_000_000)
    b = sent(first, 13, 1_480, 1_060_000)
    assert a[0] & 0x80
    assert not b[0] & 0x80
    assert (b[1] - a[1], b[2] - a[2]) == (3, 480)
    c = sent(second, 60_000, 4_000_000_000, 1_080_000)
    assert c[0] & 0x80
    assert ((c[1] - b[1]) & 0xFFFF, (c[2] - b[2]) & 0xFFFF_FFFF) == (1, 160)
    assert line.forward(second, 0, 0, 59_999, 0, b"x", 1_081_000) is None  # from before the switch
    assert line.ssrc == 99


def test_reports_are_read_as_they_were_written() -> None:
    block = rtcp.Block(5, 25, 100, 70_000, 33, 0xABCD0123, 65_536)
    raw = rtcp.report(9, "leg@yingda", 1_700_000_000_500_000, (160, 10, 1_600), block)
    received = rtcp.parse(raw)
    assert received is not None
    assert received.blocks == (block,)
    assert received.ntp_middle == rtcp.middle(1_700_000_000_500_000)
    assert len(raw) % 4 == 0
    ended = rtcp.parse(rtcp.goodbye(9))
    assert ended is not None
    assert ended.goodbye
    for cut in range(1, len(raw)):
        shorter = rtcp.parse(raw[:cut])
        assert shorter is None or shorter.blocks == (block,)
