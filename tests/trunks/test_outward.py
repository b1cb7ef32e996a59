"""Calls out: fail-over before anybody notices, what is final, and what is left when it is over."""

from __future__ import annotations

import msgspec
import pytest

from tests.trunks.carriers import Exchange, garbage, group, replies, silent, trunk
from yingda.sip.message import Request

A, B, C = "192.0.2.1:5060", "192.0.2.2:5060", "192.0.2.3:5060"
TWO = {"trunks": [trunk("a", "192.0.2.1"), trunk("b", "192.0.2.2")]}
REMOTE = ("192.0.2.1", 4000)


def test_a_call_goes_out_rings_and_is_answered() -> None:
    exchange = Exchange({A: replies(100, 180, 200)}, trunks=[trunk("a", "192.0.2.1")])
    exchange.dial()
    assert exchange.told == [("seized", "a"), ("ringing",), ("answered", REMOTE)]
    assert exchange.in_use("a") == (0, 1) and len(exchange.requests("ACK")) == 1
    exchange.hang_up()
    exchange.pass_time(40)
    assert len(exchange.requests("BYE")) == 1
    assert exchange.endpoint.live() == dict.fromkeys(exchange.endpoint.live(), 0) and len(exchange.signalling) == 0


def test_sound_before_the_answer_is_heard() -> None:
    exchange = Exchange({A: replies(183, 200, sdp="")}, trunks=[trunk("a", "192.0.2.1")])
    exchange.carriers[A] = lambda request: replies(183)(request) + replies(200)(request)
    exchange.dial()
    assert [one[0] for one in exchange.told] == ["seized", "early_media", "answered"]


@pytest.mark.parametrize("code", [408, 500, 502, 503, 504, 580])
def test_a_failing_trunk_gives_way_to_the_next(code: int) -> None:
    exchange = Exchange({A: replies(code), B: replies(180, 200)}, **TWO)
    exchange.dial()
    assert exchange.told == [("seized", "a"), ("seized", "b"), ("ringing",), ("answered", REMOTE)]
    assert exchange.refused() == [("a", "carrier")]
    assert (exchange.in_use("a"), exchange.in_use("b")) == ((0, 0), (0, 1))


@pytest.mark.parametrize("code", [401, 403, 407, 415, 420, 488])
def test_what_only_this_trunk_will_not_do_another_may(code: int) -> None:
    exchange = Exchange({A: replies(code), C: replies(code), B: replies(200)}, **TWO)
    exchange.use(trunks=[trunk("a", "192.0.2.1", "192.0.2.3"), trunk("b", "192.0.2.2")])
    exchange.dial()
    assert [host for host, _ in exchange.requests()] == [A, B]
    assert exchange.told[-1] == ("answered", REMOTE)


@pytest.mark.parametrize(
    ("code", "outcome"),
    [(486, "busy"), (600, "busy"), (480, "no_answer"), (603, "rejected"), (302, "rejected"), (404, "invalid")],
)
def test_what_the_called_person_says_is_final(code: int, outcome: str) -> None:
    exchange = Exchange({A: replies(100, code), B: replies(200)}, **TWO)
    exchange.dial()
    assert exchange.told == [("seized", "a"), ("refused", outcome, code)] and exchange.refused() == []


@pytest.mark.parametrize(("code", "outcome"), [(503, "congestion"), (408, "no_answer")])
def test_after_it_rang_a_failure_is_final_too(code: int, outcome: str) -> None:
    exchange = Exchange({A: replies(180, code), B: replies(200)}, **TWO)
    exchange.dial()
    assert exchange.told[-1] == ("refused", outcome, code)


def test_a_dead_address_costs_no_caller_anything_where_another_is_there() -> None:
    """By default each is asked now and then, so who is silent is known before a call goes there."""
    exchange = Exchange({A: silent, B: replies(180, 200)}, **TWO)
    exchange.use(trunks=[trunk("a", "192.0.2.1", "192.0.2.2")])
    exchange.pass_time(380)
    exchange.dial()
    assert exchange.told == [("seized", "a"), ("ringing",), ("answered", REMOTE)]
    assert [host for host, _ in exchange.requests()] == [B]


