"""Where a host leads, from a zone written down here; what is asked when; what stays good when nobody answers."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingda.kernel.clock import SECOND
from yingda.sip.resolving import Host, Naptr, Place, Question, Record, Resolver, Srv
from yingda.sip.weights import in_order

Zone = dict[tuple[str, str], list[Record]]
ZONE: Zone = {
    ("A", "sip.example.com"): ["192.0.2.1", "192.0.2.2"],
    ("AAAA", "sip.example.com"): ["2001:db8::1"],
    ("SRV", "_sip._udp.example.net"): [Srv(20, 0, 5070, "b.example.net"), Srv(10, 0, 5060, "a.example.net")],
    ("A", "a.example.net"): ["192.0.2.11"],
    ("A", "b.example.net"): ["192.0.2.12"],
    ("NAPTR", "example.org"): [
        Naptr(20, 10, "s", "SIP+D2U", "_sip._udp.example.org"),
        Naptr(10, 10, "s", "SIPS+D2T", "_sips._tcp.example.org"),
        Naptr(10, 20, "u", "E2U+sip", "nothing.example.org"),
    ],
    ("SRV", "_sip._udp.example.org"): [Srv(0, 0, 5060, "u.example.org")],
    ("SRV", "_sips._tcp.example.org"): [Srv(0, 0, 5061, "s.example.org")],
    ("A", "u.example.org"): ["192.0.2.21"],
    ("A", "s.example.org"): ["192.0.2.22"],
    ("A", "plain.example"): ["192.0.2.31"],
    ("SRV", "_sip._udp.closed.example"): [Srv(0, 0, 0, "")],
    ("A", "closed.example"): ["192.0.2.41"],
}


def serve(resolver: Resolver, now: int, zone: Zone = ZONE, ttl_s: float = 300) -> list[Question]:
    """Answer what is asked until nothing is; what was asked."""
    asked = []
    while due := resolver.due(now):
        asked += due
        for question in due:
            resolver.answered(question, zone.get((question.kind, question.name), []), ttl_s, now)
    return asked


def places(text: str, transport: str = "udp", families: frozenset[int] = frozenset({4})) -> list[Place]:
    resolver, host = Resolver(families), Host(text, 5060, transport)
    resolver.want([host], 0)
    serve(resolver, 0)
    return resolver.places(host, lambda _: 0)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("192.0.2.9", [Place("udp", ("192.0.2.9", 5060))]),
        ("10.0.0.0/8", []),
        (
            "sip.example.com",
            [Place("udp", (f"192.0.2.{n}", 5060), "sip.example.com") for n in (1, 2)],
        ),
        (
            "srv:example.net",
            [Place("udp", ("192.0.2.11", 5060), "example.net"), Place("udp", ("192.0.2.12", 5070), "example.net")],
        ),
        (
            "srv:example.org",
            [Place("tls", ("192.0.2.22", 5061), "example.org"), Place("udp", ("192.0.2.21", 5060), "example.org")],
        ),
        ("srv:plain.example", [Place("udp", ("192.0.2.31", 5060), "plain.example")]),
        ("srv:closed.example", []),
        ("nowhere.example", []),
    ],
)
def test_where_a_host_leads(text: str, found: list[Place]) -> None:
    assert places(text) == found


def test_who_asks_for_tls_is_never_led_to_less() -> None:
    assert places("srv:example.org", "tls") == [Place("tls", ("192.0.2.22", 5061), "example.org")]
    assert places("srv:plain.example", "tls") == [Place("tls", ("192.0.2.31", 5061), "plain.example")]


def test_both_families_where_we_can_send_to_both() -> None:
    found = places("sip.example.com", families=frozenset({4, 6}))
    assert [place.address[0] for place in found] == ["192.0.2.1", "192.0.2.2", "2001:db8::1"]


def test_an_answer_is_asked_anew_before_its_time_is_over_and_outlives_silent_servers() -> None:
    resolver, host = Resolver(), Host("sip.example.com", 5060, "udp")
    resolver.want([host], 0)
    assert not resolver.tried(host)
    assert len(serve(resolver, 0, ttl_s=100)) == 1 and resolver.tried(host)
    assert resolver.next_timer() == 90 * SECOND
    (question,) = resolver.due(90 * SECOND)
    resolver.answered(question, None, 0, 91 * SECOND)
    assert resolver.next_timer() == 101 * SECOND and len(resolver.places(host, lambda _: 0)) == 2
    resolver.due(101 * SECOND)
    resolver.answered(question, ["192.0.2.7"], 100, 102 * SECOND)
    assert [place.address[0] for place in resolver.places(host, lambda _: 0)] == ["192.0.2.7"]


def test_a_question_nobody_answers_is_asked_again_and_what_nobody_needs_is_forgotten() -> None:
    resolver, host = Resolver(), Host("sip.example.com", 5060, "udp")
    resolver.want([host], 0)
    (question,) = resolver.due(0)
    assert resolver.due(1) == [] and resolver.due(15 * SECOND) == [question]
    resolver.want([], 16 * SECOND)
    resolver.answered(question, ["192.0.2.7"], 100, 17 * SECOND)
    assert resolver.next_timer() is None and resolver.places(host, lambda _: 0) == []


def test_a_zone_that_leads_everywhere_is_cut() -> None:
    zone: Zone = {("SRV", "_sip._udp.big"): [Srv(0, 0, 5060, f"h{n}.big") for n in range(500)]}
    resolver = Resolver()
    resolver.want([Host("srv:big", 5060, "udp")], 0)
    assert len(serve(resolver, 0, zone)) < 40


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 50)), max_size=12), st.integers())
def test_the_order_has_everybody_once_and_keeps_priorities(listed: list[tuple[int, int]], seed: int) -> None:
    items = [Srv(priority, weight, port, "x") for port, (priority, weight) in enumerate(listed)]
    order = in_order(items, lambda most: Random(seed).randint(0, most))
    assert sorted(one.port for one in order) == list(range(len(items)))
    assert [one.priority for one in order] == sorted(one.priority for one in items)


def test_weights_are_shares() -> None:
    draw = Random(5)
    items = [Srv(0, 30, 1, "x"), Srv(0, 10, 2, "x"), Srv(0, 0, 3, "x")]
    firsts = [in_order(items, lambda most: draw.randint(0, most))[0].port for _ in range(4_000)]
    assert 0.70 < firsts.count(1) / 4_000 < 0.78 and 0 < firsts.count(3) / 4_000 < 0.05
