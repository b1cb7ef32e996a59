"""What the parts of the endpoint share: tables, timers, names, and the effects of the step under way."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from yingda.kernel.clock import SECOND
from yingda.kernel.errors import YingdaError
from yingda.kernel.ids import IdSource
from yingda.sip import causes, grammar, gruu
from yingda.sip.brake import Brake
from yingda.sip.dialog import Dialog, contact_uri
from yingda.sip.digest import OWNER as DIGEST_TIMER
from yingda.sip.digest import ClientCredentials, DigestServer, Lookup
from yingda.sip.events import Authorise, Challenge, Effect, Event, Refuse, RequestFacts, Send, Trunk
from yingda.sip.flow import Flow, host_port
from yingda.sip.grammar import Via
from yingda.sip.limiter import AttemptLimiter
from yingda.sip.message import Request, Response, response_to
from yingda.sip.registrar import Registrar, RegistrarConfig
from yingda.sip.session import Session
from yingda.sip.timers import TimerQueue
from yingda.sip.transaction import ClientTransaction, ServerTransaction
from yingda.sip.transactions import COOKIE, Packet, Transactions

ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, PRACK, UPDATE, REFER, MESSAGE, SUBSCRIBE, REGISTER"
ACCEPT = "application/sdp, multipart/mixed"
METHODS = frozenset(ALLOW.split(", "))
SUPPORTED = frozenset({"100rel", "norefersub", "outbound", "path", "replaces", "timer"})
UNDERSTOOD = SUPPORTED | {"gruu"}  # what others may require of us: a registrar gives them out (RFC 5627)
SUPPORTED_LINE = ", ".join(sorted(SUPPORTED))
SESSION_TIMERS = ("ok", "ring", "prack", "lapse", "cancel", "flow", "glare", "refresh", "expire")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
LARGEST_DATAGRAM = 1_300  # RFC 3261 18.1.1: a larger request goes over TCP where the path's MTU is not known
BODY_WORTH_A_LOOK = 500  # a request with less of a body is never as large


def _nobody(username: str, realm: str, algorithm: str) -> str | None:
    return None


def _challenge_all(facts: RequestFacts, flow: Flow) -> Trunk | Challenge | Refuse:
    return Challenge()


def _everybody(host: str) -> bool:
    return True


def _as_all(host: str) -> str:
    return ""


def _no_trunk(username: str) -> str | None:
    return None


def _no_credentials(name: str) -> ClientCredentials | None:
    return None


@dataclass(frozen=True)
class EndpointConfig:
    """What an endpoint is told once.

    realm: of our digest and our users. product: in Server and User-Agent. advertised: `host:port` by transport, where
    peers must not use the socket's own address; those in local_networks use it all the same. advertised_to: what host
    we are for the peer at an address (a trunk's own), empty for none. peers: is this a trunk's address? Others may
    flood us (`brake`). tcp: large requests may open a connection. lookup: HA1 of our users. credentials: ours towards
    peers, by the name given to `invite`. trunk_of: the trunk that proves itself by a username. algorithms: challenges
    offered, a header each; MD5 first, because browsers' phones (JsSIP) look at no other. flow_grace: µs that an
    answered call outlives its lost connection. session_interval: seconds between the refreshes of a call that we ask
    for (RFC 4028); 0: we do not ask.
    """

    realm: str = "yingda"
    product: str = "Yingda"
    advertised: Mapping[str, str] = field(default_factory=dict)
    local_networks: tuple[Network, ...] = ()
    peers: Callable[[str], bool] = _everybody
    advertised_to: Callable[[str], str] = _as_all
    tcp: bool = True
    lookup: Lookup = _nobody
    authorise: Authorise = _challenge_all
    credentials: Callable[[str], ClientCredentials | None] = _no_credentials
    trunk_of: Callable[[str], str | None] = _no_trunk
    algorithms: tuple[str, ...] = ("MD5", "SHA-256")
    nonce_lifetime: int = 300 * SECOND
    registrar: RegistrarConfig = field(default_factory=RegistrarConfig)
    flow_grace: int = 30 * SECOND
    session_interval: int = 0


class Core:
    def __init__(self, config: EndpointConfig, ids: IdSource, secret: bytes) -> None:
        self.config, self.ids = config, ids
        self.timers = TimerQueue()
        self.transactions = Transactions(self.timers)
        self.secret = secret
        self.registrar = Registrar(config.registrar, self.timers, secret)
        self.digest = DigestServer(config.realm, secret, config.lookup, config.algorithms, config.nonce_lifetime)
        self.limiter = AttemptLimiter()
        self.brake = Brake(lambda host: config.peers(host) or self.registrar.has_device_at(host))
        self.sessions: dict[str, Session] = {}
        self.dialogs: dict[tuple[str, str, str], str] = {}
        self._is_local = lru_cache(maxsize=4096)(self._in_local_networks)
        self.counters: Counter[tuple[str, str, str]] = Counter()  # (direction, method or status, transport)
        self.shedding = False  # new calls are refused: too much comes in
        self.stirred: set[str] = set()  # calls in whose dialog something was said since they were last written down
        self._effects: list[Effect] = []

    def watch_nonces(self, now: int) -> None:
        """A nonce is in use: see to it that it is forgotten one day."""
        if not self.timers.has(DIGEST_TIMER, "sweep"):
            self.timers.set(DIGEST_TIMER, "sweep", now + self.config.nonce_lifetime)

    def sweep_nonces(self, now: int) -> None:
        """Now, and again as long as there is something to sweep."""
        if self.digest.sweep(now):
            self.timers.set(DIGEST_TIMER, "sweep", now + self.config.nonce_lifetime)

    # ---- effects ----

    def take(self) -> list[Effect]:
        effects, self._effects = self._effects, []
        return effects

    def emit(self, event: Event) -> None:
        self._effects.append(event)

    def send(self, data: bytes, flow: Flow) -> None:
        self._effects.append(Send(data, flow))

    def send_packet(self, packet: Packet | None) -> None:
        if packet is not None:
            self._effects.append(Send(*packet))

    # ---- names ----

    def token(self) -> str:
        """64 bits nobody can guess: for tags, branches and client nonces."""
        return self.ids().replace("-", "")[-16:]

    def branch(self) -> str:
        return COOKIE + self.token()

    def _in_local_networks(self, host: str) -> bool:
        address = ipaddress.ip_address(host)
        return any(address in network for network in self.config.local_networks)

    def advertised(self, flow: Flow) -> str:
        """`host:port` that this peer is told instead of the socket's own; empty: the socket's own."""
        told = self.config.advertised.get(flow.transport, "")
        if own := self.config.advertised_to(flow.remote[0]):
            port = int(told.rpartition(":")[2]) if told else flow.local[1]
            return host_port((own, port))
        return told if told and not self._is_local(flow.remote[0]) else ""

    def via_host(self, flow: Flow) -> str:
        return self.advertised(flow) or host_port(flow.local)

    def via(self, flow: Flow) -> str:
        return f"SIP/2.0/{flow.transport.upper()} {self.via_host(flow)};branch={self.branch()};rport"

    def contact(self, user: str, flow: Flow, *, secure: bool = False) -> str:
        return f"<{contact_uri(user, flow, self.advertised(flow), secure=secure)}>"

    def contact_in(self, dialog: Dialog, user: str = "") -> str:
        return self.contact(user, dialog.flow, secure=dialog.secure)

    # ---- requests and replies ----

    def start(self, request: Request, flow: Flow, owner: str, now: int) -> str:
        """Send a request in a new client transaction; its key."""
        request.headers["User-Agent"] = [self.config.product]
        wide = self._wider(request, flow, owner)
        transaction, packet = self.transactions.send(request, wide, owner, now)
        transaction.narrow = flow if wide is not flow else None
        self.counters["out", request.method, wide.transport] += 1
        self.send_packet(packet)
        return transaction.key

    def again_narrow(self, transaction: ClientTransaction, now: int) -> str | None:
        """The peer takes no connection: the same request in a datagram after all (18.1.1); its key."""
        flow, request = transaction.narrow, transaction.request
        if flow is None:
            return None
        request.replace_via(Via("UDP", request.via.host, request.via.port, {"branch": self.branch(), "rport": None}))
        again, packet = self.transactions.send(request, flow, transaction.owner, now)
        self.counters["out", request.method, flow.transport] += 1
        self.send_packet(packet)
        return again.key

    def _wider(self, request: Request, flow: Flow, owner: str) -> Flow:
        """The way of a large request: a connection; but a device that registered over UDP has told us its way."""
        if flow.transport != "udp" or len(request.body) < BODY_WORTH_A_LOOK or not self.config.tcp:
            return flow
        session = self.sessions.get(owner.partition(":")[2])
        if (session is not None and session.aor) or len(request.to_bytes()) <= LARGEST_DATAGRAM:
            return flow
        request.replace_via(Via("TCP", request.via.host, request.via.port, request.via.parameters))
        return Flow("tcp", flow.local, flow.remote)

    def in_dialog(self, dialog: Dialog, method: str, number: int | None = None) -> Request:
        """To the far end's target; one that is a GRUU of ours means where its device is now."""
        self.stirred.add(self.dialogs.get(dialog.id, ""))
        device = self.registrar.of_gruu(dialog.target) if not dialog.routes else None
        if device is not None and not dialog.flow.connection:
            dialog.flow = device.flow
        request = dialog.request(method, self.branch(), self.via_host(dialog.flow), number)
        if device is not None:
            request.uri = device.contact
            request.headers |= {"Route": list(device.path)} if device.path else {}
        return request

    def reply(
        self,
        transaction: ServerTransaction,
        code: int,
        now: int,
        *,
        reason: str = "",
        to_tag: str = "",
        headers: Mapping[str, list[str]] | None = None,
        sdp: str | None = None,
    ) -> bytes:
        """Answer an open server transaction; the bytes that went out."""
        request = transaction.request
        assert request is not None
        response = response_to(
            request,
            code,
            reason,
            to_tag=to_tag or (self.token() if code > 100 and not request.to_tag else ""),
            headers=headers,
            body=sdp.encode() if sdp is not None else b"",
        )
        if sdp is not None:
            response.headers["Content-Type"] = ["application/sdp"]
        if code >= 400 and request.method == "INVITE" and (cause := causes.reason(code)) is not None:
            response.headers.setdefault("Reason", [cause])
        response.headers["Server"] = [self.config.product]
        packet = self.transactions.respond(transaction, response, now)
        self.counters["out", str(code), transaction.flow.transport] += 1
        self.send_packet(packet)
        return packet[0]

    def warning(self, sentence: str, code: int = 399) -> dict[str, list[str]]:
        """The header that tells a person at the far end why (RFC 3261 section 20.43)."""
        return {"Warning": [f"{code} {self.config.realm} {grammar.quote(sentence)}"]}

    # ---- calls ----

    def session(self, key: str) -> Session:
        session = self.sessions.get(key)
        if session is None:
            raise YingdaError("sip_no_such_call", "There is no such call; it may have ended.")
        return session

    def add_dialog(self, session: Session, dialog: Dialog) -> Dialog:
        session.forks[dialog.remote_tag] = dialog
        self.dialogs[dialog.id] = session.key
        return dialog

    def drop(self, session: Session) -> None:
        """Forget a call that is over."""
        self.timers.cancel(session.key, *SESSION_TIMERS)
        for dialog in session.forks.values():
            self.dialogs.pop(dialog.id, None)
        self.sessions.pop(session.key, None)
        self.stirred.discard(session.key)

    def of_dialog(self, request: Request) -> Session | None:
        """The call that an in-dialog request means."""
        key = self.dialogs.get((request.call_id, request.to_tag, request.from_tag))
        if key is None:
            return None
        self.stirred.add(key)
        return self.sessions.get(key)


def seconds_to_retry(response: Response) -> int | None:
    return response.number("Retry-After")


def _original(request: Request) -> str:
    """The number that was dialled before any diversion: the oldest entry (RFC 5806 section 4, RFC 7044 section 5)."""
    diversions, history = request.all("Diversion"), request.all("History-Info")
    if not diversions and not history:
        return ""
    try:
        uri = grammar.parse_address(diversions[-1] if diversions else history[0]).uri
    except ValueError:
        return ""
    return grammar.user_of(uri.partition("?")[0])


def facts_of(request: Request, flow: Flow, called_uri: str = "") -> RequestFacts:
    """What calls/ needs to know of a request. called_uri: what its Request-URI means, if that is not what it says."""
    meant = called_uri or request.uri
    caller = request.address("From")
    called = request.address("To")
    asserted = request.address("P-Asserted-Identity")
    privacy = set(";".join(request.tokens("Privacy")).replace(" ", "").split(";"))
    from_uri = caller.uri if caller is not None else ""
    forwards = request.number("Max-Forwards")
    return RequestFacts(
        method=request.method,
        call_id=request.get("Call-ID"),
        called_number=grammar.user_of(meant),
        caller_number=grammar.user_of(from_uri),
        caller_display=grammar.readable(caller.name) if caller is not None else "",
        withheld=bool(privacy & {"id", "user", "header"}) or "anonymous@" in from_uri.lower(),
        pai=(grammar.user_of(asserted.uri), grammar.readable(asserted.name)) if asserted is not None else None,
        request_uri=grammar.readable(request.uri),
        from_uri=grammar.readable(from_uri),
        to_uri=grammar.readable(called.uri) if called is not None else "",
        user_agent=grammar.readable(request.get("User-Agent")),
        max_forwards=70 if forwards is None else forwards,
        flow=flow,
        original=_original(request),
        instance=gruu.instance_of(meant),
        headers={name: tuple(map(grammar.readable, values)) for name, values in request.headers.items()},
    )
