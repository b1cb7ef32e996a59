"""A whole centre as a user has it: `yingda apply` and `yingda serve` as processes, phones and callers around it."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import ssl
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from bench.call.centre import Person
from bench.peers.baresip import Phone, PhoneSettings
from bench.peers.ports import PortBlock
from bench.peers.process import Child, PeerError, until
from bench.peers.sipp import Caller, CallerSettings

from tests.conftest import skip_or_fail
from yingda.server.certificates import CERTIFICATE

PASSWORD = "a-password-for-tests"
YINGDA = (sys.executable, "-m", "yingda.cli")
TONES = {"8101": 700, "8102": 900, "8103": 1100}
CUSTOMER_HZ = 1500
LOOPBACK = ("127.0.0.1", "::1")  # served without TLS

CENTRE = """\
centre: {name: Test centre, language: en}
trunks:
  - {name: callers, hosts: [127.0.0.2]}
queues:
  - {name: sales, ring_limit_s: 10, wrapup_s: 1}
flows:
  - {name: main, queue: sales}
numbers:
  - {number: "4008001000", flow: main}
users:
  - {username: leader, display_name: Leader, role: admin, password_env: TEST_PASSWORD}
  - {username: "1001", display_name: One, password_env: TEST_PASSWORD}
  - {username: "1002", display_name: Two, password_env: TEST_PASSWORD}
agents:
  - number: "1001"
    user: "1001"
    queues: [sales]
    devices:
      - {kind: sip, extension: "8101", password_env: TEST_PASSWORD}
      - {kind: browser, extension: "8001"}
  - number: "1002"
    user: "1002"
    queues: [sales]
    devices:
      - {kind: sip, extension: "8102", password_env: TEST_PASSWORD}
