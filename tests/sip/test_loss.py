"""A line that loses any one message, or any two, of a call: it must still end properly (RFC 3261 section 17)."""

from __future__ import annotations

import itertools

import pytest

from tests.sip.test_calls import answering
from tests.sip.world import Side, World, kinds
from yingda.kernel.clock import SECOND
from yingda.sip.events import Acknowledged, Answered, Effect, Event, InviteReceived
from yingda.sip.transaction import LIFE

SCENARIOS = ("caller_ends", "called_ends", "cancel", "refused")


def play(scenario: str, lost: frozenset[int]) -> World:
    world = World(lost)
    if scenario in ("caller_ends", "called_ends"):
        answering(world)
    ending_side = world.a if scenario == "caller_ends" else world.b

    def react(side: Side, event: Event) -> list[Effect]:
        if side is ending_side and isinstance(event, Answered | Acknowledged):
            return side.endpoint.bye(event.key, world.now)
        if scenario == "refused" and isinstance(event, InviteReceived):
            return side.endpoint.reject(event.key, 486, world.now)
        return []

    world.reactions.append(react)
    key = world.call()
    if scenario == "cancel":
        world.run(world.now + SECOND)
        world.do(world.a, world.a.endpoint.cancel(key, world.now))
    world.run()
    return world


FINAL = {"Ended", "Rejected", "Cancelled"}


def check(world: World, scenario: str) -> None:
    last = max(time for time, _, _ in world.sent)
    assert world.empty(), world.labels()
    assert world.now - last <= LIFE, "a transaction outlived 64*T1"
    for side in (world.a, world.b):
        finals = [kind for kind in kinds(side) if kind in FINAL]
        if scenario == "refused" and side is world.b:
            assert finals == []  # our own command ended it
        else:
            assert len(finals) == 1, (scenario, kinds(side), world.labels())


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_single_loss(scenario: str) -> None:
    clean = play(scenario, frozenset())
    check(clean, scenario)
    for number in range(len(clean.sent)):
        check(play(scenario, frozenset({number})), scenario)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_pair_of_losses(scenario: str) -> None:
    for pair in itertools.combinations(range(12), 2):
        check(play(scenario, frozenset(pair)), scenario)


def test_answer_that_is_never_acknowledged_ends_with_bye() -> None:
    """13.3.1.4: every ACK is lost; the 2xx is repeated 10 times in 32 s, then BYE."""
    world = World()
    answering(world)
    world.call()
    world.step()
    world.lost = frozenset(range(4, 1000))
    world.run(world.now + 40 * SECOND)
    oks = [time for time, _, text in world.sent if text == "200 INVITE"]
    steps = [round((later - earlier) / SECOND, 1) for earlier, later in itertools.pairwise(oks)]
    assert steps == [0.5, 1.0, 2.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0]
    assert kinds(world.b) == ["InviteReceived", "Ended"]
    assert "b:BYE" in world.labels()


def test_nobody_there() -> None:
    """Timer B: 408 after 32 s, seven INVITEs."""
    world = World(frozenset(range(1000)))
    start = world.now
    world.call()
    world.run()
    assert world.labels() == ["a:INVITE"] * 7
    assert kinds(world.a) == ["Rejected"]
    assert world.now - start == 32 * SECOND
