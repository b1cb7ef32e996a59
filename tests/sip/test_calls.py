"""Whole calls between two endpoints on a clean line (RFC 3261 sections 9, 13-15)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.sip.world import SDP, A, B, Side, World, kinds
from yingda.kernel.clock import SECOND
from yingda.kernel.errors import YingdaError
from yingda.sip.events import (
    Acknowledged,
    Answered,
    Cancelled,
    Effect,
    Ended,
    Event,
    InviteReceived,
    Progress,
    ReinviteAnswered,
    Reinvited,
    ReinviteRejected,
    Rejected,
    Send,
)
from yingda.sip.flow import Flow
from yingda.sip.session import COMPLETED_ELSEWHERE


def answering(world: World) -> None:
    def react(side: Side, event: Event) -> list[Effect]:
        if isinstance(event, InviteReceived):
            endpoint = side.endpoint
            return endpoint.ring(event.key, world.now) + endpoint.answer(event.key, SDP, world.now)
        return []

    world.reactions.append(react)


def established(transport: str = "udp") -> tuple[World, str, str]:
    world = World(transport=transport)
    answering(world)
    key = world.call()
    world.run(world.now + SECOND)
    assert kinds(world.a) == ["Progress", "Answered"]
    assert kinds(world.b) == ["InviteReceived", "Acknowledged"]
    received = world.b.events[0]
    assert isinstance(received, InviteReceived)
    return world, key, received.key


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_call_answered_and_ended_by_the_caller(transport: str) -> None:
    world, key, other = established(transport)
    assert world.labels() == ["a:INVITE", "b:100 INVITE", "b:180 INVITE", "b:200 INVITE", "a:ACK"]
    world.do(world.a, world.a.endpoint.bye(key, world.now, "SIP;cause=200"))
    world.run()
    assert world.labels()[5:] == ["a:BYE", "b:200 BYE"]
    assert world.a.events[-1] == Ended(key, "local", "SIP;cause=200")
    assert world.b.events[-1] == Ended(other, "remote", "SIP;cause=200")
    assert world.empty()


def test_call_ended_by_the_called() -> None:
    world, key, other = established()
    world.do(world.b, world.b.endpoint.bye(other, world.now))
    world.run()
    assert world.a.events[-1] == Ended(key, "remote", "")
    assert world.empty()


def test_facts_of_the_request() -> None:
    world, _, _ = established()
    event = world.b.events[0]
    assert isinstance(event, InviteReceived)
    facts = event.facts
    assert (facts.called_number, facts.caller_number, facts.caller_display) == ("4008", "13800138000", "张三")
    assert (event.trunk, event.username, event.sdp, facts.max_forwards) == ("test", None, SDP, 70)
    assert isinstance(world.a.events[1], Answered) and world.a.events[1].sdp == SDP
    assert isinstance(world.b.events[1], Acknowledged)


def test_refusal_is_acknowledged_and_told() -> None:
    world = World()
    key = world.call()
    world.run(world.now + SECOND)
    received = world.b.events[0]
    assert isinstance(received, InviteReceived)
    world.do(world.b, world.b.endpoint.reject(received.key, 486, world.now, headers={"Retry-After": ["30"]}))
    world.run()
    assert world.a.events == [Rejected(key, 486, "Busy Here", 30, cause='Q.850;cause=17;text="User busy"')]
    assert world.labels() == ["a:INVITE", "b:100 INVITE", "b:486 INVITE", "a:ACK"]
    assert world.empty()


def test_redirection_is_told_and_not_followed() -> None:
    world = World()
    key = world.call()
    world.run(world.now + SECOND)
    received = world.b.events[0]
    assert isinstance(received, InviteReceived)
    headers = {"Contact": ["<sip:elsewhere@198.51.100.1>"]}
    world.do(world.b, world.b.endpoint.reject(received.key, 302, world.now, headers=headers))
    world.run()
    assert world.a.events == [
        Rejected(key, 302, "Moved Temporarily", None, ("<sip:elsewhere@198.51.100.1>",)),
    ]


def test_cancel_carries_its_reason() -> None:
    world = World()
    key = world.call()
    world.run(world.now + SECOND)
    world.do(world.a, world.a.endpoint.cancel(key, world.now, COMPLETED_ELSEWHERE))
    world.run()
    assert world.a.events == [Rejected(key, 487, "Request Terminated")]
    assert isinstance(world.b.events[-1], Cancelled) and world.b.events[-1].reason == COMPLETED_ELSEWHERE
    assert world.labels()[2:] == ["a:CANCEL", "b:200 CANCEL", "b:487 INVITE", "a:ACK"]
    assert world.empty()


def test_cancel_before_any_reply_waits_for_one() -> None:
    world = World()
    key = world.call()
    world.do(world.a, world.a.endpoint.cancel(key, world.now))
    assert world.labels() == ["a:INVITE"]
    world.run()
    assert world.labels()[:3] == ["a:INVITE", "b:100 INVITE", "a:CANCEL"]
    assert world.a.events == [Rejected(key, 487, "Request Terminated")]
    assert world.empty()


def test_cancel_crossing_the_answer_ends_the_call() -> None:
    world = World()
    answering(world)
    key = world.call()
    world.step()  # the INVITE arrives and is answered
    world.do(world.a, world.a.endpoint.cancel(key, world.now))
    world.run()
    assert world.a.events == [Rejected(key, 487, "Answered too late")]
    assert isinstance(world.b.events[-1], Ended)
    assert world.empty()


def test_bye_before_the_ack_waits_for_it() -> None:
    world = World()
    world.call()
    world.step()
    received = world.b.events[0]
    assert isinstance(received, InviteReceived)
    world.do(world.b, world.b.endpoint.answer(received.key, SDP, world.now))
    world.do(world.b, world.b.endpoint.bye(received.key, world.now))
    world.run()
    order = [text for text in world.labels() if text in ("a:ACK", "b:BYE")]
    assert order == ["a:ACK", "b:BYE"]
    assert world.empty()


def test_reinvite_and_its_answer() -> None:
    world, key, other = established()
    world.do(world.b, world.b.endpoint.reinvite(other, SDP + "a=sendonly\r\n", world.now))
    world.run(world.now + SECOND)
    assert world.a.events[-1] == Reinvited(key, SDP + "a=sendonly\r\n")
    world.do(world.a, world.a.endpoint.answer(key, SDP, world.now))
    world.run(world.now + SECOND)
    assert world.b.events[-1] == ReinviteAnswered(other, SDP)
    assert kinds(world.a)[-1] == "Acknowledged"
    world.do(world.a, world.a.endpoint.bye(key, world.now))
    world.run()
    assert world.empty()


def test_refused_reinvite_leaves_the_call_up() -> None:
    world, key, other = established()
    world.do(world.b, world.b.endpoint.reinvite(other, SDP, world.now))
    world.run(world.now + SECOND)
    world.do(world.a, world.a.endpoint.reject(key, 488, world.now))
    world.run(world.now + SECOND)
    assert world.b.events[-1] == ReinviteRejected(other, 488, "Not Acceptable Here")
    world.do(world.b, world.b.endpoint.bye(other, world.now))
    world.run()
    assert world.empty()


def test_glare_both_offers_get_through_in_the_end() -> None:
    """14.1: both get 491, both try again at different times."""
    world, key, other = established()

    def react(side: Side, event: Event) -> list[Effect]:
        return side.endpoint.answer(event.key, SDP, world.now) if isinstance(event, Reinvited) else []

    world.reactions.append(react)
    world.do(world.a, world.a.endpoint.reinvite(key, SDP, world.now))
    world.do(world.b, world.b.endpoint.reinvite(other, SDP, world.now))
    world.run(world.now + 10 * SECOND)
    assert {"a:491 INVITE", "b:491 INVITE"} <= set(world.labels())
    assert kinds(world.a).count("ReinviteAnswered") == 1
    assert kinds(world.b).count("ReinviteAnswered") == 1


def test_early_media_is_told() -> None:
    world = World()
    key = world.call()
    world.run(world.now + SECOND)
    received = world.b.events[0]
    assert isinstance(received, InviteReceived)
    world.do(world.b, world.b.endpoint.ring(received.key, world.now, 183, SDP))
    world.run(world.now + SECOND)
    assert world.a.events == [Progress(key, 183, SDP)]


def test_a_lost_connection_leaves_an_answered_call_its_grace() -> None:
    """Of somebody behind NAT: nobody but he can open it again."""
    world, key, _ = established("tcp")
    dialog = world.a.endpoint._core.session(key).need_dialog()
    dialog.target = "sip:4008@198.51.100.1;transport=tcp"
    world.do(world.a, world.a.endpoint.flow_lost(world.a.flow, world.now))
    start = world.now
    world.run(start + 29 * SECOND)
    assert world.a.endpoint.live()["calls"] == 1
    world.run(start + 31 * SECOND)
    assert world.a.events[-1] == Ended(key, "system", "Connection lost")


def test_a_call_outlives_its_idle_connection_and_goes_on_by_a_new_one() -> None:
    """Proxies and gateways close what is idle (RFC 3261 section 18); a talk is."""
    world, key, _ = established("tcp")
    world.do(world.a, world.a.endpoint.flow_lost(world.a.flow, world.now))
    world.run(world.now + 300 * SECOND)
    assert world.a.endpoint.live()["calls"] == 1
    (bye,) = [effect for effect in world.a.endpoint.bye(key, world.now) if isinstance(effect, Send)]
    assert bye.flow == Flow("tcp", A, B)


def test_a_call_that_is_not_answered_outlives_its_connection_too() -> None:
    world = World(transport="tcp")
    key = world.call()
    world.run(world.now + SECOND)
    world.do(world.a, world.a.endpoint.flow_lost(world.a.flow, world.now))
    world.do(world.b, world.b.endpoint.flow_lost(world.b.flow, world.now))
    world.run(world.now + 300 * SECOND)
    received = world.b.events[-1]
    assert isinstance(received, InviteReceived) and world.a.events == []
    world.do(world.b, world.b.endpoint.answer(received.key, SDP, world.now))
    world.run(world.now + SECOND)
    assert (kinds(world.a), kinds(world.b)) == (["Answered"], ["InviteReceived", "Acknowledged"])
    world.do(world.a, world.a.endpoint.bye(key, world.now))
    world.run()
    assert world.empty()


def test_commands_that_do_not_fit_are_refused_and_change_nothing() -> None:
    world, key, _ = established()
    before = world.a.endpoint.to_state()
    wrongs: list[Callable[[], object]] = [
        lambda: world.a.endpoint.answer(key, SDP, world.now),
        lambda: world.a.endpoint.cancel(key, world.now),
        lambda: world.a.endpoint.ring(key, world.now),
        lambda: world.a.endpoint.reject(key, 486, world.now),
    ]
    for wrong in wrongs:
        with pytest.raises(YingdaError) as error:
            wrong()
        assert error.value.code == "sip_wrong_state"
    with pytest.raises(YingdaError) as error:
        world.a.endpoint.bye("nobody", world.now)
    assert error.value.code == "sip_no_such_call"
    assert world.a.endpoint.to_state() == before
