"""A flow: the path a message came by and its answers go back on (RFC 5626 section 2, RFC 3581)."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, replace
from functools import lru_cache

Address = tuple[str, int]

STREAMS = frozenset({"tcp", "tls", "ws", "wss"})
WILDCARDS = frozenset({"0.0.0.0", "::"})
DEFAULT_PORTS = {"udp": 5060, "tcp": 5060, "tls": 5061, "ws": 80, "wss": 443}


@dataclass(frozen=True, slots=True)
class Flow:
    """transport: udp, tcp, tls, ws or wss. connection: names one stream connection; empty means "open or reuse one"."""

    transport: str
    local: Address
    remote: Address
    connection: str = ""

    @property
    def reliable(self) -> bool:
        return self.transport in STREAMS

    @property
    def private(self) -> bool:
        """Nobody on the way reads what is said here."""
        return self.transport in ("tls", "wss")

    def same_path(self, other: Flow) -> bool:
        """The same connection (or the same one to be opened), whatever local address it is known by."""
        return (self.transport, self.remote, self.connection) == (other.transport, other.remote, other.connection)

    def towards(self, remote: Address) -> Flow:
        """The same transport and local end, to another remote."""
        return self if remote == self.remote else replace(self, remote=remote, connection="")

    def to_state(self) -> list[object]:
        return [self.transport, list(self.local), list(self.remote), self.connection]

    @classmethod
    def from_state(cls, raw: list[object]) -> Flow:
        transport, local, remote, connection = raw
        return cls(str(transport), _address(local), _address(remote), str(connection))


def _address(raw: object) -> Address:
    assert isinstance(raw, list | tuple)
    return (str(raw[0]), int(raw[1]))


@lru_cache(maxsize=4096)
def literal_ip(host: str) -> str | None:
    """The address that `host` spells out ("[::1]" gives "::1"), or None for a name."""
    try:
        return str(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        return None


def host_port(address: Address) -> str:
    """As it stands in a URI or Via: IPv6 in brackets."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
