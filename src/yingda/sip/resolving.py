"""Where a host of a trunk leads: NAPTR, SRV, A and AAAA (RFC 3263 section 4, RFC 2782), sans-IO.

    host                       what is asked
    192.0.2.1, 2001:db8::1     nothing
    sip.example.com            A, AAAA; the trunk's own port and transport
    srv:example.com            NAPTR; without one SRV of the trunk's transport; without one A and AAAA

`due` says what to ask the name servers, `answered` brings what they said, `places` gives the addresses in the order to
try them. Answers are kept for their time to live and asked anew a little before it is over; while a server does not
answer, what is known stays good (RFC 8767), because a trunk must not be lost for a name server's sake.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from yingda.kernel.clock import SECOND
from yingda.sip.flow import DEFAULT_PORTS, Address, literal_ip
from yingda.sip.weights import Draw, in_order

RecordKind = Literal["NAPTR", "SRV", "A", "AAAA"]

SERVICE_PREFIX = "srv:"
SHORTEST, LONGEST = 5, 3_600
"""Seconds an answer is kept at least and at most, whatever its time to live."""
NOTHING_THERE_S = 60
FAILED_S = 10
PATIENCE_S = 15
"""A question without any answer for so long is asked again."""
MOST_TARGETS = 32
"""Names and addresses followed for one host: a zone file's mistake must not become a flood."""

_NAPTR_TRANSPORTS = {"SIP+D2U": "udp", "SIP+D2T": "tcp", "SIPS+D2T": "tls"}
_ADDRESS_KINDS: dict[int, RecordKind] = {4: "A", 6: "AAAA"}
_SRV_NAMES = {"udp": "_sip._udp.", "tcp": "_sip._tcp.", "tls": "_sips._tcp."}


@dataclass(frozen=True, slots=True)
class Question:
    kind: RecordKind
    name: str


@dataclass(frozen=True, slots=True)
class Naptr:
    """flags: `s` leads to SRV records, `a` to addresses. service: such as SIP+D2U."""

    order: int
    preference: int
    flags: str
    service: str
    replacement: str


@dataclass(frozen=True, slots=True)
class Srv:
    priority: int
    weight: int
    port: int
    target: str


Record = Naptr | Srv | str
"""An address stands as its text."""


@dataclass(frozen=True, slots=True)
class Host:
    """A host of a trunk as the configuration has it."""

    text: str
    port: int
    transport: str


@dataclass(frozen=True, slots=True)
class Place:
    """One address to send to. name: what a certificate is held against; empty for a literal address."""

    transport: str
    address: Address
    name: str = ""


@dataclass(slots=True)
class _Known:
    """records: None before the first answer. due: when to ask (again). tried: the servers have been asked once."""

    due: int
    records: tuple[Record, ...] | None = None
    tried: bool = False


@dataclass(frozen=True, slots=True)
class _Server:
    """A server of the domain: from SRV, or the host itself."""

    transport: str
    name: str
    port: int
    priority: int = 0
    weight: int = 0


