"""What leaders may do to queues, entries and call-backs, as it crosses the bus (SUP-11, ACD-33, ACD-48, ACD-58).

Who may do what is decided before (the web plane's permissions); here a command is only made sense of and carried out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

import msgspec

from yingda.agents.commands import read
from yingda.calls.effects import Effect
from yingda.calls.emergencies import Emergency
from yingda.calls.switch import Switch
from yingda.kernel.clock import SECOND
from yingda.routing.callbacks import Wanted
from yingda.routing.sites import QueueLoad

Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]


class Lever(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """by: who pulls it (user:ID, agent:ID)."""

    by: str = "system"


class OfQueue(Lever, frozen=True, kw_only=True):
    queue_id: str


class Flush(OfQueue, frozen=True, kw_only=True):
    """then: what becomes of everybody who waits: told that nobody can serve him (end), another queue (move, `to`), a
    call-back, a message of his."""

    then: Literal["end", "move", "callback", "message"] = "end"
    to: str = ""


class Announcement(OfQueue, frozen=True, kw_only=True):
    """announce: a text (`say`, `language`) or a file (`file`); nothing: the queue's own. seconds: how long it is on."""

    on: bool
    announce: dict[str, Annotated[str, msgspec.Meta(max_length=2_000)]] = {}
    seconds: Seconds = 3_600


class Lend(OfQueue, frozen=True, kw_only=True):
    agent_id: str
    seconds: Seconds


class GiveBack(OfQueue, frozen=True, kw_only=True):
    agent_id: str


class OfEntry(Lever, frozen=True, kw_only=True):
    entry_id: str


class Move(OfEntry, frozen=True, kw_only=True):
    queue_id: str


class Reserve(OfEntry, frozen=True, kw_only=True):
    agent_id: str
    seconds: Seconds


class TakeOut(OfQueue, frozen=True, kw_only=True):
    """A caller out of his flow, into this queue."""

    interaction_id: str


class TryFlow(Lever, frozen=True, kw_only=True):
    """A text to be heard on a call (`calls.trials`). flow: by name, whose document leads there; "": none does."""

    document: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    text: str
    flow: str = ""


class OfAgent(Lever, frozen=True, kw_only=True):
    agent_id: str


class HandBack(Lever, frozen=True, kw_only=True):
    handling_id: str
    queue_id: str


class RequestCallback(Lever, frozen=True, kw_only=True):
    """contact_id: the contact it comes from. opens, closes: µs UTC."""

    contact_id: str
    number: Annotated[str, msgspec.Meta(pattern=r"^[+0-9*#]{2,24}$")]
    queue_id: str
    source: Literal["flow", "web", "missed"]
    opens: int | None = None
    closes: int | None = None


class TakeCallback(Lever, frozen=True, kw_only=True):
    callback_id: str
    agent_id: str


class AssignCallback(TakeCallback, frozen=True, kw_only=True):
    seconds: Seconds


class CancelCallback(Lever, frozen=True, kw_only=True):
    callback_id: str


class SiteTold(Lever, frozen=True, kw_only=True):
    """A sister centre's load, by our queues."""

    site_id: str
    queues: dict[str, QueueLoad]


def _flush(switch: Switch, order: Flush, now: int) -> list[Effect]:
    leaders, then = switch.distributor.leaders, order.then
    if then == "end":
        return switch.distribute(leaders.flush(order.queue_id, "flushed", now, order.by), now)
    if then == "move":
        return switch.distribute(leaders.move_all(order.queue_id, order.to, now, order.by), now)
    leaders.need_queue(order.queue_id)
    return switch.act(lambda: switch.waiting.empty(order.queue_id, then, now, order.by))


def _lend(switch: Switch, order: Lend, now: int) -> list[Effect]:
    until = now + round(order.seconds * SECOND)
    leaders = switch.distributor.leaders
    return switch.distribute(leaders.lend(order.agent_id, order.queue_id, until, now, order.by), now)


def _give_back(switch: Switch, order: GiveBack, now: int) -> list[Effect]:
    leaders = switch.distributor.leaders
    return switch.distribute(leaders.give_back(order.agent_id, order.queue_id, now, order.by), now)


