"""The centre under test: its configuration, `yingda serve` as a process, and its documented API as people use it.

Only the command line and the HTTP API are used; nothing is imported from the server.
"""

from __future__ import annotations

import asyncio
import secrets
import ssl
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import yaml

from bench.call import plan as planned
from bench.call.plan import AgentPlan
from bench.peers.process import Child, PeerError
from bench.sound import tone, write_wav

HOST = "127.0.0.1"
TRUNK_HOST = "127.0.0.2"
LEADER = "leader"
START_S, STOP_S = 30.0, 15.0
LONGEST_RUN = timedelta(minutes=10)


@dataclass(frozen=True)
class Ports:
    """Where the centre listens. media: first and last."""

    sip: int
    websocket: int
    web: int
    media: tuple[int, int]


def password_variable(name: str) -> str:
    return f"BENCH_PASSWORD_{name.upper()}"


def new_passwords(agents: Sequence[AgentPlan]) -> dict[str, str]:
    """A fresh password for every user and every extension, by name."""
    names = [LEADER, *(agent.username for agent in agents), *(agent.extension for agent in agents)]
    return {name: secrets.token_urlsafe(12) for name in names}


def zone_within_a_day(now: datetime) -> str:
    """A time zone in which it will not be midnight during the run: "today" then holds all of it."""
    shanghai = now.astimezone(ZoneInfo("Asia/Shanghai"))
    return "UTC" if (shanghai + LONGEST_RUN).date() != shanghai.date() else "Asia/Shanghai"


def document(agents: Sequence[AgentPlan], now: datetime) -> dict[str, Any]:
    """The centre as `yingda apply` reads it."""
    users = [{"username": LEADER, "display_name": "Leader", "role": "admin"}]
    users += [{"username": agent.username, "display_name": agent.username.title()} for agent in agents]
    for user in users:
        user["password_env"] = password_variable(user["username"])
    return {
        "centre": {
            "name": "bench-call",
            "time_zone": zone_within_a_day(now),
            "language": "en",
            "country": "CN",
            "tones": "cn",
        },
        "trunks": [{"name": "callers", "hosts": [TRUNK_HOST]}],
        "flows": [{"name": "bench", "greeting": {"file": "greeting.wav"}, "queue": planned.QUEUE}],
        "queues": [
            {
                "name": planned.QUEUE,
                "target_s": planned.TARGET_S,
                "short_s": planned.SHORT_S,
                "ring_limit_s": planned.RING_LIMIT_S,
                "wrapup_s": planned.WRAPUP_S,
                "music": {"file": "music.wav"},
            }
        ],
        "numbers": [{"number": planned.CALLED, "flow": "bench"}],
        "users": users,
        "agents": [_agent(agent) for agent in agents],
    }


def _agent(agent: AgentPlan) -> dict[str, Any]:
    device = {"kind": "sip", "extension": agent.extension, "password_env": password_variable(agent.extension)}
    return {"number": agent.number, "user": agent.username, "queues": [planned.QUEUE], "devices": [device]}


