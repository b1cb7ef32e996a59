"""Consultations, transfers, own dialling and supervision: what the ledger says, and what the agents' states are."""

from __future__ import annotations

import pytest

from tests.routing.bench import Bench, one, rules
from yingda.kernel.errors import YingdaError
from yingda.routing.effects import Append, Connect, Ring


@pytest.fixture
def bench() -> Bench:
    bench = Bench(rules(("ann", "bob", "cid"), wrapup_s=10))
    bench.sign_in("ann", "bob", "cid")
    return bench


def consulting(bench: Bench) -> tuple[str, str]:
    """ann talks with a customer and consults bob, who has answered; their handlings."""
    talks = bench.core.talks
    first = bench.talk(0)
    bench.did(talks.consult(first, "agent:bob", bench.at(5)))
    bench.did(talks.ring("bob", "contact-e1", bench.at(5)))
    bench.did(talks.join("bob", "contact-e1", "consult", bench.at(6), queue_id="sales", after=first))
    return first, str(bench.last("handling.started")["handling_id"])


def test_an_attended_transfer_is_one_append_and_keeps_the_queue(bench: Bench) -> None:
    first, second = consulting(bench)
    assert bench.states("bob")[-2:] == ["ringing", "assisting"]
    effects = bench.did(bench.core.talks.pass_on(first, "attended", "agent:bob", "completed", bench.at(9), heir=second))
    append = one(effects, Append)
    assert [event.kind for event in append.events] == [
        *("handling.consult_ended", "handling.transferred", "handling.released", "agent.state_changed"),
        *("handling.released", "handling.started", "handling.connected", "agent.state_changed"),
    ]
    assert len({event.at for event in append.events}) == 1
    started = bench.last("handling.started")
    assert (started["role"], started["origin"], started["queue_id"]) == ("primary", "transfer", "sales")
    assert started["after_handling_id"] == first
    assert bench.states("ann")[-2:] == ["consulting", "wrapup"]
    assert bench.states("bob")[-1] == "talking"


def test_between_the_customer_and_the_third_party(bench: Bench) -> None:
    first, _ = consulting(bench)
    bench.did(bench.core.retrieve(first, bench.at(8)))
    bench.did(bench.core.hold(first, bench.at(9)))
    bench.did(bench.core.talks.consult_over(first, "ended", bench.at(10)))
    bench.did(bench.core.retrieve(first, bench.at(11)))
    assert bench.states("ann")[-5:] == ["consulting", "talking", "consulting", "holding", "talking"]


def test_a_conference_is_talking_for_the_first_agent_and_outlives_him(bench: Bench) -> None:
    first, second = consulting(bench)
    bench.did(bench.core.talks.consult_over(first, "conference", bench.at(8), retrieve=True))
    assert bench.states("ann")[-2:] == ["consulting", "talking"]
    bench.did(bench.core.talks.left(first, "agent", bench.at(9), heir=second))
    assert bench.states("bob")[-1] == "talking"
    assert bench.last("handling.started")["origin"] == "transfer"


def test_who_assisted_has_no_wrapup(bench: Bench) -> None:
    first, second = consulting(bench)
    bench.did(bench.core.released(second, "agent", bench.at(8)))
    assert bench.states("bob")[-1] == "idle"
    bench.did(bench.core.released(first, "customer", bench.at(9)))
    assert bench.last("handling.consult_ended")["result"] == "released"
    bench.timers(60)
    assert [said["handling_id"] for said in bench.said("handling.wrapup_ended")] == [first]


def test_own_dialling_until_connected_or_given_up(bench: Bench) -> None:
    talks = bench.core.talks
    bench.did(talks.dial("ann", "contact-1", bench.at(1)))
    handling = str(bench.last("handling.started")["handling_id"])
    assert bench.last("handling.started")["queue_id"] == "outbound"
    bench.did(bench.core.released(handling, "agent", bench.at(2)))
    bench.did(talks.dial("ann", "contact-2", bench.at(3)))
    bench.did(talks.connected(str(bench.last("handling.started")["handling_id"]), bench.at(4)))
    bench.did(bench.core.released(str(bench.last("handling.started")["handling_id"]), "customer", bench.at(5)))
    assert bench.states("ann") == ["idle", "dialling", "idle", "dialling", "talking", "wrapup"]


def test_who_is_called_straight_gets_no_offer_and_keeps_his_place(bench: Bench) -> None:
    bench.did(bench.core.talks.ring("ann", "contact-1", bench.at(1)))
    assert one(bench.enter("e1", 2), Ring).agent_id == "bob"
    with pytest.raises(YingdaError) as refusal:
        bench.core.talks.ring("ann", "contact-2", bench.at(2))
    assert refusal.value.code == "agent_engaged"
    bench.did(bench.core.talks.ring_over("ann", bench.at(3)))
    assert one(bench.enter("e2", 4), Ring).agent_id == "ann"


def test_a_picked_up_entry_belongs_to_whoever_answers_first(bench: Bench) -> None:
    ring = one(bench.enter("e1", 0), Ring)
    picked = one(bench.did(bench.core.pick_up("e1", "cid", bench.at(1))), Ring)
    assert picked.auto_answer and ring.agent_id == "ann"
    connect = one(bench.did(bench.core.answered(picked.offer_id, picked.token, bench.at(2))), Connect)
    with pytest.raises(YingdaError) as refusal:
        bench.core.pick_up("e1", "bob", bench.at(2))
    assert refusal.value.code == "already_answered"
    bench.did(bench.core.connected(connect.offer_id, connect.token, bench.at(3)))
    assert [said["outcome"] for said in bench.said("offer.ended")] == ["answered_elsewhere", "accepted"]
    assert bench.last("handling.started")["origin"] == "pickup"
    with pytest.raises(YingdaError) as refusal:
        bench.core.pick_up("e1", "bob", bench.at(4))
    assert refusal.value.code == "unknown_entry"


def test_a_leader_who_listens_supervises(bench: Bench) -> None:
    talks, first = bench.core.talks, bench.talk(0)
    bench.did(talks.supervise("cid", first, "listen", bench.at(3), "user:leader"))
    bench.did(talks.supervision_over("cid", first, "contact-e1", "listen", bench.at(4), stays=True))
    bench.did(talks.supervise("cid", first, "whisper", bench.at(4), "user:leader"))
    bench.did(talks.supervision_over("cid", first, "contact-e1", "whisper", bench.at(5)))
    assert bench.states("cid") == ["idle", "supervising", "idle"]
    assert [said["mode"] for said in bench.said("supervision.started")] == ["listen", "whisper"]
