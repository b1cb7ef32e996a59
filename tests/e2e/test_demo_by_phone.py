"""Every ready flow of the demo centre, called by sipp with real keys, spoken by the engine, fed by the demo's shop.

A story goes from node to node of the flow as the ledger tells it; what it comes to is in the books.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from bench.peers.ports import PortBlock

from tests.conftest import skip_or_fail
from tests.deadline import within
from tests.peers.keying import Dialler, Witness, bye_comes, hang_up, keying_missing, keys, sound, write_sound
from tests.planes.house import House, house, wait_for_event
from yingda.kernel.ledger.reader import merged
from yingda.kernel.personal import load_key, reference
from yingda.planes.demo_shop import ACCOUNTS, DATABASE, ORDERS, open_shop

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]

TEMPLATES = Path(__file__).parents[2] / "templates"
MENU, BY_DAY, HOLIDAY = "4008001002", "4008001003", "4008001004"
_, CARD, SECRET, _ = ACCOUNTS[0]
IDENTIFIED = (("verify/card", f"{CARD}#"), ("verify/password", SECRET))
DEADLINE_S = 240.0
_FILE = re.compile(r"file: (flows/\S+?)(?=})")
SOUND, END = "sound", "end"


@dataclass
class Stage:
    centre: House
    witness: Witness
    ports: PortBlock
    folder: Path
    voice: Path
    _callers: int = 0

    async def walk(self, called: str, *way: tuple[str, str]) -> Dialler:
        """A caller who does something at each node: keys, or says something (SOUND). The last word, END: the centre
        hangs up; without it he does."""
        self._callers += 1
        number = f"1390000{self._callers:04}"
        steps = [sound(self.voice) if what == SOUND else keys(what) for _, what in way if what != END]
        last = bye_comes() if way[-1][1] == END else hang_up()
        caller = await Dialler.start(
            self.folder / number, self.witness, self.ports, server=("127.0.0.1", self.centre.sip), called=called,
            steps=[*steps, last], number=number, deadline=DEADLINE_S,
        )  # fmt: skip
        self.centre.stack.push_async_callback(caller.sipp.stop)
        passed = 0
        for node, what in way:
            passed = await self.node(caller, node, passed) if node else passed
            if what == SOUND:  # after the tone
                await caller.hears_nothing()
                await caller.says(100)
            elif what != END:
                await caller.presses(what)
        return caller

    def ledger(self, caller: Dialler) -> list[tuple[str, dict[str, Any]]]:
        """Kinds and data of the events of a caller's contact."""
        events = list(merged(self.centre.data / "ledger"))
        mine = {
            event.interaction_id for event in events
            if event.kind == "interaction.started" and event.data.get("party_ref") == self.reference(caller)
        }  # fmt: skip
        return [(event.kind, event.data) for event in events if event.interaction_id in mine]

    def reference(self, caller: Dialler) -> str:
        return reference(load_key(self.centre.data), "number", f"+86{caller.number}")

    async def node(self, caller: Dialler, node: str, passed: int) -> int:
        """Wait until he is at a node that he was not at before; how many nodes he has seen then."""
        async with asyncio.timeout(60):
            while True:
                nodes = [data["node_id"] for kind, data in self.ledger(caller) if kind == "flow.node_entered"]
                for index, one in enumerate(nodes[passed:], passed + 1):
                    if one.rpartition("#")[2] == node:
                        return index
                await asyncio.sleep(0.1)  # until the flow has gone on

    async def sees(self, caller: Dialler, kind: str, **facts: object) -> None:
        """Wait until the ledger has it."""
        async with asyncio.timeout(60):
            while True:
                if any(one == kind and facts.items() <= data.items() for one, data in self.ledger(caller)):
                    return
                await asyncio.sleep(0.1)  # until it has happened


Story = Callable[[Stage], Awaitable[None]]


def goal(name: str, called: str, *way: tuple[str, str]) -> Story:
    """He serves himself."""

    async def story(stage: Stage) -> None:
        caller = await stage.walk(called, *way)
        await stage.sees(caller, "flow.goal_reached", goal=name)
        if way[-1][1] != END:
            await caller.go_on()
        done = await caller.done()
        assert done.ok, done.report
        await stage.sees(caller, "interaction.ended")

    return story


