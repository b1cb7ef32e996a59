"""Relays for home agents: credentials that end by themselves, and a secret that is looked after."""

from __future__ import annotations

import base64
import hashlib
import hmac
from pathlib import Path

import pytest
from pydantic import ValidationError

from yingda.agents.relays import ice_servers
from yingda.kernel.clock import SECOND
from yingda.kernel.config.centre import Relays
from yingda.kernel.errors import YingdaError

NOW = 1_763_726_400 * SECOND
RELAYS = Relays(urls=["turn:relay.example:3478?transport=tcp", "turns:relay.example:443?transport=tcp"], lifetime_h=2)


def keys(folder: Path, secret: bytes = b"0123456789abcdef\n", mode: int = 0o600) -> Path:
    path = folder / "turn"
    path.write_bytes(secret)
    path.chmod(mode)
    return folder


def test_credentials_are_those_the_relay_computes_and_end(tmp_path: Path) -> None:
    (server,) = ice_servers(RELAYS, keys(tmp_path), "8001", NOW)
    assert server.urls == list(RELAYS.urls)
    assert server.username == f"{1_763_726_400 + 7_200}:8001"
    digest = hmac.new(b"0123456789abcdef", server.username.encode(), hashlib.sha1).digest()
    assert base64.b64decode(server.credential) == digest


def test_without_relays_there_are_no_servers_and_no_secret_is_asked_for(tmp_path: Path) -> None:
    assert ice_servers(None, tmp_path / "nowhere", "8001", NOW) == []


@pytest.mark.parametrize(("secret", "mode"), [(b"short", 0o600), (b"0123456789abcdef", 0o644)])
def test_a_secret_that_is_none_is_refused(tmp_path: Path, secret: bytes, mode: int) -> None:
    with pytest.raises(YingdaError) as refused:
        ice_servers(RELAYS, keys(tmp_path, secret, mode), "8001", NOW)
    assert refused.value.code == "relay_secret_missing"
    assert "0123456789abcdef" not in str(refused.value)


@pytest.mark.parametrize("url", ["http://relay", "turn:", "turn:a b", "relay.example", "stun:relay.example"])
def test_what_is_no_relay_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        Relays(urls=[url])
