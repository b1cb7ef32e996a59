"""Mistakes of mobiles are refused when the centre is saved, each with its line or its place."""

from __future__ import annotations

import pytest

from yingda.calls.trunks.mobiles import admit_mobiles
from yingda.kernel.config.problems import CentreError
from yingda.kernel.config.yaml_file import parse_centre

GOOD = """\
centre: {name: Demo}
trunks: [{name: line, hosts: [192.0.2.1]}]
routes: [{name: mobiles, prefixes: ["139", "0044"], via: [line]}]
queues: [{name: sales}]
flows: [{name: main, queue: sales}]
numbers: [{number: "13900009999", flow: main}]
users: [{username: ann, display_name: Ann}, {username: bob, display_name: Bob}]
agents:
  - number: "1"
    user: ann
    queues: [sales]
    devices:
      - {kind: mobile, extension: "8201", number: "13900001111"}
  - number: "2"
    user: bob
    devices:
      - {kind: mobile, extension: "8202", number: "13900002222", asks_key: false}
      - {kind: sip, extension: "8102"}
"""


def test_a_right_document_is_taken() -> None:
    centre = parse_centre(GOOD.encode())
    ann, bob = (agent.devices[0] for agent in centre.agents)
    assert (ann.number, ann.asks_key, bob.asks_key) == ("13900001111", True, False)
    admit_mobiles(centre)


@pytest.mark.parametrize(
    ("good", "bad", "line", "says"),
    [
        (', number: "13900001111"', "", 13, "a mobile needs the `number` it is rung at"),
        ('"13900001111"', '"+86 139"', 13, "number"),
        ('"13900002222"', '"+8613900001111"', 17, "is there twice; first in agent 1"),
        ('"13900001111"', '"13900009999"', 13, "is a number of the centre itself"),
        ('"13900001111"}', '"13900001111", nailed: true}', 13, "has no `nailed`"),
        ('"13900001111"}', '"13900001111", password_env: PHONE}', 13, "has no `password_env`"),
        (
            '{kind: sip, extension: "8102"}',
            '{kind: sip, extension: "8102", number: "1"}',
            18,
            "only a device of kind mobile",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line(good: str, bad: str, line: int, says: str) -> None:
    with pytest.raises(CentreError) as refused:
        parse_centre(GOOD.replace(good, bad).encode())
    assert any(problem.line == line and says in problem.sentence for problem in refused.value.problems), str(
        refused.value
    )


@pytest.mark.parametrize(
    ("number", "says"),
    [("13700001111", "No trunk takes calls to this number."), ("00442079460000", "may not dial international numbers")],
)
def test_a_number_that_may_not_be_dialled_is_refused(number: str, says: str) -> None:
    centre = parse_centre(GOOD.replace("13900001111", number).encode())
    with pytest.raises(CentreError, match=r"agent 1: .*cannot be rung") as refused:
        admit_mobiles(centre, "centre.yaml")
    assert says in str(refused.value)
    assert refused.value.problems[0].path == ("agents", 0, "devices", 0, "number")
