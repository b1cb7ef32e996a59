"""Offers and answers before the call is answered: callers who want numbered replies (RFC 3262), UPDATE (RFC 3311)."""

from __future__ import annotations

import pytest

from tests.sip.test_endpoint import NOW, UDP, endpoint, replies
from tests.sip.test_refresh import early_update, reliably
from tests.sip.wire import INVITE
from tests.sip.world import SDP, World, kinds, restored
from yingda.kernel.clock import MS, SECOND
from yingda.sip import message
from yingda.sip.endpoint import Endpoint
from yingda.sip.events import Cancelled, EarlyAnswered, Effect, InviteReceived, Reinvited
from yingda.sip.message import Request, Response

MOVED = SDP.replace("4000", "6000")
INSISTS = INVITE.replace(b"Max-Forwards", b"Require: 100rel\r\nMax-Forwards").replace(
    b"Length: 5\r\n\r\nv=0\r\n", b"Length: %d\r\n\r\n%s" % (len(SDP), SDP.encode())
)
NO_OFFER = INSISTS.split(b"Content-Type")[0] + b"\r\n"


def arrived(data: bytes) -> tuple[Endpoint, str]:
    one = endpoint()
    received = next(effect for effect in one.receive(data, UDP, NOW) if isinstance(effect, InviteReceived))
    return one, received.key


def inside(reply: Response, method: str, number: int, body: str = "", **headers: str) -> bytes:
    """What the caller of INSISTS sends in the early dialog that this reply made."""
    fields = {
        "Via": [f"SIP/2.0/UDP 198.51.100.7:5070;branch=z9hG4bK-{method}{number}"], "From": reply.headers["From"],
        "To": reply.headers["To"], "Call-ID": reply.headers["Call-ID"], "CSeq": [f"{number} {method}"],
        **{name: [value] for name, value in headers.items()},
    }  # fmt: skip
    if body:
        fields["Content-Type"] = ["application/sdp"]
    return Request(method, "sip:4008@192.0.2.10", fields, body.encode()).to_bytes()


def prack(reply: Response, number: int, body: str = "") -> bytes:
    return inside(reply, "PRACK", number, body, RAck=f"{reply.get('RSeq')} 314159 INVITE")


def only(effects: list[Effect], kind: type[Effect]) -> Effect:
    (found,) = [effect for effect in effects if isinstance(effect, kind)]
    return found


def test_a_caller_who_moves_by_update_after_our_183_is_answered_and_the_200_says_nothing_new() -> None:
    world = World()
    reliably(world)
    world.run(world.now + 5 * SECOND)
    b = world.b.endpoint
    effects = b.receive(early_update(world, MOVED, by="a"), world.b.flow, world.now)
    assert [(e.sdp) for e in effects if isinstance(e, Reinvited)] == [MOVED]
    world.b.endpoint = b = restored(b)
    key = world.b.events[0].key if isinstance(world.b.events[0], InviteReceived) else ""
    (reply,) = replies(b.answer(key, SDP, world.now))
    assert (reply.code, reply.cseq[1], reply.sdp) == (200, "UPDATE", SDP)
    (final,) = replies(b.answer(key, SDP, world.now))
    assert (final.code, final.cseq[1], final.body) == (200, "INVITE", b"")


def test_a_prack_with_an_offer_is_answered_in_its_200() -> None:
    one, key = arrived(INSISTS)
    (rings,) = replies(one.ring(key, NOW, 183, SDP))
    effects = one.receive(prack(rings, 314160, MOVED), UDP, NOW)
    assert not replies(effects) and only(effects, Reinvited) == Reinvited(key, MOVED)
    (reply,) = replies(one.answer(key, SDP, NOW))
    assert (reply.code, reply.cseq[1], reply.sdp) == (200, "PRACK", SDP)
    (final,) = replies(one.answer(key, SDP, NOW))
    assert (final.code, final.cseq[1]) == (200, "INVITE")


