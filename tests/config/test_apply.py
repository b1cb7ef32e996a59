"""Applying a centre, on both databases: versions, ids, credentials, events, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from yingda.kernel.config import credentials, versions
from yingda.kernel.config.apply import Target, apply_centre, apply_file, export
from yingda.kernel.config.centre import Centre
from yingda.kernel.config.credentials import Kind
from yingda.kernel.config.identity import give_ids
from yingda.kernel.config.parts import parts_of
from yingda.kernel.config.problems import CentreError
from yingda.kernel.config.versions import Version
from yingda.kernel.config.yaml_file import parse_centre
from yingda.kernel.errors import StartError, YingdaError
from yingda.kernel.event import Event
from yingda.kernel.ids import seeded_ids
from yingda.kernel.ledger.kinds import validate
from yingda.kernel.store import Store, reading, writing

DEMO = Path(__file__).resolve().parents[2] / "templates" / "demo.yaml"
PASSWORD = "correct horse"


class Book:
    """Where events go in these tests; checks them as the ledger's writer would."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.full = False

    def append(self, events: Sequence[Event]) -> None:
        if self.full:
            raise YingdaError("ledger_full", "The disk is full.")
        for event in events:
            validate(event)
        self.events += events


@pytest.fixture
def store(ready_store: Store, cheap_passwords: None) -> Store:
    return ready_store


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def target(store: Store, book: Book) -> Target:
    return make_target(store, book)


def make_target(store: Store, book: Book, password: str | None = PASSWORD, seed: int = 1) -> Target:
    environment = {} if password is None else {"YINGDA_DEMO_PASSWORD": password}
    return Target(
        store=store,
        append=book.append,
        pseudonym=lambda kind, value: f"{kind}-ref",
        by="user:u1",
        environment=environment,
        draw=seeded_ids(seed),
    )


def edited(old: str, new: str) -> Centre:
    text = DEMO.read_text(encoding="utf-8")
    assert old in text
    return parse_centre(text.replace(old, new).encode())


def in_force(store: Store) -> Version:
    with reading(store.business) as connection:
        version = versions.current(connection)
    assert version is not None
    return version


def id_of(store: Store, entity: str, key: str) -> str:
    return next(part.id for part in parts_of(in_force(store).centre) if part.place == (entity, key))


def accepts(store: Store, username: str, password: str) -> bool:
    with reading(store.business) as connection:
        return credentials.check_password(connection, id_of(store, "user", username), password)


def test_first_application_publishes_version_one(store: Store, target: Target, book: Book) -> None:
    applied = apply_file(DEMO, target, now=1_000)
    assert applied.version == 1
    assert "+ queue 售后" in applied.lines
    assert "~ user leader: password set" in applied.lines
    version = in_force(store)
    assert (version.version, version.at, version.by) == (1, 1_000, "user:u1")
    entities = [event.data["entity"] for event in book.events]
    assert entities.count("credential") == 8
    assert entities.count("agent") == 3
    assert {event.data["version"] for event in book.events} == {1}
    assert PASSWORD not in repr(book.events)


def test_passwords_open_doors_and_nothing_else_does(store: Store, target: Target) -> None:
    apply_file(DEMO, target, now=1)
    assert accepts(store, "leader", PASSWORD)
    assert not accepts(store, "leader", PASSWORD + "x")
    assert not accepts(store, "leader", "")
    with reading(store.business) as connection:
        assert not credentials.check_password(connection, None, PASSWORD)
        digests = credentials.sip_digests(connection)
        rows = connection.execute(sa.text("SELECT value FROM credential")).scalars().all()
    # computed with md5sum and sha256sum of "8101:yingda:correct horse"
    assert digests[id_of(store, "device", "8101")] == {
        "MD5": "00984f64c60df22edf88401f73c37a58",
        "SHA-256": "59c2f879950dc1be49ccb2e2906d71b6bc922f68d204afa079a11ef62d1e37e9",
    }
    assert id_of(store, "device", "8001") not in digests
    assert not any(PASSWORD in value for value in rows)


def test_the_cost_of_guessing_is_kept_up() -> None:
    kept = credentials.password_secrets(PASSWORD)[Kind.PASSWORD]
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert kept != credentials.password_secrets(PASSWORD)[Kind.PASSWORD]  # salted


def test_the_same_again_changes_nothing(store: Store, target: Target, book: Book) -> None:
    apply_file(DEMO, target, now=1)
    count = len(book.events)
    again = apply_file(DEMO, target, now=2)
    assert (again.version, again.lines) == (1, ())
    assert len(book.events) == count


def test_applying_an_export_changes_nothing_even_without_the_passwords(
    store: Store, target: Target, book: Book, tmp_path: Path
) -> None:
    apply_file(DEMO, target, now=1)
    text = export(store)
    assert PASSWORD not in text
    file = tmp_path / "export.yaml"
    file.write_text(text, encoding="utf-8")
    again = apply_file(file, make_target(store, book, password=None), now=2)
    assert (again.version, again.lines) == (1, ())
    assert export(store) == text


def test_a_dry_run_says_and_does_not(store: Store, target: Target, book: Book) -> None:
    first = apply_file(DEMO, target, now=1, dry_run=True)
    assert first.version == 0
    assert "+ queue 售后" in first.lines
    assert not book.events
    apply_file(DEMO, target, now=1)
    would = apply_centre(edited("target_s: 20", "target_s: 15"), target, now=2, dry_run=True)
    assert would.lines == ("~ queue 售后: target_s 20 → 15",)
    assert in_force(store).version == 1


