"""All conferences of this control plane: who comes to the door, is let in, waits for the host, and leaves (TEL-43).

A member is a contact of his own with one leg: from outside a run in the room (`flow.entered` names the room, its goal
is `joined`), from inside or called in an internal call. So figures count him as whoever dialled a number of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from hmac import compare_digest
from typing import Any

import msgspec

from yingda.calls.ending import Ending
from yingda.calls.meetings.hall import COMES, GOES, Hall
from yingda.calls.meetings.model import Meeting, Member, Stage
from yingda.calls.model import Call, Leg, Phase
from yingda.calls.stage import Stage as Theatre
from yingda.kernel.clock import SECOND
from yingda.kernel.config.centre import ConferenceRoom

TRIES = 3
KEYS_LIMIT = 20 * SECOND
"""From one key of a PIN to the next, and to the first."""
LAST_WORDS_LIMIT = 15 * SECOND
DONE = "#"
MOST_DIGITS = 12


class Meetings:
    """ordered: keys of somebody in the room (`chair`)."""

    def __init__(self, stage: Theatre, ending: Ending) -> None:
        self._stage, self._table, self._ending = stage, stage.table, ending
        self.hall = Hall(stage.table)
        self.meetings: dict[str, Meeting] = {}
        self.ordered: Callable[[Meeting, Member, str, int], None] = lambda *_: None
        self.shown: set[str] = set()  # rooms of which screens have a document
        self._rooms: dict[str, ConferenceRoom] = {}

    # ---- finding --------------------------------------------------------------------------------------------------

    def room(self, room_id: str) -> ConferenceRoom:
        """As it is configured now; as it was, if it is taken away while somebody is in it."""
        found = self._table.plan.rooms.get(room_id)
        if found is not None:
            self._rooms[room_id] = found
        return self._rooms.get(room_id) or ConferenceRoom(id=room_id, name=room_id)

    def near(self, room_id: str) -> str:
        """A leg beside which one more is opened: they will be joined."""
        meeting = self.meetings.get(room_id)
        return next(iter(meeting.members), "") if meeting is not None else ""

    def _member(self, leg_id: str, call: Call) -> tuple[Meeting, Member] | None:
        meeting = self.meetings.get(call.meeting)
        member = meeting.members.get(leg_id) if meeting is not None else None
        return (meeting, member) if meeting is not None and member is not None else None

    # ---- the door -------------------------------------------------------------------------------------------------

    def enter(self, call: Call, leg: Leg, now: int) -> None:
        """Somebody has dialled the room's number, and is answered."""
        room = self.room(call.meeting)
        agent = self._table.plan.agents.get(leg.agent_id or "")
        member = self.expect(call, leg, call.caller or "", now)
        member.host = agent is not None and agent.number in room.hosts
        call.phase = Phase.MEETING
        self._table.touch(call)
        asks = bool(room.pin or room.host_pin) and not member.host
        if not call.internal:
            call.run_id = self._table.ids()
            entered = {"run_id": call.run_id, "flow_id": call.meeting, "version": self._table.plan.version}
            self._table.append(self._table.event("flow.entered", now, call, {**entered, "self_service": False}))
        if asks:
            self._node(call, "pin", "start", now)
            self._ask(self.meetings[call.meeting], member, now)
        else:
            self._let_in(self.meetings[call.meeting], member, call, now)

    def expect(self, call: Call, leg: Leg, number: str, now: int, stage: Stage = Stage.DOOR) -> Member:
        """A leg that is to be in the room."""
        meeting = self.meetings.setdefault(call.meeting, Meeting(room_id=call.meeting))
        member = Member(
            leg_id=leg.leg_id,
            interaction_id=call.interaction_id,
            number=number,
            since=now,
            answered_at=now,
            stage=stage,
            agent_id=leg.agent_id,
        )
        meeting.members[leg.leg_id] = member
        return member

    def _node(self, call: Call, node: str, edge: str, now: int) -> None:
        if call.run_id is not None:
            entered = {"run_id": call.run_id, "node_id": node, "by_edge": edge}
            self._table.append(self._table.event("flow.node_entered", now, call, entered, cause=call.run_id))
            call.last_node = node

    def _ask(self, meeting: Meeting, member: Member, now: int, *before: str) -> None:
        self.hall.say(meeting, member, *before, "pin" if self.room(meeting.room_id).pin else "host_pin")
        self._wait_for_keys(member, now)

    def _wait_for_keys(self, member: Member, now: int) -> None:
        member.until = now + KEYS_LIMIT
        self._table.wake(member.until, member.interaction_id)

    def pressed(self, leg: Leg, digit: str, now: int) -> bool:
        """A key of a leg. False: it is in no conference."""
        call = self._table.call_of(leg)
        found = self._member(leg.leg_id, call)
        if found is None:
            return False
        meeting, member = found
        if member.stage is Stage.DOOR:
            self.hall.hush(member)
            self._typed(meeting, member, call, digit, now)
        elif member.stage is Stage.IN:
            self.ordered(meeting, member, digit, now)
        return True

    def _typed(self, meeting: Meeting, member: Member, call: Call, digit: str, now: int) -> None:
        room = self.room(meeting.room_id)
        if digit != DONE:
            member.typed = (member.typed + digit)[: MOST_DIGITS + 1]
            self._wait_for_keys(member, now)
        pins = [pin for pin in (room.pin, room.host_pin) if pin]
        longer = any(pin != member.typed and pin.startswith(member.typed) for pin in pins)
        known = any(compare_digest(member.typed, pin) for pin in pins)
        if digit != DONE and (longer or not known) and len(member.typed) <= MOST_DIGITS:
            return
        if room.host_pin and compare_digest(member.typed, room.host_pin):
            member.host = True
        elif not compare_digest(member.typed, room.pin):
            self._wrong(meeting, member, call, now)
            return
        self._let_in(meeting, member, call, now)

    def _wrong(self, meeting: Meeting, member: Member, call: Call, now: int) -> None:
        member.typed, member.tries = "", member.tries + 1
        if member.tries >= TRIES:
            self.dismiss(meeting, member, now, "wrong", "goodbye")
        else:
            self._ask(meeting, member, now, "wrong")

    def _let_in(self, meeting: Meeting, member: Member, call: Call, now: int) -> None:
        room = self.room(meeting.room_id)
        if meeting.locked and not member.host:
            self.dismiss(meeting, member, now, "locked")
        elif len(meeting.at(Stage.WAITING, Stage.IN)) >= room.most:
            self.dismiss(meeting, member, now, "full")
        elif room.waits_for_host and not member.host and not meeting.hosted:
            member.move(Stage.WAITING, now)
            self._node(call, "waiting", "pin", now)
            self.hall.wait(meeting, member)
        else:
            self.join(meeting, member, now=now)

    # ---- in it ----------------------------------------------------------------------------------------------------

    def join(self, meeting: Meeting, *members: Member, now: int) -> None:
        """They hear and are heard; with the first host, all who waited for him."""
        comers = {member.leg_id: member for member in members}
        if any(member.host for member in members):
            comers |= {member.leg_id: member for member in meeting.at(Stage.WAITING)}
        for member in comers.values():
            call = self._table.calls[member.interaction_id]
            member.move(Stage.IN, now)
            self.hall.hush(member)
            self._node(call, "conference", "pin", now)
            if call.run_id is not None:
                goal = {"run_id": call.run_id, "goal": "joined"}
                self._table.append(self._table.event("flow.goal_reached", now, call, goal, cause=call.run_id))
            joined = {"room_id": meeting.room_id, "leg_id": member.leg_id, "host": member.host}
            self._table.append(self._table.event("conference.joined", now, call, joined))
            self._table.touch(call)
        self.hall.match(meeting)
        self._record(meeting)
        room = self.room(meeting.room_id)
        for member in comers.values() if room.recording else ():
            self.hall.say(meeting, member, "recorded")
        if room.tones:
            self.hall.tone(meeting, COMES)

    def _record(self, meeting: Meeting) -> None:
        """By the handling of an agent who is in it, a host before others, for as long as he stays."""
        inside = meeting.at(Stage.IN)
        wanted = self.room(meeting.room_id).recording and len(inside) > 1
        if not wanted or meeting.recorded in {member.leg_id for member in inside}:
            return
        agents = [member for member in inside if self._table.legs[member.leg_id].handling_id is not None]
        for member in sorted(agents, key=lambda one: not one.host)[:1]:
            meeting.recorded = member.leg_id
            call, leg = self._table.calls[member.interaction_id], self._table.legs[member.leg_id]
            self._stage.recordings.start_of(call, leg, member.answered_at)

    def follow(self, call: Call) -> None:
        """Something of a member's leg changed: he may have muted himself at the desk."""
        meeting = self.meetings.get(call.meeting)
        if meeting is not None:
            self.hall.match(meeting)

    def played(self, leg: Leg, play_id: str, now: int) -> bool:
        """What was said into one ear is over. False: it was none of ours."""
        found = self._member(leg.leg_id, self._table.call_of(leg))
        if found is None or found[1].play_id != play_id:
            return False
        meeting, member = found
        if member.stage is Stage.LEAVING:
            self._end(member, now)
        elif member.stage is Stage.WAITING:
            member.play_id = None
        else:
            self.hall.over(meeting, member)
        return True

    # ---- out of it ------------------------------------------------------------------------------------------------

    def dismiss(self, meeting: Meeting, member: Member, now: int, *words: str) -> None:
        """He is told why, then his call ends."""
        call = self._table.calls[member.interaction_id]
        was_in = member.stage is Stage.IN
        if member.stage is Stage.CALLED:
            self._end(member, now)
            return
        if member.stage is Stage.LEAVING:
            return
        member.move(Stage.LEAVING, now)
        if was_in:
            self._left(meeting, member, call, words[0], now)
        member.until = now + LAST_WORDS_LIMIT
        self._table.wake(member.until, member.interaction_id)
        if not self.hall.say(meeting, member, *words):
            self._end(member, now)

    def _left(self, meeting: Meeting, member: Member, call: Call, why: str, now: int) -> None:
        """One fewer in the room."""
        left = {"room_id": meeting.room_id, "leg_id": member.leg_id, "why": why}
        self._table.append(self._table.event("conference.left", now, call, left))
        member.lonely = False
        self.hall.match(meeting)
        if meeting.recorded == member.leg_id:
            meeting.recorded = ""
            self._stage.recordings.stop(call)
            self._record(meeting)
        room = self.room(meeting.room_id)
        if room.tones:
            self.hall.tone(meeting, GOES)
        if member.host and room.ends_with_host and not meeting.hosted:
            self.end(meeting, now)

    def end(self, meeting: Meeting, now: int) -> None:
        """For all."""
        for member in list(meeting.members.values()):
            self.dismiss(meeting, member, now, "ended")

    def _end(self, member: Member, now: int) -> None:
        call = self._table.calls.get(member.interaction_id)
        if call is not None:
            self.over(call, now)

    def over(self, call: Call, now: int, code: int = 0) -> None:
        self._ending.end(call, now, "system", code=code)

    def gone(self, call: Call, now: int) -> str | None:
        """A member's call ends, before media lets go of his leg. How the books say that he left; None: he was in no
        conference."""
        found = next((one for leg_id in call.legs if (one := self._member(leg_id, call)) is not None), None)
        if found is None:
            return None
        meeting, member = found
        del meeting.members[member.leg_id]
        self.hall.forget(meeting, member.leg_id)
        if member.stage is Stage.IN:
            self._left(meeting, member, call, "left", now)
        if not meeting.members:
            del self.meetings[meeting.room_id]
        return "hangup" if member.stage in (Stage.DOOR, Stage.WAITING) else "done"

    # ---- time, state ----------------------------------------------------------------------------------------------

    def due(self, call: Call, now: int) -> None:
        """A PIN is typed too slowly, or the last words never ended."""
        for leg_id in list(call.legs):
            found = self._member(leg_id, call)
            if found is None or not 0 < found[1].until <= now:
                continue
            if found[1].stage is Stage.DOOR:
                self._wrong(*found, call, now)
            elif found[1].stage is Stage.LEAVING:
                self._end(found[1], now)

    def to_state(self) -> list[Any]:
        state: list[Any] = msgspec.to_builtins(list(self.meetings.values()))
        return state

    def restore(self, raw: Sequence[Mapping[str, Any]]) -> None:
        self.meetings = {one.room_id: one for one in msgspec.convert(raw, list[Meeting])}
