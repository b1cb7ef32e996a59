"""What a broken identity looks like, and the common shape of a check."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from yingda.reports.rows import Key


@dataclass(frozen=True, slots=True)
class Broken:
    """An identity of metrics.md section 8 that does not hold. sentence: the numbers of both sides."""

    identity: str
    key: Key
    sentence: str

    def __str__(self) -> str:
        return f"{self.identity} {self.key}: {self.sentence}"


Findings = Iterator[Broken]