"""


@dataclass
class House:
    """A running centre. `ports` is its block; `person` signs somebody in; `phone` and `call` are its peers."""

    data: Path
    ports: PortBlock
    sip: int
    websocket: int
    web: int
    media: tuple[int, int]
    arguments: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    server: Child | None = None
    starts: int = 0

    @property
    def url(self) -> str:
        named = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'http' if self.host in LOOPBACK else 'https'}://{named}:{self.web}"

    @property
    def host(self) -> str:
        """Where it listens."""
        given = list(self.arguments)
        return given[given.index("--host") + 1] if "--host" in given else "127.0.0.1"

    @property
    def trust(self) -> ssl.SSLContext | None:
        """Its own certificate, where it serves HTTPS."""
        if self.url.startswith("http:"):
            return None
        return ssl.create_default_context(cafile=self.data / "certificates" / CERTIFICATE)

    def serve_command(self) -> list[str]:
        return [
            *(*YINGDA, "serve", "--data", str(self.data), "--sip-port", str(self.sip), "--web-port", str(self.web)),
            *("--websocket-port", str(self.websocket), "--media-ports", f"{self.media[0]}-{self.media[1]}"),
            *self.arguments,
        ]

    async def start(self) -> None:
        """Start the server and wait until it says that it is ready."""
        self.starts += 1
        log = self.data.parent / f"serve-{self.starts}.log"
        self.server = await Child.start("yingda serve", self.serve_command(), log, env=self.environment)
        self.stack.push_async_callback(self.server.stop, 15.0)
        await self.server.says("Ready in", 40)

    async def stop(self) -> int:
        assert self.server is not None
        os.kill(self.server.pid, signal.SIGTERM)
        return await self.server.ended(20)

    def planes(self) -> dict[str, int]:
        """Process ids of the planes that run now, by name (proc(5))."""
        assert self.server is not None
        pid = self.server.pid
        found = {}
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            line = Path(f"/proc/{child}/cmdline").read_bytes().decode().split("\0")
            if "yingda.planes" in line:
                found[line[line.index("yingda.planes") + 1]] = int(child)
        return found

    async def kill(self, *names: str) -> None:
        """`kill -9` planes, or all of them and the supervisor at one blow ("everything"): it is held first, for planes
        without it would end in order, and planes beside it would be started again."""
        assert self.server is not None
        planes = self.planes()
        victims = list(planes.values()) if names == ("everything",) else [planes[name] for name in names]
        if names == ("everything",):
            os.kill(self.server.pid, signal.SIGSTOP)
        for pid in victims:
            os.kill(pid, signal.SIGKILL)
        if names == ("everything",):
            os.kill(self.server.pid, signal.SIGKILL)
            await self.server.ended(5)
        await until("the killed planes to be gone", lambda: not any(map(alive, victims)), 5)

    async def kill_supervisor(self) -> None:
        """`kill -9` the supervisor alone."""
        assert self.server is not None
        os.kill(self.server.pid, signal.SIGKILL)
        await self.server.ended(5)

    async def person(self, username: str) -> Person:
        person = await Person.sign_in(self.url, username, PASSWORD, self.trust)
        self.stack.push_async_callback(person.close)
        return person

    async def phone(self, extension: str, folder: Path) -> Phone:
        settings = PhoneSettings(
            extension=extension, password=PASSWORD, registrar=f"127.0.0.1:{self.sip}", sip_port=self.ports.one(),
            control_port=self.ports.one(), media_ports=ends(self.ports.row(20)), tone_hz=TONES[extension],
        )  # fmt: skip
        phone = await Phone.start(settings, folder)
        self.stack.push_async_callback(phone.stop)
        await phone.registered()
        return phone

    async def customer(self, folder: Path, number: str = "13800001111") -> Phone:
        """A customer's phone that hears as well as it speaks; the trunk has to be at 127.0.0.1 for it."""
        return await self.stranger(folder, number, self.ports.one(), CUSTOMER_HZ)

    async def stranger(self, folder: Path, number: str, port: int, tone_hz: int) -> Phone:
        """Somebody's phone beyond a trunk at 127.0.0.1, at this port."""
        settings = PhoneSettings(
            extension=number, password="", registrar=f"127.0.0.1:{self.sip}", sip_port=port,
            control_port=self.ports.one(), media_ports=ends(self.ports.row(20)), tone_hz=tone_hz, registers=False,
        )  # fmt: skip
        phone = await Phone.start(settings, folder)
        self.stack.push_async_callback(phone.stop)
        return phone

    async def caller(
        self, folder: Path, *, stay_s: float, number: str = "13800001111", tone_hz: int = 1500,
        called: str = "4008001000",
    ) -> Caller:  # fmt: skip
        settings = CallerSettings(
            number=number, called=called, target=f"127.0.0.1:{self.sip}", sip_port=self.ports.one(),
            media_port=self.ports.row(4)[0], control_port=self.ports.one(), tone_hz=tone_hz, codec="PCMA",
            stay_s=stay_s,
        )  # fmt: skip
        caller = await Caller.start(settings, folder, exact=False)
        self.stack.push_async_callback(caller.stop)
        await caller.ready()
        return caller

    async def answered_call(self, folder: Path, *, stay_s: float) -> tuple[Person, Phone, Caller]:
        """Agent 1001 signs in at his phone, a caller dials, the agent answers; they talk."""
        phone = await self.phone("8101", folder / "8101")
        agent = await self.person("1001")
        await agent.post("/desk/sign-in", {"extension": "8101", "ready": True})
        caller = await self.caller(folder / "caller", stay_s=stay_s)
        events = phone.events()
        caller.dial()
        await wait_for_event(events, "CALL_INCOMING")
        await phone.answer()
        await self.state(agent, "talking")
        return agent, phone, caller

    async def state(self, agent: Person, wanted: str, seconds: float = 10) -> dict[str, Any]:
        """Wait until the agent's desk shows a state."""
        deadline = asyncio.get_running_loop().time() + seconds
        said: object = None
        while asyncio.get_running_loop().time() < deadline:
            try:
                desk: dict[str, Any] = await agent.get("/desk")
                if desk["agent"]["state"] == wanted:
                    return desk
                said = desk["agent"]
            except (PeerError, httpx.TransportError) as error:  # a plane is away, as the screen would say
                said = error
            await asyncio.sleep(0.05)
        raise AssertionError(f"not {wanted}: {said}")

    async def records(self, count: int, seconds: float = 15) -> list[dict[str, Any]]:
        """Wait until the books have so many ended calls."""
        leader = await self.person("leader")
        deadline = asyncio.get_running_loop().time() + seconds
        while True:
            records: list[dict[str, Any]] = await leader.every("/calls")
            if len([record for record in records if record["ended"] is not None]) >= count:
                return records
            assert asyncio.get_running_loop().time() < deadline, records
            await asyncio.sleep(0.1)

    async def healthy(self, seconds: float = 20) -> None:
        deadline = asyncio.get_running_loop().time() + seconds
        async with httpx.AsyncClient(timeout=2) as client:
            while True:
                try:
                    answer = await client.get(f"{self.url}/healthz")
                    if answer.status_code == httpx.codes.OK:
                        return
                    said = answer.text
                except httpx.TransportError as error:
                    said = str(error)
                assert asyncio.get_running_loop().time() < deadline, said
                await asyncio.sleep(0.1)


