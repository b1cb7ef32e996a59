"""Agents: states and their precedence, wrap-up, signing out, changes of configuration (metrics.md section 6)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.routing.bench import Bench, one, rules
from yingda.kernel.calendar import Calendar
from yingda.kernel.errors import YingdaError
from yingda.routing.effects import Connect, Ring
from yingda.routing.handling import Handling, Phase
from yingda.routing.rules import AgentProfile, QueueRules, Rules
from yingda.routing.session import Busy, Session, standing
from yingda.routing.states import TRANSITIONS, AgentState, class_of
from yingda.routing.transitions import IllegalTransitionError, check


def test_where_several_states_hold_the_first_of_the_list_counts() -> None:
    session = Session(session_id="s", agent_id="a", device="d", signed_in_at=0, reachable=False)
    handling = Handling(
        handling_id="h", interaction_id="i", agent_id="a", session_id="s", queue_id="q", wrapup=0, phase=Phase.WRAPUP
    )
    assert standing(session, None).state is AgentState.UNREACHABLE
    session.busy = Busy("lunch", "break")
    assert standing(session, None).state is AgentState.BUSY
    assert standing(session, handling).state is AgentState.WRAPUP
    session.offer_id = "o"
    assert standing(session, handling).state is AgentState.RINGING
    handling.phase = Phase.HELD
    assert standing(session, handling).state is AgentState.HOLDING
    handling.phase = Phase.TALKING
    assert standing(session, handling).state is AgentState.TALKING


def test_every_state_has_a_class_and_the_table_names_states_only() -> None:
    assert {class_of(state) for state in AgentState} == {"occupied", "available", "off_contact"}
    assert class_of(AgentState.RINGING, accepted=True) == "occupied"
    assert set(TRANSITIONS) <= {"offline", *AgentState}


def test_what_the_table_does_not_have_is_a_fault() -> None:
    with pytest.raises(IllegalTransitionError, match="wrapup → holding"):
        check(TRANSITIONS, "agent", "ann", AgentState.WRAPUP, AgentState.HOLDING)


def test_hold_wrapup_and_its_limit() -> None:
    bench = Bench(rules(wrapup_s=30))
    bench.sign_in("ann")
    handling = bench.talk(0)
    bench.did(bench.core.hold(handling, bench.at(10)))
    assert bench.core.hold(handling, bench.at(10)) == []
    bench.did(bench.core.retrieve(handling, bench.at(12)))
    bench.did(bench.core.released(handling, "customer", bench.at(20)))
    assert bench.core.released(handling, "agent", bench.at(20)) == [], "both sides hang up: the second is late"
    bench.did(bench.core.extend_wrapup("ann", 5_000, bench.at(21)))
    bench.timers(54.9)
    assert bench.states("ann")[-1] == "wrapup"
    bench.timers(55)
    assert bench.states("ann") == ["idle", "ringing", "talking", "holding", "talking", "wrapup", "idle"]
    ended = {"handling_id": handling, "ended_how": "limit", "extended_ms": 5000}
    assert bench.last("handling.wrapup_ended") == ended


def test_a_queue_without_wrapup_leads_straight_on() -> None:
    bench = Bench(rules(wrapup_s=0))
    bench.sign_in("ann")
    handling = bench.talk(0)
    bench.enter("e2", 5)
    effects = bench.did(bench.core.released(handling, "customer", bench.at(20)))
    assert one(effects, Ring).entry_id == "e2"
    assert bench.states("ann")[-3:] == ["talking", "idle", "ringing"]


def test_busy_is_booked_in_a_call_and_begins_after_wrapup() -> None:
    bench = Bench()
    bench.sign_in("ann")
    handling = bench.talk(0)
    assert bench.core.set_busy("ann", "lunch", bench.at(5)) == []
    bench.did(bench.core.released(handling, "agent", bench.at(10)))
    bench.did(bench.core.finish_wrapup("ann", bench.at(11)))
    assert bench.core.finish_wrapup("ann", bench.at(11)) == []
    assert bench.states("ann")[-2:] == ["wrapup", "busy"]
    assert bench.last("agent.state_changed")["reason"] == "lunch"


def test_ready_in_wrapup_ends_it() -> None:
    bench = Bench()
    bench.sign_in("ann")
    bench.did(bench.core.released(bench.talk(0), "agent", bench.at(10)))
    bench.did(bench.core.set_idle("ann", bench.at(11)))
    assert bench.last("handling.wrapup_ended")["ended_how"] == "agent"
    assert bench.states("ann")[-1] == "idle"


def test_signing_in_without_being_ready() -> None:
    bench = Bench()
    bench.did(bench.core.sign_in("ann", "d", bench.at(0), ready=False))
    assert not any(isinstance(effect, Ring) for effect in bench.enter("e1", 1))
    assert bench.last("agent.state_changed")["reason"] == "not_ready"


def test_signing_out_waits_for_the_call_and_closes_the_rest() -> None:
    bench = Bench()
    bench.sign_in("ann")
    ring = one(bench.enter("e1", 0), Ring)
    connect = one(bench.did(bench.core.answered(ring.offer_id, ring.token, bench.at(0))), Connect)
    with pytest.raises(YingdaError, match="in a call"):
        bench.core.sign_out("ann", "self", bench.at(1))
    bench.did(bench.core.connected(connect.offer_id, connect.token, bench.at(1)))
    with pytest.raises(YingdaError, match="in a call"):
        bench.core.sign_out("ann", "self", bench.at(2))
    bench.did(bench.core.released(bench.last("handling.started")["handling_id"], "customer", bench.at(3)))
    bench.did(bench.core.sign_out("ann", "shift_end", bench.at(4)))
    assert bench.last("handling.wrapup_ended")["ended_how"] == "leader"
    assert bench.events[-1].kind == "agent.signed_out"
    bench.did(bench.core.dispose(bench.last("handling.started")["handling_id"], ["sold"], True, bench.at(60)))


@pytest.mark.parametrize(("why", "outcome"), [("self", "declined"), ("leader", "recalled"), ("lost", "agent_lost")])
def test_signing_out_under_a_ring_passes_the_caller_on(why: str, outcome: str) -> None:
    bench = Bench()
    bench.sign_in("ann", "bob")
    bench.enter("e1", 0)
    effects = bench.did(bench.core.sign_out("ann", why, bench.at(1)))
    assert one(effects, Ring).agent_id == "bob"
    assert bench.last("offer.ended")["outcome"] == outcome


def test_a_direct_call_ends_the_wrapup_before_it() -> None:
    bench = Bench()
    bench.sign_in("ann")
    bench.did(bench.core.released(bench.talk(0), "customer", bench.at(10)))
    bench.did(bench.core.direct_connected("ann", "contact-2", bench.at(12)))
    assert bench.last("handling.wrapup_ended")["ended_how"] == "next"
    started = bench.last("handling.started")
    assert (started["origin"], started["queue_id"]) == ("direct", "direct")
    bench.did(bench.core.released(started["handling_id"], "customer", bench.at(20)))
    bench.timers(100)
    assert bench.states("ann")[-4:] == ["wrapup", "talking", "wrapup", "idle"]


def test_a_queue_taken_out_is_finished_by_those_who_served_it() -> None:
    bench = Bench(rules(("ann",)))
    bench.enter("e1", 0)
    other = Rules(queues={"service": QueueRules("service")}, agents={"ann": AgentProfile("ann", ("service",))})
    bench.did(bench.core.configure(other, bench.at(1)))
    with pytest.raises(YingdaError, match="no such queue"):
        bench.enter("e2", 2)
    assert one(bench.did(bench.core.sign_in("ann", "d", bench.at(3))), Ring).entry_id == "e1"
    bench.did(bench.core.customer_left("e1", bench.at(4)))
    assert bench.core.to_state()["closing"] == {}


def test_an_agent_taken_out_finishes_his_call_and_is_signed_out() -> None:
    bench = Bench()
    bench.sign_in("ann", "bob")
    handling = bench.talk(0)
    ring = one(bench.enter("e2", 5), Ring)
    bench.did(bench.core.configure(rules(("cleo",)), bench.at(6)))
    assert bench.last("offer.ended") == {"offer_id": ring.offer_id, "outcome": "recalled"}
    assert [out["agent_id"] for out in bench.said("agent.signed_out")] == ["bob"]
    bench.did(bench.core.released(handling, "customer", bench.at(8)))
    bench.timers(60)
    assert [out["agent_id"] for out in bench.said("agent.signed_out")] == ["bob", "ann"]


def test_an_agent_given_a_queue_gets_who_waits_there() -> None:
    bench = Bench(Rules(queues={"sales": QueueRules("sales")}, agents={"ann": AgentProfile("ann")}))
    bench.sign_in("ann")
    bench.enter("e1", 0)
    assert one(bench.did(bench.core.configure(rules(("ann",)), bench.at(1))), Ring).entry_id == "e1"


def test_at_the_end_of_his_shift_he_gets_nothing_new() -> None:
    hour = Calendar("UTC", ((((22 * 60) + 13, (22 * 60) + 15),),) * 7)  # the bench begins at 22:13:20
    given = rules(("ann",))
    bench = Bench(replace(given, agents={"ann": replace(given.agents["ann"], shift=hour)}))
    bench.did(bench.core.sign_in("ann", "phone-ann", bench.at(0)))
    handling_id = bench.talk(10)
    bench.timers(100)
    assert bench.states("ann")[-1] == "talking", "the call he has goes on"
    bench.did(bench.core.released(handling_id, "customer", bench.at(110)))
    bench.timers(200)
    assert bench.last("agent.signed_out")["why"] == "shift_end"
