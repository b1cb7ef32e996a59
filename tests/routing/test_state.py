"""State that crosses a restart, and timers that come early, late or twice."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.routing.bench import START, Bench, one
from yingda.kernel.clock import SECOND
from yingda.kernel.errors import YingdaError
from yingda.kernel.ids import seeded_ids
from yingda.routing.distributor import Distributor
from yingda.routing.effects import Ring


def busy_bench() -> Bench:
    """Somebody talks, somebody is offered a call, somebody waits, a form is open."""
    bench = Bench()
    bench.sign_in("ann", "bob")
    bench.did(bench.core.released(bench.talk(0), "customer", bench.at(5)))
    bench.did(bench.core.finish_wrapup("ann", bench.at(6)))
    bench.talk(7, "e2")
    bench.enter("e3", 20)
    bench.enter("e4", 21)
    return bench


def test_the_state_is_plain_data_and_comes_back_the_same() -> None:
    core = busy_bench().core
    again = Distributor.from_state(json.loads(json.dumps(core.to_state())), seeded_ids(1))
    assert again.to_state() == core.to_state()
    assert again.next_timer() == core.next_timer()
    assert again.floor.router.waiting("sales") == core.floor.router.waiting("sales") == ["e4"]


@pytest.mark.parametrize(
    "spoil", [{"v": 99}, {"entries": "none"}, {"sessions": [{"agent_id": "ann"}]}], ids=lambda spoil: next(iter(spoil))
)
def test_a_state_that_cannot_be_read_is_refused(spoil: dict[str, Any]) -> None:
    state = busy_bench().core.to_state() | spoil
    with pytest.raises(YingdaError) as refusal:
        Distributor.from_state(state, seeded_ids(1))
    assert refusal.value.code == "bad_state"


def test_a_timer_may_come_early_late_or_twice() -> None:
    bench = Bench()
    bench.sign_in("ann")
    one(bench.enter("e1", 0), Ring)
    due = bench.core.next_timer()
    assert due == bench.at(20)
    assert bench.core.handle_timer(due - 1) == []
    bench.did(bench.core.handle_timer(due + 3 * SECOND))
    assert bench.last("offer.ended")["outcome"] == "no_answer"
    assert bench.events[-1].at == due + 3 * SECOND, "what happened late is dated when it happened"
    assert bench.core.handle_timer(due + 3 * SECOND) == []


def test_time_never_goes_back() -> None:
    bench = Bench()
    bench.sign_in("ann")
    bench.enter("e1", 5)
    bench.did(bench.core.customer_left("e1", START))
    assert bench.events[-1].at == bench.at(5)
