"""A codec that we do not speak goes from leg to leg as it is, and nothing else goes to such a leg."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest

from tests.media.lab import Lab, Phone, sine
from yingda.kernel.errors import YingdaError
from yingda.media.g711 import FRAME
from yingda.media.protocol import Codec, ConnectLeg, Play, SendDigits, StartRecording


def speaks(lab: Lab, phone: Phone, number: int, name: str = "G729") -> None:
    """Its far end has this codec under this number, and events."""
    codec = Codec(name=name, pt=number)
    events = Codec(name="telephone-event", pt=101)
    remote = msgspec.structs.replace(
        lab.remote(phone), send_codec=codec, receive_codecs=[codec, events], send_event_pt=101
    )
    phone.talking = False
    lab.do(ConnectLeg(leg_id=phone.leg_id, remote=remote))


def two(lab: Lab) -> tuple[Phone, Phone]:
    one, other = lab.phone("one"), lab.phone("other")
    speaks(lab, one, 18)
    speaks(lab, other, 97)
    lab.bridge("one", "other")
    return one, other


def frames(phone: Phone, number: int) -> list[bytes]:
    return [packet[4] for packet in phone.heard if packet[0] & 0x7F == number]


def test_packets_go_both_ways_byte_for_byte_under_the_numbers_of_each_side(lab: Lab) -> None:
    one, other = two(lab)
    said = [bytes([n] * 20) for n in range(1, 51)]
    for payload in said:
        one.send(payload, 18, advance=0)
        other.send(payload[::-1] + b"x", 97, advance=0)
        lab.run(20)
    there, here = frames(other, 97), frames(one, 18)
    assert len(there) >= 45 and there == said[-len(there) :]  # the first ones show where they come from
    assert len(here) >= 45 and here == [payload + b"x" for payload in said[-len(here) :]]
    assert {packet[0] & 0x7F for packet in one.heard + other.heard} == {18, 97}
    assert {later[2] - earlier[2] for earlier, later in pairwise(other.heard)} == {FRAME}


def test_nothing_of_ours_is_sent_under_its_number(lab: Lab) -> None:
    """No silence, no music, no G.711 of another leg: it would sound as noise."""
    one, other = two(lab)
    spoken = lab.phone("spoken", sine(440, -12, 1))
    lab.bridge("one", "spoken")
    lab.do(Play(play_id="p", leg_id="other", items=["tone:dial"], loop=True))
    lab.run(1_000)
    assert one.heard == [] and other.heard == []
    one.send(b"\x01" * 20, 18)
    lab.run(200)
    assert not any(len(packet[4]) == 20 for packet in spoken.heard)


def test_digits_go_through_and_are_made(lab: Lab) -> None:
    _, other = two(lab)
    lab.do(SendDigits(leg_id="other", digits="5"))
    lab.run(500)
    assert {packet[0] & 0x7F for packet in other.heard} == {101}


def test_it_cannot_be_recorded(lab: Lab) -> None:
    two(lab)
    with pytest.raises(YingdaError) as refused:
        lab.do(StartRecording(recording_id="r", leg_id="one", path="a.wav"))
    assert refused.value.code == "codec_not_recorded"
