"""The centre under load: 400 agents, one queue, one trunk; its processes and what they used, each and when idle."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import yaml

from bench.peers.ports import HOSTS, udp_ports_in_use
from bench.peers.process import Child, PeerError
from yingda.kernel.bus.aio import BusClient
from yingda.kernel.config import versions
from yingda.kernel.store import open_store, reading
from yingda.planes.options import ROLES

AGENTS = 400
CALLED = "4008001234"
HOST, TRUNK_HOST = HOSTS
PASSWORD = "bench-sip-phone"
"""Of every phone: a centre on loopback that lives for a minute."""

_BLOCKS = range(20_000, 6_000, -2_000)  # below the ports that the system hands out by itself (32768 on)
_BLOCK = 12_000
_APPLY_S, _START_S, _STOP_S, _LAG_S, _IDLE_S = 180.0, 40.0, 15.0, 60.0, 3.0
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def extension(number: int) -> str:
    return str(8_000 + number)


def _free_block() -> int:
    """The first port of a block where nothing listens: media ports for 200 calls a second, each resting for 10 s."""
    used = udp_ports_in_use()
    for base in _BLOCKS:
        if not any(base <= port < base + _BLOCK for port in used):
            return base
    raise PeerError(f"No {_BLOCK} free UDP ports in a row were found.")


@dataclass(frozen=True)
class Place:
    """Where one run lives: its folder and its ports."""

    folder: Path
    recording: bool
    base: int = field(default_factory=_free_block)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def sip(self) -> int:
        return self.base

    @property
    def web(self) -> int:
        return self.base + 2

    @property
    def phones(self) -> int:
        return self.base + 4

    @property
    def callers(self) -> int:
        return self.base + 6

    @property
    def centre_media(self) -> tuple[int, int]:
        return (self.base + 100, self.base + 10_099)

    @property
    def phone_media(self) -> tuple[int, int]:
        return (self.base + 10_100, self.base + _BLOCK - 1)


def document(recording: bool) -> dict[str, Any]:
    """The centre as `yingda apply` reads it. Agents have no password: they are signed in over the control bus."""
    numbers = range(AGENTS)
    return {
        "centre": {"name": "bench-sip", "language": "en", "country": "CN"},
        "trunks": [{"name": "callers", "hosts": [TRUNK_HOST], "max_calls": 10_000}],
        "flows": [{"name": "bench", "queue": "calls"}],
        "queues": [{"name": "calls", "wrapup_s": 0, "ring_limit_s": 20, "recording": recording}],
        "numbers": [{"number": CALLED, "flow": "bench"}],
        "users": [{"username": f"agent{n}", "display_name": f"Agent {n}"} for n in numbers],
        "agents": [
            {
                "number": str(1_000 + n),
                "user": f"agent{n}",
                "queues": ["calls"],
                "devices": [{"kind": "sip", "extension": extension(n), "password_env": "BENCH_PHONE_PASSWORD"}],
            }
            for n in numbers
        ],
    }


@dataclass(frozen=True)
class Spent:
    """What a span of time cost: its length, and the CPU ms of each role in it."""

    seconds: float
    ms: dict[str, float]

    @property
    def all_ms(self) -> float:
        return sum(self.ms.values())


@dataclass(frozen=True)
class Used:
    """At a moment (s): CPU seconds since their start by role (supervisor, control, media, web, worker); MB of all."""

    at: float
    cpu: dict[str, float]
    rss_mb: float

    def since(self, before: Used) -> Spent:
        ms = {role: (cpu - before.cpu.get(role, 0.0)) * 1000 for role, cpu in self.cpu.items()}
        return Spent(self.at - before.at, ms)


class Centre:
    def __init__(self, place: Place, child: Child) -> None:
        self._place, self._child = place, child

    @classmethod
    @contextlib.asynccontextmanager
    async def running(
        cls, place: Place, centre: dict[str, Any] | None = None, env: Mapping[str, str] | None = None
    ) -> AsyncIterator[Centre]:
        """Apply the configuration (or another), serve, and end it in every case. env: the passwords it names."""
        place.folder.mkdir(parents=True, exist_ok=True)
        file = place.folder / "centre.yaml"
        file.write_text(yaml.safe_dump(centre or document(place.recording)), encoding="utf-8")
        yingda = [sys.executable, "-m", "yingda.cli"]
        apply = await Child.start(
            "yingda apply",
            [*yingda, "apply", str(file), "--data", str(place.data)],
            place.folder / "apply.log",
            env={"BENCH_PHONE_PASSWORD": PASSWORD, **(env or {})},
        )
        try:
            if await apply.ended(_APPLY_S):
                raise PeerError(f"yingda apply refused the configuration:\n{apply.last_words()}")
        finally:
            await apply.stop()
        media = "-".join(map(str, place.centre_media))
        serve = [*yingda, "serve", "--data", str(place.data), "--host", HOST, "--sip-port", str(place.sip)]
        serve += ["--websocket-port", str(place.web + 1), "--web-port", str(place.web), "--media-ports", media]
        serve += ["--log-level", "warning"]
        served = cls(place, await Child.start("yingda serve", serve, place.folder / "serve.log"))
        try:
            await served._healthy()
            yield served
        finally:
            await served._child.stop(_STOP_S)

    async def _healthy(self) -> None:
        deadline = asyncio.get_running_loop().time() + _START_S
        async with httpx.AsyncClient(timeout=2) as client:
            while asyncio.get_running_loop().time() < deadline and self._child.code is None:
                with contextlib.suppress(httpx.TransportError):
                    if (await client.get(f"http://{HOST}:{self._place.web}/healthz")).status_code == httpx.codes.OK:
                        return
                await asyncio.sleep(0.1)
        raise PeerError(f"yingda serve did not become healthy:\n{self._child.last_words()}")

    async def sign_in(self, agents: int = AGENTS) -> None:
        """The first so many, ready, at their phones. By the control bus: 400 password checks would take a minute."""
        store = open_store(self._place.data)
        try:
            with reading(store.business) as connection:
                version = versions.current(connection)
        finally:
            store.close()
        assert version is not None
        client = BusClient(self._place.data / "run" / "control.sock")
        try:
            await client.start(5)
            for agent in version.centre.agents[:agents]:
                body = {"agent_id": agent.id, "extension": agent.devices[0].extension, "ready": True}
                await client.call("desk.sign_in", body)
        finally:
            await client.close()

    async def settled(self) -> None:
        """Wait until everything that was written to the ledger is in the books."""
        client = BusClient(self._place.data / "run" / "worker.sock")
        deadline = asyncio.get_running_loop().time() + _LAG_S
        try:
            await client.start(5)
            while (await client.call("lag"))["events"]:
                if asyncio.get_running_loop().time() > deadline:
                    raise PeerError(f"The books were not up to date after {_LAG_S:g} s.")
                await asyncio.sleep(0.05)
        finally:
            await client.close()

    def pids(self) -> dict[int, str]:
        """Every process of the centre, with its role: the supervisor, its children, and theirs."""
        parents, roles = {}, {}
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError, IndexError):
                pid = int(folder.name)
                parents[pid] = int(_stat(pid)[1])
                roles[pid] = (folder / "cmdline").read_text(encoding="utf-8").rstrip("\0").split("\0")[-1]
        found = {self._child.pid: "supervisor"}
        generation = set(found)
        while generation:
            generation = {pid for pid, parent in parents.items() if parent in generation and pid in roles}
            found |= {pid: roles[pid] if roles[pid] in ROLES else found[parents[pid]] for pid in generation}
        return found

    def used(self) -> Used:
        cpu: dict[str, float] = {}
        pages = 0
        for pid, role in self.pids().items():
            stat = _stat(pid)
            cpu[role] = cpu.get(role, 0.0) + (int(stat[11]) + int(stat[12])) / _TICKS
            pages += int(stat[21])
        return Used(time.monotonic(), cpu, pages * _PAGE / (1 << 20))

    async def used_idle(self) -> Spent:
        """What the centre uses while nothing happens: the fixed part of every figure."""
        before = self.used()
        await asyncio.sleep(_IDLE_S)
        return self.used().since(before)


def _stat(pid: int) -> list[str]:
    """/proc/PID/stat behind the program's name: 1 is the parent, 11 and 12 CPU ticks, 21 pages (proc(5))."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
