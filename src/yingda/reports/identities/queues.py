"""Q1 to Q8, of one queue, medium and quarter hour, and Q4, Q5 across queues (metrics.md section 8).

Every identity compares what was counted with what is open (`Books.waiting`, `Books.queued`), or two ways of counting.
"""

from __future__ import annotations

from operator import attrgetter

from yingda.reports.books import Books
from yingda.reports.books.entries import OWN_QUEUE
from yingda.reports.identities.broken import Broken, Findings
from yingda.reports.quarters import CAUSES, OUTCOMES, QUARTER, QueueQuarter, overlap
from yingda.reports.rows import Entry, Key

_outcomes = attrgetter(*OUTCOMES)
_causes = attrgetter(*(f"cause_{cause}" for cause in CAUSES))
_others = attrgetter(*(outcome for outcome in OUTCOMES if outcome not in ("answered", "abandoned")))


def check_quarter(books: Books, key: Key, row: QueueQuarter, now: int) -> Findings:
    """Q1, Q2, Q3, Q5 at home, Q6, Q7 and Q8 of one row, at `now` (µs UTC)."""
    waiting = books.waiting.count(key)
    left = sum(_outcomes(row))
    if row.offered != left + waiting:
        yield Broken("Q1", key, f"{row.offered} offered, {left} left and {waiting} waiting")
    by_cause = sum(_causes(row))
    if row.offered != by_cause:
        yield Broken("Q3", key, f"{row.offered} offered, {by_cause} by cause")
    if row.answered != row.served_home + row.served_elsewhere:
        yield Broken(
            "Q5", key, f"{row.answered} answered, {row.served_home} at home and {row.served_elsewhere} elsewhere"
        )
    decided = row.offered - waiting - row.short
    shares = row.answered + (row.abandoned - row.short) + sum(_others(row))
    if decided != shares:
        yield Broken("Q8", key, f"{decided} decided, but the shares make {shares}")
    yield from _verdicts(books, key, row, now)
    yield from _lengths(books, key, row, now)


def undecided_and_late(books: Books, key: Key, now: int) -> tuple[int, int]:
    """Of those still waiting: (wait ≤ T, a miss since T passed)."""
    undecided = late = 0
    for entry in books.waiting.of(key):
        if now - entry.entered <= entry.target_us:
            undecided += 1
        else:
            late += 1
    return undecided, late


def _verdicts(books: Books, key: Key, row: QueueQuarter, now: int) -> Findings:
    undecided, late = undecided_and_late(books, key, now)
    miss = row.miss + late
    if row.offered != row.hit + miss + row.void + undecided:
        yield Broken(
            "Q2", key, f"{row.offered} offered, {row.hit} hit, {miss} miss, {row.void} void, {undecided} undecided"
        )
    strict, plain = row.offered - undecided, row.hit + miss
    lenient = plain - row.abandoned_in_target
    if not strict >= plain >= lenient >= row.answered >= row.hit:
        yield Broken(
            "Q2", key, f"denominators out of order: {strict}, {plain}, {lenient}, {row.answered} for {row.hit} hit"
        )


def _lengths(books: Books, key: Key, row: QueueQuarter, now: int) -> Findings:
    line_key = (row.tenant_id, row.queue_id, row.medium)
    line = books.lines.rows.get(line_key)
    length, since = (line.length, line.at) if line else (0, now)
    queued = books.queued.count(line_key)
    if length != queued:
        yield Broken("Q6", key, f"the length is {length}, but {queued} wait")
    at_end = length
    if since >= row.quarter + QUARTER:
        following = books.queue_quarters.rows.get((*line_key, row.quarter + QUARTER))
        at_end = following.waiting_start if following else 0
    if row.waiting_start + row.offered - row.left_here != at_end:
        yield Broken(
            "Q6",
            key,
            f"{row.waiting_start} at the start, {row.offered} entered, {row.left_here} left, {at_end} at the end",
        )
    area = row.area_us + length * overlap(since, now, row.quarter)
    waits = row.waited_us
    for entry in books.queued.of(line_key):
        waits += overlap(entry.entered, now, row.quarter)
    if area != waits:
        yield Broken("Q7", key, f"the area is {area} µs, the waits make {waits} µs")


def check_entry(books: Books, entry: Entry) -> Findings:
    """Q4 and O3, and the entry's half of O2, of one entry."""
    moved_on = entry.outcome == "overflowed" and (entry.to_target or "").startswith(OWN_QUEUE)
    if entry.successors != moved_on:
        yield Broken(
            "Q4", entry.entry_id, f"{entry.outcome} to {entry.to_target}, {entry.successors} entries follow it"
        )
    if entry.cause in ("overflow", "moved"):
        before = books.entries.find(entry.from_entry_id)
        if before is None or before.to_target != f"{OWN_QUEUE}{entry.queue_id}":
            yield Broken("Q4", entry.entry_id, f"it came by {entry.cause}, but {entry.from_entry_id} did not go there")
    if entry.accepted > 1:
        yield Broken("O2", entry.entry_id, f"{entry.accepted} offers of one entry were accepted")
    answered = entry.outcome == "answered"
    # A call-back is answered when the agent took it: its customer may yet not be reached.
    if entry.handlings > answered or (answered and entry.medium == "voice" and not entry.handlings):
        yield Broken("O3", entry.entry_id, f"outcome {entry.outcome}, {entry.handlings} handlings connected for it")
    elif answered:
        handling = books.handlings.find(entry.handling_id)
        if handling is None or handling.entry_id != entry.entry_id:
            yield Broken("O3", entry.entry_id, f"it names the handling {entry.handling_id}, which does not name it")


def check_across(books: Books) -> Findings:
    """Q4, Q5 and C2: sums over all queues."""
    overflow_out = overflow_in = elsewhere = for_others = first = 0
    for row in books.queue_quarters.rows.values():
        overflow_out += row.overflow_out
        overflow_in += row.overflow_in
        elsewhere += row.served_elsewhere
        for_others += row.served_for_others
        first += row.cause_first
    if overflow_out != overflow_in:
        yield Broken("Q4", "all queues", f"{overflow_out} overflowed to queues of ours, {overflow_in} came that way")
    if elsewhere != for_others:
        yield Broken("Q5", "all queues", f"{elsewhere} served elsewhere, {for_others} served for others")
    queued = sum(row.queued for row in books.contact_quarters.rows.values() if row.direction == "inbound")
    if first != queued:
        yield Broken("C2", "all queues", f"{first} first entries, {queued} contacts with an entry")
