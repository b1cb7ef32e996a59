"""Packets as long as the far end asks for: every length of 10 to 60 ms, without a gap, with the tone that was made."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.media.lab import Lab, Phone, level, sine
from yingda.kernel.clock import MS
from yingda.media.g711 import FRAME, Law, decode
from yingda.media.portions import Portions, portions
from yingda.media.protocol import ConnectLeg, Play, StartRecording, StopRecording


def asks(lab: Lab, leg_id: str, ptime_ms: int, law: Law = Law.MU) -> Phone:
    phone = lab.phone(leg_id, sine(900, -12, 1), law)
    lab.do(ConnectLeg(leg_id=leg_id, remote=msgspec.structs.replace(lab.remote(phone), ptime_ms=ptime_ms)))
    return phone


@pytest.mark.parametrize("law", list(Law))
@pytest.mark.parametrize("ptime_ms", [10, 20, 30, 40, 50, 60])
def test_what_media_makes_comes_in_packets_of_that_length(lab: Lab, tmp_path: Path, ptime_ms: int, law: Law) -> None:
    phone = asks(lab, "a", ptime_ms, law)
    lab.do(Play(play_id="p", leg_id="a", items=["tone:dial"], loop=True))
    lab.do(StartRecording(recording_id="r", leg_id="a", path="r.wav"))
    lab.run(3_000)
    lab.do(StopRecording(recording_id="r"))
    assert {len(packet[4]) for packet in phone.heard} == {8 * ptime_ms}
    assert {(later[2] - earlier[2]) & 0xFFFF_FFFF for earlier, later in pairwise(phone.heard)} == {8 * ptime_ms}
    assert {(later[1] - earlier[1]) & 0xFFFF for earlier, later in pairwise(phone.heard)} == {1}
    made = np.concatenate([decode(packet[4], law) for packet in phone.heard])
    assert level(made[-16_000:], 450) == pytest.approx(-13.17, abs=0.5)
    right = decode((tmp_path / "recordings/r.wav").read_bytes()[59::2], Law.MU)
    assert level(right[8_000:16_000], 450) == pytest.approx(-13.17, abs=0.5)


@pytest.mark.parametrize("ptime_ms", [10, 30, 60])
def test_what_others_say_keeps_its_packets_and_goes_on_without_a_leap(lab: Lab, ptime_ms: int) -> None:
    phone = asks(lab, "a", ptime_ms)
    lab.phone("b", sine(600, -12, 1))
    lab.run(500)
    lab.bridge("a", "b")
    lab.run(1_000)
    assert {len(packet[4]) for packet in phone.heard[-40:]} == {FRAME}
    lab.gains(("a", "b", 0.0))
    lab.run(1_000)
    lab.bridge("a", "b")
    lab.run(1_000)
    assert {len(packet[4]) for packet in phone.heard[-40:]} == {FRAME}
    ends = [(packet[2] + len(packet[4])) & 0xFFFF_FFFF for packet in phone.heard]
    steps = [(later[2] - end) & 0xFFFF_FFFF for end, later in zip(ends, phone.heard[1:], strict=False)]
    assert max(steps) <= 8 * 100  # never back, and at a change of source no further on than it took
    assert level(phone.audio(0.5), 600) == pytest.approx(-12, abs=0.5)


@pytest.mark.parametrize(("asked", "made"), [(1, 10), (15, 10), (25, 20), (35, 30), (60, 60), (120, 60)])
def test_what_cannot_be_made_is_rounded(asked: int, made: int) -> None:
    assert Portions(asked).samples == 8 * made
    assert (portions(asked) is None) is (made == 20)


def test_the_rest_of_an_earlier_sound_is_dropped() -> None:
    cut = Portions(30)
    assert cut.cut(b"\1" * FRAME, 0) == []
    assert cut.cut(b"\2" * FRAME, 20 * MS) == [b"\1" * 160 + b"\2" * 80]
    assert cut.cut(b"\3" * FRAME, 2_000 * MS) == []
    assert cut.cut(b"\4" * FRAME, 2_020 * MS) == [b"\3" * 160 + b"\4" * 80]
