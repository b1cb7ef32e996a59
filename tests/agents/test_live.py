"""The live board: a snapshot and the patches after it are always a later snapshot, whatever happens on the floor."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from tests.calls.driver import CENTRE, REMOTE, Driver
from yingda.agents.handset import Handset, To
from yingda.agents.leading import Leading
from yingda.agents.live import LiveBoard, Patch
from yingda.calls.effects import Effect
from yingda.calls.model import Room
from yingda.kernel.errors import YingdaError
from yingda.routing.effects import Append

Docs = dict[str, dict[str, Any]]


class Watched(Driver):
    """A driver whose events reach a board, as the conductor does it."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.board = LiveBoard("e1", self.switch, CENTRE)
        self.patches: list[Patch] = []
        self.flush()

    def do(self, effects: list[Any]) -> list[Any]:
        done = super().do(effects)
        for effect in done:
            if isinstance(effect, Append):
                self.board.touch(effect.events)
        self.flush()
        return done

    def flush(self) -> None:
        patch = self.board.flush(self.now)
        if patch is not None:
            self.patches.append(patch)

    def docs(self) -> Docs:
        """A snapshot as it would cross the wire."""
        docs: Docs = msgspec.json.decode(msgspec.json.encode(self.board.snapshot(self.now)["docs"]))
        return docs


def apply(docs: Docs, patch: Patch) -> None:
    raw = msgspec.json.decode(msgspec.json.encode(patch))
    for collection, key, doc in raw["set"]:
        docs[collection][key] = doc
    for collection, key in raw["del"]:
        del docs[collection][key]


def a_busy_hour(driver: Watched, rng: random.Random, steps: int) -> None:
    """Anything that can happen, in any order."""
    legs = driver.switch.table.legs
    callers = 0
    for _ in range(steps):
        customers = [leg for leg in legs.values() if leg.role == "customer"]
        devices = [leg for leg in legs.values() if leg.role != "customer"]
        what = rng.randrange(13)
        if what <= 1 and len(customers) < 2:
            callers += 1
            driver.dial(f"c{callers}")
            driver.do(driver.switch.acknowledged(f"c{callers}", driver.now))
        elif what == 2 and customers:
            leg = rng.choice(customers)
            call = driver.switch.table.call_of(leg)
            if call.phase.value == "greeting":
                driver.end_greeting(leg.leg_id)
        elif what == 3 and devices:
            driver.do(driver.switch.ringing(rng.choice(devices).leg_id, driver.now))
        elif what == 4 and devices:
            driver.do(driver.switch.answered(rng.choice(devices).leg_id, REMOTE, driver.now))
        elif what == 5 and devices:
            driver.do(driver.switch.refused(rng.choice(devices).leg_id, "declined", 486, driver.now))
        elif what == 6 and (customers or devices):
            driver.do(driver.switch.cleared(rng.choice(customers + devices).leg_id, driver.now))
        elif what == 7:
            _hold_or_retrieve(driver)
        elif what == 8:
            _state_of_an_agent(driver, rng)
        elif what >= 10:
            _something_with_others(driver, rng)
        driver.wait(rng.choice((0, 0.2, 1, 5)))


def _something_with_others(driver: Watched, rng: random.Random) -> None:
    """A consultation, a conference, a leader, a parked call, own dialling."""
    switch, now, agent = driver.switch, driver.now, rng.choice(("a1", "a2"))
    session = driver.distributor.floor.sessions[agent]
    handset, leading, handling = Handset(switch), Leading(switch), session.handling_id or ""
    other = To(kind="agent", id="a2" if agent == "a1" else "a1")
    deeds: tuple[Callable[[], list[Effect]], ...] = (
        lambda: handset.consult(agent, rng.choice((other, To(kind="number", id="13900002222"))), now),
        lambda: handset.conference(agent, now),
        lambda: handset.complete(agent, now),
        lambda: handset.park(agent, now),
        lambda: handset.take(agent, "1", now),
        lambda: handset.dial(agent, other, now),
        lambda: handset.mute(agent, muted=rng.random() < 0.7),
        lambda: handset.record(agent, now, paused=rng.random() < 0.7),
        lambda: leading.supervise("a3", agent, "listen", now),
        lambda: switch.act(lambda: switch.transfers.blind(handling, ("agent", other.id), now)),
    )
    try:
        driver.do(rng.choice(deeds)())
    except YingdaError:
        return  # not possible now


def _hold_or_retrieve(driver: Watched) -> None:
    for handling_id, interaction_id in list(driver.switch.table.by_handling.items()):
        leg = driver.switch.table.leg_of_handling(driver.switch.table.calls[interaction_id], handling_id)
        try:
            change = driver.switch.retrieve if leg is not None and leg.room is Room.ALONE else driver.switch.hold
            driver.do(change(handling_id, driver.now))
        except YingdaError:
            continue  # it is ending just now


def _state_of_an_agent(driver: Watched, rng: random.Random) -> None:
    agent = rng.choice(("a1", "a2"))
    core = driver.distributor
    changes = (core.set_idle, core.finish_wrapup, lambda a, now: core.set_busy(a, "not_ready", now))
    try:
        driver.do(driver.switch.distribute(rng.choice(changes)(agent, driver.now), driver.now))
    except YingdaError:
        return  # nonsense in this state: refused, nothing changed


