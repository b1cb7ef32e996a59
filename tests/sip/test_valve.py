"""More calls than can be served (TEL-38): new ones give way, calls under way do not; it is told, and taken back."""

from __future__ import annotations

import asyncio
import socket

import pytest

from tests.sip.peers.agent import Agent, running
from tests.sip.test_endpoint import NOW, UDP, change, endpoint, replies
from tests.sip.test_signalling import CALL, CARRIER, House
from tests.sip.wire import INVITE, OPTIONS, wire
from tests.sip.world import SDP
from yingda.calls.effects import Alarm
from yingda.kernel.clock import MS, SECOND
from yingda.sip import valve
from yingda.sip.events import Effect, Event, InviteRefused, Overloaded
from yingda.sip.transports import udp
from yingda.sip.valve import CALM, SHUT_AFTER, Valve


def test_a_socket_that_is_never_empty_shuts_the_valve_and_one_that_stays_empty_opens_it() -> None:
    one, now = Valve(), NOW
    while now < NOW + SHUT_AFTER:
        assert not one.saw(emptied=False, now=now) and not one.shut
        now += 100 * MS
    assert one.saw(emptied=False, now=now) and one.shut
    assert not one.saw(emptied=True, now=now + SECOND) and one.shut
    assert not one.saw(emptied=False, now=now + SECOND)  # still too much: its time begins anew
    assert not one.saw(emptied=True, now=now + CALM) and one.shut
    assert one.saw(emptied=True, now=now + SECOND + CALM) and not one.shut


def test_a_burst_that_is_soon_read_shuts_nothing() -> None:
    one = Valve()
    for second in range(10):
        assert not one.saw(emptied=False, now=NOW + second * SECOND)
        assert not one.saw(emptied=True, now=NOW + second * SECOND + 1)


def test_new_calls_are_told_to_come_again_and_what_is_under_way_goes_on() -> None:
    ua = endpoint()
    assert ua.shed(shedding=True) == [Overloaded(True)]
    effects = ua.receive(INVITE, UDP, NOW)
    (reply,) = replies(effects)
    assert (reply.code, reply.get("Retry-After")) == (503, str(valve.RETRY_AFTER_S)) and reply.get("Warning")
    assert [(one.code, one.trunk) for one in effects if isinstance(one, InviteRefused)] == [(503, "carrier")]
    assert replies(ua.receive(OPTIONS, UDP, NOW))[0].code == 200
    inside = change(INVITE, "<sip:4008@192.0.2.10>", "<sip:4008@192.0.2.10>;tag=x").replace(b"-one", b"-in")
    assert replies(ua.receive(inside, UDP, NOW))[0].code == 481
    taking = change(INVITE, "Max-Forwards", "Replaces: a;to-tag=b;from-tag=c\r\nMax-Forwards").replace(b"-one", b"-re")
    assert replies(ua.receive(taking.replace(b"a84b4c", b"replaces"), UDP, NOW))[0].code == 481
    ua.shed(shedding=False)
    again = INVITE.replace(b"-one", b"-two").replace(b"a84b4c", b"again")
    assert replies(ua.receive(again, UDP, NOW))[0].code == 100


def test_it_is_an_alarm_and_stands_in_the_books() -> None:
    house = House()
    house.wire(house.endpoint.shed(shedding=True))
    text = CALL.format(number=1).rstrip("\n") + "\nContent-Type: application/sdp"
    house.receive(wire(text, SDP), CARRIER)
    house.wire(house.endpoint.shed(shedding=False))
    alarms = [effect for effect in house.driver.effects if isinstance(effect, Alarm)]
    assert [(one.kind, one.sentence is None) for one in alarms] == [("overloaded", False), ("overloaded", True)]
    (refused,) = house.driver.data("call.refused")
    assert (refused["release_code"], refused["reason"]) == (503, "More calls come in than can be served")


def test_a_socket_that_always_has_more_is_noticed_and_then_found_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(valve, "SHUT_AFTER", 0)
    monkeypatch.setattr(valve, "CALM", 0)

    over = asyncio.Event()

    def react(agent: Agent, event: Event) -> list[Effect]:
        if event == Overloaded(False):
            over.set()
        return []

    async def scene() -> None:
        async with asyncio.timeout(10), running(react) as (agent, address):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
                for number in range(udp.BATCH + 1):
                    peer.sendto(OPTIONS.replace(b"-opt", b"-%d" % number), address)
                await over.wait()
            assert agent.events[0] == Overloaded(True)

    asyncio.run(scene())
