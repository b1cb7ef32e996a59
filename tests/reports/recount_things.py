"""A slow, plain recount of the rows of things, straight from the events (M4). It shares nothing with the books.

For every thing it gathers the events that name it and reads the answer off them: nothing is carried from event to
event.
Histories without an estimated end or a sign-out in wrap-up are assumed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from yingda.kernel.event import Envelope

Facts = dict[str, Any]
Table = dict[Any, Facts]

MICRO = 1_000_000
NAMES = (
    *("leg_id", "entry_id", "offer_id", "handling_id", "session_id", "run_id", "recording_id", "callback_id"),
    *("message_id", "survey_id"),
)


class Events:
    """The history with its indexes: by contact, and by (field, id)."""

    def __init__(self, events: Iterable[Envelope]) -> None:
        self.all = list(events)
        self.of_contact: dict[str | None, list[Envelope]] = defaultdict(list)
        self._naming: dict[tuple[str, str], list[Envelope]] = defaultdict(list)
        for event in self.all:
            self.of_contact[event.interaction_id].append(event)
            for field in NAMES:
                if field in event.data:
                    self._naming[(field, event.data[field])].append(event)

    def kind(self, kind: str) -> list[Envelope]:
        return [event for event in self.all if event.kind == kind]

    def naming(self, field: str, value: str, kind: str) -> list[Envelope]:
        return [event for event in self._naming[(field, value)] if event.kind == kind]

    def last(self, field: str, value: str, kind: str) -> Envelope | None:
        found = self.naming(field, value, kind)
        return found[-1] if found else None

    def medium(self, contact: str | None) -> str:
        return str(self.of_contact[contact][0].data["medium"])

    def is_test(self, contact: str | None, *, corrected: bool = True) -> bool:
        """By the contact's beginning, and by the last correction if these count."""
        own = self.of_contact[contact]
        told = [event.data["test"] for event in own if event.kind == "interaction.started"]
        put_right = [event.data["after"] for event in own if event.kind == "correction.made" and _of_test(event)]
        return bool((put_right if corrected and put_right else told or [False])[-1])


def _of_test(event: Envelope) -> bool:
    return bool(event.data["field"] == "test")


def corrected(events: Events, begun: Envelope, field: str, told: Any) -> Any:
    """What was told of a handling, or the last correction of it."""
    put_right = [
        event.data["after"]
        for event in events.of_contact[begun.interaction_id]
        if event.kind == "correction.made"
        and event.data["field"] == field
        and event.data.get("handling_id") == begun.data["handling_id"]
    ]
    return put_right[-1] if put_right else told


def at(event: Envelope | None) -> int | None:
    return event.at if event else None


def get(event: Envelope | None, field: str) -> Any:
    return event.data.get(field) if event else None


def judged(outcome: str, wait: int, target: int, short: int) -> str:
    """metrics.md section 5, read line by line."""
    if outcome == "answered" and wait <= target:
        return "hit"
    if outcome == "abandoned" and wait <= short:
        return "void"
    if outcome in ("overflowed", "callback", "diverted") and wait <= target:
        return "void"
    return "miss"


def legs(events: Events) -> Table:
    table: Table = {}
    for begun in events.kind("leg.created"):
        leg_id = begun.data["leg_id"]
        ended = events.last("leg_id", leg_id, "leg.ended")
        mos = get(ended, "mos")
        table[leg_id] = {
            "interaction_id": begun.interaction_id,
            "role": begun.data["role"],
            "direction": begun.data["direction"],
            "trunk_id": begun.data.get("trunk_id"),
            "created": begun.at,
            "alerting": at(events.last("leg_id", leg_id, "leg.alerting")),
            "answered": at(events.last("leg_id", leg_id, "leg.answered")),
            "ended": at(ended),
            "ended_by": get(ended, "ended_by"),
            "mos_milli": None if mos is None else round(mos * 1000),
        }
    return table


