"""The SIP user agent that calls/ drives, sans-IO: bytes, commands and time in; bytes and events out.

Serves item 4 of the foundation. Every public method returns the effects to carry out, in order. A command that does
not fit raises YingdaError and changes nothing. What comes in is sorted by `receiving`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

from yingda.kernel.ids import IdSource
from yingda.sip import devices, digest, incoming, reachability, registrar, registration, reliable, state, subscriptions
from yingda.sip.core import Core, EndpointConfig
from yingda.sip.devices import Abilities
from yingda.sip.events import Binding, Effect, Ended, Overloaded, Target
from yingda.sip.flow import Flow
from yingda.sip.gate import Gate
from yingda.sip.grammar import NameAddress
from yingda.sip.incoming import Incoming
from yingda.sip.losses import Losses
from yingda.sip.outgoing import Outgoing
from yingda.sip.reachability import Reachability
from yingda.sip.receiving import Parts, Receiving
from yingda.sip.refer import Refer
from yingda.sip.registration import Registration
from yingda.sip.reliable import Reliable
from yingda.sip.remote_control import RemoteControl
from yingda.sip.session import CallState, Session
from yingda.sip.session_timer import SessionTimer
from yingda.sip.subscriptions import Lamp, Subscriptions
from yingda.sip.texting import Texting
from yingda.sip.transaction import ClientTransaction, State


class Endpoint:
    """ids: names of calls, tags, branches. secret: keys the digest nonces; the same after a restart."""

    def __init__(self, config: EndpointConfig, ids: IdSource, secret: bytes) -> None:
        core = self._core = Core(config, ids, secret)
        timer = SessionTimer(core)
        self._reliable, self._refer = Reliable(core), Refer(core)
        self._subscriptions, self._remote_control = Subscriptions(core), RemoteControl(core)
        self._outgoing = Outgoing(core, timer, self._reliable)
        self._incoming = Incoming(core, self._outgoing, timer, self._reliable, self._refer)
        self._reachability, self.registration = Reachability(core, self._outgoing), Registration(core)
        self._texting, self._losses = Texting(core, self._outgoing), Losses(core, self._incoming)
        self._receiving = Receiving(
            Parts(core, Gate(core, timer), self._incoming, self._outgoing, self._refer, self._subscriptions,
                  self._remote_control, self._reachability, self.registration, self._texting)
        )  # fmt: skip

    # ---- what comes in ----

    def receive(self, data: bytes, flow: Flow, now: int) -> list[Effect]:
        """One datagram, or one message cut out of a stream. Never raises."""
        self._receiving.receive(data, flow, now)
        return self._core.take()

    def shed(self, *, shedding: bool) -> list[Effect]:
        """More comes in than can be served (see `valve`): new calls get 503 until this is taken back."""
        self._core.shedding = shedding
        self._core.emit(Overloaded(shedding))
        return self._core.take()

    # ---- commands ----

    def invite(
        self,
        target: Target | Binding,
        *,
        caller: NameAddress,
        sdp: str | None,
        now: int,
        called: NameAddress | None = None,
        headers: Mapping[str, str] | None = None,
        credentials: str = "",
        max_forwards: int = 70,
        beside: str = "",
    ) -> tuple[str, list[Effect]]:
        """Call a target or a registered device. caller, called: From and To. credentials: name for a 401 or 407.

        sdp None: the far end is to make the offer, with its answer to the call (`acknowledge`).
        beside: key of a call just made, of which this is another branch: it has the same Call-ID and From tag (RFC 3261
        section 16.6). Returns the key that all events of this call carry, and the effects.
        """
        place = target.target() if isinstance(target, Binding) else target
        called = called or NameAddress(place.uri)
        key = self._outgoing.invite(place, caller, called, sdp, now, headers or {}, credentials, max_forwards, beside)
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

    def answer_text(
        self, ticket: str, code: int, now: int, headers: Mapping[str, list[str]] | None = None
    ) -> list[Effect]:
        """200 (it is before its reader's eyes), 202 (it will be) or a refusal to a text that came (RFC 3428)."""
        self._incoming.answer_text(ticket, code, dict(headers or {}), now)
        return self._core.take()

    def send_text(
        self, binding: Binding, *, caller: NameAddress, called: NameAddress, text: str, now: int,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[str, list[Effect]]:  # fmt: skip
        """A text to a registered device (RFC 3428); `TextAnswered` with this key follows."""
        key = self._texting.send(binding, caller, called, text, headers or {}, now)
        return key, self._core.take()

    def cancel(self, key: str, now: int, reason: str = "") -> list[Effect]:
        """Give up a call we make. reason: a Reason value such as `session.COMPLETED_ELSEWHERE`."""
        self._outgoing.cancel(self._core.session(key), reason, now)
        return self._core.take()

    def acknowledge(self, key: str, sdp: str) -> list[Effect]:
        """Answer the offer that came with `Answered` to an INVITE of ours without one; within half a minute."""
        self._outgoing.acknowledge(self._core.session(key), sdp)
        return self._core.take()

    def bye(self, key: str, now: int, reason: str = "") -> list[Effect]:
        """End an answered call. reason: a Reason value."""
        self._outgoing.bye(self._core.session(key), reason, now)
        return self._core.take()

    def hang_up(self, key: str, now: int, reason: str = "", code: int = 480) -> list[Effect]:
        """End a call whatever its state: reject with `code`, cancel or bye. Nothing if it is ending or gone."""
        session = self._core.sessions.get(key)
        if session is None or session.state in (CallState.ENDING, CallState.CANCELLING):
            return []
        if session.state is CallState.INCOMING:
            return self.reject(key, code, now, headers={"Reason": [reason]} if reason else None)
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
        `invite(…, headers=devices.AUTO_ANSWER)` is answered without a hand. Nothing for a device that is not here. Of
        several phones of one user it is enough that one of them has a key.
        """
        bindings = self._core.registrar.bindings(aor)
        events = chain.from_iterable(one.allow_events for one in bindings)
        return devices.abilities(bindings[0].user_agent, events) if bindings else Abilities()

    def understands(self, key: str, control: str) -> bool:
        """May this key of the phone that this call is with be pressed?"""
        return self._remote_control.understands(self._core.session(key), control)

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
            elif owner.startswith(registration.OWNER):
                self.registration.handle_timer(owner, name, now)
            elif owner.startswith(incoming.TEXT):
                self._incoming.answer_text(owner.removeprefix(incoming.TEXT), 408, {}, now)
            elif owner == reachability.OWNER:
                self._reachability.handle_timer(name, now)
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
        elif name == "lapse":
            self._incoming.lapsed(session, now)
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
        if not self._receiving.unanswered(transaction, code, now):
            self._outgoing.on_timeout(transaction, code, now)

    def flow_lost(self, flow: Flow, now: int) -> list[Effect]:
        """A stream connection is gone, or could not be opened."""
        core = self._core
        for event in core.registrar.flow_lost(flow):
            core.emit(event)
        self.registration.flow_lost(flow, now)
        for transaction in self._losses.lost(flow, now):
            self._unanswered(transaction, 503, now)
        return core.take()

    # ---- looking in ----

    def replied(self, key: str) -> bool:
        """Has the INVITE of this call had any reply yet?"""
        session = self._core.sessions.get(key)
        transaction = self._core.transactions.clients.get((session.transaction if session is not None else None) or "")
        return transaction is not None and transaction.state is not State.CALLING

    def insists(self, key: str) -> bool:
        """Does the caller of this call want every provisional reply numbered (RFC 3262)?"""
        session = self._core.sessions.get(key)
        invite = self._core.transactions.servers.get((session.transaction if session is not None else None) or "")
        return invite is not None and invite.request is not None and reliable.insists(invite.request)

    def dialog_of(self, key: str) -> tuple[str, str, str] | None:
        """What names a call that we make: Call-ID, the far end's tag, ours; None while it has none of all three."""
        session = self._core.sessions.get(key)
        if session is None or not (session.dialog or session.forks):
            return None
        dialog = session.dialog or next(iter(session.forks.values()))
        return dialog.call_id, dialog.remote_tag, dialog.local_tag

    def advertised_host(self, flow: Flow) -> str:
        """The host this peer is told instead of that of our socket; empty: that of our socket."""
        return self._core.advertised(flow).rpartition(":")[0].strip("[]")

    @property
    def advertises_to_others(self) -> bool:
        return bool(self._core.config.advertised)

    def bindings(self, aor: str) -> tuple[Binding, ...]:
        """Where a device is reached now, newest first."""
        return self._core.registrar.bindings(aor)

    def registered(self) -> list[Any]:
        """All bindings as plain data, for `resume` in the next run."""
        return self._core.registrar.to_state()

    def resume(self, registered: list[Any], now: int) -> None:
        """Devices that registered with the run before this one are within reach from the start."""
        for binding in self._core.registrar.resume(registered, now):
            self._reachability.registered(binding, now)

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
            "watched": len(self._reachability),
        }

    # ---- state ----

    def to_state(self) -> dict[str, Any]:
        """Everything that later behaviour depends on, fit for JSON."""
        return state.take(self._core, self._subscriptions, self._reachability)

    def stirred(self) -> set[str]:
        """Keys of the calls in whose dialog something was said since the last time."""
        stirred, self._core.stirred = self._core.stirred, set()
        return stirred

    def keep(self, key: str) -> dict[str, Any] | None:
        """An answered call as plain data for `adopt`; None while something is under way in it."""
        return state.keep(self._core, key)

    def adopt(self, kept: Iterable[dict[str, Any]], now: int) -> None:
        """Go on with these calls of an endpoint before this one."""
        for one in kept:
            state.adopt(self._core, one, now)

    @classmethod
    def from_state(cls, raw: dict[str, Any], config: EndpointConfig, ids: IdSource, secret: bytes) -> Endpoint:
        """An endpoint that goes on where `to_state` was taken. ValueError for another version's state."""
        endpoint = cls(config, ids, secret)
        state.give(endpoint._core, endpoint._subscriptions, endpoint._reachability, raw)
        return endpoint
