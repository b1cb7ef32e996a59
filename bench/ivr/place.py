"""The centre of the bench: one flow of two menus, a look-up, and a script that runs wild."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import numpy as np

from bench.sip.centre import HOST, TRUNK_HOST, Centre, Place
from bench.sound import encode, write_wav

CALLED = "4008005555"
LEVELS = {"a": 3_000, "b": 6_000, "c": 12_000}
PROMPT_S = 0.4

FLOW = """<vxml version="2.1" xmlns="http://www.w3.org/2001/vxml" xml:lang="en">
  <property name="timeout" value="60s"/>
  <menu id="a" dtmf="false"><prompt><audio src="a.wav"/></prompt>
    <choice dtmf="1" next="#b"/><choice dtmf="2" next="#lookup"/><choice dtmf="3" next="#wild"/></menu>
  <menu id="b" dtmf="false"><prompt><audio src="b.wav"/></prompt>
    <choice dtmf="1" next="#a"/><choice dtmf="2" next="#lookup"/></menu>
  <form id="lookup">
    <block>
      <data name="order" src="http://{host}:{port}/order" fetchtimeout="5s"/>
      <prompt><audio src="c.wav"/></prompt>
      <goto next="#pause"/>
    </block>
  </form>
  <menu id="pause" dtmf="false"><prompt></prompt><choice dtmf="1" next="#a"/></menu>
  <form id="wild">
    <field name="nothing"><property name="timeout" value="50ms"/><grammar mode="dtmf" version="1.0" root="r">
      <rule id="r"><item>7</item></rule></grammar>
      <noinput><goto next="#wild2"/></noinput></field>
  </form>
  <form id="wild2">
    <block><script>while (true) {{}}</script></block>
    <catch event="error"><goto next="#wild"/></catch>
  </form>
</vxml>
"""


def byte_of(name: str) -> int:
    """The A-law byte by which a prompt's packets are known."""
    return encode(np.full(1, LEVELS[name], dtype=np.int16), "PCMA")[0]


def document(port: int) -> dict[str, Any]:
    return {
        "centre": {"name": "bench-ivr", "language": "en", "flows": {"allowed": [f"http://{HOST}:{port}/"]}},
        "trunks": [{"name": "callers", "hosts": [TRUNK_HOST], "max_calls": 10_000}],
        "documents": [{"name": "bench", "text": FLOW.format(host=HOST, port=port)}],
        "queues": [{"name": "calls"}],
        "flows": [{"name": "bench", "queue": "calls", "document": "bench"}],
        "numbers": [{"number": CALLED, "flow": "bench"}],
    }


@contextlib.asynccontextmanager
async def running(place: Place) -> AsyncIterator[Centre]:
    """The centre and the server that its look-ups ask."""
    lookups = await asyncio.start_server(_answer, HOST, 0)
    port = lookups.sockets[0].getsockname()[1]
    prompts = place.data / "prompts"
    prompts.mkdir(parents=True)
    for name, level in LEVELS.items():
        write_wav(prompts / f"{name}.wav", np.full(round(8_000 * PROMPT_S), level, dtype=np.int16))
    async with lookups, Centre.running(place, document(port)) as centre:
        yield centre


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """An order, as a business system would tell it."""
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        await reader.readuntil(b"\r\n\r\n")
        body = b"<order><number>8802</number><state>sent</state></order>"
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
    writer.close()
