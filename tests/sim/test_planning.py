"""Scenarios: read with every mistake told, played the same for a seed, shown as figures and as a page."""

from __future__ import annotations

import io
import json
import random
from pathlib import Path
from typing import Any

import pytest
import yaml

from yingda.cli import main
from yingda.kernel.clock import SECOND
from yingda.kernel.errors import YingdaError
from yingda.sim.page import clock, page
from yingda.sim.planning import play, replicate
from yingda.sim.scenario import Spread, parse, read
from yingda.sim.simulate import simulate
from yingda.sim.statistics import estimate

TEMPLATE = Path(__file__).resolve().parents[2] / "templates" / "scenario.yaml"


def scenario(**changes: Any) -> dict[str, Any]:
    """Two intervals of half an hour, two queues, one of them with needs."""
    plain: dict[str, Any] = {
        "name": "small",
        "queues": [
            {
                "name": "a",
                "arrivals": [30, 20],
                "handle_s": {"mean": 120},
                "wrapup_s": {"mean": 20, "kind": "constant"},
                "patience_s": {"mean": 60},
                "redial": {"share": 1.0, "after_s": {"mean": 60}},
            },
            {"name": "b", "arrivals": [10, 0], "handle_s": {"mean": 60}, "needs": "english >= 3"},
        ],
        "groups": [
            {"name": "one", "staff": [2, 3], "queues": ["a"], "breaks": [{"after_s": 600, "length_s": 300}]},
            {"name": "two", "staff": [1, 1], "skills": {"english": {"level": 5}}},
        ],
        "most": 40,
    }
    return plain | changes


def test_the_template_can_be_read() -> None:
    assert read(TEMPLATE).intervals == 8


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        ({"queues": []}, "needs queues and groups"),
        ({"begin": "25:00"}, "begin must be like 08:00"),
        ({"half_width": 0}, "half_width"),
        ({"warm_up": 2}, "warm_up"),
        ({"replications": 1}, "replications"),
        ({"colour": "blue"}, "unknown field `colour`"),
        ({"groups": [{"name": "one", "staff": [2], "queues": ["a"]}]}, "staff must have 2 numbers"),
        ({"groups": [{"name": "one", "staff": [2, 2], "queues": ["a", "c"]}]}, "there is no queue c"),
        ({"groups": [{"name": "one", "staff": [2, 2], "queues": ["b"]}]}, "queue a: no group serves it"),
        ({"queues": [{"name": "a", "arrivals": [1, 1], "handle_s": {"mean": 0}}]}, "handle_s must be above 0"),
        ({"queues": [{"name": "a", "arrivals": [1, 1], "handle_s": {"mean": 9}, "needs": "x y"}]}, "at character 3"),
        ({"queues": [{"name": "a", "arrivals": ["x"], "handle_s": {"mean": 9}}]}, "Expected `float`"),
    ],
)
def test_a_mistake_is_told_with_its_place(spoil: dict[str, Any], says: str) -> None:
    with pytest.raises(YingdaError) as refusal:
        parse(scenario(**spoil))
    assert refusal.value.code == "bad_scenario"
    assert says in refusal.value.sentence


def test_a_file_that_is_no_yaml_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "s.yaml"
    file.write_text("a: [", encoding="utf-8")
    assert main(["simulate", str(file)]) == 2
    assert "s.yaml:1: this is not YAML" in capsys.readouterr().err
    assert main(["simulate", str(tmp_path / "none.yaml")]) == 2


def test_everybody_is_accounted_for_and_redials_are_calls_of_their_own() -> None:
    run = replicate(parse(scenario()), 3)
    assert all(fate.outcome != "waiting" for fate in run.fates.values())
    again = [entry for entry in run.fates if entry.endswith("-again")]
    gave_up = [entry for entry, fate in run.fates.items() if fate.outcome == "abandoned" and not fate.retry]
    assert len(again) == len(gave_up) > 0
    assert {agent.split()[0] for agent, _, _ in run.staffed} == {"one", "two"}
    assert run.away and all(end > begin for _, begin, end in run.away)
    assert replicate(parse(scenario()), 3).fates == run.fates


def test_the_outcome_has_intervals_of_confidence_and_a_page() -> None:
    outcome = play(parse(scenario()))
    assert 30 <= outcome.replications <= 40
    level = outcome.queues["a"]["service_level"]
    assert level is not None and 0 < level.mean < 1 and level.half_width > 0
    assert outcome.intervals["b"][1]["asa_s"] is None, "nobody calls there: that is no zero"
    busy = outcome.occupancy_all["one"]
    assert busy is not None and 0.3 < busy.mean <= 1
    shown = page(outcome)
    assert shown.count("<svg") == 6 and "http" not in shown and "<script" not in shown
    json.dumps(outcome.as_dict())


def test_more_are_played_until_the_service_level_is_known_well_enough() -> None:
    assert play(parse(scenario(half_width=0.9))).replications == 30
    assert play(parse(scenario(half_width=0.001))).replications == 40, "or as many as are allowed"


def test_the_command_tells_progress_and_writes_both(tmp_path: Path) -> None:
    file, html, out, told = tmp_path / "s.yaml", tmp_path / "s.html", io.StringIO(), io.StringIO()
    file.write_text(yaml.safe_dump(scenario(name="<b>")), encoding="utf-8")
    simulate(file, html, out, told)
    assert json.loads(out.getvalue())["replications"] >= 30
    assert "30 replications, service level ±" in told.getvalue()
    assert "&lt;b&gt;" in html.read_text(encoding="utf-8")
    with pytest.raises(YingdaError, match="cannot be written"):
        simulate(file, tmp_path / "none" / "s.html", io.StringIO(), io.StringIO())


@pytest.mark.parametrize("kind", ["exponential", "lognormal", "constant", "uniform"])
def test_a_spread_has_its_mean(kind: Any) -> None:
    rng = random.Random(1)
    values = [Spread(100, kind, 0.5).draw(rng) / SECOND for _ in range(4_000)]
    assert sum(values) / len(values) == pytest.approx(100, rel=0.06)


def test_odds_and_ends() -> None:
    assert clock("23:45", 1_800) == "00:15"
    assert estimate([None, 1.0]) is None
