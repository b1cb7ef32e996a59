"""A bad path, as scripted: loss, disorder, jitter, skew; what is heard and recorded stays near to what was said."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest

from tests.media.voice import distance, voice
from yingda.kernel.clock import SECOND
from yingda.media.concealment import SHORTEST, Concealment, pitch
from yingda.media.g711 import FRAME, Law, decode, encode
from yingda.media.jitter import JitterBuffer
from yingda.media.recorder import Recorder

TOKEN = object()
CLEAN = voice(30.0)
FRAMES = [
    encode(np.rint(CLEAN[at : at + FRAME]).astype(np.int16), Law.MU) for at in range(0, len(CLEAN) - FRAME + 1, FRAME)
]
SAID = decode(b"".join(FRAMES), Law.MU)
LOUD, QUIET = b"\x80" * FRAME, b"\xff" * FRAME


class Path:
    """When packet n, sent at n × 20 ms, arrives (µs); None: never. ppm: how much too fast the sender's clock is."""

    def __init__(
        self, loss: float = 0.0, jitter_ms: float = 0.0, swap: float = 0.0, ppm: float = 0.0, seed: int = 1
    ) -> None:
        self._rng = random.Random(seed)
        self.loss, self.jitter_ms, self.swap, self.ppm = loss, jitter_ms, swap, ppm
        self.lost: set[int] = set()

    def arrivals(self, count: int) -> list[tuple[int, int]]:
        """(arrival, packet), by arrival."""
        found = []
        for number in range(count):
            sent = number * 20_000 / (1 + self.ppm / 1e6)
            if self._rng.random() < self.loss:
                self.lost.add(number)
                continue
            delay = self._rng.uniform(0, self.jitter_ms * 1_000)
            if self._rng.random() < self.swap:
                delay += 25_000
            found.append((round(sent + delay), number))
        return sorted(found)


def mixed(path: Path) -> tuple[np.ndarray[tuple[int], np.dtype[np.int16]], JitterBuffer]:
    """What a mixed row gets, in the place of what was said (the buffer's delay taken away)."""
    buffer, out = JitterBuffer(Law.MU), b""
    waiting = path.arrivals(len(FRAMES))
    for tick in range(len(FRAMES) + 10):
        while waiting and waiting[0][0] <= tick * 20_000:
            _, number = waiting.pop(0)
            buffer.put(TOKEN, number * FRAME, FRAMES[number], Law.MU)
        out += buffer.pull()
    return decode(out, Law.MU), buffer


def silence_filled(path: Path) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    said = SAID.copy()
    for number in path.lost:
        said[number * FRAME : (number + 1) * FRAME] = 0
    return said


@pytest.mark.parametrize(("loss", "most_db"), [(0.01, 1.6), (0.05, 3.6), (0.10, 5.2)])
def test_concealment_is_nearer_to_clean_speech_than_silence(loss: float, most_db: float) -> None:
    """By log-spectral distance over the whole, and by at least a third over the lost frames alone."""
    path = Path(loss)
    heard, buffer = mixed(path)
    heard = heard[2 * FRAME :][: len(SAID)]
    silent = silence_filled(path)
    assert abs(buffer.concealed - len(path.lost)) <= 8  # the buffer runs out at the end
    assert distance(SAID, heard) < min(most_db, 0.75 * distance(SAID, silent))
    lost = sorted(number for number in path.lost if 10 < number < len(FRAMES) - 10)
    spots = np.concatenate([np.arange(number * FRAME, (number + 1) * FRAME) for number in lost])
    assert distance(SAID[spots], heard[spots]) < 0.67 * distance(SAID[spots], silent[spots])


def test_nothing_clicks_at_a_seam() -> None:
    """No step between neighbouring samples is much larger than the speech itself makes."""
    heard, _ = mixed(Path(0.10, seed=3))
    steps = np.abs(np.diff(heard.astype(np.int32)))
    assert steps.max() < 1.6 * np.abs(np.diff(SAID.astype(np.int32))).max()


@pytest.mark.parametrize(
    ("path", "concealed"),
    [(Path(swap=0.1), 0.02), (Path(jitter_ms=100), 0.03), (Path(ppm=200), 0.01), (Path(ppm=-200), 0.01)],
)
def test_the_buffer_follows_the_path(path: Path, concealed: float) -> None:
    """Disorder, 100 ms of jitter and skew cost a few frames while the delay is found, and nearly none afterwards."""
    _, buffer = mixed(path)
    assert buffer.concealed <= concealed * len(FRAMES) + 8


