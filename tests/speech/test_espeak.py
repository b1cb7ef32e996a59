"""The real engine speaks both languages at telephone level; when it dies, one request is refused and the next works."""

from __future__ import annotations

import array
import fcntl
import os
import signal
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from yingda.ivr.speech.espeak import Espeak
from yingda.ivr.speech.sound import active_level
from yingda.ivr.speech.tts import SAMPLE_RATE, Samples, from_wav
from yingda.kernel.errors import YingdaError

GREETING = "您好，欢迎致电示例呼叫中心，请稍候。"


@pytest.fixture(scope="module")
def espeak() -> Iterator[Espeak]:
    engine = Espeak()
    yield engine
    engine.close()


def band_share(samples: Samples, low: float, high: float) -> float:
    """Share of the energy between two frequencies (Hz)."""
    power = np.abs(np.fft.rfft(samples.astype(float))) ** 2
    frequency = np.fft.rfftfreq(samples.size, 1 / SAMPLE_RATE)
    return float(power[(frequency >= low) & (frequency < high)].sum() / power.sum())


@pytest.mark.parametrize(("language", "text"), [("zh", GREETING), ("en", "Hello, and thank you for calling.")])
def test_it_sounds_like_speech(espeak: Espeak, language: str, text: str) -> None:
    samples = from_wav(espeak.synthesise(text, "zh" if language == "zh" else "en"))
    seconds = samples.size / SAMPLE_RATE
    assert 1.5 < seconds < 8
    assert -23 < 20 * np.log10(active_level(samples / 32_768)) < -19.5
    assert np.abs(samples).max() <= 0.9 * 32_767 + 1
    assert band_share(samples, 80, 1_000) > 0.4  # vowels
    assert band_share(samples, 3_900, 4_000) < 1e-4  # nothing folded back at the edge of the band
    frames = np.sqrt(np.mean((samples[: samples.size // 160 * 160].reshape(-1, 160) / 32_768) ** 2, axis=1))
    assert np.percentile(frames, 90) > 5 * np.percentile(frames, 10)  # syllables and pauses, no steady tone


def test_text_voice_and_rate_matter(espeak: Espeak) -> None:
    slow = from_wav(espeak.synthesise(GREETING, "zh", rate=100))
    fast = from_wav(espeak.synthesise(GREETING, "zh", rate=300))
    assert slow.size > 1.5 * fast.size
    spelled = from_wav(espeak.synthesise(GREETING, "zh", voice="en-us"))  # "Chinese letter, Chinese letter, ..."
    assert spelled.size > 1.5 * from_wav(espeak.synthesise(GREETING, "zh")).size


@pytest.mark.parametrize(
    ("text", "voice", "rate", "code"),
    [
        ("  ", None, 160, "speech_text"),
        ("x" * 5_001, None, 160, "speech_text"),
        ("hello", None, 10, "speech_text"),
        ("hello", "no-such-voice", 160, "speech_voice"),
    ],
)
def test_bad_requests_are_refused_and_the_engine_stays(
    espeak: Espeak, text: str, voice: str | None, rate: int, code: str
) -> None:
    espeak.synthesise("warm", "en")
    before = espeak.process.pid
    with pytest.raises(YingdaError) as caught:
        espeak.synthesise(text, "en", voice, rate)
    assert caught.value.code == code
    assert espeak.synthesise("still here", "en")
    assert espeak.process.pid == before


def kill_with_request_in_hand(engine: Espeak) -> None:
    """Kill the stopped engine as soon as a request lies in its pipe."""
    process = engine.process.running
    assert process is not None and process.stdin is not None
    waiting = array.array("i", [0])
    deadline = time.monotonic() + 10
    while not waiting[0] and time.monotonic() < deadline:
        fcntl.ioctl(process.stdin, termios.FIONREAD, waiting)
    process.kill()


def test_a_killed_engine_is_one_clear_error_and_starts_again() -> None:
    engine = Espeak()
    try:
        engine.synthesise("hello", "en")
        first = engine.process.pid
        assert first is not None
        os.kill(first, signal.SIGSTOP)
        killer = threading.Thread(target=kill_with_request_in_hand, args=(engine,))
        killer.start()
        with pytest.raises(YingdaError, match="stopped while it was speaking") as caught:
            engine.synthesise("hello", "en")
        killer.join()
        assert caught.value.code == "speech_failed"
        assert engine.synthesise("hello", "en")
        assert engine.process.pid != first
    finally:
        engine.close()


def test_an_engine_that_died_between_requests_is_started_again() -> None:
    engine = Espeak()
    try:
        engine.synthesise("hello", "en")
        first = engine.process.pid
        assert first is not None and engine.process.running is not None
        os.kill(first, signal.SIGKILL)
        engine.process.running.wait(timeout=5)
        assert engine.synthesise("hello", "en")
        assert engine.process.pid != first
    finally:
        engine.close()


@pytest.mark.parametrize(
    ("program", "sentence"),
    [
        ("import time; time.sleep(60)", "did not answer in 0.3 s"),
        ("print('nonsense', flush=True); input()", "stopped while it was speaking"),
        ('print(\'{"rate": 8000, "bytes": 99}\', flush=True)', "stopped while it was speaking"),
    ],
)
def test_a_broken_engine_never_hangs_or_leaks(program: str, sentence: str) -> None:
    engine = Espeak(patience=0.3 if "sleep" in program else 30, program=(sys.executable, "-c", program))
    with pytest.raises(YingdaError, match=sentence):
        engine.synthesise("hello", "en")
    assert engine.process.pid is None


def test_the_process_ends_with_its_input_and_answers_nonsense() -> None:
    command = [sys.executable, "-m", "yingda.ivr.speech.espeak_process"]
    done = subprocess.run(command, input=b"nonsense\n[]\n", capture_output=True, timeout=30, check=True)
    assert done.stdout.count(b'"error": "speech_failed"') == 2


def test_yingda_itself_never_loads_the_library(espeak: Espeak) -> None:
    espeak.synthesise("hello", "en")
    assert "espeak" not in Path("/proc/self/maps").read_text(encoding="utf-8")
