"""Session timers (RFC 4028), UPDATE (RFC 3311), reliable provisional replies (RFC 3262), late offers."""

from __future__ import annotations

import pytest

from tests.sip.test_calls import answering
from tests.sip.test_endpoint import NOW, UDP, endpoint, replies
from tests.sip.wire import INVITE
from tests.sip.world import CALLER, SDP, Side, World, kinds, restored, trusting
from yingda.kernel.clock import MS, SECOND
from yingda.kernel.ids import seeded_ids
from yingda.sip import message
from yingda.sip.core import EndpointConfig
from yingda.sip.endpoint import Endpoint
from yingda.sip.events import (
    Acknowledged,
    Answered,
    Effect,
    Ended,
    Event,
    InviteReceived,
    Progress,
    Reinvited,
    Send,
    Target,
)
from yingda.sip.message import Request

INTERVAL = 300


def timed(interval: int = INTERVAL, *, both: bool = True) -> World:
    """A world whose caller (and callee) ask for session timers."""
    world = World()
    config = EndpointConfig(authorise=trusting, session_interval=interval)
    world.a.endpoint = Endpoint(config, seeded_ids(1), b"a")
    if both:
        world.b.endpoint = Endpoint(config, seeded_ids(2), b"b")
    answering(world)
    return world


def up(world: World) -> tuple[str, str]:
    key = world.call()
    world.run(world.now + SECOND)
    received = world.b.events[0]
    assert isinstance(received, InviteReceived) and kinds(world.a)[-1] == "Answered"
    return key, received.key


# ---- session timers --------------------------------------------------------------------------------------------------


def test_a_call_is_refreshed_by_update_for_as_long_as_both_live() -> None:
    world = timed()
    key, _ = up(world)
    world.run(world.now + 4 * INTERVAL * SECOND)
    refreshes = [(name, text) for _, name, text in world.sent if "UPDATE" in text]
    assert len(refreshes) >= 14 and {name for name, text in refreshes if text == "UPDATE"} == {"a"}
    assert kinds(world.a) == ["Progress", "Answered"] and kinds(world.b) == ["InviteReceived", "Acknowledged"]
    world.do(world.a, world.a.endpoint.bye(key, world.now))
    world.run()
    assert world.empty()


def test_where_the_far_end_has_no_update_a_reinvite_refreshes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yingda.sip.incoming.ALLOW", "INVITE, ACK, BYE")
    world = timed()

    def agree(side: Side, event: Event) -> list[Effect]:
        return side.endpoint.answer(event.key, SDP, world.now) if isinstance(event, Reinvited) else []

    world.reactions.append(agree)
    up(world)
    world.run(world.now + INTERVAL * SECOND)
    assert "ReinviteAnswered" in kinds(world.a) and not any("UPDATE" in text for _, _, text in world.sent)
    assert world.a.endpoint.live()["calls"] == 1


@pytest.mark.parametrize("dead", ["a", "b"])
def test_a_call_whose_other_end_is_gone_ends(dead: str) -> None:
    world = timed()
    up(world)
    start = world.now
    world.lost = frozenset(n for n in range(len(world.sent), 10_000))  # the line is cut
    world.run()
    survivor = world.b if dead == "a" else world.a
    ended = survivor.events[-1]
    assert isinstance(ended, Ended) and ended.by == "system"
    assert world.now - start < (INTERVAL + 64) * SECOND and world.empty()


def test_a_restart_between_two_refreshes_changes_nothing() -> None:
    world = timed()
    up(world)
    world.a.endpoint = restored(world.a.endpoint)
    world.b.endpoint = restored(world.b.endpoint)
    world.run(world.now + 2 * INTERVAL * SECOND)
    assert world.a.endpoint.live()["calls"] == world.b.endpoint.live()["calls"] == 1


def test_an_interval_that_is_too_short_is_refused_and_asked_for_again() -> None:
    world = timed(60)
    up(world)
    assert [text for _, name, text in world.sent if name == "b"][:1] == ["422 INVITE"]
    sent = [message.parse(data) for data in world.kept]
    invites = [one for one in sent if isinstance(one, Request) and one.method == "INVITE"]
    assert [one.number("Session-Expires") for one in invites] == [60, 90]
    assert invites[1].cseq[0] == invites[0].cseq[0] + 1


@pytest.mark.parametrize(
    ("asked", "said", "required"),
    [
        ("Session-Expires: 1800;refresher=uac\r\nSupported: timer\r\n", "1800;refresher=uac", "timer"),
        ("Session-Expires: 1800;refresher=uas\r\nSupported: timer\r\n", "1800;refresher=uas", ""),
        ("Session-Expires: 1800\r\nSupported: timer\r\n", "1800;refresher=uac", "timer"),
        ("x: 600\r\n", "600;refresher=uas", ""),
        ("", "", ""),
    ],
)
def test_who_refreshes(asked: str, said: str, required: str) -> None:
    one = endpoint()
    data = INVITE.replace(b"Max-Forwards", asked.encode() + b"Max-Forwards")
    received = next(e for e in one.receive(data, UDP, NOW) if isinstance(e, InviteReceived))
    (reply,) = replies(one.answer(received.key, SDP, NOW))
    assert (reply.get("Session-Expires"), reply.get("Require")) == (said, required)


