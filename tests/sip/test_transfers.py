"""One call takes another's place (RFC 3891), and what becomes of a transfer is told (RFC 3515, 4488, 5589)."""

from __future__ import annotations

import pytest

from tests.sip.test_calls import established
from tests.sip.test_endpoint import replies
from tests.sip.test_watching import referring, requests
from tests.sip.wire import wire
from tests.sip.world import CALLER, SDP, World, restored
from yingda.kernel.clock import SECOND
from yingda.sip import message
from yingda.sip.events import Effect, Ended, InviteReceived, Referred, Rejected, Target
from yingda.sip.message import Request


def named(world: World, side: str = "b", *, swapped: bool = False) -> str:
    """The one call of a side as its far end names it in Replaces."""
    (session,) = world.side(side).endpoint.to_state()["sessions"]
    dialog = session["forks"][-1]
    to_tag, from_tag = dialog["local_tag"], dialog["remote_tag"]
    if swapped:
        to_tag, from_tag = from_tag, to_tag
    return f"{dialog['call_id']};to-tag={to_tag};from-tag={from_tag}"


def replace(world: World, value: str, side: str = "a") -> str:
    """Another INVITE from this side, with Replaces; its key."""
    one = world.side(side)
    remote = one.flow.remote[0]
    key, effects = one.endpoint.invite(
        Target(f"sip:4008@{remote}", one.flow), caller=CALLER, sdp=SDP, now=world.now, headers={"Replaces": value}
    )
    world.do(one, effects)
    world.run(world.now + SECOND)
    return key


def ringing_at_b() -> tuple[World, str]:
    """a's call rings at b."""
    world = World()
    key = world.call()
    world.run(world.now + SECOND)
    (received,) = world.b.events
    assert isinstance(received, InviteReceived)
    world.do(world.b, world.b.endpoint.ring(received.key, world.now))
    world.run(world.now + SECOND)
    return world, key


def test_an_answered_call_gives_way_when_the_new_one_is_answered() -> None:
    world, old, there = established()
    replace(world, named(world))
    received = [event for event in world.b.events if isinstance(event, InviteReceived)][-1]
    assert received.replaces == there  # `established` answers whatever comes
    world.run(world.now + SECOND)
    assert Ended(there, "replaced", "") in world.b.events and Ended(old, "remote", "") in world.a.events
    assert [side.endpoint.live()["calls"] for side in (world.a, world.b)] == [1, 1]
    assert "b:BYE" in world.labels()


def test_the_old_call_stays_when_the_new_one_is_refused() -> None:
    world, _, there = established()
    world.reactions.clear()
    key = replace(world, named(world))
    received = world.b.events[-1]
    assert isinstance(received, InviteReceived) and received.replaces == there
    world.do(world.b, world.b.endpoint.reject(received.key, 488, world.now))
    world.run(world.now + SECOND)
    assert isinstance(world.a.events[-1], Rejected) and world.a.events[-1].key == key
    assert world.b.endpoint.live()["calls"] == 1 and "b:BYE" not in world.labels()


def test_a_call_that_we_make_and_that_rings_is_cancelled_for_the_one_that_replaces_it() -> None:
    world, key = ringing_at_b()
    replace(world, named(world, "a"), side="b")
    received = world.a.events[-1]
    assert isinstance(received, InviteReceived) and received.replaces == key
    world.do(world.a, world.a.endpoint.answer(received.key, SDP, world.now))
    world.run(world.now + SECOND)
    assert Rejected(key, 487, "Request Terminated") in world.a.events and "a:CANCEL" in world.labels()


def test_state_keeps_which_call_gives_way() -> None:
    world, _, there = established()
    world.reactions.clear()
    replace(world, named(world))
    received = world.b.events[-1]
    assert isinstance(received, InviteReceived)
    world.b.endpoint = restored(world.b.endpoint)
    world.do(world.b, world.b.endpoint.answer(received.key, SDP, world.now))
    assert Ended(there, "replaced", "") in world.b.events


def refusal(world: World, value: str, side: str = "a") -> Rejected:
    replace(world, value, side)
    event = world.side(side).events[-1]
    assert isinstance(event, Rejected)
    return event


