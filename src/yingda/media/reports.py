"""Reports to control: numbered without a gap, kept until acknowledged, sent again from any number on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from yingda.media.protocol import AnyReport


class ReportLog:
    """`on_report` is called with each new one. `instance` names this life of the numbering."""

    def __init__(self, instance: str, last: int = 0) -> None:
        self.instance = instance
        self.on_report: Callable[[AnyReport], None] | None = None
        self._kept: deque[AnyReport] = deque()
        self._last = last

    @property
    def last(self) -> int:
        """Number of the newest report; 0 before the first."""
        return self._last

    @property
    def kept(self) -> int:
        return len(self._kept)

    def add(self, make: Callable[[int], AnyReport]) -> None:
        """`make` gets the report's number."""
        self._last += 1
        report = make(self._last)
        self._kept.append(report)
        if self.on_report is not None:
            self.on_report(report)

    def after(self, number: int) -> list[AnyReport]:
        """What is still kept and newer than `number`."""
        return [report for report in self._kept if report.number > number]

    def acknowledge(self, upto: int) -> None:
        while self._kept and self._kept[0].number <= upto:
            self._kept.popleft()
