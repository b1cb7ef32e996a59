"""Call-backs as calls: what `routing.callbacks` promises, queued, offered, dialled (ACD-38, ACD-39).

A call-back waits as an entry of a contact of its own. Where the queue's rules show it first, the agent accepts it at
his desk; otherwise it is his at once. Then his own device is called, and after it the customer, as if he had dialled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from yingda.calls.dialling import Dialling
from yingda.calls.model import Call
from yingda.calls.stage import Stage
from yingda.kernel.errors import YingdaError
from yingda.kernel.event import Event
from yingda.routing import effects as routing
from yingda.routing.callbacks import Callbacks, Closed, Effect, Queue, State, Unqueue, Wanted

_RESULTS = {"connected": "connected", "busy": "busy", "rejected": "rejected", "invalid": "invalid"}
"""Outcomes of dialling a customer as results of an attempt; all others: no_answer."""


class Returning:
    """changed: told of all that are open whenever one has changed, so that promises outlive a crash."""

    def __init__(self, stage: Stage, dialling: Dialling) -> None:
        self._stage, self._table, self._dialling = stage, stage.table, dialling
        self.core = Callbacks(stage.table.ids)
        self.changed: Callable[[list[dict[str, Any]]], None] = lambda _open: None
        self._contacts: dict[str, str] = {}  # entry → its contact
        self._calling: dict[str, str] = {}  # handling → call-back
        self._wish: str | None = None  # whom an entry is made for, while it is
        self._taking: str | None = None  # who takes one out of the list at this moment
        stage.dialled = self.dialled

    # ---- promising --------------------------------------------------------------------------------------------------

    def owe(self, call: Call, now: int) -> bool:
        """A waiting caller is promised a call-back, his place kept. False without a number to call."""
        if call.caller is None:
            return False
        wanted = Wanted(
            contact_id=call.interaction_id,
            number=call.caller,
            queue_id=call.queue_id,
            source="queue",
            entry_id=call.entry_id,
            arrived_at=call.arrived_at,
            priority=call.priority,
            test=call.test,
            message_ms=call.left_ms,
        )
        try:
            self.request(wanted, now)
        except YingdaError as error:
            return error.code == "callback_open"  # he is owed one already
        return True

    def request(self, wanted: Wanted, now: int, by: str = "customer") -> None:
        """Also for flows, pages and lists of missed calls. Refuses unknown_queue, and what `Callbacks.request` does."""
        rules = self._stage.distributor.floor.rules.queues.get(wanted.queue_id)
        if rules is None:
            raise YingdaError("unknown_queue", "There is no such queue.", where=f"queue {wanted.queue_id}")
        self._carry(self.core.request(wanted, rules.callbacks, now, by), now)

    def cancel(self, callback_id: str, by: str, now: int) -> None:
        """Refuses unknown_callback, being_called."""
        self._carry(self.core.cancel(callback_id, by, now), now)

    def take(self, callback_id: str, agent_id: str, now: int) -> None:
        """An agent who has seen it in the list calls now. Refuses unknown_callback, being_called, not_signed_in,
        agent_engaged, agent_unreachable, no_queue."""
        floor = self._stage.distributor.floor
        floor.admit_call(floor.session(agent_id))
        self._taking = agent_id
        try:
            entry_id = self._entry_now(callback_id, agent_id, now)
            if entry_id is not None:  # he was not idle, or it waited already
                self._stage.carry(self._stage.distributor.pick_up(entry_id, agent_id, now), now)
        finally:
            self._taking = None

    def assign(self, callback_id: str, agent_id: str, seconds: float, now: int, by: str) -> None:
        """A leader keeps it for an agent for so long: he gets it as soon as he is free. Refuses unknown_callback,
        being_called, unknown_agent, no_queue."""
        if agent_id not in self._stage.distributor.floor.rules.agents:
            raise YingdaError("unknown_agent", "There is no such agent.", where=f"agent {agent_id}")
        entry_id = self._entry_now(callback_id, agent_id, now)
        if entry_id is not None:
            self._stage.carry(self._stage.distributor.leaders.reserve(entry_id, agent_id, seconds, now, by), now)

    def _entry_now(self, callback_id: str, agent_id: str, now: int) -> str | None:
        """As what it waits, for that agent from now on if it did not before; None if he, being idle, has it by now."""
        self._wish = agent_id
        try:
            self._carry(self.core.hasten(callback_id, now), now)
        finally:
            self._wish = None
        item = self.core.open[callback_id]
        if item.state is State.CALLING:
            return None
        entry_id = item.entry_id
        if entry_id is None:
            todo = "Try again when its queue takes somebody in."
            raise YingdaError("no_queue", "Its queue takes nobody in now.", where=f"call-back {callback_id}", todo=todo)
        return entry_id

    def number_of(self, entry_id: str) -> str | None:
        """Whom the entry wants called; None if it is no call-back."""
        item = self.core.of_entry(entry_id)
        return item.wanted.number if item is not None else None

    def message_ms(self, entry_id: str) -> int:
        """How long the message is that who is to be called left (ms); 0: none."""
        item = self.core.of_entry(entry_id)
        return item.wanted.message_ms if item is not None else 0

    def customer_answered(self, number: str | None, now: int) -> None:
        """Somebody who rang has been answered."""
        if number is not None and self.core.open:
            self._carry(self.core.answered(number, now), now)

    def handle_timer(self, now: int) -> None:
        self._carry(self.core.handle_timer(now), now)

    def suspend(self, now: int) -> None:
        """The plane stops: what waits leaves its queue; the promises stay, for `resume`."""
        for entry_id in tuple(self._contacts):
            self._stage.carry(self._stage.distributor.fail(entry_id, "stopped", now), now)

    # ---- waiting for an agent ---------------------------------------------------------------------------------------

    def _queue(self, effect: Queue, now: int) -> None:
        wanted, table = effect.wanted, self._table
        entry_id, contact = table.ids(), table.ids()
        try:
            entered = self._stage.distributor.enter(
                entry_id,
                contact,
                wanted.queue_id,
                now,
                cause="callback",
                arrived_at=effect.arrived_at,
                priority=wanted.priority,
                medium="callback",
                test=wanted.test,
                needs=wanted.needs,
                data=wanted.data,
                wish=self._wish,
                dedicated=self._wish is not None,
            )
        except YingdaError:
            self.core.not_queued(effect.callback_id, now)
            return
        started = {
            "medium": "callback",
            "direction": "outbound",
            "party_ref": self._stage.keep_number(wanted.number),
            "withheld": False,
            "dialled": self._stage.keep_number(wanted.number),
            "parent_id": wanted.contact_id,
            "relation": "callback",
            "test": wanted.test,
        }
        table.append(self._event("interaction.started", now, contact, started))
        self._contacts[entry_id] = contact
        self.core.queued(effect.callback_id, entry_id)
        self._stage.carry(entered, now)

    def ring(self, effect: routing.Ring, now: int) -> None:
        """An agent is to have it; unless the rules show it to him first, or he has chosen it himself, it is his."""
        floor = self._stage.distributor.floor
        if effect.agent_id == self._taking or not floor.queue_rules(effect.queue_id).callbacks.preview:
            self._stage.carry(self._stage.distributor.answered(effect.offer_id, effect.token, now), now)

    def entry_moved(self, effect: routing.EntryMoved) -> None:
        contact = self._contacts.pop(effect.entry_id, None)
        if contact is not None:
            self._contacts[effect.new_entry_id] = contact
            self.core.moved(effect.entry_id, effect.new_entry_id)

    def entry_closed(self, effect: routing.EntryClosed, now: int) -> None:
        """It left its queue, and no agent has it: that contact is over, the promise may not be."""
        contact = self._contacts.pop(effect.entry_id, None)
        if contact is not None:
            ended = {"ended_by": "system", "reason": effect.why or effect.outcome, "release_code": 0}
            self._table.append(self._event("interaction.ended", now, contact, ended))
            self._carry(self.core.entry_left(effect.entry_id, now), now)

    # ---- calling ----------------------------------------------------------------------------------------------------

    def taken(self, effect: routing.Taken, now: int) -> None:
        item = self.core.of_entry(effect.entry_id)
        self._contacts.pop(effect.entry_id, None)
        if item is None:
            return
        self._calling[effect.handling_id] = item.callback_id
        wanted = item.wanted
        self._carry(self.core.taken(effect.entry_id, effect.handling_id, now, f"agent:{effect.agent_id}"), now)
        self._dialling.call_back(effect, wanted.number, now, test=wanted.test)
        call = self._table.calls.get(effect.interaction_id)
        if call is not None:
            call.left_ms = wanted.message_ms

    def dialled(self, call: Call, outcome: str, now: int) -> None:
        """What became of a call that one of ours made: whom he called answered, or not."""
        callback_id = next((self._calling.pop(one) for one in call.handlings if one in self._calling), None)
        if callback_id is None:
            return
        result = _RESULTS.get(outcome, "no_answer") if call.customer else "agent_no_answer"
        self._carry(self.core.ended(callback_id, result, now), now)

    # ---- state ------------------------------------------------------------------------------------------------------

    def to_state(self) -> dict[str, Any]:
        return {"open": self.core.to_state(), "contacts": dict(self._contacts), "calling": dict(self._calling)}

    def restore(self, state: Mapping[str, Any]) -> None:
        self.core = Callbacks.from_state(state["open"], self._table.ids)
        self._contacts, self._calling = dict(state["contacts"]), dict(state["calling"])

    def resume(self, kept: Sequence[Mapping[str, Any]], now: int) -> None:
        """Promises of a run that broke off: each waits once more, at its place."""
        self.core = Callbacks.from_state(kept, self._table.ids)
        self._carry(self.core.resume(now), now)

    # ---- within -----------------------------------------------------------------------------------------------------

    def _carry(self, effects: Sequence[Effect], now: int) -> None:
        for effect in effects:
            match effect:
                case routing.Append():
                    self._table.emit(effect)
                case Queue():
                    self._queue(effect, now)
                case Unqueue(entry_id):
                    self._stage.carry(self._stage.distributor.leave(entry_id, "diverted", "", now, "system"), now)
                case Closed():
                    pass
        if effects:
            self.changed(self.core.to_state())

    def _event(self, kind: str, now: int, contact: str, data: Mapping[str, Any]) -> Event:
        return Event(kind=kind, at=now, by="system", interaction_id=contact, data=data, cause=contact)
