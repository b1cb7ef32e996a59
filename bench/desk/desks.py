"""The desks: signed in over HTTP, following the feed over WebSockets; what each saw of its agent, and when.

`python -m bench.desk.desks URL AGENTS LEADERS AWAY AWAY_S` signs in, says "ready", follows until its input ends, and
prints one JSON object. AWAY desks leave in the middle for AWAY_S and resume.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import time
from dataclasses import dataclass, field
from typing import Any

import httpx
import msgspec
import websockets

TOGETHER = 4
"""Sign-ins at once: each costs the server a password check."""
PASSWORD = "BENCH_USER_PASSWORD"
LOOK_S = 0.005


@dataclass
class Desk:
    """One person's screen. seen: (state, since µs) of his own agent, as shown; late: ms from `since` to receipt."""

    username: str
    agent_id: str | None
    cookie: str
    seen: list[tuple[str, int]] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    doubled: int = 0
    messages: int = 0
    snapshots: int = 0
    resumed: int = 0
    docs: dict[str, dict[str, Any]] = field(default_factory=dict)
    place: tuple[str, int] = ("", 0)

    def take(self, text: str, now: float) -> None:
        message = msgspec.json.decode(text)
        self.messages += 1
        kind = message["type"]
        if kind == "snapshot":
            self.snapshots += 1
            self.docs = message["docs"]
            self.place = (message["epoch"], message["seq"])
            self._own(self.docs.get("agents", {}).get(self.agent_id or ""), now, measured=False)
        elif kind == "patch":
            self.place = (self.place[0], message["seq"])
            for collection, ident, doc in message["set"]:
                self.docs.setdefault(collection, {})[ident] = doc
                if collection == "agents" and ident == self.agent_id:
                    self._own(doc, now, measured=True)
            for collection, ident in message["del"]:
                self.docs[collection].pop(ident, None)
        elif kind == "resumed":
            self.resumed += 1

    def _own(self, doc: dict[str, Any] | None, now: float, *, measured: bool) -> None:
        """A state is new by its beginning; the same one may be shown again when another field has changed."""
        if doc is None or doc.get("since") is None:
            return
        state = (doc["state"], doc["since"])
        if self.seen and self.seen[-1] == state:
            return
        self.doubled += state in self.seen
        self.seen.append(state)
        if measured:
            self.late.append(now * 1_000 - doc["since"] / 1_000)


async def watch_oneself(late: list[float]) -> None:
    """How late (ms) this process itself is: what it adds to the events, which are not the centre's."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + LOOK_S
        await asyncio.sleep(LOOK_S)
        late.append((loop.time() - due) * 1_000)


async def sign_in(url: str, username: str, gate: asyncio.Semaphore) -> Desk:
    async with gate, httpx.AsyncClient(base_url=url, timeout=60) as client:
        body = {"username": username, "password": os.environ[PASSWORD]}
        answer = await client.post("/api/v1/session", json=body)
        answer.raise_for_status()
        agent = answer.json()["agent"]
        return Desk(username, agent["id"] if agent else None, client.cookies["yingda_session"])


async def follow(desk: Desk, url: str, until: asyncio.Event) -> None:
    """Follow the feed until told to stop, resuming where it stopped. Compressed, as every browser asks for it."""
    since = f"?since={desk.place[0]}:{desk.place[1]}" if desk.place[0] else ""
    headers = {"Cookie": f"yingda_session={desk.cookie}"}
    address = f"{url.replace('http', 'ws')}/api/v1/feed{since}"
    async with websockets.connect(address, additional_headers=headers, max_size=None) as feed:
        stop = asyncio.create_task(until.wait())
        while not until.is_set():
            read = asyncio.create_task(feed.recv())
            await asyncio.wait((stop, read), return_when=asyncio.FIRST_COMPLETED)
            if not read.done():
                read.cancel()
                break
            desk.take(str(read.result()), time.time())
        stop.cancel()


async def away(desk: Desk, url: str, away_s: float, until: asyncio.Event) -> None:
    """The same, but gone for a while in the middle."""
    leaves = asyncio.Event()
    asyncio.get_running_loop().call_later(away_s / 3, leaves.set)
    await follow(desk, url, leaves)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(away_s):
            await until.wait()
    if not until.is_set():
        await follow(desk, url, until)


async def run(url: str, agents: int, leaders: int, leaving: int, away_s: float) -> dict[str, Any]:
    gate = asyncio.Semaphore(TOGETHER)
    names = [f"agent{n}" for n in range(agents)] + [f"leader{n}" for n in range(leaders)]
    desks = await asyncio.gather(*(sign_in(url, name, gate) for name in names))
    until, own_late = asyncio.Event(), list[float]()
    watching = asyncio.create_task(watch_oneself(own_late))
    tasks = [
        asyncio.create_task(away(desk, url, away_s, until) if n < leaving else follow(desk, url, until))
        for n, desk in enumerate(desks)
    ]
    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    until.set()
    await asyncio.gather(*tasks)
    watching.cancel()
    return {
        "own_late": own_late,
        "desks": [
            {
                "agent_id": desk.agent_id,
                "seen": desk.seen,
                "late": desk.late,
                "doubled": desk.doubled,
                "snapshots": desk.snapshots,
                "resumed": desk.resumed,
                "away": n < leaving,
                "messages": desk.messages,
                "docs": {kind: docs for kind, docs in desk.docs.items() if kind in ("agents", "queues")},
            }
            for n, desk in enumerate(desks)
        ],
    }


if __name__ == "__main__":
    address, agents, leaders, leaving, gone = sys.argv[1:]
    told = asyncio.run(run(address, int(agents), int(leaders), int(leaving), float(gone)))
    print(json.dumps(told), flush=True)
