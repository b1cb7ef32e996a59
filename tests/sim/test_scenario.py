"""`yingda simulate`: scenarios are refused with every mistake and its line, played the same for a seed, and told."""

from __future__ import annotations

import copy
import io
import json
import random
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml

from yingda.cli import main
from yingda.kernel.clock import SECOND
from yingda.kernel.config.problems import CentreError
from yingda.kernel.errors import YingdaError
from yingda.sim.planner import command
from yingda.sim.planner.day import Day
from yingda.sim.planner.draws import callers, draw, shifts
from yingda.sim.planner.replicate import simulate
from yingda.sim.planner.report import WORDS, as_dict, page
from yingda.sim.planner.scenario import Scenario, Spread, parse_scenario, read_scenario
from yingda.sim.planner.tally import Tally

SCENARIOS = Path(__file__).resolve().parents[2] / "templates" / "scenarios"
HALF_HOUR = 1_800 * SECOND


def small(**changes: Any) -> Scenario:
    plain: dict[str, Any] = {
        "name": "small",
        "intervals": 2,
        "precision": {"most": 30},
        "queues": [{"name": "a"}],
        "call_types": [
            {
                "name": "calls",
                "queue": "a",
                "calls": [40, 20],
                "handle": {"mean_s": 150},
                "wrapup": {"mean_s": 20},
                "patience": {"mean_s": 60},
            }
        ],
        "groups": [{"name": "one", "agents": [3, 4], "queues": ["a"]}],
    }
    return Scenario.model_validate(plain | changes)


def changed(**changes: Any) -> Scenario:
    """The small scenario with other callers."""
    return small(call_types=[small().call_types[0].model_dump() | changes])


def plays(scenario: Scenario, count: int = 10) -> list[Tally]:
    return [Day(scenario, number).play() for number in range(count)]


def total(tallies: list[Tally], queue: str, count: str) -> int:
    return sum(getattr(row, count) for tally in tallies for row in tally.queues[queue])


# -- reading -------------------------------------------------------------------------------------------------------

BAD = """\
name: bad
intervals: 3
warm_up: 3
precision: {least: 50, most: 40}
queues:
  - {name: a, target_s: soon, colour: red}
  - {name: b, needs: 英语 >= }
  - {name: b, escalations: [{name: x, after_s: 10, also: nowhere}]}
call_types:
  - {name: one, queue: c, calls: [1, 2], handle: {mean_s: 10, distribution: normal}}
  - {name: two, queue: a, calls: [-1], handle: {mean_s: 10, cv: 0}, needs: 法语, redials: {share: 2, delay: {}}}
groups:
  - {name: g, agents: [2, 2], queues: [a, d], answer_s: 30}
  - name: h
    agents: [1]
    queues: [b]
    breaks:
      - {at: "07:00", length_s: 60, agents: 1}
      - {at: "08:00", length_s: 60, agents: 2}
"""
MISTAKES = [
    "3:10: warm_up leaves none of the 3 intervals to be counted",
    "4:12: precision: least (50) is above most (40)",
    "6:25: queue a: target_s must be a number, not soon",
    "6:31: queue a: unknown key `colour`",
    "7:22: queue b: needs: What is needed cannot be read",
    "8:12: queue b is there twice",
    "8:58: queue b: escalations 1: there is no queue nowhere",
    "10:24: call type one: there is no queue c",
    "10:34: call type one: calls has 2 numbers for 3 intervals",
    "10:77: call_types 1: handle: distribution must be 'exponential', 'lognormal', 'gamma' or 'constant', not normal",
    "11:35: call_types 2: calls 1 must be at least 0, not -1",
    "11:65: call_types 2: handle: cv must be at least 0.01, not 0",
    "11:76: call type two: no group has the skill 法语",
    "11:97: call_types 2: redials: share must be at most 0.95, not 2",
    "11:107: call_types 2: redials: delay: `mean_s` is missing",
    "13:23: group g: agents has 2 numbers for 3 intervals",
    "13:43: group g: there is no queue d",
    "13:57: group g: answer_s must be below the ring limit of every queue (20 s)",
    "18:14: group h: the break at 07:00 is outside the day",
    "19:45: group h: 2 agents cannot go at 08:00, when 1 are staffed",
]


