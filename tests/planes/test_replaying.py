"""`yingda replay` on a ledger as control writes it: the same decisions, and a forged one is found."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from tests.calls.driver import START, Driver
from tests.calls.test_overflows import with_a_sister
from tests.calls.waiting import Scene, centre, waiting
from yingda.agents.levers import pull
from yingda.calls.model import Known
from yingda.cli import main
from yingda.kernel.clock import VirtualClock
from yingda.kernel.config import versions
from yingda.kernel.config.centre import Centre
from yingda.kernel.config.identity import give_ids
from yingda.kernel.event import Event
from yingda.kernel.ids import seeded_ids
from yingda.kernel.ledger.writer import LedgerWriter
from yingda.kernel.store import migrate, open_store, writing
from yingda.routing.sites import QueueLoad


def day(scene: Driver) -> None:
    """Callers who wait, are answered, give up, transfer back, and are called back."""
    scene.reach_queue("c1")
    scene.wait(3)
    scene.reach_queue("c2")
    scene.sign_in("a1")
    scene.wait(2)
    scene.sign_in("a2")
    for leg in [leg.leg_id for leg in scene.switch.table.legs.values() if leg.role == "agent"]:
        scene.agent_answers(leg)
    scene.wait(30)
    scene.do(scene.switch.cleared("c1", scene.now))
    scene.wait(15)
    scene.dial("c3")
    known = Known(last_agent="a2")
    scene.do(scene.switch.known(scene.switch.table.legs["c3"].interaction_id, known, scene.now))
    scene.do(scene.switch.acknowledged("c3", scene.now))
    scene.end_greeting("c3")
    scene.wait(25)


def kept(folder: Path, given: Centre, events: list[Event]) -> None:
    """As the apply command and control leave them."""
    store = open_store(folder)
    migrate(store)
    with writing(store.business) as connection:
        versions.publish(connection, give_ids(given, None, seeded_ids(5)), 0, "user:x", START)
    store.close()
    clock = VirtualClock(START)
    with LedgerWriter(folder / "ledger", "control", "node", clock, config_version=1) as writer:
        for event in events:
            clock.advance_to(max(event.at, clock.now()))
            writer.append([event])


@pytest.mark.parametrize("forged", [False, True])
def test_a_day_is_decided_again(tmp_path: Path, capsys: pytest.CaptureFixture[str], forged: bool) -> None:
    given = centre(last_agent=True, last_agent_s=10)
    scene = Scene(given)
    started = Event(kind="plane.started", at=scene.now, data={"plane": "control", "version": "1"})
    day(scene)
    events = [started, *scene.events]
    if forged:
        first = scene.data("queue.entered")[0]["entry_id"]
        events = [event if event.data.get("entry_id") == first else _forged(event) for event in events]
    kept(tmp_path, given, events)
    code = main(["replay", "--data", str(tmp_path)])
    said = capsys.readouterr().out
    assert code == forged, said
    offers = len(scene.data("offer.made"))
    assert f"{offers} offers recomputed" in said and offers >= 3
    if not forged:
        assert f"{offers} decisions replayed, 0 come out differently" in said


def _forged(event: Event) -> Event:
    """Whoever came later is said to have been the more important one."""
    if event.kind == "queue.entered":
        return replace(event, data={**event.data, "priority": 99})
    return event


@pytest.mark.parametrize("forged", [False, True])
def test_a_site_is_chosen_again_from_what_the_sites_had_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], forged: bool
) -> None:
    given = with_a_sister()
    scene = waiting(given)
    (call,) = scene.switch.table.calls.values()
    for seconds, load in ((5, QueueLoad(9, 0, 4, 8.0)), (15, QueueLoad(0, 1, 4, 8.0))):
        scene.wait(seconds)
        told = {"site_id": "s1", "queues": {call.queue_id: msgspec.to_builtins(load)}}
        scene.do(pull(scene.switch, "site.told", told, scene.now))
    scene.wait(30)
    events = list(scene.events)
    (at,) = [number for number, event in enumerate(events) if event.kind == "queue.site_chosen"]
    if forged:
        decision = events[at].data["decision"]
        sites = [{**decision["sites"][0], "answer_in_s": 3.0}]
        events[at] = replace(events[at], data={**events[at].data, "decision": {**decision, "sites": sites}})
    kept(tmp_path, given, events)
    assert main(["replay", "--data", str(tmp_path)]) == int(forged)
    assert f"1 choices of a site made again, {int(forged)} come out differently" in capsys.readouterr().out