def _end_shift(switch: Switch, order: OfAgent, now: int) -> list[Effect]:
    return switch.distribute(switch.distributor.end_shift(order.agent_id, now), now)


def _move(switch: Switch, order: Move, now: int) -> list[Effect]:
    return switch.distribute(switch.distributor.leaders.move(order.entry_id, order.queue_id, now, order.by), now)


def _reserve(switch: Switch, order: Reserve, now: int) -> list[Effect]:
    leaders = switch.distributor.leaders
    return switch.distribute(leaders.reserve(order.entry_id, order.agent_id, order.seconds, now, order.by), now)


def _prefer(switch: Switch, order: OfEntry, now: int) -> list[Effect]:
    return switch.distribute(switch.distributor.leaders.prefer(order.entry_id, now, order.by), now)


def _release(switch: Switch, order: OfEntry, now: int) -> list[Effect]:
    return switch.distribute(switch.distributor.leaders.release(order.entry_id, now, order.by), now)


def _take_out(switch: Switch, order: TakeOut, now: int) -> list[Effect]:
    return switch.act(lambda: switch.flowing.take_out(order.interaction_id, order.queue_id, now, order.by))


def _hand_back(switch: Switch, order: HandBack, now: int) -> list[Effect]:
    return switch.distribute(switch.distributor.hand_back(order.handling_id, order.queue_id, now), now)


def _request(switch: Switch, order: RequestCallback, now: int) -> list[Effect]:
    wanted = Wanted(
        contact_id=order.contact_id,
        number=order.number,
        queue_id=order.queue_id,
        source=order.source,
        opens=order.opens,
        closes=order.closes,
    )
    return switch.act(lambda: switch.returning.request(wanted, now, order.by))


def _take(switch: Switch, order: TakeCallback, now: int) -> list[Effect]:
    return switch.act(lambda: switch.returning.take(order.callback_id, order.agent_id, now))


def _assign(switch: Switch, order: AssignCallback, now: int) -> list[Effect]:
    callback_id, agent_id = order.callback_id, order.agent_id
    return switch.act(lambda: switch.returning.assign(callback_id, agent_id, order.seconds, now, order.by))


def _cancel(switch: Switch, order: CancelCallback, now: int) -> list[Effect]:
    return switch.act(lambda: switch.returning.cancel(order.callback_id, order.by, now))


def _site_told(switch: Switch, order: SiteTold, now: int) -> list[Effect]:
    return switch.distribute(switch.distributor.site_told(order.site_id, order.queues, now), now)


LEVERS: dict[str, tuple[type[Lever], Callable[[Switch, Any, int], list[Effect]]]] = {
    "queue.flush": (Flush, _flush),
    "agent.lend": (Lend, _lend),
    "agent.give_back": (GiveBack, _give_back),
    "agent.end_shift": (OfAgent, _end_shift),
    "entry.move": (Move, _move),
    "entry.reserve": (Reserve, _reserve),
    "entry.prefer": (OfEntry, _prefer),
    "entry.release": (OfEntry, _release),
    "flow.take_out": (TakeOut, _take_out),
    "item.hand_back": (HandBack, _hand_back),
    "callback.request": (RequestCallback, _request),
    "callback.take": (TakeCallback, _take),
    "callback.assign": (AssignCallback, _assign),
    "callback.cancel": (CancelCallback, _cancel),
    "site.told": (SiteTold, _site_told),
}


def announce(switch: Switch, order: Announcement, items: Sequence[str], now: int) -> list[Effect]:
    """Switch an emergency announcement on or off. items: `order.announce`, made. Refuses what `Emergencies` does."""
    if not order.on:
        return switch.act(lambda: switch.waiting.emergencies.stop(order.queue_id, now, order.by))
    emergency = Emergency(
        queue_id=order.queue_id,
        until=now + round(order.seconds * SECOND),
        announce=dict(order.announce),
        items=tuple(items),
    )
    return switch.act(lambda: switch.waiting.begin_emergency(emergency, now, order.by))


def pull(switch: Switch, method: str, body: object, now: int) -> list[Effect]:
    """Carry out a lever. Raises bad_command, and what the lever refuses."""
    kind, act = LEVERS[method]
    return act(switch, read(kind, body), now)