def test_every_mistake_is_told_at_once_with_its_line() -> None:
    with pytest.raises(CentreError) as refusal:
        parse_scenario(BAD.encode(), "bad.yaml")
    told = refusal.value.sentence.splitlines()
    for mistake in MISTAKES:
        assert any(line.startswith(f"bad.yaml:{mistake}") for line in told), (mistake, told)
    assert len(told) == len(MISTAKES), told


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "s.yaml:1:1: the file is empty"),
        ("- a", "s.yaml:1:1: a scenario starts with keys such as `name:` and `queues:`"),
        ("a: [", "s.yaml:1:5: not YAML"),
        ("name: x\nqueus: []", "s.yaml:2:1: unknown key `queus`; did you mean `queues`?"),
    ],
)
def test_what_is_no_scenario_is_refused(text: str, says: str) -> None:
    with pytest.raises(CentreError) as refusal:
        parse_scenario(text.encode(), "s.yaml")
    assert any(line.startswith(says) for line in refusal.value.sentence.splitlines()), refusal.value.sentence


def test_queues_in_a_circle_or_without_agents_are_refused() -> None:
    text = """
name: x
intervals: 1
queues:
  - {name: a, escalations: [{name: r, after_s: 1, move: b}]}
  - {name: b, escalations: [{name: r, after_s: 1, move: a}]}
  - {name: c}
call_types: [{name: t, queue: a, calls: [0], handle: {mean_s: 1}}]
groups: [{name: g, agents: [1], queues: [a, b]}]
"""
    with pytest.raises(CentreError) as refusal:
        parse_scenario(text.encode())
    words = refusal.value.sentence
    assert "queue a: overflows lead in a circle" in words
    assert "queue c: no agent serves it" in words
    assert "nobody calls" in words


def places(part: Any) -> list[tuple[Any, Any]]:
    """(holder, key) of everything within plain data."""
    keys: list[Any] = list(part) if isinstance(part, dict) else list(range(len(part))) if isinstance(part, list) else []
    return [(part, key) for key in keys] + [place for key in keys for place in places(part[key])]


def test_no_scenario_however_spoilt_ends_in_a_traceback() -> None:
    rng, refused = random.Random(5), 0
    wrong: list[Any] = [
        "",
        "-1",
        "0",
        "1e400",
        "nan",
        "9" * 20,
        "x",
        [],
        {},
        ["1"],
        {"a": "b"},
        None,
        "08:99",
        [[]],
        [None],
        "[",
    ]
    whole = [yaml.load((SCENARIOS / f"{n}.yaml").read_bytes(), yaml.BaseLoader) for n in ("hotline", "two-queues")]
    for _ in range(150):
        document = copy.deepcopy(rng.choice(whole))
        for _ in range(rng.choice((1, 2, 4))):
            holder, key = rng.choice(places(document))
            holder[key] = copy.deepcopy(rng.choice(wrong))
        try:
            parse_scenario(yaml.safe_dump(document, allow_unicode=True).encode())
        except CentreError:
            refused += 1
    assert refused > 100


@pytest.mark.parametrize("name", ["hotline", "two-queues"])
def test_the_examples_can_be_read_and_played(name: str) -> None:
    tally = Day(read_scenario(SCENARIOS / f"{name}.yaml"), 0).play()
    assert sum(row.answered for rows in tally.queues.values() for row in rows) > 100


# -- playing -------------------------------------------------------------------------------------------------------


def test_a_seed_gives_the_same_result_whatever_the_processes() -> None:
    def told(scenario: Scenario, processes: int = 1) -> dict[str, Any]:
        return as_dict(simulate(scenario, processes=processes)) | {"seconds": 0, "seconds_per_10000_calls": 0}

    one = told(small())
    assert told(small()) == one
    assert told(small(), processes=2) == one
    assert told(small(seed=2)) != one


def test_the_callers_are_the_same_whoever_is_staffed() -> None:
    few, many = small(), small(groups=[{"name": "one", "agents": [9], "queues": ["a"]}])
    drawn = [[(c.at, c.patience, c.talk) for c in callers(one, 3)[0]] for one in (few, many)]
    assert drawn[0] == drawn[1]


def test_every_entry_has_one_outcome_and_all_time_one_state() -> None:
    for tally in plays(changed(redials={"share": 0.5, "delay": {"mean_s": 120}}, ivr_share=0.2)):
        rows = tally.queues["a"]
        for row in rows:
            assert row.offered == row.answered + row.abandoned + row.overflowed + row.turned_away
            assert row.hit + row.miss <= row.offered
            assert sum(row.waits.values()) == row.answered
        assert tally.calls == sum(row.offered for row in rows) + tally.self_served
        first = tally.groups["one"][0]
        assert first.occupied + first.available + first.off_contact == 3 * HALF_HOUR


