"""Where a writer left off: the end of its last segment, found and checked when the folder is opened again."""

from __future__ import annotations

import logging
import os
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from yingda.kernel.event import Envelope
from yingda.kernel.ledger.segment import (
    RawLine,
    broken,
    digits_of,
    raw_lines,
    read_batch,
    read_header,
    segment_numbers,
    segment_path,
)

log = logging.getLogger(__name__)

_REMEMBERED = 4_000
"""How many of the last appends are handed on, so that causes reach across a restart."""


@dataclass(frozen=True, slots=True)
class Tail:
    """The state to go on from. end: the byte behind the last whole line; digits: of that line.

    number, first: of the last segment and its first event. torn: bytes behind `end` that are no append.
    """

    number: int
    first: int
    end: int
    torn: int
    digits: bytes
    n: int
    stamp: int
    recent: tuple[Envelope, ...]


def find_tail(folder: Path, writer: str) -> Tail | None:
    """The tail of a writer's folder; None if nothing was ever written. Removes a segment that never got its header.

    Raises YingdaError("ledger_broken") if a line before the last is wrong.
    """
    for number in reversed(segment_numbers(folder)):
        path = segment_path(folder, number)
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            lines = list(raw_lines(descriptor))
        finally:
            os.close(descriptor)
        if not lines:
            log.warning("%s: the segment had no header yet; removed", path)
            path.unlink()
            continue
        return _check(path, number, writer, lines)
    return None


def _check(path: Path, number: int, writer: str, lines: list[RawLine]) -> Tail:
    header = read_header(path, lines[0])
    if header.writer != writer:
        raise broken(path, 0, f"it belongs to the writer {header.writer}")
    digits, end = lines[0].digits, lines[0].end
    whole: deque[bytes] = deque(maxlen=_REMEMBERED)
    for place, line in enumerate(lines[1:], 1):
        if digits_of(digits, line.body) != line.digits:
            if place < len(lines) - 1:
                raise broken(path, end, "a line's hash is wrong")
            log.error("%s, byte %d: the last line is damaged and cut off", path, end)
            break
        digits, end = line.digits, line.end
        whole.append(line.body)
    recent = tuple(envelope for body in whole for envelope in read_batch(path, end, body))
    last = recent[-1] if recent else None
    n, stamp = (last.n, last.stamp) if last else (header.first - 1, header.stamp)
    return Tail(number, header.first, end, _torn(path, end), digits, n, stamp, recent)


def _torn(path: Path, end: int) -> int:
    with path.open("rb") as file:
        file.seek(end)
        torn = len(file.read().rstrip(b"\0"))
    if torn:
        log.warning("%s, byte %d: %d bytes of an unfinished append are cut off", path, end, torn)
    return torn