def entries(events: Events) -> Table:
    table: Table = {}
    for begun in events.kind("queue.entered"):
        data = begun.data
        entry_id = data["entry_id"]
        left = events.last("entry_id", entry_id, "queue.left")
        told = events.naming("entry_id", entry_id, "queue.announced")
        outcome, target, short = get(left, "outcome"), int(data["target_s"] * MICRO), int(data["short_s"] * MICRO)
        wait = left.at - begun.at if left else None
        offers = [offer.data["offer_id"] for offer in events.naming("entry_id", entry_id, "offer.made")]
        taken = [handling.data["handling_id"] for handling in events.naming("entry_id", entry_id, "handling.started")]
        follow = [
            other
            for other in events.of_contact[begun.interaction_id]
            if other.kind == "queue.entered" and other.data["cause"] in ("overflow", "moved")
        ]
        table[entry_id] = {
            "interaction_id": begun.interaction_id,
            "queue_id": data["queue_id"],
            "medium": "callback" if data["cause"] == "callback" else events.medium(begun.interaction_id),
            "cause": data["cause"],
            "entered": begun.at,
            "entered_seq": begun.seq,
            "left_seq": left.seq if left else None,
            "target_us": target,
            "short_us": short,
            "test": events.is_test(begun.interaction_id),
            "announced": len(told),
            "announced_at": told[-1].at if told else None,
            "estimate_us": int(told[-1].data["estimate_s"] * MICRO) if told else None,
            "offers": len(offers),
            "accepted": sum(
                get(events.last("offer_id", one, "offer.ended"), "outcome") == "accepted" for one in offers
            ),
            "handlings": sum(bool(events.naming("handling_id", one, "handling.connected")) for one in taken),
            "successors": sum(other.data.get("from_entry_id") == entry_id for other in follow),
            "left": at(left),
            "outcome": outcome,
            "verdict": judged(outcome, wait, target, short) if outcome and wait is not None else None,
            "short": outcome == "abandoned" and wait is not None and wait <= short,
            "served_queue_id": get(left, "served_queue_id"),
            "handling_id": get(left, "handling_id"),
            "to_target": get(left, "to"),
        }
    return table


def offers(events: Events) -> Table:
    table: Table = {}
    for begun in events.kind("offer.made"):
        offer_id = begun.data["offer_id"]
        ended = events.last("offer_id", offer_id, "offer.ended")
        table[offer_id] = {
            "interaction_id": begun.interaction_id,
            "entry_id": begun.data["entry_id"],
            "agent_id": begun.data["agent_id"],
            "queue_id": begun.data["queue_id"],
            "medium": events.medium(begun.interaction_id),
            "made": begun.at,
            "test": events.is_test(begun.interaction_id),
            "alerting": at(events.last("offer_id", offer_id, "offer.alerting")),
            "ended": at(ended),
            "outcome": get(ended, "outcome"),
        }
    return table


def handlings(events: Events) -> Table:
    table: Table = {}
    for begun in events.kind("handling.started"):
        data, handling_id = begun.data, begun.data["handling_id"]
        own = [
            event for event in events.of_contact[begun.interaction_id] if event.data.get("handling_id") == handling_id
        ]
        connected = events.last("handling_id", handling_id, "handling.connected")
        released = events.last("handling_id", handling_id, "handling.released")
        wrapped = events.last("handling_id", handling_id, "handling.wrapup_ended")
        form = events.last("handling_id", handling_id, "handling.disposed")
        has_wrapup = connected is not None and data["role"] == "primary" and data["origin"] != "internal"
        moved = events.naming("handling_id", handling_id, "handling.transferred")
        of_entry = bool(data.get("entry_id")) and events.medium(begun.interaction_id) == "callback"
        dials = data["origin"] == "dial" or of_entry
        table[handling_id] = {
            "interaction_id": begun.interaction_id,
            "agent_id": data["agent_id"],
            "queue_id": _queue_of(events, begun),
            "medium": events.medium(begun.interaction_id),
            "role": data["role"],
            "origin": data["origin"],
            "started": begun.at,
            "test": events.is_test(begun.interaction_id),
            "connected": at(connected),
            "released": at(released),
            "over": at(wrapped) if has_wrapup else at(released),
            "consults": len(events.naming("handling_id", handling_id, "handling.consult_started")),
            "transfers": sum(event.data["result"] == "completed" for event in moved),
            "transfer_how": next((event.data["how"] for event in moved if event.data["result"] == "completed"), None),
            "codes": "|".join(corrected(events, begun, "codes", form.data["codes"])) if form else None,
            "resolved": corrected(events, begun, "resolved", get(form, "resolved")),
            "disposed_seq": form.seq if form else 0,
            **_times([event for event in own if event.kind.startswith("handling.")], data, has_wrapup, dials),
        }
    return table


def _queue_of(events: Events, begun: Envelope) -> Any:
    data = begun.data
    if data.get("entry_id"):
        return events.naming("entry_id", data["entry_id"], "queue.entered")[0].data["queue_id"]
    if data.get("queue_id"):
        return data["queue_id"]
    if data.get("after_handling_id"):
        before = events.naming("handling_id", data["after_handling_id"], "handling.started")
        return _queue_of(events, before[0])
    return {"dial": "outbound", "internal": "internal"}.get(data["origin"], "direct")