def test_breaks_take_agents_away_for_as_long_as_they_last() -> None:
    group = {"name": "one", "agents": [4], "queues": ["a"]}
    breaks = [{"at": "08:05", "length_s": 300, "agents": 2}, {"at": "08:07", "length_s": 300, "agents": 2}]
    rested = plays(small(groups=[group | {"breaks": breaks}]))
    assert [sum(row.off_contact for row in tally.groups["one"]) for tally in rested] == [4 * 300 * SECOND] * 10
    assert total(rested, "a", "hit") < total(plays(small(groups=[group])), "a", "hit")


def test_staff_come_and_go_and_end_the_calls_they_have() -> None:
    scenario = small(intervals=3, groups=[{"name": "one", "agents": [2, 0, 1], "queues": ["a"]}])
    scenario = scenario.model_copy(update={"call_types": [scenario.call_types[0].model_copy(update={"calls": [30.0]})]})
    assert [(shift.begin, shift.end) for shift in shifts(scenario)] == [
        (0, HALF_HOUR),
        (2 * HALF_HOUR, None),
        (0, HALF_HOUR),
    ]
    handled = [[row.handled for row in tally.groups["one"]] for tally in plays(scenario)]
    assert all(first > 0 and second == 0 for first, second, _ in handled)
    assert sum(third for _, _, third in handled) > 0


def test_redials_come_from_those_who_gave_up() -> None:
    tallies = plays(changed(redials={"share": 0.5, "delay": {"mean_s": 60, "distribution": "constant"}}))
    gave_up, again = total(tallies, "a", "abandoned"), sum(tally.redials for tally in tallies)
    assert 0.3 * gave_up < again < 0.55 * gave_up


def test_the_flow_serves_its_share() -> None:
    tallies = plays(changed(ivr_share=0.4), 20)
    share = sum(tally.self_served for tally in tallies) / sum(tally.calls for tally in tallies)
    assert share == pytest.approx(0.4, abs=0.05)


def test_who_never_gives_up_waits_for_as_long_as_the_queue_lets_him() -> None:
    scenario = changed(patience=None, calls=[60]).model_copy(update={"queues": small().queues})
    short = small().queues[0].model_copy(update={"longest_wait_s": 30.0})
    cut = scenario.model_copy(update={"queues": [short]})
    assert total(plays(cut), "a", "turned_away") > 0
    assert total(plays(scenario), "a", "abandoned") == 0
    assert all(row.longest <= 30 * SECOND for tally in plays(cut) for row in tally.queues["a"])


def two(queues: list[dict[str, Any]], serves: list[list[str]], agents: int = 5) -> Scenario:
    calls = [
        {"name": q, "queue": q, "calls": [55], "handle": {"mean_s": 150}, "patience": {"mean_s": 90}} for q in "ab"
    ]
    groups = [{"name": f"g{n}", "agents": [agents], "queues": names} for n, names in enumerate(serves)]
    return small(queues=queues, call_types=calls, groups=groups)


def test_two_queues_share_agents_sensibly() -> None:
    """The same callers: shared agents beat divided ones, for both queues alike; overflow lies between."""
    queues = [{"name": "a"}, {"name": "b"}]
    over: list[dict[str, Any]] = [
        {"name": q, "escalations": [{"name": "r", "after_s": 10, "also": o}]} for q, o in ("ab", "ba")
    ]

    def levels(scenario: Scenario) -> tuple[float, float]:
        tallies = plays(scenario, 15)
        hit, miss = ([total(tallies, queue, count) for queue in "ab"] for count in ("hit", "miss"))
        return hit[0] / (hit[0] + miss[0]), hit[1] / (hit[1] + miss[1])

    divided, shared = levels(two(queues, [["a"], ["b"]])), levels(two(queues, [["a", "b"], ["a", "b"]]))
    helped = levels(two(over, [["a"], ["b"]]))
    assert sum(divided) < sum(helped) < sum(shared)
    assert all(one < other for one, other in zip(divided, shared, strict=True))
    assert shared[0] == pytest.approx(shared[1], abs=0.05)


def test_where_all_ring_one_answers() -> None:
    queues: list[dict[str, Any]] = [{"name": "a", "strategy": "ring_all"}, {"name": "b", "strategy": "ring_all"}]
    scenario = two(queues, [["a", "b"], ["a", "b"]])
    slow = [group.model_copy(update={"answer_s": 4.0}) for group in scenario.groups]
    for tally in plays(scenario.model_copy(update={"groups": slow}), 3):
        rows = [row for rows in tally.queues.values() for row in rows]
        assert all(row.offered == row.answered + row.abandoned + row.turned_away for row in rows)
        assert min(wait for row in rows for wait in row.waits) == 40, "four seconds of ringing"


