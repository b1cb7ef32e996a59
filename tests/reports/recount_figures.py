"""A slow, plain recount of the rows of figures: each is counted anew from the recounted things (M4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from tests.reports import recount_things as things
from tests.reports.recount_things import Events, Facts, Table

QUARTER = 900 * things.MICRO
PHASES = ("dialling", "talking", "holding", "consulting", "assisting", "internal", "wrapup")


def floor(at: int) -> int:
    return at // QUARTER * QUARTER


def shared(start: int, end: int) -> Iterator[tuple[int, int]]:
    """(quarter, µs of the span in it), quarter by quarter."""
    quarter = floor(start)
    while quarter < end:
        yield quarter, min(end, quarter + QUARTER) - max(start, quarter)
        quarter += QUARTER


def blank() -> defaultdict[tuple[object, ...], defaultdict[str, int]]:
    return defaultdict(lambda: defaultdict(int))


Figures = defaultdict[tuple[object, ...], defaultdict[str, int]]


def queue_quarters(entries: Table, seen: Table) -> Figures:
    """seen: the entries as they were thought to be tests or not when they waited; the gauges show these."""
    rows = blank()
    latest: dict[str, int] = {}
    for entry in entries.values():
        if not entry["test"]:
            queue = entry["queue_id"]
            latest[queue] = max(latest.get(queue, 0), entry["entered"], entry["left"] or 0)
    for entry in entries.values():
        if entry["test"]:
            continue
        _count_entry(rows, entry)
        place = ("default", entry["queue_id"], entry["medium"])
        end = entry["left"] if entry["left"] is not None else latest[entry["queue_id"]]
        for quarter, part in shared(entry["entered"], end):
            rows[(*place, quarter)]["area_us"] += part
        boundary = floor(entry["entered"]) + QUARTER
        while boundary <= end:
            rows[(*place, boundary)]["waiting_start"] += 1
            boundary += QUARTER
    _count_gauges(rows, [entry for entry in seen.values() if not entry["test"]])
    return rows


def _count_gauges(rows: Figures, entries: list[Facts]) -> None:
    """Least, greatest and longest, by every step of every queue's length in the order of the events."""
    steps: dict[tuple[object, ...], list[tuple[int, int, int]]] = defaultdict(list)
    for entry in entries:
        place = ("default", entry["queue_id"], entry["medium"])
        steps[place].append((entry["entered_seq"], entry["entered"], 1))
        if entry["left"] is not None:
            steps[place].append((entry["left_seq"], entry["left"], -1))
            for quarter, _ in shared(entry["entered"], entry["left"]):
                row = rows[(*place, quarter)]
                wait = min(entry["left"], quarter + QUARTER) - entry["entered"]
                row["longest_wait_us"] = max(row["longest_wait_us"], wait)
    for queue, moves in steps.items():
        length, quarter = 0, 0
        for _, at, step in sorted(moves):
            while quarter and floor(at) > quarter:
                quarter += QUARTER
                if length:
                    rows[(*queue, quarter)] |= {"waiting_low": length, "waiting_high": length}
            quarter, length = floor(at), length + step
            row = rows[(*queue, quarter)]
            row["waiting_low"] = min(row["waiting_low"], length)
            row["waiting_high"] = max(row["waiting_high"], length)


def _count_entry(rows: Figures, entry: Facts) -> None:
    place = ("default", entry["queue_id"], entry["medium"])
    home = floor(entry["entered"])
    row = rows[(*place, home)]
    row["offered"] += 1
    row[f"cause_{entry['cause']}"] += 1
    row["overflow_in"] += entry["cause"] in ("overflow", "moved")
    row["announced"] += entry["announced"] > 0
    if entry["left"] is None:
        return
    outcome, wait = entry["outcome"], entry["left"] - entry["entered"]
    row[outcome] += 1
    row[entry["verdict"]] += 1
    row[f"wait_{outcome}_us"] += wait
    row["overflow_out"] += outcome == "overflowed" and str(entry["to_target"]).startswith("queue:")
    if outcome == "abandoned":
        row["short"] += entry["short"]
        row["wait_short_us"] += wait if entry["short"] else 0
        row["abandoned_in_target"] += not entry["short"] and wait <= entry["target_us"]
        told = entry["announced_at"]
        row["fast_clear_down"] += told is not None and entry["left"] - told <= 5 * things.MICRO
    if outcome == "answered":
        elsewhere = entry["served_queue_id"] != entry["queue_id"]
        row["served_elsewhere" if elsewhere else "served_home"] += 1
        if elsewhere:
            rows[("default", entry["served_queue_id"], entry["medium"], home)]["served_for_others"] += 1
        if entry["estimate_us"] is not None:
            row["estimates"] += 1
            row["estimate_error_us"] += entry["estimate_us"] - wait
            row["estimate_error_abs_us"] += abs(entry["estimate_us"] - wait)
    rows[(*place, floor(entry["left"]))]["left_here"] += 1
    for quarter, part in shared(entry["entered"], entry["left"]):
        rows[(*place, quarter)]["waited_us"] += part


