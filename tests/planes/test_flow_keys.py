"""Callers in flows by sipp, keys as RFC 4733 events: what they hear is read off the wire, the rest out of the books.

All of them call the same centre at the same time, each a story of its own; a test for each story.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from bench.peers.ports import PortBlock

from tests.conftest import skip_or_fail
from tests.deadline import within
from tests.peers.keying import SILENCE, Dialler, Witness, bye_comes, hang_up, keying_missing, keys, sound, write_sound
from tests.peers.sipp import Sipp, expect, reply, reply_in_dialog, scenario, start_sipp
from tests.planes.flow_documents import (
    ATTACHED,
    PROMPT_S,
    RETURNED,
    TYPED,
    byte_at,
    byte_of,
    centre_with_flows,
    write_prompts,
)
from tests.planes.house import House, house, run_yingda, wait_for_event

pytestmark = [pytest.mark.anyio, pytest.mark.peer]

CALLER_SAYS, PARTY_SAYS = 6_000, 10_000
"""Levels of voices: a caller's, that of whom a flow calls for him."""
DEADLINE_S = 90.0
"""For all stories together, on a slow machine."""


@dataclass
class Stage:
    """The centre, and who calls it."""

    centre: House
    witness: Witness
    ports: PortBlock
    folder: Path
    parties: dict[int, Sipp] = field(default_factory=dict)
    _callers: int = 0

    async def call(self, *steps: str) -> Dialler:
        """A caller of his own number dials the menu."""
        self._callers += 1
        number = f"1380000{self._callers:04}"
        caller = await Dialler.start(
            self.folder / number, self.witness, self.ports, server=("127.0.0.1", self.centre.sip), steps=list(steps),
            number=number, deadline=DEADLINE_S,
        )  # fmt: skip
        self.centre.stack.push_async_callback(caller.sipp.stop)
        return caller

    async def in_menu(self, *steps: str) -> Dialler:
        """… and is welcomed."""
        caller = await self.call(*steps)
        await caller.hears(byte_of("welcome"))
        return caller

    async def books(self, caller: Dialler, *kinds: str) -> list[dict[str, Any]]:
        """The events of these kinds of a caller's contact, once the books have one of each."""
        leader = await self.centre.person("leader")
        async with asyncio.timeout(30):
            while True:
                found = (await leader.get("/calls", number=caller.number))["items"]
                calls = [one["interaction_id"] for one in found if one["medium"] == "voice"]  # not the call he is owed
                path = f"/calls/{calls[0]}" if calls else ""
                events = [one for one in (await leader.get(path))["timeline"] if one["kind"] in kinds] if path else []
                if {one["kind"] for one in events} == set(kinds):
                    return events
                await asyncio.sleep(0.2)  # until the books have it

    async def told(self, caller: Dialler, *kinds: str) -> list[dict[str, Any]]:
        return [one["data"] for one in await self.books(caller, *kinds)]


Story = Callable[[Stage], Awaitable[None]]


async def over(caller: Dialler) -> None:
    """The scenario went through, to its last message."""
    done = await caller.done()
    assert done.ok, done.report


# ---- the menu -----------------------------------------------------------------------------------------------------


async def menu(stage: Stage) -> None:
    """By keys to the end; the first one into the prompt, which stops (barge-in)."""
    caller = await stage.in_menu(keys("1"), keys("8"), keys("802"), bye_comes())
    welcomed = await caller.hears(byte_of("welcome"))
    pressed = await caller.presses("1")
    asked = await caller.hears(byte_of("one"), pressed)
    assert asked - welcomed < PROMPT_S, "the welcome was heard to its end"
    assert caller.line.since(byte_of("welcome"), asked) is None
    await caller.presses("8")
    pressed = await caller.presses("802")
    await caller.hears(byte_of("bye"), pressed)
    await over(caller)
    left, goal = sorted(await stage.told(caller, "flow.left", "flow.goal_reached"), key=lambda data: "goal" in data)
    assert goal["goal"] == "order" and (left["exit"], left["node_id"]) == ("done", "menu#order/number")
    nodes = [one["node_id"] for one in await stage.told(caller, "flow.node_entered")]
    assert nodes == ["menu#main/", "menu#order/number"]


