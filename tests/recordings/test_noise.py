"""Noise removal of the archive, measured: how much noise goes, and that a clean voice stays what it was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from tests.media.voice import voice
from tests.recordings.centre import Place
from tests.recordings.test_archive import filed, run, stored
from yingda.kernel.config.centre import Recordings
from yingda.recordings import mp3, noise, opus

Wave = npt.NDArray[np.float64]
RATE, SECONDS = 8_000, 14


def talk(seed: int) -> Wave:
    """Phrases of one to two and a half seconds with pauses between them."""
    rng, pieces = np.random.default_rng(seed), list[Wave]()
    while sum(map(len, pieces)) < SECONDS * RATE:
        pieces += [voice(rng.uniform(1, 2.5), seed + len(pieces)), np.zeros(int(rng.uniform(0.3, 1.2) * RATE))]
    return np.concatenate(pieces)[: SECONDS * RATE]


def hiss(seed: int, count: int, kind: str) -> Wave:
    white = np.random.default_rng(seed).standard_normal(count)
    if kind == "hum":  # mains with its harmonics, under a little hiss
        time = np.arange(count) / RATE
        return sum((np.sin(2 * np.pi * 50 * k * time) / k for k in (2, 4, 6, 8)), 0.1 * white)
    return white if kind == "white" else np.convolve(white, np.ones(8) / 8, "same")


def cleaned(wave: Wave) -> Wave:
    sound = np.rint(np.clip(wave, -32_768, 32_767)).astype(np.int16)
    return noise.reduced(np.stack([sound, np.zeros_like(sound)], axis=1))[:, 0].astype(np.float64)


def ratio_db(one: Wave, other: Wave) -> float:
    return float(10 * np.log10(np.mean(one**2) / np.mean(other**2)))


@pytest.mark.parametrize(
    ("kind", "before", "gained"), [("white", 5, 4), ("dull", 5, 5), ("white", 10, 3), ("hum", 5, 6)]
)
def test_the_voice_stands_out_more_and_pauses_are_far_quieter(kind: str, before: float, gained: float) -> None:
    clean = talk(1)
    spoilt = hiss(7, len(clean), kind)
    spoilt *= clean.std() / 10 ** (before / 20) / spoilt.std()
    heard = cleaned(clean + spoilt)
    assert ratio_db(clean, heard - clean) > before + gained
    pauses = clean == 0
    assert ratio_db(spoilt[pauses], heard[pauses]) > 12


@pytest.mark.parametrize("seed", [1, 2])
def test_a_clean_voice_is_hardly_touched(seed: int) -> None:
    clean = talk(seed)
    heard = cleaned(clean)
    assert ratio_db(clean, heard - clean) > 18
    loud = np.abs(clean) > 1_000
    assert abs(ratio_db(heard[loud], clean[loud])) < 0.5


def test_nothing_moves_and_silence_stays_silence() -> None:
    for count in (0, 1, 159, 160, 8_001):
        assert noise.reduced(np.zeros((count, 2), np.int16)).shape == (count, 2)
    click = np.zeros((16_000, 2), np.int16)
    click[8_000:8_400, 1] = 9_000
    found = noise.reduced(click)
    assert int(np.argmax(np.abs(np.diff(found[:, 1])))) in range(7_995, 8_405) and not found[:, 0].any()


def test_a_paused_stretch_does_not_hide_the_noise_around_it() -> None:
    rushing = hiss(3, 10 * RATE, "white") * 300
    rushing[4 * RATE : 5 * RATE] = 0
    heard = cleaned(rushing)
    assert (
        ratio_db(rushing[6 * RATE :], heard[6 * RATE :]) > 12 and ratio_db(rushing[: 3 * RATE], heard[: 3 * RATE]) > 12
    )


def test_the_pieces_of_a_long_recording_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = np.stack([talk(4) + hiss(5, SECONDS * RATE, "white") * 200] * 2, axis=1).astype(np.int16)
    whole = noise.reduced(sound).astype(np.float64)
    monkeypatch.setattr(noise, "PIECE", 10 * noise.BLOCK)
    assert ratio_db(whole, noise.reduced(sound) - whole + 1e-9) > 15


@pytest.mark.parametrize("form", ["opus", "mp3"])
def test_the_archive_has_less_noise_where_the_rules_say_so(place: Place, form: str) -> None:
    filed(place, "one", seconds=4)
    assert run(place, Recordings.model_validate({"format": form, "reduce_noise": True})).failures == {}
    kept = stored(place, "one")
    assert (opus.decoded_ms if form == "opus" else mp3.frames_ms)(kept) == pytest.approx(4_000, abs=290)
    assert not list(Path(place.recordings).rglob("*.wav"))
