"""Dialogs: who talks to whom, by which route, with which numbers (RFC 3261 section 12).

state       event                              next        section
early       2xx sent or received               confirmed   12.1
early       final refusal, CANCEL              terminated  12.3
early       BYE                                terminated  15.1
confirmed   BYE sent or received, 481, 408     terminated  12.2.1.2, 15.1
"""

from __future__ import annotations

import ipaddress
from contextlib import suppress
from enum import Enum
from functools import lru_cache
from typing import Any

from yingda.sip import grammar, gruu
from yingda.sip.flow import DEFAULT_PORTS, Flow, host_port, literal_ip
from yingda.sip.message import Headers, Message, Request, Response

DialogId = tuple[str, str, str]  # Call-ID, local tag, remote tag


class DialogState(Enum):
    EARLY = "early"
    CONFIRMED = "confirmed"
    TERMINATED = "terminated"


LEGAL = {
    DialogState.EARLY: frozenset({DialogState.CONFIRMED, DialogState.TERMINATED}),
    DialogState.CONFIRMED: frozenset({DialogState.TERMINATED}),
    DialogState.TERMINATED: frozenset(),
}


class Dialog:
    """One peer-to-peer relation. local, remote: From/To values without tags, as they stood on the wire."""

    __slots__ = (
        "call_id",
        "early",
        "flow",
        "local",
        "local_seq",
        "local_tag",
        "remote",
        "remote_seq",
        "remote_tag",
        "routes",
        "rseq",
        "state",
        "target",
        "updated",
    )

    def __init__(self, call_id: str, local_tag: str, remote_tag: str, flow: Flow) -> None:
        self.call_id, self.local_tag, self.remote_tag = call_id, local_tag, remote_tag
        self.flow = flow
        self.local = self.remote = self.target = ""
        self.local_seq = 0
        self.remote_seq = -1
        self.routes: list[str] = []
        self.early: str | None = None  # the description of a provisional reply: the answer, if the 2xx has none
        self.updated = False  # that one came by UPDATE: what the 2xx says is older
        self.rseq = 0  # number of the last reliable provisional reply (RFC 3262)
        self.state = DialogState.EARLY

    @property
    def id(self) -> DialogId:
        return (self.call_id, self.local_tag, self.remote_tag)

    @classmethod
    def of_server(cls, request: Request, local_tag: str, flow: Flow) -> Dialog:
        """12.1.1: from the INVITE that came in."""
        dialog = cls(request.call_id, local_tag, request.from_tag, flow)
        dialog.local, dialog.remote = _untagged(request.get("To")), _untagged(request.get("From"))
        dialog.remote_seq = request.cseq[0]
        dialog.routes = _readable(request.all("Record-Route"))
        dialog.refresh(request, flow)
        return dialog

    @classmethod
    def of_client(cls, request: Request, response: Response, flow: Flow) -> Dialog:
        """12.1.2: from a reply with a To tag to the INVITE that went out."""
        dialog = cls(request.call_id, request.from_tag, response.to_tag, flow)
        dialog.local, dialog.remote = _untagged(request.get("From")), _untagged(request.get("To"))
        dialog.local_seq = request.cseq[0]
        dialog.target = request.uri
        dialog.routes = _readable(response.all("Record-Route"))[::-1]
        asked = next_hop(request.uri)
        dialog.refresh(response, flow)
        if not dialog.routes and asked is not None and next_hop(dialog.target) == asked:
            dialog.flow = flow  # the way that led to this very Contact (a device behind NAT has no other)
        return dialog

    @property
    def secure(self) -> bool:
        """It is one of sips URIs, by TLS: ours have to be such, too (RFC 5630 section 5.1.1.2)."""
        return is_sips(self.target) and self.flow.private

    def move(self, state: DialogState) -> None:
        if state is not self.state and state not in LEGAL[self.state]:
            raise RuntimeError(f"a dialog that is {self.state.value} cannot become {state.value}")
        self.state = state

    def refresh(self, message: Message, flow: Flow) -> None:
        """A target refresh (12.2): the peer's Contact, and the way to it.

        The peer is reached by the flow its message came by when that is a connection, when the Contact names no
        address, or when the peer sits behind NAT (it announced another address than it sent from).
        """
        contact = message.address("Contact")
        if contact is not None:
            self.target = contact.uri
        self.flow = self._way(message, flow)

    def _way(self, message: Message, flow: Flow) -> Flow:
        named = self.routes[0] if self.routes else self.target
        hop = next_hop(named) if not gruu.names_device(named) else None  # a GRUU's host is the registrar: ourselves
        if flow.reliable or hop is None:
            return flow
        if isinstance(message, Request):
            behind_nat = literal_ip(message.via.host) != flow.remote[0]
        else:
            behind_nat = not self.routes and _private(hop[0]) and not _private(flow.remote[0])
        return flow if behind_nat else flow.towards(hop)

    def way_back(self) -> Flow | None:
        """Its connection is closed, as idle ones may be (RFC 3261 section 18): where the next request can open one.

        None for who sits behind NAT, or is a browser: nobody but the far end can open a connection then.
        """
        hop = next_hop(self.routes[0] if self.routes else self.target, DEFAULT_PORTS[self.flow.transport])
        if self.flow.transport not in ("tcp", "tls") or hop is None or hop[0] != self.flow.remote[0]:
            return None
        return Flow(self.flow.transport, self.flow.local, hop)

    def expects(self, request: Request) -> bool:
        """12.2.2: is this request newer than the last one? Remembers its number."""
        number = request.cseq[0]
        if number <= self.remote_seq:
            return False
        self.remote_seq = number
        return True

    def request(self, method: str, branch: str, via_host: str, number: int | None = None) -> Request:
        """A request inside the dialog (12.2.1.1). number: for ACK that of its INVITE; others count up."""
        if number is None:
            self.local_seq += 1
            number = self.local_seq
        uri, routes = self._path()
        headers: Headers = {
            "Via": [f"SIP/2.0/{self.flow.transport.upper()} {via_host};branch={branch};rport"],
            "Max-Forwards": ["70"],
        }
        if routes:
            headers["Route"] = routes
        headers["From"] = [f"{self.local};tag={self.local_tag}"]
        headers["To"] = [f"{self.remote};tag={self.remote_tag}" if self.remote_tag else self.remote]
        headers["Call-ID"] = [self.call_id]
        headers["CSeq"] = [f"{number} {method}"]
        request = Request(method, uri, headers)
        request.cseq, request.from_tag, request.to_tag = (number, method), self.local_tag, self.remote_tag
        return request

    def _path(self) -> tuple[str, list[str]]:
        """Request-URI and Route: a first hop without `lr` is a strict router (12.2.1.1)."""
        if not self.routes:
            return self.target, []
        first = grammar.parse_address(self.routes[0]).uri
        if ";lr" in first.lower():
            return self.target, self.routes
        return first, [*self.routes[1:], f"<{self.target}>"]

    def to_state(self) -> dict[str, Any]:
        state = {name: getattr(self, name) for name in self.__slots__}
        return state | {"flow": self.flow.to_state(), "state": self.state.value, "routes": list(self.routes)}

    @classmethod
    def from_state(cls, raw: dict[str, Any]) -> Dialog:
        dialog = cls(raw["call_id"], raw["local_tag"], raw["remote_tag"], Flow.from_state(raw["flow"]))
        dialog.local, dialog.remote, dialog.target = raw["local"], raw["remote"], raw["target"]
        dialog.local_seq, dialog.remote_seq = raw["local_seq"], raw["remote_seq"]
        dialog.routes, dialog.state = list(raw["routes"]), DialogState(raw["state"])
        dialog.early, dialog.rseq, dialog.updated = raw["early"], raw["rseq"], raw["updated"]
        return dialog


