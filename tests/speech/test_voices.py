"""Voices beside espeak-ng: each by its engine's real contract, with what goes wrong."""

from __future__ import annotations

import sys
import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import lameenc
import numpy as np
import pytest
from tests.speech import tiny_model
from tests.speech.voices import piper_program, reply, service, tone, wav

from yingda.ivr.speech import availability
from yingda.ivr.speech.engine_process import PAUSES_S, BackOff
from yingda.ivr.speech.http_voice import HttpVoice
from yingda.ivr.speech.piper import Piper
from yingda.ivr.speech.sherpa import Sherpa
from yingda.ivr.speech.tts import SAMPLE_RATE, from_wav
from yingda.kernel.config.speech import Recogniser, Voice
from yingda.kernel.errors import YingdaError
from yingda.media.g711 import Law, encode


def loudest_hz(file: bytes) -> float:
    samples = from_wav(file).astype(float)
    return float(np.abs(np.fft.rfft(samples)).argmax() * SAMPLE_RATE / samples.size)


def mp3(raw: bytes, rate: int) -> bytes:
    encoder = lameenc.Encoder()
    encoder.set_in_sample_rate(rate)
    encoder.set_channels(1)
    encoder.set_bit_rate(64)
    encoder.silence()
    return bytes(encoder.encode(raw)) + bytes(encoder.flush())


def big_endian(raw: bytes) -> bytes:
    return np.frombuffer(raw, "<i2").astype(">i2").tobytes()


def mu_law(raw: bytes) -> bytes:
    return encode(np.frombuffer(raw, "<i2").astype(np.int16), Law.MU)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("audio/wav", wav(tone(500, 22_050), 22_050)),
        ("audio/wav", wav(np.repeat(np.frombuffer(tone(500, 48_000), "<i2"), 2).tobytes(), 48_000, channels=2)),
        ("audio/mpeg", mp3(tone(500, 24_000), 24_000)),
        ("audio/L16;rate=16000", big_endian(tone(500, 16_000))),
        ("audio/basic", mu_law(tone(500, 8_000))),
        ("application/octet-stream", wav(tone(500, 8_000), 8_000)),
    ],
)
def test_a_service_may_answer_in_any_of_these_formats(kind: str, body: bytes) -> None:
    asked: list[tuple[dict[str, Any], str | None]] = []

    def answer(request: dict[str, Any], handler: BaseHTTPRequestHandler) -> None:
        asked.append((request, handler.headers["Authorization"]))
        reply(handler, kind, body)

    with service(answer) as url:
        spoken = HttpVoice(url, "secret").synthesise("余额", "zh", "xiaoyan", 200)
    assert asked == [({"text": "余额", "language": "zh", "voice": "xiaoyan", "rate": 200}, "Bearer secret")]
    assert 495 < loudest_hz(spoken) < 505
    assert 0.4 < from_wav(spoken).size / SAMPLE_RATE < 0.65


