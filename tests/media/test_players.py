"""Players, tones, sound files: what is heard, when it ends, and what a bad file does."""

from __future__ import annotations

import os
import struct
import wave
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from tests.media.lab import Lab, level, sine
from yingda.kernel.errors import YingdaError
from yingda.media.g711 import Law, decode, encode
from yingda.media.player import Player, Shelf
from yingda.media.protocol import ConnectLeg, MorePlay, Play, PlayEnded, StopPlay
from yingda.media.sound import SoundCache, read_wav, resample
from yingda.media.tones import COUNTRIES, amplitude, tone

Result = TypeVar("Result")


def write_wav(path: Path, samples: np.ndarray, rate: int, channels: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.rint(samples).astype("<i2").tobytes())
    return path


def write_g711(path: Path, body: bytes, kind: int) -> Path:
    layout = struct.pack("<HHIIHH", kind, 1, 8_000, 8_000, 1, 8)
    chunks = b"fmt " + struct.pack("<I", 16) + layout + b"LIST" + struct.pack("<I", 3) + b"odd\0"
    chunks += b"data" + struct.pack("<I", len(body)) + body
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)
    return path


def ends(lab: Lab) -> list[tuple[str, str]]:
    return [(report.play_id, report.why) for report in lab.reports if isinstance(report, PlayEnded)]


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 44_100, 48_000])
def test_a_file_of_any_rate_keeps_pitch_level_and_length(tmp_path: Path, rate: int) -> None:
    time = np.arange(rate) / rate
    path = write_wav(tmp_path / "a.wav", 8_000 * np.sin(2 * np.pi * 1_000 * time), rate)
    samples = decode(read_wav(path).laws[Law.MU], Law.MU)
    assert len(samples) == 8_000
    assert abs(level(samples[800:7_200], 1_000) - 20 * np.log10(8_000 / 32_124)) < 0.2


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
def test_what_lies_above_the_telephone_band_is_taken_away_and_not_folded(rate: int) -> None:
    time = np.arange(rate) / rate
    for high in (4_200, 5_000, 7_000):
        folded = resample(10_000 * np.sin(2 * np.pi * high * time), rate, 8_000)[400:-400]
        assert 20 * np.log10(max(np.abs(folded).max(), 1e-9) / 10_000) < -70
    kept = resample(10_000 * np.sin(2 * np.pi * 3_400 * time), rate, 8_000)[800:7_200]
    assert abs(level(kept, 3_400) - 20 * np.log10(10_000 / 32_124)) < 0.5


def test_two_channels_become_one_and_g711_stays_as_it_is(tmp_path: Path) -> None:
    both = np.column_stack([np.full(800, 4_000), np.full(800, 8_000)]).ravel()
    mono = decode(read_wav(write_wav(tmp_path / "s.wav", both, 8_000, 2)).laws[Law.A], Law.A)
    assert len(mono) == 800
    assert abs(int(mono[400]) - 6_000) < 200
    body = bytes(range(256))
    assert read_wav(write_g711(tmp_path / "u.wav", body, 7)).laws[Law.MU] == body
    assert read_wav(write_g711(tmp_path / "a.wav", body, 6)).laws[Law.A] == body


def bad_files(folder: Path) -> dict[str, Path]:
    good = write_wav(folder / "good.wav", np.zeros(800), 8_000).read_bytes()
    files = {
        "empty": b"", "no wav": b"hello" * 20, "header only": good[:12], "no data": good[:36],
        "24 bit": good[:34] + b"\x18\0" + good[36:], "no rate": good[:24] + bytes(4) + good[28:],
    }  # fmt: skip
    for name, raw in files.items():
        (folder / name).write_bytes(raw)
    return {name: folder / name for name in files} | {"missing": folder / "missing", "folder": folder}


def test_bad_files_are_refused_with_a_reason(tmp_path: Path) -> None:
    for path in bad_files(tmp_path).values():
        with pytest.raises(YingdaError) as refused:
            read_wav(path)
        assert refused.value.code == "sound_unreadable"
        assert refused.value.where == str(path)


def test_the_cache_notices_a_new_file(tmp_path: Path) -> None:
    cache = SoundCache()
    path = write_wav(tmp_path / "a.wav", np.zeros(800), 8_000)
    first = cache.load(path)
    assert cache.load(path) is first
    write_wav(path, np.zeros(1_600), 8_000)
    os.utime(path, ns=(1, 1))
    assert len(cache.load(path)) == 1_600