def test_a_long_gap_becomes_the_quiet_between_words() -> None:
    concealment = Concealment()
    rng = np.random.default_rng(2)
    for _ in range(50):
        concealment.observe((rng.standard_normal(FRAME) * 30).astype(np.float32))
    made = concealment.fill(CLEAN[:1_600].astype(np.float32), 10 * FRAME)
    assert 15 < np.sqrt(np.mean(made[-4 * FRAME :] ** 2)) < 60
    assert np.sqrt(np.mean(made[:FRAME] ** 2)) > 500
    back = concealment.join(np.zeros(FRAME, np.float32))
    assert not back[FRAME // 2 :].any()
    assert not concealment.active


def test_comfort_noise_is_as_loud_as_the_far_end_says() -> None:
    buffer = JitterBuffer(Law.MU)
    for number in range(10):
        buffer.put(TOKEN, number * FRAME, FRAMES[number], Law.MU)
        buffer.pull()
    buffer.calm(50)
    frames = [decode(buffer.pull(), Law.MU).astype(np.float64) for _ in range(100)]
    level = 20 * np.log10(np.sqrt(np.mean(np.concatenate(frames[50:]) ** 2)) / (32_124 / 2**0.5))
    assert level == pytest.approx(-50, abs=1.5)


@pytest.mark.parametrize("hertz", [70, 100, 140, 190])
def test_pitch_is_found(hertz: int) -> None:
    time = np.arange(800) / 8_000
    wave = sum(np.cos(2 * np.pi * hertz * n * time) / n for n in range(1, 12)).astype(np.float32)  # type: ignore[union-attr]
    found = pitch(wave * 3_000)
    assert found >= SHORTEST
    assert min(abs(found - n * 8_000 / hertz) for n in (1, 2)) < 1.5


# ---- recordings -----------------------------------------------------------------------------------------------------


def recorded(path: Path, seconds: int, frames: Callable[[int], bytes]) -> tuple[bytes, Recorder]:
    recorder = Recorder("r", "leg", "a.wav", 0)
    waiting = path.arrivals(round(seconds * 50 * (1 + path.ppm / 1e6)))
    made, at = [], 0
    for second in range(1, seconds + 1):
        while at < len(waiting) and waiting[at][0] < second * SECOND:
            arrival, number = waiting[at]
            recorder.left.taps.append((arrival, TOKEN, number * FRAME & 0xFFFF_FFFF, Law.MU, frames(number)))
            at += 1
        made.append(recorder.flush(second * SECOND))
    made.append(recorder.stop(seconds * SECOND))
    return b"".join(made), recorder


@pytest.mark.parametrize("loss", [0.01, 0.05, 0.10])
def test_a_recording_under_loss_is_concealed_and_in_place(loss: float) -> None:
    path = Path(loss)
    raw, recorder = recorded(path, 30, FRAMES.__getitem__)
    left = decode(raw[::2], Law.MU)
    assert len(left) == 30 * 8_000
    assert recorder.left.concealed >= 0.8 * FRAME * len(path.lost)
    assert distance(SAID, left) < 0.75 * distance(SAID, silence_filled(path))


class Overtaken(Path):
    """One packet a second is overtaken by its neighbour, and comes after the turn of the second."""

    def arrivals(self, count: int) -> list[tuple[int, int]]:
        return sorted((number * 20_000 + 50_000 * (number % 50 == 48), number) for number in range(count))


def test_a_packet_that_comes_late_replaces_what_was_made_up() -> None:
    raw, recorder = recorded(Overtaken(), 30, FRAMES.__getitem__)
    assert raw[: 29 * 16_000 : 2] == b"".join(FRAMES)[: 29 * 8_000]
    assert recorder.left.concealed == 30 * FRAME


def test_what_was_only_overtaken_leaves_nothing_to_make_up() -> None:
    raw, recorder = recorded(Path(swap=0.2), 30, FRAMES.__getitem__)
    assert raw[: 29 * 16_000 : 2] == b"".join(FRAMES)[: 29 * 8_000]
    assert recorder.left.concealed == 0


@pytest.mark.parametrize(
    ("loss", "ppm"),
    [
        (0.05, -200),
        pytest.param(0.01, 200, marks=pytest.mark.e2e),  # ten seconds of processor each
        pytest.param(0.10, 200, marks=pytest.mark.e2e),
    ],
)
def test_a_virtual_hour_of_everything_is_as_long_as_the_hour(loss: float, ppm: int) -> None:
    """Loss, disorder, 100 ms of jitter and skew at once: the length within 20 ms, and the sound within the jitter.

    But for a packet here and there that a step of the clock puts beneath its neighbour.
    """
    path = Path(loss, jitter_ms=100, swap=0.1, ppm=ppm)
    raw, recorder = recorded(path, 3_600, lambda number: LOUD if number % 500 == 0 else QUIET)
    assert abs(len(raw) // 2 - 3_600 * 8_000) <= 160
    assert recorder.left.late <= 10
    loud = np.flatnonzero(np.frombuffer(raw[::2], np.uint8) == LOUD[0])
    came = [number for number in range(0, 3_599 * 50, 500) if number not in path.lost]
    places = np.array([number * FRAME / (1 + ppm / 1e6) for number in came])
    away = [np.abs(loud - place).min() for place in places]
    assert np.quantile(away, 0.99) <= 200 + 8 * 100


@pytest.mark.parametrize("ppm", [200, -200])
def test_a_virtual_hour_of_skew_is_as_long_as_the_hour(ppm: int) -> None:
    """Within 20 ms; and at its end the sound is where it was said, within the recorder's step."""
    raw, _ = recorded(Path(ppm=ppm), 3_600, lambda number: LOUD if number % 500 == 0 else QUIET)
    assert abs(len(raw) // 2 - 3_600 * 8_000) <= 160
    loud = np.flatnonzero(np.frombuffer(raw[-2 * 8_000 * 60 :: 2], np.uint8) == 0x80) + 3_540 * 8_000
    numbers = [number for number in range(0, 200_000, 500) if 3_541 < number / 50 / (1 + ppm / 1e6) < 3_599]
    places = [round(number * FRAME / (1 + ppm / 1e6)) for number in numbers]
    for place in places:
        assert np.abs(loud - place).min() <= 200
