"""The registrar: which contacts an address-of-record has now, and the flow each came by (RFC 3261 section 10).

    event                                    effect                                       section
    REGISTER with contacts                   each is added, refreshed or (0 s) removed    10.3 step 7
    older CSeq of the same Call-ID           the whole request is refused (500)           10.3 step 7
    Expires below the minimum                423 with Min-Expires                         10.3 step 6
    `Contact: *` with `Expires: 0`           all bindings are removed                     10.3 step 6
    sips Contact, other things not sips      400                                          RFC 5630 section 5.2
    no Contact                               the list is returned                         10.3 step 8
    Supported: gruu, with an instance        the list names its GRUUs (see `gruu`)         RFC 5627 section 5.3
    time is up                               Expired
    a WebSocket connection is lost           its bindings go (nothing can reach them)     RFC 7118 section 5
    a connection with a reg-id is lost       its binding goes: the device has others      RFC 5626 section 6
    a proxy answers 430                      the binding goes whose flow it has lost      RFC 5626 section 5.3
    reg-id by a proxy that keeps no flows    439 (or the reg-id does not count)           RFC 5626 section 6

An address-of-record is a user of the one realm the endpoint serves. Of one instance and reg-id (RFC 5626) only the
newest contact stays; a device with two connections has two. A binding keeps the flow of its last REGISTER: requests
go back on that connection, or to that source address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from yingda.kernel.clock import SECOND
from yingda.sip import grammar, gruu
from yingda.sip.dialog import is_sips, next_hop
from yingda.sip.events import Binding, Expired, Registered, Unregistered
from yingda.sip.flow import Flow
from yingda.sip.grammar import NameAddress
from yingda.sip.message import Request
from yingda.sip.timers import TimerQueue

OWNER = "registrar"
FLOW_TIMER_S = 120
_Q = re.compile(r"[01](?:\.\d{0,3})?", re.ASCII)
_OB = re.compile(r";\s*ob\b", re.IGNORECASE)

RegistrarEvent = Registered | Unregistered | Expired


@dataclass(frozen=True, slots=True)
class RegistrarConfig:
    """Seconds. A wish above the maximum is granted as the maximum."""

    min_expires: int = 60
    max_expires: int = 3600
    default_expires: int = 600
    max_contacts: int = 10


@dataclass(frozen=True, slots=True)
class Outcome:
    """The reply: code, headers, and what changed."""

    code: int
    reason: str
    headers: dict[str, list[str]]
    events: tuple[RegistrarEvent, ...] = ()


class Registrar:
    """secret: seals temporary GRUUs; the same after a restart."""

    def __init__(self, config: RegistrarConfig, timers: TimerQueue, secret: bytes = b"") -> None:
        self._config, self._timers, self._gruus = config, timers, gruu.Temporary(secret)
        self._bindings: dict[str, list[Binding]] = {}

    def bindings(self, aor: str) -> tuple[Binding, ...]:
        """In the order in which they want to be called: by q, then the newest first."""
        return tuple(sorted(self._bindings.get(aor, ()), key=lambda binding: (-binding.q, -binding.registered_at)))

    def understands(self, aor: str, flow: Flow, packages: Iterable[str]) -> None:
        """What a device says of event packages in its ringing counts as if its REGISTER had said it."""
        for index, one in enumerate(self._bindings.get(aor, ())):
            if one.flow.remote == flow.remote and (more := [name for name in packages if name not in one.allow_events]):
                self._bindings[aor][index] = replace(one, allow_events=(*one.allow_events, *more))

    def of_gruu(self, uri: str) -> Binding | None:
        """Where the device is now that a GRUU means (RFC 5627 section 5.4)."""
        if ";gr" not in uri.lower():
            return None
        if (meant := self._gruus.read(uri)) is not None:
            named = (one for one in self.bindings(meant.aor) if one.instance)
            return next((one for one in named if self._mark(one) == meant.mark), None)
        instance = gruu.instance_of(uri)
        found = self.bindings(grammar.user_of(uri)) if instance else ()
        return next((binding for binding in found if binding.instance == instance), None)

    def _mark(self, binding: Binding) -> bytes:
        return self._gruus.mark(binding.instance, binding.call_id)

    def unmask(self, uri: str) -> str:
        """The public GRUU of the device that a temporary one means; any other URI as it is."""
        if gruu.TEMPORARY not in uri:
            return uri
        binding = self.of_gruu(uri)
        host = uri.partition("@")[2].partition(";")[0]
        return gruu.public(f"sip:{binding.aor}@{host}", binding.instance) if binding is not None else uri

    def has_device_at(self, host: str) -> bool:
        """Did a device register from this address? (Looked up now and then only: see `brake`.)"""
        return any(binding.flow.remote[0] == host for bindings in self._bindings.values() for binding in bindings)

    def __len__(self) -> int:
        return sum(map(len, self._bindings.values()))

    def register(self, request: Request, aor: str, flow: Flow, now: int) -> Outcome:
        """A REGISTER that is authenticated for `aor`."""
        values = request.all("Contact")
        if "*" in values:
            if len(values) > 1 or request.get("Expires").strip() != "0":
                return Outcome(400, "Contact * needs Expires 0", {})
            return self._remove_all(request, aor, now)
        try:
            contacts = [_with_flow(request, grammar.parse_address(value)) for value in values]
            for contact in contacts:
                grammar.parse_uri(contact.uri)
        except ValueError:
            return Outcome(400, "Contact cannot be read", {})
        if any(is_sips(contact.uri) for contact in contacts) and not _sips_throughout(request):
            return Outcome(400, "A sips Contact needs sips in Request-URI and Path", {})
        if not _flow_reaches(request) and _asks_for_flow(request, values):
            return Outcome(439, "", {})
        wishes = [self._granted(contact, request) for contact in contacts]
        if any(0 < wish < self._config.min_expires for wish in wishes):
            return Outcome(423, "", {"Min-Expires": [str(self._config.min_expires)]})
        return self._apply(request, aor, list(zip(contacts, wishes, strict=True)), flow, now)

    def _granted(self, contact: NameAddress, request: Request) -> int:
        wish = contact.parameters.get("expires") or request.get("Expires")
        if not (wish.isascii() and wish.isdigit()):
            return self._config.default_expires
        return min(int(wish[:10]), self._config.max_expires)

    def _apply(
        self, request: Request, aor: str, wishes: list[tuple[NameAddress, int]], flow: Flow, now: int
    ) -> Outcome:
        kept = list(self._bindings.get(aor, ()))
        if any(_is_older(request, binding) and _same(binding, contact) for binding in kept for contact, _ in wishes):
            return Outcome(500, "out of order", {"Retry-After": ["1"]})
        events: list[RegistrarEvent] = []
        for contact, seconds in wishes:
            for binding in [binding for binding in kept if _same(binding, contact)]:
                kept.remove(binding)
                if not seconds:
                    events.append(Unregistered(aor, binding))
            if seconds:
                binding = _binding(request, aor, contact, now + seconds * SECOND, flow, now)
                kept.append(binding)
                events.append(Registered(aor, binding))
        if len(kept) > self._config.max_contacts:
            return Outcome(403, "too many contacts", {})
        self._store(aor, kept)
        return Outcome(200, "", self._listing(request, aor, now) | _outbound(request, wishes), tuple(events))

    def _remove_all(self, request: Request, aor: str, now: int) -> Outcome:
        gone = self._bindings.get(aor, [])
        if any(_is_older(request, binding) for binding in gone):
            return Outcome(500, "out of order", {"Retry-After": ["1"]})
        self._store(aor, [])
        return Outcome(200, "", self._listing(request, aor, now), tuple(Unregistered(aor, binding) for binding in gone))

    def _listing(self, request: Request, aor: str, now: int) -> dict[str, list[str]]:
        contacts, named = [], "gruu" in request.tokens("Supported")
        address = request.address("To")
        for binding in self.bindings(aor):
            instance = f';+sip.instance="{binding.instance}"' if binding.instance else ""
            instance += f";reg-id={binding.reg_id}" if binding.reg_id else ""
            if named and binding.instance and address is not None:
                hidden = self._gruus.make(address.uri, aor, self._mark(binding), binding.cseq)
                instance += f';pub-gruu="{gruu.public(address.uri, binding.instance)}";temp-gruu="{hidden}"'
            preference = f";q={binding.q:g}" if binding.q != 1 else ""
            left = max(0, -(-(binding.expires_at - now) // SECOND))
            contacts.append(f"<{binding.contact}>;expires={left}{preference}{instance}")
        return {"Contact": contacts} if contacts else {}

    def _store(self, aor: str, bindings: list[Binding]) -> None:
        if bindings:
            self._bindings[aor] = bindings
            self._timers.set(OWNER, aor, min(binding.expires_at for binding in bindings))
        else:
            self._bindings.pop(aor, None)
            self._timers.cancel(OWNER, aor)

    def handle_timer(self, aor: str, now: int) -> list[Expired]:
        kept: list[Binding] = []
        gone: list[Binding] = []
        for binding in self._bindings.get(aor, ()):
            (kept if binding.expires_at > now else gone).append(binding)
        self._store(aor, kept)
        return [Expired(aor, binding, "time") for binding in gone]

    def remove(self, aor: str, contact: str) -> Binding | None:
        """Forget one contact."""
        bindings = self._bindings.get(aor, [])
        gone = next((binding for binding in bindings if binding.contact == contact), None)
        self._store(aor, [binding for binding in bindings if binding is not gone])
        return gone

    def flow_failed(self, aor: str, flow: Flow, path: tuple[str, ...]) -> Expired | None:
        """A proxy on the way has lost the device's flow (RFC 5626 section 5.3): the binding by it goes."""
        bindings = self._bindings.get(aor, [])
        gone = next((one for one in bindings if one.reg_id and (one.flow, one.path) == (flow, path)), None)
        if gone is None:
            return None
        self._store(aor, [binding for binding in bindings if binding is not gone])
        return Expired(aor, gone, "flow_lost")

    def flow_lost(self, flow: Flow) -> list[Expired]:
        """WebSocket bindings go; a TCP device that named an address can be called back there."""
        events: list[Expired] = []
        for aor, bindings in list(self._bindings.items()):
            if not any(binding.flow.same_path(flow) for binding in bindings):
                continue
            kept = []
            for binding in bindings:
                moved = _without_connection(binding) if binding.flow.same_path(flow) else binding
                if moved is None:
                    events.append(Expired(aor, binding, "flow_lost"))
                else:
                    kept.append(moved)
            self._store(aor, kept)
        return events

    def resume(self, raw: list[Any], now: int) -> list[Binding]:
        """Take up what another run has left (`to_state`); those that can still be reached. Connections are gone with
        it: who named an address is called there, a browser registers again by itself."""
        kept: list[Binding] = []
        for binding in map(Binding.from_state, raw):
            alive = _without_connection(binding) if binding.flow.reliable else binding
            if alive is not None and alive.expires_at > now and alive.aor not in self._bindings:
                kept.append(alive)
        for aor in dict.fromkeys(binding.aor for binding in kept):
            self._store(aor, [binding for binding in kept if binding.aor == aor])
        return kept

    def to_state(self) -> list[Any]:
        return [binding.to_state() for bindings in self._bindings.values() for binding in bindings]

    @classmethod
    def from_state(cls, raw: list[Any], config: RegistrarConfig, timers: TimerQueue, secret: bytes = b"") -> Registrar:
        """`timers` must hold the alarms of the same moment."""
        registrar = cls(config, timers, secret)
        for one in raw:
            binding = Binding.from_state(one)
            registrar._bindings.setdefault(binding.aor, []).append(binding)
        return registrar


