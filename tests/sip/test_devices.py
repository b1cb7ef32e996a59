"""A phone's keys pressed from the desk, calls it answers by itself: only where it says, or is known, that it can."""

from __future__ import annotations

import pytest

from tests.sip.test_calls import established
from tests.sip.test_endpoint import NOW, UDP, endpoint, replies, with_credentials
from tests.sip.test_watching import requests
from tests.sip.wire import REGISTER
from tests.sip.world import CALLER, SDP, restored
from yingda.kernel.errors import YingdaError
from yingda.sip import devices, message
from yingda.sip.devices import Abilities
from yingda.sip.endpoint import Endpoint
from yingda.sip.events import Effect, KeyRefused, Send
from yingda.sip.message import Headers, Request, Response, response_to

DESK_PHONE = "Allow-Events: talk, hold, conference\r\nUser-Agent: Yealink SIP-T46U 108.86.0.20\r\n"


def registered(more: str) -> Endpoint:
    one = endpoint()
    data = REGISTER.replace(b"Max-Forwards", more.encode() + b"Max-Forwards")
    (challenge,) = replies(one.receive(data, UDP, NOW))
    (ok,) = replies(one.receive(with_credentials(data, challenge), UDP, NOW))
    assert ok.code == 200
    return one


def called(one: Endpoint) -> tuple[str, Request]:
    """We call the device; what it gets."""
    key, effects = one.invite(one.bindings("1001")[0], caller=CALLER, sdp=SDP, now=NOW, headers=devices.AUTO_ANSWER)
    (invite,) = requests(effects)
    return key, invite


def reply(one: Endpoint, request: Request, code: int, headers: Headers | None = None) -> list[Effect]:
    """The device answers."""
    response = response_to(request, code, to_tag="device", headers={"Contact": ["<sip:1001@198.51.100.7:5070>"]})
    response.headers |= headers or {}
    return one.receive(response.to_bytes(), UDP, NOW)


@pytest.mark.parametrize(
    ("more", "able"),
    [
        (DESK_PHONE, Abilities(talk=True, hold=True, auto_answer=True)),
        ("Allow-Events: talk\r\nUser-Agent: Unheard-of 1.0\r\n", Abilities(talk=True)),
        ("User-Agent: PolycomVVX-VVX_411-UA/5.9\r\n", Abilities(auto_answer=True)),
        ("User-Agent: baresip v1.0.0\r\n", Abilities()),
        ("", Abilities()),
    ],
)
def test_what_a_device_can_is_what_it_says(more: str, able: Abilities) -> None:
    one = registered(more)
    assert one.abilities("1001") == able
    assert one.abilities("nobody") == Abilities()
    state = one.to_state()
    assert Endpoint.from_state(state, one._core.config, one._core.ids, b"s").abilities("1001") == able


def test_a_call_asks_to_be_answered_at_once_in_every_dialect() -> None:
    _, invite = called(registered(DESK_PHONE))
    for name, value in devices.AUTO_ANSWER.items():
        assert invite.get(name) == value


def test_talk_is_sent_inside_the_ringing_call() -> None:
    one = registered(DESK_PHONE)
    key, invite = called(one)
    with pytest.raises(YingdaError) as refused:  # nothing rings yet
        one.press(key, "talk", NOW)
    assert refused.value.code == "sip_key_unknown"
    reply(one, invite, 180)
    (notify,) = requests(one.press(key, "talk", NOW))
    assert (notify.method, notify.get("Event"), notify.get("Subscription-State")) == ("NOTIFY", "talk", "active")
    assert (notify.call_id, notify.to_tag, notify.from_tag) == (invite.call_id, "device", invite.from_tag)
    assert one.receive(response_to(notify, 200).to_bytes(), UDP, NOW) == []


def test_a_phone_that_does_not_do_it_is_told_of() -> None:
    one = registered(DESK_PHONE)
    key, invite = called(one)
    reply(one, invite, 180)
    (notify,) = requests(one.press(key, "talk", NOW))
    assert one.receive(response_to(notify, 489).to_bytes(), UDP, NOW) == [KeyRefused(key, 489)]
    (again,) = requests(one.press(key, "talk", NOW))
    effects: list[Effect] = []
    while (due := one.next_timer()) is not None and KeyRefused(key, 408) not in effects and due < NOW * 100:
        effects += one.handle_timer(due)
    assert again and KeyRefused(key, 408) in effects


def test_a_phone_may_say_so_in_its_ringing_only() -> None:
    one = registered("")
    key, invite = called(one)
    reply(one, invite, 180)
    with pytest.raises(YingdaError):
        one.press(key, "talk", NOW)
    assert not one.abilities("1001").talk
    reply(one, invite, 180, {"Allow-Events": ["hold", "talk"]})
    assert one.abilities("1001").talk and one.abilities("1001").hold
    assert requests(one.press(key, "talk", NOW))
    assert requests(restored(one).press(key, "talk", NOW))


def test_hold_is_pressed_in_an_answered_call_only() -> None:
    one = registered(DESK_PHONE)
    key, invite = called(one)
    reply(one, invite, 180)
    with pytest.raises(YingdaError) as refused:
        one.press(key, "hold", NOW)
    assert refused.value.code == "sip_wrong_state"
    reply(one, invite, 200)
    (notify,) = requests(one.press(key, "hold", NOW))
    assert notify.get("Event") == "hold"
    with pytest.raises(YingdaError):
        one.press(key, "dance", NOW)


def test_a_caller_may_be_held_by_what_his_invite_said() -> None:
    world, key, _ = established()
    with pytest.raises(YingdaError):
        world.a.endpoint.press(key, "hold", world.now)
    assert isinstance(message.parse(world.kept[0]), Request)


def test_replies_are_read_for_their_cause() -> None:
    one = registered(DESK_PHONE)
    _, invite = called(one)
    effects = reply(one, invite, 486, {"Reason": ['Q.850;cause=17;text="User busy"']})
    (rejected,) = [effect for effect in effects if not isinstance(effect, Send)]
    assert rejected.cause == 'Q.850;cause=17;text="User busy"'  # type: ignore[union-attr]
    assert isinstance(message.parse(next(e.data for e in effects if isinstance(e, Send))), Request | Response)
