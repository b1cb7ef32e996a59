"""Calls and offers out of the captured SIP (RFC 3261), by times of the wire alone.

A *side* is one SIP dialog as the capture saw it: a caller's with the centre, or the centre's with a phone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from bench.call.plan import plan_number
from bench.peers.pcap import Address, Datagram

_START = re.compile(rb"(?:SIP/2\.0 (\d{3}) |([A-Z]+) sips?:[^ ]+ SIP/2\.0)")
_USER = re.compile(r"<?sips?:([^@>;]+)@")
_COMPACT = {
    "i": "call-id",
    "f": "from",
    "t": "to",
    "c": "content-type",
    "l": "content-length",
    "v": "via",
    "m": "contact",
}


@dataclass(frozen=True)
class Message:
    """at: µs UTC. code: of a response, else 0. method: of the request, or of the request that is answered."""

    at: int
    source: Address
    target: Address
    code: int
    method: str
    call_id: str
    from_user: str
    to_user: str
    body: str


def message(datagram: Datagram) -> Message | None:
    """The datagram as SIP; None if it is something else."""
    start = _START.match(datagram.payload)
    if start is None:
        return None
    head, _, body = datagram.payload.decode("utf-8", errors="replace").partition("\r\n\r\n")
    headers: dict[str, str] = {}
    for line in head.split("\r\n")[1:]:
        name, _, value = line.partition(":")
        name = name.strip().lower()
        headers.setdefault(_COMPACT.get(name, name), value.strip())
    code, method = start[1], start[2]
    return Message(
        at=datagram.at,
        source=datagram.source,
        target=datagram.target,
        code=int(code or 0),
        method=method.decode() if method else headers.get("cseq", "").rpartition(" ")[2],
        call_id=headers.get("call-id", ""),
        from_user=_user(headers.get("from", "")),
        to_user=_user(headers.get("to", "")),
        body=body,
    )


def _user(header: str) -> str:
    found = _USER.search(header)
    return found[1] if found else ""


class End(StrEnum):
    """How a side ended."""

    OPEN = "open"
    HUNG_UP = "hung up"
    CANCELLED = "cancelled"
    REFUSED = "refused"


@dataclass
class Side:
    """One dialog. Times are µs UTC, None for what never happened. peer: the caller's or phone's SIP address."""

    call_id: str
    number: str
    peer: Address
    invited: int
    extension: str = ""
    ringing: int | None = None
    answered: int | None = None
    acknowledged: int | None = None
    ended: int | None = None
    end: End = End.OPEN
    code: int = 0
    peer_ended: bool = False
    peer_media: Address | None = None
    server_media: Address | None = None
    _offer: str = field(default="", repr=False)

    def see(self, item: Message, server: Address) -> None:
        """Take in a message of this dialog; only the first INVITE, and the first end, count."""
        from_peer = item.source != server
        if item.method == "INVITE" and item.code == 0:
            self._offer = self._offer or item.body
        elif item.method == "INVITE":
            self._answered(item, from_peer)
        elif item.method == "ACK" and self.answered is not None:
            self.acknowledged = self.acknowledged or item.at
        elif item.method in ("BYE", "CANCEL") and item.code == 0 and self.end is End.OPEN:
            self.end = End.HUNG_UP if item.method == "BYE" else End.CANCELLED
            self.ended, self.peer_ended = item.at, from_peer

    def _answered(self, item: Message, from_peer: bool) -> None:
        if item.code == 180 and self.ringing is None:
            self.ringing = item.at
        elif 200 <= item.code < 300 and self.answered is None:
            self.answered = item.at
            offered, answered = media_address(self._offer), media_address(item.body)
            self.peer_media, self.server_media = (answered, offered) if from_peer else (offered, answered)
        elif item.code >= 300 and item.code not in (401, 407):
            self.code = item.code
            if self.end is End.OPEN:
                self.end, self.ended, self.peer_ended = End.REFUSED, item.at, from_peer


def media_address(sdp: str) -> Address | None:
    """Where an SDP (RFC 8866) wants its audio."""
    host = re.search(r"^c=IN IP4 (\S+)", sdp, re.MULTILINE)
    port = re.search(r"^m=audio (\d+) ", sdp, re.MULTILINE)
    return (host[1], int(port[1])) if host and port else None


@dataclass
class Wire:
    """callers: by number, in the order of their INVITEs. offers: the centre's INVITEs to phones, in order."""

    callers: dict[str, list[Side]]
    offers: list[Side]

    def offers_of(self, number: str) -> list[Side]:
        return [offer for offer in self.offers if offer.number == number]


def read(datagrams: Iterable[Datagram], server: Address, phones: dict[Address, str]) -> Wire:
    """Sort the SIP between the centre at `server`, the phones (address → extension) and whoever else calls."""
    sides: dict[tuple[str, Address], Side] = {}
    for datagram in datagrams:
        if server not in (datagram.source, datagram.target):
            continue
        item = message(datagram)
        if item is None or item.method not in ("INVITE", "ACK", "BYE", "CANCEL"):
            continue
        peer = item.target if item.source == server else item.source
        key = (item.call_id, peer)
        if key not in sides:
            if item.method != "INVITE" or item.code:
                continue
            sides[key] = Side(item.call_id, plan_number(item.from_user), peer, item.at, phones.get(peer, ""))
        sides[key].see(item, server)
    wire = Wire({}, [])
    for side in sorted(sides.values(), key=lambda side: side.invited):
        if side.extension:
            wire.offers.append(side)
        else:
            wire.callers.setdefault(side.number, []).append(side)
    return wire
