"""What parties on hold hear: music, and between it the words that ask them to stay, as the configuration has it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from tests.calls.driver import CENTRE
from yingda.ivr.speech.cache import PromptCache
from yingda.ivr.speech.tts import ORDINARY_RATE, Language, to_wav
from yingda.kernel.config.centre import Centre
from yingda.kernel.errors import YingdaError
from yingda.planes.sounds import STAY, PreparedSounds, prepare


class Voice:
    """Says everything in a hundred samples; remembers what. mute: it cannot."""

    name = "voice 1"

    def __init__(self, *, mute: bool = False) -> None:
        self.said: list[str] = []
        self.mute = mute

    def close(self) -> None:
        """Nothing to end."""

    def synthesise(self, text: str, language: Language, voice: str | None = None, rate: int = ORDINARY_RATE) -> bytes:
        if self.mute:
            raise YingdaError("speech_failed", "No voice.")
        self.said.append(text)
        return to_wav(np.full(100, len(text), np.int16))


def sounds(folder: Path, centre: Mapping[str, object], queue: Mapping[str, object], voice: Voice) -> PreparedSounds:
    document = CENTRE.model_dump()
    document["centre"] |= centre
    document["queues"][0] |= queue
    return prepare(Centre.model_validate(document), PromptCache(folder, voice))


def test_music_of_half_a_minute_then_the_words(tmp_path: Path) -> None:
    voice = Voice()
    found = sounds(tmp_path, {}, {}, voice)
    music, words = found.held("q1")
    assert music == f"part:30000:{found.music('q1')[0].removeprefix('file:')}"
    assert words.startswith("file:") and STAY["zh"] in voice.said
    assert found.held("") == found.held("q1")  # a call of no queue


def test_a_queue_has_its_own_and_may_have_none(tmp_path: Path) -> None:
    voice = Voice()
    own = {"holding": {"every_s": 12, "announce": {"say": "Still there", "language": "en"}}}
    found = sounds(tmp_path, {"holding": {"every_s": 0}}, own, voice)
    assert found.held("q1")[0].startswith("part:12000:") and "Still there" in voice.said
    assert found.held("gone") == found.music("gone")


@pytest.mark.parametrize("mute", [True, False])
def test_a_beep_where_it_is_wanted_or_nothing_can_be_said(tmp_path: Path, mute: bool) -> None:
    found = sounds(tmp_path, {"holding": {"beep": not mute}}, {}, Voice(mute=mute))
    assert found.held("q1")[1:] == ["tone:beep"]
