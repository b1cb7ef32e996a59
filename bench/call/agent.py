"""An agent: a phone and a desk. What he does with a call is written in the plan, whoever of the agents gets it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from bench.call import plan as planned
from bench.call.centre import Person
from bench.call.plan import Act, AgentPlan, CallerPlan, plan_number
from bench.peers.baresip import Phone, PhoneEvent
from bench.peers.process import PeerError


class Script:
    """What is to be done with each call: the next act of its plan, and how long the talk is."""

    def __init__(self, callers: Sequence[CallerPlan]) -> None:
        self._acts = {caller.number: list(caller.acts) for caller in callers}
        self._talks = {caller.number: caller.talk_s for caller in callers}

    def next_act(self, number: str) -> Act:
        """Raises PeerError for an offer the plan does not foresee."""
        acts = self._acts.get(number)
        if not acts:
            raise PeerError(
                f"The call of {number or 'a withheld number'} was offered to an agent once more than planned."
            )
        return acts.pop(0)

    def talk_s(self, number: str) -> float | None:
        """None: the caller ends the talk."""
        return self._talks.get(number)


class Agent:
    def __init__(self, plan: AgentPlan, phone: Phone, person: Person, script: Script) -> None:
        self.plan, self.phone, self.person = plan, phone, person
        self._script = script

    async def work(self, tasks: asyncio.TaskGroup) -> None:
        """React to calls until the phone ends. What takes time runs beside the listening."""
        async for event in self.phone.events():
            if event.kind == "CALL_INCOMING":
                tasks.create_task(self._rings(event))
            elif event.kind == "CALL_ESTABLISHED":
                tasks.create_task(self._talks(event))

    async def _rings(self, event: PhoneEvent) -> None:
        act = self._script.next_act(plan_number(event.peer_user))
        if act is Act.IGNORE:
            return
        await asyncio.sleep(planned.RING_S)
        if act is Act.ANSWER:
            await self.phone.answer()
        else:
            await self.phone.hang_up()

    async def _talks(self, event: PhoneEvent) -> None:
        talk_s = self._script.talk_s(plan_number(event.peer_user))
        if talk_s is not None:
            await asyncio.sleep(talk_s)
            await self.phone.hang_up()

    async def document(self) -> dict[str, Any]:
        """The agent as his desk shows him."""
        document: dict[str, Any] = (await self.person.get("/desk"))["agent"]
        return document

    async def sign_in(self) -> dict[str, Any]:
        """To the desk, ready for calls."""
        document: dict[str, Any] = await self.person.post(
            "/desk/sign-in", {"extension": self.plan.extension, "ready": True}
        )
        return document

    async def ready_again(self) -> str:
        """His state; if the centre set him busy (he let a call ring out), he presses Ready first."""
        state = (await self.document())["state"]
        if state == "busy":
            await self.person.post("/desk/idle")
        return str(state)
