"""Call-backs that callers book in flows: the object `callback:` (ACD-38, ACD-39).

When: soon, morning (09:00–12:00), afternoon (14:00–18:00), or HH:MM-HH:MM of the centre's clock, today if there is
something left of it, else tomorrow.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from yingda.calls import flow_protocol as messages
from yingda.calls.model import Call
from yingda.calls.table import Table
from yingda.kernel.clock import SECOND
from yingda.kernel.errors import YingdaError
from yingda.routing.callbacks import Wanted

WINDOWS = {"morning": "09:00-12:00", "afternoon": "14:00-18:00"}
HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")
NUMBER = re.compile(r"[+]?[0-9]{3,20}")
LEAST = 600 * SECOND
"""What must be left of a window for it to be today's."""


def window(text: str, now: int, zone: str) -> tuple[int | None, int | None]:
    """When he may be called: opens, closes (µs UTC; None, None: soon). Refuses bad_window."""
    if text in ("", "soon"):
        return None, None
    found = HOURS.fullmatch(WINDOWS.get(text, text))
    if found is None:
        raise YingdaError("bad_window", f"{text} is no time to call at.", todo="Say soon, morning or HH:MM-HH:MM.")
    numbers = [int(digits) for digits in found.groups()]
    begin, end = time(numbers[0], numbers[1]), time(numbers[2], numbers[3])
    if end <= begin:
        raise YingdaError("bad_window", f"{text} ends before it begins.")
    today = datetime.fromtimestamp(now / SECOND, ZoneInfo(zone)).date()
    for day in (today, today + timedelta(days=1)):
        closes = _at(datetime.combine(day, end, ZoneInfo(zone)))
        if closes - now >= LEAST:
            break
    return max(now, _at(datetime.combine(day, begin, ZoneInfo(zone)))), closes


def _at(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp()) * SECOND


class Booking:
    """request: books (`Returning.request`); tell: what came of it, to the flow."""

    def __init__(
        self,
        table: Table,
        request: Callable[[Wanted, int], None],
        tell: Callable[[Call, messages.AnyHappened], None],
    ) -> None:
        self._table, self._request, self._tell = table, request, tell

    def book(self, call: Call, act: messages.BookCallback, now: int) -> None:
        """As the flow says; a refusal is an event of the flow."""
        try:
            self._request(self._wanted(call, act, now), now)
        except YingdaError as error:
            self._tell(call, messages.Served(request=act.request, error=error.code, sentence=error.sentence))
        else:
            self._tell(call, messages.Served(request=act.request))

    def owe(self, call: Call, now: int) -> None:
        """To who has left a message, as soon as may be; without a number, or owed one already: not."""
        if call.caller is None:
            return
        try:
            self._request(self._of(call, call.caller, call.queue_id), now)
        except YingdaError as error:
            if error.code not in ("callback_open", "unknown_queue"):
                raise

    def _wanted(self, call: Call, act: messages.BookCallback, now: int) -> Wanted:
        plan = self._table.plan
        number = act.number or call.caller or ""
        if NUMBER.fullmatch(number) is None:
            raise YingdaError("number_unreadable", "There is no number to call back.")
        queue = next((one.id for one in plan.queues.values() if one.name == act.queue), None)
        if act.queue and queue is None:
            raise YingdaError("unknown_queue", "There is no such queue.", where=f"queue {act.queue}")
        number = plan.canonical(number)
        plan.outward.admit(number)
        opens, closes = window(act.window, now, plan.time_zone)
        return self._of(call, number, queue or call.queue_id, opens, closes)

    def _of(
        self, call: Call, number: str, queue_id: str, opens: int | None = None, closes: int | None = None
    ) -> Wanted:
        return Wanted(
            contact_id=call.interaction_id,
            number=number,
            queue_id=queue_id,
            source="flow",
            priority=call.priority,
            data=call.data,
            test=call.test,
            message_ms=call.left_ms,
            opens=opens,
            closes=closes,
        )
