"""One load: a fresh media process and a fresh generator, set up, warmed up, measured, taken down."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from bench.media import generator
from bench.media.generator import Outcome
from bench.media.scene import SCENES, set_up
from yingda.media import process as media
from yingda.media.client import MediaClient
from yingda.media.process import MediaConfig

WARM_S, WINDOW_S = 1.5, 8.0
HOST = "127.0.0.1"
START_LIMIT_S = 20.0
TICKS = os.sysconf("SC_CLK_TCK")

_context = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Plan:
    kind: str
    calls: int
    window_s: float = WINDOW_S


@asynccontextmanager
async def _running(target: Any, *arguments: Any) -> AsyncIterator[int]:
    """A process of ours; its id."""
    one = _context.Process(target=target, args=arguments, daemon=True)
    one.start()
    try:
        assert one.pid is not None
        yield one.pid
    finally:
        one.terminate()
        await asyncio.to_thread(one.join, 20)


async def run_step(plan: Plan, folder: Path) -> tuple[dict[str, Any], Outcome]:
    """(the result's own fields, what the generator says)."""
    config = MediaConfig(
        socket=folder / "media.sock", recordings=folder / "recordings", prompts=folder / "prompts", host=HOST
    )
    here, there = _context.Pipe()
    async with _running(media.run, config) as pid, _running(generator.run, HOST, there):
        client = MediaClient(config.socket, 1, lambda _: None, timeout=20)
        await client.start(START_LIMIT_S)
        try:
            sockets, fingerprint = await asyncio.to_thread(here.recv)
            scene = SCENES[plan.kind](plan.calls)
            talkers = await set_up(scene, client, sockets, fingerprint, f"{plan.kind}-{plan.calls}")
            return await _measure(plan, here, (talkers, WARM_S, plan.window_s), pid)
        finally:
            await client.close()


async def _measure(plan: Plan, pipe: Connection, order: Any, pid: int) -> tuple[dict[str, Any], Outcome]:
    pipe.send(order)
    await asyncio.to_thread(pipe.recv)  # its legs are up
    await asyncio.sleep(WARM_S)
    before, waited = cpu_seconds(pid), waiting_ms(pid)
    await asyncio.sleep(plan.window_s)
    spent, rss, waited = cpu_seconds(pid) - before, rss_mb(pid), waiting_ms(pid) - waited
    outcome: Outcome = await asyncio.to_thread(pipe.recv)
    pipe.send(None)
    found = outcome.figures
    return {
        "kind": plan.kind,
        "calls": plan.calls,
        "lost": found.lost,
        "added_ms_p50": found.added_ms_p50,
        "added_ms_p99": found.added_ms_p99,
        "cpu_percent_per_call": round(100 * spent / plan.window_s / plan.calls, 4),
        "rss_mb": rss,
        "waited_percent": round(waited / plan.window_s / 10, 2),
    }, outcome


def cpu_seconds(pid: int) -> float:
    """User and system time of a process (proc(5), /proc/PID/stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def rss_mb(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") >> 20


def waiting_ms(pid: int) -> float:
    """How long its main thread was ready to run and had no core (proc(5), /proc/PID/schedstat)."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e6
