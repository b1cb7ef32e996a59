"""Calls of ours without an offer: the far end makes it in its 2xx, our answer goes with the ACK (RFC 3261 13.2.1)."""

from __future__ import annotations

import pytest

from tests.sip.world import CALLER, SDP, Side, World, restored
from yingda.kernel.clock import SECOND
from yingda.kernel.errors import YingdaError
from yingda.sip import message
from yingda.sip.events import Acknowledged, Answered, Effect, Ended, Event, InviteReceived, Target

OTHER = SDP.replace("4000", "4444")


def called(lost: frozenset[int] = frozenset(), offer: str = OTHER) -> tuple[World, str]:
    """a calls without an offer; b answers with its own."""
    world = World(lost)

    def react(side: Side, event: Event) -> list[Effect]:
        if isinstance(event, InviteReceived):
            assert event.sdp is None
            return side.endpoint.answer(event.key, offer, world.now)
        return []

    world.reactions.append(react)
    key, effects = world.a.endpoint.invite(
        Target("sip:4008@192.0.2.2", world.a.flow), caller=CALLER, sdp=None, now=world.now
    )
    world.do(world.a, effects)
    return world, key


def test_the_ack_waits_for_our_answer_and_carries_it() -> None:
    world, key = called()
    assert b"Content-Type" not in world.kept[0]
    world.run(world.now + 3 * SECOND)
    assert world.a.events == [Answered(key, OTHER)]
    assert "a:ACK" not in world.labels() and world.labels().count("b:200 INVITE") > 2  # b repeats, and nothing breaks
    world.do(world.a, world.a.endpoint.acknowledge(key, SDP))
    world.run(world.now + SECOND)
    assert isinstance(world.b.events[-1], Acknowledged) and world.b.events[-1].sdp == SDP
    assert world.labels().count("a:ACK") == 1
    world.do(world.a, world.a.endpoint.bye(key, world.now))
    world.run()
    assert world.empty()


def test_a_lost_ack_is_said_again_with_its_answer() -> None:
    world, key = called()
    world.run(world.now + SECOND // 4)
    world.lost = frozenset({len(world.sent)})
    world.do(world.a, world.a.endpoint.acknowledge(key, SDP))
    world.run(world.now + 3 * SECOND)
    acks = [message.parse(data) for data, label in zip(world.kept, world.labels(), strict=True) if label == "a:ACK"]
    assert len(acks) == 2 and {ack.body for ack in acks} == {SDP.encode()}
    assert isinstance(world.b.events[-1], Acknowledged) and world.b.events[-1].sdp == SDP


def test_the_wait_survives_a_restart() -> None:
    world, key = called()
    world.run(world.now + SECOND)
    world.a.endpoint = restored(world.a.endpoint)
    world.do(world.a, world.a.endpoint.acknowledge(key, SDP))
    world.run(world.now + SECOND)
    assert isinstance(world.b.events[-1], Acknowledged) and world.b.events[-1].sdp == SDP


def test_who_hangs_up_instead_acknowledges_first() -> None:
    world, key = called()
    world.run(world.now + SECOND // 4)
    world.do(world.a, world.a.endpoint.bye(key, world.now))
    world.run()
    assert world.labels()[-3:] == ["a:ACK", "a:BYE", "b:200 BYE"] and world.empty()


def test_an_answer_without_an_offer_ends_the_call() -> None:
    world, key = called(offer="")
    world.run()
    assert isinstance(world.a.events[-1], Ended) and world.a.events[-1].by == "system"
    assert "a:ACK" in world.labels() and "a:BYE" in world.labels() and world.empty() and key


def test_there_is_nothing_to_acknowledge_twice_or_where_we_offered() -> None:
    world, key = called()
    world.run(world.now + SECOND)
    world.do(world.a, world.a.endpoint.acknowledge(key, SDP))
    with pytest.raises(YingdaError) as refused:
        world.a.endpoint.acknowledge(key, SDP)
    assert refused.value.code == "sip_no_offer"


def test_who_waits_too_long_can_still_hang_up() -> None:
    world, key = called()
    world.run(world.now + 40 * SECOND)
    with pytest.raises(YingdaError):
        world.a.endpoint.acknowledge(key, SDP)
    world.do(world.a, world.a.endpoint.hang_up(key, world.now))
    world.run()
    assert world.empty()
