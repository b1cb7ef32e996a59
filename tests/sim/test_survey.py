"""The command, the watch's voice, and the odds and ends of a world."""

from __future__ import annotations

import json

import pytest

from yingda.sim import survey
from yingda.sim.__main__ import main
from yingda.sim.faults import DoubleOffer
from yingda.sim.hazards import Hazards
from yingda.sim.ledger import WorldBooks
from yingda.sim.small import small


def test_the_command_prints_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--worlds", "small", "--seeds", "0-20"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["worlds"], told["broken"]) == (20, None)
    assert told["steps"] > 200 and told["seconds"] > 0 and told["hazards"]


def test_a_broken_world_ends_with_its_seed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(survey.MAKERS, "small", lambda seed, _, books: small(seed, DoubleOffer, books))
    assert main(["--seeds", "0-20"]) == 1
    out, err = capsys.readouterr()
    broken = json.loads(out)["broken"]
    assert f"seed {broken}:" in err and "the last steps" in err


def test_processes_share_the_seeds_and_come_to_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "SHARE", 7)
    alone, shared = survey.survey("small", range(30)), survey.survey_split("small", range(30), 2)
    assert (shared.worlds, shared.steps, shared.events) == (alone.worlds, alone.steps, alone.events)
    assert shared.hazards == alone.hazards and shared.broken is None


def test_of_worlds_that_break_the_lowest_seed_is_told() -> None:
    tally = survey.Tally(worlds=1, broken=5, why="five")
    tally.add(survey.Tally(worlds=2, broken=3, why="three"))
    tally.add(survey.Tally(worlds=3, broken=9, why="nine"))
    assert (tally.worlds, tally.broken, tally.why) == (6, 3, "three")


@pytest.mark.parametrize("seeds", ["x", "1-", "-"])
def test_a_wrong_range_is_one_sentence(seeds: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([f"--seeds={seeds}"])
    assert ended.value.code == 2
    assert "neither a seed nor a range" in capsys.readouterr().err


def test_what_meets_at_one_instant_makes_a_pair() -> None:
    hazards = Hazards()
    hazards.touch("e", "hang_up", 5)
    hazards.touch("e", "answer", 5)
    hazards.touch("e", "sound", 6)
    hazards.touch("f", "answer", 6)
    assert hazards.counts == {"answer+hang_up": 1}


def test_a_seed_gives_the_same_world() -> None:
    assert small(3).run().events == small(3, books=WorldBooks()).run().events