# ---- UPDATE ----------------------------------------------------------------------------------------------------------


def update(world: World, body: str) -> bytes:
    """An UPDATE as the caller of the world's call would send it."""
    invite = next(read for data in world.kept if (read := message.parse(data)) and isinstance(read, Request))
    ok = next(read for data in world.kept if b" 200 " in data[:12] and (read := message.parse(data)))
    headers = {name: invite.headers[name] for name in ("From", "Call-ID", "Contact", "Max-Forwards")}
    headers |= {"Via": ["SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKupdate;rport"], "To": ok.headers["To"]}
    headers |= {"CSeq": ["77 UPDATE"], "Content-Type": ["application/sdp"]}
    return Request("UPDATE", invite.uri, headers, body.encode()).to_bytes()


def test_an_update_with_an_offer_is_answered_like_a_reinvite_without_ack() -> None:
    world = World()
    answering(world)
    _, other = up(world)
    b = world.b.endpoint
    effects = b.receive(update(world, SDP), world.b.flow, world.now)
    assert effects == [Reinvited(other, SDP)]
    (reply,) = replies(b.answer(other, SDP, world.now))
    assert (reply.code, reply.sdp) == (200, SDP)
    world.run(world.now + 5 * SECOND)
    assert "200 UPDATE" not in world.labels()[5:]  # nothing waits for an ACK


def test_an_update_of_something_else_is_refused() -> None:
    world = World()
    answering(world)
    up(world)
    data = update(world, "<xml/>").replace(b"application/sdp", b"application/xml")
    (reply,) = replies(world.b.endpoint.receive(data, world.b.flow, world.now))
    assert reply.code == 415


# ---- reliable provisional replies ------------------------------------------------------------------------------------


def reliably(world: World, code: int = 183, sdp: str | None = SDP) -> None:
    """The caller insists on 100rel; the callee rings with early media, and does not answer yet."""

    def ring(side: Side, event: Event) -> list[Effect]:
        if isinstance(event, InviteReceived):
            return side.endpoint.ring(event.key, world.now, code, sdp)
        return []

    world.reactions.append(ring)
    _, effects = world.a.endpoint.invite(
        Target("sip:4008@192.0.2.2", world.a.flow),
        caller=CALLER,
        sdp=SDP,
        now=world.now,
        headers={"Require": "100rel"},
    )
    world.do(world.a, effects)


def test_a_reliable_183_is_acknowledged_once_and_its_answer_stands() -> None:
    world = World()
    reliably(world)
    world.run(world.now + 5 * SECOND)
    assert world.labels() == ["a:INVITE", "b:100 INVITE", "b:183 INVITE", "a:PRACK", "b:200 PRACK"]
    received = world.b.events[0]
    assert isinstance(received, InviteReceived)
    (progress,) = world.a.events
    assert isinstance(progress, Progress) and (progress.code, progress.sdp) == (183, SDP)
    world.do(world.b, world.b.endpoint.answer(received.key, SDP, world.now))
    world.run(world.now + SECOND)
    answered = world.a.events[-1]
    assert isinstance(answered, Answered)
    world.do(world.a, world.a.endpoint.bye(answered.key, world.now))
    world.run()
    numbers = [r.cseq for d in world.kept if isinstance(r := message.parse(d), Request)]
    assert numbers == [(1, "INVITE"), (2, "PRACK"), (1, "ACK"), (3, "BYE")] and world.empty()


@pytest.mark.parametrize("lost", [2, 3, 4])
def test_the_183_its_prack_or_the_200_may_be_lost(lost: int) -> None:
    world = World(frozenset({lost}))
    reliably(world)
    world.run(world.now + 10 * SECOND)
    assert kinds(world.a) == ["Progress"] and world.labels().count("b:183 INVITE") <= 2
    assert "b:200 PRACK" in world.labels()


def test_a_prack_that_the_answer_overtook_is_answered() -> None:
    """The 180 is not sent again after the 200, and its late PRACK is no error (RFC 3262 section 3)."""
    world = World(frozenset({3}))
    reliably(world, 180, None)
    world.run(world.now + 100 * MS)
    received = world.b.events[0]
    assert isinstance(received, InviteReceived)
    world.do(world.b, world.b.endpoint.answer(received.key, SDP, world.now))
    world.run(world.now + 2 * SECOND)
    assert world.labels().count("a:PRACK") > 1 and "b:200 PRACK" in world.labels()
    assert world.labels().count("b:180 INVITE") == 1 and "b:481 PRACK" not in world.labels()


def test_without_any_prack_the_call_is_refused() -> None:
    world = World(frozenset(range(3, 200)))
    reliably(world)
    world.run()
    assert kinds(world.b) == ["InviteReceived", "Cancelled"] and "b:504 INVITE" in world.labels()
    assert not any(world.b.endpoint.live().values())