def _times(own: list[Envelope], begun: Facts, has_wrapup: bool, dials: bool) -> Facts:
    """µs in each phase: every stretch between two events is judged by the events before it."""
    names = ("dialling", "talking", "holding", "consulting", "assisting", "internal", "wrapup")
    times = dict.fromkeys((f"{name}_us" for name in names), 0)
    timed = [event for event in own if event.kind not in ("handling.disposed", "handling.transferred")]
    for number in range(1, len(timed)):
        kinds = [event.kind.removeprefix("handling.") for event in timed[:number]]
        phase = _phase(kinds, begun, has_wrapup, dials)
        if phase:
            times[f"{phase}_us"] += timed[number].at - timed[number - 1].at
    return times


def _phase(kinds: list[str], begun: Facts, has_wrapup: bool, dials: bool) -> str | None:
    if "wrapup_ended" in kinds:
        return None
    if "released" in kinds:
        return "wrapup" if has_wrapup else None
    if "connected" not in kinds:
        return "dialling" if dials else None
    if begun["role"] == "assisting":
        return "assisting"
    if begun["origin"] == "internal":
        return "internal"
    holding = [kind for kind in kinds if kind in ("held", "consult_started", "retrieved")]
    if not holding or holding[-1] == "retrieved":
        return "talking"
    return "consulting" if kinds.count("consult_started") > kinds.count("consult_ended") else "holding"


def sessions(events: Events) -> Table:
    table: Table = {}
    for begun in events.kind("agent.signed_in"):
        session_id = begun.data["session_id"]
        out = events.last("session_id", session_id, "agent.signed_out")
        changes = events.naming("session_id", session_id, "agent.state_changed")
        until = out or (changes[-1] if changes else begun)
        table[session_id] = {
            "agent_id": begun.data["agent_id"],
            "signed_in": begun.at,
            "signed_out": at(out),
            "why": get(out, "why"),
            "spans": len(changes),
            "spans_us": until.at - changes[0].at if changes else 0,
        }
    return table


def spans(events: Events) -> Table:
    classes = {"idle": "available", "ringing": "available", "busy": "off_contact", "unreachable": "off_contact"}
    table: Table = {}
    for begun in events.kind("agent.signed_in"):
        session_id = begun.data["session_id"]
        out = events.last("session_id", session_id, "agent.signed_out")
        changes = events.naming("session_id", session_id, "agent.state_changed")
        for number, (change, following) in enumerate(zip(changes, [*changes[1:], out], strict=True), 1):
            state = change.data["to"]
            accepted = (
                get(events.last("offer_id", change.data.get("offer_id", ""), "offer.ended"), "outcome") == "accepted"
            )
            hint = {**classes, "internal": "off_contact"}.get(state, "occupied")
            thing = ("handling_id", "handling.started") if "handling_id" in change.data else ("offer_id", "offer.made")
            named = events.last(thing[0], change.data.get(thing[0], ""), thing[1])
            table[("default", session_id, number)] = {
                "agent_id": begun.data["agent_id"],
                "state": state,
                "started": change.at,
                "ended": at(following),
                "reason": change.data.get("reason"),
                "state_class": None if following is None else "occupied" if accepted else hint,
                "test": following is not None and named is not None and events.is_test(named.interaction_id),
            }
    return table


def runs(events: Events) -> Table:
    table: Table = {}
    for begun in events.kind("flow.entered"):
        run_id = begun.data["run_id"]
        nodes = events.naming("run_id", run_id, "flow.node_entered")
        left = events.last("run_id", run_id, "flow.left")
        table[run_id] = {
            "interaction_id": begun.interaction_id,
            "flow_id": begun.data["flow_id"],
            "version": begun.data["version"],
            "entered": begun.at,
            "test": events.is_test(begun.interaction_id),
            "node_id": nodes[-1].data["node_id"] if nodes else None,
            "node_since": nodes[-1].at if nodes else 0,
            "self_service": begun.data["self_service"],
            "nodes": len(nodes),
            "goal_at": at(events.last("run_id", run_id, "flow.goal_reached")),
            "person_at": at(events.last("run_id", run_id, "flow.person_requested")),
            "left": at(left),
            "exit": get(left, "exit"),
        }
    return table


def recordings(events: Events) -> Table:
    table: Table = {}
    for begun in events.kind("recording.started"):
        recording_id = begun.data["recording_id"]
        ended = events.last("recording_id", recording_id, "recording.ended")
        state = "ended" if ended else "running"
        table[recording_id] = {"handling_id": begun.data["handling_id"], "state": state, "ended": at(ended)}
    for missing in events.kind("recording.missing"):
        handling_id = missing.data["handling_id"]
        table[f"missing-{handling_id}"] = {"handling_id": handling_id, "state": "missing", "ended": missing.at}
    return table
