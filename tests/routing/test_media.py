"""Chats, mails and call-backs beside calls: room, blending, going back to the queue (ACD-49, ACD-57, ACD-59)."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tests.routing.bench import Bench, one, rules
from yingda.kernel.errors import YingdaError
from yingda.routing.capacity import Capacity
from yingda.routing.effects import ItemReturned, Ring, Taken
from yingda.routing.rules import Escalation, Rules

WIDER = Escalation("wider", 0, also="sales")
THREE_CHATS = {"chat": 3, "email": 6}


def mixed(*agents: str, **capacity: Any) -> Rules:
    given = rules(agents or ("ann",), wrapup_s=10)
    capacity.setdefault("items", THREE_CHATS)
    profiles = {name: replace(profile, capacity=Capacity(**capacity)) for name, profile in given.agents.items()}
    return replace(given, agents=profiles)


def begin(bench: Bench, entry: str, seconds: float, medium: str = "chat", **more: Any) -> list[Any]:
    cause = "callback" if medium == "callback" else "first"
    where, at = f"contact-{entry}", bench.at(seconds)
    return bench.did(bench.core.enter(entry, where, "sales", at, medium=medium, cause=cause, **more))


def take(bench: Bench, entry: str, seconds: float, medium: str = "chat") -> Taken:
    ring = one(begin(bench, entry, seconds, medium), Ring)
    return one(bench.did(bench.core.answered(ring.offer_id, ring.token, bench.at(seconds))), Taken)


def test_one_call_or_three_chats() -> None:
    bench = Bench(mixed())
    bench.sign_in("ann")
    for number in range(3):
        assert take(bench, f"chat{number}", number).medium == "chat"
    assert not any(isinstance(effect, Ring) for effect in begin(bench, "chat3", 4))
    assert not any(isinstance(effect, Ring) for effect in bench.enter("call", 5))
    assert bench.states("ann") == ["idle", "ringing", "serving", "ringing", "serving", "ringing", "serving"]


def test_shares_of_different_media_add_up() -> None:
    bench = Bench(mixed())
    bench.sign_in("ann")
    take(bench, "chat0", 0)
    take(bench, "chat1", 1)
    take(bench, "mail0", 2, "email")
    take(bench, "mail1", 3, "email")  # 2 of 3 chats and 2 of 6 mails: full
    assert not any(isinstance(effect, Ring) for effect in begin(bench, "mail2", 4, "email"))


def test_room_that_comes_free_is_given_at_once() -> None:
    bench = Bench(mixed(items={"chat": 2}))
    bench.sign_in("ann")
    first, second = take(bench, "chat0", 0), take(bench, "chat1", 1)
    begin(bench, "chat2", 2)
    assert one(bench.did(bench.core.released(second.handling_id, "customer", bench.at(3))), Ring).entry_id == "chat2"
    assert first.handling_id in bench.core.floor.handlings


def test_calls_come_on_top_where_blending_says_so() -> None:
    apart, blended = Bench(mixed()), Bench(mixed(blend="calls_first"))
    for bench, rings in ((apart, 0), (blended, 1)):
        bench.sign_in("ann")
        take(bench, "chat0", 0)
        assert sum(isinstance(effect, Ring) for effect in bench.enter("call", 1)) == rings


def test_nothing_new_during_a_call() -> None:
    bench = Bench(mixed(blend="calls_first"))
    bench.sign_in("ann")
    bench.talk(0, "call")
    assert not any(isinstance(effect, Ring) for effect in begin(bench, "chat0", 3))


def test_who_takes_no_calls_gets_none() -> None:
    bench = Bench(mixed(calls=False))
    bench.sign_in("ann")
    assert not any(isinstance(effect, Ring) for effect in bench.enter("call", 1))
    assert one(begin(bench, "chat0", 2), Ring).medium == "chat"


def test_taking_an_item_is_one_append_that_answers_it() -> None:
    bench = Bench(mixed())
    bench.sign_in("ann")
    take(bench, "chat0", 0)
    joint = [event.kind for event in bench.events][-5:]
    assert joint == [
        *("offer.ended", "handling.started", "handling.connected", "queue.left", "agent.state_changed"),
    ]
    assert bench.last("queue.left")["outcome"] == "answered"


def test_a_booked_busy_lets_the_open_items_end() -> None:
    bench = Bench(mixed())
    bench.sign_in("ann")
    taken = take(bench, "chat0", 0)
    bench.did(bench.core.set_busy("ann", "lunch", bench.at(1)))
    assert bench.last("agent.state_changed")["to"] == "serving"
    assert bench.last("agent.state_changed")["reason"] == "lunch", "the ledger says why he gets nothing new"
    assert not any(isinstance(effect, Ring) for effect in begin(bench, "chat1", 2))
    bench.did(bench.core.released(taken.handling_id, "agent", bench.at(3)))
    assert bench.last("agent.state_changed")["to"] == "busy"


def test_nobody_leaves_his_items_behind() -> None:
    bench = Bench(mixed("ann", "bob"))
    bench.sign_in("ann")
    taken = take(bench, "chat0", 0)
    with pytest.raises(YingdaError, match="items open") as refused:
        bench.core.sign_out("ann", "self", bench.at(1))
    assert refused.value.code == "items_open"
    back = one(bench.did(bench.core.sign_out("ann", "lost", bench.at(2))), ItemReturned)
    entered = bench.last("queue.entered")
    assert (back.handling_id, entered["cause"], entered["from_entry_id"]) == (taken.handling_id, "agent_lost", "chat0")
    assert entered["arrived_at"] == bench.at(0), "at the place it had"
    bench.did(bench.core.sign_in("bob", "phone-bob", bench.at(3)))
    assert bench.last("offer.made")["agent_id"] == "bob"


def test_an_item_is_handed_back() -> None:
    bench = Bench(mixed())
    bench.sign_in("ann")
    taken = take(bench, "chat0", 0)
    bench.did(bench.core.hand_back(taken.handling_id, "sales", bench.at(9)))
    assert bench.last("queue.entered")["cause"] == "returned"
    with pytest.raises(YingdaError, match="no such item"):
        bench.core.hand_back(taken.handling_id, "sales", bench.at(10))


def test_a_callback_is_dialled_after_it_is_taken() -> None:
    bench = Bench(mixed(items={}))
    bench.sign_in("ann")
    taken = take(bench, "back", 0, "callback")
    assert bench.last("agent.state_changed")["to"] == "dialling"
    bench.did(bench.core.talks.connected(taken.handling_id, bench.at(5)))
    assert bench.last("handling.connected")["handling_id"] == taken.handling_id
    bench.did(bench.core.released(taken.handling_id, "customer", bench.at(9)))
    assert bench.states("ann")[-3:] == ["dialling", "talking", "wrapup"]


def test_a_customer_who_is_not_reached_leaves_no_wrapup() -> None:
    bench = Bench(mixed(items={}))
    bench.sign_in("ann")
    taken = take(bench, "back", 0, "callback")
    bench.did(bench.core.released(taken.handling_id, "system", bench.at(5)))
    assert bench.states("ann")[-2:] == ["dialling", "idle"]
    assert not bench.said("handling.wrapup_ended")


def test_a_dialled_record_shown_first_is_taken_before_it_is_dialled() -> None:
    bench = Bench(mixed(items={}))
    bench.sign_in("ann")
    ring = one(begin(bench, "record", 0, "voice", live=False), Ring)
    one(bench.did(bench.core.answered(ring.offer_id, ring.token, bench.at(2))), Taken)
    assert bench.last("agent.state_changed")["to"] == "dialling"


def test_nothing_waits_by_an_unknown_medium() -> None:
    with pytest.raises(YingdaError, match="by 'pigeon'"):
        begin(Bench(mixed()), "e", 0, "pigeon")


def test_some_of_the_idle_are_kept_for_the_queues_own() -> None:
    given = rules(("ann", "bob"), keep_free=1)
    other = replace(given.queues["sales"], queue_id="care", keep_free=0, escalations=(WIDER,))
    bench = Bench(replace(given, queues={**given.queues, "care": other}))
    bench.sign_in("ann", "bob")
    assert one(bench.enter("one", 0, "care"), Ring).agent_id == "ann"
    assert not any(isinstance(effect, Ring) for effect in bench.enter("two", 1, "care")), "bob is kept"
    assert one(bench.enter("three", 2), Ring).agent_id == "bob"


@pytest.mark.parametrize("medium", ["chat", "email"])
def test_state_carries_items_over(medium: str) -> None:
    bench = Bench(mixed())
    bench.sign_in("ann")
    take(bench, "item", 0, medium)
    state = bench.core.to_state()
    again = type(bench.core).from_state(state, bench.core.floor.ids)
    assert again.to_state() == state
    assert again.floor.open_media(again.floor.sessions["ann"]) == [medium]