def work_quarters(offers: Table, handlings: Table) -> Figures:
    rows = blank()
    for offer in offers.values():
        if offer["test"]:
            continue
        row = rows[("default", offer["agent_id"], offer["queue_id"], offer["medium"], floor(offer["made"]))]
        row["offers"] += 1
        if offer["outcome"]:
            row[offer["outcome"]] += 1
        if offer["outcome"] == "accepted" and offer["alerting"] is not None:
            row["ring_us"] += offer["ended"] - offer["alerting"]
    for work in handlings.values():
        if not work["test"]:
            _count_handling(rows, work)
    return rows


def _count_handling(rows: Figures, work: Facts) -> None:
    anchor = work["started"] if work["connected"] is None else work["connected"]
    row = rows[("default", work["agent_id"], work["queue_id"], work["medium"], floor(anchor))]
    row["assisted"] += work["connected"] is not None and work["role"] == "assisting"
    if work["connected"] is not None and work["role"] == "primary":
        row["handled"] += 1
        row[f"origin_{work['origin']}"] += 1
    if work["over"] is None:
        return
    for phase in PHASES:
        row[f"{phase}_us"] += work[f"{phase}_us"]
    row["consults"] += work["consults"] > 0
    if work["transfers"]:
        row["transferred"] += 1
        row[f"transferred_{work['transfer_how']}"] += 1
    if work["connected"] is not None and work["role"] == "primary" and work["origin"] != "internal":
        row["call_us"] += work["released"] - work["connected"]


def agent_quarters(sessions: Table) -> Figures:
    rows = blank()
    for session in sessions.values():
        if session["signed_out"] is not None:
            for quarter, part in shared(session["signed_in"], session["signed_out"]):
                rows[("default", session["agent_id"], quarter)]["signed_in_us"] += part
    return rows


def state_quarters(spans: Table) -> Figures:
    rows = blank()
    for span in spans.values():
        if span["ended"] is not None:
            for quarter, part in shared(span["started"], span["ended"]):
                names = (span["state"], span["state_class"], span["reason"] or "", span["test"])
                rows[("default", span["agent_id"], quarter, *names)]["time_us"] += part
    return rows


def contact_quarters(contacts: Table, entries: Table, repeat: set[str], again: set[str]) -> Figures:
    rows = blank()
    for contact_id, contact in contacts.items():
        if contact["test"]:
            continue
        row = rows[("default", contact["medium"], contact["direction"], floor(contact["started"]))]
        row["repeat_call"] += contact_id in repeat
        row["contacts"] += 1
        row["queued"] += contact["entries"] > 0
        row["occupied_us"] += contact["occupied_us"]
        if contact["outcome"] is not None:
            stays = [entry for entry in entries.values() if entry["interaction_id"] == contact_id]
            _count_contact(row, contact, stays)
            row["self_kept"] += _helped(contact) and contact_id not in again
    return rows


def _helped(contact: Facts) -> bool:
    return bool(contact["self_service_us"] >= 5 * things.MICRO and contact["helped"])


def _count_contact(row: defaultdict[str, int], contact: Facts, stays: list[Facts]) -> None:
    row[contact["outcome"]] += 1
    row["abandoned_short"] += contact["outcome"] == "abandoned" and stays[-1]["short"]
    if contact["verdict"]:
        row[contact["verdict"]] += 1
    if contact["first_connected"] is not None:
        row["connected"] += 1
        row["delay_us"] += contact["first_connected"] - contact["started"]
        row["short_call"] += contact["ended"] - contact["first_connected"] < 3 * things.MICRO
    if contact["self_service_us"] >= 5 * things.MICRO:
        row["self_service"] += 1
        row["self_helped"] += contact["helped"]
        row["contained"] += not contact["entries"] and not contact["handled"]


def flow_quarters(runs: Table) -> Figures:
    rows = blank()
    for run in runs.values():
        if run["test"]:
            continue
        row = rows[("default", run["flow_id"], run["version"], floor(run["entered"]))]
        row["runs"] += 1
        row["goals"] += run["goal_at"] is not None
        row["persons"] += run["person_at"] is not None
        if run["left"] is not None:
            row[f"exit_{run['exit']}"] += 1
            row["time_us"] += run["left"] - run["entered"]
    return rows


def node_quarters(events: Events, runs: Table) -> Figures:
    rows = blank()
    for run_id, run in runs.items():
        if run["test"]:
            continue
        nodes = events.naming("run_id", run_id, "flow.node_entered")
        place = ("default", run["flow_id"], run["version"])
        for number, node in enumerate(nodes, 1):
            row = rows[(*place, node.data["node_id"], floor(run["entered"]))]
            row["visits"] += 1
            row["passed"] += number < len(nodes)
            until = nodes[number].at if number < len(nodes) else run["left"]
            row["time_us"] += until - node.at if until is not None else 0
        if run["left"] is not None and nodes:
            left_at = events.naming("run_id", run_id, "flow.left")[-1].data["node_id"]
            row = rows[(*place, left_at, floor(run["entered"]))]
            row["left"] += 1
            row["hangups"] += run["exit"] == "hangup"
            row["errors"] += run["exit"] == "error"
    return rows
