"""The registry of event kinds: what it takes, what it refuses and how it says so."""

from __future__ import annotations

import types
from pathlib import Path
from typing import Any

import pytest

from tests.kernel.samples import data_for, event
from yingda.kernel.errors import YingdaError
from yingda.kernel.event import Envelope, Event
from yingda.kernel.ledger import kinds
from yingda.kernel.ledger.kinds import REGISTRY, lift, table, validate
from yingda.kernel.ledger.schema import Kind, declare

DOC = Path(__file__).parents[2] / "docs" / "events.md"


def refusal(refused: Event) -> str:
    with pytest.raises(YingdaError) as caught:
        validate(refused)
    assert caught.value.code == "event_refused"
    assert refused.kind in caught.value.sentence
    return caught.value.sentence


def test_the_document_shows_the_registry() -> None:
    assert DOC.read_text().endswith("\n\n" + table()), "run python -m yingda.kernel.ledger.kinds --table"


def test_the_registry_holds_the_whole_vocabulary() -> None:
    nouns = {name.split(".")[0] for name in REGISTRY}
    assert nouns == {
        *(
            "interaction",
            "leg",
            "trunk",
            "flow",
            "queue",
            "offer",
            "handling",
            "supervision",
            "help",
            "agent",
            "callback",
            "call",
            "site",
        ),
        *("conference", "dial", "message", "recording", "survey", "case", "schedule", "plane", "config", "correction"),
    }
    assert len(REGISTRY) == len(kinds._ALL) == 87


@pytest.mark.parametrize("kind", sorted(REGISTRY))
@pytest.mark.parametrize("optional", [True, False])
def test_a_well_formed_event_is_taken(kind: str, optional: bool) -> None:
    assert validate(Event(kind=kind, at=1, data=data_for(kind, optional=optional))) is REGISTRY[kind]


@pytest.mark.parametrize("kind", sorted(REGISTRY))
def test_each_required_field_is_missed_by_name(kind: str) -> None:
    for field in REGISTRY[kind].fields:
        data = data_for(kind)
        del data[field.name]
        if field.optional:
            validate(Event(kind=kind, at=1, data=data))
        else:
            assert f"field {field.name} is missing" in refusal(Event(kind=kind, at=1, data=data))


@pytest.mark.parametrize("kind", sorted(REGISTRY))
def test_each_field_refuses_what_it_is_not(kind: str) -> None:
    for field in REGISTRY[kind].fields:
        if field.type.shown == "JSON":
            continue
        wrong: Any = "no such word" if field.words else b"bytes"
        sentence = refusal(Event(kind=kind, at=1, data=data_for(kind) | {field.name: wrong}))
        assert f"field {field.name} is wrong" in sentence


def test_an_unknown_kind_and_an_unknown_field_are_refused() -> None:
    assert "no such kind" in refusal(Event(kind="queue.exploded", at=1))
    assert "no field colour" in refusal(event(colour="red"))


def test_yes_is_not_a_number_and_a_number_is_not_yes() -> None:
    ended = data_for("leg.ended")
    validate(Event(kind="leg.ended", at=1, data=ended | {"mos": 4, "one_way": False, "received": 0}))
    validate(Event(kind="leg.ended", at=1, data=ended | {"mos": None}))
    assert "one_way" in refusal(Event(kind="leg.ended", at=1, data=ended | {"one_way": 0}))
    assert "lost" in refusal(Event(kind="leg.ended", at=1, data=ended | {"lost": True}))


def test_who_did_it_is_an_actor() -> None:
    for by in ("customer", "carrier", "system", "agent:7", "user:x", "api:key"):
        validate(Event(kind="handling.connected", at=1, by=by, data={"handling_id": "h"}))
    assert "field by" in refusal(Event(kind="handling.connected", at=1, by="somebody", data={"handling_id": "h"}))


def test_read_only_data_is_taken() -> None:
    validate(Event(kind="handling.connected", at=1, data=types.MappingProxyType({"handling_id": "h"})))


def _version_three() -> dict[str, Kind]:
    present = declare("queue.left", "entry_id outcome to?")
    return {"queue.left": Kind(present.name, 3, present.fields, present.ids, present.struct)}


def envelope(v: int, **data: Any) -> Envelope:
    return Envelope(
        writer="control",
        n=1,
        stamp=1,
        kind="queue.left",
        v=v,
        at=1,
        by="system",
        node="a",
        tenant="default",
        mono=0,
        config=0,
        data=data,
    )


LIFTS = {
    ("queue.left", 1): lambda data: {"entry_id": data["entry"], "result": data["result"]},
    ("queue.left", 2): lambda data: {"entry_id": data["entry_id"], "outcome": data["result"]},
}


def test_old_versions_are_lifted_step_by_step() -> None:
    old = envelope(1, entry="e", result="answered")
    new = lift(old, _version_three(), LIFTS)
    assert (new.v, new.data) == (3, {"entry_id": "e", "outcome": "answered"})
    assert old.data == {"entry": "e", "result": "answered"}, "lifting is pure"
    assert lift(envelope(2, entry_id="e", result="failed"), _version_three(), LIFTS).data["outcome"] == "failed"


def test_the_present_version_is_left_alone() -> None:
    present = envelope(1, entry_id="e", outcome="answered")
    assert lift(present) is present


@pytest.mark.parametrize("version", [0, 4])
def test_a_version_nobody_can_read_is_refused(version: int) -> None:
    with pytest.raises(YingdaError, match=r"queue\.left"):
        lift(envelope(version), _version_three(), LIFTS)