async def wrong_key_and_silence(stage: Stage) -> None:
    caller = await stage.in_menu(keys("5"), hang_up())
    pressed = await caller.presses("5")
    again = await caller.hears(byte_of("again"), pressed)
    assert again - pressed < PROMPT_S, "the welcome was heard to its end"
    late = await caller.hears(byte_of("late"), again)
    assert late - again > PROMPT_S + 0.9, "a second of silence comes after the prompt"
    await caller.go_on()
    await over(caller)
    (left,) = await stage.told(caller, "flow.left")
    assert left["exit"] == "hangup" and left["node_id"].startswith("menu#main/")


async def message(stage: Stage) -> None:
    """Who says nothing has left none; what he was saying when he hung up is one."""
    voice = write_sound(stage.folder / "message.pcap", CALLER_SAYS, 1.6)
    caller = await stage.in_menu(keys("6"), sound(voice), hang_up())
    pressed = await caller.presses("6")
    asked = await caller.hears(byte_of("late"), pressed)
    assert asked - pressed > 0.5, "nobody spoke for 0.6 s"
    await caller.hears(SILENCE, asked)
    await caller.says(80)
    await caller.go_on()
    await over(caller)
    told = {one["kind"]: one["data"] for one in await stage.books(caller, "message.received", "flow.left")}
    assert told["flow.left"]["exit"] == "message"
    assert 1_000 <= told["message.received"]["duration_ms"] < 20_000
    (file,) = stage.centre.data.rglob(f"{told['message.received']['message_id']}.wav")
    assert file.stat().st_size > 8_000


async def dictation(stage: Stage) -> None:
    """A second in which he sends nothing but silence ends what he says."""
    voice = write_sound(stage.folder / "dictated.pcap", CALLER_SAYS, 1.6)
    silence = write_sound(stage.folder / "silence.pcap", 0, 6)
    caller = await stage.in_menu(keys("*"), sound(voice), sound(silence), bye_comes())
    pressed = await caller.presses("*")
    asked = await caller.hears(byte_of("late"), pressed)
    await caller.hears(SILENCE, asked)
    await caller.says(80)
    silent_since = time.monotonic()
    await caller.go_on()
    ended = await caller.hears(byte_of("bye"), silent_since)
    assert ended - silent_since > 0.8, "it waits for a second of silence"
    await over(caller)
    (goal,) = await stage.told(caller, "flow.goal_reached")
    assert goal["goal"] == "8 false"


# ---- hanging up, wherever he is -----------------------------------------------------------------------------------

PLACES = {
    "menu": ("", "welcome", "main/", "hangup"),
    "field": ("1", "one", "order/number", "hangup"),
    "record": ("6", "late", "message/said", "hangup"),
    "subdialog": ("4", "one", "asking/inner", "hangup"),
    "another flow": ("7", "again", "elsewhere/asked", "hangup"),
    "transfer that rings": ("38", "hold", "number/out", "hangup"),
}
"""Keys to a place, what he hears there, the node he is in, and how he has left it."""


def hanging_up(place: str) -> Story:
    way, prompt, node, exit_ = PLACES[place]

    async def story(stage: Stage) -> None:
        caller = await stage.in_menu(*map(keys, way), hang_up())
        since = 0.0
        for key in way:
            since = await caller.presses(key)
            await caller.hears(byte_of("one" if key != way[-1] else prompt), since)
        await caller.hears(byte_of(prompt), since)
        await caller.go_on()
        await over(caller)
        left = (await stage.told(caller, "flow.left", "interaction.ended"))[-2]
        assert left["exit"] == exit_ and left["node_id"].partition("#")[2].startswith(node), left

    return story


async def waiting(stage: Stage) -> None:
    """In a queue where nobody is: abandoned, and not left in the flow."""
    caller = await stage.in_menu(keys("2"), hang_up())
    await caller.presses("2")
    await stage.books(caller, "queue.entered")
    await caller.go_on()
    await over(caller)
    found = {one["kind"]: one["data"] for one in await stage.books(caller, "flow.left", "queue.left")}
    assert found["flow.left"]["exit"] == "queue" and found["queue.left"]["outcome"] == "abandoned"


# ---- to an agent and back -----------------------------------------------------------------------------------------


