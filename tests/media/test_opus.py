"""Opus between a browser and the matrix: sound and events both ways, losses, wrap-arounds, broken packets."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from tests.media.lab import level, sine
from yingda.kernel.opus import Decoder, Encoder
from yingda.media import rtp
from yingda.media.coded_line import event_in
from yingda.media.g711 import FRAME, Law, decode, encode
from yingda.media.opus_line import OpusLine, joined

NUMBER, EVENTS = 111, 110
TOKEN = object()


def packets(hertz: float, seconds: float, loss_percent: int = 10) -> list[bytes]:
    """What a browser sends: 20 ms frames of 48 kHz."""
    encoder = Encoder(48_000, bit_rate=24_000, complexity=5, loss_percent=loss_percent)
    time = np.arange(round(48_000 * seconds)) / 48_000
    pcm = np.rint(8_000 * np.sin(2 * np.pi * hertz * time)).astype(np.int16)
    return [encoder.encode(pcm[at : at + 960].tobytes()) for at in range(0, len(pcm), 960)]


def heard(
    line: OpusLine, frames: list[bytes], drop: frozenset[int] = frozenset()
) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    """By time: gaps stay silent."""
    out = np.zeros(FRAME * len(frames), np.int16)
    for number, frame in enumerate(frames):
        if number not in drop:
            for before, sound in line.hear(TOKEN, number & 0xFFFF, frame):
                start = number * FRAME - before
                out[start : start + len(sound)] = decode(sound, Law.MU)
    return out


def test_a_browsers_opus_becomes_mu_law_of_the_same_tone() -> None:
    assert level(heard(OpusLine(EVENTS), packets(600, 3))[8_000:], 600) == pytest.approx(-12.07, abs=0.7)


def test_our_frames_become_opus_that_another_rate_decodes() -> None:
    line, decoder = OpusLine(EVENTS), Decoder(48_000)
    sound = encode(np.rint(sine(700, -12, 2)).astype(np.int16), Law.MU)
    pcm = b""
    for at in range(0, len(sound), FRAME):
        packet = line.wrap(rtp.build(NUMBER, at // FRAME, 0xFFFF_FF00 + at & 0xFFFF_FFFF, 7, sound[at : at + FRAME]))
        assert packet is not None
        parsed = rtp.parse(packet)
        assert parsed is not None
        assert parsed[2] == (0xFFFF_FF00 + at) * 6 & 0xFFFF_FFFF
        pcm += decoder.decode(parsed[4])
    samples = np.frombuffer(pcm, np.int16)[::6]
    assert level(samples[8_000:], 700) == pytest.approx(-12, abs=0.7)


@pytest.mark.parametrize("length", [80, 160, 240, 320, 400, 480, 960])
def test_every_packet_time_of_a_phone_can_be_wrapped(length: int) -> None:
    line, decoder = OpusLine(None), Decoder(8_000)
    packet = line.wrap(rtp.build(NUMBER, 1, 0, 7, b"\xff" * length))
    assert packet is not None
    assert len(decoder.decode(packet[12:])) == 2 * length


@pytest.mark.parametrize("length", [0, 1, 100, 1_280])
def test_what_opus_has_no_frame_for_is_not_sent(length: int) -> None:
    assert OpusLine(None).wrap(rtp.build(NUMBER, 1, 0, 7, b"\xff" * length)) is None


def test_long_frames_are_joined_by_their_lengths() -> None:
    encoder, decoder = Encoder(8_000, bit_rate=200_000, complexity=0), Decoder(8_000)
    noise = np.random.default_rng(1).integers(-20_000, 20_000, 480).astype(np.int16)
    frames = [encoder.encode(noise[at : at + 160].tobytes()) for at in range(0, 480, 160)]
    assert any(len(frame) > 252 for frame in frames)
    assert len(decoder.decode(joined(frames))) == 960


def test_a_single_lost_packet_is_taken_from_the_next_one() -> None:
    frames = packets(600, 3)
    line = OpusLine(EVENTS)
    sound = heard(line, frames, frozenset(range(50, 150, 7)))
    assert line.recovered == len(range(50, 150, 7))
    gap = sound[57 * FRAME : 58 * FRAME].astype(float)
    assert np.sqrt(np.mean(gap**2)) > 2_000  # of 5,657


def test_late_double_and_broken_packets_bring_nothing() -> None:
    frames = packets(600, 1)
    line = OpusLine(EVENTS)
    assert line.hear(TOKEN, 5, frames[0])
    assert line.hear(TOKEN, 5, frames[0]) == []
    assert line.hear(TOKEN, 3, frames[1]) == []
    assert line.hear(TOKEN, 6, b"\xff\xff\xff") == []
    assert len(line.hear(TOKEN, 9, frames[2])) == 1  # more than one is lost: nothing to recover
    assert line.hear(object(), 1, frames[3])  # another sender begins anew


def test_time_goes_on_over_the_wrap() -> None:
    line = OpusLine(EVENTS)
    start = 0xFFFF_FFFF - 959
    times = [line.time((start + n * 960) & 0xFFFF_FFFF) for n in (0, 1, 3, 2, 4)]
    assert [(later - times[0]) & 0xFFFF_FFFF for later in times] == [0, 160, 480, 320, 640]


def test_events_change_their_clock() -> None:
    line = OpusLine(EVENTS)
    theirs = struct.pack("!BBH", 5, 0x8A, 4_800)
    assert line.event(1, 960, theirs) == (160, struct.pack("!BBH", 5, 0x8A, 800))
    packet = line.wrap(rtp.build(0x80 | EVENTS, 1, 160, 7, struct.pack("!BBH", 5, 0x0A, 160)))
    assert packet is not None
    assert packet[12:] == struct.pack("!BBH", 5, 0x0A, 960)
    assert event_in(struct.pack("!BBH", 5, 0x0A, 60_000), 6)[2:] == b"\xff\xff"
    assert event_in(b"\x05", 6) == b"\x05"
