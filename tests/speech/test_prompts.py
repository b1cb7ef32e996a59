"""Prompts are made once and found afterwards; files are checked; the sound arithmetic is measured."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from yingda.ivr.running.sounds import Prompts
from yingda.ivr.speech import music
from yingda.ivr.speech.cache import PromptCache
from yingda.ivr.speech.shelf import STAYS_S, Shelf
from yingda.ivr.speech.sound import active_level, resample, to_speech_level
from yingda.ivr.speech.speakers import Speaker, Speakers
from yingda.ivr.speech.tts import ORDINARY_RATE, Language, from_wav, to_wav
from yingda.ivr.ssml.pieces import Manner, Pause, Phrases, Say
from yingda.kernel.config.centre import Prompt
from yingda.kernel.errors import YingdaError


class Tone:
    """An engine that answers at once and counts."""

    name = "tone 1"

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.dead = False

    def close(self) -> None:
        """Nothing to end."""

    def synthesise(self, text: str, language: Language, voice: str | None = None, rate: int = ORDINARY_RATE) -> bytes:
        if self.dead:
            raise YingdaError("speech_failed", "The speech engine stopped while it was speaking.")
        self.asked.append(text)
        return to_wav(np.full(800, len(text), np.int16))


def test_spoken_text_is_made_once(tmp_path: Path) -> None:
    engine = Tone()
    cache = PromptCache(tmp_path, engine)
    first = cache.prompt(Prompt(say="您好"))
    engine.dead = True
    assert PromptCache(tmp_path, engine).prompt(Prompt(say="您好")) == first
    assert engine.asked == ["您好"]
    assert from_wav(first.read_bytes()).size == 800


def test_whatever_changes_the_sound_changes_the_file(tmp_path: Path) -> None:
    engine = Tone()
    cache = PromptCache(tmp_path, engine)
    paths = {
        cache.spoken("a", "zh"),
        cache.spoken("b", "zh"),
        cache.spoken("a", "en"),
        cache.spoken("a", "zh", voice="yue"),
        cache.spoken("a", "zh", rate=200),
    }
    engine.name = "tone 2"
    paths.add(cache.spoken("a", "zh"))
    assert len(paths) == 6


def test_many_threads_leave_one_whole_file(tmp_path: Path) -> None:
    cache = PromptCache(tmp_path, Tone())
    together = threading.Barrier(8)
    found: list[Path] = []

    def ask() -> None:
        together.wait()
        found.append(cache.spoken("same", "en"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert [path.name for path in (tmp_path / "passing").iterdir()] == [found[0].name]


def test_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    engine = Tone()
    engine.dead = True
    with pytest.raises(YingdaError):
        PromptCache(tmp_path, engine).spoken("x", "en")
    assert not list(tmp_path.rglob("*.wav"))


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "prompts").write_text("a file, not a folder")
    with pytest.raises(YingdaError, match="The prompt cannot be written") as caught:
        PromptCache(tmp_path / "prompts", Tone(), memory=None).spoken("x", "en")
    assert caught.value.code == "prompt_not_kept"


def test_own_files_are_checked(tmp_path: Path) -> None:
    root = tmp_path / "prompts"
    root.mkdir()
    (root / "good.wav").write_bytes(to_wav(np.zeros(80, np.int16)))
    (root / "bad.wav").write_bytes(b"RIFF")
    (tmp_path / "outside.wav").write_bytes(to_wav(np.zeros(80, np.int16)))
    (root / "link.wav").symlink_to(tmp_path / "outside.wav")
    cache = PromptCache(root, Tone())
    assert cache.prompt(Prompt(file="good.wav")) == root / "good.wav"
    for name, code in [
        ("none.wav", "prompt_missing"),
        ("../outside.wav", "prompt_missing"),
        ("link.wav", "prompt_missing"),
        ("bad.wav", "prompt_format"),
    ]:
        with pytest.raises(YingdaError) as caught:
            cache.prompt(Prompt(file=name))
        assert caught.value.code == code


def test_other_wav_formats_are_refused() -> None:
    raw = bytearray(to_wav(np.zeros(80, np.int16)))
    raw[24:28] = (16_000).to_bytes(4, "little")
    with pytest.raises(YingdaError, match="8 kHz, mono, 16 bit"):
        from_wav(bytes(raw))


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 48_000])
@pytest.mark.parametrize("frequency", [200.0, 1_004.0, 3_000.0])
def test_tones_keep_frequency_level_and_time(rate: int, frequency: float) -> None:
    given = np.sin(2 * np.pi * frequency * np.arange(rate) / rate)
    wanted = np.sin(2 * np.pi * frequency * np.arange(8_000) / 8_000)
    heard = resample(given, rate)
    assert heard.size == 8_000
    middle = slice(200, -200)
    assert np.abs(heard[middle] - wanted[middle]).max() < 0.01


@pytest.mark.parametrize("frequency", [4_400.0, 7_000.0, 7_900.0, 10_000.0])
def test_what_a_telephone_cannot_carry_is_not_folded_back(frequency: float) -> None:
    heard = resample(np.sin(2 * np.pi * frequency * np.arange(22_050) / 22_050), 22_050)[200:-200]
    assert 20 * np.log10(np.sqrt(np.mean(heard**2))) < -75


def test_level_is_set_without_clipping() -> None:
    tone = 0.01 * np.sin(np.arange(8_000))
    assert 20 * np.log10(active_level(to_speech_level(tone) / 32_767)) == pytest.approx(-20, abs=0.1)
    spiky = tone.copy()
    spiky[4_000] = 1.0
    assert np.abs(to_speech_level(spiky)).max() <= 0.9 * 32_767 + 1
    assert not to_speech_level(np.zeros(100)).any()


def test_music_is_soft_seamless_and_kept(tmp_path: Path) -> None:
    loop = music.render()
    assert loop.size == music.LOOP_S * 8_000
    level = 20 * np.log10(np.sqrt(np.mean((loop / 32_768) ** 2)))
    assert level == pytest.approx(-24, abs=0.2)
    assert np.abs(loop).max() < 0.7 * 32_767
    steps = np.abs(np.diff(loop.astype(int)))
    assert abs(int(loop[0]) - int(loop[-1])) <= steps.max()  # the seam is no louder than the music
    second = np.sqrt(np.mean((loop.reshape(-1, 8_000) / 32_768) ** 2, axis=1))
    assert second.min() > 0.2 * second.max()  # never silent: a caller must not think the line is dead
    cache = PromptCache(tmp_path, Tone())
    assert np.array_equal(from_wav(cache.music().read_bytes()), loop)
    assert cache.music() == cache.music()


def test_a_disk_that_takes_nothing_does_not_silence_anybody(tmp_path: Path) -> None:
    (tmp_path / "prompts").write_text("a file, not a folder")
    (tmp_path / "memory").mkdir()
    cache = PromptCache(tmp_path / "prompts", Tone(), memory=tmp_path / "memory")
    path = cache.spoken("x", "en")
    assert path.is_relative_to(tmp_path / "memory") and from_wav(path.read_bytes()).size == 800
    assert cache.spoken("x", "en") == path, "found again"
    assert (cache.counters.in_memory, cache.counters.hits, cache.counters.made) == (1, 1, 1)


def test_the_shelf_is_bounded_and_the_oldest_go_first(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, 10_000, None)
    long_ago = time.time() - 2 * STAYS_S
    for number in range(9):
        path = shelf.put(f"{number}.wav", bytes(1_000))
        os.utime(path, (long_ago + number, long_ago + number))
    assert shelf.find("0.wav"), "used now, so the last to go"
    shelf.put("9.wav", bytes(1_500))
    left = {path.name for path in tmp_path.iterdir()}
    assert {"0.wav", "9.wav"} <= left and "1.wav" not in left
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 8_000
    assert shelf.counters.evicted == 10 - len(left)


def test_what_was_used_lately_stays_whatever_the_bound(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, 2_000, None)
    for number in range(5):
        shelf.put(f"{number}.wav", bytes(1_000))
    assert len(list(tmp_path.iterdir())) == 5, "somebody may be about to hear it"


def test_the_next_voice_speaks_for_one_that_cannot(tmp_path: Path) -> None:
    broken, sound = Tone(), Tone()
    broken.name, broken.dead = "broken 1", True
    speakers = Speakers([Speaker("warm", ("en",), broken), Speaker("", ("zh", "en"), sound)])
    cache = PromptCache(tmp_path, speakers)
    assert cache.spoken("hello", "en").exists() and sound.asked == ["hello"]
    broken.dead = False
    cache.spoken("bye", "en")
    assert broken.asked == ["bye"], "it is asked again when it is well"
    sound.dead = broken.dead = True
    with pytest.raises(YingdaError, match="stopped while it was speaking"):
        cache.spoken("again", "en")


def test_a_flow_chooses_a_voice_by_its_name(tmp_path: Path) -> None:
    first, second = Tone(), Tone()
    speakers = Speakers(
        [Speaker("warm", ("en",), first, "7"), Speaker("clear", ("en",), second, rate=200), Speaker("", ("zh",), first)]
    )
    assert [(one.name, own) for one, own in speakers.of("en", "clear")] == [("clear", None), ("warm", "7")]
    assert [one.name for one, _ in speakers.of("zh", "clear")] == [""]
    assert [own for _, own in speakers.of("zh", "yue")] == ["yue"], "espeak's own names reach it"
    assert speakers.of("en", "clear")[0][0].pace(80) == 100


def test_nothing_more_is_made_for_a_caller_who_has_gone_on(tmp_path: Path) -> None:
    engine = Tone()
    prompts = Prompts(tmp_path, PromptCache(tmp_path, engine, memory=None))
    pieces = [Say(text, Manner("en")) for text in ("one", "two", "three")]
    assert prompts.items(pieces, lambda: not engine.asked) == []
    assert engine.asked == ["one"]
    assert len(prompts.items(pieces)) == 3


def test_a_prompt_that_nobody_can_speak_is_no_resource(tmp_path: Path) -> None:
    engine = Tone()
    engine.dead = True
    prompts = Prompts(tmp_path, PromptCache(tmp_path, engine, memory=None))
    with pytest.raises(YingdaError) as caught:
        prompts.items([Say("hello", Manner("en"))])
    assert caught.value.code == "speech_failed"
    assert prompts.items([Say("hello", Manner("en")), Pause(500)]) == ["silence:500"], "the rest is heard"


def test_a_folder_in_memory_that_others_can_look_into_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "prompts").write_text("a file, not a folder")
    memory = tmp_path / "memory"
    memory.mkdir()
    cache = PromptCache(tmp_path / "prompts", Tone(), memory=memory)
    (path,) = {cache.spoken("x", "en").parent}
    assert path.stat().st_mode & 0o077 == 0
    path.chmod(0o777)
    with pytest.raises(YingdaError, match="cannot be written"):
        cache.spoken("y", "en")


def test_what_holds_a_value_of_a_call_is_kept_in_memory_alone_and_forgotten(tmp_path: Path) -> None:
    memory = tmp_path / "memory"
    memory.mkdir()
    cache = PromptCache(tmp_path / "prompts", Tone(), memory=memory)
    prompts = Prompts(tmp_path / "prompts", cache)
    manner = Manner("en")
    (plain,) = prompts.items([Say("hello", manner)])
    private = prompts.items([Say("your card 6222", manner, True), Phrases(("six", "two"), manner, True)])
    assert plain.startswith(f"file:{tmp_path / 'prompts'}")
    assert len(private) == 2 and all(item.startswith(f"file:{memory}") for item in private)
    assert [path.parent.name for path in tmp_path.rglob("*.wav")].count("private") == 2
    assert cache.keep_utterance(to_wav(np.zeros(800, np.int16))).is_relative_to(memory)
    cache.forget_private()
    assert [path.parent.name for path in tmp_path.rglob("*.wav")] == ["passing"]
