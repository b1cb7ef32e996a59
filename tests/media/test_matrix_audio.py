"""Who hears whom, and how loud: measured by tones at the far ends."""

from __future__ import annotations

import itertools
import struct

import numpy as np
import pytest

from tests.media.lab import EVENT_PT, Lab, level, sine
from yingda.kernel.errors import YingdaError
from yingda.media.g711 import Law
from yingda.media.protocol import DestroyLeg, LegStatistics, Play, SetGain

A_HZ, B_HZ, C_HZ = 440.0, 1_000.0, 1_700.0
QUIET = -60.0


def near(measured: float, expected: float) -> bool:
    return abs(measured - expected) <= 0.5


def test_bridge_forwards_payloads_as_they_came(lab: Lab) -> None:
    one, two = lab.phone("one", sine(A_HZ, -12, 1)), lab.phone("two", sine(B_HZ, -12, 1))
    lab.bridge("one", "two")
    lab.run(1_500)
    for hearer, own, other in ((one, A_HZ, B_HZ), (two, B_HZ, A_HZ)):
        heard = hearer.audio(1.0)
        assert near(level(heard, other), -12)
        assert level(heard, own) < QUIET
    assert lab.engine.phases.mixed_rows == 0
    assert all(leg.jitter is None for leg in lab.engine.legs.values())
    sequences = [packet[1] for packet in one.heard]
    assert [(later - earlier) & 0xFFFF for earlier, later in itertools.pairwise(sequences)] == [1] * (
        len(sequences) - 1
    )
    assert len({packet[3] for packet in one.heard}) == 1


def test_different_laws_are_translated_without_mixing(lab: Lab) -> None:
    one, two = lab.phone("one", sine(A_HZ, -12, 1)), lab.phone("two", sine(B_HZ, -12, 1), Law.A)
    lab.bridge("one", "two")
    lab.run(1_500)
    assert near(level(one.audio(1.0), B_HZ), -12)
    assert near(level(two.audio(1.0), A_HZ), -12)
    assert {packet[0] & 0x7F for packet in two.heard} == {8}
    assert lab.engine.phases.mixed_rows == 0


def test_hold_is_gain_zero(lab: Lab) -> None:
    one, two = lab.phone("one", sine(A_HZ, -12, 1)), lab.phone("two", sine(B_HZ, -12, 1))
    lab.bridge("one", "two")
    lab.run(500)
    lab.gains(("one", "two", 0.0), ("two", "one", 0.0))
    lab.run(800)
    assert level(one.audio(0.5), B_HZ) < QUIET
    lab.bridge("one", "two")
    lab.run(800)
    assert near(level(one.audio(0.5), B_HZ), -12)
    assert two.heard


def test_the_line_never_breaks_whatever_the_sources_become(lab: Lab) -> None:
    """One SSRC, sequence without a gap, timestamps that rise and keep up with the clock, a marker at each change."""
    one = lab.phone("one", sine(A_HZ, -12, 1))
    lab.phone("two", sine(B_HZ, -12, 1))
    lab.phone("three", sine(C_HZ, -12, 1))
    lab.bridge("one", "two")
    lab.run(700)
    lab.gains(("one", "two", 0.0))
    lab.do(Play(play_id="p", leg_id="one", items=["tone:ringback"], loop=True))
    lab.run(700)
    lab.gains(("one", "three", 1.0))  # mixed with the player
    lab.run(700)
    lab.gains(("one", "two", 0.5))
    lab.run(700)
    packets = one.heard
    assert len({packet[3] for packet in packets}) == 1
    for earlier, later in itertools.pairwise(packets):
        assert (later[1] - earlier[1]) & 0xFFFF == 1
        assert 0 < (later[2] - earlier[2]) & 0xFFFF_FFFF <= 480
    spent = (one.heard_at[-1] - one.heard_at[0]) // 125
    assert abs(((packets[-1][2] - packets[0][2]) & 0xFFFF_FFFF) - spent) <= 320
    assert sum(packet[0] >> 7 for packet in packets) >= 3


def test_conference_of_three_each_hears_the_others_and_not_himself(lab: Lab) -> None:
    tones = {"one": A_HZ, "two": B_HZ, "three": C_HZ}
    phones = {name: lab.phone(name, sine(tone, -15, 1)) for name, tone in tones.items()}
    lab.gains(*((sink, source, 1.0) for sink, source in itertools.permutations(tones, 2)))
    lab.run(2_500)
    assert lab.engine.phases.mixed_rows == 3
    assert len({leg.phase for leg in lab.engine.legs.values()}) == 1
    for name, phone in phones.items():
        heard = phone.audio(1.0)
        for other, tone in tones.items():
            if other == name:
                assert level(heard, tone) < QUIET
            else:
                assert near(level(heard, tone), -15)


@pytest.mark.parametrize("gain", [0.25, 0.5, 2.0])
def test_gain_is_what_it_says(lab: Lab, gain: float) -> None:
    one = lab.phone("one")
    lab.phone("two", sine(B_HZ, -20, 1))
    lab.gains(("one", "two", gain))
    lab.run(2_000)
    assert near(level(one.audio(1.0), B_HZ), -20 + 20 * np.log10(gain))


