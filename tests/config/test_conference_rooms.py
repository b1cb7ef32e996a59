"""What must hold of conference rooms, the numbers that lead there, and noise removal; PINs stay out of the ledger."""

from __future__ import annotations

from typing import Any

import pytest
from tests.calls.driver import CENTRE

from yingda.kernel.config.centre import Centre
from yingda.kernel.config.checks import check
from yingda.kernel.config.compare import changed_events, compare
from yingda.kernel.config.problems import Problem


def document(room: dict[str, Any], number: dict[str, Any]) -> dict[str, Any]:
    found = CENTRE.model_dump()
    found["rooms"] = [{"name": "weekly", **room}]
    found["numbers"].append({"number": "8800", **number})
    return found


def sentences(problems: list[Problem]) -> list[str]:
    return [problem.sentence for problem in problems]


@pytest.mark.parametrize(
    ("room", "number", "said"),
    [
        ({}, {"room": "weekly"}, ""),
        ({}, {}, "give either `flow` or `room`"),
        ({}, {"room": "weekly", "flow": "main"}, "give either `flow` or `room`"),
        ({}, {"room": "daily"}, "there is no room daily"),
        ({}, {"room": "weekly", "ring_s": 5}, "are for numbers that lead to a flow"),
        ({"pin": "2468", "host_pin": "2468"}, {"room": "weekly"}, "must differ"),
        ({"waits_for_host": True}, {"room": "weekly"}, "nobody could be its host"),
        ({"hosts": ["1009"]}, {"room": "weekly"}, "there is no agent 1009"),
    ],
)
def test_each_mistake_is_named(room: dict[str, Any], number: dict[str, Any], said: str) -> None:
    found = sentences(check(document(room, number)))
    assert len(found) == bool(said) and all(said in sentence for sentence in found)


def test_wav_is_never_changed() -> None:
    centre = document({}, {"room": "weekly"})
    centre["centre"]["recordings"] |= {"reduce_noise": True}
    assert ["WAV stays as it was recorded" in sentence for sentence in sentences(check(centre))] == [True]
    centre["centre"]["recordings"] |= {"format": "opus"}
    assert check(centre) == []


def test_a_pin_stands_in_no_event() -> None:
    centre = Centre.model_validate(document({"pin": "24680135"}, {"room": "weekly"}))
    (event,) = [
        one
        for one in changed_events(compare(CENTRE, centre), 2, "user:u1", 1, lambda _, value: value)
        if one.data["entity"] == "room"
    ]
    assert event.data["after"]["pin"] is True and "24680135" not in str(event)