def test_nobody_is_replaced_by_a_stranger_or_a_guess() -> None:
    world, _, _ = established()
    call_id, to_tag, from_tag = named(world).split(";")
    for value in (f"other;{to_tag};{from_tag}", f"{call_id};{to_tag}x;{from_tag}", named(world, swapped=True)):
        assert refusal(world, value).code == 481
    assert world.b.endpoint.live()["calls"] == 1


def test_an_answered_call_is_not_replaced_early() -> None:
    world, _, _ = established()
    assert refusal(world, named(world) + ";early-only").code == 486


def test_a_call_that_is_ending_is_not_replaced() -> None:
    world, _, there = established()
    value = named(world)
    world.do(world.b, world.b.endpoint.bye(there, world.now))
    (sent,) = [number for number, (_, _, label) in enumerate(world.sent) if label == "BYE"]
    world.lost = world.lost | {sent}
    invite = Request("INVITE", "sip:4008@192.0.2.2", {})
    key, effects = world.a.endpoint.invite(
        Target("sip:4008@192.0.2.2", world.a.flow), caller=CALLER, sdp=SDP, now=world.now, headers={"Replaces": value}
    )
    assert key and invite
    data = next(effect.data for effect in effects if hasattr(effect, "data"))
    codes = [reply.code for reply in replies(world.b.endpoint.receive(data, world.b.flow, world.now))]
    assert codes == [603]


def test_a_call_that_rings_here_is_not_replaced_by_its_caller() -> None:
    world, _ = ringing_at_b()
    assert refusal(world, named(world)).code == 481


@pytest.mark.parametrize("value", ["abc", "abc;to-tag=1", "abc;from-tag=1;from-tag=2;to-tag=3", ";to-tag=1;from-tag=2"])
def test_a_value_that_cannot_be_read_is_malformed(value: str) -> None:
    world, _, _ = established()
    assert refusal(world, value).code == 400


@pytest.mark.parametrize("method", ["OPTIONS", "INVITE"])
def test_replaces_stands_once_and_in_an_invite(method: str) -> None:
    world = World()
    _, effects = world.a.endpoint.invite(
        Target("sip:4008@192.0.2.2", world.a.flow), caller=CALLER, sdp=SDP, now=world.now, headers={"Replaces": VALUE}
    )
    request = message.parse(next(effect.data for effect in effects if hasattr(effect, "data")))
    assert isinstance(request, Request)
    values = [VALUE, VALUE] if method == "INVITE" else [VALUE]
    changed = Request(method, request.uri, request.headers | {"Replaces": values, "CSeq": [f"1 {method}"]})
    (reply,) = replies(world.b.endpoint.receive(changed.to_bytes(), world.b.flow, world.now))
    assert reply.code == 400 and reply.get("Warning")


VALUE = "abc;to-tag=1;from-tag=2"


def test_require_replaces_is_understood() -> None:
    world = World()
    headers = {"Require": "replaces"}
    _, effects = world.a.endpoint.invite(
        Target("sip:4008@192.0.2.2", world.a.flow), caller=CALLER, sdp=SDP, now=world.now, headers=headers
    )
    world.do(world.a, effects)
    world.run(world.now + SECOND)
    assert isinstance(world.b.events[0], InviteReceived) and world.b.events[0].replaces == ""


# ---- REFER -----------------------------------------------------------------------------------------------------------


def told(world: World, key: str, *codes: int) -> list[str]:
    """Bodies and states of the NOTIFYs that results bring about."""
    effects: list[Effect] = []
    for code in codes:
        effects += world.b.endpoint.refer_result(key, code, world.now)
    return [
        f"{one.body.decode().split()[1]} {one.get('Subscription-State').split(';')[0]}" for one in requests(effects)
    ]


def test_a_transfer_is_told_step_by_step() -> None:
    world, key, _ = referring("<sip:8002@192.0.2.2>")
    world.b.endpoint.accept_refer(key, world.now)
    assert told(world, key, 180, 486, 200) == ["180 active", "486 terminated"]  # the first final one is the last word


