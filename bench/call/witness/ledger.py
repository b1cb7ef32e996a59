"""The ledger's segments, read as plain lines and believed only after every hash, number and stamp has been checked.

The format is docs/architecture.md, "Ledger". Each line is `<64 hex digits> <JSON>`; the digits are the SHA-256 of the
previous line's digits and the JSON; a segment's first line is a header that names the digits it follows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

GENESIS = "0" * 64


@dataclass(frozen=True)
class Fact:
    """An event as it stands. append: which line of its writer it stands in; what shares a line happened together."""

    writer: str
    n: int
    stamp: int
    append: int
    kind: str
    at: int
    by: str
    interaction_id: str
    data: dict[str, Any]


@dataclass
class Ledger:
    """facts: in the global order (stamp, writer, n). faults: sentences about what is broken."""

    facts: list[Fact] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def of(self, *kinds: str) -> list[Fact]:
        return [fact for fact in self.facts if fact.kind in kinds]


def read(folder: Path) -> Ledger:
    """All writers' segments below the ledger's folder."""
    ledger = Ledger()
    for writer in sorted(path for path in folder.iterdir() if path.is_dir()):
        _read_writer(writer, ledger)
    ledger.facts.sort(key=lambda fact: (fact.stamp, fact.writer, fact.n))
    return ledger


def _read_writer(folder: Path, ledger: Ledger) -> None:
    previous, number, stamp, append = GENESIS, 0, 0, 0
    for segment in sorted(folder.glob("*.seg")):
        where = f"{folder.name}/{segment.name}"
        for place, (digits, body) in enumerate(_lines(segment)):
            content = json.loads(body)
            follows = content["previous"] if place == 0 else previous
            if follows != previous:
                ledger.faults.append(f"the ledger's {where} does not follow the segment before it")
            if hashlib.sha256(follows.encode() + body).hexdigest() != digits:
                ledger.faults.append(f"the hash of line {place + 1} of the ledger's {where} is wrong")
            previous = digits
            if place == 0:
                continue
            append += 1
            for raw in content:
                fact = _fact(raw, append)
                if fact.n != number + 1:
                    ledger.faults.append(f"writer {fact.writer} jumps from event {number} to {fact.n}")
                if fact.stamp <= stamp and raw is content[0]:
                    ledger.faults.append(f"writer {fact.writer}'s event {fact.n} is stamped before the one it follows")
                number, stamp = fact.n, max(stamp, fact.stamp)
                ledger.facts.append(fact)


def _lines(segment: Path) -> Iterator[tuple[str, bytes]]:
    """(digits, body) of each whole line; what is reserved behind the data reads as NULs."""
    data = segment.read_bytes().partition(b"\0")[0]
    for line in data.split(b"\n")[:-1]:
        digits, _, body = line.partition(b" ")
        yield digits.decode("ascii", errors="replace"), body


def _fact(raw: dict[str, Any], append: int) -> Fact:
    return Fact(
        writer=raw["writer"],
        n=raw["n"],
        stamp=raw["stamp"],
        append=append,
        kind=raw["kind"],
        at=raw["at"],
        by=raw["by"],
        interaction_id=raw.get("interaction_id") or "",
        data=raw["data"],
    )
