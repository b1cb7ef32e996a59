"""Legs whose wire has another codec than G.711: tones through whole legs, payloads of one codec untouched.

The far end of G.722 is the library's wide mode (16 kHz), which is no code of ours.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest
from G722 import G722

from tests.media.lab import Lab, Phone, Wave, level, sine
from yingda.kernel.opus import Decoder, Encoder
from yingda.media import rtp
from yingda.media.g711 import FRAME, Law, decode
from yingda.media.g722_line import G722Line
from yingda.media.protocol import Codec, ConnectLeg, Play, StartRecording, StopPlay, StopRecording

EVENTS = Codec(name="telephone-event", pt=101)
TOKEN = object()


def speaks(lab: Lab, phone: Phone, codec: Codec, *others: Codec, events: Codec = EVENTS) -> None:
    """Its far end has this codec, and may also send the others; the phone sends by hand."""
    remote = msgspec.structs.replace(
        lab.remote(phone), send_codec=codec, receive_codecs=[codec, *others, events], send_event_pt=events.pt
    )
    phone.talking = False
    lab.do(ConnectLeg(leg_id=phone.leg_id, remote=remote))


def wide(lab: Lab, leg_id: str, number: int = 9) -> Phone:
    phone = lab.phone(leg_id)
    speaks(lab, phone, Codec(name="G722", pt=number))
    return phone


def frames(hertz: float, dbfs: float, seconds: float) -> list[bytes]:
    """What a wideband phone sends: 20 ms of G.722, made of 16 kHz sound."""
    time = np.arange(round(seconds * 16_000)) / 16_000
    pcm = np.rint(32_124 * 10 ** (dbfs / 20) * np.sin(2 * np.pi * hertz * time)).astype(np.int16)
    coder = G722(16_000, 64_000)
    return [coder.encode(pcm[at : at + 2 * FRAME]) for at in range(0, len(pcm), 2 * FRAME)]


def payloads(phone: Phone, number: int) -> list[bytes]:
    return [packet[4] for packet in phone.heard if packet[0] & 0x7F == number]


def heard_wide(phone: Phone, last_s: float, number: int = 9) -> Wave:
    """What a wideband phone plays, at 8 kHz again (the tones here lie far below what that folds)."""
    coder = G722(16_000, 64_000)
    samples = np.concatenate([np.asarray(coder.decode(one)) for one in payloads(phone, number)])
    return samples[::2][-round(last_s * 8_000) :].astype(np.float64)


def talk(lab: Lab, *phones: tuple[Phone, int, list[bytes]]) -> None:
    """(phone, payload number, what it says), all as long as each other."""
    for turn in range(len(phones[0][2])):
        for phone, number, said in phones:
            phone.send(said[turn], number, advance=0)  # its step does that
        lab.run(20)


@pytest.mark.parametrize("law", list(Law))
@pytest.mark.parametrize("hertz", [400, 1_000, 2_500])
def test_a_tone_passes_between_g722_and_g711_within_half_a_decibel(lab: Lab, law: Law, hertz: float) -> None:
    plain = lab.phone("plain", sine(700, -12, 1), law)
    phone = wide(lab, "wide")
    lab.bridge("plain", "wide")
    talk(lab, (phone, 9, frames(hertz, -12, 2)))
    assert level(plain.audio(1), hertz) == pytest.approx(-12, abs=0.5)
    assert level(heard_wide(phone, 1), 700) == pytest.approx(-12, abs=0.5)
    assert {later[2] - earlier[2] for earlier, later in pairwise(phone.heard)} == {FRAME}


def test_a_conference_hears_it_and_music_reaches_it(lab: Lab) -> None:
    one, two, phone = lab.phone("one", sine(700, -20, 1)), lab.phone("two", sine(900, -20, 1)), wide(lab, "wide")
    names = ("one", "two", "wide")
    lab.gains(*((sink, source, 1.0) for sink in names for source in names if sink != source))
    talk(lab, (phone, 9, frames(400, -20, 2)))
    for hears, own in ((one.audio(1), 700), (two.audio(1), 900), (heard_wide(phone, 1), 400)):
        for hertz in {400, 700, 900} - {own}:
            assert level(hears, hertz) == pytest.approx(-20, abs=0.5)
        assert level(hears, own) < -50
    lab.gains(*((sink, source, 0.0) for sink in names for source in names if sink != source))
    lab.do(Play(play_id="p", leg_id="wide", items=["tone:dial"], loop=True))
    lab.run(2_000)
    assert level(heard_wide(phone, 1), 450) > -25


@pytest.mark.parametrize("number", [9, 97])
def test_between_two_of_g722_payloads_go_untouched_and_the_recording_hears_them(
    lab: Lab, tmp_path: Path, number: int
) -> None:
    one, other = wide(lab, "one"), wide(lab, "other", number)
    lab.bridge("one", "other")
    lab.do(StartRecording(recording_id="r", leg_id="one", path="r.wav"))
    said, answered = frames(400, -12, 2), frames(1_000, -12, 2)
    talk(lab, (one, 9, said), (other, number, answered))
    there, here = payloads(other, number), payloads(one, 9)
    assert there[-95:] == said[-95:] and here[-95:] == answered[-95:]  # the first ones show where they come from
    lab.do(StopRecording(recording_id="r"))
    data = (tmp_path / "recordings" / "r.wav").read_bytes()[58:]
    left, right = decode(data[0::2], Law.MU), decode(data[1::2], Law.MU)
    assert level(left[8_000:16_000], 400) == pytest.approx(-12, abs=0.5)
    assert level(right[8_000:16_000], 1_000) == pytest.approx(-12, abs=0.5)


def test_a_far_end_may_change_to_g711_within_the_call(lab: Lab) -> None:
    """Both stand in its answer: either may come at any time (RFC 3264 section 7)."""
    plain, phone = lab.phone("plain"), lab.phone("phone", sine(900, -12, 1))
    speaks(lab, phone, Codec(name="PCMU", pt=0), Codec(name="G722", pt=9))
    lab.bridge("plain", "phone")
    talk(lab, (phone, 9, frames(400, -12, 1.5)))
    assert level(plain.audio(1), 400) == pytest.approx(-12, abs=0.5)
    for _ in range(75):
        phone.send(phone.frame(), 0, advance=0)
        lab.run(20)
    assert level(plain.audio(1), 900) == pytest.approx(-12, abs=0.5)


def test_lost_packets_leave_the_rest_in_place_and_in_tune(lab: Lab) -> None:
    plain, phone = lab.phone("plain"), wide(lab, "wide")
    phone.loss = lambda sequence: sequence % 10 == 0
    lab.bridge("plain", "wide")
    said = frames(400, -12, 3)
    talk(lab, (phone, 9, said))
    missing = sum((1_000 + number + 1) % 10 == 0 for number in range(len(said)))
    assert len(plain.heard) >= len(said) - missing - 4
    whole = plain.audio()[10 * FRAME :].reshape(-1, FRAME)
    loud = [float(np.abs(frame).max()) for frame in whole.astype(np.float64) if frame.any()]
    assert min(loud) > 5_000 and max(loud) < 11_000  # of 8,069: no step, no howl after a gap


def test_late_and_double_packets_bring_nothing_and_a_new_sender_begins_anew() -> None:
    said = frames(400, -12, 0.2)
    line = G722Line(101)
    assert line.hear(TOKEN, 5, said[0]) and line.hear(TOKEN, 6, said[1])
    assert line.hear(TOKEN, 6, said[1]) == [] and line.hear(TOKEN, 4, said[2]) == []
    again = line.hear(object(), 900, said[0])
    assert again == G722Line(101).hear(TOKEN, 1, said[0])


@pytest.mark.parametrize("length", [80, 160, 240, 320, 480, 1, 3])
def test_any_packet_size(length: int) -> None:
    line = G722Line(None)
    packet = line.wrap(rtp.build(9, 1, 0, 7, b"\xff" * length))
    assert packet is not None and len(packet) == 12 + length
    assert [len(sound) for _, sound in line.hear(TOKEN, 1, packet[12:])] == [length]


def test_between_two_of_opus_payloads_go_untouched_and_each_makes_good_what_is_lost(lab: Lab) -> None:
    """Numbers and times are each side's own; a lost packet stays lost on the way, because the next one carries it."""
    events = Codec(name="telephone-event", pt=110, clock_rate=48_000)
    one, other = lab.phone("one"), lab.phone("other")
    speaks(lab, one, Codec(name="opus", pt=111, clock_rate=48_000), events=events)
    speaks(lab, other, Codec(name="opus", pt=96, clock_rate=48_000), events=events)
    plain = lab.phone("plain")
    lab.gains(("other", "one", 1.0), ("plain", "one", 1.0))
    encoder = Encoder(48_000, bit_rate=24_000, complexity=5, loss_percent=10)
    time = np.arange(3 * 48_000) / 48_000
    pcm = np.rint(8_000 * np.sin(2 * np.pi * 600 * time)).astype(np.int16)
    said = [encoder.encode(pcm[at : at + 960].tobytes()) for at in range(0, len(pcm), 960)]
    one.loss = lambda sequence: sequence % 20 == 0
    for packet in said:
        one.send(packet, 111, advance=5 * FRAME)  # the sixth is its step's
        lab.run(20)
    there = payloads(other, 96)
    assert there[-130:] == [packet for number, packet in enumerate(said) if (1_001 + number) % 20][-130:]
    assert {(later[2] - earlier[2]) // (later[1] - earlier[1]) for earlier, later in pairwise(other.heard[-130:])} == {
        960
    }
    decoder = Decoder(48_000)
    sound = np.frombuffer(b"".join(map(decoder.decode, there)), np.int16)[::6]
    assert level(sound[8_000:16_000], 600) == pytest.approx(-12.07, abs=0.5)
    assert len(plain.heard) > len(there)  # what was lost is made up for who hears it decoded


def test_music_on_hold_between_two_of_g722_and_back(lab: Lab) -> None:
    one, other = wide(lab, "one"), wide(lab, "other")
    lab.bridge("one", "other")
    said = frames(400, -12, 4)
    talk(lab, (one, 9, said[:50]))
    lab.gains(("other", "one", 0.0))
    lab.do(Play(play_id="p", leg_id="other", items=["tone:dial"], loop=True))
    talk(lab, (one, 9, said[50:100]))
    assert level(heard_wide(other, 0.5), 450) > -25
    assert level(heard_wide(other, 0.5), 400) < -45
    lab.do(StopPlay(play_id="p"))
    lab.gains(("other", "one", 1.0))
    talk(lab, (one, 9, said[100:]))
    assert level(heard_wide(other, 1), 400) == pytest.approx(-12, abs=0.5)
    assert level(heard_wide(other, 1), 450) < -45
