"""Conference rooms on screens, and what leaders and hosts do in them, as it crosses the bus (TEL-43).

Who may do what is decided before (the web plane's permissions); here an order is only made sense of and carried out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import msgspec

from yingda.agents.commands import read
from yingda.calls.effects import Effect
from yingda.calls.meetings.model import Meeting, Member
from yingda.calls.switch import Switch
from yingda.kernel.config.centre import ConferenceRoom

Doc = dict[str, Any]


class OfRoom(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """by: who orders it (user:ID, agent:ID)."""

    room_id: str
    by: str = "system"


class Switched(OfRoom, frozen=True, kw_only=True):
    """on: locked; or all but hosts muted."""

    on: bool


class OfMember(OfRoom, frozen=True, kw_only=True):
    leg_id: str


class MemberSwitched(OfMember, frozen=True, kw_only=True):
    """on: muted; or a host."""

    on: bool


class CallIn(OfRoom, frozen=True, kw_only=True):
    """number: a colleague's agent ID or extension, or an outside number. agent_id: by whose rights it is dialled."""

    number: Annotated[str, msgspec.Meta(pattern="^[+]?[0-9*#]{1,24}$")]
    agent_id: str | None = None


def _act(deed: Callable[[Switch, Any, int], object]) -> Callable[[Switch, Any, int], list[Effect]]:
    return lambda switch, order, now: switch.act(lambda: deed(switch, order, now))


ORDERS: dict[str, tuple[type[OfRoom], Callable[[Switch, Any, int], list[Effect]]]] = {
    "room.add": (CallIn, _act(lambda switch, o, now: switch.chair.add(o.room_id, o.number, now, o.agent_id))),
    "room.lock": (Switched, _act(lambda switch, o, now: switch.chair.lock(o.room_id, o.on))),
    "room.quiet": (Switched, _act(lambda switch, o, now: switch.chair.quiet(o.room_id, o.on))),
    "room.mute": (MemberSwitched, _act(lambda switch, o, now: switch.chair.mute(o.room_id, o.leg_id, o.on))),
    "room.host": (MemberSwitched, _act(lambda switch, o, now: switch.chair.host(o.room_id, o.leg_id, o.on, now))),
    "room.remove": (OfMember, _act(lambda switch, o, now: switch.chair.remove(o.room_id, o.leg_id, now))),
    "room.end": (OfRoom, _act(lambda switch, o, now: switch.chair.end(o.room_id, now))),
}


def order(switch: Switch, method: str, body: object, now: int) -> list[Effect]:
    """Carry one out. Raises bad_command, and what `Chair` refuses."""
    kind, act = ORDERS[method]
    return act(switch, read(kind, body), now)


def rooms_shown(switch: Switch) -> dict[str, Doc | None]:
    """The document of every room: those configured, and those that somebody is in."""
    plan, meetings = switch.table.plan, switch.meetings
    shown: dict[str, Doc | None] = dict.fromkeys(meetings.shown)
    for room_id in (*plan.rooms, *meetings.meetings):
        room = meetings.room(room_id)
        shown[room_id] = _room(room_id, room, meetings.meetings.get(room_id), plan.numbers_of_room(room_id))
    meetings.shown = {room_id for room_id, doc in shown.items() if doc is not None}
    return shown


def _room(room_id: str, room: ConferenceRoom, meeting: Meeting | None, numbers: list[str]) -> Doc:
    return {
        "id": room_id,
        "name": room.name,
        "numbers": numbers,
        "most": room.most,
        "locked": meeting is not None and meeting.locked,
        "quiet": meeting is not None and meeting.quiet,
        "failed": (
            {"number": meeting.failed[0], "why": meeting.failed[1]} if meeting is not None and meeting.failed else None
        ),
        "members": [_member(member) for member in meeting.members.values()] if meeting is not None else [],
    }


def _member(member: Member) -> Doc:
    return {
        "leg_id": member.leg_id,
        "number": member.number,
        "agent_id": member.agent_id,
        "stage": member.stage.value,
        "since": member.since,
        "host": member.host,
        "muted": member.muted,
    }