def next_hop(value: str, default_port: int = DEFAULT_PORTS["udp"]) -> tuple[str, int] | None:
    """Where a URI or Route value leads, if it spells out an address (names are resolved outside the core)."""
    try:
        uri = grammar.parse_uri(grammar.parse_address(value).uri if "<" in value else value)
    except ValueError:
        return None
    host = literal_ip(uri.host)
    return None if host is None else (host, uri.port or default_port)


def contact_uri(user: str, flow: Flow, host: str = "", *, secure: bool = False) -> str:
    """How the peer on this flow reaches us: the address it sees, and the transport if it is not UDP.

    secure: as a sips URI, which says TLS by itself (RFC 5630 section 5.1)."""
    named = "ws" if secure and flow.transport == "wss" else flow.transport
    transport = "" if flow.transport == "udp" or (secure and named == "tls") else f";transport={named}"
    return f"sip{'s' if secure else ''}:{user + '@' if user else ''}{host or host_port(flow.local)}{transport}"


def is_sips(uri: str) -> bool:
    return uri[:5].lower() == "sips:"


def asks_for_sips(request: Request) -> bool:
    """Must our Contact be a sips URI (RFC 3261 section 12.1.1)?"""
    if is_sips(request.uri):
        return True
    first = request.headers.get("Record-Route") or request.headers.get("Contact") or [""]
    return is_sips(first[0].partition("<")[2] or first[0])


@lru_cache(maxsize=4096)
def _private(host: str) -> bool:
    return ipaddress.ip_address(host).is_private


def _readable(routes: list[str]) -> list[str]:
    """Without those that name nobody: a request of ours in the dialog could not be sent by them."""
    kept = []
    for route in routes:
        with suppress(ValueError):
            grammar.parse_address(route)
            kept.append(route)
    return kept


def _untagged(value: str) -> str:
    address = value
    start = value.rfind(">") + 1
    tail = value[start:]
    if "tag" in tail.lower():
        kept = [p for p in grammar.split_list(tail, ";") if not p.lower().replace(" ", "").startswith("tag=")]
        if start:
            address = value[:start] + "".join(f";{part}" for part in kept)
        else:
            address = ";".join(kept)
    return address
