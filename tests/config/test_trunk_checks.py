"""Mistakes of trunks, groups, routes and service classes are refused when the centre is saved, each with its line."""

from __future__ import annotations

import pytest

from yingda.kernel.config.dial_patterns import compiled
from yingda.kernel.config.problems import CentreError
from yingda.kernel.config.yaml_file import parse_centre

GOOD = """\
centre: {name: Demo, service_class: domestic}
service_classes: [{name: domestic, forbids: [premium, international]}]
trunks:
  - {name: main, hosts: [192.0.2.1, 'srv:sip.example.com'], max_calls: 30, max_outbound: 20}
  - name: account
    hosts: [sip.example.net]
    username: "01055501000"
    password_env: CARRIER
    registers: yes
    authenticates: yes
    dial_rules: [{starts: "0086", strip: 4, prefix: "0"}]
  - {name: pbx, hosts: [192.168.0.0/16]}
trunk_groups:
  - {name: both, members: [{trunk: main, priority: 1}, {trunk: account, priority: 2}]}
routes:
  - {name: abroad, prefixes: ["00", "+"], via: [account]}
  - {name: mobiles, patterns: ["1[3-9]XXXXXXXXX"], via: [both, account]}
  - {name: rest, via: [both]}
agents: [{number: "1", user: ann, devices: [{kind: sip, extension: "8001"}], service_class: domestic}]
users: [{username: ann, display_name: Ann}]
"""


def test_a_right_document_is_taken() -> None:
    centre = parse_centre(GOOD.encode())
    assert centre.routes[1].via == ["both", "account"] and centre.trunks[1].registers
    assert centre.trunk_groups[0].members[1].weight == 10


@pytest.mark.parametrize(
    ("good", "bad", "line", "says"),
    [
        ("'srv:sip.example.com'", "'192.0.2.9:70000'", 4, "neither an address, a network nor a host name"),
        ("'srv:sip.example.com'", "'srv:-x'", 4, "neither an address, a network nor a host name"),
        ("max_outbound: 20", "max_outbound: 31", 4, "`max_outbound` is above `max_calls`, which is 30"),
        ("    password_env: CARRIER\n", "", 8, "with `registers` it needs `username` and `password_env`"),
        ('    username: "01055501000"\n', "", 7, "a password needs a `username` too"),
        ("hosts: [sip.example.net]", "hosts: [10.0.0.0/8]", 9, "`hosts` that are no networks"),
        ("password_env: CARRIER", "password_env: s3cret!", 8, "must name an environment variable"),
        ('"01055501000"', '"8001"', 7, "8001 is the extension of a device"),
        ("{starts:", "{start:", 11, "did you mean `starts`"),
        ("name: both, members", "name: pbx, members", 14, "a trunk has this name"),
        ("{trunk: account, priority: 2}", "{trunk: main}", 14, "the trunk main is given twice"),
        ("{trunk: account, priority: 2}", "{trunk: nobody}", 14, "there is no trunk nobody"),
        ("members: [{trunk: main, priority: 1}, {trunk: account, priority: 2}]", "members: []", 14, "at least one"),
        ("via: [account]", "via: [nobody]", 16, "there is no trunk or trunk group nobody"),
        ("via: [account]", "via: []", 16, "`via` needs at least one"),
        ('"1[3-9]XXXXXXXXX"', '"1[9-3]X"', 17, "is no pattern"),
        ('"1[3-9]XXXXXXXXX"', '"1?X"', 17, "is no pattern"),
        ("{name: rest, via", '{name: rest, prefixes: ["00"], via', 18, "00 is routed twice; first in route abroad"),
        ('prefixes: ["00", "+"], ', "", 18, "every number is routed twice"),
        ("service_class: domestic}\nservice", "service_class: none}\nservice", 1, "there is no service class none"),
        ('"8001"}], service_class: domestic', '"8001"}], service_class: none', 19, "there is no service_class none"),
    ],
)
def test_a_mistake_is_told_with_its_line(good: str, bad: str, line: int, says: str) -> None:
    assert good in GOOD
    with pytest.raises(CentreError) as refusal:
        parse_centre(GOOD.replace(good, bad, 1).encode())
    told = [problem for problem in refusal.value.problems if says in problem.sentence]
    assert told, refusal.value
    assert told[0].line == line


@pytest.mark.parametrize(
    ("pattern", "fits", "not_"),
    [
        ("1[3-9]X.", ["1380", "13801111"], ["1280", "138"]),
        ("ZXX", ["100", "999"], ["012", "10"]),
        ("+N.", ["+86", "+4420"], ["+1", "86"]),
        ("110", ["110"], ["1101", "11"]),
        ("*[2-57]#", ["*2#", "*7#"], ["*6#"]),
    ],
)
def test_what_a_pattern_fits(pattern: str, fits: list[str], not_: list[str]) -> None:
    found = compiled(pattern)
    assert found is not None
    assert [number for number in fits + not_ if found.fits(number)] == fits


def test_a_digit_is_more_exact_than_a_set_and_a_set_than_anything() -> None:
    exact, loose, rest = compiled("138."), compiled("1[3-9]X."), compiled("1.")
    assert exact is not None and loose is not None and rest is not None
    assert exact.exactness > loose.exactness > rest.exactness
