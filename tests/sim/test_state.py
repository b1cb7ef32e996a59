"""A restored distributor goes on exactly as the one it was taken from, wherever it is taken."""

from __future__ import annotations

import dataclasses

import pytest

from yingda.sim import full, small
from yingda.sim.cast import Cast
from yingda.sim.plan import Plan
from yingda.sim.world import World


def run(seed: int, plan: Plan, restarts: float) -> World:
    world = World(seed, dataclasses.replace(plan, restarts=restarts))
    Cast(world)
    return world.run()


@pytest.mark.parametrize("seeds", [range(150), range(150, 300)], ids=str)
def test_restarting_after_every_step_changes_no_event(seeds: range) -> None:
    for seed in seeds:
        kept, restarted = run(seed, small.plan(seed), 0.0), run(seed, small.plan(seed), 1.0)
        assert kept.events == restarted.events, f"seed {seed}"
        assert restarted.hazards.counts["restart"] == restarted.steps


def test_the_same_holds_in_full_worlds() -> None:
    for seed in range(2):
        assert run(seed, full.plan(seed), 0.0).events == run(seed, full.plan(seed), 0.3).events, f"seed {seed}"