def test_a_silent_trunk_gives_way_after_its_time_and_rests() -> None:
    exchange = Exchange({A: silent, B: replies(180, 200)}, **TWO)
    exchange.use(trunks=[trunk("a", "192.0.2.1", reply_s=0.5), trunk("b", "192.0.2.2")])
    exchange.dial()
    assert exchange.told == [("seized", "a")]
    exchange.pass_time(0.7)
    assert exchange.told[1:] == [("seized", "b"), ("ringing",), ("answered", REMOTE)]
    assert exchange.states() == [("a", "down")] and exchange.alarms[-1].of == "a"
    exchange.dial(leg_id="second")
    assert exchange.told[-3:] == [("seized", "b"), ("ringing",), ("answered", REMOTE)]
    assert exchange.refused() == [("a", "carrier"), ("a", "down")]
    exchange.pass_time(31)
    assert exchange.states() == [("a", "down"), ("a", "up")] and exchange.alarms[-1].sentence is None


def test_a_late_answer_of_a_trunk_given_up_is_ended() -> None:
    exchange = Exchange({A: silent, B: replies(200)}, **TWO)
    exchange.dial()
    exchange.pass_time(2.2)
    (_, late), _ = exchange.requests()
    flow = exchange.signalling.lookout.flow(
        exchange.signalling.lookout._known(exchange.switch.table.plan.trunks["a"])[0]
    )
    for data in replies(200)(late):
        exchange.wire(exchange.endpoint.receive(data, flow, exchange.now))
    assert [one for one in exchange.told if one[0] == "answered"] == [("answered", REMOTE)]
    assert [request.to_tag for _, request in exchange.requests("BYE")] == ["far"]


def test_a_trunk_that_was_heard_gets_time_to_ring_but_not_for_ever() -> None:
    exchange = Exchange({A: replies(100), B: replies(200)}, **TWO)
    exchange.use(trunks=[trunk("a", "192.0.2.1", progress_s=5), trunk("b", "192.0.2.2")])
    exchange.dial()
    exchange.pass_time(4.5)
    assert exchange.told == [("seized", "a")]
    exchange.pass_time(1)
    assert exchange.told[-1] == ("answered", REMOTE) and [host for host, _ in exchange.requests("CANCEL")] == [A]


def test_garbage_marks_the_trunk_down_and_reroutes_at_once() -> None:
    exchange = Exchange({A: garbage, B: replies(200)}, **TWO)
    exchange.dial()
    assert exchange.told == [("seized", "a"), ("seized", "b"), ("answered", REMOTE)]
    assert exchange.states() == [("a", "down")]


def test_an_answer_that_describes_nothing_is_ended_and_rerouted() -> None:
    exchange = Exchange({A: replies(200, sdp=""), B: replies(200)}, **TWO)
    exchange.dial()
    assert exchange.told == [("seized", "a"), ("seized", "b"), ("answered", REMOTE)]
    assert [host for host, _ in exchange.requests("BYE")] == [A]


def test_503_with_retry_after_lets_the_address_rest_as_long() -> None:
    exchange = Exchange({A: replies(503, headers={"Retry-After": "90"}), B: replies(200)}, **TWO)
    exchange.dial()
    exchange.pass_time(80)
    assert exchange.states() == [("a", "down")]
    exchange.pass_time(15)
    assert exchange.states() == [("a", "down"), ("a", "up")]


def test_proxies_at_ports_of_their_own_are_tried_in_order() -> None:
    hosts = ("192.0.2.1:5070", "192.0.2.1", "192.0.2.1:5080")
    answers = {"192.0.2.1:5070": replies(503), "192.0.2.1:5060": replies(503), "192.0.2.1:5080": replies(180, 200)}
    exchange = Exchange(answers, trunks=[trunk("a", *hosts)])
    exchange.dial()
    assert [one[0] for one in exchange.told][-1] == "answered"
    assert [host for host, _ in exchange.requests()] == [hosts[0], A, hosts[2]]


