"""What leaders set going outlives a restart: read from the events of the run before, said once more in the new one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tests.calls.waiting import Scene, waiting
from yingda.calls import emergencies
from yingda.calls.effects import Effect
from yingda.kernel.clock import VirtualClock
from yingda.kernel.config.centre import Prompt
from yingda.kernel.errors import YingdaError
from yingda.kernel.event import Event
from yingda.planes.standing import Standing, take_up
from yingda.routing.state import Loan


class Sounds:
    async def announcement(self, prompt: Prompt | None) -> list[str]:
        if prompt is not None and prompt.file == "gone.wav":
            raise YingdaError("prompt_missing", "There is no such prompt.")
        return [f"spoken:{prompt.say}"] if prompt is not None else []


class Carrier:
    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def carry(self, effects: Sequence[Effect], now: int) -> None:
        self._scene.do(list(effects))


def started(queue_id: str, until: int, **announce: str) -> Event:
    data = {"queue_id": queue_id, "until": until, "announce": announce}
    return Event(kind="queue.emergency_started", at=1, data=data)


def taken_up(scene: Scene, told: Standing) -> None:
    asyncio.run(take_up(told, scene.switch, Carrier(scene), Sounds(), VirtualClock(scene.now)))


def test_an_announcement_and_a_loan_go_on_to_their_ends() -> None:
    scene = waiting()
    until = scene.now + 600_000_000
    run = [started("q1", until, say="系统故障", language="zh")]
    taken_up(scene, Standing([Loan("a1", "q1", until)], emergencies.standing(run)))
    assert scene.heard()[-1] == ["spoken:系统故障"]
    assert scene.data("queue.emergency_started")[-1]["until"] == until
    assert scene.data("agent.lent") == [{"agent_id": "a1", "queue_id": "q1", "until": until}]


def test_what_is_past_or_cannot_be_said_any_more_ends() -> None:
    scene = waiting()
    later = scene.now + 600_000_000
    for run, why in (
        ([started("q1", scene.now - 1, say="系统故障")], "expired"),
        ([started("q1", later, file="gone.wav")], "configured"),
        ([started("nowhere", later)], "configured"),
    ):
        taken_up(scene, Standing([], emergencies.standing(run)))
        assert scene.data("queue.emergency_ended")[-1]["why"] == why
    assert not scene.switch.waiting.emergencies.on
