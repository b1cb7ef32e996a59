"""A past day replays to the same decisions; with other rules, or a decision changed, it does not."""

from __future__ import annotations

from msgspec.structs import replace

from yingda.sim.day import day
from yingda.sim.ledger import envelope
from yingda.sim.replay import replay


def test_a_day_replays_to_the_same_decisions() -> None:
    world = day(4, contacts=400)
    decisions, differences = replay(world.events, [(0, world.plan.rules)])
    made = sum(event.kind == "offer.made" for event in world.events)
    assert decisions == made > 300
    assert differences == []
    envelopes = [envelope(event, n) for n, event in enumerate(world.events, 1)]
    assert replay(envelopes, [(0, world.plan.rules)]) == (made, [])


def test_other_rules_decide_differently() -> None:
    world = day(4, contacts=400)
    order = tuple(sorted(world.plan.rules.agents))
    queues = {n: replace(q, strategy="fixed_order", order=order) for n, q in world.plan.rules.queues.items()}
    _, differences = replay(world.events, [(0, replace(world.plan.rules, queues=queues))])
    assert len(differences) > 20


def test_offers_to_agents_who_may_not_have_them_are_found() -> None:
    world = day(4, contacts=100)
    agents = {name: replace(profile, queues=("sales",)) for name, profile in world.plan.rules.agents.items()}
    _, differences = replay(world.events, [(0, replace(world.plan.rules, agents=agents))])
    assert len(differences) > 10
    assert all("expected was" in difference.why for difference in differences)
