"""Control and the flows plane: one that is slow keeps its callers, one that is gone, hangs or is new has lost them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.deadline import within
from yingda.calls import flow_protocol as messages
from yingda.calls.effects import FlowRequest
from yingda.kernel.bus import BusServer
from yingda.kernel.errors import YingdaError
from yingda.planes import flows_link
from yingda.planes.flows_link import FlowsLink

pytestmark = pytest.mark.anyio
LOOK_S = 0.02
START = FlowRequest("flow.start", messages.Start(session_id="s", document="d", language="en"), "s")
SIGN = messages.Acts(session_id="s", acts=[])


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of the patience, so that it can be outwaited."""
    monkeypatch.setattr(flows_link, "LOOK_S", LOOK_S)
    monkeypatch.setattr(flows_link, "LOOK_EVERY_S", LOOK_S)


class Plane:
    """The far end. held: nothing is answered while it is; asked: methods that came."""

    def __init__(self, path: Path, since: int = 1) -> None:
        self.since, self.held = since, asyncio.Event()
        self.held.set()
        self.pinged = asyncio.Event()
        self.started = asyncio.Event()
        self.server = BusServer(path, self._answer)

    async def _answer(self, method: str, _body: object, _peer: object) -> object:
        await self.held.wait()
        (self.pinged if method == "ping" else self.started).set()
        return {"since": self.since}


@asynccontextmanager
async def linked(path: Path) -> AsyncIterator[tuple[FlowsLink, Plane, asyncio.Queue[str | None]]]:
    lost: asyncio.Queue[str | None] = asyncio.Queue()
    plane = Plane(path)
    await plane.server.start()
    link = FlowsLink(path, lambda *_: None, lambda session, _why: lost.put_nowait(session))
    await link.start()
    await within(10, plane.pinged.wait())
    try:
        yield link, plane, lost
    finally:
        await link.close()
        await plane.server.close()


async def test_a_plane_that_is_slow_but_at_work_keeps_its_callers(tmp_path: Path) -> None:
    async with linked(tmp_path / "bus") as (link, plane, lost):
        plane.held.clear()
        link.ask(START)
        for _ in range(3 * flows_link.LOOKS):  # three times its patience, with signs of life
            plane.server.publish("flow", SIGN)
            await asyncio.sleep(LOOK_S)
        plane.held.set()
        await within(10, plane.started.wait())
        plane.pinged.clear()
        await within(10, plane.pinged.wait())
    assert lost.empty()


async def test_a_plane_that_hangs_has_lost_them_once_and_runs_the_next_ones(tmp_path: Path) -> None:
    async with linked(tmp_path / "bus") as (link, plane, lost):
        plane.held.clear()
        assert await within(10, lost.get()) is None
        plane.held.set()
        plane.pinged.clear()
        await within(10, plane.pinged.wait())
        link.ask(START)
        await within(10, plane.started.wait())
        plane.pinged.clear()
        await within(10, plane.pinged.wait())
    assert lost.empty(), "it is the same that hung: who came after is inside"


async def test_a_plane_that_is_another_one_has_lost_them(tmp_path: Path) -> None:
    async with linked(tmp_path / "bus") as (_, plane, lost):
        plane.since = 2
        assert await within(10, lost.get()) is None


async def test_a_caller_whom_it_refuses_is_lost_alone(tmp_path: Path) -> None:
    async def full(_method: str, _body: object, _peer: object) -> object:
        raise YingdaError("flows_full", "There is no room.")

    path = tmp_path / "bus"
    server = BusServer(path, full)
    lost: asyncio.Queue[str | None] = asyncio.Queue()
    await server.start()
    link = FlowsLink(path, lambda *_: None, lambda session, _why: lost.put_nowait(session))
    await link.start()
    link.ask(START)
    assert await within(10, lost.get()) == "s"
    await link.close()
    await server.close()
