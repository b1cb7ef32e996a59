"""Every planted fault is found by the small worlds; the distributor itself passes them (tests in test_worlds)."""

from __future__ import annotations

import pytest

from yingda.routing.distributor import Distributor
from yingda.sim.faults import FAULTS
from yingda.sim.survey import survey

WITHIN = 150
"""Seeds a fault may hide for."""


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_planted_fault_is_found(fault: type[Distributor]) -> None:
    tally = survey("small", range(WITHIN), fault)
    assert tally.broken is not None, f"{fault.__name__} goes unseen in {WITHIN} worlds"
    assert f"seed {tally.broken}" in tally.why and "the last steps:" in tally.why


def test_the_true_distributor_is_clean_on_the_same_seeds() -> None:
    assert survey("small", range(WITHIN)).broken is None


def test_there_are_enough_of_them() -> None:
    assert len(set(FAULTS)) >= 12
