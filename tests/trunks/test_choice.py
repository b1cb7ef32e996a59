"""Which way a number takes, in which form it goes, who may dial it, and who is shown."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import pytest

from tests.trunks.carriers import LOCAL, Exchange, group, replies, trunk
from yingda.calls.effects import InviteNumber
from yingda.calls.trunks.dialled import request_uri
from yingda.calls.trunks.identity import shown
from yingda.calls.trunks.numbers import category, cleaned, in_form
from yingda.calls.trunks.plan import OutwardPlan
from yingda.kernel.config.centre import Centre
from yingda.kernel.config.trunks import DigitRule, NumberForm, Trunk
from yingda.kernel.errors import YingdaError
from yingda.sip.resolving import Place


def plan(**parts: Any) -> OutwardPlan:
    document: dict[str, Any] = {"centre": {"name": "c", "main_number": "01055501000"}, **parts}
    for kind in ("trunks", "agents"):
        for part in document.get(kind, []):
            part["id"] = part.get("name") or part.get("number")
    return OutwardPlan(Centre.model_validate(document))


TRUNKS = [trunk(name, f"192.0.2.{n}") for n, name in enumerate("abcd", 1)]
ROUTED = {
    "trunk_groups": [group("shared", ("a", 10, 75), ("b", 10, 25), ("c", 20, 0))],
    "routes": [
        {"name": "abroad", "prefixes": ["00", "+"], "via": ["d"]},
        {"name": "home in full", "prefixes": ["+86"], "via": ["shared"]},
        {"name": "mobiles", "patterns": ["1[3-9]XXXXXXXXX"], "via": ["b", "shared"]},
        {"name": "our own", "prefixes": ["138000"], "via": ["c"]},
        {"name": "rest", "via": ["shared", "d"]},
    ],
}


@pytest.mark.parametrize(
    ("number", "ways"),
    [
        ("00442079460000", ["d"]),
        ("+442079460000", ["d"]),
        ("13911112222", ["b", "a", "c"]),
        ("+8613911112222", ["b", "a", "c"]),
        ("+861085001234", ["a", "b", "c"]),
        ("13800001111", ["c"]),
        ("01085001234", ["a", "b", "c"]),
        ("8001", ["a", "b", "c", "d"]),
    ],
)
def test_the_route_that_fits_most_exactly_counts(number: str, ways: list[str]) -> None:
    found = plan(trunks=TRUNKS, **ROUTED).ways(number, lambda _: 1)
    assert [one.name for one in found] == ways


def test_shares_and_standby() -> None:
    draw = Random(1)
    chosen = Counter(
        tuple(one.name for one in plan(trunks=TRUNKS, **ROUTED).ways("8001", lambda most: draw.randint(0, most)))
        for _ in range(400)
    )
    assert set(chosen) == {("a", "b", "c", "d"), ("b", "a", "c", "d")}
    assert 260 < chosen["a", "b", "c", "d"] < 340


def test_without_routes_every_trunk_that_can_be_called_is_a_way() -> None:
    found = plan(trunks=[*TRUNKS, trunk("pbx", "10.0.0.0/8"), trunk("none")]).ways("8001", lambda _: 0)
    assert [one.name for one in found] == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("110", "emergency"),
        ("95588", "short"),
        ("12590", "other"),
        ("13800001111", "mobile"),
        ("01085001234", "national"),
        ("8008101234", "toll_free"),
        ("4008001000", "shared_cost"),
        ("16812345", "premium"),
        ("00442079460000", "international"),
        ("+999", "international"),
        ("8001", "other"),
    ],
)
def test_what_kind_of_number_it_is(number: str, kind: str) -> None:
    assert category(number, "CN") == kind


@pytest.mark.parametrize(
    ("form", "home", "abroad", "short"),
    [
        ("as_dialled", "01085001234", "+442079460000", "95588"),
        ("national", "01085001234", "00442079460000", "95588"),
        ("e164", "861085001234", "442079460000", "95588"),
        ("plus_e164", "+861085001234", "+442079460000", "95588"),
        ("zero_zero", "00861085001234", "00442079460000", "95588"),
    ],
)
def test_forms_of_a_number(form: NumberForm, home: str, abroad: str, short: str) -> None:
    assert [in_form(n, form, "CN") for n in ("01085001234", "+442079460000", "95588")] == [home, abroad, short]


def test_a_number_as_people_write_it() -> None:
    assert cleaned(" +86 (10) 8500-1234 ") == "+861085001234" and cleaned("*62#") == "*62#"
    for odd in ("", "abc", "1;drop", "sip:1@x", "1" * 30, "+"):
        with pytest.raises(YingdaError) as refusal:
            cleaned(odd)
        assert refusal.value.code == "number_unreadable"


CLASSES = {
    "service_classes": [
        {"name": "open", "forbids": []},
        {"name": "local", "forbids": ["mobile", "international", "premium"], "allows_prefixes": ["+4420"]},
        {"name": "not there", "forbids": [], "forbids_prefixes": ["010850"]},
    ],
    "teams": [{"name": "team", "service_class": "local"}],
    "users": [{"username": f"u{n}", "display_name": "x"} for n in range(4)],
    "agents": [
        {"number": "0", "user": "u0"},
        {"number": "1", "user": "u1", "service_class": "open", "direct_number": "01055501001"},
        {"number": "2", "user": "u2", "team": "team"},
        {"number": "3", "user": "u3", "service_class": "not there", "team": "team"},
    ],
}


@pytest.mark.parametrize(
    ("agent", "number", "allowed"),
    [
        ("0", "13800001111", True),
        ("0", "00442079460000", False),
        ("0", "16812345", False),
        ("0", "110", True),
        ("1", "+442079460000", True),
        ("2", "13800001111", False),
        ("2", "00442079460000", True),
        ("2", "00491234567", False),
        ("3", "+86 10 8500 1234", False),
        ("3", "01011112222", True),
        (None, "+442079460000", False),
    ],
)
def test_who_may_dial_what(agent: str | None, number: str, allowed: bool) -> None:
    by_class = plan(trunks=TRUNKS, **CLASSES)
    if allowed:
        assert by_class.admit(number, agent) == cleaned(number)
        return
    with pytest.raises(YingdaError) as refusal:
        by_class.admit(number, agent)
    assert refusal.value.code == "number_forbidden" and refusal.value.sentence.startswith("This desk may not dial ")


def test_a_code_that_chooses_a_line_opens_no_other_way() -> None:
    line = trunk("a", "192.0.2.1", dial_rules=[{"starts": "*7", "strip": 2}])
    by_hand = plan(trunks=[line], routes=[{"name": "line 7", "prefixes": ["*7"], "via": ["a"]}])
    assert by_hand.admit("*713800001111") == "*713800001111"
    with pytest.raises(YingdaError, match="international"):
        by_hand.admit("*700442079460000")


def test_a_number_that_no_trunk_takes_is_refused() -> None:
    routes = {"routes": [{"name": "abroad", "prefixes": ["+"], "via": ["a"]}]}
    with pytest.raises(YingdaError) as refusal:
        plan(trunks=TRUNKS, **routes).admit("8001")
    assert refusal.value.code == "no_route"


def test_digits_and_address_as_the_carrier_wants_them() -> None:
    one = Trunk(name="a", hosts=["srv:example.com"], dial_form="zero_zero", dial_rules=[
        DigitRule(starts="0086", strip=4, prefix="0"), DigitRule(starts="00", prefix="9"),
    ])  # fmt: skip
    served, literal = Place("tls", ("192.0.2.1", 5061), "example.com"), Place("udp", ("192.0.2.1", 5070))
    assert request_uri("01085001234", one, served, "CN") == "sip:01085001234@example.com;transport=tls"
    assert request_uri("+442079460000", one, literal, "CN") == "sip:900442079460000@192.0.2.1:5070"
    assert request_uri("*62#", one, literal, "CN") == "sip:*62%23@192.0.2.1:5070"
    named = Trunk(name="b", hosts=["sip.example.com"], domain="ims.example.com")
    assert request_uri("8001", named, served, "CN") == "sip:8001@ims.example.com;transport=tls"


CALL = InviteNumber("leg", "13800001111", LOCAL, "01055501001", "Sales", "13911112222")


@pytest.mark.parametrize(
    ("told", "caller", "headers"),
    [
        ({}, '"Sales" <sip:01055501001@d>', {"P-Asserted-Identity": '"Sales" <sip:01055501001@d>'}),
        ({"presents": "main", "identity": "none"}, '"Sales" <sip:01055501000@d>', {}),
        ({"presents": "main", "main_number": "4008001000", "identity": "none", "domain": "c.net"},
         '"Sales" <sip:4008001000@c.net>', {}),
        ({"presents": "customer"}, '"Sales" <sip:13911112222@d>',
         {"P-Asserted-Identity": '"Sales" <sip:01055501000@d>',
          "Diversion": "<sip:01055501000@d>;reason=unconditional;counter=1"}),
        ({"presents": "customer", "diversion": False, "identity": "none", "dial_form": "plus_e164"},
         '"Sales" <sip:+8613911112222@d>', {}),
        ({"presents": "withheld", "identity": "both"}, '"Anonymous" <sip:anonymous@anonymous.invalid>',
         {"Privacy": "id", "P-Asserted-Identity": "<sip:01055501000@d>",
          "Remote-Party-ID": "<sip:01055501000@d>;party=calling;screen=yes;privacy=full"}),
    ],
)  # fmt: skip
def test_who_is_shown(told: dict[str, Any], caller: str, headers: dict[str, str]) -> None:
    one = plan(trunks=[trunk("a", "192.0.2.1", **told)])
    seen = shown(CALL, one.trunks["a"], one, "d")
    assert (str(seen.caller), seen.headers) == (caller, headers)


def test_what_is_shown_stands_on_the_wire() -> None:
    exchange = Exchange({"192.0.2.1:5060": replies(200)}, trunks=[trunk("a", "192.0.2.1", presents="withheld")])
    exchange.dial(caller="4008001000")
    _, invite = exchange.requests()[0]
    assert invite.get("Privacy") == "id" and "anonymous.invalid" in invite.get("From")
    assert invite.get("P-Asserted-Identity") == "<sip:4008001000@test.example>"
    assert invite.get("Contact") == "<sip:4008001000@192.0.2.10:5060>"
