"""Runs a plan: phones register, agents sign in, callers dial when their wave comes, agents act as planned.

Afterwards the folder holds `data` (the centre's own) and `artefacts`: plan.json, run.json, wire.pcap,
callers/<number>, agents/<extension>, and api (what the centre's API says of it all).
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from bench.call import plan as planned
from bench.call.agent import Agent, Script
from bench.call.centre import HOST, LEADER, TRUNK_HOST, Centre, Ports
from bench.call.plan import AgentPlan, CallerPlan, Plan, Wave
from bench.peers.baresip import Phone, PhoneSettings
from bench.peers.capture import Capture
from bench.peers.ports import PortBlock
from bench.peers.process import PeerError
from bench.peers.sipp import Caller, CallerSettings, dial_together

WAVE_LIMIT_S = 30.0
CALL_LIMIT_S = 60.0
BOOKS_LIMIT_S = 15.0
POLL_S = 0.15


def say(text: str) -> None:
    """Progress, for people: standard output belongs to the result."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


class Conductor:
    """One run of a plan in a folder. Everything started is on `stack` and ends with it, newest first."""

    def __init__(self, plan: Plan, folder: Path, ports: PortBlock, stack: AsyncExitStack) -> None:
        self.plan, self.folder = plan, folder
        self.artefacts = folder / "artefacts"
        self._ports, self._stack = ports, stack
        self._agents: list[Agent] = []
        self._callers: dict[str, Caller] = {}
        self._dialled: list[str] = []
        self._codes: dict[str, int] = {}

    async def run(self) -> None:
        self.artefacts.mkdir(parents=True)
        capture = await Capture.start(self.artefacts / "wire.pcap", (self._ports.base, self._ports.last))
        self._stack.push_async_callback(capture.stop)
        say("the centre starts")
        ports = Ports(self._ports.one(), self._ports.one(), self._ports.one(), _ends(self._ports.row(200)))
        centre = await Centre.start(self.folder, ports, self.plan.agents)
        self._stack.push_async_callback(centre.stop)
        await self._start_peers(centre)
        planned.save(self.plan, self._addresses(centre), self.artefacts / "plan.json")
        await self._play()
        await self._ask(centre)
        await centre.stop()
        await capture.stop()
        facts = {"server_exit_code": centre.exit_code, "packets_missed": capture.dropped, "caller_codes": self._codes}
        _write(self.artefacts / "run.json", facts)

    # ---- beginning ------------------------------------------------------------------------------------------------

    async def _start_peers(self, centre: Centre) -> None:
        say(f"{len(self.plan.agents)} phones register, {len(self.plan.callers)} callers get ready")
        script = Script(self.plan.callers)
        callers = asyncio.gather(*(self._start_caller(caller, centre) for caller in self.plan.callers))
        self._agents = list(
            await asyncio.gather(*(self._start_agent(agent, centre, script) for agent in self.plan.agents))
        )
        await callers
        documents = [await agent.sign_in() for agent in self._agents]
        (self.artefacts / "api").mkdir()
        _write(self.artefacts / "api" / "agents.json", documents)

    async def _start_agent(self, plan: AgentPlan, centre: Centre, script: Script) -> Agent:
        settings = PhoneSettings(
            extension=plan.extension,
            password=centre.passwords[plan.extension],
            registrar=f"{HOST}:{centre.ports.sip}",
            sip_port=self._ports.one(),
            control_port=self._ports.one(),
            media_ports=_ends(self._ports.row(16)),
            tone_hz=plan.tone_hz,
            codecs=plan.codecs,
        )
        phone = await Phone.start(settings, self.artefacts / "agents" / plan.extension)
        self._stack.push_async_callback(phone.stop)
        await phone.registered()
        person = await centre.sign_in(plan.username)
        self._stack.push_async_callback(person.close)
        return Agent(plan, phone, person, script)

    async def _start_caller(self, plan: CallerPlan, centre: Centre) -> None:
        settings = CallerSettings(
            number=plan.number,
            called=planned.CALLED,
            target=f"{HOST}:{centre.ports.sip}",
            sip_port=self._ports.one(),
            media_port=self._ports.row(4)[0],
            control_port=self._ports.one(),
            tone_hz=plan.tone_hz,
            codec=plan.codec,
            stay_s=plan.stay_s,
            host=TRUNK_HOST,
        )
        caller = await Caller.start(settings, self.artefacts / "callers" / plan.number)
        self._stack.push_async_callback(caller.stop)
        self._callers[plan.number] = caller

    def _addresses(self, centre: Centre) -> dict[str, Any]:
        """Who was where: what the check needs beside the plan."""
        return {
            "server": [HOST, centre.ports.sip],
            "media": list(centre.ports.media),
            "agents": {agent.plan.extension: [HOST, agent.phone.settings.sip_port] for agent in self._agents},
            "callers": {
                number: [TRUNK_HOST, caller.settings.sip_port, caller.settings.media_port]
                for number, caller in self._callers.items()
            },
        }

    # ---- the calls ------------------------------------------------------------------------------------------------

    async def _play(self) -> None:
        """All waves, while the agents work; then everybody goes home."""
        async with asyncio.TaskGroup() as tasks:
            for agent in self._agents:
                tasks.create_task(agent.work(tasks))
            try:
                for wave in self.plan.waves:
                    if not wave.overtakes:
                        await self._all_hung_up()
                    await self._until(f"wave “{wave.name}”", wave.may_begin)
                    await self._dial(wave)
                await self._all_hung_up()
                say("all callers have hung up")
                await self._until("every agent to be idle again", lambda states: set(states) == {"idle"})
                for agent in self._agents:
                    await agent.person.post("/desk/sign-out")
            finally:
                await asyncio.gather(*(agent.phone.stop() for agent in self._agents))

    async def _all_hung_up(self) -> None:
        """Wait for those who have dialled so far."""
        for number in self._dialled:
            self._codes[number] = await self._callers[number].finished(CALL_LIMIT_S)

    async def _until(self, what: str, true: Callable[[list[str]], bool]) -> None:
        """Wait until it is true of the agents' states."""
        deadline = time.monotonic() + WAVE_LIMIT_S
        while True:
            states = list(await asyncio.gather(*(agent.ready_again() for agent in self._agents)))
            if true(states):
                return
            if time.monotonic() > deadline:
                raise PeerError(f"Waited {WAVE_LIMIT_S:g} s in vain for {what}; the agents are {', '.join(states)}.")
            await asyncio.sleep(POLL_S)

    async def _dial(self, wave: Wave) -> None:
        say(f"wave “{wave.name}”: {len(wave.callers)} calls")
        begin = time.monotonic()
        for after, group in itertools.groupby(sorted(wave.callers, key=lambda item: item[0]), key=lambda item: item[0]):
            await asyncio.sleep(max(0.0, begin + after - time.monotonic()))
            numbers = [caller.number for _, caller in group]
            await dial_together([self._callers[number] for number in numbers])
            self._dialled += numbers

    # ---- what the centre says -------------------------------------------------------------------------------------

    async def _ask(self, centre: Centre) -> None:
        """Keep the API's answers once the books hold what is expected, or time is up (the check says what lacks)."""
        leader = await centre.sign_in(LEADER)
        self._stack.push_async_callback(leader.close)
        deadline = time.monotonic() + BOOKS_LIMIT_S
        calls = await leader.every("/calls")
        while not self._complete(calls) and time.monotonic() < deadline:
            await asyncio.sleep(POLL_S)
            calls = await leader.every("/calls")
        api = self.artefacts / "api"
        _write(api / "calls.json", calls)
        _write(api / "details.json", [await leader.get(f"/calls/{call['interaction_id']}") for call in calls])
        _write(api / "queues.json", await leader.get("/figures/queues", day="today"))
        _write(api / "agent_figures.json", await leader.get("/figures/agents", day="today"))
        say(f"the centre's books name {len(calls)} calls")

    def _complete(self, calls: list[dict[str, Any]]) -> bool:
        return len(calls) >= len(self.plan.callers) and all(call["outcome"] for call in calls)


def _ends(ports: range) -> tuple[int, int]:
    return ports[0], ports[-1]


def _write(file: Path, content: object) -> None:
    file.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")


async def conduct(plan: Plan, folder: Path) -> None:
    """Run the plan in the folder. Raises PeerError; whatever was started has ended when this returns."""
    try:
        with PortBlock.take() as ports:
            async with AsyncExitStack() as stack:
                await Conductor(plan, folder, ports, stack).run()
    except* PeerError as errors:
        raise PeerError("; ".join(dict.fromkeys(_sentences(errors)))) from errors


def _sentences(errors: BaseExceptionGroup[PeerError]) -> Iterator[str]:
    for error in errors.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _sentences(error)
        else:
            yield str(error)
