"""A flood of a stranger is dropped unread; trunks and whoever's device is here have no limit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.sip.test_endpoint import NOW, UDP, registered, replies
from tests.sip.wire import INVITE, OPTIONS
from yingda.kernel.clock import SECOND
from yingda.kernel.ids import seeded_ids
from yingda.sip import brake
from yingda.sip.brake import BURST, LOOK_AGAIN, MOST, RATE, Brake
from yingda.sip.causes import Q850, reason
from yingda.sip.core import EndpointConfig
from yingda.sip.digest import ha1
from yingda.sip.endpoint import Endpoint
from yingda.sip.flow import Flow
from yingda.sip.message import REASONS


def guarded() -> Endpoint:
    """One with a trunk at 192.0.2.99 and device 1001."""
    config = EndpointConfig(
        lookup=lambda user, realm, name: ha1(user, realm, "secret", name), peers=lambda host: host == "192.0.2.99"
    )
    return Endpoint(config, seeded_ids(1), b"secret")


def flood(one: Endpoint, flow: Flow, count: int = 3 * BURST, now: int = NOW) -> int:
    """How many of so many OPTIONS at once are answered."""
    data = OPTIONS.replace(b"z9hG4bK-opt", b"z9hG4bK-%d")
    return sum(bool(one.receive(data.replace(b"%d", b"%d" % n), flow, now)) for n in range(count))


def test_a_stranger_gets_his_burst_and_then_his_rate() -> None:
    one = guarded()
    assert flood(one, UDP) == BURST
    assert one.counters["in", "dropped", "udp"] == 2 * BURST
    assert flood(one, UDP, now=NOW + 2 * SECOND) == 2 * RATE
    other = Flow("udp", UDP.local, ("198.51.100.8", 5070))
    assert flood(one, other, 10) == 10  # another address has a bucket of its own


def test_a_trunk_has_no_limit() -> None:
    assert flood(guarded(), Flow("udp", UDP.local, ("192.0.2.99", 5060))) == 3 * BURST


def test_who_has_a_device_here_has_no_limit() -> None:
    one = guarded()
    assert replies(registered(one))[-1].code == 200
    assert flood(one, UDP, now=NOW + LOOK_AGAIN) == 3 * BURST


def test_a_stranger_who_comes_to_be_known_is_believed_within_a_moment() -> None:
    known: set[str] = set()
    guard = Brake(lambda host: host in known)
    assert sum(guard.passes("a", NOW) for _ in range(BURST + 5)) == BURST
    known.add("a")
    assert not guard.passes("a", NOW) and all(guard.passes("a", NOW + LOOK_AGAIN) for _ in range(BURST + 5))


def test_many_addresses_do_not_fill_the_memory() -> None:
    guard = Brake(lambda host: False)
    for number in range(MOST + 500):
        assert guard.passes(str(number), NOW)
    assert len(guard) == MOST


@given(st.lists(st.integers(0, 3 * SECOND), max_size=80))
def test_no_stranger_exceeds_burst_and_rate(gaps: list[int]) -> None:
    guard, now, passed = Brake(lambda host: False), NOW, 0
    for gap in gaps:
        now += gap
        passed += sum(guard.passes("a", now) for _ in range(150))
    assert passed <= BURST + (now - NOW) / SECOND * RATE


def test_the_limits_leave_room_for_an_office_that_starts_at_once() -> None:
    phones = 300
    assert phones * 3 < brake.BURST  # two REGISTER each, and something else


# ---- causes ----------------------------------------------------------------------------------------------------------


def test_a_refused_invite_names_its_cause() -> None:
    one = Endpoint(EndpointConfig(), seeded_ids(1), b"secret")
    spent = INVITE.replace(b"Max-Forwards: 70", b"Max-Forwards: 0").replace(b"z9hG4bK-one", b"z9hG4bK-spent")
    (reply,) = replies(one.receive(spent.replace(b"a84b", b"b84b"), UDP, NOW))
    assert (reply.code, reply.get("Reason")) == (483, 'Q.850;cause=25;text="Exchange routing error"')
    (challenge,) = replies(one.receive(INVITE, UDP, NOW))
    assert challenge.code == 401 and not challenge.get("Reason")  # it may come again, with credentials
    (options,) = replies(one.receive(OPTIONS.replace(b"OPTIONS", b"PUBLISH"), UDP, NOW))
    assert options.code == 405 and not options.get("Reason")


def test_causes_are_of_codes_we_know() -> None:
    assert set(Q850) <= set(REASONS) and reason(299) is None
    assert all(0 < cause < 128 and text for cause, text in Q850.values())
