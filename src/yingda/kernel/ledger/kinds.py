"""The registry of event kinds: all of metrics.md section 3, with their fields and words (sections 5, 6, 9).

`python -m yingda.kernel.ledger.kinds --table` prints the registry as docs/events.md shows it. Fields are only ever
added to a kind, as optional ones. A change that is more than that raises the version and adds a pure function to
`LIFTS`, so that what was written long ago reads as if it were written today. Persons appear by reference only
(`party_ref`, `value_ref`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from yingda.kernel.event import Envelope, Event
from yingda.kernel.ledger.schema import TEXT, TIME, Kind, check, declare, refused

MEDIA = ("voice", "callback", "chat", "email", "sms", "fax", "social", "video")
DIRECTIONS = ("inbound", "outbound", "internal")
PARTIES = ("customer", "agent", "assisting", "leader", "bot", "outside")
ENDED_BY = (*PARTIES, "carrier", "flow", "system", "user", "api")
QUEUE_CAUSES = ("first", "again", "transfer", "returned", "agent_lost", "overflow", "moved", "callback", "campaign")
QUEUE_OUTCOMES = ("answered", "abandoned", "overflowed", "callback", "diverted", "turned_away", "failed")
OFFER_OUTCOMES = (
    *("accepted", "declined", "no_answer", "customer_left"),
    *("answered_elsewhere", "recalled", "device_failed", "agent_lost"),
)
AGENT_STATES = (
    *("talking", "consulting", "holding", "assisting", "dialling", "internal", "supervising"),
    *("ringing", "wrapup", "serving", "busy", "unreachable", "idle"),
)
NO_SESSION = ("offline",)
"""Not a state: what an agent comes from at sign-in and goes to at sign-out."""
HANDLING_ORIGINS = (
    *("offer", "pickup", "direct", "transfer", "takeover"),
    *("consult", "conference", "dial", "internal"),
)
FLOW_EXITS = ("done", "queue", "transfer", "message", "callback", "agent", "hangup", "error", "limit")
TRUNK_STATES = ("up", "down", "resized")
CALLBACK_RESULTS = ("reached", "exhausted", "expired", "cancelled_by_customer", "cancelled_by_staff", "superseded")
ATTEMPT_RESULTS = ("connected", "busy", "no_answer", "rejected", "invalid", "agent_no_answer")
DIAL_RESULTS = ("human", "machine", "fax", "busy", "no_answer", "rejected", "invalid", "congestion")
AUTHORS = ("customer", "agent", "bot")
HELP_REASONS = ("unsure", "upset", "demands_leader", "emergency", "other")
HELP_WAYS = ("listen", "whisper", "barge", "take_over", "message", "coming")

_LEG = "leg_id role device trunk_id? direction replaces_leg_id?"
_OFFER = "offer_id entry_id agent_id queue_id device ring_limit_s decision"
_HELD = "handling_id target? result?"
_SUPERVISION = "leader_id mode handling_id"
_MESSAGE = "message_id medium handling_id? author queue_id? agent_id? recorded_at? duration_ms? checksum?"
_HELP = "help_id agent_id"
_RECORDING = "recording_id handling_id leg_id?"

_ALL = (
    declare(
        "interaction.started",
        "medium direction party_ref withheld dialled trunk_id? campaign_id? parent_id? relation? test original_ref?",
        medium=MEDIA,
        direction=DIRECTIONS,
    ),
    declare("interaction.typed", "call_type source"),
    declare("interaction.data_set", "keys value_ref source"),
    declare("interaction.merged", "from_id"),
    declare("interaction.ended", "ended_by reason release_code", ended_by=ENDED_BY),
    declare("leg.created", _LEG, role=PARTIES, direction=DIRECTIONS),
    declare("leg.alerting", _LEG, role=PARTIES, direction=DIRECTIONS),
    declare("leg.answered", _LEG, role=PARTIES, direction=DIRECTIONS),
    declare("leg.change_refused", "leg_id release_code reason"),
    declare("leg.ended", "leg_id ended_by release_code received lost mos one_way jitter_ms?", ended_by=ENDED_BY),
    declare(
        "trunk.refused",
        "trunk_id direction cause party_ref",
        direction=DIRECTIONS,
        cause=("no_channel", "limit", "down", "carrier"),
    ),
    declare("call.refused", "trunk_id? release_code reason dialled party_ref"),
    declare("trunk.state_changed", "trunk_id from to channels", from_=TRUNK_STATES, to=TRUNK_STATES),
    declare("flow.entered", "run_id flow_id version self_service"),
    declare("flow.node_entered", "run_id flow_id? node_id by_edge"),
    declare("flow.goal_reached", "run_id goal"),
    declare("flow.person_requested", "run_id"),
    declare("flow.left", "run_id node_id exit", exit=FLOW_EXITS),
    declare("conference.joined", "room_id leg_id host"),
    declare("conference.left", "room_id leg_id why", why=("left", "removed", "ended")),
    declare(
        "queue.entered",
        "entry_id queue_id cause from_entry_id? arrived_at priority needs target_s short_s waits_for?",
        cause=QUEUE_CAUSES,
    ),
    declare("queue.widened", "entry_id also_queue_id rule"),
    declare("queue.site_chosen", "entry_id site_id rule decision"),
    declare("site.told", "site_id load"),
    declare("queue.announced", "entry_id position estimate_s estimator"),
    declare("queue.left", "entry_id outcome served_queue_id? handling_id? to?", outcome=QUEUE_OUTCOMES),
    declare("queue.reserved", "entry_id agent_id until"),
    declare("queue.unreserved", "entry_id"),
    declare("queue.preferred", "entry_id priority"),
    declare("queue.emergency_started", "queue_id until announce"),
    declare("queue.emergency_ended", "queue_id why", why=("leader", "expired", "configured")),
    declare("offer.made", _OFFER),
    declare("offer.alerting", _OFFER),
    declare("offer.ended", "offer_id outcome", outcome=OFFER_OUTCOMES),
    declare(
        "handling.started",
        "handling_id agent_id session_id role origin queue_id? entry_id? after_handling_id?",
        role=("primary", "assisting"),
        origin=HANDLING_ORIGINS,
    ),
    declare("handling.connected", "handling_id"),
    declare("handling.held", _HELD),
    declare("handling.retrieved", _HELD),
    declare("handling.consult_started", _HELD),
    declare("handling.consult_ended", _HELD),
    declare(
        "handling.transferred",
        "handling_id how target result",
        how=("blind", "attended", "takeover"),
        result=("completed", "returned", "refused"),
    ),
    declare("handling.released", "handling_id ended_by", ended_by=ENDED_BY),
    declare(
        "handling.wrapup_ended", "handling_id ended_how extended_ms", ended_how=("agent", "limit", "leader", "next")
    ),
    declare("handling.disposed", "handling_id codes resolved right_party converted value case_id?"),
    declare("supervision.started", _SUPERVISION, mode=("listen", "whisper", "barge")),
    declare("supervision.ended", _SUPERVISION, mode=("listen", "whisper", "barge")),
    declare("help.asked", f"{_HELP} handling_id reason", reason=HELP_REASONS),
    declare("help.seen", _HELP),
    declare("help.answered", f"{_HELP} how", how=HELP_WAYS),
    declare("help.ended", f"{_HELP} why", why=("cancelled", "expired", "call_over", "signed_out")),
    declare("agent.signed_in", "session_id agent_id device"),
    declare("agent.line_changed", "session_id device to why", to=("up", "down")),
    declare("agent.signed_out", "session_id agent_id why", why=("self", "leader", "shift_end", "lost", "restart")),
    declare(
        "agent.state_changed",
        "session_id from to reason? reason_class? why handling_id? offer_id?",
        from_=AGENT_STATES + NO_SESSION,
        to=AGENT_STATES + NO_SESSION,
        reason_class=("work", "break"),
    ),
    declare("agent.lent", "agent_id queue_id until"),
    declare("agent.given_back", "agent_id queue_id why", why=("leader", "expired", "configured")),
    declare(
        "callback.requested",
        "callback_id source entry_id? window promised_by",
        source=("queue", "flow", "web", "missed"),
    ),
    declare("callback.attempt_started", "callback_id attempt handling_id?"),
    declare("callback.attempt_ended", "callback_id attempt handling_id? result", result=ATTEMPT_RESULTS),
    declare("callback.closed", "callback_id result", result=CALLBACK_RESULTS),
    declare("dial.attempted", "attempt_id campaign_id record_id mode"),
    declare(
        "dial.ended",
        "attempt_id campaign_id? record_id? result then?",
        result=DIAL_RESULTS,
        then=("agent", "flow", "abandoned"),
    ),
    declare("message.received", f"{_MESSAGE} party_ref?", medium=MEDIA, author=AUTHORS),
    declare("message.heard", "message_id"),
    declare("message.cleared", "message_id"),
    declare("message.sent", _MESSAGE, medium=MEDIA, author=AUTHORS),
    declare("message.refused", "trunk_id? message_id? agent_id? release_code reason dialled party_ref"),
    declare("recording.started", _RECORDING),
    declare("recording.paused", _RECORDING),
    declare("recording.resumed", f"{_RECORDING} gap_ms?"),
    declare("recording.ended", f"{_RECORDING} duration_ms checksum"),
    declare("recording.missing", "recording_id? handling_id leg_id? reason"),
    declare("survey.offered", "survey_id handling_id"),
    declare("survey.ended", "survey_id handling_id? answers result", result=("answered", "declined", "none")),
    declare("case.opened", "case_id party_ref problem"),
    declare("case.linked", "case_id interaction_id"),
    declare("case.resolved", "case_id interaction_id?"),
    declare("case.reopened", "case_id interaction_id?"),
    declare("case.closed", "case_id interaction_id?"),
    declare("schedule.published", "agent_id from to activity", from_=TIME, to=TIME),
    declare("schedule.excepted", "agent_id from to activity approved_by", from_=TIME, to=TIME),
    declare("plane.started", "plane version since?", version=TEXT),
    declare("plane.alive", "plane version", version=TEXT),
    declare("plane.stopped", "plane version", version=TEXT),
    declare("plane.lost", "plane version", version=TEXT),
    declare("config.changed", "entity id version before after"),
    declare(
        "correction.made",
        "target_seq handling_id? field before after reason",
        field=("codes", "resolved", "call_type", "case_id", "test"),
    ),
)

REGISTRY: Mapping[str, Kind] = {kind.name: kind for kind in _ALL}

_PLAIN_ACTORS = frozenset(("customer", "carrier", "system"))
_NAMED_ACTORS = ("agent:", "user:", "api:")


def validate(event: Event) -> Kind:
    """The event's kind; YingdaError("event_refused") naming kind and field for anything the registry does not know."""
    kind = REGISTRY.get(event.kind)
    if kind is None:
        raise refused(event.kind, "no such kind is registered")
    check(kind, event.data)
    if event.by not in _PLAIN_ACTORS and not event.by.startswith(_NAMED_ACTORS):
        raise refused(
            event.kind, f"the field by is wrong: {event.by!r} is neither an actor nor agent:, user:, api: an ID"
        )
    return kind


