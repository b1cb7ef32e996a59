"""The file of what another control would need: what is last counts, and what cannot be read is one record less."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from yingda.calls.adoption.keeper import GONE, LOOSE
from yingda.calls.adoption.records import Seat, encode
from yingda.planes.kept_file import FEW, NAME, KeptFile
from yingda.routing.session import Session


def seat(agent: str, n: int) -> bytes:
    return encode(Seat(n=n, session=Session(session_id=f"s-{agent}", agent_id=agent, device="8101", signed_in_at=1)))


def test_the_last_line_of_each_counts(tmp_path: Path) -> None:
    file = KeptFile(tmp_path)
    file.write({"a": seat("a", 1), "b": seat("b", 1), "c": seat("c", 1)})
    file.write({"a": seat("a", 2), "b": LOOSE, "c": GONE})
    kept = KeptFile(tmp_path).read()
    assert {one.ident: one.n for one in kept.records} == {"a": 2, "b": 1} and kept.loose == {"b"}
    file.write({"b": seat("b", 3)})
    assert KeptFile(tmp_path).read().loose == frozenset()
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600


def test_it_is_gathered_up_and_loses_nothing(tmp_path: Path) -> None:
    file = KeptFile(tmp_path)
    file.write({"b": seat("b", 1)})
    file.write({"b": LOOSE})
    for n in range(3 * FEW):
        file.write({"a": seat("a", n)})
    kept = KeptFile(tmp_path).read()
    assert {one.ident: one.n for one in kept.records} == {"a": 3 * FEW - 1, "b": 1} and kept.loose == {"b"}
    assert len((tmp_path / NAME).read_bytes().splitlines()) < 2 * FEW


@pytest.mark.parametrize(
    "damage", [b'a {"is":"seat"', b"a nonsense\n", b'a {"is":"seat","n":1,"session":{}}\n', b"\xff\n"]
)
def test_what_is_damaged_is_one_record_less(tmp_path: Path, damage: bytes) -> None:
    file = KeptFile(tmp_path)
    file.write({"b": seat("b", 1)})
    with (tmp_path / NAME).open("ab") as more:
        more.write(damage)
    assert [one.ident for one in KeptFile(tmp_path).read().records] == ["b"]


def test_another_version_is_not_gone_on_from_and_nothing_is_read_twice(tmp_path: Path) -> None:
    file = KeptFile(tmp_path)
    file.write({"a": seat("a", 1).replace(b'"v":1', b'"v":2'), "b": seat("b", 1)})
    assert [one.ident for one in KeptFile(tmp_path).load().records] == ["b"]
    assert KeptFile(tmp_path).load().records == []
