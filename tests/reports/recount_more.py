"""The slow recount goes on (M4): trunks, call-backs, ways through flows, gauges, missed and repeated calls."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from tests.reports import recount_things as things
from tests.reports.recount_figures import Figures, blank, floor, shared
from tests.reports.recount_things import MICRO, Events, Facts, Table
from yingda.kernel.event import Envelope

DAY = 86_400 * MICRO
QUARTER = 900 * MICRO
MISSED = ("abandoned", "turned_away", "failed", "direct_missed")


def left_messages(events: Events) -> Table:
    """Spoken messages; what was first done to each counts."""
    table: Table = {}
    for told in events.kind("message.received"):
        if "recorded_at" in told.data:
            name = told.data["message_id"]
            table[name] = {
                "received": told.at,
                **{kind: _first(events.naming("message_id", name, f"message.{kind}")) for kind in ("heard", "cleared")},
                **{field: told.data[field] for field in ("recorded_at", "duration_ms", "queue_id")},
            }
    return table


def _first(told: list[Envelope]) -> int | None:
    return told[0].at if told else None


def callbacks(events: Events) -> Table:
    table: Table = {}
    for begun in events.kind("callback.requested"):
        callback_id = begun.data["callback_id"]
        tries = events.naming("callback_id", callback_id, "callback.attempt_started")
        results = events.naming("callback_id", callback_id, "callback.attempt_ended")
        closed = events.last("callback_id", callback_id, "callback.closed")
        table[callback_id] = {
            "source": begun.data["source"],
            "requested": begun.at,
            "promised_by": begun.data["promised_by"],
            "interaction_id": begun.interaction_id,
            "test": events.is_test(begun.interaction_id),
            "attempts": len(tries),
            "first_attempt": tries[0].at if tries else None,
            "last_result": results[-1].data["result"] if results else None,
            "closed": things.at(closed),
            "result": things.get(closed, "result"),
        }
    return table


def callback_quarters(events: Events, table: Table) -> Figures:
    rows = blank()
    for callback_id, one in table.items():
        if one["test"]:
            continue
        row = rows[("default", one["source"], floor(one["requested"]))]
        row["requested"] += 1
        row["attempts"] += one["attempts"]
        for ended in events.naming("callback_id", callback_id, "callback.attempt_ended"):
            row[f"attempt_{ended.data['result']}"] += 1
        if one["result"]:
            row[one["result"]] += 1
        judged_at = one["first_attempt"] or one["closed"]
        if judged_at is not None and judged_at > one["promised_by"]:
            row["late"] += 1
        elif one["first_attempt"] is not None:
            row["on_time"] += 1
    return rows


def surveys(events: Events, handlings: Table) -> Table:
    table: Table = {}
    for asked in events.kind("survey.offered"):
        ended = events.naming("survey_id", asked.data["survey_id"], "survey.ended")
        score = ended[0].data["answers"].get("score") if ended else None
        of = handlings[asked.data["handling_id"]]
        table[asked.data["survey_id"]] = {
            **{field: of[field] for field in ("agent_id", "queue_id", "medium", "test")},
            "handling_id": asked.data["handling_id"],
            "offered": asked.at,
            "ended": _first(ended),
            "result": ended[0].data["result"] if ended else None,
            "score": int(score) if score is not None and score in range(1, 6) else None,
            "resolved": {"yes": True, "no": False}.get(ended[0].data["answers"].get("resolved", "")) if ended else None,
        }
    return table


def survey_quarters(table: Table) -> Figures:
    rows = blank()
    for one in table.values():
        if not one["test"]:
            row = rows[("default", one["agent_id"], one["queue_id"], one["medium"], floor(one["offered"]))]
            row["surveys"] += 1
            if one["result"] is not None:
                row[f"survey_{one['result']}"] += 1
            row["scored"] += one["score"] is not None
            row["score_points"] += one["score"] or 0
            row["satisfied"] += one["score"] in (4, 5)
    return rows


def trunk_quarters(events: Events, legs: Table) -> Figures:
    rows = blank()
    for refused in events.kind("trunk.refused"):
        row = rows[("default", refused.data["trunk_id"], refused.data["direction"], floor(refused.at))]
        row["attempts"] += 1
        row[f"refused_{refused.data['cause']}"] += 1
    for leg in legs.values():
        if leg["trunk_id"] is None or events.is_test(leg["interaction_id"]):
            continue
        row = rows[("default", leg["trunk_id"], leg["direction"], floor(leg["created"]))]
        row["attempts"] += 1
        row["seized"] += 1
        row["answered"] += leg["answered"] is not None
    return rows


def edge_quarters(events: Events, runs: Table) -> Figures:
    rows = blank()
    for run_id, run in runs.items():
        entered = events.naming("run_id", run_id, "flow.node_entered")
        for before, after in itertools.pairwise(entered):
            if not run["test"]:
                place = ("default", run["flow_id"], run["version"], before.data["node_id"], after.data["node_id"])
                rows[(*place, floor(run["entered"]))]["passed"] += 1
        for left in events.naming("run_id", run_id, "flow.left"):
            if entered and not run["test"]:
                place = ("default", run["flow_id"], run["version"], left.data["node_id"], f"exit:{left.data['exit']}")
                rows[(*place, floor(run["entered"]))]["passed"] += 1
    return rows


# ---- gauges: every step of each, in the order of the events ----------------------------------------------------------

Steps = dict[tuple[str, str], list[tuple[int, int]]]
"""(gauge, thing) → (µs, step) in order."""


def gauge_quarters(events: Events) -> Figures:
    """What was seen: contacts that were made tests afterwards have left only the areas."""
    rows = blank()
    for (gauge, thing), seen in _steps(events, corrected=False).items():
        for quarter, (start, low, high) in _levels(seen):
            rows[("default", gauge, thing, quarter)] |= {"start": start, "low": low, "high": high}
    for (gauge, thing), counted in _steps(events, corrected=True).items():
        value = since = 0
        for at, step in counted:
            for quarter, part in shared(since, at) if value else ():
                rows[("default", gauge, thing, quarter)]["area_us"] += value * part
            value, since = value + step, at
    return rows


def _levels(steps: list[tuple[int, int]]) -> Iterator[tuple[int, tuple[int, int, int]]]:
    value, quarter = 0, floor(steps[0][0])
    start = low = high = 0
    for at, step in steps:
        while floor(at) > quarter:
            yield quarter, (start, low, high)
            quarter += QUARTER
            start = low = high = value
        value += step
        low, high = min(low, value), max(high, value)
    yield quarter, (start, low, high)


def _steps(events: Events, *, corrected: bool) -> Steps:
    steps: Steps = {}

    def step(gauge: str, thing: str, at: int, by: int) -> None:
        steps.setdefault((gauge, thing), []).append((at, by))

    state: dict[str, str] = {}
    media = {one.interaction_id: one.data["medium"] for one in events.kind("interaction.started")}
    for event in events.all:
        data, kind = event.data, event.kind
        if kind == "agent.signed_in":
            step("signed_in", "", event.at, 1)
        elif kind in ("agent.signed_out", "agent.state_changed"):
            before, to = state.get(data["session_id"]), data.get("to", "offline")
            state[data["session_id"]] = to
            if before == "idle":
                step("idle", "", event.at, -1)
            if to == "idle":
                step("idle", "", event.at, 1)
            if kind == "agent.signed_out":
                step("signed_in", "", event.at, -1)
        elif kind == "trunk.state_changed":
            step("capacity", data["trunk_id"], event.at, data["channels"])
        elif kind in ("leg.created", "leg.ended"):
            leg = events.naming("leg_id", data["leg_id"], "leg.created")[0]
            if "trunk_id" in leg.data and not events.is_test(event.interaction_id, corrected=corrected):
                step("channels", leg.data["trunk_id"], event.at, 1 if kind == "leg.created" else -1)
        elif kind in ("handling.connected", "handling.wrapup_ended") and media[event.interaction_id] == "chat":
            begun = events.naming("handling_id", data["handling_id"], "handling.started")[0]
            if events.is_test(event.interaction_id, corrected=corrected):
                continue
            step("items", begun.data["agent_id"], event.at, 1 if kind == "handling.connected" else -1)
    return steps


# ---- customers -------------------------------------------------------------------------------------------------------


def repeats(events: Events) -> tuple[set[str], set[str]]:
    """(contacts that are repeats, contacts that one followed): as far as was known when they began."""
    repeat, again, last = set(), set(), dict[str, Envelope]()
    for begun in events.kind("interaction.started"):
        data = begun.data
        if data["direction"] != "inbound" or data["test"] or data["withheld"]:
            continue
        before = last.get(data["party_ref"])
        if before is not None and begun.at - before.at <= DAY:
            repeat.add(str(begun.interaction_id))
            again.add(str(before.interaction_id))
        last[data["party_ref"]] = begun
    return repeat, again


def missed(events: Events, contacts: Table) -> Table:
    """Per number: the callers nobody served after the last time one was, by time; what came since."""
    table: Table = {}
    for party in {contact["party_ref"] for contact in contacts.values()}:
        story = sorted(_story(events, contacts, party), key=lambda one: one[0])
        missing = [one for one in story if one[1] == "missed"]
        if missing:
            row = table[("default", party)] = _row(story, missing)
            row["cleared"] = row["cleared"] or _taken_out(events, row["interaction_id"])
    return table


def _taken_out(events: Events, interaction_id: str) -> int | None:
    """When the contact proved to have been a test. In these histories all is over by then."""
    own = [event for event in events.of_contact[interaction_id] if event.kind == "correction.made"]
    return next((event.at for event in own if event.data["field"] == "test" and event.data["after"]), None)


def _row(story: list[tuple[int, str, Facts]], missing: list[tuple[int, str, Facts]]) -> Facts:
    last = missing[-1]
    begin = max((place for place, what, _ in story if what == "served" and place < last[0]), default=-1)
    since = [one for one in missing if one[0] > begin]
    served = [one for one in story if one[1] == "served" and one[0] > last[0]]
    until = served[0][0] if served else 1 << 62
    return {
        "interaction_id": last[2]["interaction_id"],
        "outcome": last[2]["outcome"],
        "calls": len(since),
        "first_at": since[0][2]["at"],
        "last_at": last[2]["at"],
        "attempts": sum(what == "tried" and since[0][0] < place < until for place, what, _ in story),
        "cleared": served[0][2]["at"] if served else None,
    }


def _story(events: Events, contacts: Table, party: str) -> Iterator[tuple[int, str, Facts]]:
    """(seq, missed or served or tried, facts) of a number's contacts, by what was a test when it happened."""
    for contact_id, contact in contacts.items():
        if contact["party_ref"] != party or events.is_test(contact_id, corrected=False):
            continue
        own = events.of_contact[contact_id]
        if contact["direction"] == "outbound":
            yield own[0].seq, "tried", {}
        for event in own:
            if event.kind == "handling.connected" and _primary(events, event):
                yield event.seq, "served", {"at": event.at}
        if contact["outcome"] in MISSED and contact["direction"] == "inbound":
            ended = next(event for event in own if event.kind == "interaction.ended")
            yield ended.seq, "missed", {"interaction_id": contact_id, "outcome": contact["outcome"], "at": ended.at}


def _primary(events: Events, connected: Envelope) -> bool:
    begun = events.naming("handling_id", connected.data["handling_id"], "handling.started")[0]
    return bool(begun.data["role"] == "primary")
