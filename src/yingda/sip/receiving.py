"""What comes off the wire, sorted: replies to their transactions, requests to whoever answers them.

Answers that need nobody: 400 to what is malformed, the refusals of `gate`, 481 to what belongs to no dialog, OPTIONS,
REGISTER, retransmissions, and keep-alives (a double CRLF on a stream gets its pong).
"""

from __future__ import annotations

from dataclasses import dataclass

from yingda.sip import causes, message
from yingda.sip.core import ACCEPT, ALLOW, SUPPORTED_LINE, Core
from yingda.sip.events import Aliased, Binding, Garbled, Registered
from yingda.sip.flow import DEFAULT_PORTS, Flow
from yingda.sip.gate import Gate
from yingda.sip.grammar import Via
from yingda.sip.incoming import Incoming
from yingda.sip.message import MalformedMessage, Request, Response
from yingda.sip.outgoing import Outgoing
from yingda.sip.reachability import QUESTION, Reachability
from yingda.sip.refer import Refer
from yingda.sip.registration import METHOD as REGISTRATION
from yingda.sip.registration import Registration
from yingda.sip.remote_control import KEY, RemoteControl
from yingda.sip.subscriptions import PACKAGES, WATCHER, Subscriptions, package_of
from yingda.sip.texting import TEXT, Texting
from yingda.sip.transaction import ClientTransaction, ServerTransaction, State

IN_DIALOG = frozenset({"BYE", "INFO", "PRACK", "REFER", "UPDATE"})


@dataclass(frozen=True, slots=True)
class Parts:
    """Those who answer."""

    core: Core
    gate: Gate
    incoming: Incoming
    outgoing: Outgoing
    refer: Refer
    subscriptions: Subscriptions
    remote_control: RemoteControl
    reachability: Reachability
    registration: Registration
    texting: Texting