class Centre:
    """A running `yingda serve` with a data folder of its own."""

    def __init__(self, data: Path, ports: Ports, passwords: dict[str, str], child: Child) -> None:
        self.data, self.ports, self.passwords = data, ports, passwords
        self._child = child

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.ports.web}"

    @classmethod
    async def start(cls, folder: Path, ports: Ports, agents: Sequence[AgentPlan]) -> Centre:
        """Make the data folder, apply the configuration, start the server, wait until it is healthy."""
        data, logs = folder / "data", folder / "logs"
        prompts = data / "prompts"
        prompts.mkdir(parents=True)
        write_wav(prompts / "greeting.wav", tone(planned.GREETING_HZ, planned.GREETING_S))
        write_wav(prompts / "music.wav", tone(planned.MUSIC_HZ, 5, -20))
        file = folder / "centre.yaml"
        file.write_text(
            yaml.safe_dump(document(agents, datetime.now(UTC)), allow_unicode=True, sort_keys=False), encoding="utf-8"
        )
        passwords = new_passwords(agents)
        secret = {password_variable(name): password for name, password in passwords.items()}
        yingda = [sys.executable, "-m", "yingda.cli"]
        apply = await Child.start(
            "yingda apply", [*yingda, "apply", str(file), "--data", str(data)], logs / "apply.log", env=secret
        )
        try:
            code = await apply.ended(START_S)
        finally:
            await apply.stop()
        if code:
            raise PeerError(f"yingda apply refused the configuration ({code}):\n{apply.last_words()}")
        serve = [*yingda, "serve", "--data", str(data), "--host", HOST, "--sip-port", str(ports.sip)]
        serve += ["--websocket-port", str(ports.websocket), "--web-port", str(ports.web)]
        serve += ["--media-ports", f"{ports.media[0]}-{ports.media[1]}"]
        centre = cls(data, ports, passwords, await Child.start("yingda serve", serve, logs / "serve.log"))
        try:
            await centre._healthy()
        except PeerError:
            await centre.stop()
            raise
        return centre

    async def _healthy(self) -> None:
        deadline = asyncio.get_running_loop().time() + START_S
        said = "nothing"
        async with httpx.AsyncClient(timeout=2) as client:
            while asyncio.get_running_loop().time() < deadline and self._child.code is None:
                try:
                    answer = await client.get(f"{self.url}/healthz")
                    if answer.status_code == httpx.codes.OK:
                        return
                    said = answer.text
                except httpx.TransportError as error:
                    said = str(error)
                await asyncio.sleep(0.1)
        if self._child.code is not None:
            raise PeerError(f"yingda serve ended with {self._child.code} at its start:\n{self._child.last_words()}")
        raise PeerError(f"yingda serve was not healthy after {START_S:g} s; /healthz said: {said}")

    async def sign_in(self, username: str) -> Person:
        return await Person.sign_in(self.url, username, self.passwords[username])

    async def stop(self) -> None:
        await self._child.stop(STOP_S)

    @property
    def exit_code(self) -> int | None:
        return self._child.code


class Person:
    """Somebody signed in to the web: his session, and what he does there."""

    def __init__(self, username: str, client: httpx.AsyncClient, session: dict[str, Any]) -> None:
        self.username, self.session = username, session
        self._client = client

    @classmethod
    async def sign_in(cls, url: str, username: str, password: str, trust: ssl.SSLContext | None = None) -> Person:
        """trust: whose certificates are believed, where that is not the machine's authorities."""
        client = httpx.AsyncClient(base_url=f"{url}/api/v1", timeout=10, verify=trust or True)
        person = cls(username, client, {})
        try:
            person.session = await person.post("/session", {"username": username, "password": password})
        except PeerError:
            await client.aclose()
            raise
        client.headers["X-CSRF-Token"] = person.session["csrf"]
        return person

    @property
    def cookie(self) -> str:
        """The session as a Cookie header, for what is no HTTP request."""
        return "; ".join(f"{name}={value}" for name, value in self._client.cookies.items())

    async def get(self, path: str, **query: str | int | list[str]) -> Any:
        return self._read(await self._client.get(path, params=query))

    async def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        return self._read(await self._client.post(path, json=body or {}))

    def _read(self, answer: httpx.Response) -> Any:
        if answer.is_success:
            return answer.json() if answer.content else None
        request = answer.request
        raise PeerError(f"{request.method} {request.url.path} as {self.username}: {answer.status_code} {answer.text}")

    async def every(self, path: str) -> list[dict[str, Any]]:
        """All items of a list, page by page."""
        items: list[dict[str, Any]] = []
        page = await self.get(path)
        items += page["items"]
        while page["next_cursor"]:
            page = await self.get(path, cursor=page["next_cursor"])
            items += page["items"]
        return items

    async def close(self) -> None:
        await self._client.aclose()