def test_an_answer_in_the_183_alone_counts() -> None:
    """A gateway that answers in the provisional reply and leaves the 200 empty."""
    world = World()
    key = world.call()
    invite = message.parse(world.kept[0])
    assert isinstance(invite, Request)
    headers = {"Contact": ["<sip:4008@192.0.2.2>"], "Content-Type": ["application/sdp"]}
    early = message.response_to(invite, 183, to_tag="g", headers=headers, body=SDP.encode())
    final = message.response_to(invite, 200, to_tag="g", headers={"Contact": ["<sip:4008@192.0.2.2>"]})
    a = world.a.endpoint
    assert a.receive(early.to_bytes(), world.a.flow, world.now) == [Progress(key, 183, SDP)]
    effects = a.receive(final.to_bytes(), world.a.flow, world.now)
    assert Answered(key, SDP) in effects


def early_update(world: World, sdp: str, *, by: str) -> bytes:
    """An UPDATE with an offer before the answer, by either side ("a" the caller)."""
    invite, rings = message.parse(world.kept[0]), message.parse(world.kept[2])
    caller, called = rings.headers["From"], rings.headers["To"]
    ends = {"From": caller, "To": called} if by == "a" else {"From": called, "To": caller}
    headers = {"Via": ["SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKearly"], "Max-Forwards": ["70"], **ends}
    headers |= {"Call-ID": invite.headers["Call-ID"], "CSeq": ["78 UPDATE"], "Contact": ["<sip:x@192.0.2.9>"]}
    return Request(
        "UPDATE", "sip:x@192.0.2.9", headers | {"Content-Type": ["application/sdp"]}, sdp.encode()
    ).to_bytes()


@pytest.mark.parametrize("again", [SDP, ""], ids=["said again", "left out"])
def test_an_update_before_the_answer_moves_the_sound_and_what_the_200_says_is_older(again: str) -> None:
    """A gateway that answers in a reliable 183 and then goes on to another address (RFC 3311 section 5.2)."""
    world = World()
    reliably(world)
    world.run(world.now + 5 * SECOND)
    moved = SDP.replace("4000", "6000")
    effects = world.a.endpoint.receive(early_update(world, moved, by="b"), world.a.flow, world.now)
    (asked,) = [effect for effect in effects if isinstance(effect, Reinvited)]
    assert asked.sdp == moved
    (reply,) = replies(world.a.endpoint.answer(asked.key, SDP, world.now))
    assert (reply.code, reply.sdp) == (200, SDP)
    world.a = Side(restored(world.a.endpoint), world.a.flow, world.a.events)
    invite = message.parse(world.kept[0])
    assert isinstance(invite, Request)
    headers = {"Contact": ["<sip:4008@192.0.2.2>"]} | ({"Content-Type": ["application/sdp"]} if again else {})
    early = message.parse(world.kept[2])
    final = message.response_to(invite, 200, to_tag=early.to_tag, headers=headers, body=again.encode())
    assert Answered(asked.key, moved) in world.a.endpoint.receive(final.to_bytes(), world.a.flow, world.now)


def test_an_update_before_any_answer_is_told_to_wait() -> None:
    """Both ways: the far end has answered nothing reliably (491), or we have not answered yet (500)."""
    world = World()
    reliably(world, code=180, sdp=None)
    world.run(world.now + 5 * SECOND)
    (reply,) = replies(world.a.endpoint.receive(early_update(world, SDP, by="b"), world.a.flow, world.now))
    assert reply.code == 491
    (reply,) = replies(world.b.endpoint.receive(early_update(world, SDP, by="a"), world.b.flow, world.now))
    assert reply.code == 500 and reply.get("Retry-After")


def test_prack_for_nothing_is_refused() -> None:
    world = World()
    answering(world)
    up(world)
    data = update(world, "").replace(b"UPDATE", b"PRACK").replace(b"Max-Forwards", b"RAck: 1 1 INVITE\r\nMax-Forwards")
    (reply,) = replies(world.b.endpoint.receive(data, world.b.flow, world.now))
    assert reply.code == 481


# ---- late offers -----------------------------------------------------------------------------------------------------


def test_an_invite_without_an_offer_is_answered_with_one() -> None:
    one = endpoint()
    data = INVITE.replace(b"Content-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n", b"\r\n")
    received = next(e for e in one.receive(data, UDP, NOW) if isinstance(e, InviteReceived))
    assert received.sdp is None
    (sent,) = one.answer(received.key, SDP, NOW)
    assert isinstance(sent, Send)
    ok = message.parse(sent.data)
    ack = data.replace(b"INVITE", b"ACK").replace(b"-one", b"-ack").split(b"To:")[0]
    rest = f"To: {ok.get('To')}\r\nCall-ID: {ok.call_id}\r\nCSeq: 314159 ACK\r\nContent-Type: application/sdp\r\n\r\n"
    assert one.receive(ack + rest.encode() + SDP.encode(), UDP, NOW) == [Acknowledged(received.key, SDP)]
