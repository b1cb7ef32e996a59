"""The SIP user agent that calls/ drives, sans-IO: bytes, commands and time in; bytes and events out.

Serves item 4 of the foundation. Every public method returns the effects to carry out, in order. A command that does
not fit raises YingdaError and changes nothing.

Answers that need nobody: 400 to what is malformed, the refusals of `gate`, 481 to what belongs to no dialog, OPTIONS,
REGISTER, retransmissions, and keep-alives (a double CRLF on a stream gets its pong).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from yingda.kernel.ids import IdSource
from yingda.sip import devices, digest, message, registrar, state, subscriptions
from yingda.sip.core import ALLOW, SUPPORTED_LINE, Core, EndpointConfig
from yingda.sip.devices import Abilities
from yingda.sip.events import Binding, Effect, Ended, Garbled, Registered, Target
from yingda.sip.flow import DEFAULT_PORTS, Flow
from yingda.sip.gate import Gate
from yingda.sip.grammar import NameAddress, Via
from yingda.sip.incoming import Incoming
from yingda.sip.message import MalformedMessage, Request, Response
from yingda.sip.outgoing import Outgoing
from yingda.sip.refer import Refer
from yingda.sip.reliable import Reliable
from yingda.sip.remote_control import RemoteControl
from yingda.sip.session import CallState, Session
from yingda.sip.session_timer import SessionTimer
from yingda.sip.subscriptions import Lamp, Subscriptions
from yingda.sip.transaction import ClientTransaction, ServerTransaction, State

IN_DIALOG = frozenset({"BYE", "INFO", "PRACK", "REFER", "UPDATE"})


class Endpoint:
    """ids: names of calls, tags, branches. secret: keys the digest nonces; the same after a restart."""

    def __init__(self, config: EndpointConfig, ids: IdSource, secret: bytes) -> None:
        self._core = Core(config, ids, secret)
        self._assemble()

    def _assemble(self) -> None:
        timer, self._reliable, self._refer = SessionTimer(self._core), Reliable(self._core), Refer(self._core)
        self._subscriptions, self._remote_control = Subscriptions(self._core), RemoteControl(self._core)
        self._gate = Gate(self._core, timer)
        self._outgoing = Outgoing(self._core, timer, self._reliable)
        self._incoming = Incoming(self._core, self._outgoing, timer, self._reliable, self._refer)

    # ---- what comes in ----

    def receive(self, data: bytes, flow: Flow, now: int) -> list[Effect]:
        """One datagram, or one message cut out of a stream. Never raises."""
        if not data.strip(b"\r\n\0 \t"):
            if flow.reliable and data.startswith(b"\r\n\r\n"):
                self._core.send(b"\r\n", flow)  # RFC 5626 section 3.5.1
            return self._core.take()
        try:
            received = message.parse(data)
        except MalformedMessage as flaw:
            self._malformed(flaw, flow)
            return self._core.take()
        if isinstance(received, Response):
            self._response(received, flow, now)
        else:
            self._request(received, flow, now)
        return self._core.take()

    def _malformed(self, flaw: MalformedMessage, flow: Flow) -> None:
        core = self._core
        core.counters["in", "malformed", flow.transport] += 1
        if flaw.request is not None:
            reply_flow = _stamp(flaw.request, flow)
            phrase = message.REASONS[flaw.code]
            reason = phrase if flaw.reason == phrase else f"{phrase}: {flaw.reason}"
            headers = {"Allow": [ALLOW]} if flaw.code == 501 else {}
            reply = message.response_to(flaw.request, flaw.code, reason, to_tag=core.token(), headers=headers)
            core.send(reply.to_bytes(), reply_flow)
            core.counters["out", str(flaw.code), flow.transport] += 1
        elif core.transactions.awaits(flow):
            core.emit(Garbled(flow))

    def _response(self, response: Response, flow: Flow, now: int) -> None:
        core = self._core
        core.counters["in", str(response.code), flow.transport] += 1
        transaction, reply = core.transactions.receive_response(response, flow, now)
        core.send_packet(reply)
        if transaction is not None and transaction.method == "NOTIFY":
            self._notified(transaction, response.code)
        elif transaction is not None:
            self._outgoing.on_response(transaction, response, flow, now)

    def _request(self, request: Request, flow: Flow, now: int) -> None:
        core = self._core
        known_method = request.method if request.method in ALLOW else "other"
        core.counters["in", known_method, flow.transport] += 1
        reply_flow = _stamp(request, flow)
        transaction = core.transactions.find_server(request)
        if request.method == "ACK":
            self._ack(transaction, request, flow, now)
        elif transaction is not None:
            again = transaction.on_request()
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
        elif not self._gate.formal(transaction, request, now):
            return
        elif request.method == "REGISTER":
            self._register(transaction, request, flow, now)
        elif request.method == "SUBSCRIBE":
            self._subscribe(transaction, request, flow, now)
        elif request.to_tag or request.method in IN_DIALOG:
            session = core.of_dialog(request)
            if session is None and request.method == "REFER" and not request.to_tag:
                self._refer.stray(transaction, now)
            elif session is None:
                core.reply(transaction, 481, now)
            else:
                self._incoming.in_dialog(transaction, session, request, flow, now)
        elif request.method == "OPTIONS":
            headers = {"Allow": [ALLOW], "Accept": ["application/sdp"], "Supported": [SUPPORTED_LINE]}
            core.reply(transaction, 200, now, headers=headers)
        elif (let_in := self._gate.admit(transaction, request, flow, now)) is None:
            return
        elif request.method == "MESSAGE":
            assert let_in.facts is not None
            self._incoming.text(transaction, request, let_in.facts, now, username=let_in.username, trunk=let_in.trunk)
        else:
            self._incoming.invite(transaction, request, flow, let_in, now)

    def _subscribe(self, transaction: ServerTransaction, request: Request, flow: Flow, now: int) -> None:
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
                self._rehome_calls(event.binding)

    def _rehome_calls(self, binding: Binding) -> None:
        """Calls of a device that lost its connection go on over the one it registered by."""
        for session in self._core.sessions.values():
            dialog = session.dialog
            if dialog is not None and session.aor == binding.aor and dialog.flow.reliable:
                lost = not dialog.flow.connection and binding.flow.transport == dialog.flow.transport
                if lost and binding.flow.connection:
                    self._incoming.rehome(session, binding.flow)

    # ---- commands ----

    def invite(
        self,
        target: Target | Binding,
        *,
        caller: NameAddress,
        sdp: str,
        now: int,
        called: NameAddress | None = None,
        headers: Mapping[str, str] | None = None,
        credentials: str = "",
        max_forwards: int = 70,
    ) -> tuple[str, list[Effect]]:
        """Call a target or a registered device. caller, called: From and To. credentials: name for a 401 or 407.

        Returns the key that all events of this call carry, and the effects.
        """
        place = target.target() if isinstance(target, Binding) else target
        called = called or NameAddress(place.uri)
        key = self._outgoing.invite(place, caller, called, sdp, now, headers or {}, credentials, max_forwards)
        return key, self._core.take()

    def ring(self, key: str, now: int, code: int = 180, sdp: str | None = None) -> list[Effect]:
        """A provisional reply to an incoming call; sdp: early media (183)."""
        self._incoming.ring(self._core.session(key), code, sdp, now)
        return self._core.take()

    def answer(self, key: str, sdp: str, now: int) -> list[Effect]:
        """Answer an incoming call, or the re-INVITE that was told last."""
        self._incoming.answer(self._core.session(key), sdp, now)
        return self._core.take()

    def reject(
        self, key: str, code: int, now: int, reason: str = "", headers: Mapping[str, list[str]] | None = None
    ) -> list[Effect]:
        """Refuse an incoming call, or the re-INVITE that was told last."""
        self._incoming.reject(self._core.session(key), code, reason, dict(headers or {}), now)
        return self._core.take()

    def cancel(self, key: str, now: int, reason: str = "") -> list[Effect]:
        """Give up a call we make. reason: a Reason value such as `session.COMPLETED_ELSEWHERE`."""
        self._outgoing.cancel(self._core.session(key), reason, now)
        return self._core.take()

    def bye(self, key: str, now: int, reason: str = "") -> list[Effect]:
        """End an answered call. reason: a Reason value."""
        self._outgoing.bye(self._core.session(key), reason, now)
        return self._core.take()

    def hang_up(self, key: str, now: int, reason: str = "") -> list[Effect]:
        """End a call whatever its state: reject with 480, cancel or bye. Nothing if it is ending or gone."""
        session = self._core.sessions.get(key)
        if session is None or session.state in (CallState.ENDING, CallState.CANCELLING):
            return []
        if session.state is CallState.INCOMING:
            return self.reject(key, 480, now, headers={"Reason": [reason]} if reason else None)
        return self.cancel(key, now, reason) if session.state is CallState.CALLING else self.bye(key, now, reason)

    def reinvite(self, key: str, sdp: str, now: int) -> list[Effect]:
        """Offer a change of media inside an answered call."""
        self._outgoing.reinvite(self._core.session(key), sdp, now)
        return self._core.take()

    def accept_refer(self, key: str, now: int) -> list[Effect]:
        """Go about the transfer that was asked for; `refer_result` follows."""
        self._refer.accept(self._core.session(key), now)
        return self._core.take()

    def reject_refer(
        self, key: str, code: int, now: int, headers: Mapping[str, list[str]] | None = None
    ) -> list[Effect]:
        self._refer.reject(self._core.session(key), code, now, headers)
        return self._core.take()

    def refer_result(self, key: str, code: int, now: int) -> list[Effect]:
        """What becomes of the transfer: the new call's status, 1xx any number of times, then a final one.

        Nothing happens if the call that asked for it is over already (phones hang up at once).
        """
        session = self._core.sessions.get(key)
        if session is not None:
            self._refer.result(session, code, now)
        return self._core.take()

    def abilities(self, aor: str) -> Abilities:
        """What the desk can do with a device's calls; a desk's button is there only if its ability is.

        talk: `press(key, "talk")` answers a call of ours that rings at it. hold: `press(key, "hold")`. auto_answer:
        `invite(…, headers=devices.AUTO_ANSWER)` is answered without a hand. Nothing for a device that is not here.
        """
        bindings = self._core.registrar.bindings(aor)
        return devices.abilities(bindings[0].user_agent, bindings[0].allow_events) if bindings else Abilities()

    def press(self, key: str, control: str, now: int) -> list[Effect]:
        """Press a key of the device in this call: talk (answer what rings, or take it back from hold) or hold.

        The device then acts as if by hand: `Answered` or `Reinvited` follow, or `KeyRefused`. Raises `sip_key_unknown`
        for a device that has not said in Allow-Events that it can.
        """
        self._remote_control.press(self._core.session(key), control, now)
        return self._core.take()

    def show_lamps(self, aor: str, lamps: list[Lamp], now: int) -> list[Effect]:
        """The calls of a device, for those who watch it (`Event: dialog`)."""
        self._subscriptions.show_lamps(aor, lamps, now)
        return self._core.take()

    def show_messages(self, aor: str, new: int, old: int, now: int) -> list[Effect]:
        """The messages that wait for somebody (`Event: message-summary`)."""
        self._subscriptions.show_messages(aor, new, old, now)
        return self._core.take()

    def options(self, target: Target | Binding, *, caller: NameAddress, now: int) -> tuple[str, list[Effect]]:
        """Ask whether somebody is there; `OptionsAnswered` follows."""
        place = target.target() if isinstance(target, Binding) else target
        key = self._outgoing.options(place, caller, now)
        return key, self._core.take()

    # ---- time and loss ----

    def next_timer(self) -> int | None:
        return self._core.timers.next()

    def handle_timer(self, now: int) -> list[Effect]:
        for owner, name in self._core.timers.pop_due(now):
            session = self._core.sessions.get(owner)
            if session is not None:
                self._session_timer(session, name, now)
            elif owner == digest.OWNER:
                self._core.sweep_nonces(now)
            elif owner == subscriptions.OWNER:
                self._subscriptions.handle_timer(name, now)
            elif owner == registrar.OWNER:
                for event in self._core.registrar.handle_timer(name, now):
                    self._core.emit(event)
            else:
                self._transaction_timer(owner, name, now)
        return self._core.take()

    def _session_timer(self, session: Session, name: str, now: int) -> None:
        if name == "ok":
            self._incoming.repeat_ok(session, now)
        elif name == "ring":
            self._incoming.ring_again(session, now)
        elif name == "cancel":
            self._outgoing.cancel_expired(session)
        elif name == "glare":
            self._outgoing.glare_over(session, now)
        elif name == "refresh":
            self._outgoing.refresh(session, now)
        elif name == "expire":
            self._outgoing.expired(session, now)
        elif name == "prack":
            self._reliable.repeat(session, now)
        elif name == "flow":
            session.move(CallState.ENDED)
            self._core.drop(session)
            self._core.emit(Ended(session.key, "system", "Connection lost"))

    def _transaction_timer(self, key: str, name: str, now: int) -> None:
        packet, timed_out = self._core.transactions.handle_timer(key, name, now)
        self._core.send_packet(packet)
        if timed_out is not None and isinstance(timed_out.transaction, ClientTransaction):
            self._unanswered(timed_out.transaction, 408, now)

    def _unanswered(self, transaction: ClientTransaction, code: int, now: int) -> None:
        if transaction.method == "NOTIFY":
            self._notified(transaction, code)
        else:
            self._outgoing.on_timeout(transaction, code, now)

    def _notified(self, transaction: ClientTransaction, code: int) -> None:
        """What a NOTIFY of ours met with."""
        kind, _, name = transaction.owner.partition(":")
        if kind == "key":
            self._remote_control.answered(self._core.sessions.get(name), code)
        elif kind == "notify" and code >= 300:
            self._subscriptions.refused(name)

    def flow_lost(self, flow: Flow, now: int) -> list[Effect]:
        """A stream connection is gone, or could not be opened."""
        core = self._core
        for event in core.registrar.flow_lost(flow):
            core.emit(event)
        lost = core.transactions.on_flow(flow)
        for transaction in lost:
            core.transactions.finish(transaction)
        keys = {transaction.key for transaction in lost}
        for session in list(core.sessions.values()):
            if session.state is CallState.INCOMING and session.transaction in keys:
                self._incoming.flow_lost(session)
            elif session.dialog is not None and session.dialog.flow.same_path(flow):
                session.dialog.flow = Flow(flow.transport, flow.local, flow.remote)
                core.timers.set(session.key, "flow", now + core.config.flow_grace)
        for transaction in lost:
            if isinstance(transaction, ClientTransaction):
                self._unanswered(transaction, 503, now)
        return core.take()

    # ---- looking in ----

    def replied(self, key: str) -> bool:
        """Has the INVITE of this call had any reply yet?"""
        session = self._core.sessions.get(key)
        transaction = self._core.transactions.clients.get((session.transaction if session is not None else None) or "")
        return transaction is not None and transaction.state is not State.CALLING

    def advertises(self, flow: Flow) -> bool:
        """Is this peer told another address than that of our socket?"""
        return bool(self._core.advertised(flow))

    @property
    def advertises_to_others(self) -> bool:
        return bool(self._core.config.advertised)

    def bindings(self, aor: str) -> tuple[Binding, ...]:
        """Where a device is reached now, newest first."""
        return self._core.registrar.bindings(aor)

    @property
    def counters(self) -> Counter[tuple[str, str, str]]:
        """Messages by (in or out, method or status or `malformed`, transport)."""
        return self._core.counters

    def live(self) -> dict[str, int]:
        """Sizes of the tables: nothing may stay when all is over."""
        core = self._core
        return {
            "transactions": len(core.transactions),
            "calls": len(core.sessions),
            "dialogs": len(core.dialogs),
            "bindings": len(core.registrar),
            "subscriptions": len(self._subscriptions),
        }

    # ---- state ----

    def to_state(self) -> dict[str, Any]:
        """Everything that later behaviour depends on, fit for JSON."""
        return state.take(self._core, self._subscriptions)

    @classmethod
    def from_state(cls, raw: dict[str, Any], config: EndpointConfig, ids: IdSource, secret: bytes) -> Endpoint:
        """An endpoint that goes on where `to_state` was taken. ValueError for another version's state."""
        endpoint = cls(config, ids, secret)
        state.give(endpoint._core, endpoint._subscriptions, raw)
        return endpoint


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