def test_listening_leaves_the_call_alone(lab: Lab) -> None:
    customer, agent = lab.phone("customer", sine(A_HZ, -12, 1)), lab.phone("agent", sine(B_HZ, -12, 1))
    leader = lab.phone("leader", sine(C_HZ, -12, 1))
    lab.bridge("customer", "agent")
    lab.gains(("leader", "customer", 1.0), ("leader", "agent", 1.0))
    lab.run(2_000)
    heard = leader.audio(1.0)
    assert near(level(heard, A_HZ), -12)
    assert near(level(heard, B_HZ), -12)
    assert lab.engine.phases.mixed_rows == 1
    for phone in (customer, agent):
        assert level(phone.audio(1.0), C_HZ) < QUIET


def test_the_limiter_keeps_a_loud_sum_from_clipping(lab: Lab) -> None:
    one = lab.phone("one")
    lab.phone("two", sine(A_HZ, -1, 1))
    lab.phone("three", sine(B_HZ, -1, 1))
    lab.gains(("one", "two", 1.0), ("one", "three", 1.0))
    lab.run(3_000)
    heard = one.audio(1.0)
    assert near(level(heard, A_HZ), level(heard, B_HZ))
    assert -8 < level(heard, A_HZ) < -5
    for product in (2 * A_HZ - B_HZ, 2 * B_HZ - A_HZ, 3 * A_HZ):
        assert level(heard, abs(product)) < -40


def test_a_player_is_mixed_with_a_source(lab: Lab) -> None:
    one = lab.phone("one")
    lab.phone("two", sine(B_HZ, -20, 1))
    lab.gains(("one", "two", 1.0))
    lab.do(Play(play_id="p", leg_id="one", items=["tone:dial"], loop=True, gain=0.5))
    lab.run(2_500)
    heard = one.audio(1.0)
    assert near(level(heard, B_HZ), -20)
    assert near(level(heard, 450), -13.17 - 6.02)


def test_the_stalled_source_is_filled_with_silence(lab: Lab) -> None:
    one, two = lab.phone("one"), lab.phone("two", sine(B_HZ, -12, 1))
    lab.bridge("one", "two")
    lab.run(500)
    two.talking = False
    before = len(one.heard)
    lab.run(2_000)
    assert 80 <= len(one.heard) - before <= 100
    two.talking = True
    lab.run(600)
    assert near(level(one.audio(0.5), B_HZ), -12)
    stamps = [packet[2] for packet in one.heard]
    assert all(0 < (later - earlier) & 0xFFFF_FFFF < 4_000 for earlier, later in itertools.pairwise(stamps))


def test_loss_is_passed_on_as_it_is_and_counted(lab: Lab) -> None:
    one, two = lab.phone("one"), lab.phone("two", sine(B_HZ, -12, 1))
    two.loss = lambda sequence: sequence % 10 == 0 and sequence > 1_010
    lab.bridge("one", "two")
    lab.run(10_000)
    steps = [(later[1] - earlier[1]) & 0xFFFF for earlier, later in itertools.pairwise(one.heard)]
    assert set(steps) == {1, 2}
    statistics = lab.do(DestroyLeg(leg_id="two"))
    assert isinstance(statistics, LegStatistics)
    assert statistics.lost == 48  # 49 were dropped; nothing after the last one tells of it
    assert 3.2 < statistics.mos < 3.6


def test_conference_under_loss_and_reordering_stays_in_time(lab: Lab) -> None:
    one, two, three = lab.phone("one"), lab.phone("two", sine(B_HZ, -15, 1)), lab.phone("three", sine(C_HZ, -15, 1))
    two.loss = lambda sequence: sequence % 20 == 0
    lab.gains(("one", "two", 1.0), ("one", "three", 1.0))
    lab.run(5_000)
    heard = one.audio(2.0)
    assert abs(level(heard, B_HZ) + 15) < 1.0
    assert near(level(heard, C_HZ), -15)
    assert three.heard  # silence: an empty row is kept alive


def test_an_entry_for_an_unknown_leg_changes_nothing(lab: Lab) -> None:
    lab.phone("one")
    lab.phone("two")
    with pytest.raises(YingdaError, match="no leg ghost"):
        lab.do(SetGain(entries=[("one", "two", 1.0), ("one", "ghost", 1.0)]))
    assert lab.engine.matrix.entries() == []
    for gain in (-1.0, 17.0, float("nan")):
        with pytest.raises(YingdaError):
            lab.gains(("one", "two", gain))


def test_digits_are_renumbered_for_each_listener(lab: Lab) -> None:
    one, two = lab.phone("one"), lab.phone("two")
    lab.bridge("one", "two")
    lab.run(300)
    two.talking = False
    stamp = two.timestamp
    for step in range(1, 6):
        two.timestamp = stamp
        two.send(struct.pack("!BBH", 5, 10, 160 * step), EVENT_PT, marker=step == 1, advance=0)
        lab.run(20)
    events = [packet for packet in one.heard if packet[0] & 0x7F == EVENT_PT]
    assert len(events) == 5
    assert len({packet[2] for packet in events}) == 1
