"""Understanding callers: where speech begins and ends, what a recogniser makes of it, and what goes wrong with one."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.speech.hearing import HZ, Listening, grammar, listen, said, silence, tone_server, tones
from tests.speech.tone_server import BREAK_HZ, MUMBLE_HZ, MUMBLED
from tests.speech.tone_server import Heard as Toned
from tests.speech.voices import recogniser_service, reply
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import InvalidStatus

from yingda.ivr.speech.hearing.ears import Ears
from yingda.ivr.speech.hearing.endpoint import FRAME_MS, LOWEST_DB, Endpointer, level
from yingda.ivr.speech.hearing.http import HttpRecogniser
from yingda.ivr.speech.hearing.jsgf import jsgf, vocabulary
from yingda.ivr.speech.hearing.recogniser import Recogniser, readings
from yingda.ivr.speech.hearing.websocket import WebSocketRecogniser
from yingda.ivr.speech.tts import from_wav
from yingda.ivr.voicexml.inputs import Hypothesis
from yingda.server.certificates import ensure_certificate

YES_NO = grammar("yes | no [one]")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with tone_server() as (url, _):
        yield url


def tones_at(url: str, rate: int = 8_000, patience: float = 5.0) -> WebSocketRecogniser:
    return WebSocketRecogniser("tones", url, "key", rate, patience)


# ---- where speech begins and ends ----------------------------------------------------------------------------------


def frames(sound: bytes) -> list[float]:
    return [level(sound[start : start + 320]) for start in range(0, len(sound) - 319, 320)]


def test_levels_are_dbfs() -> None:
    loud = np.rint(32_767 * np.sin(2 * np.pi * np.arange(160) / 16)).astype("<i2").tobytes()
    assert level(loud) == pytest.approx(-3.01, abs=0.05)
    assert level(bytes(320)) == LOWEST_DB


def test_speech_begins_within_a_tenth_of_a_second_and_its_silence_is_counted() -> None:
    ends = Endpointer()
    for one in frames(silence(2_000)):
        ends.take(one)
        assert not ends.speaking
    count = 0
    for one in frames(said("yes")):
        ends.take(one)
        count += 1
        if ends.speaking:
            break
    assert count * FRAME_MS <= 120
    for one in frames(silence(500, seed=2)):
        ends.take(one)
    assert ends.silence_ms == 500


def test_a_click_is_no_speech_and_a_noisy_line_is_learnt() -> None:
    ends = Endpointer()
    for one in [*frames(silence(400)), -10.0, -10.0, *frames(silence(400))]:
        ends.take(one)
    assert not ends.speaking
    for _ in range(1_500):  # half a minute of traffic at −38 dBFS
        ends.take(-38.0)
    ends.reset()
    for _ in range(100):
        ends.take(-37.0)
    assert not ends.speaking
    for _ in range(6):
        ends.take(-18.0)
    assert ends.speaking


def test_sensitivity_decides_about_quiet_speech() -> None:
    found = {}
    for sensitivity in (0.0, 1.0):
        ends = Endpointer(sensitivity)
        for one in [*[-56.0] * 50, *[-46.0] * 10]:
            ends.take(one)
        found[sensitivity] = ends.speaking
    assert found == {0.0: False, 1.0: True}


# ---- an ear with a recogniser behind a WebSocket -----------------------------------------------------------------


@pytest.mark.anyio
@pytest.mark.parametrize("rate", [8_000, 16_000])
async def test_a_word_is_heard_with_its_beginning_and_its_confidence(server: str, rate: int) -> None:
    caller = Listening(tones_at(server), rate=rate)
    assert caller.ear.listen(listen(YES_NO))
    await caller.hears(silence(300, rate) + said("no", "one", rate=rate) + silence(1_500, rate))
    heard = await caller.heard()
    assert caller.kinds == ["SpeechStarted", "Heard"]
    (one,) = heard.hypotheses
    assert one.text == "no one" and one.confidence == pytest.approx(0.9)
    caller.ear.close()


@pytest.mark.anyio
@pytest.mark.parametrize("wanted", [True, False])
async def test_a_flow_that_wants_what_was_said_itself_gets_it(server: str, wanted: bool) -> None:
    """VoiceXML 2.1, 7: from a moment before speech was noticed to the silence that ended it."""
    caller, asked = Listening(tones_at(server)), listen(YES_NO)
    if wanted:
        asked = replace(asked, properties=(*asked.properties, ("recordutterance", "true")))
    caller.ear.listen(asked)
    await caller.hears(silence(600) + said("yes") + silence(1_500))
    heard = await caller.heard()
    caller.ear.close()
    if not wanted:
        assert (heard.recording, caller.kept) == ("", [])
        return
    (wav,) = caller.kept
    assert (heard.recording, heard.recording_size) == ("utterance:1", len(wav))
    samples = from_wav(wav)
    assert samples.size == heard.recording_ms * 8 and 300 < heard.recording_ms < 2_000
    assert np.abs(samples).max() > 5_000


@pytest.mark.anyio
async def test_what_is_complete_ends_sooner(server: str) -> None:
    """By the partial result: a whole match needs 300 ms of silence here, the beginning of one 900 ms."""
    took = {}
    for expected, rule in (("complete", "yes"), ("incomplete", "yes please")):
        caller = Listening(tones_at(server))
        caller.ear.listen(listen(grammar(rule)))
        await caller.hears(silence(300) + said("yes"))
        await caller.understood_something()
        before = caller.frames
        await caller.hears(silence(1_200))
        await caller.heard()
        assert caller.read_at is not None
        took[expected] = (caller.read_at - before) * FRAME_MS
        caller.ear.close()
    assert took["complete"] in range(280, 340) and took["incomplete"] in range(880, 940)


@pytest.mark.anyio
async def test_one_who_never_stops_is_cut_off(server: str) -> None:
    caller = Listening(tones_at(server))
    caller.ear.listen(listen(YES_NO, maximum_ms=600))
    await caller.hears(silence(200) + tones(HZ["yes"], ms=1_000))
    assert (await caller.heard()).too_long
    caller.ear.close()


@pytest.mark.anyio
async def test_several_readings_become_shares(server: str) -> None:
    caller = Listening(tones_at(server))
    caller.ear.listen(listen(YES_NO, nbest=2))
    await caller.hears(silence(200) + said("yes") + silence(1_200))
    one, two = (await caller.heard()).hypotheses
    assert (one.text, two.text) == ("yes", "no")
    assert one.confidence + two.confidence == pytest.approx(1) and one.confidence == pytest.approx(0.881, abs=0.001)
    caller.ear.close()


@pytest.mark.anyio
async def test_an_ear_listens_again_until_it_is_told_to_stop(server: str) -> None:
    caller = Listening(tones_at(server))
    caller.ear.listen(listen(YES_NO, hotword=True))
    await caller.hears(silence(200) + tones(MUMBLE_HZ) + silence(1_200))
    assert (await caller.heard()).hypotheses[0].confidence == pytest.approx(MUMBLED)
    await caller.hears(said("yes") + silence(1_200))
    assert (await caller.heard(2)).hypotheses[0].text == "yes"
    caller.ear.stop(1)
    await caller.hears(said("no") + silence(600))
    assert len(caller.told) == 4
    caller.ear.close()


@pytest.mark.anyio
async def test_when_a_recogniser_breaks_the_next_one_gets_all_that_was_said(server: str) -> None:
    gone = WebSocketRecogniser("gone", "ws://127.0.0.1:1/", "", 8_000, 2.0)
    caller = Listening(gone, tones_at(server))
    caller.ear.listen(listen(YES_NO))
    await caller.hears(silence(200) + said("yes") + silence(1_200))
    assert (await caller.heard()).hypotheses[0].text == "yes"
    caller.ear.close()


@pytest.mark.anyio
async def test_when_none_works_nothing_was_understood(server: str) -> None:
    caller = Listening(tones_at(server))
    caller.ear.listen(listen(YES_NO))
    await caller.hears(silence(200) + tones(BREAK_HZ) + silence(1_200))
    assert (await caller.heard()).hypotheses == ()
    caller.ear.close()
    caller = Listening()
    assert not caller.ear.listen(listen(YES_NO)), "nobody understands this language"


@pytest.mark.anyio
async def test_what_was_said_is_not_logged(server: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="yingda")
    caller = Listening(WebSocketRecogniser("gone", "ws://127.0.0.1:1/", "", 8_000, 2.0), tones_at(server))
    caller.ear.listen(listen(YES_NO))
    await caller.hears(silence(200) + said("help", "two") + silence(1_200))
    assert (await caller.heard()).hypotheses[0].text == "help two"
    caller.ear.close()
    assert "the recogniser gone failed: The recogniser cannot be reached." in caplog.text
    assert "help" not in caplog.text and "two" not in caplog.text


@pytest.mark.anyio
async def test_the_protocol_names_rate_language_and_words() -> None:
    with tone_server() as (url, process):
        caller = Listening(tones_at(url, 16_000), rate=16_000)
        caller.ear.listen(listen(YES_NO, language="en-GB"))
        await caller.hears(silence(200, 16_000) + said("yes", rate=16_000) + silence(1_200, 16_000))
        await caller.heard()
        caller.ear.close()
        assert process.stdout is not None
        asked = json.loads(await asyncio.to_thread(process.stdout.readline))
    assert asked["text"] == "yes"
    assert asked["config"] == {
        "sample_rate": 16_000, "language": "en-GB", "words": True, "phrase_list": ["no", "one", "yes"],
    }  # fmt: skip


@pytest.mark.anyio
@pytest.mark.parametrize("trusted", [True, False])
async def test_a_server_elsewhere_is_reached_by_tls_if_its_certificate_is_known(
    trusted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = ensure_certificate(tmp_path, ["localhost"], time.time_ns() // 1_000)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(own.certificate, own.key)
    keys: list[str | None] = []

    async def understand(connection: ServerConnection) -> None:
        assert connection.request is not None
        keys.append(connection.request.headers.get("Authorization"))
        async for message in connection:
            if message == '{"eof": 1}':
                await connection.send('{"text": "yes", "confidence": 0.9}')
                return

    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(own.certificate))
    async with serve(understand, "localhost", 0, ssl=context) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        caller = Listening(tones_at(f"wss://localhost:{port}/"))
        caller.ear.listen(listen(YES_NO))
        await caller.hears(silence(200) + said("yes") + silence(1_200))
        heard = (await caller.heard()).hypotheses
        caller.ear.close()
    assert heard == ((Hypothesis("yes", 0.9),) if trusted else ())
    assert keys == (["Bearer key"] if trusted else []), "nothing is said to who cannot prove who he is"


# ---- over HTTP ------------------------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_a_whole_utterance_goes_to_a_service() -> None:
    def answer(sound: bytes, handler: BaseHTTPRequestHandler) -> None:
        heard = Toned(8_000)
        heard.take(sound[44:])
        assert handler.path == "/hear?language=en&nbest=1" and handler.headers["Authorization"] == "Bearer key"
        reply(handler, "application/json", json.dumps({"text": heard.text, "confidence": 0.8}).encode())

    with recogniser_service(answer) as url:
        caller = Listening(HttpRecogniser("service", url, "key", 8_000, 5.0))
        caller.ear.listen(listen(YES_NO))
        await caller.hears(silence(200) + said("one", "two") + silence(1_200))
        assert (await caller.heard()).hypotheses == (Hypothesis("one two", 0.8),)
        caller.ear.close()


@pytest.mark.anyio
async def test_a_service_that_fails_is_followed_by_nothing_understood() -> None:
    def answer(sound: bytes, handler: BaseHTTPRequestHandler) -> None:
        reply(handler, "application/json", b"[1]")

    with recogniser_service(answer) as url:
        caller = Listening(HttpRecogniser("service", url, "", 8_000, 5.0))
        caller.ear.listen(listen(YES_NO))
        await caller.hears(silence(200) + said("one") + silence(1_200))
        assert (await caller.heard()).hypotheses == ()
        caller.ear.close()


# ---- where taps connect ---------------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_an_ear_is_behind_its_token_and_gone_with_its_caller(server: str) -> None:
    told: list[Any] = []
    both = asyncio.Event()

    def tell(event: Any) -> None:
        told.append(event)
        if len(told) == 2:
            both.set()

    ears = Ears()
    await ears.start()
    recogniser: Recogniser = tones_at(server)
    assert ears.open(tell) is None, "nobody understands anything yet"
    await ears.use({"en": [recogniser]})
    opened = ears.open(tell)
    assert opened is not None and opened.rate == 8_000
    with pytest.raises(InvalidStatus, match="401"):
        await connect(opened.url, additional_headers={"Authorization": "Bearer wrong"})
    assert opened.ear.listen(listen(YES_NO))
    async with connect(opened.url, additional_headers={"Authorization": f"Bearer {opened.token}"}) as leg:
        await leg.send('{"type":"start"}')
        sound = silence(200) + said("yes") + silence(1_200)
        for start in range(0, len(sound) - 319, 320):
            await leg.send(sound[start : start + 320])
        async with asyncio.timeout(10):
            await both.wait()
    assert told[1].hypotheses[0].text == "yes"
    assert 'yingda_utterances_total{result="read"} 1' in ears.metrics().splitlines()
    ears.shut(opened)
    with pytest.raises(InvalidStatus, match="401"):
        await connect(opened.url, additional_headers={"Authorization": f"Bearer {opened.token}"})
    await ears.close()


# ---- readings and grammars as engines know them ----------------------------------------------------------------------


def test_readings_of_every_kind_of_answer() -> None:
    assert readings({"text": " yes "}, 1) == (Hypothesis("yes", 1.0),)
    assert readings({"text": "a b", "result": [{"conf": 0.5, "word": "a"}, {"conf": 1.0, "word": "b"}]}, 1) == (
        Hypothesis("a b", 0.75),
    )
    assert readings({"text": ""}, 1) == ()
    found = readings({"alternatives": [{"text": "a", "confidence": 0.2}, {"text": "b", "confidence": 0.7}]}, 5)
    assert [one.text for one in found] == ["b", "a"]
    for wrong in ("yes", None, [1]):
        with pytest.raises(ValueError, match="no readings"):
            readings(wrong, 1)


def test_a_grammar_becomes_jsgf_without_what_cannot_be_said() -> None:
    one = grammar("(yes | 0 | no [thanks]) please<0-2>")
    text = jsgf([one], lambda word: word != "0")
    assert text is not None
    assert "public <utterance> = <r0>;" in text
    assert "<r0> = ((yes | (no ( [thanks])))" in text.replace("  ", " ") and " 0 " not in text
    assert jsgf([grammar("0")], lambda word: False) is None
    assert vocabulary([one]) == ["0", "no", "please", "thanks", "yes"]
    assert vocabulary([grammar("$GARBAGE yes")]) == []
