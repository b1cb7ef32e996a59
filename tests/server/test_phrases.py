"""Phrases over the API: recorded at any rate, refused in words, replaced with versions kept, missed and in use."""

from __future__ import annotations

import io
import wave
from http.server import BaseHTTPRequestHandler
from typing import Any

import httpx
import numpy as np
import pytest

from tests.server.centre import NOON, Place
from tests.speech.voices import reply, service
from yingda.ivr.running.sounds import Prompts
from yingda.ivr.speech.cache import PromptCache
from yingda.ivr.speech.espeak import Espeak
from yingda.ivr.speech.recorded import voice_around
from yingda.ivr.speech.tts import from_wav
from yingda.ivr.ssml.pieces import Sound
from yingda.kernel.config import versions
from yingda.kernel.store import writing

pytestmark = pytest.mark.anyio
PHRASES = "/api/v1/phrases"
VXML = """<vxml version="2.1" xmlns="http://www.w3.org/2001/vxml" xml:lang="zh-CN">
<form><block><audio src="phrase:welcome"/><exit/></block></form></vxml>"""


def wav(seconds: float, rate: int = 44_100, channels: int = 2, level: float = 0.3, hertz: float = 440) -> bytes:
    """A tone that swells and fades, as a WAV file."""
    time = np.arange(int(seconds * rate)) / rate
    tone = np.clip(level * np.sin(2 * np.pi * hertz * time), -1, 1) * 32_767
    body = io.BytesIO()
    with wave.open(body, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.repeat(tone.astype("<i2"), channels).tobytes())
    return body.getvalue()


async def record(browser: httpx.AsyncClient, raw: bytes, place: str = "zh/welcome") -> httpx.Response:
    return await browser.put(f"{PHRASES}/{place}", content=raw, headers={"Content-Type": "audio/wav"})


async def test_a_phrase_is_recorded_heard_replaced_and_played(place: Place) -> None:
    async with place.signed_in("root") as browser:
        first = (await record(browser, wav(1.0))).json()
        second = (await record(browser, wav(2.0, 16_000, 1))).json()
        now = await browser.get(f"{PHRASES}/zh/welcome")
        before = await browser.get(f"{PHRASES}/zh/welcome", params={"number": 1})
        listed = (await browser.get(PHRASES)).json()
        missing = await browser.get(f"{PHRASES}/en/welcome")
    assert (first["versions"], second["versions"]) == ([1], [1, 2])
    assert [round(from_wav(one.content).size / 8_000) for one in (now, before)] == [2, 1]
    assert now.headers["content-type"] == "audio/wav"
    assert [(one["name"], one["language"], one["used_by"]) for one in listed["items"]] == [("welcome", "zh", [])]
    assert missing.status_code == 404
    prompts = place.options.prompts
    player = Prompts(prompts, PromptCache(prompts, Espeak()), place.options.recordings)
    for language in ("zh-CN", "en"):  # what one language lacks is taken from the other
        assert player.items([Sound("phrase:welcome", (), None, language)]) == [
            f"file:{(prompts / 'recorded/zh/welcome.wav').resolve()}"
        ]
    instead = (Sound("phrase:welcome"),)
    assert len(player.items([Sound("phrase:../secret", instead), Sound("phrase:nobody")])) == 1


async def test_what_is_no_phrase_is_refused_in_words(place: Place) -> None:
    async with place.signed_in("root") as browser:
        for raw, code in (
            (b"", "phrase_format"),
            (b"RIFF" + bytes(100), "phrase_format"),
            (wav(0.05), "phrase_length"),
            (wav(61, 8_000, 1), "phrase_length"),
            (wav(1, level=0), "phrase_silent"),
            (wav(1, level=9), "phrase_clipped"),
        ):
            answer = await record(browser, raw)
            assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert (await record(browser, bytes(1_100_000))).status_code == 413
        for name in ("zh/..", "zh/a.b", "zh/<b>", "fr/welcome", f"zh/{'x' * 65}"):
            assert (await record(browser, wav(1), name)).status_code in (404, 405, 422), name
        assert (await browser.get(PHRASES)).json()["items"] == []


async def test_phrases_that_flows_miss_and_those_in_use(place: Place) -> None:
    async with place.signed_in("root") as browser:
        await browser.post("/api/v1/flows", json={"name": "hello.vxml", "text": VXML})
        body = {"name": "hello.vxml", "text": VXML}
        without = (await browser.post("/api/v1/flows/check", json=body)).json()["items"]
        missed = (await browser.get(PHRASES)).json()["missing"]
        for language in ("zh", "en"):
            await record(browser, wav(1), f"{language}/welcome")
        with_it = (await browser.post("/api/v1/flows/check", json=body)).json()["items"]
        answers = [await browser.delete(f"{PHRASES}/{language}/welcome") for language in ("en", "zh", "en")]
    assert [(one["code"], one["line"], one["severity"]) for one in without] == [("flow_phrase_unknown", 2, "warning")]
    assert missed == [{"name": "welcome", "used_by": ["hello.vxml"]}]
    assert with_it == []
    assert [answer.status_code for answer in answers] == [204, 409, 404]
    assert "hello.vxml" in answers[1].json()["sentence"]