def test_the_next_address_of_the_same_trunk_comes_before_the_next_trunk() -> None:
    exchange = Exchange({A: replies(503), C: replies(200)}, trunks=[trunk("a", "192.0.2.1", "192.0.2.3")])
    exchange.dial()
    assert exchange.told == [("seized", "a"), ("answered", REMOTE)]
    assert [host for host, _ in exchange.requests()] == [A, C] and exchange.refused() == []


def test_when_nothing_is_left_it_is_congestion() -> None:
    exchange = Exchange({A: replies(503), B: replies(500)}, **TWO)
    exchange.dial()
    assert exchange.told[-1] == ("refused", "congestion", 500)
    assert exchange.refused() == [("a", "carrier"), ("b", "carrier")] and len(exchange.switch.table.channels) == 0


def test_limits_stand_per_trunk_and_direction() -> None:
    first = trunk("a", "192.0.2.1", max_calls=3, max_outbound=1)
    exchange = Exchange({A: replies(200), B: replies(200)}, trunks=[first, trunk("b", "192.0.2.2", max_calls=1)])
    for number in range(3):
        exchange.dial(leg_id=f"leg{number}")
    assert [one for one in exchange.told if one[0] == "seized"] == [("seized", "a"), ("seized", "b")]
    assert exchange.told[-1][:2] == ("refused", "congestion")
    assert exchange.refused() == [("a", "limit"), ("a", "limit"), ("b", "no_channel")]


def test_a_challenge_is_answered_with_the_trunks_account() -> None:
    def challenges(request: Request) -> list[bytes]:
        if request.method == "INVITE" and "Proxy-Authorization" not in request.headers:
            digest = 'Digest realm="carrier", nonce="n1", algorithm=SHA-256, qop="auth"'
            return replies(407, headers={"Proxy-Authenticate": digest})(request)
        return replies(200)(request)

    exchange = Exchange({A: challenges}, trunks=[trunk("a", "192.0.2.1")])
    exchange.dial()
    assert exchange.told == [("seized", "a"), ("answered", REMOTE)]
    _, proved = exchange.requests()[-1]
    assert 'username="account"' in proved.get("Proxy-Authorization")


def test_main_and_standby_and_shares_of_a_group() -> None:
    ways = {
        "trunk_groups": [group("out", ("b", 20, 1), ("a", 10, 1))],
        "routes": [{"name": "all", "via": ["out"]}],
    }
    exchange = Exchange({A: replies(503), B: replies(200)}, **TWO, **ways)
    exchange.dial()
    assert [host for host, _ in exchange.requests()] == [A, B]


def test_a_call_under_way_survives_a_restart() -> None:
    exchange = Exchange({A: silent, B: replies(200)}, **TWO)
    exchange.dial()
    state = msgspec.json.decode(msgspec.json.encode(exchange.signalling.to_state()))
    exchange.signalling.restore(state)
    exchange.pass_time(2.2)
    assert exchange.told[-1] == ("answered", REMOTE)


def test_a_call_we_end_ourselves_is_cancelled_and_tries_no_other_way() -> None:
    exchange = Exchange({A: replies(100), B: replies(200)}, **TWO)
    exchange.dial()
    exchange.hang_up()
    exchange.pass_time(30)
    assert [host for host, _ in exchange.requests("CANCEL")] == [A] and len(exchange.requests()) == 1


def test_what_screens_show_of_trunks() -> None:
    exchange = Exchange({A: replies(200), B: silent}, **TWO)
    exchange.use(trunks=[trunk("a", "192.0.2.1", max_outbound=5), trunk("b", "192.0.2.2", check_s=1)])
    board = exchange.signalling.trunk_board
    began = exchange.now
    assert {name: doc and doc["state"] for name, doc in board.changes(began)} == {"a": "up", "b": "up"}
    assert board.changes(began) == []
    exchange.dial()
    ((name, doc),) = board.changes(exchange.now)
    assert doc is not None and (name, doc["outbound"], doc["since"]) == ("a", 1, began)
    exchange.pass_time(70)
    ((name, doc),) = board.changes(exchange.now)
    assert doc is not None and (name, doc["state"], doc["why"], doc["since"]) == ("b", "down", "silent", exchange.now)
    exchange.use(trunks=[trunk("b", "192.0.2.2")])
    assert ("a", None) in board.changes(exchange.now)
