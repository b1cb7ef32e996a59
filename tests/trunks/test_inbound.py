"""Calls that come in by trunks: whose they are, who calls whom, and what one too many is told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.calls.driver import CENTRE
from tests.sip.test_endpoint import replies, with_credentials
from tests.sip.wire import wire
from tests.sip.world import SDP
from tests.trunks.carriers import Exchange, trunk
from yingda.calls.doorman import Doorman
from yingda.calls.effects import RefuseCall
from yingda.calls.numbering import NumberPlan
from yingda.calls.trunks.secrets import TrunkSecrets
from yingda.kernel.config.centre import Centre
from yingda.kernel.ids import seeded_ids
from yingda.sip import message
from yingda.sip.core import EndpointConfig
from yingda.sip.endpoint import Endpoint
from yingda.sip.events import InviteReceived, Send
from yingda.sip.flow import Flow

INVITE = """
INVITE sip:{called}@192.0.2.10 SIP/2.0
Via: SIP/2.0/UDP {host}:5060;branch=z9hG4bK-{number};rport
Max-Forwards: 70
From: <sip:{caller}@{host}>;tag=c{number}
To: <sip:{called}@192.0.2.10>
Call-ID: call{number}
CSeq: 1 INVITE
Contact: <sip:{caller}@{host}>
"""


def invite(
    number: int = 1, host: str = "192.0.2.1", called: str = "4008001000", caller: str = "13800001111", more: str = "",
    port: int = 5060,
) -> tuple[bytes, Flow]:  # fmt: skip
    text = INVITE.format(number=number, host=host, called=called, caller=caller).rstrip("\n") + more
    flow = Flow("udp", ("192.0.2.10", 5060), (host, port))
    return wire(text + "\nContent-Type: application/sdp", SDP), flow


class Arrivals(Exchange):
    """Calls come in; what the switch made of each is in its table. refused: codes of those it did not take."""

    def arrive(self, *args: Any, **told: Any) -> list[int]:
        data, flow = invite(*args, **told)
        self.refused_with: list[int] = []
        for effect in self.endpoint.receive(data, flow, self.now):
            if isinstance(effect, InviteReceived):
                done, _ = self.signalling.heard(effect, self.now)
                self.refused_with += [one.code for one in done if isinstance(one, RefuseCall)]
                self.carry(done)
            elif isinstance(effect, Send):
                reply = message.parse(effect.data)
                assert isinstance(reply, message.Response)
                self.refused_with += [reply.code] if reply.code >= 300 else []
        return self.refused_with

    def calls(self) -> list[tuple[str, str | None]]:
        return [(call.called, call.caller) for call in self.switch.table.calls.values()]


RULES = {
    "called_rules": [{"starts": "0104008", "strip": 3}],
    "caller_rules": [{"starts": "0086", "strip": 4}, {"starts": "10", "prefix": "0"}],
}


@pytest.mark.parametrize(
    ("called", "caller", "seen"),
    [
        ("4008001000", "13800001111", "+8613800001111"),
        ("0104008001000", "008613800001111", "+8613800001111"),
        ("4008001000", "1085001234", "+861085001234"),
        ("+864008001000", "95588", "95588"),
    ],
)
def test_numbers_are_made_ours(called: str, caller: str, seen: str) -> None:
    house = Arrivals({}, trunks=[trunk("a", "192.0.2.1", **RULES)])
    assert house.arrive(called=called, caller=caller) == [] and house.calls() == [("4008001000", seen)]


def test_the_number_first_dialled_is_kept_for_the_contact() -> None:
    house = Arrivals({}, trunks=[trunk("a", "192.0.2.1")])
    house.arrive(more="\nDiversion: <sip:01085001234@a>;reason=no-answer")
    (started,) = [event for event in house.events if event.kind == "interaction.started"]
    assert started.data["dialled"] == "4008001000" and started.data["original_ref"] == "ref:+861085001234"


@pytest.mark.parametrize(("port", "name"), [(5070, "a"), (5080, "b"), (5099, "b")])
def test_of_trunks_at_one_address_the_port_tells(port: int, name: str) -> None:
    house = Arrivals({}, trunks=[trunk("a", "192.0.2.1:5070"), trunk("b", "192.0.2.1", port=5080)])
    assert house.arrive(port=port) == []
    assert [event.data["trunk_id"] for event in house.events if event.kind == "interaction.started"] == [name]


@pytest.mark.parametrize(
    ("host", "name"), [("10.1.2.3", "wide"), ("10.1.9.9", "narrow"), ("192.0.2.1", "one"), ("203.0.113.1", None)]
)
def test_the_smallest_network_that_holds_an_address_counts(host: str, name: str | None) -> None:
    trunks = [trunk("wide", "10.0.0.0/8"), trunk("narrow", "10.1.9.0/24"), trunk("one", "192.0.2.1")]
    house = Arrivals({}, trunks=trunks)
    refused = house.arrive(host=host)
    assert refused == ([] if name else [401])
    assert [event.data["trunk_id"] for event in house.events if event.kind == "interaction.started"] == [name] * bool(
        name
    )


@pytest.mark.parametrize(("told", "code"), [({}, 503), ({"when_full": "busy"}, 486)])
@pytest.mark.parametrize("limit", [{"max_calls": 1}, {"max_inbound": 1}])
def test_one_call_too_many_is_told_so_and_written_down(told: dict[str, Any], code: int, limit: dict[str, int]) -> None:
    house = Arrivals({}, trunks=[trunk("a", "192.0.2.1", **told, **limit)])
    assert house.arrive(1) == [] and house.arrive(2) == [code]
    assert house.refused() == [("a", "limit")] and house.in_use("a") == (1, 0)


def test_a_name_shows_whose_address_it_is() -> None:
    house = Arrivals({}, trunks=[trunk("a", "sip.carrier.example")])
    assert house.arrive() == [401]
    (question,) = house.signalling.lookout.questions(house.now)
    house.carry(house.signalling.lookout.name_answered(question, ["192.0.2.1"], 60, house.now))
    assert house.arrive(2) == [] and house.in_use("a") == (1, 0)


def test_a_trunk_that_has_to_prove_itself_does_so_from_anywhere() -> None:
    parts = {"id": "pbx", "name": "pbx", "hosts": ["192.0.2.1"], "username": "pbx", "authenticates": True}
    centre = Centre.model_validate(CENTRE.model_dump() | {"trunks": [parts]})
    secrets, plan = TrunkSecrets(centre, {"pbx": "secret"}, "test"), NumberPlan(centre, 1)
    config = EndpointConfig(
        realm="test", lookup=secrets.lookup, trunk_of=secrets.trunk_of, authorise=Doorman(lambda: plan, frozenset)
    )
    endpoint = Endpoint(config, seeded_ids(3), b"s")
    for number, host in enumerate(("192.0.2.1", "203.0.113.9")):
        data, flow = invite(number, host)
        (challenge,) = [one for one in replies(endpoint.receive(data, flow, 1_000)) if one.code == 401]
        proved = endpoint.receive(with_credentials(data, challenge, "pbx", "secret"), flow, 2_000)
        (arrived,) = [effect for effect in proved if isinstance(effect, InviteReceived)]
        assert (arrived.trunk, arrived.username) == ("pbx", None)
