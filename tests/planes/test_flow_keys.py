"""Callers in flows by sipp, keys as RFC 4733 events: what they hear is read off the wire, the rest out of the books.

All of them call the same centre at the same time, each a story of its own; a test for each story.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from bench.peers.keypad import Keypad
from bench.peers.ports import PortBlock

from tests.conftest import skip_or_fail
from tests.deadline import within
from tests.peers.keying import SILENCE, Witness, bye_comes, hang_up, keying_missing, keys, sound, write_sound
from tests.planes.flow_bridges import ENDS, answer_calls, bridge
from tests.planes.flow_documents import (
    ATTACHED,
    PROMPT_S,
    RETURNED,
    TYPED,
    WELCOME_S,
    byte_of,
    centre_with_flows,
    write_prompts,
)
from tests.planes.flow_stage import CALLER_SAYS, DEADLINE_S, Stage, Story, over
from tests.planes.house import House, house, run_yingda, wait_for_event

pytestmark = [pytest.mark.anyio, pytest.mark.peer]

# ---- the menu -----------------------------------------------------------------------------------------------------


async def menu(stage: Stage) -> None:
    """By keys to the end; the first one into the prompt, which stops (barge-in)."""
    caller = await stage.in_menu(keys("1"), keys("8"), keys("802"), bye_comes())
    welcomed = await caller.hears(byte_of("welcome"))
    pressed = await caller.presses("1")
    asked = await caller.hears(byte_of("one"), pressed)
    assert asked - welcomed < WELCOME_S, "the welcome was heard to its end"
    assert asked - pressed < PROMPT_S
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
    welcomed = await caller.hears(byte_of("welcome"))
    pressed = await caller.presses("5")
    again = await caller.hears(byte_of("again"), pressed)
    assert again - welcomed < WELCOME_S, "the welcome was heard to its end"
    assert again - pressed < PROMPT_S
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
    silent_since = caller.line.spoken_at
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


# ---- what breaks goes to a person -----------------------------------------------------------------------------------


async def dialled(centre: House, number: str) -> Keypad:
    caller = Keypad(("127.0.0.1", centre.sip), "4008001000", number)
    await caller.dial()
    centre.stack.push_async_callback(caller.hang_up)
    return caller


def breaking(key: str) -> Story:
    """The flow throws, or runs for ever."""

    async def story(stage: Stage) -> None:
        number = f"1380000222{key}"
        caller = await dialled(stage.centre, number)
        await caller.hears(byte_of("welcome"), 0)
        await caller.press(key)
        left, entered = await stage.booked(number, "flow.left", "queue.entered")
        assert left["data"]["exit"] == "error"
        assert entered["kind"] == "queue.entered"
        assert not caller.ended.is_set()

    return story


async def killed(stage: Stage) -> None:
    """The flows plane dies with a caller in it; the next one finds it back."""
    caller = await dialled(stage.centre, "13800003333")
    await caller.hears(byte_of("welcome"), 0)
    await stage.centre.kill("flows")
    await stage.booked("13800003333", "queue.entered")
    assert not caller.ended.is_set()
    another = await dialled(stage.centre, "13800004444")
    await another.hears(byte_of("welcome"), 0, 20)


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
BREAKING: dict[str, Story] = {"it throws": breaking("9"), "it runs for ever": breaking("8")}
AT_LAST: dict[str, Story] = {"its plane is killed": killed}
"""Nobody else may be in a flow by then."""


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def outcomes(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, BaseException | None]]:
    """How each story ended: all are told at once, and what breaks after the others."""
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
        outcomes = dict[str, BaseException | None]()
        for together in (STORIES, BREAKING, AT_LAST):
            told = (within(DEADLINE_S, story(stage)) for story in together.values())
            outcomes.update(zip(together, await asyncio.gather(*told, return_exceptions=True), strict=True))
        yield outcomes
        assert await centre.stop() == 0
    code, said = await run_yingda("verify", "--data", str(centre.data), data=centre.data)
    assert code == 0, said  # every run and node adds up (metrics.md F1, F2), whatever happened to it


@pytest.mark.parametrize("story", [*STORIES, *BREAKING, *AT_LAST])
async def test_story(story: str, outcomes: dict[str, BaseException | None]) -> None:
    if (error := outcomes[story]) is not None:
        raise error