def test_moved_callers_are_overflowed_there_and_offered_here() -> None:
    moves: dict[str, Any] = {"name": "a", "escalations": [{"name": "r", "after_s": 15, "move": "b"}]}
    queues: list[dict[str, Any]] = [moves, {"name": "b"}]
    scenario = two(queues, [["a"], ["b"]])
    tallies = plays(scenario)
    moved = total(tallies, "a", "overflowed")
    came = sum(tally.calls for tally in tallies)
    assert moved > 0
    assert total(tallies, "a", "offered") + total(tallies, "b", "offered") == came + moved


def test_agents_with_the_skill_serve_it() -> None:
    queues = [{"name": "a", "needs": "英语 >= 3"}, {"name": "b"}]
    groups: list[dict[str, Any]] = [
        {"name": "can", "agents": [3], "skills": [{"skill": "英语", "level": 5}]},
        {"name": "little", "agents": [3], "queues": ["b"], "skills": [{"skill": "英语", "level": 1}]},
    ]
    scenario = two([{"name": "a"}, {"name": "b"}], [["a"], ["b"]])
    plain = scenario.model_dump() | {"queues": queues, "groups": groups}
    for tally in plays(Scenario.model_validate(plain), 3):
        handled = {name: sum(row.handled for row in rows) for name, rows in tally.groups.items()}
        answered = {name: sum(row.answered for row in rows) for name, rows in tally.queues.items()}
        assert 0 <= answered["a"] - handled["can"] <= 3, "but for those answered after the end of the day"
        assert 0 <= answered["b"] - handled["little"] <= 3


@pytest.mark.parametrize("distribution", ["exponential", "lognormal", "gamma", "constant"])
def test_a_spread_has_its_mean_and_deviation(
    distribution: Literal["exponential", "lognormal", "gamma", "constant"],
) -> None:
    spread, rng = Spread(distribution=distribution, mean_s=100, cv=0.5), random.Random(1)
    values = [draw(spread, rng) / SECOND for _ in range(20_000)]
    mean = sum(values) / len(values)
    deviation = (sum((value - mean) ** 2 for value in values) / len(values)) ** 0.5
    wanted = {"exponential": 100, "constant": 0}.get(distribution, 50)
    assert mean == pytest.approx(100, rel=0.03)
    assert deviation == pytest.approx(wanted, rel=0.05)


# -- telling -------------------------------------------------------------------------------------------------------


def test_more_are_played_until_the_service_level_is_known() -> None:
    rough, exact = (simulate(small(precision={"most": 40, "half_width": width})) for width in (0.9, 0.001))
    assert (rough.replications, rough.reached) == (30, True)
    assert (exact.replications, exact.reached) == (40, False)


def test_the_page_is_well_formed_bilingual_and_needs_nothing_else() -> None:
    outcome = simulate(read_scenario(SCENARIOS / "two-queues.yaml").model_copy(update={"name": "<b> & “so”"}))
    text = page(outcome)
    root = ET.fromstring(text)
    assert len(root.findall(".//svg")) == 3 * 2 + 2 * 3
    assert not re.search(r"https?:|url\(|@import|src=|href=", text)
    assert root.find(".//script") is None
    assert "prefers-color-scheme: dark" in text
    words = {language: [e.text for e in root.iter("span") if e.get("lang") == language] for language in ("zh", "en")}
    assert len(words["zh"]) == len(words["en"]) > 20
    assert "服务水平" in words["zh"] and "Service level" in words["en"]
    assert set(WORDS) >= {*outcome.total.day, *outcome.groups[0].day, *outcome.contacts}
    for figure in ("nan", "inf"):
        assert f">{figure}" not in text


def test_an_interval_without_callers_has_no_service_level() -> None:
    outcome = simulate(changed(calls=[30, 0]))
    empty = outcome.queues[0].intervals[1]
    assert empty["service_level"] is None and empty["asa"] is None and empty["wait_p90"] is None
    assert as_dict(outcome)["queues"][0]["intervals"][1]["service_level"] is None
    ET.fromstring(page(outcome))


def test_the_command_tells_progress_prints_json_and_writes_the_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    html, out, told = tmp_path / "page.html", io.StringIO(), io.StringIO()
    assert command.run(SCENARIOS / "two-queues.yaml", html, 1, out, told) == 0
    found = json.loads(out.getvalue())
    assert found["replications"] >= 30 and found["queues"][0]["day"]["service_level"]["half_width"] <= 0.02
    assert "30 replications, service level ±" in told.getvalue()
    assert html.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    with pytest.raises(YingdaError, match="cannot be written"):
        command.run(SCENARIOS / "two-queues.yaml", tmp_path / "none" / "page.html", 1, out, told)
    assert main(["simulate", str(tmp_path / "none.yaml")]) == 2
    assert "the file cannot be read" in capsys.readouterr().err
