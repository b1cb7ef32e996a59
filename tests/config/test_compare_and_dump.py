"""Comparing, identity and export: what is applied, exported and applied again has not changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingda.kernel.config.centre import (
    Agent,
    BusyReason,
    Centre,
    CentreInfo,
    Device,
    Flow,
    Number,
    Prompt,
    Queue,
    Team,
    Trunk,
    User,
)  # fmt: skip
from yingda.kernel.config.compare import How, changed_events, compare, lines
from yingda.kernel.config.dump import to_yaml
from yingda.kernel.config.identity import give_ids
from yingda.kernel.config.parts import parts_of
from yingda.kernel.config.yaml_file import parse_centre
from yingda.kernel.ids import seeded_ids
from yingda.kernel.ledger.kinds import validate

DEMO = (Path(__file__).resolve().parents[2] / "templates" / "demo.yaml").read_text(encoding="utf-8")


@pytest.fixture
def demo() -> Centre:
    return give_ids(parse_centre(DEMO.encode()), None, seeded_ids(7))


def test_every_part_gets_its_own_id(demo: Centre) -> None:
    ids = [part.id for part in parts_of(demo)]
    assert all(ids)
    assert len(set(ids)) == len(ids)
    assert {part.entity for part in parts_of(demo)} >= {"centre", "device", "agent", "user", "queue"}


def test_names_keep_their_ids(demo: Centre) -> None:
    edited = DEMO.replace("target_s: 20", "target_s: 15").replace("name: 小休", "name: 短休")
    again = give_ids(parse_centre(edited.encode()), demo, seeded_ids(8))
    before = {part.place: part.id for part in parts_of(demo)}
    after = {part.place: part.id for part in parts_of(again)}
    assert {place: after[place] for place in before.keys() & after.keys()} == {
        place: before[place] for place in before.keys() & after.keys()
    }
    assert after["busy_reason", "短休"] not in before.values()


def test_difference_reads_well(demo: Centre) -> None:
    edited = (
        DEMO.replace("target_s: 20", "target_s: 15")
        .replace("name: 培训", "name: 会议")
        .replace("queues: [咨询]", "queues: [咨询, 售后]")
        .replace('extension: "8103"', 'extension: "8104"')
        .replace("country: CN", "country: HK")
    )
    assert lines(compare(demo, parse_centre(edited.encode()))) == [
        "~ centre: country CN → HK",
        "~ queue 售后: target_s 20 → 15",
        "+ busy_reason 会议",
        "~ agent 1003: queues [咨询] → [咨询, 售后]",
        "+ device 8104",
        "- busy_reason 培训",
        "- device 8103",
    ]


def test_order_means_nothing(demo: Centre) -> None:
    turned = demo.model_copy(update={"queues": demo.queues[::-1], "agents": demo.agents[::-1]})
    assert compare(demo, turned) == []


def test_events_fit_the_registry_and_name_nobody(demo: Centre) -> None:
    changes = compare(None, demo)
    events = changed_events(changes, 1, "user:u1", 5, lambda kind, value: f"ref-of-{len(value)}")
    for event in events:
        validate(event)
    assert len(events) == len(parts_of(demo))
    assert "李雷" not in repr(events)
    user = next(event for event in events if event.data["entity"] == "user")
    assert user.data["before"] is None
    assert user.data["after"]["display_name_ref"] == "ref-of-5"


def test_removal_and_change_keep_both_sides(demo: Centre) -> None:
    changes = compare(demo, parse_centre(DEMO.replace("name: 培训", "name: 会议").encode()))
    assert [change.how for change in changes] == [How.ADDED, How.REMOVED]
    gone = changed_events(changes, 2, "system", 5, lambda kind, value: value)[1]
    assert gone.data["after"] is None
    assert gone.data["before"] == {"name": "培训", "reason_class": "work", "most": 0, "limit_s": 0}


def test_export_of_the_demo_changes_nothing(demo: Centre) -> None:
    text = to_yaml(demo)
    assert compare(demo, parse_centre(text.encode())) == []
    assert "id:" not in text
    assert to_yaml(parse_centre(text.encode())) == text


words = st.text("售后咨询abc123 :#-'\"{}[]&*!|>%@`,\\~?=.é", min_size=1, max_size=12).filter(lambda w: w.strip() == w)
odd_words = st.sampled_from(
    ["null", "~", "yes", "no", "0571", "1e3", "2024-01-01", "=", "<<", "- a", "a: b", "# x", "!x"]
)
names = st.lists(words | odd_words, min_size=1, max_size=3, unique=True)
seconds = st.integers(min_value=1, max_value=600).map(float) | st.floats(min_value=1, max_value=600)


@st.composite
def centres(draw: st.DrawFn) -> Centre:
    queues = [Queue(name=n, target_s=draw(seconds), wrapup_s=draw(seconds)) for n in draw(names)]
    says = draw(words)
    flows = [Flow(name=n, queue=queues[0].name, greeting=Prompt(say=says)) for n in draw(names)]
    users = [User(username=f"u{n}", display_name=draw(words | odd_words)) for n in range(draw(st.integers(0, 3)))]
    agents = [
        Agent(number=str(1000 + n), user=u.username, queues=[q.name for q in queues],
              devices=[Device(kind="sip", extension=str(8000 + n), password_env="X")])
        for n, u in enumerate(users)
    ]  # fmt: skip
    return Centre(
        centre=CentreInfo(name=draw(words | odd_words)),
        trunks=[Trunk(name=n, max_calls=draw(st.integers(1, 99))) for n in draw(names)],
        flows=flows, queues=queues, numbers=[Number(number="4001", flow=flows[0].name)],
        teams=[Team(name=n) for n in draw(names)], busy_reasons=[BusyReason(name=n) for n in draw(names)],
        users=users, agents=agents,
    )  # fmt: skip


@given(centres())
def test_export_and_reading_are_inverse(centre: Centre) -> None:
    assert parse_centre(to_yaml(centre).encode()) == centre
