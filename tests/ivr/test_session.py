"""A session at work: what waits while it rests comes in order, and nothing outlives its caller for long."""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from yingda.calls import flow_protocol as messages
from yingda.ivr.running import session as running
from yingda.ivr.running import turns
from yingda.ivr.running.documents import Documents
from yingda.ivr.running.lookups import Lookups
from yingda.ivr.running.objects import Objects
from yingda.ivr.running.session import Session
from yingda.ivr.running.sounds import Prompts
from yingda.ivr.script.quickjs_engine import QuickJs
from yingda.ivr.speech.cache import PromptCache
from yingda.ivr.speech.espeak import Espeak
from yingda.ivr.voicexml.model import Library

pytestmark = pytest.mark.anyio
HEAVY = """<vxml version="2.1" xmlns="http://www.w3.org/2001/vxml" xml:lang="en">
  <form>
    <block><script>for (var i = 0; i &lt; 20000; i++) {}</script></block>
    <field name="number" type="digits?length=4">
      <filled><log label="goal"><value expr="number"/></log></filled>
    </field>
    <record name="message" maxtime="60s"/>
  </form>
</vxml>"""


WILD = """<vxml version="2.1" xmlns="http://www.w3.org/2001/vxml" xml:lang="en">
  <form id="again">
    <field name="nothing" type="digits">
      <property name="timeout" value="1ms"/><noinput><goto next="#wild"/></noinput>
    </field>
  </form>
  <form id="wild">
    <catch event="error"><goto next="#again"/></catch><block><script>while (true) {}</script></block>
  </form>
</vxml>"""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Caller:
    """Control's side of one session: everything it was told."""

    def __init__(self, folder: Path, aside: Executor | None = None, text: str = HEAVY) -> None:
        self.told: list[messages.AnyAct] = []
        self._more = asyncio.Event()
        prompts = Prompts(folder, PromptCache(folder, Espeak()))
        documents = Documents(1, {"heavy": text})
        start = messages.Start(session_id="s", document="heavy", language="en")
        objects = Objects(Lookups((), {}))
        self.session = Session(start, Library(), QuickJs(), prompts, documents, objects, self._tell, aside=aside)

    def _tell(self, acts: list[messages.AnyAct]) -> None:
        self.told.extend(acts)
        self._more.set()

    async def until(self, kind: type[messages.AnyAct]) -> messages.AnyAct:
        async with asyncio.timeout(5):
            while True:
                for act in self.told:
                    if isinstance(act, kind):
                        return act
                self._more.clear()
                await self._more.wait()

    def wake(self) -> None:
        """The rest is over now."""
        resting = self.session._turns._resting
        assert resting is not None, "it does not rest"
        resting.cancel()
        self.session._turns._rested()


class Aside(ThreadPoolExecutor):
    """Counts the turns that are taken in its thread."""

    taken = 0

    def submit(self, *call: Any, **named: Any) -> Future[Any]:
        self.taken += 1
        return super().submit(*call, **named)


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_keys_pressed_while_a_session_rests_keep_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, elsewhere: bool
) -> None:
    monkeypatch.setattr(turns, "HEAVY_S", 0.000_05)
    monkeypatch.setattr(turns, "REST", 1e6)  # until it is woken
    aside = Aside(1)
    caller = Caller(tmp_path, aside if elsewhere else None)
    caller.session.begin()
    await caller.until(messages.Entered)  # told by the input that ran the script
    for key in "1234":
        caller.session.happened(messages.Key(key=key))
    assert not any(isinstance(act, messages.Goal) for act in caller.told), "it does not rest"
    monkeypatch.setattr(turns, "REST", 1)
    caller.wake()
    goal = await caller.until(messages.Goal)
    assert isinstance(goal, messages.Goal) and goal.goal == "1234"
    assert (aside.taken >= 4) is elsewhere, "heavy once, its turns are taken aside"
    caller.session.close()
    aside.shutdown()


async def test_a_flow_whose_caller_is_gone_ends_though_its_message_never_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "REST", 1)
    monkeypatch.setattr(running, "AFTER_HANG_UP_S", 0.05)
    caller = Caller(tmp_path)
    caller.session.begin()
    for key in "1234":
        caller.session.happened(messages.Key(key=key))
    await caller.until(messages.Record)
    caller.session.happened(messages.HungUp())
    await caller.until(messages.Exit)
    assert caller.session.ended


async def test_a_flow_that_goes_on_running_wild_rests_longer_and_is_broken_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "REST", 0.1)
    rests: list[float] = []
    loop = asyncio.get_running_loop()
    later = loop.call_later

    def seen(delay: float, callback: Any, *given: Any, **more: Any) -> asyncio.TimerHandle:
        if getattr(callback, "__name__", "") == "_rested":
            rests.append(delay)
        return later(delay, callback, *given, **more)

    monkeypatch.setattr(loop, "call_later", seen)
    aside = Aside(1)
    caller = Caller(tmp_path, aside, WILD)
    caller.session.begin()
    ended = await caller.until(messages.Exit)
    assert isinstance(ended, messages.Exit) and ended.fault.partition(":")[0] == turns.ENDLESS
    assert len(rests) == turns.MOST_HEAVY and aside.taken >= turns.MOST_HEAVY - 1
    assert all(rest > 10 * rests[0] for rest in rests[4:]), (
        "each is twice as long as the one before, sixteen times at most"
    )
    assert caller.session.ended
    aside.shutdown()
