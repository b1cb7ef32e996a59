"""Offers: who gets which entry, and every way an offer ends (metrics.md sections 2 law 4, 3, 5 and 9)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.routing.bench import Bench, one, rules
from yingda.kernel.errors import YingdaError
from yingda.routing.effects import Append, Connect, Connected, EntryClosed, Ring, StopRinging
from yingda.routing.rules import AgentProfile, QueueRules, Rules


def test_the_agent_idle_for_longest_gets_the_caller() -> None:
    bench = Bench()
    bench.sign_in("bob", "ann")
    assert one(bench.enter("e1", 0), Ring).agent_id == "bob"
    assert one(bench.enter("e2", 0), Ring).agent_id == "ann"


def test_callers_are_served_in_the_order_of_their_arrival() -> None:
    bench = Bench()
    for entry in ("e1", "e2"):
        assert not any(isinstance(effect, Ring) for effect in bench.enter(entry, 0))
    bench.did(bench.core.enter("e0", "c", "sales", bench.at(1), arrived_at=bench.at(-5)))
    bench.did(bench.core.enter("vip", "c", "sales", bench.at(2), priority=90))
    order = [one(bench.did(bench.core.sign_in(agent, "d", bench.at(3))), Ring).entry_id for agent in ("ann", "bob")]
    assert order == ["vip", "e0"]


def test_an_entry_that_follows_another_says_so() -> None:
    bench = Bench()
    bench.did(bench.core.enter("e2", "c", "sales", bench.at(0), cause="transfer", from_entry_id="e1"))
    assert (bench.last("queue.entered")["cause"], bench.last("queue.entered")["from_entry_id"]) == ("transfer", "e1")


def test_an_answer_becomes_one_append_when_media_confirms() -> None:
    bench = Bench()
    bench.sign_in("ann")
    ring = one(bench.enter("e1", 0), Ring)
    connect = one(bench.did(bench.core.answered(ring.offer_id, ring.token, bench.at(3))), Connect)
    append, connected = bench.did(bench.core.connected(connect.offer_id, connect.token, bench.at(4)))
    assert isinstance(append, Append) and isinstance(connected, Connected)
    assert [event.kind for event in append.events] == [
        "offer.ended",
        "handling.started",
        "handling.connected",
        "queue.left",
        "agent.state_changed",
    ]
    assert {event.at for event in append.events} == {bench.at(4)}
    assert bench.last("queue.left")["handling_id"] == connected.handling_id


def test_what_carries_an_old_token_changes_nothing() -> None:
    bench = Bench()
    bench.sign_in("ann")
    ring = one(bench.enter("e1", 0), Ring)
    core, now = bench.core, bench.at(1)
    connect = one(core.answered(ring.offer_id, ring.token, now), Connect)
    before = core.to_state()
    assert core.answered(ring.offer_id, ring.token, now) == []
    assert core.refused(ring.offer_id, ring.token, "declined", now) == []
    assert core.connected(ring.offer_id, ring.token, now) == []
    assert core.connect_failed("no-such-offer", connect.token, now) == []
    assert core.to_state() == before


def test_a_ring_that_runs_out_moves_on_and_sets_the_agent_busy() -> None:
    bench = Bench(rules(ring_limit_s=15))
    bench.sign_in("ann", "bob")
    first = one(bench.enter("e1", 0), Ring)
    bench.timers(15)
    stop = next(effect for effect in bench.effects if isinstance(effect, StopRinging))
    assert (stop.offer_id, stop.why) == (first.offer_id, "no_answer")
    assert bench.states("ann") == ["idle", "ringing", "busy"]
    assert bench.said("agent.state_changed")[-2]["reason_class"] == "work"
    assert [offer["agent_id"] for offer in bench.said("offer.made")] == ["ann", "bob"]


def test_several_misses_are_allowed_if_the_centre_says_so() -> None:
    patient = Rules(queues=rules().queues, agents={"ann": AgentProfile("ann", ("sales",), no_answer_busy_after=2)})
    bench = Bench(patient)
    bench.sign_in("ann")
    bench.enter("e1", 0)
    bench.timers(60)
    assert bench.states("ann") == ["idle", "ringing", "idle", "ringing", "busy"]
    made = [event.at for event in bench.events if event.kind == "offer.made"]
    assert made[1] - made[0] == bench.at(30) - bench.at(0), (
        "20 s of ringing, then 10 s in which he does not get it again"
    )


def test_who_declines_goes_to_the_tail_and_the_caller_keeps_his_place() -> None:
    bench = Bench()
    bench.sign_in("ann")
    ring = one(bench.enter("e1", 0), Ring)
    bench.enter("e2", 1)
    effects = bench.did(bench.core.refused(ring.offer_id, ring.token, "declined", bench.at(2)))
    assert one(effects, Ring).entry_id == "e2", "the same caller is not put to him again at once"
    bench.did(bench.core.sign_in("bob", "d", bench.at(3)))
    assert bench.last("offer.made")["entry_id"] == "e1"
    bench.did(bench.core.customer_left("e1", bench.at(4)))
    assert bench.core.to_state()["offers"][0]["entry_id"] == "e2"


def test_a_caller_who_hangs_up_while_it_rings_stops_the_ring_and_costs_no_place() -> None:
    bench = Bench()
    bench.sign_in("ann", "bob")
    ring = one(bench.enter("e1", 0), Ring)
    effects = bench.did(bench.core.customer_left("e1", bench.at(1)))
    assert one(effects, StopRinging).offer_id == ring.offer_id
    assert one(effects, EntryClosed).outcome == "abandoned"
    assert bench.last("offer.ended")["outcome"] == "customer_left"
    assert one(bench.enter("e2", 2), Ring).agent_id == "ann"


def test_hanging_up_between_answer_and_sound_is_abandoned() -> None:
    bench = Bench()
    bench.sign_in("ann")
    ring = one(bench.enter("e1", 0), Ring)
    connect = one(bench.did(bench.core.answered(ring.offer_id, ring.token, bench.at(1))), Connect)
    bench.did(bench.core.customer_left("e1", bench.at(1)))
    assert bench.core.connected(connect.offer_id, connect.token, bench.at(1)) == []
    assert bench.last("queue.left")["outcome"] == "abandoned"
    assert bench.states("ann") == ["idle", "ringing", "idle"]


def test_an_answer_that_media_never_confirms_comes_to_an_end() -> None:
    bench = Bench(rules(ring_limit_s=5))
    bench.sign_in("ann")
    ring = one(bench.enter("e1", 0), Ring)
    bench.did(bench.core.answered(ring.offer_id, ring.token, bench.at(4)))
    bench.timers(6)
    assert bench.said("offer.ended") == [], "an answered offer has no ring limit"
    bench.timers(14)
    assert bench.last("offer.ended")["outcome"] == "device_failed"
    assert bench.states("ann")[-1] == "idle", "media's fault is not the agent's"


def test_the_longest_wait_ends_but_not_under_an_agent_who_has_answered() -> None:
    bench = Bench(rules(longest_wait_s=20, ring_limit_s=30))
    bench.sign_in("ann")
    ring = one(bench.enter("e1", 0), Ring)
    bench.enter("e2", 0)
    bench.did(bench.core.answered(ring.offer_id, ring.token, bench.at(18)))
    bench.timers(20)
    assert [(left["entry_id"], left["outcome"]) for left in bench.said("queue.left")] == [("e2", "turned_away")]
    bench.timers(28)
    assert [left["entry_id"] for left in bench.said("queue.left")] == ["e2", "e1"], "not connected: it is over now"


def test_a_lost_device_moves_the_offer_on_at_once() -> None:
    bench = Bench()
    bench.sign_in("ann", "bob")
    bench.enter("e1", 0)
    effects = bench.did(bench.core.device_lost("ann", bench.at(1)))
    assert one(effects, Ring).agent_id == "bob"
    assert bench.last("offer.ended")["outcome"] == "agent_lost"
    bench.did(bench.core.device_back("ann", bench.at(2)))
    assert bench.states("ann") == ["idle", "ringing", "unreachable", "idle"]


def test_a_device_that_fails_does_not_run_through_the_queue() -> None:
    bench = Bench()
    bench.sign_in("ann")
    ring = one(bench.enter("e1", 0), Ring)
    bench.enter("e2", 0)
    effects = bench.did(bench.core.refused(ring.offer_id, ring.token, "device_failed", bench.at(0)))
    assert not any(isinstance(effect, Ring) for effect in effects)
    assert bench.last("agent.state_changed")["reason"] == "device_failed"


def test_turning_away_and_failing() -> None:
    bench = Bench()
    bench.sign_in("ann")
    bench.enter("e1", 0)
    assert one(bench.did(bench.core.turn_away("e1", "closing_time", bench.at(1))), EntryClosed).why == "closing_time"
    bench.enter("e2", 2)
    bench.did(bench.core.fail("e2", "media_lost", bench.at(3)))
    assert [left["outcome"] for left in bench.said("queue.left")] == ["turned_away", "failed"]
    assert {ended["outcome"] for ended in bench.said("offer.ended")} == {"recalled"}
    assert bench.core.turn_away("e2", "again", bench.at(4)) == []


def test_nonsense_is_refused_and_changes_nothing() -> None:
    bench = Bench()
    bench.sign_in("ann")
    ring = one(bench.enter("e1", 0), Ring)
    before, now, core = bench.core.to_state(), bench.at(0), bench.core
    nonsense: dict[str, Callable[[], object]] = {
        "unknown_queue": lambda: core.enter("e2", "c", "nowhere", now),
        "already_queued": lambda: core.enter("e1", "c", "sales", now),
        "bad_priority": lambda: core.enter("e2", "c", "sales", now, priority=101),
        "bad_outcome": lambda: core.refused(ring.offer_id, ring.token, "accepted", now),
        "unknown_agent": lambda: core.sign_in("eve", "d", now),
        "already_signed_in": lambda: core.sign_in("ann", "d", now),
        "agent_not_signed_in": lambda: core.set_idle("bob", now),
        "unknown_reason": lambda: core.set_busy("ann", "bored", now),
        "bad_sign_out": lambda: core.sign_out("ann", "whim", now),
        "not_talking": lambda: core.hold("none", now),
        "not_in_wrapup": lambda: core.extend_wrapup("ann", 1000, now),
        "unknown_handling": lambda: core.dispose("none", [], True, now),
        "agent_engaged": lambda: core.direct_connected("ann", "c", now),
    }
    for code, call in nonsense.items():
        with pytest.raises(YingdaError) as refusal:
            call()
        assert refusal.value.code == code
    assert core.to_state() == before
    assert core.handle_timer(now) == []


def test_an_agent_of_two_queues_takes_the_older_entry_of_both() -> None:
    queues = {name: QueueRules(name) for name in ("sales", "service")}
    bench = Bench(Rules(queues=queues, agents={"ann": AgentProfile("ann", ("sales", "service"))}))
    bench.enter("late", 2, "sales")
    bench.did(bench.core.enter("early", "c", "service", bench.at(3), arrived_at=bench.at(1)))
    assert one(bench.did(bench.core.sign_in("ann", "d", bench.at(4))), Ring).entry_id == "early"


def test_nobody_waits_by_a_medium_that_is_none() -> None:
    bench = Bench()
    with pytest.raises(YingdaError) as refusal:
        bench.core.enter("e1", "c1", "sales", bench.at(0), medium="pigeon")
    assert refusal.value.code == "bad_medium" and not bench.said("queue.entered")
