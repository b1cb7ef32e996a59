"""Devices behind NAT: asked every 25 s, and gone when they stop answering."""

from __future__ import annotations

from tests.sip.test_endpoint import NOW, UDP, endpoint, events, registered, replies
from tests.sip.test_watching import requests
from tests.sip.wire import REGISTER
from tests.sip.world import restored
from yingda.kernel.clock import SECOND
from yingda.sip.endpoint import Endpoint
from yingda.sip.events import Expired
from yingda.sip.flow import Flow
from yingda.sip.message import Request, response_to
from yingda.sip.reachability import PERIOD

NAT = Flow("udp", UDP.local, ("203.0.113.77", 41_234))
LONG = REGISTER.replace(b"expires=120", b"expires=600")


def asked(one: Endpoint, until: int) -> list[tuple[int, Request]]:
    """First questions (no repetitions) by their time, all unanswered."""
    found: dict[str, tuple[int, Request]] = {}
    while (due := one.next_timer()) is not None and due <= until:
        for request in requests(one.handle_timer(due)):
            found.setdefault(request.via.branch, (due, request))
    return list(found.values())


def test_a_device_behind_nat_is_asked_on_its_way() -> None:
    one = endpoint()
    registered(one, LONG, NAT)
    times = [(at - NOW, request.method) for at, request in asked(one, NOW + 80 * SECOND)]
    assert times == [(PERIOD, "OPTIONS"), (2 * PERIOD, "OPTIONS"), (3 * PERIOD, "OPTIONS")]
    assert one.live()["bindings"] == 1  # it never answered: its silence proves nothing


def test_a_device_that_names_its_own_address_is_asked_if_it_says_that_it_answers() -> None:
    one = endpoint()
    registered(one, LONG, UDP)
    assert asked(one, NOW + 80 * SECOND) == [] and one.live()["watched"] == 0
    other = endpoint()
    registered(other, LONG.replace(b"Max-Forwards", b"Allow: INVITE, ACK, OPTIONS\r\nMax-Forwards"), UDP)
    assert len(asked(other, NOW + 80 * SECOND)) == 3 and other.live()["watched"] == 1


def answered_once(one: Endpoint) -> int:
    """Its first question is answered; the time."""
    registered(one, LONG, NAT)
    ((at, question),) = asked(one, NOW + PERIOD)
    assert one.receive(response_to(question, 404).to_bytes(), NAT, at) == []
    return at


def expired(one: Endpoint, until: int) -> list[tuple[int, Expired]]:
    found = []
    while (due := one.next_timer()) is not None and due <= until:
        found += [(due, event) for event in events(one.handle_timer(due)) if isinstance(event, Expired)]
    return found


def test_a_device_that_answered_and_falls_silent_is_gone() -> None:
    one = endpoint()
    at = answered_once(one)
    one = restored(one)
    ((when, event),) = expired(one, at + 200 * SECOND)
    assert (event.why, event.aor, when) == ("unreachable", "1001", at + 2 * PERIOD + 32 * SECOND)
    assert one.bindings("1001") == () and one.live()["watched"] == 0
    assert expired(one, at + 900 * SECOND) == [] and one.next_timer() is None


def test_nobody_is_watched_after_he_left() -> None:
    one = endpoint()
    registered(one, LONG, NAT)
    leaving = LONG.replace(b"expires=600", b"expires=0").replace(b"-reg", b"-bye").replace(b"reg1", b"reg2")
    gone = registered(one, leaving, NAT)
    assert [reply.code for reply in replies(gone)] == [200] and one.live()["bindings"] == 0
    assert asked(one, NOW + 200 * SECOND) == [] and one.live()["watched"] == 0