@dataclass(slots=True)
class Resolver:
    """families: of addresses we can send to, 4 and 6."""

    families: frozenset[int] = frozenset({4})
    _hosts: tuple[Host, ...] = ()
    _known: dict[Question, _Known] = field(default_factory=dict)

    # ---- what to ask ----

    def want(self, hosts: Iterable[Host], now: int) -> None:
        """These hosts from now on; what is known of others is forgotten."""
        self._hosts = tuple(dict.fromkeys(hosts))
        self._follow(now)

    def due(self, now: int) -> list[Question]:
        """What to ask the name servers now; each is told once until its answer or its patience is over."""
        late = [question for question, known in self._known.items() if known.due <= now]
        for question in late:
            self._known[question].due = now + PATIENCE_S * SECOND
        return late

    def next_timer(self) -> int | None:
        return min((known.due for known in self._known.values()), default=None)

    def answered(self, question: Question, records: Sequence[Record] | None, ttl_s: float, now: int) -> None:
        """records: empty if there are none; None if the servers failed: what was known stays."""
        known = self._known.get(question)
        if known is None:
            return
        known.tried = True
        if records is None:
            known.due = now + FAILED_S * SECOND
            return
        known.records = tuple(records)
        kept = min(max(ttl_s, SHORTEST), LONGEST) * 0.9 if records else NOTHING_THERE_S
        known.due = now + int(kept * SECOND)
        self._follow(now)

    def _follow(self, now: int) -> None:
        """Ask what the answers so far lead to; forget what nobody needs."""
        needed = dict.fromkeys(question for host in self._hosts for question in self._questions(host))
        self._known = {question: self._known.get(question) or _Known(now) for question in needed}

    def _questions(self, host: Host) -> Iterator[Question]:
        if literal_ip(host.text) or "/" in host.text:
            return
        domain = _domain(host)
        if domain is not None:
            naptr = Question("NAPTR", domain)
            yield naptr
            if self._records(naptr) is None:
                return
            for _, service in self._services(host):
                yield Question("SRV", service)
        for server in self._servers(host)[:MOST_TARGETS]:
            if not literal_ip(server.name):
                yield from self._address_questions(server.name)

    def _address_questions(self, name: str) -> list[Question]:
        return [Question(kind, name) for family, kind in _ADDRESS_KINDS.items() if family in self.families]

    # ---- what is known ----

    def tried(self, host: Host) -> bool:
        """Has everything that `host` leads to been asked, with or without an answer?"""
        return all(self._known[question].tried for question in self._questions(host) if question in self._known)

    def places(self, host: Host, draw: Draw) -> list[Place]:
        """The addresses of a host in the order to try them; none while nothing is known."""
        address = literal_ip(host.text)
        if address is not None:
            return [Place(host.transport, (address, host.port))]
        found = (
            Place(server.transport, (address, server.port), _named(host, server))
            for server in in_order(self._servers(host), draw)[:MOST_TARGETS]
            for address in self._addresses(server.name)
        )
        return list(dict.fromkeys(found))

    def _records(self, question: Question) -> tuple[Record, ...] | None:
        known = self._known.get(question)
        return known.records if known is not None else None

    def _services(self, host: Host) -> list[tuple[str, str]]:
        """(transport, SRV name) in the domain's order; by the trunk's transport where the domain says nothing."""
        domain = _domain(host)
        assert domain is not None
        naptrs = [record for record in self._records(Question("NAPTR", domain)) or () if isinstance(record, Naptr)]
        found = [
            (transport, record.replacement)
            for record in sorted(naptrs, key=lambda one: (one.order, one.preference))
            if record.flags.lower() == "s" and (transport := _NAPTR_TRANSPORTS.get(record.service.upper()))
        ]
        if host.transport == "tls":  # who asks for TLS is never led to anything less
            found = [one for one in found if one[0] == "tls"]
        return found or [(host.transport, _SRV_NAMES[host.transport] + domain)]

    def _servers(self, host: Host) -> list[_Server]:
        domain = _domain(host)
        if domain is None:
            return [_Server(host.transport, host.text, host.port)]
        servers: list[_Server] = []
        none_yet = False
        for rank, (transport, service) in enumerate(self._services(host)):
            records = self._records(Question("SRV", service))
            none_yet = none_yet or records == ()
            servers += [
                _Server(transport, record.target, record.port, rank * 65_536 + record.priority, record.weight)
                for record in records or ()
                if isinstance(record, Srv) and record.target  # the root as target: there is decidedly no such service
            ]
        if servers or not none_yet:
            return servers
        port = DEFAULT_PORTS[host.transport] if host.port == DEFAULT_PORTS["udp"] else host.port
        return [_Server(host.transport, domain, port)]

    def _addresses(self, name: str) -> list[str]:
        literal = literal_ip(name)
        if literal is not None:
            return [literal]
        found = [record for question in self._address_questions(name) for record in self._records(question) or ()]
        return [record for record in found if isinstance(record, str)]


def _domain(host: Host) -> str | None:
    """The domain of a `srv:` host."""
    if not host.text.lower().startswith(SERVICE_PREFIX):
        return None
    return host.text[len(SERVICE_PREFIX) :]


def _named(host: Host, server: _Server) -> str:
    """RFC 5922 section 4: the certificate names the domain that was asked for, not the server it led to."""
    return _domain(host) or server.name


def covers(host: Host, address: str) -> bool:
    """Is `address` this literal address, or in this network? Names are the resolver's affair."""
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(host.text, strict=False)
    except ValueError:
        return False
