"""What conditions are asked about: the floor, the hour, and what is known of an entry (ACD-22, ACD-25, ACD-27).

Of a calendar: whether it is `open` (1 or 0). Of a queue: how many are `waiting`, `idle` of those who serve it,
`staffed` (signed in), and `oldest_s`, the longest any entry has waited. Of the time: hour, minute, weekday (1 is
Monday), day, month. Of the entry: priority, waited_s, data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from yingda.kernel.clock import SECOND
from yingda.kernel.language.conditions import DATA, Value
from yingda.routing.capacity import DIGITAL
from yingda.routing.pool import Pool

if TYPE_CHECKING:
    from yingda.routing.floor import Floor


class FloorFacts:
    """At one instant, about one entry."""

    def __init__(self, floor: Floor, data: Mapping[str, Value], *, priority: int, waited: int) -> None:
        self._floor = floor
        self._data = data
        self._priority = priority
        self._waited = waited

    def fact(self, name: str, of: str | None) -> Value:
        if name == "open":
            calendar = self._floor.rules.calendars.get(of or "")
            return None if calendar is None else float(calendar.is_open(self._floor.now))
        if of is not None:
            return self._of_queue(name, of)
        if name.startswith(DATA):
            return self._data.get(name.removeprefix(DATA))
        if name == "priority":
            return self._priority
        return self._waited / SECOND if name == "waited_s" else self._of_time(name)

    def _of_queue(self, name: str, queue_id: str) -> Value:
        floor = self._floor
        queue_id = floor.rules.names.get(queue_id, queue_id)
        if queue_id not in floor.rules.queues:
            return None
        if name == "waiting":
            return sum(floor.router.count(queue_id, line) for line in ("", *DIGITAL))
        if name == "idle":
            return floor.router.idle_count(Pool(queue_id))
        if name == "staffed":
            return len(floor.pools.groups.members(Pool(queue_id)) & floor.sessions.keys())
        if name == "oldest_s":
            waits = [floor.now - e.entered_at for e in floor.entries.values() if e.queue_id == queue_id]
            return max(waits, default=0) / SECOND
        return None

    def _of_time(self, name: str) -> Value:
        at = datetime.fromtimestamp(self._floor.now // SECOND, ZoneInfo(self._floor.rules.zone))
        parts = {
            "hour": at.hour,
            "minute": at.minute,
            "weekday": at.isoweekday(),
            "day": at.day,
            "month": at.month,
        }
        return parts.get(name)
