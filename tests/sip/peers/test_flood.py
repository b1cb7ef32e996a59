"""A flood from one address, garbage and requests, while somebody talks: neither talk nor desk nor web feels it."""

from __future__ import annotations

import asyncio
import random
import socket
import threading
import time
from pathlib import Path

import httpx
import pytest

from tests.planes.house import House, house, needs
from tests.sip.wire import INVITE, OPTIONS, REGISTER

pytestmark = pytest.mark.peer

FLOODER = "127.0.0.9"
SECONDS = 4.0
PER_SECOND = 3_000
PATIENCE_S = 1.0  # of somebody at a screen, while all this runs on two cores beside the flood itself


def flood(port: int, over: threading.Event, sent: list[int]) -> None:
    """INVITEs, REGISTERs with wrong credentials, OPTIONS and noise, as fast as asked, each of its own transaction."""
    rng = random.Random(1)
    kinds = [INVITE, REGISTER, OPTIONS]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here:
        here.bind((FLOODER, 0))
        begin = time.monotonic()
        while not over.is_set():
            sent[0] += 1
            data = kinds[sent[0] % 3].replace(b"branch=z9hG4bK", b"branch=z9hG4bK%d" % sent[0])
            here.sendto(data if sent[0] % 4 else rng.randbytes(400), ("127.0.0.1", port))
            ahead = begin + sent[0] / PER_SECOND - time.monotonic()
            if ahead > 0.01:
                over.wait(ahead)


async def answers(centre: House, path: str) -> float:
    """Seconds until a signed-in person's page answers."""
    person = await centre.person("leader")
    begin = time.monotonic()
    await person.get(path)
    return time.monotonic() - begin


def test_a_flood_is_not_felt_by_those_who_talk_and_work(tmp_path: Path) -> None:
    needs("sipp", "baresip")

    async def scene() -> None:
        async with house(tmp_path) as centre:
            agent, _, caller = await centre.answered_call(tmp_path, stay_s=SECONDS + 4)
            over, sent = threading.Event(), [0]
            flooder = threading.Thread(target=flood, args=(centre.sip, over, sent))
            flooder.start()
            waits: list[float] = []
            try:
                begin = time.monotonic()
                while time.monotonic() < begin + SECONDS:
                    waits.append(await answers(centre, "/calls"))
                    at_desk = time.monotonic()
                    await agent.post("/desk/hold")  # a command to control, and back
                    await agent.post("/desk/retrieve")
                    waits.append(time.monotonic() - at_desk)
                assert (await agent.get("/desk"))["agent"]["state"] == "talking"
            finally:
                over.set()
                flooder.join()
            assert await caller.finished(20) == 0
            (record,) = await centre.records(1)
            assert record["outcome"] == "answered"
            async with httpx.AsyncClient() as client:
                figures = (await client.get(f"{centre.url}/metrics")).text
            waits.sort()
            print(f"{sent[0]} datagrams; slowest {waits[-1]:.2f} s, median {waits[len(waits) // 2]:.3f} s")
            assert sent[0] > SECONDS * PER_SECOND / 2 and waits[int(len(waits) * 0.9)] < PATIENCE_S
            dropped = [line for line in figures.splitlines() if "dropped" in line]
            assert dropped and float(dropped[0].split()[-1]) > sent[0] / 2

    asyncio.run(scene())