def alive(pid: int) -> bool:
    """Is there such a process, and is it no zombie?"""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def ends(row: range) -> tuple[int, int]:
    return row[0], row[-1]


async def wait_for_event(events: AsyncIterator[Any], kind: str, seconds: float = 10) -> Any:
    async with asyncio.timeout(seconds):
        async for event in events:
            if event.kind == kind:
                return event
    raise AssertionError(f"the phone ended before {kind}")


def needs(*programs: str) -> None:
    """Real peers, or a loud skip (a failure in CI)."""
    if missing := [program for program in programs if shutil.which(program) is None]:
        skip_or_fail(", ".join(missing))


async def run_yingda(*arguments: str, data: Path, seconds: float = 30) -> tuple[int, str]:
    """One command of the command line: exit code and everything it printed."""
    child = await Child.start(
        "yingda", [*YINGDA, *arguments], data.parent / "command.log", env={"TEST_PASSWORD": PASSWORD}
    )
    try:
        return await child.ended(seconds), child.printed()
    finally:
        await child.stop()


_APPLIED: dict[str, TemporaryDirectory[str]] = {}
"""Data folders by the text of their centre, as `yingda apply` has left them: gone with this process."""


async def applied(folder: Path, centre: str, database: Sequence[str] = ()) -> Path:
    """A data folder with this centre in it; what was applied once is copied. A database is always applied anew."""
    data = folder / "data"
    if database:
        data.mkdir()
        await _apply(data, centre, database)
        return data
    if centre not in _APPLIED:
        fresh = TemporaryDirectory(prefix="yingda-applied-")
        await _apply(Path(fresh.name), centre, ())
        _APPLIED[centre] = fresh
    shutil.copytree(_APPLIED[centre].name, data)
    return data


async def _apply(data: Path, centre: str, database: Sequence[str]) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "centre.yaml"
        file.write_text(centre)
        place = ("--data", str(data), *database)
        child = await Child.start(
            "yingda apply", [*YINGDA, "apply", str(file), *place], Path(folder) / "log", env={"TEST_PASSWORD": PASSWORD}
        )
        try:
            assert await child.ended(60) == 0, child.printed()
        finally:
            await child.stop()


@asynccontextmanager
async def house(folder: Path, *arguments: str, centre: str = CENTRE, start: bool = True) -> AsyncIterator[House]:
    """A centre of its own on free ports, applied from YAML and started."""
    data = await applied(folder, centre, arguments if "--database" in arguments else ())
    with PortBlock.take() as ports:
        built = House(data, ports, ports.one(), ports.one(), ports.one(), ends(ports.row(200)), arguments)
        async with built.stack:
            if start:
                await built.start()
            yield built


async def ended_with(child: Child, code: int, pattern: str, seconds: float = 30) -> str:
    """The program ended with this code and one sentence that fits, without a traceback."""
    assert await child.ended(seconds) == code, child.printed()
    said = child.printed()
    assert "Traceback" not in said, said
    assert re.search(pattern, said), said
    return said


__all__ = ["House", "ended_with", "house", "needs", "run_yingda", "until", "wait_for_event"]
