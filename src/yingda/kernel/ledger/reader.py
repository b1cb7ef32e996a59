"""Reading the ledger back: from a position on, checked line by line; all writers merged into the one global order.

The order is (stamp, writer, n), metrics.md section 2, law 1. Reading never writes and needs no lock: a line that is
still being written is not there yet.
"""

from __future__ import annotations

import heapq
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import msgspec

from yingda.kernel.errors import YingdaError
from yingda.kernel.event import Envelope
from yingda.kernel.ledger.segment import (
    GENESIS,
    RawLine,
    broken,
    digits_of,
    has_data,
    raw_lines,
    read_batch,
    read_header,
    segment_numbers,
    segment_path,
)


class Position(NamedTuple):
    """A place between two appends of a writer. n, stamp: of the event before it; digits: of the line before it."""

    segment: int = 1
    offset: int = 0
    n: int = 0
    stamp: int = 0
    digits: str = GENESIS.decode()


START = Position()


class Batch(NamedTuple):
    """One append as it was read. after: where the next one begins."""

    envelopes: list[Envelope]
    after: Position


def read(folder: Path, position: Position = START) -> Iterator[Batch]:
    """The appends of a writer's folder from `position` to the end of what is written now.

    Raises YingdaError("ledger_broken") at the first line whose hash, number or stamp does not follow the one before.
    """
    while True:
        path = segment_path(folder, position.segment)
        goes_on = _has_header(segment_path(folder, position.segment + 1))  # asked first: then this segment is finished
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            if goes_on or position.offset:
                raise broken(path, position.offset, "the segment is missing") from None
            return
        try:
            for line in raw_lines(descriptor, position.offset):
                envelopes, position = _follow(path, position, line)
                if envelopes:
                    yield Batch(envelopes, position)
            if goes_on and has_data(descriptor, position.offset):
                raise broken(path, position.offset, "a finished segment ends in the middle of a line")
        finally:
            os.close(descriptor)
        if not goes_on:
            return
        position = position._replace(segment=position.segment + 1, offset=0)


