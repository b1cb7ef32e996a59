"""Random schedules of everything that can happen to calls, in any order and at the same instants.

The switch drives a real distributor; its events go into strict books after every step, and every identity must hold. At
the end nothing may be left: each leg, contact, run and recording that began has ended exactly once.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.calls.driver import REMOTE, Driver
from yingda.calls.effects import Arrival
from yingda.calls.model import Leg, LegState, Why
from yingda.calls.stage import Target
from yingda.calls.supervision import MODES
from yingda.kernel.errors import YingdaError
from yingda.kernel.event import Event
from yingda.media import protocol as media
from yingda.sim.ledger import WorldBooks

HELD = media.RemoteMedia(address=("192.0.2.1", 4000), send_codec=media.Codec("PCMA", 8), direction="recvonly")

PAIRS = {
    "leg.created": ("leg.ended", "leg_id"),
    "flow.entered": ("flow.left", "run_id"),
    "queue.entered": ("queue.left", "entry_id"),
    "offer.made": ("offer.ended", "offer_id"),
    "handling.started": ("handling.released", "handling_id"),
}


OUTCOMES = ("answered", "abandoned", "failed", "no_answer", "device_failed")
RARE = (
    *("handling.consult_started", "supervision.started", "recording.paused"),
    *(f"origin {what}" for what in ("consult", "transfer", "takeover", "pickup", "dial", "internal")),
    *("cause transfer", "cause agent_lost", "cause returned"),
    *("result conference", "result completed", "result returned"),
)


class Schedule:
    """One seeded world of three agents (one of them a leader without a queue) and the callers of a small trunk."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.driver = Driver(seed)
        self.driver.sign_in("a1", "a2", "a3")
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
        for agent in ("a1", "a2", "a3"):
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
        legs = [leg for leg in self.driver.switch.table.legs.values() if leg.why is not Why.ARRIVED]
        if not legs:
            return
        leg, now, switch = self.rng.choice(legs), self.driver.now, self.driver.switch
        alive = media.LegAlive(number=1, measured_at=now, leg_id=leg.leg_id)
        reactions = (
            lambda: switch.seized(leg.leg_id, "t1", now) if leg.number else [],
            lambda: switch.early_media(leg.leg_id, REMOTE, now) if leg.number else [],
            lambda: switch.acknowledged(leg.leg_id, now),
            lambda: switch.acknowledged(leg.leg_id, now),
            lambda: switch.remote_changed(leg.leg_id, self.rng.choice((REMOTE, HELD)), now),
            lambda: switch.ringing(leg.leg_id, now),
            lambda: switch.answered(leg.leg_id, REMOTE, now),
            lambda: switch.media_report(alive, now),
            lambda: switch.refused(leg.leg_id, self.outcome(leg), 486, now),
            lambda: switch.cleared(leg.leg_id, now),
            lambda: switch.broken(leg.leg_id, now),
        )
        expected = {
            LegState.INVITING: lambda: switch.answered(leg.leg_id, REMOTE, now),
            LegState.RINGING: lambda: switch.answered(leg.leg_id, REMOTE, now),
            LegState.JOINING: lambda: switch.media_report(alive, now),
            LegState.ANSWERING: lambda: switch.acknowledged(leg.leg_id, now),
        }
        usual = leg.state in expected and self.rng.random() < 0.75
        self.driver.do(expected[leg.state]() if usual else self.rng.choice(reactions)())

    def customer_leaves(self) -> None:
        if (legs := self.legs("customer")) and self.rng.random() < 0.4:
            leave = self.rng.choice((self.driver.switch.cleared, self.driver.switch.broken))
            self.driver.do(leave(self.rng.choice(legs).leg_id, self.driver.now))

    def outcome(self, leg: Leg) -> str:
        return self.rng.choice(
            ("busy", "no_answer", "rejected", "congestion") if leg.number else ("declined", "device_failed")
        )

    def target(self) -> Target:
        return self.rng.choice(
            (("agent", "a1"), ("agent", "a2"), ("agent", "a3"), ("queue", "q1"), ("number", "13900002222"))
        )

    def desk(self) -> None:
        """Agents with a call do something with it, possible or not."""
        switch, now, target = self.driver.switch, self.driver.now, self.target()
        for handling_id in list(switch.table.by_handling):
            acts = (
                *(lambda h: switch.consulting.consult(h, target, now),) * 6,
                *(lambda h: switch.transfers.complete(h, now),) * 2,
                lambda h: switch.transfers.blind(h, target, now),
                lambda h: switch.consulting.hold(h, now),
                lambda h: switch.consulting.retrieve(h, now),
                lambda h: switch.consulting.swap(h, now),
                lambda h: switch.consulting.cancel(h, now),
                *(lambda h: switch.consulting.conference(h, now),) * 2,
                lambda h: switch.parking.park(h, now),
                lambda h: switch.leaving.hang_up(h, now, self.rng.choice(("agent", "agent", "leader"))),
                self.pauses,
            )
            act = self.rng.choice(acts)
            self.attempt(partial(act, handling_id))

    def pauses(self, handling_id: str) -> None:
        switch = self.driver.switch
        call, _, _ = switch.stage.talk_of(handling_id)
        change = self.rng.choice((switch.stage.recordings.pause, switch.stage.recordings.resume))
        change(call, self.driver.now)

    def attempt(self, deed: Callable[[], object]) -> None:
        """Every refusal has a reason, and changes nothing."""
        driver = self.driver
        before = self.standing()
        try:
            effects = driver.switch.act(deed)
        except YingdaError as refusal:
            assert refusal.code and refusal.sentence
            assert driver.switch.act(lambda: None) == [] and self.standing() == before, refusal
        else:
            driver.do(effects)

    def standing(self) -> list[Any]:
        """All that a refusal must leave as it is."""
        floor = self.driver.distributor.floor
        legs = [(leg.leg_id, leg.state, leg.room, leg.mode) for leg in self.driver.switch.table.legs.values()]
        sessions = [(one.agent_id, one.span, one.rung, one.watched) for one in floor.sessions.values()]
        return [legs, sessions, list(floor.entries), [(one.handling_id, one.phase) for one in floor.handlings.values()]]

    def dials(self) -> None:
        agent, target, now = self.rng.choice(("a1", "a2", "a3")), self.target(), self.driver.now
        if target[0] != "queue" and self.rng.random() < 0.4:
            self.attempt(lambda: self.driver.switch.dialling.dial(agent, target, now))

    def takes(self) -> None:
        agent, now = self.rng.choice(("a1", "a2", "a3")), self.driver.now
        self.attempt(lambda: self.driver.switch.parking.take("1", agent, now))

    def leads(self) -> None:
        leader, agent, now = self.rng.choice(("a3", "a3", "a1")), self.rng.choice(("a1", "a2")), self.driver.now
        mode, supervision = self.rng.choice(MODES), self.driver.switch.supervision
        deeds = (
            *(lambda: supervision.watch(leader, agent, mode, now),) * 5,
            lambda: supervision.stop(leader, now),
            lambda: self.driver.switch.leaving.hang_up(
                self.driver.distributor.floor.session(agent).handling_id or "", now, "leader"
            ),
        )
        self.attempt(self.rng.choice(deeds))

    def picks_up(self) -> None:
        driver, agent = self.driver, self.rng.choice(("a1", "a2", "a3"))
        for entry_id in list(driver.distributor.floor.entries):
            self.attempt(partial(self.pick_up, entry_id, agent))

    def pick_up(self, entry_id: str, agent: str) -> None:
        driver = self.driver
        driver.switch.stage.carry(driver.distributor.pick_up(entry_id, agent, driver.now), driver.now)

    def phone(self) -> None:
        """An agent dials on his phone, or asks it for a transfer."""
        driver, now = self.driver, self.driver.now
        if self.rng.random() < 0.2:
            self.callers += 1
            number = self.rng.choice(("1002", "8103", "8101", "13900002222"))
            extension = self.rng.choice(("8101", "8102", "8103"))
            arrival = Arrival(f"d{self.callers}", extension, number, None, REMOTE, extension=extension)
            driver.do(driver.switch.arrive(arrival, now))
            return
        legs = list(driver.switch.table.legs)
        if legs:
            other = self.rng.choice((None, self.rng.choice(legs)))
            driver.do(
                driver.switch.referred(self.rng.choice(legs), self.rng.choice(("1002", "4008001000")), other, now)
            )

    def agent(self) -> None:
        driver, agent = self.driver, self.rng.choice(("a1", "a2", "a3"))
        core = driver.distributor
        acts = (*(core.set_idle,) * 3, *(core.finish_wrapup,) * 2, core.device_lost, *(core.device_back,) * 2)
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
        if self.rng.random() < 0.1:
            self.driver.do(self.driver.switch.media_lost(self.driver.now))

    def restart(self) -> None:
        self.driver.restart()

    ACTIONS = (
        *(dial,) * 3,
        *(acknowledge,) * 4,
        *(greeting_ends,) * 4,
        *(device,) * 14,
        *(desk,) * 3,
        *(agent,) * 3,
        *(dials, takes, leads, leads, picks_up, phone),
        *(customer_leaves, media_is_slow_or_fails, media_dies, restart),
    )


@pytest.mark.parametrize("first", range(0, 800, 200))
def test_no_schedule_breaks_the_books_or_leaves_anything(first: int) -> None:
    hit: Counter[str] = Counter()
    for seed in range(first, first + 200):
        schedule = Schedule(seed)
        schedule.run(150)
        nothing_is_left(schedule.driver)
        everything_ended_once(schedule.driver.events)
        hit.update(event.kind for event in schedule.driver.events)
        for word in ("outcome", "origin", "cause", "result"):
            hit.update(f"{word} {event.data[word]}" for event in schedule.driver.events if word in event.data)
    # a schedule that never gets there proves nothing
    assert min(hit[f"outcome {what}"] for what in OUTCOMES) >= 10, hit
    assert all(hit[rare] for rare in RARE), hit
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
