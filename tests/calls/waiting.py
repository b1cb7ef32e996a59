"""The stage of waiting callers: a centre whose queue has everything to say to them, and what was made of it."""

from __future__ import annotations

from tests.calls.driver import CENTRE, Driver
from yingda.calls.effects import MediaRequest
from yingda.calls.model import Call
from yingda.calls.numbering import NumberPlan
from yingda.calls.switch import Switch
from yingda.calls.treatment import UNDER_A_MINUTE, WaitingSounds
from yingda.kernel.config.centre import Centre
from yingda.media import protocol as media

SOUNDS = WaitingSounds(
    welcome=["welcome"],
    comfort=(["comfort1"], ["comfort2"], ["comfort3"]),
    places={1: ["place1"], 2: ["place2"]},
    waits={UNDER_A_MINUTE: ["soon"]},
    keys=["keys"],
    callback_key="1",
    message_key="2",
    every_s=30,
    owed=["owed"],
    thanked=["thanked"],
    sorry=["sorry"],
    message=["beep"],
    busy=["busy"],
    closed=["closed"],
    emergency=["emergency"],
    overflows={"later": ["overflow"]},
    lengths={"welcome": 5.0, "place1": 2.0, "soon": 2.0, "keys": 6.0, "comfort1": 10.0, "comfort2": 10.0},
)


def centre(**queue: object) -> Centre:
    document = CENTRE.model_dump()
    document["queues"][0] |= {"music": None, **queue}
    return Centre.model_validate(document)


class Sounds:
    def greeting(self, flow_id: str) -> list[str]:
        return ["file:greeting.wav"]

    def take_by_key(self) -> list[str]:
        return ["file:press-one.wav"]

    def trunk_full(self, trunk_id: str) -> list[str]:
        return []

    def agent_number(self, number: str) -> list[str]:
        return []

    def queue_name(self, queue_id: str) -> list[str]:
        return []

    def music(self, queue_id: str) -> list[str]:
        return ["music"]

    def meeting(self, room_id: str) -> dict[str, list[str]]:
        return {}

    def held(self, queue_id: str) -> list[str]:
        return ["music"]

    def waiting(self, queue_id: str) -> WaitingSounds:
        return SOUNDS


class Scene(Driver):
    def __init__(self, given: Centre | None = None) -> None:
        self.centre = given or centre()
        super().__init__()
        self.distributor.configure(self.centre, self.now, 2)

    def _fresh(self) -> Switch:
        plan = NumberPlan(self.centre, 2)
        return Switch(self.ids, plan, self.distributor, Sounds(), self.devices, keep_number=lambda n: f"ref:{n}")

    def heard(self) -> list[list[str]]:
        """Everything played so far."""
        asked = [effect.command for effect in self.effects if isinstance(effect, MediaRequest)]
        return [list(command.items) for command in asked if isinstance(command, media.Play)]

    def call(self) -> Call:
        return next(iter(self.switch.table.calls.values()))

    def played(self) -> None:
        """What is being played to the caller comes to its end."""
        self.end_greeting(self.call().customer)

    def press(self, digit: str) -> None:
        report = media.DigitHeard(
            number=9, measured_at=self.now, leg_id=self.call().customer, digit=digit, duration_ms=90
        )
        self.do(self.switch.media_report(report, self.now))


def waiting(given: Centre | None = None) -> Scene:
    scene = Scene(given)
    scene.reach_queue("c1")
    return scene