def test_who_does_not_want_to_hear_of_it_is_left_alone() -> None:
    world, key, effects = referring("<sip:8002@192.0.2.2>", {"Refer-Sub": ["false"], "Require": ["norefersub"]})
    assert effects == [Referred(key, "sip:8002@192.0.2.2")]
    accepted = world.b.endpoint.accept_refer(key, world.now)
    (reply,) = replies(accepted)
    assert (reply.code, reply.get("Refer-Sub")) == (202, "false") and not requests(accepted)
    assert told(world, key, 180, 200) == []


def subscribes(world: World, key: str, number: int, more: str, event: str = "refer") -> list[Effect]:
    """SUBSCRIBE inside the call that was referred, by who asked for it."""
    dialog = world.b.endpoint._core.session(key).need_dialog()
    text = f"""
SUBSCRIBE sip:4008@192.0.2.2 SIP/2.0
Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-sub{number}
Max-Forwards: 70
From: {dialog.remote};tag={dialog.remote_tag}
To: {dialog.local};tag={dialog.local_tag}
Call-ID: {dialog.call_id}
CSeq: {number} SUBSCRIBE
Contact: <sip:1001@192.0.2.1>
Event: {event}
{more}"""
    return world.b.endpoint.receive(wire(text.strip()), world.b.flow, world.now)


def test_who_subscribes_to_his_transfer_hears_of_it_on() -> None:
    world, key, _ = referring("<sip:8002@192.0.2.2>")
    world.b.endpoint.accept_refer(key, world.now)
    effects = subscribes(world, key, 900, "Expires: 600")
    ((reply,), (notify,)) = replies(effects), requests(effects)
    assert (reply.code, reply.get("Expires")) == (200, "60")
    assert (notify.get("Subscription-State"), notify.body) == ("active;expires=60", b"SIP/2.0 100 Trying\r\n")
    assert told(world, key, 200) == ["200 terminated"]


def test_who_unsubscribes_from_it_hears_no_more() -> None:
    world, key, _ = referring("<sip:8002@192.0.2.2>")
    world.b.endpoint.accept_refer(key, world.now)
    number = world.b.endpoint._core.session(key).refer_id
    effects = subscribes(world, key, 900, "Expires: 0", f"refer;id={number}")
    ((reply,), (notify,)) = replies(effects), requests(effects)
    assert reply.code == 200 and notify.get("Subscription-State") == "terminated;reason=timeout"
    assert told(world, key, 180, 200) == []


def test_there_is_no_subscription_without_a_transfer_under_way() -> None:
    world, key, _ = referring("<sip:8002@192.0.2.2>")
    codes = [replies(subscribes(world, key, 900, ""))[0].code]  # nobody has accepted it yet
    world.b.endpoint.accept_refer(key, world.now)
    codes.append(replies(subscribes(world, key, 901, "", "refer;id=4711"))[0].code)
    codes.append(replies(subscribes(world, key, 3, ""))[0].code)
    world.b.endpoint.refer_result(key, 200, world.now)
    codes.append(replies(subscribes(world, key, 902, ""))[0].code)
    assert codes == [481, 481, 500, 481]


def test_a_phone_that_hangs_up_after_its_transfer_needs_no_result() -> None:
    world, key, _ = referring("<sip:8002@192.0.2.2>")
    world.do(world.b, world.b.endpoint.accept_refer(key, world.now))
    world.do(world.b, world.b.endpoint.bye(key, world.now))
    assert told(world, key, 200) == []
    world.run()
    assert told(world, key, 200) == [] and world.b.endpoint.live()["calls"] == 0


def test_an_attended_transfer_between_two_calls_of_ours_names_both() -> None:
    """The phone's consultation is a call of ours too: its key is told, so that the two can be joined."""
    world, _, there = established()
    escaped = named(world).replace(";", "%3B").replace("=", "%3D").replace("@", "%40")
    headers = {"Refer-To": [f"<sip:8002@192.0.2.2?Replaces={escaped}>"], "Referred-By": ["<sip:1001@192.0.2.2>"]}
    _, key, effects = referring("", headers, running=(world, "", there))
    (event,) = effects
    assert isinstance(event, Referred) and (event.replaced, event.by) == (key, "sip:1001@192.0.2.2")