async def to_an_agent_and_back(stage: Stage) -> None:
    """Ten variables go along; the agent sends him to type a number that nobody hears, has him again, and rates."""
    centre = stage.centre
    agent, phone = await centre.person("1001"), await centre.phone("8101", stage.folder / "phone")
    await agent.post("/desk/sign-in", {"extension": "8101", "ready": True})
    ringing = phone.events()
    caller = await stage.in_menu(keys("0"), keys(TYPED), keys("5"), bye_comes())
    await caller.presses("0")
    await wait_for_event(ringing, "CALL_INCOMING", 30)
    assert (await centre.state(agent, "ringing", 20))["call"]["data"] == ATTACHED
    await phone.answer()
    await centre.state(agent, "talking", 20)

    await agent.post("/desk/transfer", {"to": {"kind": "flow", "flow": "identity", "back": True}})
    await centre.state(agent, "holding", 20)
    await caller.hears(byte_of("one"))
    await caller.presses(TYPED)
    call = (await centre.state(agent, "talking", 20))["call"]
    assert (ATTACHED | RETURNED).items() == call["data"].items() and "secret" not in call["data"]
    assert call["sent"]["result"] == "done" and call["recording"]

    await agent.post("/desk/survey")
    await centre.state(agent, "wrapup", 20)
    await caller.hears(byte_of("bye"))
    await caller.presses("5")
    await over(caller)
    told = {one["kind"]: one["data"] for one in await stage.books(caller, "survey.ended", "flow.person_requested")}
    assert told["survey.ended"]["answers"] == {"score": 5.0} and told["survey.ended"]["result"] == "answered"
    kept = b"".join(path.read_bytes() for path in centre.data.rglob("*") if path.is_file())
    assert TYPED.encode() not in kept, "the number was typed to nobody but the flow"


# ---- to outside numbers, by a bridge ------------------------------------------------------------------------------

BYE = """\
<recv request="ACK"><action>
<ereg regexp=".*" search_in="hdr" header="From:" assign_to="centre"/>
<ereg regexp=".*" search_in="hdr" header="To:" assign_to="party"/>
</action></recv>
SOUND
<pause milliseconds="1200"/>
<send retrans="500"><![CDATA[
BYE [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From:[$party]
To:[$centre]
Call-ID: [call_id]
CSeq: 1 BYE
Max-Forwards: 70
Content-Length: 0

]]></send>
<recv response="200"/>"""
ANSWERS = (
    expect("INVITE").replace("<recv ", '<recv rrs="true" '),
    reply(100, "Trying"),
    reply(180, "Ringing"),
    reply(200, "OK", sdp=True),
)
HUNG_UP_ON = (expect("BYE"), reply_in_dialog(200, "OK"))
RINGS = (
    expect("INVITE"), reply(180, "Ringing"), expect("CANCEL"), reply(200, "OK"),
    reply(487, "Request Terminated").replace("[last_CSeq:]", "CSeq: 1 INVITE"), expect("ACK"),
)  # fmt: skip
PARTIES = {
    1: (expect("INVITE"), reply(486, "Busy Here"), expect("ACK")),
    2: RINGS,
    3: (expect("INVITE"), reply(503, "Service Unavailable"), expect("ACK")),
    4: (*ANSWERS, expect("ACK"), "SOUND", *HUNG_UP_ON),
    5: (*ANSWERS, BYE),
    6: (*ANSWERS, expect("ACK"), "SOUND", *HUNG_UP_ON),
    7: (expect("INVITE"), reply(404, "Not Found"), expect("ACK")),
    8: RINGS,
}
"""What the outside numbers 1390000000N do."""

ENDS = {
    "busy": (1, "busy 0", False),
    "noanswer": (2, "noanswer 0", False),
    "network_busy": (3, "network_busy 0", False),
    "near_end_disconnect": (4, "near_end_disconnect", True),
    "far_end_disconnect": (5, "far_end_disconnect", True),
    "maxtime_disconnect": (6, "maxtime_disconnect 5", True),
    "unknown number": (7, "error.connection.noroute", False),
}
"""Whom the flow calls, what it is told of it, and whether they talk."""


async def answer_calls(folder: Path, ports: PortBlock) -> dict[int, Sipp]:
    """The outside numbers, each a sipp of its own at 127.0.0.1N."""
    voice = sound(write_sound(folder / "party.pcap", PARTY_SAYS, 8))
    return {
        number: await start_sipp(
            scenario(*(step.replace("SOUND", voice) for step in steps)), folder / f"party{number}",
            server=("127.0.0.1", 9), host=f"127.0.0.1{number}", port=ports.one(), rtp_port=ports.row(4)[0],
            deadline=DEADLINE_S, extra=("-mi", f"127.0.0.1{number}"),
        )
        for number, steps in PARTIES.items()
    }  # fmt: skip


