"""Recorded phrase sets: the words are those that values are read with, and a set says all of them alone."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ivr.test_say_as import LINES
from tests.speech.voices import tone, wav

from yingda.cli import main
from yingda.ivr.running.sounds import Prompts
from yingda.ivr.speech import phrase_sets
from yingda.ivr.speech.cache import PromptCache
from yingda.ivr.speech.espeak import Espeak
from yingda.ivr.speech.phrase_words import GAP, words_of
from yingda.ivr.speech.tts import ORDINARY_RATE, SAMPLE_RATE, Language, from_wav, to_wav
from yingda.ivr.ssml.pieces import Manner, Phrases
from yingda.ivr.ssml.say_as import read_as
from yingda.kernel.errors import YingdaError

TAGS: dict[Language, str] = {"zh": "zh-CN", "en": "en-US"}


class Mute:
    """An engine that must not be asked."""

    name = "mute"

    def close(self) -> None:
        """Nothing to end."""

    def synthesise(self, text: str, language: Language, voice: str | None = None, rate: int = ORDINARY_RATE) -> bytes:
        raise YingdaError("speech_text", f"{text} is not in the set.")


def humming(text: str) -> bytes:
    """A word as a tone."""
    return to_wav(np.frombuffer(tone(300, SAMPLE_RATE, 0.3), "<i2").astype(np.int16))


@pytest.fixture(scope="module")
def prompts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prompts")
    for language in TAGS:
        assert phrase_sets.make(folder, language, humming) == len(words_of(language))
    return folder


def test_every_listed_value_is_played_from_the_set(prompts: Path) -> None:
    player = Prompts(prompts, PromptCache(prompts, Mute(), memory=None))
    assert len(LINES) >= 208
    for line in LINES:
        kind, _, form = line[0].partition(" ")
        for language, tag in TAGS.items():
            words = read_as(kind, form, "", line[1], tag)
            assert words is not None
            if language == "en" and not "".join(words).isascii():
                continue  # a Chinese character that is spelled has no English word
            items = player.items([Phrases(words, Manner(tag))])
            assert len(items) == len(words), f"{line}: of {words} only {items}"
            shelf = f"file:{prompts.resolve()}/phrases/{language}/"
            assert all(item.startswith((shelf, "silence:")) for item in items)


@given(
    st.integers(-(10**15) + 1, 10**15 - 1),
    st.decimals(min_value=-(10**9), max_value=10**9, places=2),
    st.dates(),
    st.times(),
    st.sampled_from(["CNY", "USD", "GBP", "JPY"]),
)
def test_no_value_needs_a_word_that_is_not_listed(
    number: int, amount: object, day: object, time: object, currency: str
) -> None:
    values = [
        ("cardinal", "", str(number)), ("ordinal", "", str(abs(number) + 1)), ("currency", currency, str(amount)),
        ("date", "", str(day)), ("time", "hms12", str(time)[:8]), ("percent", "", f"{amount}%"),
        ("fraction", "", f"{abs(number) % 1_000}/{abs(number) % 997 + 1}"), ("telephone", "", str(abs(number))),
    ]  # fmt: skip
    for kind, form, value in values:
        for language, tag in TAGS.items():
            words = read_as(kind, form, "", value, tag)
            assert words is None or set(words) - {GAP} <= set(words_of(language)), (kind, value)


def test_the_list_is_for_whoever_records_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["phrases", "list", "--language", "en"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["word"] for row in rows] == list(words_of("en"))
    assert {row["word"]: row["say"] for row in rows}["a"] == "A", "the letter, not the article"


def test_an_engine_makes_a_set_without_a_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = ["--language", "zh-CN", "--data", str(tmp_path)]
    assert main(["phrases", "check", *place]) == 1
    assert f"{len(words_of('zh'))} faults." in capsys.readouterr().out
    assert main(["phrases", "make", *place]) == 0
    assert main(["phrases", "check", *place]) == 0, capsys.readouterr().out
    one = tmp_path / "prompts" / "phrases" / "zh" / "一.wav"
    made = one.stat().st_mtime_ns
    assert main(["phrases", "make", *place]) == 0
    assert one.stat().st_mtime_ns == made, "what is there stays"
    with pytest.raises(SystemExit):
        main(["phrases", "make", "--language", "fr"])


def test_a_speakers_recordings_are_brought_to_one_level(tmp_path: Path) -> None:
    studio = tmp_path / "studio"
    studio.mkdir()
    quiet = (
        bytes(2 * 44_100) + (np.frombuffer(tone(300, 44_100), "<i2") // 30).astype("<i2").tobytes() + bytes(2 * 44_100)
    )
    (studio / "one.wav").write_bytes(wav(quiet, 44_100))
    (studio / "holiday.wav").write_bytes(wav(quiet, 44_100))
    assert main(["phrases", "take", "--language", "en", "--data", str(tmp_path), str(studio)]) == 0
    kept = from_wav((tmp_path / "prompts" / "phrases" / "en" / "one.wav").read_bytes())
    assert 0.5 < kept.size / SAMPLE_RATE < 0.65, "half a second, and little of the silence"
    faults = phrase_sets.check(tmp_path / "prompts", "en")
    assert not [fault for fault in faults if fault.word == "one"]
    (studio / "one.wav").write_bytes(b"nothing")
    with pytest.raises(YingdaError, match="cannot be read"):
        phrase_sets.take(tmp_path / "prompts", "en", studio)
    with pytest.raises(YingdaError, match="named as a word"):
        phrase_sets.take(tmp_path / "prompts", "en", tmp_path)


@pytest.mark.parametrize(
    ("sound", "code"),
    [
        (np.zeros(4_000, np.int16), "silent"),
        (np.clip(np.frombuffer(tone(200, 8_000), "<i2").astype(int) * 9, -32_767, 32_767).astype(np.int16), "clipped"),
        ((np.frombuffer(tone(200, 8_000), "<i2") // 20).astype(np.int16), "level"),
        (np.frombuffer(tone(200, 8_000, 3.5), "<i2").astype(np.int16) // 3, "long"),
        (np.concatenate([np.zeros(3_000, np.int16), np.frombuffer(tone(200, 8_000), "<i2") // 3]), "slow"),
    ],
)
def test_each_fault_has_its_word(tmp_path: Path, sound: np.ndarray, code: str) -> None:
    path = phrase_sets.folder_of(tmp_path, "en") / "one.wav"
    path.parent.mkdir(parents=True)
    path.write_bytes(to_wav(sound.astype(np.int16)))
    assert code in [fault.code for fault in phrase_sets.check(tmp_path, "en") if fault.word == "one"]
    path.write_bytes(b"nothing")
    assert [fault.code for fault in phrase_sets.check(tmp_path, "en") if fault.word == "one"] == ["format"]


def test_an_engine_is_not_asked_for_what_is_there(tmp_path: Path) -> None:
    engine = Espeak()
    try:
        first = engine.synthesise("一", "zh")
    finally:
        engine.close()
    path = phrase_sets.folder_of(tmp_path, "zh") / "一.wav"
    path.parent.mkdir(parents=True)
    path.write_bytes(first)
    asked: list[str] = []

    def speak(text: str) -> bytes:
        asked.append(text)
        return humming(text)

    assert phrase_sets.make(tmp_path, "zh", speak) == len(words_of("zh")) - 1 and "一" not in asked
    assert path.read_bytes() == first
    phrase_sets.make(tmp_path, "zh", speak, again=True)
    assert path.read_bytes() != first
