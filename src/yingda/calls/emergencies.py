"""Emergency announcements: what a leader lets everybody in a queue hear first, for a time (紧急公告; ui.md section 3).

    off  start: `queue.emergency_started`             on
    on   start: the same, with other words or end     on
    on   stop, its end: `queue.emergency_ended`       off

What is said is a text, a file of the prompts' folder, or the queue's own announcement. What a run leaves on, the next
one takes up (`standing`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from yingda.calls.table import Table
from yingda.calls.treatment import Items
from yingda.kernel.config.centre import Prompt
from yingda.kernel.errors import YingdaError
from yingda.kernel.event import Envelope, Event


class Emergency(msgspec.Struct, frozen=True, kw_only=True):
    """until: µs UTC. announce: the prompt as it was asked for ({}: the queue's own); items: the same, made; none where
    it is the queue's own."""

    queue_id: str
    until: int
    announce: dict[str, str] = {}
    items: tuple[str, ...] = ()

    @property
    def prompt(self) -> Prompt | None:
        return Prompt.model_validate(self.announce) if self.announce else None


class Emergencies:
    """Those that are on, by queue. Pure: what happens goes to the table as events, time comes as input."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self.on: dict[str, Emergency] = {}

    def start(self, emergency: Emergency, now: int, by: str) -> None:
        """Again: other words, another end. Refuses unknown_queue, bad_until, no_emergency."""
        queue_id, where = emergency.queue_id, f"queue {emergency.queue_id}"
        if queue_id not in self._table.plan.queues:
            raise YingdaError("unknown_queue", "There is no such queue.", where=where)
        if emergency.until <= now:
            raise YingdaError("bad_until", "The end of the announcement is past.", where=where)
        self.on[queue_id] = emergency
        if not self.items(queue_id):
            del self.on[queue_id]
            todo = "Write a text, choose a file, or give the queue one in its settings."
            raise YingdaError("no_emergency", "This queue has no emergency announcement.", where=where, todo=todo)
        self._say("started", queue_id, {"until": emergency.until, "announce": emergency.announce}, now, by)

    def stop(self, queue_id: str, now: int, by: str, why: str = "leader") -> None:
        """Off already: nothing."""
        if self.on.pop(queue_id, None) is not None:
            self._say("ended", queue_id, {"why": why}, now, by)

    def items(self, queue_id: str) -> Items:
        """What is heard first in the queue; nothing while none is on."""
        emergency = self.on.get(queue_id)
        if emergency is None:
            return ()
        return emergency.items or self._table.sounds.waiting(queue_id).emergency

    def next_timer(self) -> int | None:
        """µs UTC."""
        return min((emergency.until for emergency in self.on.values()), default=None)

    def handle_timer(self, now: int) -> None:
        """Those whose end has come, and those whose queue was taken out."""
        for queue_id, emergency in tuple(self.on.items()):
            if emergency.until <= now:
                self.stop(queue_id, now, "system", "expired")
            elif queue_id not in self._table.plan.queues:
                self.stop(queue_id, now, "system", "configured")

    def to_state(self) -> list[dict[str, Any]]:
        state: list[dict[str, Any]] = msgspec.to_builtins(list(self.on.values()))
        return state

    def restore(self, state: Sequence[Mapping[str, Any]]) -> None:
        self.on = {one.queue_id: one for one in msgspec.convert(list(state), list[Emergency])}

    def _say(self, what: str, queue_id: str, data: Mapping[str, object], now: int, by: str) -> None:
        told = {"queue_id": queue_id, **data}
        self._table.append(Event(kind=f"queue.emergency_{what}", at=now, by=by, data=told, cause=queue_id))


def standing(facts: Iterable[Event | Envelope]) -> list[Emergency]:
    """Those that these events, in the ledger's order, leave on, past ones too; their items are still to be made."""
    on: dict[str, Emergency] = {}
    for fact in facts:
        if fact.kind == "queue.emergency_started":
            data = fact.data
            on[data["queue_id"]] = Emergency(queue_id=data["queue_id"], until=data["until"], announce=data["announce"])
        elif fact.kind == "queue.emergency_ended":
            on.pop(fact.data["queue_id"], None)
    return list(on.values())
