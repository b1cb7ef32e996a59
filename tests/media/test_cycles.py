"""Legs leave no cycles: media's collector comes so seldom, for the packets' sake, that they would add up."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.media.lab import Lab
from yingda.media.protocol import DestroyLeg, Play


@pytest.fixture
def garbage() -> Iterator[list[object]]:
    """What only the collector of cycles finds from here on."""
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    yield gc.garbage
    gc.set_debug(0)
    gc.garbage.clear()
    gc.enable()


def test_a_leg_that_ended_is_gone_without_the_collector(tmp_path: Path, garbage: list[object]) -> None:
    lab = Lab(tmp_path)
    for number in range(3):
        one, other = f"one{number}", f"other{number}"
        lab.phone(one)
        lab.phone(other)
        lab.do(Play(play_id=f"p{number}", leg_id=one, items=["tone:dial"], loop=True))
        lab.run(200)
        lab.bridge(one, other)
        lab.run(200)
        for leg_id in (one, other):
            lab.do(DestroyLeg(leg_id=leg_id))
    lab.run(1_000)
    gc.collect()
    ours = [found for found in garbage if type(found).__module__.startswith("yingda.")]
    assert not ours