class Receiving:
    def __init__(self, parts: Parts) -> None:
        self._core, self._gate, self._incoming = parts.core, parts.gate, parts.incoming
        self._outgoing, self._refer = parts.outgoing, parts.refer
        self._subscriptions, self._remote_control = parts.subscriptions, parts.remote_control
        self._reachability, self._registration = parts.reachability, parts.registration
        self._texting = parts.texting

    def receive(self, data: bytes, flow: Flow, now: int) -> None:
        if not self._core.brake.passes(flow.remote[0], now):
            self._core.counters["in", "dropped", flow.transport] += 1
            return
        if not data.strip(b"\r\n\0 \t"):
            if flow.reliable and data.startswith(b"\r\n\r\n"):
                self._core.send(b"\r\n", flow)  # RFC 5626 section 3.5.1
            return
        try:
            received = message.parse(data)
        except MalformedMessage as flaw:
            self._malformed(flaw, flow)
            return
        if isinstance(received, Response):
            self._response(received, flow, now)
        else:
            self._request(received, flow, now)

    def _malformed(self, flaw: MalformedMessage, flow: Flow) -> None:
        core = self._core
        core.counters["in", "malformed", flow.transport] += 1
        if flaw.request is not None:
            reply_flow = _stamp(flaw.request, flow)
            phrase = message.REASONS[flaw.code]
            reason = phrase if flaw.reason == phrase else f"{phrase}: {flaw.reason}"
            headers = {"Allow": [ALLOW]} if flaw.code == 501 else {}
            if flaw.request.method == "INVITE" and (cause := causes.reason(flaw.code)) is not None:
                headers["Reason"] = [cause]
            reply = message.response_to(flaw.request, flaw.code, reason, to_tag=core.token(), headers=headers)
            core.send(reply.to_bytes(), reply_flow)
            core.counters["out", str(flaw.code), flow.transport] += 1
            self._gate.told(flaw.request, flow, flaw.code, reason)
        elif core.transactions.awaits(flow):
            core.emit(Garbled(flow))

    def _response(self, response: Response, flow: Flow, now: int) -> None:
        core = self._core
        core.counters["in", str(response.code), flow.transport] += 1
        transaction, reply = core.transactions.receive_response(response, flow, now)
        core.send_packet(reply)
        if transaction is None:
            return
        if transaction.method == REGISTRATION:
            self._registration.on_response(transaction, response, flow, now)
        elif not self._answered(transaction, response.code):
            self._outgoing.on_response(transaction, response, flow, now)
            core.stirred.add(transaction.owner.partition(":")[2])

    def _request(self, request: Request, flow: Flow, now: int) -> None:
        core = self._core
        known_method = request.method if request.method in ALLOW else "other"
        core.counters["in", known_method, flow.transport] += 1
        reply_flow = _stamp(request, flow)
        if flow.transport == "tls" and "alias" in request.via.parameters:
            core.emit(Aliased(flow, (flow.remote[0], request.via.port or DEFAULT_PORTS["tls"])))
        transaction = core.transactions.find_server(request)
        if request.method == "ACK":
            self._ack(transaction, request, flow, now)
        elif transaction is not None:
            again = transaction.on_request()
            if flow.reliable:
                transaction.flow = reply_flow  # it may come again by another connection
            if again is not None:
                core.send(again, transaction.flow)
        else:
            self._new_request(core.transactions.accept(request, reply_flow), request, flow, now)

    def _ack(self, transaction: ServerTransaction | None, request: Request, flow: Flow, now: int) -> None:
        if transaction is not None and transaction.state in (State.COMPLETED, State.CONFIRMED):
            self._core.transactions.on_ack(transaction, now)
            return
        session = self._core.of_dialog(request)
        if session is not None:
            self._incoming.rehome(session, flow)
            self._incoming.ack(session, request, now)

    def _new_request(self, transaction: ServerTransaction, request: Request, flow: Flow, now: int) -> None:
        core = self._core
        if request.method == "CANCEL":
            self._incoming.cancel(transaction, request, now)
        elif not self._gate.formal(transaction, request, flow, now):
            return
        elif request.method == "REGISTER":
            self._register(transaction, request, flow, now)
        elif request.method == "SUBSCRIBE":
            self._subscribe(transaction, request, flow, now)
        elif request.to_tag or request.method in IN_DIALOG:
            session = core.of_dialog(request)
            if session is None and request.method == "REFER" and not request.to_tag:
                self._refer.stray(transaction, request, flow, now)
            elif session is None:
                core.reply(transaction, 481, now)
            else:
                self._incoming.in_dialog(transaction, session, request, flow, now)
        elif request.method == "OPTIONS":
            headers = {"Allow": [ALLOW], "Accept": [ACCEPT], "Supported": [SUPPORTED_LINE]}
            headers["Allow-Events"] = [", ".join(PACKAGES)]
            core.reply(transaction, 200, now, headers=headers)
        elif (let_in := self._gate.admit(transaction, request, flow, now)) is None:
            return
        elif request.method == "MESSAGE":
            assert let_in.facts is not None
            self._incoming.text(transaction, request, let_in.facts, now, username=let_in.username, trunk=let_in.trunk)
        else:
            self._incoming.invite(transaction, request, flow, let_in, now)

    def _subscribe(self, transaction: ServerTransaction, request: Request, flow: Flow, now: int) -> None:
        session = self._core.of_dialog(request) if request.to_tag else None
        if session is not None and package_of(request) == "refer":
            self._refer.subscribed(transaction, session, request, now)
            return
        refusal = self._subscriptions.refuse(request)
        if refusal is not None:
            self._core.reply(transaction, refusal[0], now, headers=refusal[1])
        elif request.to_tag:
            self._subscriptions.again(transaction, request, flow, now)
        elif self._gate.admit(transaction, request, flow, now) is not None:
            self._subscriptions.begin(transaction, request, flow, now)

    def _register(self, transaction: ServerTransaction, request: Request, flow: Flow, now: int) -> None:
        core = self._core
        let_in = self._gate.admit(transaction, request, flow, now)
        if let_in is None or let_in.username is None:
            return
        outcome = core.registrar.register(request, let_in.username, flow, now)
        headers = outcome.headers
        if outcome.code == 200 and (path := request.headers.get("Path")):
            headers["Path"] = path  # RFC 3327 section 5.3
        core.reply(transaction, outcome.code, now, reason=outcome.reason, headers=headers)
        for event in outcome.events:
            core.emit(event)
            if isinstance(event, Registered):
                self._reachability.registered(event.binding, now)
                self._rehome_calls(event.binding)

    def _rehome_calls(self, binding: Binding) -> None:
        """Calls of a device that lost its connection go on over the one it registered by."""
        for session in self._core.sessions.values():
            dialog = session.dialog
            if dialog is not None and session.aor == binding.aor and dialog.flow.reliable:
                lost = not dialog.flow.connection and binding.flow.transport == dialog.flow.transport
                if lost and binding.flow.connection:
                    self._incoming.rehome(session, binding.flow)

    def unanswered(self, transaction: ClientTransaction, code: int, now: int) -> bool:
        """A request of ours met with nothing (408), or its flow is gone (503); False: it is `outgoing`'s affair."""
        if transaction.method == REGISTRATION:
            self._registration.on_timeout(transaction, code, now)
            return True
        return self._answered(transaction, code)

    def _answered(self, transaction: ClientTransaction, code: int) -> bool:
        """What a request of ours met with, if it is no call's own; False: it is `outgoing`'s."""
        kind, _, name = transaction.owner.partition(":")
        if kind == KEY:
            self._remote_control.answered(self._core.sessions.get(name), code)
        elif kind == QUESTION:
            self._reachability.answered(name, code)
        elif kind == TEXT:
            self._texting.answered(name, code)
        elif kind == WATCHER:
            if code >= 300:
                self._subscriptions.refused(name)
        else:
            return False
        return True


def _stamp(request: Request, flow: Flow) -> Flow:
    """Write `received` and `rport` into the top Via; where replies go (RFC 3261 section 18.2, RFC 3581 section 4)."""
    via = request.via
    host, port = flow.remote
    stamped = dict(via.parameters)
    if via.host.strip("[]") != host:
        stamped["received"] = host
    if "rport" in stamped:
        stamped["received"], stamped["rport"] = host, str(port)
    if stamped != via.parameters:
        request.replace_via(Via(via.transport, via.host, via.port, stamped))
    if flow.reliable or "rport" in stamped:
        return flow
    return flow.towards((host, via.port or DEFAULT_PORTS["udp"]))
