"""What leaders do by hand stands in the ledger: the next run takes it up, and it can be decided again (ACD-48, 58)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec import structs

from tests.routing.bench import Bench, one
from yingda.kernel.errors import YingdaError
from yingda.kernel.event import Event
from yingda.routing.effects import Ring
from yingda.routing.lending import standing
from yingda.routing.rules import AgentProfile, QueueRules, Rules
from yingda.routing.state import Loan
from yingda.sim.cast import Cast
from yingda.sim.replay import replay
from yingda.sim.small import plan
from yingda.sim.world import World

LEADER = "user:lead"


def centre() -> Bench:
    """`sales`, which nobody serves, and `service`, served by ann and bob."""
    queues = {"sales": QueueRules("sales"), "service": QueueRules("service")}
    return Bench(Rules(queues=queues, agents={a: AgentProfile(a, ("service",)) for a in ("ann", "bob")}))


def test_a_loan_is_said_when_it_begins_is_moved_and_ends() -> None:
    bench = centre()
    bench.did(bench.core.leaders.lend("ann", "sales", bench.at(60), bench.at(0), LEADER))
    bench.did(bench.core.leaders.lend("ann", "sales", bench.at(90), bench.at(10), LEADER))
    assert [data["until"] for data in bench.said("agent.lent")] == [bench.at(60), bench.at(90)]
    bench.timers(60)
    assert not bench.said("agent.given_back"), "its end was moved"
    bench.timers(90)
    assert bench.said("agent.given_back") == [{"agent_id": "ann", "queue_id": "sales", "why": "expired"}]


def test_a_loan_is_given_back_before_its_end() -> None:
    bench = centre()
    bench.sign_in("ann")
    bench.did(bench.core.leaders.lend("ann", "sales", bench.at(60), bench.at(0), LEADER))
    bench.did(bench.core.leaders.give_back("ann", "sales", bench.at(1), LEADER))
    assert bench.last("agent.given_back")["why"] == "leader"
    bench.enter("e1", 2)
    assert not bench.said("offer.made"), "he is at home again"
    with pytest.raises(YingdaError) as refusal:
        bench.core.leaders.give_back("ann", "sales", bench.at(3), LEADER)
    assert refusal.value.code == "not_lent"


@pytest.mark.parametrize("gone", ["agent", "queue"])
def test_a_loan_ends_with_its_agent_or_its_queue(gone: str) -> None:
    bench = centre()
    bench.did(bench.core.leaders.lend("ann", "sales", bench.at(60), bench.at(0), LEADER))
    rules = bench.core.floor.rules
    agents = {"agents": {"bob": rules.agents["bob"]}}
    kept = agents if gone == "agent" else {"queues": {"service": QueueRules("service")}}
    bench.did(bench.core.configure(structs.replace(rules, **kept), bench.at(1)))
    assert bench.last("agent.given_back") == {"agent_id": "ann", "queue_id": "sales", "why": "configured"}
    assert bench.core.next_timer() is None


def test_the_next_run_takes_up_what_is_not_past() -> None:
    told = [
        Event(kind="agent.lent", at=1, data={"agent_id": "ann", "queue_id": "sales", "until": 9}),
        Event(kind="agent.lent", at=2, data={"agent_id": "bob", "queue_id": "sales", "until": 60_000_000}),
        Event(kind="agent.lent", at=3, data={"agent_id": "bob", "queue_id": "service", "until": 60_000_000}),
        Event(kind="agent.given_back", at=4, data={"agent_id": "bob", "queue_id": "service", "why": "leader"}),
        Event(kind="agent.lent", at=5, data={"agent_id": "eve", "queue_id": "sales", "until": 60_000_000}),
    ]
    loans = standing(told)
    assert loans == [Loan("ann", "sales", 9), Loan("bob", "sales", 60_000_000), Loan("eve", "sales", 60_000_000)]
    bench = centre()
    loans = [structs.replace(loan, until=bench.at(loan.until // 1_000_000)) for loan in loans]
    bench.did(bench.core.leaders.resume(loans, bench.at(30)))
    assert [(data["agent_id"], data["why"]) for data in bench.said("agent.given_back")] == [
        ("ann", "expired"),
        ("eve", "configured"),
    ]
    assert [(data["agent_id"], data["until"]) for data in bench.said("agent.lent")] == [("bob", bench.at(60))]
    bench.sign_in("bob")
    assert one(bench.enter("e1", 31), Ring).agent_id == "bob"
    bench.timers(60)
    assert bench.last("agent.given_back")["why"] == "expired"


def test_keeping_preferring_and_letting_go_are_said() -> None:
    bench = centre()
    bench.enter("e1", 0)
    bench.did(bench.core.leaders.reserve("e1", "ann", 30, bench.at(1), LEADER))
    bench.did(bench.core.leaders.prefer("e1", bench.at(2), LEADER))
    bench.did(bench.core.leaders.release("e1", bench.at(3), LEADER))
    assert bench.last("queue.reserved") == {"entry_id": "e1", "agent_id": "ann", "until": bench.at(31)}
    assert bench.last("queue.preferred") == {"entry_id": "e1", "priority": 100}
    assert bench.last("queue.unreserved") == {"entry_id": "e1"}


def test_days_with_leaders_replay_to_the_same_decisions() -> None:
    decisions = 0
    for seed in range(60):
        given = replace(plan(seed), mischief_weights={"leader": 1}, restarts=0.0, crash=None)
        world = World(seed, given)
        Cast(world)
        world.run()
        made, differences = replay(world.events, [(0, given.rules)], world.watch.wishes)
        assert not differences, (seed, differences[0])
        decisions += made
    assert decisions > 200