def test_the_cache_forgets_the_least_used(tmp_path: Path) -> None:
    cache = SoundCache(limit=4_000)
    paths = [write_wav(tmp_path / f"{index}.wav", np.zeros(800), 8_000) for index in range(3)]
    sounds = [cache.load(path) for path in paths]
    assert cache.load(paths[2]) is sounds[2]
    assert cache.load(paths[0]) is not sounds[0]


@pytest.mark.parametrize(("country", "name"), [(place, name) for place, names in COUNTRIES.items() for name in names])
def test_tones_have_their_frequencies_level_and_cadence(country: str, name: str) -> None:
    shape = COUNTRIES[country][name]
    samples = decode(tone(name, country).laws[Law.MU], Law.MU)
    assert len(samples) == sum(shape.cadence) * 8
    assert tone(name, country) is tone(f"{country}/{name}", "cn")
    on = samples[: shape.cadence[0] * 8]
    wanted = -10.0 if len(shape.frequencies) == 1 else -13.0
    spectrum = np.abs(np.fft.rfft(on * np.hanning(len(on)), 1 << 16)) * 4 / len(on)
    bins = np.fft.rfftfreq(1 << 16, 1 / 8_000)
    for frequency in shape.frequencies:
        peak = spectrum[np.abs(bins - frequency) < 12].max()
        assert abs(20 * np.log10(peak / amplitude(wanted))) < 1.0
    start = 0
    for index, ms in enumerate(shape.cadence):
        part = samples[start : start + ms * 8]
        assert (np.abs(part).max() > 1_000) == (index % 2 == 0)
        start += ms * 8


def test_a_continuous_tone_loops_without_a_seam() -> None:
    samples = decode(tone("dial", "us").laws[Law.MU], Law.MU).astype(float)
    twice = np.concatenate([samples, samples])
    jump = np.abs(np.diff(twice, 2))
    assert jump[7_990:8_010].max() <= jump[:7_990].max() * 1.05


def player(items: list[str], tmp_path: Path, **options: bool) -> Player:
    one = Player(Play(play_id="p", leg_id="l", items=items, **options))
    one.start(Shelf(tmp_path, "cn").sounds(items))
    return one