def test_an_offer_in_a_prack_that_nobody_can_meet_gets_488_and_the_call_goes_on() -> None:
    one, key = arrived(INSISTS)
    (rings,) = replies(one.ring(key, NOW, 183, SDP))
    one.receive(prack(rings, 314160, MOVED), UDP, NOW)
    (reply,) = replies(one.reject(key, 488, NOW))
    assert (reply.code, reply.cseq[1]) == (488, "PRACK")
    assert one.live()["calls"] == 1 and replies(one.answer(key, SDP, NOW))[0].code == 200


def test_an_offer_in_a_prack_before_our_answer_is_out_of_turn() -> None:
    one, key = arrived(INSISTS)
    (rings,) = replies(one.ring(key, NOW))
    (reply,) = replies(one.receive(prack(rings, 314160, MOVED), UDP, NOW))
    assert reply.code == 488 and reply.get("Warning")


def test_who_wants_our_offer_gets_it_while_it_rings_and_answers_by_prack() -> None:
    one, key = arrived(NO_OFFER)
    assert one.insists(key)
    (rings,) = replies(one.ring(key, NOW, 180, SDP))
    assert (rings.code, rings.sdp, rings.get("RSeq")) == (180, SDP, "1")
    effects = one.receive(prack(rings, 314160, MOVED), UDP, NOW)
    assert only(effects, EarlyAnswered) == EarlyAnswered(key, MOVED) and replies(effects)[0].code == 200
    (final,) = replies(one.answer(key, SDP, NOW))
    assert (final.code, final.body) == (200, b"")


def test_one_numbered_reply_at_a_time_and_no_200_before_a_description_is_acknowledged() -> None:
    one, key = arrived(INSISTS)
    (rings,) = replies(one.ring(key, NOW))
    assert one.ring(key, NOW, 183, SDP) == [] and one.answer(key, SDP, NOW) != []  # what rings bare may be overtaken
    assert [reply.cseq[1] for reply in replies(one.receive(prack(rings, 314160), UDP, NOW))] == ["PRACK"]
    one, key = arrived(INSISTS)
    (rings,) = replies(one.ring(key, NOW))
    assert one.ring(key, NOW, 183, SDP) == []
    acknowledged, speaks = replies(one.receive(prack(rings, 314160), UDP, NOW))
    assert acknowledged.code == 200 and (speaks.code, speaks.get("RSeq"), speaks.sdp) == (183, "2", SDP)
    one = restored(one)
    assert one.answer(key, SDP, NOW) == []
    acknowledged, final = replies(one.receive(prack(speaks, 314161), UDP, NOW))
    assert acknowledged.cseq[1] == "PRACK" and (final.code, final.cseq[1]) == (200, "INVITE")


@pytest.mark.parametrize("ends", ["CANCEL", "BYE"])
def test_who_gives_up_with_an_offer_under_way_leaves_nothing(ends: str) -> None:
    one, key = arrived(INSISTS)
    (rings,) = replies(one.ring(key, NOW, 183, SDP))
    one.receive(prack(rings, 314160), UDP, NOW)
    one.receive(inside(rings, "UPDATE", 314161, MOVED), UDP, NOW)
    last = INSISTS.replace(b"INVITE", b"CANCEL") if ends == "CANCEL" else inside(rings, "BYE", 314162)
    effects = one.receive(last.replace(b"Require: 100rel\r\n", b""), UDP, NOW)
    assert {(one.code, one.cseq[1]) for one in replies(effects)} == {(200, ends), (487, "INVITE"), (487, "UPDATE")}
    assert isinstance(only(effects, Cancelled), Cancelled) and not one.live()["calls"]


def test_the_held_reply_of_a_world_comes_when_the_lost_prack_has_come() -> None:
    world = World(frozenset({3}))
    reliably(world)
    world.run(world.now + 100 * MS)
    received = world.b.events[0]
    assert isinstance(received, InviteReceived)
    world.do(world.b, world.b.endpoint.answer(received.key, SDP, world.now))
    assert "b:200 INVITE" not in world.labels()
    world.run(world.now + 2 * SECOND)
    assert world.labels().index("b:200 PRACK") < world.labels().index("b:200 INVITE")
    assert kinds(world.a)[-1] == "Answered"


def test_a_message_of_the_file_is_whole() -> None:
    assert isinstance(message.parse(INSISTS), Request) and isinstance(message.parse(NO_OFFER), Request)