def _without_connection(binding: Binding) -> Binding | None:
    hop = next_hop(binding.contact)
    if binding.flow.transport in ("ws", "wss") or binding.reg_id or hop is None:
        return None
    return binding.on_flow(Flow(binding.flow.transport, binding.flow.local, hop))


def _binding(request: Request, aor: str, contact: NameAddress, expires_at: int, flow: Flow, now: int) -> Binding:
    return Binding(
        aor=aor,
        contact=contact.uri,
        instance=_instance(contact),
        reg_id=contact.parameters.get("reg-id") or "",
        call_id=request.call_id,
        cseq=request.cseq[0],
        expires_at=expires_at,
        registered_at=now,
        flow=flow,
        path=tuple(request.all("Path")),
        user_agent=grammar.readable(request.get("User-Agent")),
        allow_events=tuple(request.tokens("Allow-Events")),
        answers_options="OPTIONS" in request.all("Allow"),
        takes_texts="MESSAGE" in request.all("Allow") or "MESSAGE" in _methods(contact),
        q=_preference(contact),
    )


def _preference(contact: NameAddress) -> float:
    """The q of a contact (RFC 3261 section 20.10); 1 where it says none that can be read."""
    value = contact.parameters.get("q") or ""
    return min(float(value), 1.0) if _Q.fullmatch(value) else 1.0


