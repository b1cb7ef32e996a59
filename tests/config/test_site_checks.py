"""Sister centres and the rules that send callers there: mistakes are refused at saving, each with its line."""

from __future__ import annotations

import pytest

from yingda.kernel.config.problems import CentreError
from yingda.kernel.config.yaml_file import parse_centre
from yingda.routing.document import rules_of

GOOD = """\
centre: {name: Demo, sites: {every_s: 3, stale_s: 9, token_env: OUR_TOKEN}}
sites:
  - name: north
    url: https://north.example:8443
    token_env: NORTH_TOKEN
    queues: [{queue: sales, there: orders, number: "0101"}]
  - {name: south, url: "http://10.0.0.2", token_env: SOUTH_TOKEN, queues: [{queue: care, number: "0202"}]}
queues:
  - name: sales
    escalations:
      - {name: sister, after_s: 20, overflow: {then: site, sooner_s: 45}}
  - name: care
    escalations:
      - {name: south, after_s: 20, overflow: {then: site, sites: [south]}}
"""


def test_a_right_document_becomes_rules() -> None:
    rules = rules_of(parse_centre(GOOD.encode()), version=1)
    sales, care = rules.queues["sales"].escalations[0], rules.queues["care"].escalations[0]
    assert (sales.overflow, sales.sites, sales.sooner_s) == (True, ("north",), 45)
    assert (care.sites, care.sooner_s) == (("south",), 30)
    assert rules.stale_s == 9


@pytest.mark.parametrize(
    ("good", "bad", "line", "says"),
    [
        ("queue: sales, there", "queue: sails, there", 6, "site north: there is no queue sails"),
        ("{queue: care, number", "{queue: care, number: '1'}, {queue: care, number", 7, "care is given twice"),
        ("sites: [south]}", "sites: [west]}", 14, "there is no site west"),
        ("sites: [south]}", "sites: [north]}", 14, "the site north has no line for this queue"),
        ("{queue: sales, there: orders, ", "{queue: care, ", 11, "no site has a line for this queue"),
        ("then: site, sooner_s: 45", "then: message, sites: [north]", 11, "give `sites` with `then: site` only"),
        ("name: south, url", "name: north, url", 7, "site north is there twice"),
        ("https://north.example:8443", "north.example", 4, "url"),
        ("NORTH_TOKEN", "s3cr-t", 5, "token_env"),
    ],
)
def test_mistakes_are_told_with_their_line(good: str, bad: str, line: int, says: str) -> None:
    assert good in GOOD
    with pytest.raises(CentreError) as refusal:
        parse_centre(GOOD.replace(good, bad, 1).encode())
    assert any(problem.line == line and says in problem.sentence for problem in refusal.value.problems), str(
        refusal.value
    )
