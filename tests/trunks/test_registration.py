"""Registering with a carrier: to a registrar written down here, over a real endpoint and real signalling."""

from __future__ import annotations

from typing import Any

import pytest

from tests.trunks.carriers import Exchange, Reply, replies, silent, trunk
from yingda.calls.effects import AnswerCall, MediaRequest, RefuseCall
from yingda.sip import message
from yingda.sip.digest import ClientCredentials, DigestServer, Verdict, ha1
from yingda.sip.message import Request

A, B = "192.0.2.1:5060", "192.0.2.2:5060"
ACCOUNT = {"registers": True, "username": "account", "password_env": "X", "domain": "carrier.example"}


class Registrar:
    """Challenges every REGISTER; keeps the last Contact. fail: codes to answer first, once each."""

    def __init__(self, *fail: int, algorithm: str = "MD5", grants: int = 600, **headers: str) -> None:
        self.fail, self.grants, self.headers = list(fail), grants, headers
        self.digest = DigestServer(
            "carrier.example", b"k", lambda user, realm, name: ha1(user, realm, "secret", name), (algorithm,)
        )
        self.contact: str | None = None
        self.expires: list[int] = []
        self.now = 0

    def __call__(self, request: Request) -> list[bytes]:
        if request.method != "REGISTER":
            return replies(200)(request)
        if self.fail:
            return [self._reply(request, self.fail.pop(0))]
        checked = self.digest.check(request, self.now)
        if checked.verdict is not Verdict.GOOD:
            challenges = self.digest.challenges(self.now, stale=checked.verdict is Verdict.STALE)
            return [message.response_to(request, 401, to_tag="r", headers={"WWW-Authenticate": challenges}).to_bytes()]
        self.expires.append(request.number("Expires") or 0)
        self.contact = request.get("Contact") if self.expires[-1] else None
        return [self._reply(request, 200)]

    def _reply(self, request: Request, code: int) -> bytes:
        contact = request.get("Contact").partition(";expires")[0]
        told = {name.replace("_", "-"): [value] for name, value in self.headers.items()}
        if code == 200:
            told["Contact"] = [f"{contact};expires={self.grants}"]
        return message.response_to(request, code, to_tag="r", headers=told).to_bytes()


def exchange(carriers: dict[str, Reply], **told: Any) -> Exchange:
    return Exchange(carriers, trunks=[trunk("a", *(host.partition(":")[0] for host in carriers), **(ACCOUNT | told))])


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_a_trunk_registers_and_refreshes_before_the_end(algorithm: str) -> None:
    registrar = Registrar(algorithm=algorithm)
    house = exchange({A: registrar})
    _, register = house.requests("REGISTER")[-1]
    assert register.uri == "sip:carrier.example" and register.get("To") == "<sip:account@carrier.example>"
    assert registrar.expires == [3600] and house.states() == []
    house.pass_time(530)
    assert len(registrar.expires) == 1 and house.pings == 530 // 25
    registrar.now = house.now
    house.pass_time(11)
    assert len(registrar.expires) == 2
    numbers = [request.cseq[0] for _, request in house.requests("REGISTER")]
    assert numbers == sorted(set(numbers)) and len({r.call_id for _, r in house.requests("REGISTER")}) == 1


def test_a_stale_nonce_is_answered_again() -> None:
    registrar = Registrar()
    house = exchange({A: registrar})
    registrar.digest = DigestServer("carrier.example", b"other", lambda *_: ha1("account", "carrier.example", "secret"))
    house.pass_time(545)
    assert len(registrar.expires) == 2


def test_a_wrong_password_is_not_tried_twice_and_is_told() -> None:
    registrar = Registrar()
    house = Exchange({A: registrar})
    house.secret = ClientCredentials("account", "wrong")
    house.use(trunks=[trunk("a", "192.0.2.1", **ACCOUNT)])
    assert len(house.requests("REGISTER")) == 2 and house.states() == [("a", "down")]
    assert house.alarms[-1].sentence is not None and "not registered" in house.alarms[-1].sentence
    house.secret = ClientCredentials("account", "secret")
    house.pass_time(31)
    assert registrar.expires == [3600] and house.states()[-1] == ("a", "up") and house.alarms[-1].sentence is None