async def by_an_agent(stage: Stage) -> None:
    """To a person; he has the caller identified, has him back with the result, and lets him rate."""
    agent, phone = await stage.centre.person("1001"), await stage.centre.phone("8101", stage.folder / "phone")
    await agent.post("/desk/sign-in", {"extension": "8101", "ready": True})
    ringing = phone.events()
    caller = asyncio.create_task(stage.walk(MENU, ("main/", "0"), *IDENTIFIED, ("start/score", "5"), ("", END)))
    await wait_for_event(ringing, "CALL_INCOMING", 60)
    await phone.answer()
    await stage.centre.state(agent, "talking", 30)
    await agent.post("/desk/transfer", {"to": {"kind": "flow", "flow": "身份验证", "back": True}})
    await stage.centre.state(agent, "holding", 30)
    call = (await stage.centre.state(agent, "talking", 60))["call"]
    assert call["data"]["verified"] == "true" and call["data"]["customer_id"] == "C1"
    await agent.post("/desk/survey")
    await stage.sees(await caller, "survey.ended", result="answered", answers={"score": 5.0})


STORIES: dict[str, Story] = {
    "order": goal("order", MENU, ("main/", "1"), ("start/number", ORDERS[0][0])),
    "balance": goal("balance", MENU, ("main/", "2"), *IDENTIFIED),
    "loss report": goal("loss", MENU, ("main/", "3"), *IDENTIFIED, ("start/sure", "1"), ("", END)),
    "complaint": goal(
        "complaint", MENU, ("main/", "4"), ("start/kind", "2"), ("start/words", SOUND), ("", "#"), ("", END)
    ),
    "call-back": goal("callback", MENU, ("main/", "5"), ("start/same", "1"), ("start/window", "1")),
    "language": goal("order", MENU, ("main/", "8"), ("start/", "2"), ("main/", "1"), ("start/number", ORDERS[1][0])),
    "off hours, voice mail": goal(
        "voicemail", BY_DAY, ("start/", "1"), ("start/message", SOUND), ("", "#"), ("start/wish", "1"), ("", END)
    ),
    "holiday, loss report": goal("loss", HOLIDAY, ("start/wish", "2"), *IDENTIFIED, ("start/sure", "1"), ("", END)),
    "person, identity check, survey": by_an_agent,
}


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


def always_closed() -> str:
    """The demo centre, its hours over, at trunks and passwords of the tests; a number more for the holidays."""
    text = (TEMPLATES / "demo.yaml").read_text("utf-8").replace("YINGDA_DEMO_PASSWORD", "TEST_PASSWORD")
    week = 'week: [{days: [1, 2, 3, 4, 5], begin: "09:00", end: "18:00"}]'
    assert week in text
    text = _FILE.sub(lambda found: "text: " + json.dumps((TEMPLATES / found[1]).read_text("utf-8")), text)
    return (
        text.replace(week, "week: []")
        .replace("hosts: [127.0.0.1]", "hosts: [127.0.0.2]")
        .replace(
            '  - {number: "4008001002"', f'  - {{number: "{HOLIDAY}", flow: 节假日流程}}\n  - {{number: "4008001002"'
        )
    )


@pytest.fixture(scope="module")
async def outcomes(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, BaseException | None]]:
    """How each story ended: all are told at once."""
    if reason := keying_missing():
        skip_or_fail(reason)
    folder = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(DATABASE, f"sqlite:///{folder / 'demo-shop.sqlite'}")
        open_shop(folder)
        async with AsyncExitStack() as stack:
            ports = stack.enter_context(PortBlock.take())
            centre = await stack.enter_async_context(house(folder, centre=always_closed()))
            witness = await stack.enter_async_context(Witness())
            stage = Stage(centre, witness, ports, folder, write_sound(folder / "voice.pcap", 6_000, 2.5))
            ended = await asyncio.gather(
                *(within(DEADLINE_S, story(stage)) for story in STORIES.values()), return_exceptions=True
            )
            yield dict(zip(STORIES, ended, strict=True))


@pytest.mark.parametrize("story", STORIES)
async def test_story(story: str, outcomes: dict[str, BaseException | None]) -> None:
    if (error := outcomes[story]) is not None:
        raise error