def bridge(end: str) -> Story:
    number, result, talks = ENDS[end]

    async def story(stage: Stage) -> None:
        key_ends_it = end == "near_end_disconnect"
        steps = [keys("*9")] if key_ends_it else []
        caller = await stage.in_menu(keys("3"), keys(str(number)), *steps, bye_comes())
        pressed = await caller.presses("3")
        await caller.hears(byte_of("one"), pressed)
        pressed = await caller.presses(str(number))
        if number in (2, 8):
            await caller.hears(byte_of("hold"), pressed)
        if talks:
            pressed = await caller.hears(byte_at(PARTY_SAYS), pressed)
        if key_ends_it:
            pressed = await caller.presses("*9")
        await caller.hears(byte_of("bye"), pressed)
        await over(caller)
        party = await stage.parties[number].done()
        assert party.ok, party.report
        (goal,) = await stage.told(caller, "flow.goal_reached")
        assert goal["goal"].startswith(result), goal
        (left,) = await stage.told(caller, "flow.left")
        assert left["exit"] == "done"

    return story


async def to_agents_while_the_flow_waits(stage: Stage) -> None:
    """A queue finds him one, who hangs up; the flow goes on, and calls that one by name: now the caller ends it."""
    centre = stage.centre
    agent, phone = await centre.person("1002"), await centre.phone("8102", stage.folder / "helper")
    await agent.post("/desk/sign-in", {"extension": "8102", "ready": True})
    ringing = phone.events()
    caller = await stage.in_menu(keys("#"), keys("*9"), bye_comes())
    pressed = await caller.presses("#")
    for last in (False, True):
        pressed = await caller.hears(byte_of("hold"), pressed)
        await wait_for_event(ringing, "CALL_INCOMING", 30)
        await phone.answer()
        await centre.state(agent, "talking", 20)
        if not last:
            await agent.post("/desk/hang-up")
            pressed = await caller.hears(byte_of("again"), pressed)
    pressed = await caller.presses("*9")
    await caller.hears(byte_of("bye"), pressed)
    await over(caller)
    kinds = ("flow.entered", "flow.goal_reached", "queue.left", "offer.ended", "handling.started", "flow.left")
    found = await stage.books(caller, *kinds)
    goals = [one["data"]["goal"] for one in found if one["kind"] == "flow.goal_reached"]
    assert goals == ["far_end_disconnect", "near_end_disconnect *9"]
    origins = [one["data"]["origin"] for one in found if one["kind"] == "handling.started"]
    assert origins == ["offer", "direct"]
    assert [one["kind"] for one in found].count("flow.entered") == 1 and found[-1]["data"]["exit"] == "done"


STORIES: dict[str, Story] = {
    "menu": menu,
    "wrong key and silence": wrong_key_and_silence,
    "message": message,
    "dictation": dictation,
    "waiting": waiting,
    "to an agent and back": to_an_agent_and_back,
    "to agents, the flow waiting": to_agents_while_the_flow_waits,
    **{f"hang-up: {place}": hanging_up(place) for place in PLACES},
    **{f"bridge: {end}": bridge(end) for end in ENDS},
}


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def outcomes(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, BaseException | None]]:
    """How each story ended: all are told at once."""
    if reason := keying_missing():
        skip_or_fail(reason)
    folder = tmp_path_factory.mktemp("keys")
    async with AsyncExitStack() as stack:
        ports = stack.enter_context(PortBlock.take())
        parties = await answer_calls(folder, ports)
        for party in parties.values():
            stack.push_async_callback(party.stop)
        carriers = {number: sipp.port for number, sipp in parties.items()}
        centre = await stack.enter_async_context(house(folder, centre=centre_with_flows(carriers), start=False))
        write_prompts(centre.data / "prompts")
        await centre.start()
        stage = Stage(centre, await stack.enter_async_context(Witness()), ports, folder, parties)
        ended = await asyncio.gather(
            *(within(DEADLINE_S, story(stage)) for story in STORIES.values()), return_exceptions=True
        )
        yield dict(zip(STORIES, ended, strict=True))
        assert await centre.stop() == 0
    code, said = await run_yingda("verify", "--data", str(centre.data), data=centre.data)
    assert code == 0, said  # every run and node adds up (metrics.md F1, F2), whatever happened to it


@pytest.mark.parametrize("story", STORIES)
async def test_story(story: str, outcomes: dict[str, BaseException | None]) -> None:
    if (error := outcomes[story]) is not None:
        raise error
