"""The slow, plain recount of contacts, out of what was recounted of their entries, offers, handlings and runs (M4)."""

from __future__ import annotations

from tests.reports.recount_things import Events, Facts, Table, at, get, judged
from yingda.kernel.event import Envelope

WITHOUT_CLOCK = (
    *("handling.disposed", "recording.", "callback.", "correction."),
    *("message.heard", "message.cleared"),
)


def contacts(events: Events, entry_rows: Table, offer_rows: Table, handling_rows: Table, run_rows: Table) -> Table:
    table: Table = {}
    for begun in events.kind("interaction.started"):
        own = events.of_contact[begun.interaction_id]
        mine = {
            name: [row for row in rows.values() if row["interaction_id"] == begun.interaction_id]
            for name, rows in (
                *(("entries", entry_rows), ("offers", offer_rows), ("handlings", handling_rows), ("runs", run_rows)),
            )
        }
        table[begun.interaction_id] = _contact(begun, own, mine)
        table[begun.interaction_id]["test"] = events.is_test(begun.interaction_id)
    return table


def _contact(begun: Envelope, own: list[Envelope], mine: dict[str, list[Facts]]) -> Facts:
    ended = next((event for event in own if event.kind == "interaction.ended"), None)
    stays, work, runs_ = mine["entries"], mine["handlings"], mine["runs"]
    left = [event for event in own if event.kind == "queue.left"]
    exits = [event.data["exit"] for event in own if event.kind == "flow.left"]
    primary = sorted(row["connected"] for row in work if row["role"] == "primary" and row["connected"] is not None)
    facts = {
        "direction": begun.data["direction"],
        "medium": begun.data["medium"],
        "party_ref": begun.data["party_ref"],
        "started": begun.at,
        "last_at": max(event.at for event in own if not event.kind.startswith(WITHOUT_CLOCK)),
        "test": begun.data["test"],
        "call_type": next((event.data["after"] for event in own if _field(event) == "call_type"), None),
        "ended": at(ended),
        "entries": len(stays),
        "waiting": sum(row["left"] is None for row in stays),
        "runs": len(runs_),
        "handled": len(primary),
        "direct": any(row["origin"] == "direct" for row in work),
        "first_queue_id": stays[0]["queue_id"] if stays else None,
        "first_entered": stays[0]["entered"] if stays else None,
        "first_connected": primary[0] if primary else None,
        "last_left": left[-1].at if left else None,
        "last_outcome": left[-1].data["outcome"] if left else None,
        "last_exit": exits[-1] if exits else None,
        "self_service_us": sum(
            row["left"] - row["entered"] for row in runs_ if row["self_service"] and row["left"] is not None
        ),
        "wait_us": sum(row["left"] - row["entered"] for row in stays if row["left"] is not None),
        "talking_us": sum(row["talking_us"] for row in work),
        "holding_us": sum(row["holding_us"] for row in work),
        "occupied_us": sum(
            row[f"{phase}_us"]
            for row in work
            for phase in ("dialling", "talking", "holding", "consulting", "assisting", "wrapup")
        )
        + sum(row["ended"] - row["made"] for row in mine["offers"] if row["outcome"] == "accepted"),
    }
    facts["helped"] = _helped(own)
    facts["outcome"] = _outcome(facts, ended, facts["helped"]) if _settled(facts, runs_) else None
    facts["verdict"] = _contact_verdict(facts, stays)
    return facts


def _field(event: Envelope) -> str | None:
    return event.data["field"] if event.kind == "correction.made" else None


def _settled(facts: Facts, runs_: list[Facts]) -> bool:
    return facts["ended"] is not None and not facts["waiting"] and all(row["left"] is not None for row in runs_)


def _helped(own: list[Envelope]) -> bool:
    """Reached a goal, and after the last one neither asked for a person nor queued."""
    kinds = [event.kind for event in own]
    if "flow.goal_reached" not in kinds:
        return False
    after = kinds[len(kinds) - kinds[::-1].index("flow.goal_reached") :]
    return not {"flow.person_requested", "queue.entered"} & set(after)


def _outcome(facts: Facts, ended: Envelope | None, helped: bool) -> str:
    if facts["direction"] == "internal":
        return "internal"
    if facts["direction"] == "outbound":
        return "reached" if facts["handled"] else "not_reached"
    if facts["handled"]:
        return "answered"
    if facts["last_outcome"]:
        return str(facts["last_outcome"])
    by_exit = {"message": "message_left", "transfer": "forwarded", "agent": "direct_missed", "error": "failed"}
    rules = (
        (helped, "self_served"),
        (facts["last_exit"] in by_exit, by_exit.get(facts["last_exit"] or "", "")),
        (get(ended, "reason") in ("error", "crash", "failed", "media_lost"), "failed"),
        (facts["direct"], "direct_missed"),
        (facts["runs"] > 0 or get(ended, "ended_by") == "customer", "left_in_flow"),
    )
    return next((outcome for holds, outcome in rules if holds), "refused")


def _contact_verdict(facts: Facts, stays: list[Facts]) -> str | None:
    if facts["outcome"] is None or not stays:
        return None
    until = facts["first_connected"] if facts["first_connected"] is not None else facts["last_left"]
    return judged(facts["outcome"], until - stays[0]["entered"], stays[0]["target_us"], stays[0]["short_us"])
