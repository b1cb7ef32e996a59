"""A caller who speaks, with real RTP: his words reach a recogniser in a process of its own, the flow goes by them."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from bench.peers.keypad import FRAME, FRAME_S, LAW_TYPE, SILENCE, Keypad
from bench.sound import encode, write_wav

from tests.planes.house import CENTRE, House, house
from tests.speech.hearing import silence, tone_server, tones
from tests.speech.tone_server import MUMBLE_HZ, WORDS

pytestmark = [pytest.mark.anyio, pytest.mark.peer]

LEVELS = {"welcome": 2_000, "one": 4_000, "again": 8_000, "late": 12_000, "bye": 16_000}
SECONDS = {"welcome": 3.0, "one": 3.0, "again": 0.3, "late": 0.3, "bye": 0.3}
HZ = {word: hz for hz, word in WORDS.items()}

FLOW = """<vxml version="2.1" xmlns="http://www.w3.org/2001/vxml" xml:lang="en">
  <property name="completetimeout" value="300ms"/>
  <property name="incompletetimeout" value="600ms"/>
  <property name="timeout" value="700ms"/>
  <var name="said"/>
  <form id="start">
    <field name="sure">
      <grammar mode="voice" version="1.0" xmlns="http://www.w3.org/2001/06/grammar" xml:lang="en" root="main">
        <rule id="main"><one-of><item>yes<tag>out='sure'</tag></item><item>no</item></one-of></rule>
      </grammar>
      <prompt><audio src="welcome.wav"/></prompt>
      <nomatch><prompt><audio src="again.wav"/></prompt></nomatch>
      <noinput><prompt><audio src="late.wav"/></prompt></noinput>
      <filled>
        <assign name="application.said" expr="application.lastresult$.utterance"/>
        <log label="goal"><value expr="sure + ' ' + sure$.inputmode + ' ' + (sure$.confidence > 0.8)"/></log>
      </filled>
    </field>
    <field name="way">
      <prompt><audio src="one.wav"/></prompt>
      <option value="first">one</option>
      <option value="second" dtmf="2">two</option>
      <filled><prompt><audio src="bye.wav"/></prompt><exit/></filled>
    </field>
  </form>
</vxml>
"""


def centre(url: str) -> str:
    indented = "\n".join(f"      {line}" for line in FLOW.splitlines())
    return CENTRE.replace(
        "flows:\n  - {name: main, queue: sales}\n",
        f"recognisers:\n  - {{name: tones, engine: websocket, language: en, url: '{url}', rate: 8000}}\n"
        f"documents:\n  - name: talk\n    text: |\n{indented}\n"
        "flows:\n  - {name: main, queue: sales, document: talk}\n",
    )


@dataclass
class Talker(Keypad):
    """A caller who can speak."""

    words: deque[bytes] = field(default_factory=deque)

    async def _silence(self) -> None:
        loop = asyncio.get_running_loop()
        start = loop.time()
        for number in itertools.count(1):
            payload = self.words.popleft() if self.words else bytes([SILENCE]) * FRAME
            self._packet(LAW_TYPE, payload, self._timestamp, marker=False)
            self._timestamp += FRAME
            await asyncio.sleep(max(0.0, start + number * FRAME_S - loop.time()))

    def say(self, sound: bytes) -> float:
        """16-bit samples at 8 kHz. Returns when he begins."""
        samples = np.frombuffer(sound, "<i2").astype(np.int16)
        spoken = encode(samples, "PCMA")
        self.words.extend(spoken[start : start + FRAME] for start in range(0, len(spoken) - FRAME + 1, FRAME))
        return asyncio.get_running_loop().time()


def byte_of(name: str) -> int:
    return encode(np.full(1, LEVELS[name], dtype=np.int16), "PCMA")[0]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def talking(tmp_path: Path) -> AsyncIterator[House]:
    with tone_server() as (url, _):
        async with house(tmp_path, centre=centre(url), start=False) as built:
            (built.data / "prompts").mkdir(exist_ok=True)
            for name, level in LEVELS.items():
                write_wav(
                    built.data / "prompts" / f"{name}.wav", np.full(round(8_000 * SECONDS[name]), level, dtype=np.int16)
                )
            await built.start()
            yield built
            assert await built.stop() == 0


async def test_a_caller_speaks_into_a_prompt_and_the_flow_goes_by_what_he_said(talking: House) -> None:
    caller = Talker(("127.0.0.1", talking.sip), "4008001000", "13800001111")
    await caller.dial()
    talking.stack.push_async_callback(caller.hang_up)
    welcomed = await caller.hears(byte_of("welcome"), 0)
    mumbled = caller.say(silence(100) + tones(MUMBLE_HZ))
    again = await caller.hears(byte_of("again"), mumbled)  # into the prompt, and understood too badly
    assert again - welcomed < 2.9, "the welcome was heard to its end"
    await caller.hears(byte_of("late"), again)  # he keeps silent
    spoken = caller.say(tones(HZ["yes"]))
    asked = await caller.hears(byte_of("one"), spoken)
    spoken = caller.say(tones(HZ["two"]))
    heard = await caller.hears(byte_of("bye"), spoken)
    assert heard > asked
    async with asyncio.timeout(6):
        await caller.ended.wait()

    person = await talking.person("leader")
    async with asyncio.timeout(15):
        while True:
            call = await person.get(f"/calls/{(await person.get('/calls'))['items'][0]['interaction_id']}")
            goals = [one["data"]["goal"] for one in call["timeline"] if one["kind"] == "flow.goal_reached"]
            if goals and any(one["kind"] == "flow.left" for one in call["timeline"]):
                break
            await asyncio.sleep(0.1)  # until the books have it
    assert goals == ["sure voice true"]
