"""When a message is over: silence from the beginning, or after words; frames that never came are silence too."""

from __future__ import annotations

import numpy as np
import pytest

from yingda.media.activity import FRAME_MS, Floats, Quiet

RANDOM = np.random.default_rng(7)
HUSH: Floats = np.zeros(160, np.float32)


def words_of(frames: int) -> list[Floats | None]:
    """Syllables: a soft beginning, then loud."""
    levels = [200 if number % 8 == 0 else 3_000 for number in range(frames)]
    return [RANDOM.normal(0, level, 160).astype(np.float32) for level in levels]


def tone_of(frames: int) -> list[Floats | None]:
    """A steady 440 Hz, as a whistle or a test has it."""
    line = 8_000 * np.sin(2 * np.pi * 440 / 8_000 * np.arange(frames * 160))
    return list(line.astype(np.float32).reshape(frames, 160))


def run(quiet: Quiet, frames: list[Floats | None]) -> int | None:
    """After how many ms it told; None: never."""
    for number, frame in enumerate(frames):
        if quiet.hear(frame):
            return (number + 1) * FRAME_MS
    return None


@pytest.mark.parametrize("nothing", [HUSH, None])
def test_silence_from_the_beginning(nothing: Floats | None) -> None:
    quiet = Quiet(1_000, 400)
    assert run(quiet, [nothing] * 100) == 1_000 and not quiet.spoken
    assert run(quiet, [nothing] * 100) is None, "it tells once"


@pytest.mark.parametrize("nothing", [HUSH, None])
def test_silence_after_words(nothing: Floats | None) -> None:
    quiet = Quiet(1_000, 400)
    lead: list[Floats | None] = [HUSH] * 20
    assert run(quiet, lead + words_of(40) + [nothing] * 60) == (20 + 40) * FRAME_MS + 400
    assert quiet.spoken


@pytest.mark.parametrize("nothing", [HUSH, None])
def test_a_steady_tone_is_a_message_too(nothing: Floats | None) -> None:
    quiet = Quiet(1_000, 400)
    assert run(quiet, tone_of(200) + [nothing] * 60) == 200 * FRAME_MS + 400
    assert quiet.spoken


def test_a_hum_that_stays_is_background() -> None:
    hum: list[Floats | None] = [RANDOM.normal(0, 400, 160).astype(np.float32) for _ in range(200)]
    quiet = Quiet(1_000, 400)
    assert run(quiet, hum) is not None and not quiet.spoken


def test_however_long_where_nothing_is_asked() -> None:
    assert run(Quiet(0, 0), [HUSH] * 1_000) is None
