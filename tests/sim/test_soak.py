"""A million small and five thousand full worlds on all cores, for `make soak`; test_worlds always runs the first."""

from __future__ import annotations

import pytest

from yingda.sim.survey import survey_split

SMALL_WORLDS, SMALL_CHUNK = 1_000_000, 20_000
FULL_WORLDS, FULL_CHUNK = 5_000, 500


@pytest.mark.soak
@pytest.mark.parametrize("first", range(0, SMALL_WORLDS, SMALL_CHUNK))
def test_small_worlds(first: int) -> None:
    tally = survey_split("small", range(first, first + SMALL_CHUNK))
    assert tally.broken is None, tally.why


@pytest.mark.soak
@pytest.mark.parametrize("first", range(0, FULL_WORLDS, FULL_CHUNK))
def test_full_worlds(first: int) -> None:
    tally = survey_split("full", range(first, first + FULL_CHUNK))
    assert tally.broken is None, tally.why
