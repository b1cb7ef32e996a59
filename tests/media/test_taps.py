"""Taps without a network: what goes to the streamer, what comes back into the ear, what is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.media.lab import START, Lab, level, sine
from yingda.kernel.errors import YingdaError
from yingda.media.g711 import FRAME, SILENT_FRAME, Law, decode, encode
from yingda.media.protocol import (
    CloseTap,
    DestroyLeg,
    FlushTap,
    OpenTap,
    PauseRecording,
    ResumeRecording,
    Snapshot,
    SnapshotResult,
    StartRecording,
    TapChanged,
    TapSaid,
    TellTap,
)
from yingda.media.successor import take_over
from yingda.media.taps import wire
from yingda.media.taps.rates import Doubler, Halver

URL = "ws://bot.example/stream"


def opened(lab: Lab, **fields: object) -> int:
    """A tap on the leg `a`; its number."""
    lab.do(OpenTap(tap_id="t", leg_id="a", url=URL, **fields))  # type: ignore[arg-type]
    order = lab.streamer.told[-1]
    assert isinstance(order, wire.Open)
    return order.number


def streamed(lab: Lab, number: int) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    frames = [
        frame for told in lab.streamer.told if isinstance(told, wire.Sound) for n, frame in told.frames if n == number
    ]
    return decode(b"".join(frames), Law.MU)


def snapshot(lab: Lab) -> SnapshotResult:
    result = lab.do(Snapshot())
    assert isinstance(result, SnapshotResult)
    return result


def test_what_a_leg_says_goes_out_at_fifty_frames_a_second_whatever_is_lost(lab: Lab) -> None:
    phone = lab.phone("a", sine(500, -12, 1), Law.A)
    lab.run(100)
    number = opened(lab)
    lab.run(1_000)
    phone.loss = lambda sequence: sequence % 20 == 0
    lab.run(2_000)
    phone.loss = None
    lab.run(1_000)
    sound = streamed(lab, number)
    assert abs(len(sound) - 4 * 8_000) <= FRAME
    assert level(sound[-8_000:], 500) == pytest.approx(-12, abs=0.5)
    assert level(sound[8_000:24_000], 500) == pytest.approx(-12, abs=1)


def test_what_a_leg_hears_can_be_streamed(lab: Lab) -> None:
    lab.phone("a", sine(500, -12, 1))
    lab.phone("b", sine(900, -12, 1))
    lab.bridge("a", "b")
    number = opened(lab, side="heard", gain=0.0)
    lab.run(2_000)
    heard = streamed(lab, number)[-8_000:]
    assert level(heard, 900) == pytest.approx(-12, abs=0.5)
    assert level(heard, 500) < -60


def test_what_the_server_says_is_heard_by_the_leg_alone_beside_the_call(lab: Lab) -> None:
    one, two = lab.phone("a", law=Law.A), lab.phone("b", sine(900, -12, 1))
    lab.bridge("a", "b")
    number = opened(lab)
    voice = encode(np.rint(sine(600, -12, 1)).astype(np.int16), Law.MU)
    for at in range(100):
        frame = voice[at * FRAME % len(voice) :][:FRAME]
        lab.engine.taps.receive(wire.Sound([(number, frame)]))
        lab.run(20)
    assert level(one.audio(1), 600) == pytest.approx(-12, abs=0.5)
    assert level(one.audio(1), 900) == pytest.approx(-12, abs=0.5)
    assert level(two.audio(1), 600) < -60
    lab.do(CloseTap(tap_id="t"))
    lab.run(500)
    one.heard.clear()
    lab.run(1_000)
    assert level(one.audio(), 600) < -60
    assert lab.engine.sources == {}


def test_a_flush_silences_at_once_and_what_was_on_its_way_is_old(lab: Lab) -> None:
    lab.phone("a")
    number = opened(lab)
    tap = lab.engine.taps.find("t")
    assert tap is not None
    loud = bytes([0x80]) * FRAME
    lab.engine.taps.receive(wire.Sound([(number, loud)] * 30))
    lab.do(FlushTap(tap_id="t"))
    assert lab.streamer.told[-1] == wire.Flush(number)
    assert tap.voice.pull(Law.MU) == SILENT_FRAME[Law.MU]
    lab.engine.taps.receive(wire.Sound([(number, loud)]))  # sent before the streamer saw the flush
    assert tap.voice.pull(Law.MU) == SILENT_FRAME[Law.MU]
    lab.engine.taps.receive(wire.Flush(number))
    lab.engine.taps.receive(wire.Sound([(number, loud)]))
    assert tap.voice.pull(Law.MU) == loud


def test_the_voice_is_bounded_and_odd_frames_are_dropped(lab: Lab) -> None:
    lab.phone("a")
    number = opened(lab)
    tap = lab.engine.taps.find("t")
    assert tap is not None
    lab.engine.taps.receive(wire.Sound([(number, b"\xff" * 7), (number, b"\xff" * 161), (99, b"\xff" * 160)]))
    assert not tap.voice.waiting
    lab.engine.taps.receive(wire.Sound([(number, b"\xff" * 160)] * 500))
    assert len(tap.voice.waiting) == 50


def test_card_data_reaches_no_server(lab: Lab) -> None:
    phone = lab.phone("a", sine(500, -12, 1))
    number = opened(lab)
    lab.do(StartRecording(recording_id="r", leg_id="a", path="r.wav"))
    lab.run(500)
    lab.do(PauseRecording(recording_id="r"))
    lab.streamer.told.clear()
    phone.send(bytes([5, 0x8A, 3, 32]), 101)
    lab.run(1_000)
    assert not any(isinstance(told, wire.Text) for told in lab.streamer.told)
    assert level(streamed(lab, number), 500) < -60
    lab.do(ResumeRecording(recording_id="r"))
    lab.streamer.told.clear()
    phone.send(bytes([6, 0x8A, 3, 32]), 101)
    lab.run(1_000)
    texts = [json.loads(told.text) for told in lab.streamer.told if isinstance(told, wire.Text)]
    assert texts == [{"type": "digit", "digit": "6", "duration_ms": 100}]
    assert level(streamed(lab, number)[-4_000:], 500) == pytest.approx(-12, abs=0.5)


def test_card_data_reaches_no_server_by_the_line_of_whom_he_speaks_with(lab: Lab) -> None:
    lab.phone("a", sine(500, -12, 1))
    lab.phone("b", sine(900, -12, 1))
    lab.bridge("a", "b")
    number = opened(lab, side="heard", gain=0.0)
    lab.do(StartRecording(recording_id="r", leg_id="b", path="r.wav"))
    lab.run(500)
    lab.do(PauseRecording(recording_id="r"))
    lab.run(200)
    lab.streamer.told.clear()
    lab.run(1_000)
    assert level(streamed(lab, number), 900) < -60
    lab.do(ResumeRecording(recording_id="r"))
    lab.streamer.told.clear()
    lab.run(1_000)
    assert level(streamed(lab, number)[-4_000:], 900) == pytest.approx(-12, abs=0.5)


def test_states_and_texts_are_reported_and_the_last_word_is_the_last(lab: Lab) -> None:
    lab.phone("a")
    number = opened(lab)
    for state, reason in (("open", ""), ("open", ""), ("interrupted", "broke"), ("open", ""), ("failed", "gone")):
        lab.engine.taps.receive(wire.State(number, state, reason))
        assert [held["state"] for held in snapshot(lab).taps] == ([] if state == "failed" else [state])
    lab.engine.taps.receive(wire.Text(number, "too late"))
    changed = [(r.state, r.reason) for r in lab.reports if isinstance(r, TapChanged)]
    assert changed == [("open", ""), ("interrupted", "broke"), ("open", ""), ("failed", "gone")]
    assert not lab.of_kind(TapSaid)
    assert lab.engine.taps.count == 0
    lab.do(FlushTap(tap_id="t"))  # over: nothing to do, no error
    lab.do(CloseTap(tap_id="t"))


def test_a_text_goes_both_ways_and_is_bounded(lab: Lab) -> None:
    lab.phone("a")
    number = opened(lab)
    lab.engine.taps.receive(wire.Text(number, "你好" * 20_000))
    said = lab.of_kind(TapSaid)[0]
    assert isinstance(said, TapSaid)
    assert (said.tap_id, said.leg_id, len(said.text)) == ("t", "a", 16_384)
    lab.do(TellTap(tap_id="t", text="hello"))
    assert lab.streamer.told[-1] == wire.Text(number, "hello")


def test_a_leg_that_ends_takes_its_taps_along(lab: Lab) -> None:
    lab.phone("a")
    number = opened(lab)
    lab.do(DestroyLeg(leg_id="a"))
    assert wire.Close(number) in lab.streamer.told
    last = lab.of_kind(TapChanged)[-1]
    assert isinstance(last, TapChanged)
    assert last.state == "closed"
    assert lab.engine.sources == {}


def test_repeating_an_open_changes_nothing(lab: Lab) -> None:
    lab.phone("a")
    opened(lab)
    lab.do(OpenTap(tap_id="t", leg_id="a", url=URL))
    assert sum(isinstance(told, wire.Open) for told in lab.streamer.told) == 1


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"url": "ftp://bot"}, "tap_address_wrong"),
        ({"rate": 44_100}, "tap_wrong"),
        ({"side": "both"}, "tap_wrong"),
        ({"gain": -1.0}, "gain_wrong"),
        ({"leg_id": "nobody"}, "leg_unknown"),
        ({"tap_id": "t"}, "tap_differs"),
    ],
)
def test_what_cannot_be_tapped_is_refused(lab: Lab, fields: dict[str, object], code: str) -> None:
    lab.phone("a")
    opened(lab)
    order = {"tap_id": "u", "leg_id": "a", "url": "ws://elsewhere/", **fields}
    with pytest.raises(YingdaError) as refused:
        lab.do(OpenTap(**order))  # type: ignore[arg-type]
    assert refused.value.code == code


def test_without_the_streaming_process_a_tap_is_refused_and_leaves_nothing(lab: Lab) -> None:
    lab.phone("a")
    lab.streamer.takes = False
    with pytest.raises(YingdaError) as refused:
        lab.do(OpenTap(tap_id="t", leg_id="a", url=URL))
    assert refused.value.code == "tap_refused"
    assert lab.engine.legs["a"].taps_in == ()
    with pytest.raises(YingdaError) as unknown:
        lab.do(FlushTap(tap_id="t"))
    assert unknown.value.code == "tap_unknown"


def test_when_the_streaming_process_dies_its_taps_are_opened_again(lab: Lab) -> None:
    lab.phone("a")
    number = opened(lab)
    lab.engine.taps.receive(wire.State(number, "open", ""))
    lab.streamer.told.clear()
    lab.engine.taps.streamer_lost()
    assert [type(told) for told in lab.streamer.told] == [wire.Open]
    lab.streamer.takes = False
    lab.engine.taps.streamer_lost()
    states = [report.state for report in lab.reports if isinstance(report, TapChanged)]
    assert states == ["open", "interrupted", "failed"]


def test_a_successor_opens_the_taps_again(lab: Lab) -> None:
    lab.phone("a")
    opened(lab, rate=16_000)
    states = lab.engine.to_state()
    successor = Lab(lab.engine.settings.recordings.parent)
    take_over(successor.engine, successor.commands, states, START + 1_000_000)
    order = successor.streamer.told[0]
    assert isinstance(order, wire.Open)
    assert (order.url, order.rate) == (URL, 16_000)


def test_rates_keep_tones_and_lengths_whatever_the_pieces() -> None:
    doubler, halver = Doubler(), Halver()
    tone = sine(1_000, -6, 1)
    doubled = np.concatenate([doubler.take(piece) for piece in np.split(tone, [7, 160, 481, 4_000])])
    assert len(doubled) == 2 * len(tone)
    time = np.arange(8_000, 16_000) / 16_000
    for frequency, expected in ((1_000, -6.0), (7_000, None)):
        amplitude = 2 * abs(np.mean(doubled[8_000:] * np.exp(-2j * np.pi * frequency * time)))
        dbfs = 20 * np.log10(amplitude / 32_124 + 1e-9)
        assert dbfs < -75 if expected is None else dbfs == pytest.approx(expected, abs=0.1)
    halved = np.concatenate([halver.take(piece) for piece in np.split(doubled, [1, 320, 321, 4_001, 9_000])])
    assert len(halved) == len(tone)
    assert level(halved[4_000:], 1_000) == pytest.approx(-6, abs=0.1)