@pytest.mark.parametrize(
    ("kind", "rate"), [("audio/L16;rate=22050", 22_050), ("audio/L16;rate=8000", 8_000), ("audio/wav", 16_000)]
)
def test_speech_that_comes_in_pieces_is_the_same_as_in_one(kind: str, rate: int) -> None:
    raw = tone(500, rate, 3)
    body = wav(raw, rate) if kind == "audio/wav" else big_endian(raw)
    heard = threading.Event()

    def answer(request: dict[str, Any], handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", kind)
        handler.end_headers()
        for begin in range(0, len(body), 4_097):  # in the middle of samples, and of the header
            if begin > len(body) // 2:
                heard.wait(10)
            handler.wfile.write(body[begin : begin + 4_097])
            handler.wfile.flush()

    with service(answer) as url:
        voice = HttpVoice(url)
        stream = voice.stream("one two three", "en")
        portions = [next(stream)]
        heard.set()
        portions += stream
        whole = from_wav(voice.synthesise("one two three", "en"))
    assert portions[0].size < whole.size, "heard before the rest had come"
    streamed = np.concatenate(portions)
    assert streamed.size == whole.size
    assert np.abs(streamed.astype(int) - whole.astype(int)).max() < 600, "no seam, and the same level"


def test_a_stream_of_speech_that_breaks_says_so_after_what_came() -> None:
    def answer(request: dict[str, Any], handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "audio/L16;rate=8000")
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        handler.wfile.write(big_endian(tone(500, 8_000)))

    with service(answer) as url:
        stream = HttpVoice(url, "", 2).stream("hello", "en")
        assert next(stream).size >= 3_200
        with pytest.raises(YingdaError, match="The speech service"):
            list(stream)


def test_what_goes_wrong_with_a_service_is_one_sentence_and_no_second_try() -> None:
    count = 0

    def answer(request: dict[str, Any], handler: BaseHTTPRequestHandler) -> None:
        nonlocal count
        count += 1
        match request["text"]:
            case "busy":
                reply(handler, "text/plain", b"", 503)
            case "page":
                reply(handler, "text/html", b"<html>")
            case "noise":
                reply(handler, "audio/wav", b"no such thing")
            case "elsewhere":
                handler.send_response(302)
                handler.send_header("Location", "http://127.0.0.1:1/")
                handler.end_headers()
            case "slow":
                time.sleep(0.6)

    with service(answer) as url:
        for text, words in [
            ("busy", "answered 503"), ("page", "nothing that can be played"), ("noise", "nothing that can be played"),
            ("elsewhere", "answered 302"), ("slow", "did not answer in 0.3 s"),
        ]:  # fmt: skip
            with pytest.raises(YingdaError, match=words) as caught:
                HttpVoice(url, "", 0.3).synthesise(text, "en")
            assert caught.value.code == "speech_failed"
    assert count == 5
    with pytest.raises(YingdaError, match="cannot be reached"):
        HttpVoice(url).synthesise("gone", "en")


def test_an_engine_that_fails_again_and_again_is_asked_later_and_later() -> None:
    back_off = BackOff()
    back_off.failed(100.0)
    back_off.check("x", 100.0)  # the first time it is tried again at once
    for expected in PAUSES_S[1:]:
        back_off.failed(100.0)
        with pytest.raises(YingdaError, match="rests for a moment") as caught:
            back_off.check("x", 100.0 + expected - 0.01)
        assert caught.value.code == "speech_resting"
        back_off.check("x", 100.0 + expected)
    back_off.worked()
    back_off.failed(200.0)
    back_off.check("x", 200.0)


@pytest.fixture
def voice_model(tmp_path: Path) -> Path:
    model = tmp_path / "voice.onnx"
    model.write_bytes(tone(440, 16_000))
    model.with_name("voice.onnx.json").write_text('{"audio": {"sample_rate": 16000}}')
    return model


def test_piper_is_run_by_its_command_line_with_the_next_one_waiting(tmp_path: Path, voice_model: Path) -> None:
    piper = Piper(str(piper_program(tmp_path, sys.executable)), voice_model)
    try:
        one = piper.synthesise("hello", "en")
        assert 435 < loudest_hz(one) < 445, "at the model's own rate"
        two = piper.synthesise("hello\nworld", "en")
        assert from_wav(two).size == 2 * from_wav(one).size, "all of a text, whatever its lines"
        waiting = piper._ready
        assert waiting is not None and waiting.poll() is None
        piper.synthesise("slowly", "en", "3", 80)
        assert "loaded 2.000 3" in (tmp_path / "log").read_text().splitlines()
    finally:
        piper.close()
    assert waiting.poll() is not None, "no process is left"


def test_a_piper_that_breaks_or_hangs_costs_one_prompt(tmp_path: Path, voice_model: Path) -> None:
    piper = Piper(str(piper_program(tmp_path, sys.executable)), voice_model, patience=2)
    try:
        with pytest.raises(YingdaError, match="piper broke"):
            piper.synthesise("break", "en")
        assert piper.synthesise("hello", "en")
        piper._patience = 0.3
        with pytest.raises(YingdaError, match=r"piper did not answer in 0.3 s"):
            piper.synthesise("hang", "en")
        assert piper._ready is None
    finally:
        piper.close()
    with pytest.raises(YingdaError, match="piper broke"):
        Piper("no-such-piper", voice_model).synthesise("hello", "en")


def test_another_model_under_the_same_name_is_another_voice(tmp_path: Path, voice_model: Path) -> None:
    before = Piper("piper", voice_model).name
    voice_model.write_bytes(b"other")
    assert Piper("piper", voice_model).name != before


def test_sherpa_says_what_is_missing_of_a_model(tmp_path: Path) -> None:
    sherpa = Sherpa(tmp_path)
    try:
        with pytest.raises(YingdaError, match=r"tokens\.txt and a file \.onnx are wanted") as caught:
            sherpa.synthesise("hello", "en")
        assert caught.value.code == "speech_model"
    finally:
        sherpa.close()


def test_the_real_library_speaks_with_a_model_in_a_process_of_its_own(tmp_path: Path) -> None:
    tiny_model.write(tmp_path)
    sherpa = Sherpa(tmp_path, patience=60)
    try:
        spoken = sherpa.synthesise("hello world", "en", "0", 200)
        assert 435 < loudest_hz(spoken) < 445
        assert from_wav(spoken).size / SAMPLE_RATE == pytest.approx(tiny_model.SECONDS, abs=0.01)
        first = sherpa.process.pid
        sherpa.synthesise("hello", "en")
        assert sherpa.process.pid == first, "loaded once"
    finally:
        sherpa.close()


def test_a_model_that_is_none_costs_sherpas_process_alone(tmp_path: Path) -> None:
    """The real library loads the file, finds no model in it, and ends its process."""
    (tmp_path / "model.onnx").write_bytes(b"no model")
    (tmp_path / "tokens.txt").write_text("a 0\n")
    (tmp_path / "lexicon.txt").write_text("a a\n")
    sherpa = Sherpa(tmp_path, patience=60)
    try:
        with pytest.raises(YingdaError) as caught:
            sherpa.synthesise("hello", "en")
        assert caught.value.code in ("speech_failed", "speech_model")
    finally:
        sherpa.close()


def test_what_an_engine_lacks_is_named_before_the_centre_is_saved(tmp_path: Path) -> None:
    voices = [
        Voice(name="warm", engine="piper", model="zh/warm.onnx", program="no-such-piper"),
        Voice(name="plain", engine="espeak", language="en"),
        Voice(name="clear", engine="sherpa", model="kokoro"),
    ]
    recognisers = [Recogniser(name="ears", engine="vosk", model=str(tmp_path / "vosk"))]
    with pytest.raises(YingdaError) as caught:
        availability.check(voices, recognisers, tmp_path)
    text = str(caught.value)
    assert caught.value.code == "speech_missing"
    assert "voice warm: there is no program no-such-piper; install it: pipx install piper-tts" in text
    assert f"voice clear: there is no model {tmp_path / 'kokoro'}" in text
    assert f"recogniser ears: there is no model {tmp_path / 'vosk'}" in text
    assert "plain" not in text
    (tmp_path / "kokoro").mkdir()
    availability.check([voices[1], voices[2]], [], tmp_path)
