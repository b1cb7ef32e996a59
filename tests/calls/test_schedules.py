"""Random schedules of everything that can happen to calls, in any order and at the same instants.

The switch drives a real distributor; its events go into strict books after every step, and every identity must hold. At
the end nothing may be left: each leg, contact, run and recording that began has ended exactly once.
"""

from __future__ import annotations

import random
from collections import Counter

import pytest

from tests.calls.driver import REMOTE, Driver
from yingda.calls.model import Leg
from yingda.kernel.errors import YingdaError
from yingda.kernel.event import Event
from yingda.media import protocol as media
from yingda.sim.ledger import WorldBooks

PAIRS = {
    "leg.created": ("leg.ended", "leg_id"),
    "flow.entered": ("flow.left", "run_id"),
    "queue.entered": ("queue.left", "entry_id"),
    "offer.made": ("offer.ended", "offer_id"),
    "handling.started": ("handling.released", "handling_id"),
}


class Schedule:
    """One seeded world of two agents and up to four callers at once."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.driver = Driver(seed)
        self.driver.sign_in("a1", "a2")
        self.books = WorldBooks()
        self.recorded = 0
        self.callers = 0

    def run(self, steps: int) -> None:
        for _ in range(steps):
            self.rng.choice(self.ACTIONS)(self)
            self.driver.wait(self.rng.choice((0, 0, 0, 0.3, 2, 8)))
            self.record()
        self.come_to_rest()

    def record(self) -> None:
        """What was said since the last time goes into the books."""
        for event in self.driver.events[self.recorded :]:
            self.books.record(event)
        self.recorded = len(self.driver.events)
        self.books.check(self.driver.now)

    def come_to_rest(self) -> None:
        """Media catches up, everybody hangs up, everybody signs out."""
        driver = self.driver
        driver.fail = set()
        driver.catch_up()
        driver.do(driver.switch.end_all(driver.now))
        driver.wait(60)
        for agent in ("a1", "a2"):
            if agent in driver.distributor.floor.sessions:
                driver.do(driver.switch.distribute(driver.distributor.sign_out(agent, "self", driver.now), driver.now))
        self.record()
        self.books.finish(driver.now)

    # ---- what can happen ------------------------------------------------------------------------------------------

    def legs(self, role: str) -> list[Leg]:
        return [leg for leg in self.driver.switch.table.legs.values() if leg.role == role]

    def dial(self) -> None:
        self.callers += 1
        self.driver.dial(f"c{self.callers}", trunk=self.rng.choice(("t1", None)))

    def acknowledge(self) -> None:
        for leg in self.legs("customer"):
            self.driver.do(self.driver.switch.acknowledged(leg.leg_id, self.driver.now))

    def greeting_ends(self) -> None:
        for leg in self.legs("customer"):
            call = self.driver.switch.table.call_of(leg)
            if call.phase.value == "greeting":
                self.driver.end_greeting(leg.leg_id)

    def device(self) -> None:
        """A device does something, at the right moment or not."""
        if not (legs := self.legs("agent")):
            return
        leg, now, switch = self.rng.choice(legs), self.driver.now, self.driver.switch
        alive = media.LegAlive(number=1, measured_at=now, leg_id=leg.leg_id)
        reactions = (
            lambda: switch.ringing(leg.leg_id, now),
            *(lambda: switch.answered(leg.leg_id, REMOTE, now),) * 4,
            lambda: switch.media_report(alive, now),
            lambda: switch.refused(leg.leg_id, self.rng.choice(("declined", "device_failed")), 486, now),
            lambda: switch.cleared(leg.leg_id, now),
            lambda: switch.broken(leg.leg_id, now),
        )
        self.driver.do(self.rng.choice(reactions)())

    def customer_leaves(self) -> None:
        if legs := self.legs("customer"):
            leave = self.rng.choice((self.driver.switch.cleared, self.driver.switch.broken))
            self.driver.do(leave(self.rng.choice(legs).leg_id, self.driver.now))

    def desk(self) -> None:
        driver = self.driver
        for handling_id in list(driver.switch.table.by_handling):
            act = self.rng.choice((driver.switch.hold, driver.switch.retrieve, driver.switch.hang_up))
            try:
                driver.do(act(handling_id, driver.now))
            except YingdaError:
                continue  # not possible now, and said so

    def agent(self) -> None:
        driver, agent = self.driver, self.rng.choice(("a1", "a2"))
        core = driver.distributor
        acts = (core.set_idle, core.set_idle, core.finish_wrapup, core.device_lost, core.device_back)
        try:
            driver.do(driver.switch.distribute(self.rng.choice(acts)(agent, driver.now), driver.now))
        except YingdaError:
            return

    def media_is_slow_or_fails(self) -> None:
        tags = ("leg.create", "record.stop", "leg.destroy", "record.start", "matrix.set", "play.start")
        self.driver.catch_up()
        self.driver.fail = {self.rng.choice(tags)} if self.rng.random() < 0.4 else set()
        self.driver.late = {self.rng.choice(tags)} if self.rng.random() < 0.4 else set()

    def media_dies(self) -> None:
        if self.rng.random() < 0.2:
            self.driver.do(self.driver.switch.media_lost(self.driver.now))

    def restart(self) -> None:
        self.driver.restart()

    ACTIONS = (
        *(dial, dial, acknowledge, acknowledge, greeting_ends, greeting_ends),
        *(device, device, device, device, desk, desk, agent, agent),
        *(customer_leaves, media_is_slow_or_fails, media_dies, restart),
    )


@pytest.mark.parametrize("first", range(0, 900, 150))
def test_no_schedule_breaks_the_books_or_leaves_anything(first: int) -> None:
    hit: Counter[str] = Counter()
    for seed in range(first, first + 150):
        schedule = Schedule(seed)
        schedule.run(100)
        nothing_is_left(schedule.driver)
        everything_ended_once(schedule.driver.events)
        hit.update(event.kind for event in schedule.driver.events)
        hit.update(f"outcome {event.data['outcome']}" for event in schedule.driver.events if "outcome" in event.data)
    for kind in (
        "outcome answered",
        "outcome abandoned",
        "outcome failed",
        "outcome no_answer",
        "outcome device_failed",
    ):
        assert hit[kind] >= 10, hit  # a schedule that never gets there proves nothing
    assert min(hit["recording.ended"], hit["recording.missing"], hit["handling.held"]) >= 5, hit


def nothing_is_left(driver: Driver) -> None:
    table, floor = driver.switch.table, driver.distributor.floor
    assert not (table.calls or table.legs or table.joining or table.by_entry or table.by_offer or table.by_handling)
    assert not (floor.entries or floor.offers or floor.handlings or floor.sessions)
    assert not any(driver.switch.to_state()["channels"].values())


def everything_ended_once(events: list[Event]) -> None:
    for begin, (end, name) in PAIRS.items():
        begun = Counter(event.data[name] for event in events if event.kind == begin)
        ended = Counter(event.data[name] for event in events if event.kind == end)
        assert begun == ended, f"{begin} and {end}"
    contacts = [
        Counter(e.interaction_id for e in events if e.kind == f"interaction.{what}") for what in ("started", "ended")
    ]
    assert contacts[0] == contacts[1]
    started = Counter(event.data["recording_id"] for event in events if event.kind == "recording.started")
    closed = Counter(e.data["recording_id"] for e in events if e.kind in ("recording.ended", "recording.missing"))
    assert not started - closed and max(closed.values(), default=1) == 1
    for contact in contacts[0]:
        times = [event.at for event in events if event.interaction_id == contact]
        assert times == sorted(times)
