"""Passwords of accounts at carriers: sealed in the store, read back with the centre's key alone, never shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import sqlalchemy as sa

from yingda.kernel.config import credentials
from yingda.kernel.config.apply import Target, apply_centre, export
from yingda.kernel.config.models import Credential
from yingda.kernel.config.sealed import Sealer
from yingda.kernel.config.yaml_file import parse_centre
from yingda.kernel.errors import StartError, YingdaError
from yingda.kernel.event import Event
from yingda.kernel.store import Store, open_store, reading

CENTRE = parse_centre(
    b"centre: {name: c}\ntrunks: [{name: a, hosts: [h.example], username: u, password_env: CARRIER, registers: yes}]\n"
)
KEY = b"k" * 32


@pytest.fixture
def store(ready_folder: Path) -> Iterator[Store]:
    opened = open_store(ready_folder)
    yield opened
    opened.close()


def target(store: Store, environment: Mapping[str, str], sealer: Sealer | None, events: list[Event]) -> Target:
    return Target(
        store=store, append=events.extend, pseudonym=lambda kind, value: value, environment=environment, sealer=sealer
    )


def test_a_password_is_kept_sealed_and_only_a_new_one_changes_anything(store: Store) -> None:
    sealer, events = Sealer(KEY), list[Event]()
    given = target(store, {"CARRIER": "s3cret"}, sealer, events)
    assert "~ trunk a: password set" in apply_centre(CENTRE, given, 1).lines
    assert apply_centre(CENTRE, given, 2).lines == ()
    assert apply_centre(CENTRE, target(store, {}, sealer, events), 3).lines == ()
    with reading(store.business) as connection:
        opened, unreadable = credentials.trunk_passwords(connection, sealer)
        assert list(opened.values()) == ["s3cret"] and unreadable == []
        (kept,) = connection.execute(sa.select(Credential.value)).scalars()
    assert "s3cret" not in kept + export(store) + repr(events)
    assert apply_centre(CENTRE, target(store, {"CARRIER": "other"}, sealer, events), 4).lines == (
        "~ trunk a: password set",
    )


def test_another_key_opens_nothing(store: Store) -> None:
    apply_centre(CENTRE, target(store, {"CARRIER": "s3cret"}, Sealer(KEY), []), 1)
    with reading(store.business) as connection:
        opened, (refusal,) = credentials.trunk_passwords(connection, Sealer(b"x" * 32))
    assert opened == {} and refusal.code == "secret_unreadable"


def test_what_is_missing_is_said_before_anything_is_written(store: Store) -> None:
    with pytest.raises(StartError, match="CARRIER"):
        apply_centre(CENTRE, target(store, {}, Sealer(KEY), []), 1)
    with pytest.raises(StartError, match="centre's key"):
        apply_centre(CENTRE, target(store, {"CARRIER": "s3cret"}, None, []), 1)
    with pytest.raises(StartError, match="1 to 256"):
        apply_centre(CENTRE, target(store, {"CARRIER": "x" * 300}, Sealer(KEY), []), 1)


def test_a_sealed_secret_opens_for_its_owner_alone() -> None:
    sealer = Sealer(KEY)
    sealed = sealer.seal("s3cret", "a")
    assert sealer.open(sealed, "a") == "s3cret" and sealer.seal("s3cret", "a") != sealed
    for odd, owner in ((sealed, "b"), ("", "a"), ("nonsense!", "a")):
        with pytest.raises(YingdaError):
            sealer.open(odd, owner)
