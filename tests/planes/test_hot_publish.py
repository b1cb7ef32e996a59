"""Publishing a flow touches nobody inside: who is in the old version ends in it, the next begins in the new."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from yingda.calls import flow_protocol as messages
from yingda.kernel.bus import BusClient
from yingda.kernel.config import flow_versions, versions
from yingda.kernel.config.centre import Centre, CentreInfo, Flow, FlowDocument, Queue
from yingda.kernel.event import DEFAULT_TENANT
from yingda.kernel.store import Store, migrate, open_store, reading, writing
from yingda.planes.child import Setup
from yingda.planes.flows import FlowsPlane
from yingda.planes.options import Options

DEADLINE_S = 20
NAME = "menu.vxml"


def document(version: int) -> FlowDocument:
    """One key, then it hands over which version it is."""
    text = f"""<vxml version="2.1" xmlns="http://www.w3.org/2001/vxml" xml:lang="en">
    <form><var name="version" expr="{version}"/><field name="key" type="digits?length=1"/>
    <filled><exit namelist="version key"/></filled></form></vxml>"""
    return FlowDocument(id="d", name=NAME, text=text)


def publish(store: Store, version: int) -> None:
    flow = Flow(id="f", name="menu", document=NAME, queue="main")
    centre = Centre(
        centre=CentreInfo(name="test"), queues=[Queue(id="q", name="main")], flows=[flow], documents=[document(version)]
    )
    with writing(store.business) as connection:
        versions.publish(connection, centre, version - 1, "user:somebody", version)


class Callers:
    """What the plane wants done, by session."""

    def __init__(self, bus: BusClient) -> None:
        self._bus = bus
        self._news = asyncio.Event()
        self._acts: dict[str, list[messages.AnyAct]] = {}
        bus.subscribe("flow", self._told)

    def _told(self, message: Mapping[str, Any]) -> None:
        told = msgspec.convert(message, messages.Acts)
        self._acts.setdefault(told.session_id, []).extend(told.acts)
        self._news.set()

    async def act(self, session: str, kind: type[Any]) -> Any:
        """The first act of that kind for a caller."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                for act in self._acts.get(session, ()):
                    if isinstance(act, kind):
                        return act
                self._news.clear()
                await self._news.wait()

    async def arrives(self, session: str) -> None:
        await self._bus.call("flow.start", messages.Start(session_id=session, document=NAME, language="en"), DEADLINE_S)
        await self.act(session, messages.Entered)

    async def presses(self, session: str, key: str) -> messages.Exit:
        told = messages.Told(session_id=session, event=messages.Key(key=key))
        await self._bus.call("flow.happened", told, DEADLINE_S)
        exit_ = await self.act(session, messages.Exit)
        assert isinstance(exit_, messages.Exit)
        return exit_


def test_a_caller_inside_ends_in_the_version_he_began_with(tmp_path: Path) -> None:
    options = Options(data=str(tmp_path))
    options.socket("flows").parent.mkdir(parents=True)
    (tmp_path / "keys").mkdir(exist_ok=True)
    store = open_store(tmp_path)
    migrate(store)

    async def scene() -> tuple[messages.Exit, messages.Exit]:
        plane = FlowsPlane(Setup(options=options, sockets={}, word=0, leash=0, epoch=0))
        bus = BusClient(options.socket("flows"))
        publish(store, 1)
        await plane.start()
        try:
            callers = Callers(bus)
            await bus.start(timeout=DEADLINE_S)
            await callers.arrives("early")
            publish(store, 2)
            assert await bus.call("config.published", {}, DEADLINE_S) == {"version": 2}
            await callers.arrives("late")
            return await callers.presses("early", "1"), await callers.presses("late", "2")
        finally:
            await bus.close()
            await plane.close()

    early, late = asyncio.run(scene())
    assert (early.values["version"], early.values["key"]) == (1, "1")
    assert (late.values["version"], late.values["key"]) == (2, "2")
    with reading(store.business) as connection:
        kept = flow_versions.history(connection, DEFAULT_TENANT, "d")
    assert [one.number for one in kept] == [2, 1]
    store.close()