@pytest.mark.parametrize("seed", range(40))
def test_stale_state_and_patches_are_the_fresh_state(seed: int) -> None:
    rng = random.Random(seed)
    driver = Watched(seed)
    driver.sign_in("a1", "a2")
    driver.sign_in("a3")
    stale, begin = driver.docs(), len(driver.patches)
    a_busy_hour(driver, rng, 60)
    for patch in driver.patches[begin:]:
        apply(stale, patch)
    assert stale == driver.docs()
    assert [patch.seq for patch in driver.patches] == list(range(1, len(driver.patches) + 1))


@pytest.mark.parametrize("seed", range(30))
def test_the_board_says_what_the_owners_hold(seed: int) -> None:
    driver = Watched(seed)
    driver.sign_in("a1", "a2", "a3")
    a_busy_hour(driver, random.Random(seed), 80)
    docs, floor = driver.docs(), driver.distributor.floor
    for agent_id, session in floor.sessions.items():
        assert session.span is not None
        assert docs["agents"][agent_id]["state"] == session.span.state.value
    waiting = [entry for entry in floor.entries.values() if entry.state.value != "left"]
    assert docs["queues"]["q1"]["waiting"] == len(waiting)
    assert docs["queues"]["q1"]["longest_since"] == min((entry.entered_at for entry in waiting), default=None)
    idle = sum(doc["state"] == "idle" and "q1" in doc["queues"] for doc in docs["agents"].values())
    assert docs["queues"]["q1"]["idle"] == idle
    for collection in ("agents", "calls"):  # whatever is read again is as it was shown
        for ident in set(docs[collection]) | set(driver.switch.table.calls if collection == "calls" else ()):
            driver.board.look_again(collection, ident)
    driver.flush()
    assert driver.docs() == docs
    shown = {call.interaction_id for call in driver.switch.table.calls.values() if call.phase.value != "ending"}
    assert set(docs["calls"]) == shown


def test_an_agent_in_wrap_up_still_sees_whom_he_spoke_with() -> None:
    driver = Watched(1)
    driver.sign_in("a1")
    driver.reach_queue("c1")
    driver.agent_answers()
    driver.do(driver.switch.cleared("c1", driver.now))
    agent = driver.docs()["agents"]["a1"]
    assert (agent["state"], agent["handling"]["caller"]) == ("wrapup", "+8613800001111")
    driver.wait(11)
    assert driver.docs()["agents"]["a1"]["handling"] is None


def test_an_agent_sees_that_his_phone_refused_the_last_offer() -> None:
    driver = Watched(1)
    driver.sign_in("a1")
    driver.reach_queue("c1")
    driver.do(driver.switch.refused(driver.agent_leg(), "declined", 486, driver.now))
    assert driver.docs()["agents"]["a1"]["last_offer"] == {"outcome": "declined", "at": driver.now}


def test_a_screen_that_comes_back_gets_what_it_missed_and_no_more() -> None:
    driver = Watched(1)
    driver.sign_in("a1")
    driver.reach_queue("c1")
    seq = driver.board.seq
    stale = driver.docs()
    driver.agent_answers()
    answer = driver.board.resume("e1", seq, driver.now)
    assert [patch["seq"] for patch in answer["patches"]] == list(range(seq + 1, driver.board.seq + 1))
    for patch in driver.patches[seq:]:
        apply(stale, patch)
    assert stale == driver.docs()


@pytest.mark.parametrize(("epoch", "seq"), [("another", 1), ("e1", 10_000)])
def test_a_screen_of_another_life_starts_from_a_snapshot(epoch: str, seq: int) -> None:
    driver = Watched(1)
    driver.sign_in("a1")
    assert "docs" in driver.board.resume(epoch, seq, driver.now)


def test_an_alarm_stands_until_it_is_taken_back() -> None:
    driver = Watched(1)
    driver.board.give("alarms", "ledger_full", {"id": "ledger_full"})
    driver.flush()
    assert driver.docs()["alarms"] == {"ledger_full": {"id": "ledger_full"}}
    driver.board.give("alarms", "ledger_full", None)
    driver.flush()
    assert driver.docs()["alarms"] == {}


def test_who_has_read_everything_has_no_notice() -> None:
    driver = Watched(1)
    first, told = driver.docs(), len(driver.patches)
    driver.board.notice("u1", {"unread": 0, "urgent": False, "latest": None})
    driver.flush()
    assert len(driver.patches) == told, "nobody is told of nothing"
    driver.board.notice("u1", {"unread": 2, "urgent": True, "latest": 7})
    driver.flush()
    assert driver.docs()["messages"] == {"u1": {"unread": 2, "urgent": True, "latest": 7}}
    driver.board.notice("u1", {"unread": 0, "urgent": False, "latest": None})
    driver.flush()
    for patch in driver.patches[told:]:
        apply(first, patch)
    assert first == driver.docs() and first["messages"] == {}