async def test_leaders_hear_and_only_administrators_record(place: Place) -> None:
    async with place.signed_in("root") as browser:
        await record(browser, wav(1))
    async with place.signed_in("wang") as leader, place.signed_in("lilei") as agent:
        for path in (PHRASES, f"{PHRASES}/zh/welcome"):
            assert (await leader.get(path)).status_code == 200
            assert (await agent.get(path)).status_code == 403
        for browser in (leader, agent):
            assert (await record(browser, wav(1))).status_code == 403
            assert (await browser.delete(f"{PHRASES}/zh/welcome")).status_code == 403
        assert (await agent.get(f"{PHRASES}/speech", params={"text": "x"})).status_code == 403


async def test_a_text_is_spoken_beforehand(place: Place) -> None:
    async with place.signed_in("root") as browser:
        spoken = await browser.get(f"{PHRASES}/speech", params={"text": "hello", "language": "en"})
        nothing = await browser.get(f"{PHRASES}/speech", params={"text": " "})
        long = await browser.get(f"{PHRASES}/speech", params={"text": "x" * 501})
    assert from_wav(spoken.content).size > 1_000
    assert (nothing.json()["code"], long.status_code) == ("speech_text", 422)


async def test_every_recording_has_a_history_and_one_is_put_back(place: Place) -> None:
    async with place.signed_in("root") as browser:
        await record(browser, wav(1.0))
        await browser.put(f"{PHRASES}/zh/welcome?how=uploaded", content=wav(2.0), headers={"Content-Type": "audio/wav"})
        spoken = {"text": "欢迎致电", "voice": ""}
        third = await browser.post(f"{PHRASES}/zh/welcome/spoken", json=spoken)
        back = await browser.post(f"{PHRASES}/zh/welcome/return", json={"number": 1})
        now = await browser.get(f"{PHRASES}/zh/welcome")
        history = (await browser.get(f"{PHRASES}/zh/welcome/versions")).json()
        missing = await browser.post(f"{PHRASES}/zh/welcome/return", json={"number": 9})
        voices = (await browser.get(f"{PHRASES}/voices")).json()
    assert (third.status_code, back.json()["versions"], missing.status_code) == (200, [1, 2, 3, 4], 404)
    assert round(from_wav(now.content).size / 8_000) == 1
    assert [(one["number"], one["how"], one["text"], one["of"]) for one in history] == [
        (4, "returned", "", 1),
        (3, "spoken", "欢迎致电", 0),
        (2, "uploaded", "", 0),
        (1, "recorded", "", 0),
    ]
    assert {one["by_name"] for one in history} == {"Root"} and all(one["at"] for one in history)
    assert voices == [{"name": "", "languages": ["zh", "en"]}]
    async with place.signed_in("wang") as leader:
        assert (await leader.get(f"{PHRASES}/zh/welcome/versions")).status_code == 200
        assert (await leader.post(f"{PHRASES}/zh/welcome/return", json={"number": 1})).status_code == 403
        assert (await leader.post(f"{PHRASES}/zh/welcome/spoken", json=spoken)).status_code == 403


async def test_a_phrase_is_spoken_with_the_voice_of_the_flow_that_names_it(place: Place) -> None:
    said: list[tuple[str, str]] = []

    def answer(request: dict[str, Any], handler: BaseHTTPRequestHandler) -> None:
        said.append((request["voice"], request["text"]))
        reply(handler, "audio/basic", bytes(range(256)) * 40)

    text = """<vxml version="2.1" xmlns="http://www.w3.org/2001/vxml" xml:lang="zh-CN"><form><block>
      <prompt><voice name="soft"><audio src="phrase:welcome"/></voice><audio src="phrase:bye"/></prompt>
    </block></form></vxml>"""
    with service(answer) as url:
        http = {"language": "zh", "engine": "http", "url": url}
        voices = [{"id": name, "name": name, "speaker": name, **http} for name in ("plain", "soft")]
        documents = [*place.centre.model_dump()["documents"], {"id": "hello", "name": "hello", "text": text}]
        parts = {"voices": voices, "documents": documents}
        centre = type(place.centre).model_validate(place.centre.model_dump() | parts)
        with writing(place.store.business) as connection:
            versions.publish(connection, centre, 1, "system", NOON)
        async with place.signed_in("root") as browser:
            heard = await browser.get(f"{PHRASES}/speech", params={"text": "一", "phrase": "welcome"})
            await browser.get(f"{PHRASES}/speech", params={"text": "二"})
            await browser.get(f"{PHRASES}/speech", params={"text": "三", "phrase": "welcome", "voice": "plain"})
            kept = await browser.post(f"{PHRASES}/zh/welcome/spoken", json={"text": "四", "voice": ""})
            (version,) = (await browser.get(f"{PHRASES}/zh/welcome/versions")).json()
    assert (heard.status_code, kept.status_code, version["voice"]) == (200, 200, "soft")
    assert said == [("soft", "一"), ("plain", "二"), ("plain", "三"), ("soft", "四")]


@pytest.mark.parametrize(
    ("text", "voice"),
    [
        ("<voice name='a'><voice gender='male'><audio src='phrase:x'/></voice></voice>", "a"),
        ("<voice name='a'>…</voice><voice name='b'><audio src='phrase:x'/></voice>", "b"),
        ("<voice name='a'>…</voice><audio src='phrase:x'/>", "a"),
        ("<!-- <voice name='a'> --><voice name='c'/><audio src='phrase:x'/>", ""),
    ],
)
def test_whose_voice_a_phrase_has(text: str, voice: str) -> None:
    assert voice_around(text, "x") == voice
