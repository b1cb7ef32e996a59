"""Card data: a paused recording is silent, as long as the call, and nobody gets the digits."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from msgspec import structs

from tests.media.lab import EVENT_PT, Lab, Phone, level, sine
from yingda.kernel.errors import YingdaError
from yingda.media.g711 import Law, decode
from yingda.media.protocol import (
    ConnectLeg,
    DestroyLeg,
    DigitHeard,
    PauseRecording,
    RecordingFinished,
    ResumeRecording,
    StartRecording,
    StopRecording,
)
from yingda.media.recording_file import HEADER_SIZE
from yingda.media.successor import take_over

A_HZ, B_HZ = 440.0, 1_000.0


def press(phone: Phone, digit: int) -> None:
    """A digit as telephone-event, beside the sound."""
    stamp = phone.timestamp
    for flags, duration in ((10, 160), (10, 480), (0x8A, 800), (0x8A, 800)):
        phone.timestamp = stamp
        phone.send(struct.pack("!BBH", digit, flags, duration), EVENT_PT, marker=duration == 160, advance=0)


def sides(folder: Path, first_s: float, last_s: float) -> list[float]:
    """Level of each side's own tone between two moments."""
    raw = (folder / "recordings/a.wav").read_bytes()[HEADER_SIZE:]
    part = slice(round(first_s * 8_000), round(last_s * 8_000))
    return [level(decode(raw[side::2], Law.MU)[part], hertz) for side, hertz in ((0, A_HZ), (1, B_HZ))]


@pytest.fixture
def call(lab: Lab) -> tuple[Lab, Phone, Phone]:
    one, two = lab.phone("one", sine(A_HZ, -12, 1)), lab.phone("two", sine(B_HZ, -12, 1))
    lab.bridge("one", "two")
    lab.do(StartRecording(recording_id="r", leg_id="one", path="a.wav"))
    lab.run(2_000)
    return lab, one, two


def test_a_pause_is_silent_on_both_sides_and_takes_its_time(call: tuple[Lab, Phone, Phone], tmp_path: Path) -> None:
    lab, one, _ = call
    lab.do(PauseRecording(recording_id="r"))
    lab.do(PauseRecording(recording_id="r"))
    lab.run(2_000)
    assert abs(level(one.audio(1.0), B_HZ) + 12) < 0.5  # they hear each other all the while
    lab.do(ResumeRecording(recording_id="r"))
    lab.do(ResumeRecording(recording_id="r"))
    lab.run(2_000)
    finished = lab.do(StopRecording(recording_id="r"))
    assert isinstance(finished, RecordingFinished)
    assert finished.duration_ms == 6_000
    for first, last in ((0.2, 1.9), (4.1, 5.9)):
        assert all(abs(loud + 12) < 0.5 for loud in sides(tmp_path, first, last))
    assert all(loud < -80 for loud in sides(tmp_path, 2.1, 3.9))
    lab.do(PauseRecording(recording_id="r"))  # over: nothing to pause


def test_digits_go_nowhere_while_it_is_paused(call: tuple[Lab, Phone, Phone]) -> None:
    lab, one, two = call
    lab.do(PauseRecording(recording_id="r"))
    for digit in (4, 1, 1):
        press(one, digit)
        lab.run(200)
    assert lab.of_kind(DigitHeard) == []
    assert [packet for packet in two.heard if packet[0] & 0x7F == EVENT_PT] == []
    lab.do(ResumeRecording(recording_id="r"))
    lab.run(200)
    press(one, 9)
    lab.run(200)
    assert [report.digit for report in lab.reports if isinstance(report, DigitHeard)] == ["9"]
    assert [packet for packet in two.heard if packet[0] & 0x7F == EVENT_PT]


def test_the_end_of_a_paused_recording_gives_the_digits_back(call: tuple[Lab, Phone, Phone]) -> None:
    lab, one, _ = call
    lab.do(PauseRecording(recording_id="r"))
    lab.do(StopRecording(recording_id="r"))
    press(one, 5)
    lab.run(200)
    assert len(lab.of_kind(DigitHeard)) == 1
    lab.do(DestroyLeg(leg_id="one"))
    with pytest.raises(YingdaError, match="no recording x"):
        lab.do(PauseRecording(recording_id="x"))


def test_a_successor_keeps_the_pause(call: tuple[Lab, Phone, Phone], tmp_path: Path) -> None:
    lab, one, _ = call
    lab.do(PauseRecording(recording_id="r"))
    lab.run(1_500)
    after = Lab(tmp_path, seed=2)
    after.now = lab.now
    take_over(after.engine, after.commands, lab.engine.to_state(), after.now)
    for phone in lab.phones.values():
        phone.lab = after
        after.phones[phone.leg_id] = after.by_port[phone.local[1]] = phone
    press(one, 5)
    after.run(1_500)
    assert after.of_kind(DigitHeard) == []
    after.do(StopRecording(recording_id="r"))
    assert all(loud < -80 for loud in sides(tmp_path, 2.1, 4.9))


def test_blank_nobody_hears_the_leg_at_all(call: tuple[Lab, Phone, Phone]) -> None:
    lab, one, two = call
    lab.phone("leader")
    lab.gains(("leader", "one", 0.5), ("leader", "two", 0.5))
    lab.do(PauseRecording(recording_id="r", blank=True))
    lab.run(500)
    for phone in lab.phones.values():
        phone.heard.clear()
    lab.run(1_500)
    assert len(two.heard) >= 74  # silence goes on, so that nothing seems broken
    assert level(two.audio(), A_HZ) < -80
    assert level(lab.phones["leader"].audio(), A_HZ) < -80
    assert abs(level(one.audio(1.0), B_HZ) + 12) < 0.5  # the customer hears the agent
    lab.do(ResumeRecording(recording_id="r"))
    lab.run(1_500)
    assert abs(level(two.audio(1.0), A_HZ) + 12) < 0.5


def test_where_digits_come_as_sound_the_sound_is_kept_back(lab: Lab) -> None:
    one = lab.phone("one", sine(A_HZ, -12, 1), connect=False)
    two = lab.phone("two", sine(B_HZ, -12, 1))
    without = lab.remote(one)
    lab.do(ConnectLeg(leg_id="one", remote=structs.replace(without, receive_codecs=without.receive_codecs[:1])))
    lab.bridge("one", "two")
    lab.do(StartRecording(recording_id="r", leg_id="one", path="a.wav"))
    lab.do(PauseRecording(recording_id="r"))
    lab.run(500)
    two.heard.clear()
    one.wave = sine(697, -12, 1) + sine(1_209, -12, 1)
    lab.run(1_000)
    assert max(level(two.audio(), hertz) for hertz in (A_HZ, 697, 1_209)) < -80
    assert lab.of_kind(DigitHeard) == []


def test_the_sound_beside_a_digit_is_kept_back(call: tuple[Lab, Phone, Phone]) -> None:
    """Some gateways leave the tone in the sound."""
    lab, one, two = call
    lab.do(PauseRecording(recording_id="r"))
    lab.run(100)
    two.heard.clear()
    one.wave = sine(697, -12, 1)
    for duration in range(160, 1_600, 160):
        stamp = one.timestamp
        one.send(struct.pack("!BBH", 1, 10, duration), EVENT_PT, advance=0)
        one.timestamp = stamp
        lab.run(20)
    lab.run(60)
    assert not two.audio().any()
    one.wave = sine(A_HZ, -12, 1)
    lab.run(1_500)
    assert abs(level(two.audio(1.0), A_HZ) + 12) < 0.5
