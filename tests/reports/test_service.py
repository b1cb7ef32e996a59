"""What the web plane reads: pages of calls, one call, and live figures that are rows plus what is open (M2)."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.reports.histories import history
from tests.reports.test_persist import keep_live
from tests.reports.test_verify import live_through
from tests.reports.world import MINUTE, SECOND
from yingda.kernel.errors import YingdaError
from yingda.kernel.event import Envelope
from yingda.kernel.store import Store
from yingda.reports.books import Books
from yingda.reports.identities.queues import undecided_and_late
from yingda.reports.quarters import quarter_of
from yingda.reports.service import CallFilters, agent_today, call, calls, local_day, queue_today

ZONE = "Asia/Shanghai"
HOUR = 60 * MINUTE


def cut_history() -> list[Envelope]:
    """A history that stops while calls wait and talk."""
    events = history(12, contacts=150, agents=4, queues=2)
    cut = len(events) // 2
    while events[cut].at == events[cut - 1].at:
        cut += 1
    return events[:cut]


EVENTS = cut_history()
NOW = EVENTS[-1].at + 3 * SECOND
PARTY = next(event.data["party_ref"] for event in EVENTS if event.kind == "interaction.started")


@pytest.fixture(scope="module")
def store(shared_store: Store) -> Store:
    keep_live(shared_store, EVENTS, random.Random(1), largest=400, restart=0.3)
    return shared_store


@pytest.fixture(scope="module")
def books() -> Books:
    made = Books()
    for event in EVENTS:
        made.apply(event)
    return made


def test_calls_come_in_pages_latest_first_each_once(store: Store, books: Books) -> None:
    expected = [row for row in books.contacts.rows.values() if not row.test]
    expected.sort(key=lambda row: (row.started, row.interaction_id), reverse=True)
    seen: list[str] = []
    cursor = None
    while True:
        page = calls(store, CallFilters(), cursor, limit=7)
        seen += [record["interaction_id"] for record in page.calls]
        cursor = page.cursor
        if cursor is None:
            break
    assert seen == [row.interaction_id for row in expected]


@pytest.mark.parametrize(
    "filters",
    [
        CallFilters(outcome="answered"),
        CallFilters(outcome="live"),
        CallFilters(queue_id="queue-1"),
        CallFilters(agent_id="agent-2"),
        CallFilters(party_ref=PARTY),
        CallFilters(direction="outbound"),
        CallFilters(since=EVENTS[0].at + 9 * MINUTE, until=EVENTS[0].at + 20 * MINUTE),
        CallFilters(test=True),
    ],
)
def test_filters_take_what_they_say(store: Store, books: Books, filters: CallFilters) -> None:
    queued = {entry.interaction_id for entry in books.entries.rows.values() if entry.queue_id == filters.queue_id}
    served = {one.interaction_id for one in books.handlings.rows.values() if one.agent_id == filters.agent_id}
    wanted = {
        row.interaction_id
        for row in books.contacts.rows.values()
        if row.test == filters.test
        and (filters.outcome is None or (row.outcome or "live") == filters.outcome)
        and (filters.queue_id is None or row.interaction_id in queued)
        and (filters.agent_id is None or row.interaction_id in served)
        and (filters.party_ref is None or row.party_ref == filters.party_ref)
        and (filters.direction is None or row.direction == filters.direction)
        and (filters.since is None or row.started >= filters.since)
        and (filters.until is None or row.started < filters.until)
    }
    assert wanted and {record["interaction_id"] for record in calls(store, filters, limit=200).calls} == wanted


def test_bad_pages_are_refused(store: Store) -> None:
    for cursor, limit in (("nonsense", 5), (None, 0), (None, 201)):
        with pytest.raises(YingdaError):
            calls(store, CallFilters(), cursor, limit)


def test_queue_figures_of_today_are_rows_and_what_waits(store: Store, books: Books) -> None:
    found = queue_today(store, ZONE, NOW)
    begin, _ = local_day(ZONE, NOW)
    waiting = 0
    for (queue_id, medium), facts in found.items():
        rows = {
            key: row
            for key, row in books.queue_quarters.rows.items()
            if (row.queue_id, row.medium) == (queue_id, medium)
        }
        assert all(row.quarter >= begin for row in rows.values())
        open_ = [undecided_and_late(books, key, NOW) for key in rows]
        sums = facts["sums"]
        assert sums["offered"] == sum(row.offered for row in rows.values())
        assert sums["undecided"] == sum(undecided for undecided, _ in open_)
        assert sums["miss"] == sum(row.miss for row in rows.values()) + sum(late for _, late in open_)
        assert sums["offered"] == sums["hit"] + sums["miss"] + sums["void"] + sums["undecided"]
        assert sums["wait_answered_us"] == sum(row.wait_answered_us for row in rows.values())
        assert facts["metrics"]["offered"] == sums["offered"]
        entries = list(books.queued.of(("default", queue_id, medium)))
        assert facts["waiting_now"] == sums["waiting"] == len(entries)
        assert facts["longest_wait_us"] == max((NOW - entry.entered for entry in entries), default=0)
        waiting += len(entries)
    assert waiting > 0, "the history must stop while somebody waits"


def test_agent_figures_of_today_agree_by_both_paths(store: Store, books: Books) -> None:
    """State times and handling times, with what is open: A2 and H2 seen from the tables."""
    found = agent_today(store, ZONE, NOW)
    in_call = 0
    for agent_id, facts in found.items():
        signed_in = sum(
            (session.signed_out or NOW) - session.signed_in
            for session in books.sessions.rows.values()
            if session.agent_id == agent_id
        )
        tested = sum(
            (span.ended or NOW) - span.started
            for span in books.spans.rows.values()
            if span.agent_id == agent_id and _of_test(books, span.handling_id, span.offer_id)
        )
        assert facts["sums"]["signed_in_us"] == sum(facts["states"].values()) == signed_in - tested
        for phase in ("talking", "holding", "consulting", "wrapup", "dialling"):
            assert facts["sums"][f"{phase}_us"] == facts["states"].get(phase, 0), (agent_id, phase)
        session = books.session_of.get(("default", agent_id))
        assert facts["state"] == (session.state if session else None)
        in_call += facts["state"] in ("talking", "holding", "consulting")
    assert in_call > 0, "the history must stop while somebody talks"


def _of_test(books: Books, handling_id: str | None, offer_id: str | None) -> bool:
    if handling_id:
        return books.handlings.rows[handling_id].test
    return offer_id is not None and books.offers.rows[offer_id].test


def test_one_call_with_its_parts_and_timeline(tmp_path: Path) -> None:
    centre = live_through(str(tmp_path / "data"), tmp_path / "ledger", seed=5, contacts=30)
    record = next(one for one in calls(centre.store, CallFilters(outcome="answered")).calls)
    found = call(centre.store, record["interaction_id"])
    assert found["record"] == record
    assert len(found["entries"]) == record["entries"] and len(found["legs"]) >= 2
    assert found["handlings"] and found["offers"] and found["recordings"] and found["runs"]
    kinds = [event["kind"] for event in found["timeline"]]
    assert kinds[0] == "interaction.started" and "queue.left" in kinds
    assert [event["seq"] for event in found["timeline"]] == sorted(event["seq"] for event in found["timeline"])
    with pytest.raises(YingdaError, match="no such call"):
        call(centre.store, "nobody")
    with pytest.raises(YingdaError, match="no such call"):
        call(centre.store, record["interaction_id"], tenant_id="other")
    centre.store.close()


def test_a_local_day_is_whole_quarter_hours_also_when_clocks_change() -> None:
    winter = 1_792_890_000 * SECOND  # 25 October 2026, the clocks of Berlin go back
    begin, end = local_day("Europe/Berlin", winter)
    assert (end - begin) // HOUR == 25
    assert begin == quarter_of(begin) and end == quarter_of(end)
    begin, end = local_day("Asia/Shanghai", winter)
    assert (end - begin) // HOUR == 24