Lift = Callable[[dict[str, Any]], dict[str, Any]]

LIFTS: Mapping[tuple[str, int], Lift] = {}
"""(kind, old version) → pure function from the data of that version to the data of the next."""


def lift(
    envelope: Envelope, registry: Mapping[str, Kind] = REGISTRY, lifts: Mapping[tuple[str, int], Lift] = LIFTS
) -> Envelope:
    """The envelope with its data in the kind's present version; itself when it already is.

    Raises YingdaError("event_refused") for an unknown kind, a version from the future or one without a lift.
    """
    kind = registry.get(envelope.kind)
    if kind is None:
        raise refused(envelope.kind, "no such kind is registered")
    if envelope.v == kind.version:
        return envelope
    data = envelope.data
    for version in range(envelope.v, kind.version):
        step = lifts.get((envelope.kind, version))
        if step is None:
            raise refused(envelope.kind, f"nothing lifts version {version}")
        data = step(data)
    if envelope.v > kind.version:
        raise refused(envelope.kind, f"version {envelope.v} is newer than this program, which knows {kind.version}")
    return msgspec.structs.replace(envelope, v=kind.version, data=data)


def table() -> str:
    """The registry as a Markdown table, one row a kind."""
    rows = ["| kind | v | fields |", "|---|---|---|"]
    for kind in REGISTRY.values():
        fields = "; ".join(field.shown() for field in kind.fields if field.name not in ("estimated", "measured_at"))
        rows.append(f"| `{kind.name}` | {kind.version} | {fields} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] != ["--table"]:
        sys.exit("usage: python -m yingda.kernel.ledger.kinds --table")
    sys.stdout.write(table())