def _methods(contact: NameAddress) -> list[str]:
    """What a device says it takes, as a feature of its contact (RFC 3840 section 9)."""
    return [method.strip().upper() for method in (contact.parameters.get("methods") or "").strip('"').split(",")]


def _instance(contact: NameAddress) -> str:
    return (contact.parameters.get("+sip.instance") or "").strip('"')


def _flow_reaches(request: Request) -> bool:
    """RFC 5626 section 6: the connection is the device's own, or the first proxy keeps flows (`ob` in its Path)."""
    paths = request.all("Path")
    return len(request.all("Via")) == 1 or (bool(paths) and _OB.search(paths[0]) is not None)


def _sips_throughout(request: Request) -> bool:
    paths = (path.partition("<")[2] for path in request.all("Path"))
    return is_sips(request.uri) and all(map(is_sips, paths))


def _asks_for_flow(request: Request, contacts: list[str]) -> bool:
    return "outbound" in request.tokens("Supported") and any("reg-id" in contact.lower() for contact in contacts)


def _with_flow(request: Request, contact: NameAddress) -> NameAddress:
    """The contact without a reg-id that does not count: without an instance, out of range, or by a strange proxy."""
    reg_id = contact.parameters.get("reg-id")
    if reg_id is None:
        return contact
    counts = _instance(contact) and reg_id.isascii() and reg_id.isdigit() and 0 < int(reg_id[:11]) < 2**31
    if counts and _flow_reaches(request):
        return contact
    kept = {name: value for name, value in contact.parameters.items() if name != "reg-id"}
    return NameAddress(contact.uri, contact.name, kept)


