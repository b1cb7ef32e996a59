"""Personal values: kept apart, carried once, found by reference, erasable."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from yingda.kernel.personal import PersonalCarrier, PersonalSpool, PersonalValue, load_key, lookup, reference
from yingda.kernel.store import Store, open_store


@pytest.fixture
def store(ready_folder: Path) -> Iterator[Store]:
    opened = open_store(ready_folder)
    yield opened
    opened.close()


def test_a_value_travels_from_the_spool_to_the_table(tmp_path: Path, store: Store) -> None:
    spool = PersonalSpool(tmp_path / "spool", b"k" * 32, start=1)
    ref = spool.put("number", "+8613800001111")
    assert spool.put("number", "+8613800001111") == ref
    carrier = PersonalCarrier(tmp_path / "spool", store.business)
    assert carrier.step() == 1
    assert carrier.step() == 0
    assert lookup(store.business, [ref, "unknown"]) == {ref: "+8613800001111"}


def test_a_carrier_that_starts_again_carries_nothing_twice(tmp_path: Path, store: Store) -> None:
    spool = PersonalSpool(tmp_path / "spool", b"k" * 32, start=1)
    refs = [spool.put("number", f"1380000{n:04d}") for n in range(50)]
    PersonalCarrier(tmp_path / "spool", store.business).step()
    PersonalCarrier(tmp_path / "spool", store.business).step()
    with store.business.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(PersonalValue)) == 50
    assert len(lookup(store.business, refs)) == 50


def test_half_a_line_waits_for_its_other_half(tmp_path: Path, store: Store) -> None:
    spool = PersonalSpool(tmp_path / "spool", b"k" * 32, start=1)
    spool.put("number", "110")
    path = next((tmp_path / "spool").glob("*/*.jsonl"))
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    carrier = PersonalCarrier(tmp_path / "spool", store.business)
    assert carrier.step() == 0
    path.write_bytes(whole)
    assert carrier.step() == 1


def test_files_of_earlier_starts_go_once_they_are_carried(tmp_path: Path, store: Store) -> None:
    for start in (1, 2):
        PersonalSpool(tmp_path / "spool", b"k" * 32, start).put("number", f"10{start}")
    assert PersonalCarrier(tmp_path / "spool", store.business).step() == 2
    assert [path.name for path in (tmp_path / "spool" / "control").iterdir()] == [f"{2:020d}.jsonl"]


def test_a_reference_tells_nothing_without_the_key(tmp_path: Path) -> None:
    key = load_key(tmp_path)
    assert load_key(tmp_path) == key
    assert (tmp_path / "personal.key").stat().st_mode & 0o777 == 0o600
    assert reference(key, "number", "110") != reference(b"x" * 32, "number", "110")
    assert reference(key, "number", "110") != reference(key, "number", "110", tenant="other")
