"""GET /api/v1/feed (WebSocket): a snapshot or what was missed, then patches; a sign of life every second.

The server speaks, the browser listens: what a browser sends is read and dropped. Why a feed ended stands in the close
code and, in words, in its reason: `Farewell`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

import msgspec
from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from yingda.server.deps import House, InHouse, SignedIn
from yingda.server.feed.browser import Browser, Farewell

ALIVE_S = 1.0
OTHERS_S = 0.25
"""How often a browser hears of what is not its own: counters and other people, four times a second."""
SLOW_S = 10.0
"""A browser that takes no message for so long is let go; it may come back and resume."""

router = APIRouter(tags=["feed"])


@router.websocket("/feed")
async def feed(websocket: WebSocket, house: InHouse, viewer: SignedIn, since: str = "") -> None:
    """Follow the live documents. since: EPOCH:SEQ of the last message received, after a gap."""
    await websocket.accept()
    browser, resumed = house.hub.join(viewer, read_since(since))
    meters = house.meters
    meters.feed_openings.labels("resumed" if resumed else "snapshot").inc()
    meters.browsers.inc()
    try:
        await _serve(websocket, house, browser, since if resumed else None)
    finally:
        house.hub.leave(browser)
        meters.browsers.dec()


def read_since(text: str) -> tuple[str, int] | None:
    """(epoch, seq), or None for anything that is not one: the browser then gets a snapshot."""
    epoch, _, seq = text.rpartition(":")
    return (epoch, int(seq)) if seq.isascii() and seq.isdigit() and len(seq) < 19 else None


async def _serve(websocket: WebSocket, house: House, browser: Browser, resumed_after: str | None) -> None:
    reader = asyncio.create_task(_until_it_leaves(websocket))
    writer = asyncio.create_task(_write(websocket, house, browser, resumed_after))
    try:
        done, _ = await asyncio.wait((reader, writer), return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:  # also when the server cancels us
        for task in (reader, writer):
            task.cancel()
        await asyncio.gather(reader, writer, return_exceptions=True)


async def _until_it_leaves(websocket: WebSocket) -> None:
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


async def _write(websocket: WebSocket, house: House, browser: Browser, resumed_after: str | None) -> None:
    try:
        if resumed_after is not None:
            after = read_since(resumed_after)
            assert after is not None
            await _send(websocket, {"type": "resumed", "seq": after[1], "now": house.deps.clock.now()})
        farewell = await _tell(websocket, house, browser)
    except TimeoutError:
        house.meters.feed_slow.inc()
        farewell = Farewell.TOO_SLOW
    except WebSocketDisconnect:
        return  # it left while we spoke
    with contextlib.suppress(WebSocketDisconnect, TimeoutError):
        async with asyncio.timeout(SLOW_S):
            await websocket.close(farewell.value[0], farewell.value[1])


async def _tell(websocket: WebSocket, house: House, browser: Browser) -> Farewell:
    """Say what there is to say until the browser must go, and why it must."""
    loop, clock, documents = asyncio.get_running_loop(), house.deps.clock, house.hub.documents
    next_alive = loop.time()
    while browser.farewell is None:
        message = browser.take(documents, clock.now())
        if message is None:
            if (rest := next_alive - loop.time()) > 0:
                await browser.something_to_say(min(rest, OTHERS_S))
                continue
            message = {"type": "alive", "seq": documents.seq, "now": clock.now()}
        await _send(websocket, message)
        next_alive = loop.time() + ALIVE_S
    return browser.farewell


async def _send(websocket: WebSocket, message: Mapping[str, Any]) -> None:
    async with asyncio.timeout(SLOW_S):
        await websocket.send_text(msgspec.json.encode(message).decode())