def test_a_change_makes_a_new_version_and_keeps_the_old(store: Store, target: Target, book: Book) -> None:
    apply_file(DEMO, target, now=1)
    queue = id_of(store, "queue", "售后")
    before = len(book.events)
    assert apply_centre(edited("target_s: 20", "target_s: 15"), target, now=2).version == 2
    assert id_of(store, "queue", "售后") == queue
    [event] = book.events[before:]
    assert (event.kind, event.at, event.data["entity"], event.data["id"]) == ("config.changed", 2, "queue", queue)
    assert (event.data["before"]["target_s"], event.data["after"]["target_s"]) == (20.0, 15.0)
    with reading(store.business) as connection:
        first = versions.load(connection, 1)
        assert versions.load(connection, 9) is None
    assert first is not None
    assert first.centre.queues[0].target_s == 20.0


def test_a_new_password_is_set_without_a_new_version(store: Store, target: Target, book: Book) -> None:
    apply_file(DEMO, target, now=1)
    before = len(book.events)
    applied = apply_file(DEMO, make_target(store, book, password="another one"), now=2)
    assert applied.version == 1
    assert len(applied.lines) == 8
    assert accepts(store, "admin", "another one")
    assert not accepts(store, "admin", PASSWORD)
    kinds = {"kinds": ["password"]}
    assert book.events[before].data["before"] == book.events[before].data["after"] == kinds


def test_a_missing_variable_is_refused_for_all_parts_at_once(store: Store, book: Book) -> None:
    with pytest.raises(StartError) as caught:
        apply_file(DEMO, make_target(store, book, password=None), now=1)
    assert caught.value.code == "config_password_missing"
    assert len(str(caught.value).splitlines()) == 8
    assert "user leader: the environment variable YINGDA_DEMO_PASSWORD" in str(caught.value)
    with reading(store.business) as connection:
        assert versions.current(connection) is None


def test_an_unfit_password_names_its_part(store: Store, book: Book) -> None:
    with pytest.raises(StartError, match=r"user admin \(YINGDA_DEMO_PASSWORD\): A password needs 8 to 256 characters"):
        apply_file(DEMO, make_target(store, book, password="short"), now=1)


def test_what_is_removed_loses_its_credentials(store: Store, target: Target) -> None:
    apply_file(DEMO, target, now=1)
    device = id_of(store, "device", "8103")
    apply_centre(edited('extension: "8103"', 'extension: "8104"'), target, now=2)
    with reading(store.business) as connection:
        left = credentials.read(connection)
    assert device not in left
    assert Kind.SIP_HA1 in left[id_of(store, "device", "8104")]


def test_a_ledger_that_refuses_publishes_nothing(store: Store, target: Target, book: Book) -> None:
    book.full = True
    with pytest.raises(YingdaError, match="The disk is full"):
        apply_file(DEMO, target, now=1)
    with reading(store.business) as connection:
        assert versions.current(connection) is None
        assert credentials.read(connection) == {}


def test_a_stale_base_is_refused(store: Store, target: Target) -> None:
    apply_file(DEMO, target, now=1)
    centre = in_force(store).centre
    with writing(store.business) as connection:
        assert versions.publish(connection, centre, 1, "user:a", 2) == 2
    with (
        pytest.raises(YingdaError, match="at version 2 by now; this change was made from version 1") as caught,
        writing(store.business) as connection,
    ):
        versions.publish(connection, centre, 1, "user:b", 3)
    assert caught.value.code == "config_stale"
    assert in_force(store).by == "user:a"


def test_a_change_is_made_from_the_version_in_force_or_not_at_all(store: Store, target: Target) -> None:
    """Two people change version 1: the second must not write over the first without having seen it."""
    apply_file(DEMO, target, now=1)
    seen = in_force(store)
    of_one, of_other = (edited('extension: "8103"', f'extension: "{number}"') for number in ("8104", "8105"))
    assert apply_centre(of_one, target, now=2, made_from=seen.version).version == 2
    with pytest.raises(YingdaError, match="at version 2 by now; this change was made from version 1") as caught:
        apply_centre(of_other, target, now=3, made_from=seen.version)
    assert caught.value.code == "config_stale"
    assert in_force(store).version == 2
    assert id_of(store, "device", "8104")


def test_documents_that_do_not_hold_together_are_never_published(store: Store) -> None:
    whole = parse_centre(DEMO.read_bytes())
    dangling = give_ids(whole, None, seeded_ids(1)).model_copy(update={"queues": []})
    with writing(store.business) as connection:
        with pytest.raises(CentreError, match="has no id"):
            versions.publish(connection, whole, 0, "system", 1)
        with pytest.raises(CentreError, match="there is no queue 售后"):
            versions.publish(connection, dangling, 0, "system", 1)


def test_a_damaged_version_is_found_out(store: Store, target: Target) -> None:
    apply_file(DEMO, target, now=1)
    with writing(store.business) as connection:
        document = json.loads(connection.execute(sa.text("SELECT document FROM config_version")).scalar_one())
        document["centre"]["name"] = "somebody else"
        connection.execute(sa.text("UPDATE config_version SET document = :d"), {"d": json.dumps(document)})
    with pytest.raises(YingdaError, match="Version 1 of the configuration is damaged") as caught:
        in_force(store)
    assert caught.value.code == "config_damaged"


def test_tenants_do_not_see_each_other(store: Store, target: Target) -> None:
    apply_file(DEMO, target, now=1)
    with reading(store.business) as connection:
        assert versions.current(connection, "other") is None
        assert credentials.read(connection, None, "other") == {}
    with pytest.raises(YingdaError, match="No centre has been applied yet") as refused:
        export(store, "other")
    assert refused.value.code == "config_none"
