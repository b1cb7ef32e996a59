"""Digest against the examples that the RFCs print, and both sides against each other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sip.wire import REGISTER
from yingda.kernel.clock import SECOND
from yingda.sip import message
from yingda.sip.digest import (
    ClientCredentials,
    DigestServer,
    Verdict,
    authorization,
    ha1,
    parse_digest,
    response_of,
)
from yingda.sip.message import Request

NOW = 10**15


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_example_of_rfc_7616(algorithm: str, expected: str) -> None:
    """Section 3.9.1."""
    secret = ha1("Mufasa", "http-auth@example.org", "Circle of Life", algorithm)
    parameters = {
        "algorithm": algorithm,
        "uri": "/dir/index.html",
        "nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        "nc": "00000001",
        "cnonce": "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
        "qop": "auth",
    }
    assert response_of(secret, "GET", parameters, b"") == expected


def request(body: bytes = b"") -> Request:
    read = message.parse(REGISTER)
    assert isinstance(read, Request)
    read.body = body
    return read


def server() -> DigestServer:
    def lookup(username: str, realm: str, algorithm: str) -> str | None:
        return ha1(username, realm, "pä,ss\\", algorithm) if username == 'a"b' else None

    return DigestServer("r", b"key", lookup, ("MD5", "SHA-256"))


@pytest.mark.parametrize("qop", ['qop="auth"', 'qop="auth-int"', 'qop="auth-int,auth"', ""])
@pytest.mark.parametrize("algorithm", [0, 1])
def test_client_and_server_agree(qop: str, algorithm: int) -> None:
    ours, asked = server(), request(b"body")
    challenge = ours.challenges(NOW)[algorithm].replace(', qop="auth,auth-int"', f", {qop}" if qop else "")
    value = authorization([challenge], ClientCredentials('a"b', "pä,ss\\"), asked, "c")
    assert value is not None
    asked.headers["Authorization"] = [value]
    checked = ours.check(asked, NOW + SECOND)
    assert (checked.verdict, checked.username) == (Verdict.GOOD, 'a"b')
    assert server().check(request(), NOW).verdict is Verdict.MISSING


def test_auth_int_covers_the_body() -> None:
    ours, asked = server(), request(b"body")
    challenge = ours.challenges(NOW)[0].replace("auth,auth-int", "auth-int")
    value = authorization([challenge], ClientCredentials('a"b', "pä,ss\\"), asked, "c")
    assert value is not None
    asked.headers["Authorization"] = [value]
    asked.body = b"other"
    assert ours.check(asked, NOW).verdict is Verdict.WRONG


def test_unknown_users_and_wrong_passwords_look_alike() -> None:
    ours = server()
    for username, password in (("nobody", ""), ('a"b', "wrong")):
        asked = request()
        value = authorization(ours.challenges(NOW), ClientCredentials(username, password), asked, "c")
        assert value is not None
        asked.headers["Authorization"] = [value]
        assert ours.check(asked, NOW).verdict is Verdict.WRONG


def test_a_client_with_ha1_only_answers_its_own_algorithm() -> None:
    ours, asked = server(), request()
    known = ClientCredentials('a"b', ha1={"SHA-256": ha1('a"b', "r", "pä,ss\\", "SHA-256")})
    value = authorization(ours.challenges(NOW), known, asked, "c")
    assert value is not None and parse_digest(value)["algorithm"] == "SHA-256"
    asked.headers["Authorization"] = [value]
    assert ours.check(asked, NOW).verdict is Verdict.GOOD


def test_counts_are_swept_with_their_nonces() -> None:
    ours, asked = server(), request()
    value = authorization(ours.challenges(NOW), ClientCredentials('a"b', "pä,ss\\"), asked, "c")
    asked.headers["Authorization"] = [value or ""]
    ours.check(asked, NOW)
    assert ours.sweep(NOW + 300 * SECOND) == 1 and ours.sweep(NOW + 301 * SECOND) == 0


@given(st.text(max_size=80))
def test_any_header_is_read_or_refused(text: str) -> None:
    asked = request()
    asked.headers["Authorization"] = ["Digest " + text]
    assert server().check(asked, NOW).verdict in (Verdict.UNREADABLE, Verdict.MISSING, Verdict.STALE)
