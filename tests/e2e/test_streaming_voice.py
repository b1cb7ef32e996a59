"""A caller hears the first sentence of a prompt while a slow voice is at the second: real RTP, a real HTTP voice."""

from __future__ import annotations

import asyncio
import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from bench.peers.keypad import SILENCE, Keypad

from tests.planes.house import CENTRE, House, house
from tests.speech.test_voices import big_endian
from tests.speech.voices import reply, service, tone

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]

FIRST, SECOND = "Your order has left.", "It comes tomorrow."
LASTS_S = 1.0
FLOW = f"""<vxml version="2.1" xmlns="http://www.w3.org/2001/vxml" xml:lang="en">
  <form><block><prompt>{FIRST} {SECOND}</prompt></block></form>
</vxml>"""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Voice:
    """Says a second of a tone for each sentence; the second one only when it is let. made: when each was ready."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.made: dict[str, float] = {}
        self.let = threading.Event()

    def answer(self, request: dict[str, Any], handler: BaseHTTPRequestHandler) -> None:
        text = request["text"]
        if text in (FIRST, SECOND):  # beside what the centre has it say
            self.asked.append(text)
        if text == SECOND:
            assert self.let.wait(timeout=30)
        self.made[text] = time.monotonic()
        reply(handler, "audio/L16;rate=8000", big_endian(tone(513, 8_000, LASTS_S)))


def centre(url: str) -> str:
    indented = "\n".join(f"      {line}" for line in FLOW.splitlines())
    return CENTRE.replace(
        "flows:\n  - {name: main, queue: sales}\n",
        f"voices:\n  - {{name: slow, engine: http, language: en, url: '{url}', timeout_s: 30}}\n"
        f"documents:\n  - name: talk\n    text: |\n{indented}\n"
        "flows:\n  - {name: main, queue: sales, document: talk}\n",
    )


async def sound_since(caller: Keypad, after: float, within_s: float = 30.0) -> float:
    """When the first packet that is no silence came, after a time."""
    async with asyncio.timeout(within_s):
        while True:
            for at, byte in caller.heard:
                if at >= after and byte != SILENCE:
                    return at
            await asyncio.sleep(0.005)


async def called(built: House, number: str) -> tuple[Keypad, float]:
    caller = Keypad(("127.0.0.1", built.sip), "4008001000", number)
    began = time.monotonic()
    await caller.dial()
    built.stack.push_async_callback(caller.hang_up)
    return caller, began


async def test_the_first_sentence_is_heard_while_the_second_is_still_being_made(tmp_path: Path) -> None:
    voice = Voice()
    with service(voice.answer) as url:
        async with house(tmp_path, centre=centre(url)) as built:
            caller, began = await called(built, "13800001111")
            first = await sound_since(caller, began)
            assert voice.asked[0] == FIRST
            assert SECOND not in voice.made, "heard before the second sentence was there"
            await asyncio.sleep(LASTS_S)  # the first is over, nothing is there to follow it
            assert not caller.ended.is_set(), "the flow waits for its words"
            voice.let.set()
            second = await sound_since(caller, time.monotonic())
            async with asyncio.timeout(15):
                await caller.ended.wait()
            made = voice.made[SECOND]
            print(
                f"first heard {made - first:.2f} s before the second was made, {second - made:.2f} s from made to heard"
            )
            assert first < made < second

            again, began = await called(built, "13800002222")  # all of it is kept now
            await sound_since(again, began)
            async with asyncio.timeout(15):
                await again.ended.wait()
            assert voice.asked == [FIRST, SECOND]
            assert await built.stop() == 0
