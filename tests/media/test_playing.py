"""What people do with a prompt: pause, go to another place, talk or press into it; music between announcements; MP3."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import lameenc
import numpy as np
import pytest
from msgspec import structs

from tests.media.lab import EVENT_PT, Lab, Wave, level, sine
from tests.media.test_ears import found
from tests.media.test_pause import press
from tests.media.test_players import ends, player, write_wav
from tests.media.voice import voice
from yingda.kernel.errors import YingdaError
from yingda.media.g711 import FRAME, Law, decode
from yingda.media.protocol import (
    Codec,
    ConnectLeg,
    PausePlay,
    Play,
    PlayEnded,
    RemoteMedia,
    ResumePlay,
    SeekPlay,
    SendDigits,
    StopPlay,
)
from yingda.media.sound import read_sound


def mp3(path: Path, wave: Wave, rate: int, channels: int = 1) -> Path:
    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_bit_rate(64)
    encoder.set_in_sample_rate(rate)
    encoder.set_channels(channels)
    encoder.set_quality(5)
    samples = np.repeat(np.rint(wave).astype(np.int16), channels)
    path.write_bytes(bytes(encoder.encode(samples.tobytes())) + bytes(encoder.flush()))
    return path


@pytest.mark.parametrize(("rate", "channels"), [(8_000, 1), (16_000, 2), (44_100, 2), (48_000, 1)])
def test_an_mp3_file_keeps_pitch_level_and_length(tmp_path: Path, rate: int, channels: int) -> None:
    time = np.arange(2 * rate) / rate
    sound = read_sound(mp3(tmp_path / "a.mp3", 8_000 * np.sin(2 * np.pi * 1_000 * time), rate, channels))
    samples = decode(sound.laws[Law.MU], Law.MU)
    assert 0 <= len(samples) / 8_000 - 2 < 0.3  # the coder's own delay and its last frame
    made = 20 * np.log10(0.95 * 8_000 / 32_124)  # LAME turns everything down by a twentieth
    assert level(samples[4_000:12_000], 1_000) == pytest.approx(made, abs=0.3)


@pytest.mark.parametrize("content", [b"ID3" + bytes(100), b"\xff\xfb" + bytes(3), b"\xff\xe0\xff\xe0", b"\xff"])
def test_an_mp3_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(content)
    with pytest.raises(YingdaError) as refused:
        read_sound(path)
    assert refused.value.code == "sound_unreadable"


def steps(tmp_path: Path, lab: Lab) -> None:
    """Three seconds of 500, 700 and 900 Hz."""
    wave = np.concatenate([sine(hertz, -12, 1) for hertz in (500, 700, 900)])
    write_wav(tmp_path / "prompts/steps.wav", wave, 8_000)


def test_a_pause_is_silent_and_keeps_its_place(lab: Lab, tmp_path: Path) -> None:
    one = lab.phone("one")
    steps(tmp_path, lab)
    lab.do(Play(play_id="p", leg_id="one", items=["file:steps.wav"]))
    lab.run(1_300)
    lab.do(PausePlay(play_id="p"))
    lab.run(100)
    one.heard.clear()
    lab.run(5_000)
    assert not one.audio().any()
    assert ends(lab) == []
    one.heard.clear()
    lab.do(ResumePlay(play_id="p"))
    lab.run(600)
    assert level(one.audio()[:4_000], 700) == pytest.approx(-12, abs=0.5)
    lab.run(1_500)
    assert ends(lab) == [("p", "finished")]
    lab.do(PausePlay(play_id="p"))  # over: nothing to do


def test_seeking_goes_anywhere_and_past_the_end_is_the_end(lab: Lab, tmp_path: Path) -> None:
    one = lab.phone("one")
    steps(tmp_path, lab)
    lab.do(Play(play_id="p", leg_id="one", items=["file:steps.wav", "silence:500"], from_ms=2_000))
    lab.run(500)
    assert level(one.audio()[-2_400:], 900) == pytest.approx(-12, abs=0.5)
    lab.do(SeekPlay(play_id="p", to_ms=1_000))
    lab.run(500)
    assert level(one.audio()[-2_400:], 700) == pytest.approx(-12, abs=0.5)
    lab.do(SeekPlay(play_id="p", to_ms=-5))
    lab.run(500)
    assert level(one.audio()[-2_400:], 500) == pytest.approx(-12, abs=0.5)
    lab.do(StopPlay(play_id="p"))
    stopped = lab.of_kind(PlayEnded)[-1]
    assert isinstance(stopped, PlayEnded)
    assert stopped.position_ms == pytest.approx(500, abs=40)
    lab.do(Play(play_id="q", leg_id="one", items=["file:steps.wav"]))
    lab.do(SeekPlay(play_id="q", to_ms=99_000))
    lab.run(100)
    assert ends(lab)[-1] == ("q", "finished")
    with pytest.raises(YingdaError, match="no play x"):
        lab.do(SeekPlay(play_id="x", to_ms=0))


def test_music_goes_on_between_announcements_where_it_stopped(tmp_path: Path) -> None:
    ramp = np.arange(24_000) / 24_000 * 16_000 + 4_000
    write_wav(tmp_path / "music.wav", ramp, 8_000)
    write_wav(tmp_path / "say.wav", np.full(800, -8_000), 8_000)
    items = ["part:1000:music.wav", "file:say.wav"]
    one = player(items, tmp_path, loop=True)
    samples = decode(b"".join(one.pull(Law.MU) for _ in range(4 * 55)), Law.MU).astype(float)
    for turn in range(4):
        music = samples[turn * 8_800 : turn * 8_800 + 8_000]
        expected = ramp[(turn * 8_000) % 24_000 :][:8_000]
        assert np.abs(music / expected - 1).max() < 0.05
        assert (samples[turn * 8_800 + 8_000 : (turn + 1) * 8_800] < -7_000).all()


def test_two_plays_of_one_list_each_have_their_own_place(lab: Lab, tmp_path: Path) -> None:
    steps(tmp_path, lab)
    for name in ("one", "two"):
        phone = lab.phone(name)
        lab.do(Play(play_id=name, leg_id=name, items=["part:1000:steps.wav", "silence:100"], loop=True))
        lab.run(100)
        phone.heard.clear()
        lab.run(500)
        assert level(phone.audio()[:3_200], 500) == pytest.approx(-12, abs=0.5)


@pytest.mark.parametrize("items", [["part:x:steps.wav"], ["part:100"], ["part:"], ["part:100:../steps.wav"]])
def test_a_part_that_cannot_be_is_refused(lab: Lab, items: list[str]) -> None:
    lab.phone("one")
    lab.do(Play(play_id="p", leg_id="one", items=items))
    lab.run(100)
    assert ends(lab) == [("p", "failed")]


def test_speech_stops_a_prompt_and_a_cough_or_noise_does_not(lab: Lab) -> None:
    rng = np.random.default_rng(1)
    one = lab.phone("one", rng.normal(0, 40, 16_000))
    for play_id, listens in (("p", True), ("q", False)):
        lab.do(Play(play_id=play_id, leg_id="one", items=["silence:20000"], speech_barge_in=listens))
        lab.run(1_500)
        assert (play_id, "barge_in") not in ends(lab)
        cough = rng.normal(0, 40, 16_000)
        cough[:640] += rng.normal(0, 6_000, 640)
        one.wave, one.at = cough, 0
        lab.run(1_000)
        assert (play_id, "barge_in") not in ends(lab)
        one.wave, one.at = voice(3.0), 0
        lab.run(3_000)
        assert ((play_id, "barge_in") in ends(lab)) is listens
        one.wave = rng.normal(0, 40, 16_000)
        lab.run(500)
    assert lab.engine.ears.count == 1  # no more are opened with each play


@pytest.mark.parametrize("law", list(Law))
def test_digits_go_out_as_sound_to_who_knows_no_events(lab: Lab, law: Law) -> None:
    """Heard by our own ears at the far end of a second leg."""
    one = lab.phone("one", law=law, connect=False)
    described = lab.remote(one)
    without = [codec for codec in described.receive_codecs if codec.name != "telephone-event"]
    lab.do(ConnectLeg(leg_id="one", remote=_plain(described, without)))
    lab.run(200)
    one.heard.clear()
    lab.do(SendDigits(leg_id="one", digits="159#", duration_ms=100))
    lab.run(1_500)
    assert [packet for packet in one.heard if packet[0] & 0x7F == EVENT_PT] == []
    sound = one.audio().astype(float)
    assert [what for what, _ in found(sound, law)] == list("159#")
    steps_ = {later[1] - earlier[1] for earlier, later in pairwise(one.heard)}
    assert steps_ == {1}
    assert len(sound) % FRAME == 0


def test_an_events_digit_is_made_sound_for_a_far_end_without_events(lab: Lab) -> None:
    one, two = lab.phone("one"), lab.phone("two", connect=False)
    described = lab.remote(two)
    lab.do(ConnectLeg(leg_id="two", remote=_plain(described, described.receive_codecs[:1])))
    lab.bridge("one", "two")
    lab.run(500)
    press(one, 7)
    lab.run(800)
    assert [what for what, _ in found(two.audio().astype(float), Law.MU)] == ["7"]


def _plain(described: RemoteMedia, codecs: list[Codec]) -> RemoteMedia:
    return structs.replace(described, send_event_pt=None, receive_codecs=codecs)