def _outbound(request: Request, wishes: list[tuple[NameAddress, int]]) -> dict[str, list[str]]:
    """RFC 5626 section 6: say that the flow is kept, and how often it wants a keep-alive."""
    asked = any(_instance(contact) and contact.parameters.get("reg-id") and seconds for contact, seconds in wishes)
    if not asked or "outbound" not in request.tokens("Supported"):
        return {}
    return {"Require": ["outbound"], "Flow-Timer": [str(FLOW_TIMER_S)]}


def _is_older(request: Request, binding: Binding) -> bool:
    return binding.call_id == request.call_id and request.cseq[0] <= binding.cseq


def _same(binding: Binding, contact: NameAddress) -> bool:
    """Equal instance, or equal URI: scheme, user, host, port and transport (19.1.4, what matters of it)."""
    instance = _instance(contact)
    if instance and binding.instance:
        return instance == binding.instance and (contact.parameters.get("reg-id") or "") == binding.reg_id
    return binding.contact == contact.uri or _essence(binding.contact) == _essence(contact.uri)


def _essence(uri: str) -> tuple[object, ...]:
    parsed = grammar.parse_uri(uri)
    parameters = {name.lower(): value for name, value in parsed.parameters.items()}
    transport = (parameters.get("transport") or "").lower()
    return (parsed.scheme, parsed.user, parsed.host.lower(), parsed.port, transport)
