"""SIP accounts of the agents' devices: stored digests of desk phones, passing ones of browsers.

A browser's account lives as long as a working day: its password is made for one sign-in and goes to that browser alone.
Its digests are kept for the next control, by which the browser's calls go on: a page that had to ask for a new account
would have to hang up.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yingda.agents.relays import IceServer, ice_servers
from yingda.kernel.clock import SECOND
from yingda.kernel.config.centre import Agent, Centre
from yingda.kernel.errors import YingdaError
from yingda.sip.digest import ha1

LIFETIME = 16 * 3600 * SECOND

Digests = dict[str, dict[str, str]]
"""device id → algorithm (MD5, SHA-256) → HA1 in hex."""


@dataclass(frozen=True, slots=True)
class Account:
    """What a browser registers with, and the relays it may send its sound through. expires_at: µs UTC."""

    extension: str
    username: str
    password: str
    expires_at: int
    ice_servers: list[IceServer]


class Phones:
    """Answers the registrar's question for an HA1 (`lookup`), and gives browsers their accounts."""

    def __init__(self, centre: Centre, digests: Digests, realm: str, keys: Path) -> None:
        """keys: the folder with the relays' secret."""
        self._realm, self._keys = realm, keys
        self._passing: dict[str, tuple[dict[str, str], int]] = {}
        self.configure(centre, digests)

    def configure(self, centre: Centre, digests: Digests) -> None:
        self._relays = centre.centre.relays
        self._browsers: dict[str, str] = {}  # agent → extension
        self._stored: dict[str, dict[str, str]] = {}
        for agent in centre.agents:
            self._take(agent, digests)
        self.extensions = frozenset(device.extension for agent in centre.agents for device in agent.devices)

    def lookup(self, username: str, realm: str, algorithm: str) -> str | None:
        """HA1 of an extension; None if it has none (RFC 7616 section 3.4.2)."""
        if realm != self._realm:
            return None
        passing = self._passing.get(username)
        return (passing[0] if passing else self._stored.get(username, {})).get(algorithm)

    def account(self, agent_id: str, now: int) -> Account:
        """A fresh account for the agent's browser; the one before stops working. Raises `no_browser_phone`, and
        `relay_secret_missing` where relays are configured without their secret."""
        extension = self._browsers.get(agent_id)
        if extension is None:
            raise YingdaError(
                "no_browser_phone", "This agent has no browser phone.", todo="Add a device of kind browser in settings."
            )
        relays = ice_servers(self._relays, self._keys, extension, now)
        password = secrets.token_urlsafe(24)
        digests = {name: ha1(extension, self._realm, password, name) for name in ("MD5", "SHA-256")}
        self._passing[extension] = (digests, now + LIFETIME)
        return Account(extension, extension, password, now + LIFETIME, relays)

    def passing(self) -> list[dict[str, Any]]:
        """The browsers' accounts as plain data, for `resume` in the next run."""
        return [
            {"extension": extension, "digests": digests, "expires_at": expires_at}
            for extension, (digests, expires_at) in self._passing.items()
        ]

    def resume(self, passing: Iterable[Mapping[str, Any]], now: int) -> None:
        """Accounts that a run before this one gave, as long as they last."""
        self._passing |= {str(one["extension"]): (dict(one["digests"]), int(one["expires_at"])) for one in passing}
        self.forget_old(now)

    def forget_old(self, now: int) -> None:
        """Drop the accounts whose time is over."""
        self._passing = {name: one for name, one in self._passing.items() if one[1] > now}

    def _take(self, agent: Agent, digests: Digests) -> None:
        for device in agent.devices:
            if device.kind == "browser":
                self._browsers[agent.id] = device.extension
            elif device.id in digests:
                self._stored[device.extension] = digests[device.id]