def has_more(folder: Path, position: Position) -> bool:
    """Whether anything was written behind `position`: one byte read and one look for the next segment."""
    try:
        descriptor = os.open(segment_path(folder, position.segment), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return has_data(descriptor, position.offset) or segment_path(folder, position.segment + 1).exists()
    finally:
        os.close(descriptor)


def writers(root: Path) -> list[str]:
    """The writers that have a folder in the ledger, by name."""
    return sorted(path.name for path in root.iterdir() if path.is_dir()) if root.is_dir() else []


def merged(root: Path) -> Iterator[Envelope]:
    """Every event of every writer in the global order, with seq = 1, 2, 3, …"""
    streams = [read(root / writer) for writer in writers(root)]
    batches = heapq.merge(*streams, key=lambda batch: (batch.envelopes[0].stamp, batch.envelopes[0].writer))
    seq = 0
    for batch in batches:
        for envelope in batch.envelopes:
            seq += 1
            yield msgspec.structs.replace(envelope, seq=seq)


def last_run(folder: Path, writer: str, plane: str | None = None) -> Iterator[Envelope]:
    """The writer's events from its latest `plane.started` on (all of them if there is none): what a crash left open.

    A run that took over what others had begun says `since` which event that is; then it is all from there on. folder:
    the ledger's root. plane: the name in `plane.started`; the writer's own unless given. To be read before the new
    run appends its own `plane.started`.
    """
    begin, since = START, 0
    for number in reversed(segment_numbers(folder / writer)):
        found = _latest_start(folder / writer, number, plane or writer)
        if found is not None:
            begin, since = found
            break
    if 0 < since <= begin.n:
        begin = _segment_with(folder / writer, since)
    batches = read(folder / writer, begin)
    return (envelope for batch in batches for envelope in batch.envelopes if envelope.n >= since)


def latest_stamp(root: Path) -> int:
    """The highest stamp on file, 0 for an empty ledger; for a new clock's `not_before`."""
    return max((_last(root / writer)[1] for writer in writers(root)), default=0)


def waiting(folder: Path, position: Position) -> tuple[int, int]:
    """How many events of a writer lie behind `position`, and the stamp of the first of them (0 if there is none)."""
    first = next(read(folder, position), None)
    if first is None:
        return 0, 0
    last_n, _ = _last(folder)
    return last_n - position.n, first.envelopes[0].stamp


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verifying a writer's folder found. torn: bytes of an unfinished append at the very end, which is no fault.

    fault: the first broken place in words, None if the chain holds. events, end: up to there.
    """

    events: int
    end: Position
    torn: int
    fault: str | None


def verify(folder: Path) -> Verdict:
    """Check every hash, number and stamp of a writer's folder."""
    end, fault = START, None
    try:
        for batch in read(folder):
            end = batch.after
    except YingdaError as error:
        fault = str(error)
    for expected, number in enumerate(segment_numbers(folder), 1):
        if number != expected and fault is None:
            fault = str(broken(segment_path(folder, expected), 0, "the segment is missing"))
    return Verdict(end.n, end, 0 if fault else _torn(folder), fault)


# ---- below: one line, one segment -----------------------------------------------------------------------------------


def _follow(path: Path, position: Position, line: RawLine) -> tuple[list[Envelope], Position]:
    """The events of the line at `position` (none in a header) and the position behind it."""
    if position.offset == 0:
        header = read_header(path, line)
        if (header.previous, header.first, header.writer) != (position.digits, position.n + 1, path.parent.name):
            raise broken(path, 0, "the header does not follow the segment before it")
        return [], position._replace(offset=line.end, digits=line.digits.decode())
    if digits_of(position.digits.encode(), line.body) != line.digits:
        raise broken(path, position.offset, "a line's hash is wrong")
    envelopes = read_batch(path, position.offset, line.body)
    stamp = envelopes[0].stamp
    rises = stamp > position.stamp
    for n, envelope in enumerate(envelopes, position.n + 1):
        if envelope.n != n:
            raise broken(path, position.offset, f"the numbers do not go on from {position.n}")
        rises = rises and envelope.stamp == stamp
    if not rises:
        raise broken(path, position.offset, "the stamps do not rise from append to append")
    return envelopes, Position(position.segment, line.end, envelopes[-1].n, stamp, line.digits.decode())


def _has_header(path: Path) -> bool:
    return next(_lines(path), None) is not None


def _lines(path: Path) -> Iterator[RawLine]:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        yield from raw_lines(descriptor)
    finally:
        os.close(descriptor)


def _latest_start(folder: Path, number: int, plane: str) -> tuple[Position, int] | None:
    """The position of the latest append of this segment that holds the plane's `plane.started`, and what that run
    says it goes on from (0: from itself)."""
    path = segment_path(folder, number)
    offset, digits, found = 0, b"", None
    for line in _lines(path):
        if offset and b'"plane.started"' in line.body:
            batch = read_batch(path, offset, line.body)
            starts = [one for one in batch if one.kind == "plane.started" and one.data["plane"] == plane]
            if starts:
                first = batch[0]
                place = Position(number, offset, first.n - 1, first.stamp - 1, digits.decode(errors="replace"))
                found = place, int(starts[-1].data.get("since", 0))
        offset, digits = line.end, line.digits
    return found


def _segment_with(folder: Path, n: int) -> Position:
    """The beginning of the segment that holds the writer's event n."""
    for number in reversed(segment_numbers(folder)):
        path = segment_path(folder, number)
        line = next(_lines(path), None)
        if line is not None and (header := read_header(path, line)).first <= n:
            return Position(number, 0, header.first - 1, header.stamp, header.previous)
    return START


def _last(folder: Path) -> tuple[int, int]:
    """The number and the stamp of a writer's last event; zeros if it has none."""
    for number in reversed(segment_numbers(folder)):
        path = segment_path(folder, number)
        before, last, lines = 0, None, 0
        for line in _lines(path):
            before, last, lines = (last.end if last else 0), line, lines + 1
        if last is not None and lines == 1:
            header = read_header(path, last)
            return header.first - 1, header.stamp
        if last is not None:
            event = read_batch(path, before, last.body)[-1]
            return event.n, event.stamp
    return 0, 0


def _torn(folder: Path) -> int:
    numbers = segment_numbers(folder)
    if not numbers:
        return 0
    path = segment_path(folder, numbers[-1])
    end = max((line.end for line in _lines(path)), default=0)
    with path.open("rb") as file:
        file.seek(end)
        return len(file.read().rstrip(b"\0"))
