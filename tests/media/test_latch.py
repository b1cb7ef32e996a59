"""Whom a leg listens to."""

from __future__ import annotations

import pytest

from tests.media.lab import EVENT_PT, Lab, Phone, level, sine
from yingda.media import rtp
from yingda.media.latch import LatchState
from yingda.media.protocol import ConnectLeg, DestroyLeg, LegAlive, LegStatistics

HZ, EVIL_HZ = 1_000.0, 600.0


def pair(lab: Lab) -> tuple[Phone, Phone]:
    hearer, talker = lab.phone("hearer"), lab.phone("talker", sine(HZ, -12, 1))
    lab.bridge("hearer", "talker")
    return hearer, talker


def stranger(lab: Lab, host: str, ssrc: int = 0x1235, count: int = 60) -> None:
    """Somebody sends his tone to the talker's port in step with him."""
    evil = Phone(lab, "talker", (host, 9_999), wave=sine(EVIL_HZ, -6, 1), sequence=30_000, ssrc=ssrc)
    for _ in range(count):
        evil.step()
        lab.run(20)


def test_strangers_before_and_after_the_lock_are_counted_and_never_heard(lab: Lab) -> None:
    hearer, talker = pair(lab)
    talker.talking = False
    stranger(lab, "203.0.113.66", count=20)
    assert all(set(packet[4]) == {0xFF} for packet in hearer.heard)
    talker.talking = True
    lab.run(500)
    stranger(lab, "203.0.113.66")
    assert level(hearer.audio(1.0), EVIL_HZ) < -60
    statistics = lab.do(DestroyLeg(leg_id="talker"))
    assert isinstance(statistics, LegStatistics)
    assert statistics.strangers == 80


def test_four_in_sequence_lock(lab: Lab) -> None:
    _, talker = pair(lab)
    leg = lab.engine.legs["talker"]
    states = []
    for _ in range(4):
        lab.run(20)
        states.append(leg.latch.state)
    assert states == [LatchState.LEARNING] * 3 + [LatchState.LOCKED]
    assert leg.target == talker.address
    assert [report.leg_id for report in lab.of_kind(LegAlive) if isinstance(report, LegAlive)].count("talker") == 1


def test_gaps_do_not_lock(lab: Lab) -> None:
    _, talker = pair(lab)
    for _ in range(10):
        lab.run(20)
        talker.sequence += 1
    assert lab.engine.legs["talker"].latch.state is LatchState.LEARNING


def test_another_port_of_the_same_host_is_a_stranger_until_silence_with_the_same_ssrc(lab: Lab) -> None:
    hearer, talker = pair(lab)
    lab.run(500)
    old = talker.address
    talker.address = (old[0], 4_444)  # its NAT rebinds
    lab.run(4_000)
    assert level(hearer.audio(0.5), HZ) < -60
    lab.run(3_000)
    assert lab.engine.legs["talker"].target == (old[0], 4_444)
    assert abs(level(hearer.audio(0.5), HZ) + 12) < 0.5
    talker.address = (old[0], 5_555)
    talker.ssrc += 77  # and this is somebody else behind the same NAT
    lab.run(8_000)
    assert lab.engine.legs["talker"].target == (old[0], 4_444)


def test_connect_again_learns_again(lab: Lab) -> None:
    hearer, talker = pair(lab)
    lab.run(500)
    talker.address = ("198.51.100.99", 7_000)
    talker.ssrc += 1
    lab.do(ConnectLeg(leg_id="talker", remote=lab.remote(talker)))
    lab.run(1_500)
    assert lab.engine.legs["talker"].target == talker.address
    assert abs(level(hearer.audio(1.0), HZ) + 12) < 0.5


def test_connect_again_with_the_same_address_interrupts_nothing(lab: Lab) -> None:
    hearer, talker = pair(lab)
    lab.run(500)
    before = len(hearer.heard)
    for _ in range(10):
        lab.do(ConnectLeg(leg_id="talker", remote=lab.remote(talker)))
        lab.run(100)
    assert len(hearer.heard) - before == 50
    assert len({packet[3] for packet in hearer.heard}) == 1


def test_a_wrong_ssrc_from_the_right_address_is_not_heard_beside_the_right_one(lab: Lab) -> None:
    hearer, talker = pair(lab)
    lab.run(500)
    evil = Phone(lab, "talker", talker.address, wave=sine(EVIL_HZ, -6, 1), sequence=30_000, ssrc=0xBAD)
    for _ in range(60):
        evil.step()
        lab.run(20)
    assert level(hearer.audio(1.0), EVIL_HZ) < -60
    talker.talking = False
    for _ in range(60):
        evil.step()
        lab.run(20)
    assert level(hearer.audio(0.5), EVIL_HZ) > -10  # the far end changed its SSRC: that is allowed


@pytest.mark.parametrize("data", [b"", b"\x80", b"\x00" * 40, b"\x80\x00" + b"\xff" * 1_700, b"\x90" + b"\xff" * 30])
def test_malformed_packets_are_counted(lab: Lab, data: bytes) -> None:
    _, talker = pair(lab)
    lab.run(200)
    lab.inject("talker", data, talker.address)
    assert lab.engine.legs["talker"].malformed == 1
    assert lab.engine.metrics()["media_packets_malformed_total"] == 1


def test_an_unknown_payload_number_is_dropped(lab: Lab) -> None:
    hearer, talker = pair(lab)
    lab.run(200)
    before = len(hearer.heard)
    talker.talking = False
    talker.send(b"x" * 160, 18)
    assert len(hearer.heard) == before
    talker.send(b"\xff" * 160, 0)
    assert len(hearer.heard) == before + 1
    assert rtp.parse(rtp.build(EVENT_PT, 1, 1, 1, b"")) is not None