def test_a_playlist_is_seamless_and_ends_with_its_last_sample(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", np.full(250, 4_000), 8_000)
    write_wav(tmp_path / "b.wav", np.full(300, -4_000), 8_000)
    one = player(["file:a.wav", "silence:10", "file:b.wav"], tmp_path)
    frames = b""
    while not one.finished:
        frames += one.pull(Law.MU)
    samples = decode(frames, Law.MU)
    assert len(samples) == 640
    assert (samples[:250] > 3_000).all()
    assert (samples[250:330] == 0).all()
    assert (samples[330:630] < -3_000).all()
    assert (samples[630:] == 0).all()


def test_what_is_still_being_made_follows_without_a_gap(lab: Lab, tmp_path: Path) -> None:
    one = lab.phone("one")
    for name, hz in (("a", 500), ("b", 1_000), ("c", 1_500)):
        write_wav(tmp_path / f"prompts/{name}.wav", sine(hz, -12, 0.4), 8_000)
    lab.do(Play(play_id="p", leg_id="one", items=["file:a.wav"], more=True))
    second = MorePlay(play_id="p", items=["file:none.wav", "file:b.wav"], after=1)
    lab.run(100)
    lab.do(second)
    lab.do(second)  # told twice, heard once
    lab.run(900)
    assert ends(lab) == [], "what follows is awaited"
    lab.do(MorePlay(play_id="p", items=["file:c.wav"], after=3, last=True))
    lab.run(600)
    assert ends(lab) == [("p", "finished")]
    heard = one.audio()
    assert level(heard[3_200:6_400], 1_000) > -13
    assert np.abs(heard[2_960:3_440].reshape(-1, 40)).max(axis=1).min() > 3_000, "no gap between both"
    assert level(heard[6_600:7_800], 1_000) < -60 and level(heard[8_000:11_200], 1_500) > -16


def test_a_loop_has_no_gap(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", np.full(250, 4_000), 8_000)
    one = player(["file:a.wav"], tmp_path, loop=True)
    frames = b"".join(one.pull(Law.A) for _ in range(50))
    assert not one.finished
    assert (decode(frames, Law.A) > 3_000).all()


def test_a_play_ends_and_says_so_once(lab: Lab, tmp_path: Path) -> None:
    one = lab.phone("one")
    write_wav(tmp_path / "prompts/a.wav", sine(1_000, -12, 1), 8_000)
    lab.do(Play(play_id="p", leg_id="one", items=["file:a.wav"]))
    lab.run(1_500)
    assert ends(lab) == [("p", "finished")]
    assert abs(level(one.audio()[1_600:6_400], 1_000) + 12) < 0.5
    assert lab.engine.phases.mixed_rows == 0
    lab.do(StopPlay(play_id="p"))
    assert len(ends(lab)) == 1


def test_replaced_stopped_and_gone_with_the_leg(lab: Lab) -> None:
    lab.phone("one")
    for play_id in ("p", "q"):
        lab.do(Play(play_id=play_id, leg_id="one", items=["tone:busy"], loop=True))
        lab.run(100)
    lab.do(StopPlay(play_id="q"))
    assert ends(lab) == [("p", "replaced"), ("q", "stopped")]
    assert lab.engine.matrix.entries() == []


def test_nothing_is_lost_before_the_far_end_can_hear(lab: Lab) -> None:
    one = lab.phone("one", connect=False)
    lab.do(Play(play_id="p", leg_id="one", items=["tone:beep"]))
    lab.run(1_000)
    assert ends(lab) == []
    lab.do(ConnectLeg(leg_id="one", remote=lab.remote(one)))
    lab.run(600)
    assert ends(lab) == [("p", "finished")]
    assert level(one.audio()[:1_600], 1_000) > -15


@pytest.mark.parametrize(
    "items", [["file:none.wav"], ["tone:whistle"], ["silence:abc"], ["music"], ["file:../../etc/passwd"], ["silence:0"]]
)
def test_what_cannot_be_played_fails_and_the_call_goes_on(lab: Lab, items: list[str]) -> None:
    one = lab.phone("one")
    lab.phone("two", sine(1_000, -12, 1))
    lab.gains(("one", "two", 1.0))
    lab.run(300)
    lab.do(Play(play_id="p", leg_id="one", items=items, loop=True))
    lab.run(1_500)
    assert ends(lab) == [("p", "failed")]
    (report,) = lab.of_kind(PlayEnded)
    assert isinstance(report, PlayEnded)
    assert report.reason
    assert abs(level(one.audio(1.0), 1_000) + 12) < 0.5


def test_encoded_once_per_law() -> None:
    sound = tone("busy", "cn")
    assert sound.laws[Law.A] != sound.laws[Law.MU]
    assert encode(decode(sound.laws[Law.A], Law.A), Law.A) == sound.laws[Law.A]


class SlowDisk:
    """Holds work back until it is let go."""

    def __init__(self) -> None:
        self.held: list[Callable[[], None]] = []

    def submit(self, work: Callable[[], Result], done: Callable[[Result], None]) -> None:
        self.held.append(lambda: done(work()))

    def release(self) -> None:
        held, self.held = self.held, []
        for job in held:
            job()


def test_a_slow_disk_delays_the_prompt_and_nothing_else(tmp_path: Path) -> None:
    disk = SlowDisk()
    lab = Lab(tmp_path, loader=disk)
    one, two = lab.phone("one"), lab.phone("two")
    lab.phone("three", sine(1_000, -12, 1))
    lab.gains(("two", "three", 1.0))
    write_wav(tmp_path / "prompts/a.wav", sine(600, -12, 1), 8_000)
    lab.do(Play(play_id="p", leg_id="one", items=["file:a.wav"]))
    lab.do(Play(play_id="gone", leg_id="two", items=["file:a.wav"]))
    lab.do(StopPlay(play_id="gone"))
    lab.run(2_000)
    assert abs(level(two.audio(0.5), 1_000) + 12) < 0.5
    assert level(one.audio(1.0), 600) < -60
    disk.release()
    lab.run(900)
    assert abs(level(one.audio(0.5), 600) + 12) < 0.5
    lab.run(300)
    assert ends(lab) == [("gone", "stopped"), ("p", "finished")]