def test_a_registrar_that_wants_longer_gets_it() -> None:
    registrar = Registrar(423, Min_Expires="7200")
    exchange({A: registrar})
    assert registrar.expires == [7200]


def test_the_next_address_is_tried_at_once_and_then_there_is_a_pause() -> None:
    house = exchange({A: Registrar(*[503] * 9), B: silent})
    assert [host for host, _ in house.requests("REGISTER")] == [A, B]
    house.pass_time(33)
    assert house.states() == [("a", "down")]
    asked = len(house.requests("REGISTER"))
    house.pass_time(14)
    assert len(house.requests("REGISTER")) == asked
    house.pass_time(20)
    assert len(house.requests("REGISTER")) > asked


def test_addresses_that_only_change_places_are_no_news() -> None:
    registrar = Registrar()
    house = Exchange({A: registrar, B: registrar}, trunks=[trunk("a", "sip.carrier.example", **ACCOUNT)])
    (question,) = house.signalling.lookout.questions(house.now)
    for addresses in (["192.0.2.1", "192.0.2.2"], ["192.0.2.2", "192.0.2.1"]):
        house.carry(house.signalling.lookout.name_answered(question, addresses, 60, house.now))
        house.wire(house.signalling.lookout.take())
    assert registrar.expires == [3600]
    house.carry(house.signalling.lookout.name_answered(question, ["192.0.2.2"], 60, house.now))
    house.wire(house.signalling.lookout.take())
    assert registrar.expires == [3600, 3600] and house.requests("REGISTER")[-1][0] == B


def test_a_configuration_without_the_account_takes_its_leave_with_proof() -> None:
    registrar = Registrar()
    house = exchange({A: registrar})
    house.use(trunks=[trunk("a", "192.0.2.1")])
    assert registrar.expires == [3600, 0] and registrar.contact is None and len(house.endpoint.registration) == 0
    house.pass_time(40)
    assert house.endpoint.live()["transactions"] == 0 and house.states() == []


def test_calls_out_pass_the_service_route_under_our_contact() -> None:
    registrar = Registrar(Service_Route="<sip:edge.carrier.example;lr>")
    house = exchange({A: registrar})
    house.dial()
    _, invite = house.requests()[0]
    assert invite.get("Route") == "<sip:edge.carrier.example;lr>"
    assert registrar.contact is not None and invite.get("Contact") == registrar.contact.partition(";")[0]


INVITE = """\
INVITE {uri} SIP/2.0
Via: SIP/2.0/UDP 203.0.113.9:5060;branch=z9hG4bK-in;rport
Max-Forwards: 70
From: <sip:13800001111@carrier.example>;tag=c
To: <sip:4008001000@carrier.example>
Call-ID: in
CSeq: 1 INVITE
Contact: <sip:x@203.0.113.9>
{more}Content-Length: 0

"""


def arrive(house: Exchange, uri: str, more: str = "") -> list[message.Response]:
    """A call from an address nobody configured; the replies."""
    from yingda.sip.flow import Flow

    flow = Flow("udp", ("192.0.2.10", 5060), ("203.0.113.9", 5060))
    data = INVITE.format(uri=uri, more=more).replace("\n", "\r\n").encode()
    got: list[message.Response] = []
    for effect in house.endpoint.receive(data, flow, house.now):
        if hasattr(effect, "data"):
            reply = message.parse(effect.data)
            assert isinstance(reply, message.Response)
            got.append(reply)
        else:
            done, _ = house.signalling.heard(effect, house.now)
            assert any(isinstance(one, MediaRequest | AnswerCall | RefuseCall) for one in done)
            house.carry(done)
    return got


def test_a_call_to_our_contact_is_the_trunks_call_wherever_it_comes_from() -> None:
    registrar = Registrar()
    house = exchange({A: registrar})
    assert registrar.contact is not None
    uri = registrar.contact.partition(">")[0].lstrip("<")
    assert [reply.code for reply in arrive(house, uri)] == [100]
    (call,) = house.switch.table.calls.values()
    assert call.called == "4008001000" and house.in_use("a") == (1, 0)


def test_a_call_to_a_contact_that_is_not_ours_must_prove_itself() -> None:
    house = exchange({A: Registrar()})
    assert [reply.code for reply in arrive(house, "sip:account@192.0.2.10")][-1] == 401
