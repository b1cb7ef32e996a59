"""Surges and the working day: overflow, moves, lending, estimates, wrap-up, breaks (ACD-28, 31 to 35, 43 to 52, 58)."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tests.routing.bench import Bench, one, rules
from yingda.kernel.errors import YingdaError
from yingda.routing.effects import BreakOver, EntryMoved, Ring
from yingda.routing.rules import AgentProfile, Escalation, QueueRules, Reason, Rules, Skill


def two_queues(*escalations: Escalation, agents: tuple[str, ...] = ("ann",), **more: Any) -> Bench:
    """`sales`, which nobody serves, and `service`, served by all; `sales` escalates."""
    queues = {"sales": QueueRules("sales", escalations=escalations, **more), "service": QueueRules("service")}
    return Bench(Rules(queues=queues, agents={a: AgentProfile(a, ("service",)) for a in agents}))


def refused(code: str, call: Any) -> None:
    with pytest.raises(YingdaError) as refusal:
        call()
    assert refusal.value.code == code


def test_a_caller_who_waits_too_long_also_waits_elsewhere() -> None:
    bench = two_queues(Escalation("wider", 20, also="service"))
    bench.sign_in("ann")
    bench.enter("e1", 0)
    bench.timers(19)
    assert bench.said("offer.made") == []
    bench.timers(20)
    assert bench.last("queue.widened") == {"entry_id": "e1", "also_queue_id": "service", "rule": "wider"}
    assert bench.last("offer.made")["queue_id"] == "sales", "it stays at home in its queue"
    ring = next(effect for effect in bench.effects if isinstance(effect, Ring))
    connect = bench.did(bench.core.answered(ring.offer_id, ring.token, bench.at(21)))[-1]
    bench.did(bench.core.connected(ring.offer_id, connect.token, bench.at(22)))  # type: ignore[union-attr]
    assert bench.last("queue.left")["served_queue_id"] == "service"
    assert bench.last("handling.started")["queue_id"] == "sales"


def test_a_condition_that_does_not_hold_is_asked_again() -> None:
    rule = Escalation("busy", 10, 'waiting("sales") > 1 and idle("service") >= 1', also="service")
    bench = two_queues(rule)
    bench.sign_in("ann")
    bench.enter("e1", 0)
    bench.timers(14)
    assert bench.said("queue.widened") == []
    bench.enter("e2", 14)
    bench.timers(15)
    assert [one["entry_id"] for one in bench.said("queue.widened")] == ["e1"]
    assert bench.last("offer.made")["entry_id"] == "e1"


def test_lower_needs_after_a_while() -> None:
    queue = QueueRules("sales", needs="en >= 8", escalations=(Escalation("less", 30, needs="en >= 3"),))
    bench = Bench(Rules(queues={"sales": queue}, agents={"ann": AgentProfile("ann", skills={"en": Skill(4)})}))
    bench.sign_in("ann")
    bench.enter("e1", 0)
    bench.timers(29)
    assert bench.said("offer.made") == []
    bench.timers(30)
    assert bench.last("offer.made")["agent_id"] == "ann"


def test_overflow_moves_the_caller_with_his_place() -> None:
    bench = two_queues(Escalation("over", 30, move="service"))
    bench.enter("e1", 0)
    bench.enter("later", 10, "service")
    bench.timers(30)
    moved = one(bench.effects, EntryMoved)
    assert (moved.entry_id, moved.queue_id, moved.rule) == ("e1", "service", "over")
    assert bench.last("queue.left") == {"entry_id": "e1", "outcome": "overflowed", "to": "queue:service"}
    entered = bench.last("queue.entered")
    assert (entered["cause"], entered["from_entry_id"], entered["arrived_at"]) == ("overflow", "e1", bench.at(0))
    ring = one(bench.did(bench.core.sign_in("ann", "d", bench.at(31))), Ring)
    assert ring.entry_id == moved.new_entry_id, "he came first"


def test_a_circle_of_moves_ends() -> None:
    there, back = Escalation("there", 0, move="service"), Escalation("back", 0, move="sales")
    queues = {"sales": QueueRules("sales", escalations=(there,)), "service": QueueRules("service", escalations=(back,))}
    bench = Bench(Rules(queues=queues))
    bench.enter("e1", 0)
    assert len(bench.said("queue.entered")) == 6
    bench.timers(60)
    assert len(bench.core.floor.entries) == 1


def test_a_rule_can_turn_away() -> None:
    bench = two_queues(Escalation("closing", 60, "hour >= 0", turn_away=True))
    bench.enter("e1", 0)
    bench.timers(60)
    assert bench.last("queue.left")["outcome"] == "turned_away"


def test_leaders_move_flush_reserve_and_release() -> None:
    bench = two_queues(agents=("ann", "bob"))
    bench.enter("e1", 0)
    bench.did(bench.core.leaders.move("e1", "service", bench.at(1), "user:leader"))
    assert bench.last("queue.entered")["cause"] == "moved"
    moved = bench.last("queue.entered")["entry_id"]
    bench.did(bench.core.leaders.reserve(moved, "bob", 30, bench.at(2)))
    bench.sign_in("ann")
    assert bench.said("offer.made") == [], "kept for bob"
    bench.did(bench.core.leaders.release(moved, bench.at(5)))
    assert bench.last("offer.made")["agent_id"] == "ann"
    refused("entry_offered", lambda: bench.core.leaders.move(moved, "sales", bench.at(6)))
    bench.enter("e2", 6, "service")
    bench.enter("e3", 6, "sales")
    bench.did(bench.core.leaders.flush("service", "closing_time", bench.at(7)))
    assert list(bench.core.floor.entries) == ["e3"]
    refused("unknown_entry", lambda: bench.core.leaders.reserve("none", "ann", 5, bench.at(8)))
    refused("unknown_agent", lambda: bench.core.leaders.reserve("e3", "eve", 5, bench.at(8)))
    refused("unknown_queue", lambda: bench.core.leaders.move("e3", "nowhere", bench.at(8)))
    refused("unknown_entry", lambda: bench.core.leaders.move("none", "sales", bench.at(8)))
    refused("unknown_queue", lambda: bench.core.leaders.flush("nowhere", "closing_time", bench.at(8)))


def test_a_reservation_runs_out() -> None:
    bench = two_queues(agents=("ann", "bob"))
    bench.enter("e1", 0, "service")
    bench.did(bench.core.leaders.reserve("e1", "bob", 30, bench.at(0)))
    bench.did(bench.core.sign_in("ann", "d", bench.at(1)))
    bench.timers(30)
    assert bench.last("offer.made")["agent_id"] == "ann"


def test_agents_are_lent_for_a_time() -> None:
    bench = two_queues()
    bench.sign_in("ann")
    bench.enter("e1", 0)
    assert one(bench.did(bench.core.leaders.lend("ann", "sales", bench.at(60), bench.at(1))), Ring).entry_id == "e1"
    bench.did(bench.core.customer_left("e1", bench.at(2)))
    bench.timers(60)
    bench.enter("e2", 61)
    assert bench.last("queue.entered")["entry_id"] == "e2" and bench.core.floor.offers == {}
    refused("bad_until", lambda: bench.core.leaders.lend("ann", "sales", bench.at(5), bench.at(62)))
    refused("unknown_queue", lambda: bench.core.leaders.lend("ann", "nowhere", bench.at(99), bench.at(62)))
    refused("unknown_agent", lambda: bench.core.leaders.lend("eve", "sales", bench.at(99), bench.at(62)))


def test_too_few_agents_take_nobody_in() -> None:
    bench = two_queues(agents=("ann", "bob"))
    strict = replace(bench.core.floor.rules.queues["service"], min_agents=2)
    bench.did(
        bench.core.configure(Rules(queues={"service": strict}, agents=bench.core.floor.rules.agents), bench.at(0))
    )
    bench.sign_in("ann")
    refused("too_few_agents", lambda: bench.core.enter("e1", "c", "service", bench.at(1)))
    bench.did(bench.core.sign_in("bob", "d", bench.at(2)))
    bench.enter("e1", 3, "service")


def test_position_and_estimate_are_told_and_written_down() -> None:
    bench = Bench(rules(("ann",), wrapup_s=0))
    bench.sign_in("ann")
    handling = bench.talk(0, "e0")
    for number in range(1, 6):
        bench.enter(f"e{number}", number)
    assert bench.core.estimate("e3", bench.at(6)).position == 3
    for number in range(1, 5):
        effects = bench.did(bench.core.released(handling, "customer", bench.at(20 * number)))
        ring = one(effects, Ring)
        connect = bench.did(bench.core.answered(ring.offer_id, ring.token, bench.at(20 * number)))[-1]
        bench.did(bench.core.connected(ring.offer_id, connect.token, bench.at(20 * number)))  # type: ignore[union-attr]
        handling = str(bench.last("handling.started")["handling_id"])
    bench.enter("e9", 81)
    bench.did(bench.core.announced("e9", bench.at(81)))
    told = bench.last("queue.announced")
    assert told["position"] == 2 and told["estimate_s"] > 0
    assert told["estimator"] in ("head_of_line", "queue_length")
    refused("unknown_entry", lambda: bench.core.announced("none", bench.at(82)))


def test_a_gap_after_the_call_is_kept_even_if_the_agent_is_done() -> None:
    bench = Bench(rules(("ann",), wrapup_s=0, gap_s=5))
    bench.sign_in("ann")
    bench.did(bench.core.released(bench.talk(0), "customer", bench.at(10)))
    bench.did(bench.core.set_idle("ann", bench.at(11)))
    assert bench.states("ann")[-1] == "wrapup"
    bench.timers(15)
    assert bench.states("ann")[-1] == "idle"


def test_a_mandatory_wrapup_ends_with_its_form() -> None:
    bench = Bench(rules(("ann",), mandatory=True))
    bench.sign_in("ann")
    handling = bench.talk(0)
    bench.did(bench.core.released(handling, "customer", bench.at(10)))
    refused("form_missing", lambda: bench.core.finish_wrapup("ann", bench.at(11)))
    refused("form_missing", lambda: bench.core.set_idle("ann", bench.at(11)))
    bench.did(bench.core.dispose(handling, ["sold"], True, bench.at(12)))
    bench.did(bench.core.finish_wrapup("ann", bench.at(13)))
    assert bench.states("ann")[-1] == "idle"


def test_breaks_have_a_quota_and_a_limit() -> None:
    given = replace(rules(), reasons={"pause": Reason("break", most=1, limit_s=600)})
    bench = Bench(given)
    bench.sign_in("ann", "bob")
    bench.did(bench.core.set_busy("ann", "pause", bench.at(0)))
    refused("break_full", lambda: bench.core.set_busy("bob", "pause", bench.at(1)))
    bench.did(bench.core.set_busy("ann", "pause", bench.at(2)))
    bench.timers(599)
    assert not [effect for effect in bench.effects if isinstance(effect, BreakOver)]
    bench.timers(600)
    assert one(bench.effects, BreakOver) == BreakOver("ann", "pause")
    bench.did(bench.core.set_idle("ann", bench.at(601)))
    bench.did(bench.core.set_busy("bob", "pause", bench.at(602)))


def test_the_end_of_a_shift_gives_no_more_calls_and_takes_none_away() -> None:
    bench = Bench()
    bench.sign_in("ann", "bob")
    handling = bench.talk(0)
    ring = one(bench.enter("e2", 5), Ring)
    bench.did(bench.core.end_shift("bob", bench.at(6)))
    assert bench.last("offer.ended") == {"offer_id": ring.offer_id, "outcome": "recalled"}
    assert bench.last("agent.signed_out")["why"] == "shift_end"
    bench.did(bench.core.end_shift("ann", bench.at(7)))
    assert bench.states("ann")[-1] == "talking"
    bench.did(bench.core.released(handling, "customer", bench.at(8)))
    bench.timers(60)
    assert [out["agent_id"] for out in bench.said("agent.signed_out")] == ["bob", "ann"]


def test_auto_answer_is_told_with_the_ring() -> None:
    bench = Bench(rules(auto_answer=True))
    bench.sign_in("ann")
    assert one(bench.enter("e1", 0), Ring).auto_answer


def test_an_escalation_due_at_the_instant_of_a_release_takes_place() -> None:
    given = rules(escalations=(Escalation("wider", 3, also="care"),))
    bench = Bench(replace(given, queues={**given.queues, "care": QueueRules("care")}))
    bench.enter("e1", 0)
    bench.did(bench.core.leaders.release("e1", bench.at(3)))  # before the timer of the same instant
    assert bench.last("queue.widened")["also_queue_id"] == "care"
