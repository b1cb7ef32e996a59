"""What a host (主持人) may do in a conference, by keys or from a screen; and what everybody may by keys (TEL-43).

    keys       who         what
    *6         everybody   nobody hears me; and again: everybody does
    *1 … #     host        call this number in
    *5         host        all but hosts are muted; and again: everybody is heard
    *7         host        locked; and again: open
    *8         host        over, for all
    *9         host        out with who came last

From a screen a leader may do the same in every room, a host in his; and mute, take out or make host a single one.
"""

from __future__ import annotations

from yingda.calls.gestures import Gestures
from yingda.calls.meetings.meetings import DONE, Meetings
from yingda.calls.meetings.model import Meeting, Member, Stage
from yingda.calls.model import Call, Leg, Phase, Why
from yingda.calls.reaching import Reaching
from yingda.calls.stage import Stage as Theatre
from yingda.calls.stage import Target
from yingda.calls.summons import Summons
from yingda.calls.table import tenant_of
from yingda.kernel.errors import YingdaError

ORDER = "*"
MOST_KEYS = 26


class Chair:
    """The errand of `Why.MEETING`."""

    def __init__(
        self, stage: Theatre, reaching: Reaching, summons: Summons, meetings: Meetings, gestures: Gestures
    ) -> None:
        self._stage, self._table, self._reaching, self._summons = stage, stage.table, reaching, summons
        self._meetings, self._gestures = meetings, gestures
        self._hall = meetings.hall
        meetings.ordered = self.pressed

    # ---- by keys --------------------------------------------------------------------------------------------------

    def pressed(self, meeting: Meeting, member: Member, digit: str, now: int) -> None:
        """A key of somebody in the room; what is no order means nothing."""
        member.typed += digit
        if not member.typed.startswith(ORDER) or len(member.typed) > MOST_KEYS:
            member.typed = ""
        elif member.typed.startswith("*1") and member.host:
            self._dials(meeting, member, now)
        elif len(member.typed) > 1:
            order, member.typed = member.typed, ""
            self._order(meeting, member, order, now)

    def _order(self, meeting: Meeting, member: Member, order: str, now: int) -> None:
        if order == "*6":
            member.muted = not member.muted
            self._hall.match(meeting)
            self._hall.say(meeting, member, "muted" if member.muted else "unmuted")
        elif not member.host:
            return
        elif order == "*5":
            self.quiet(meeting.room_id, not meeting.quiet)
            self._hall.say(meeting, member, "quiet" if meeting.quiet else "loud")
        elif order == "*7":
            self.lock(meeting.room_id, not meeting.locked)
            self._hall.say(meeting, member, "lock" if meeting.locked else "unlock")
        elif order == "*8":
            self._meetings.end(meeting, now)
        elif order == "*9":
            others = [one for one in meeting.at(Stage.IN) if not one.host]
            if others:
                last = max(others, key=lambda one: (one.since, one.leg_id))
                self._meetings.dismiss(meeting, last, now, "removed")
        self._touch(meeting)

    def _dials(self, meeting: Meeting, member: Member, now: int) -> None:
        if member.typed == "*1":
            self._hall.say(meeting, member, "add")
        elif member.typed.endswith(DONE):
            number, member.typed = member.typed[2:-1], ""
            try:
                self.add(meeting.room_id, number, now, member.agent_id)
            except YingdaError:
                self._hall.say(meeting, member, "refused")

    # ---- from a screen --------------------------------------------------------------------------------------------

    def quiet(self, room_id: str, quiet: bool) -> None:
        """All but hosts are muted, or nobody is, those included who were one by one."""
        meeting = self._open(room_id)
        meeting.quiet = quiet
        for member in meeting.members.values() if not quiet else ():
            member.muted = False
        self._hall.match(meeting)
        self._touch(meeting)

    def mute(self, room_id: str, leg_id: str, muted: bool) -> None:
        """One of them. Refuses not_in_room."""
        meeting, member = self._one(room_id, leg_id)
        member.muted = muted
        self._hall.match(meeting)
        self._touch(meeting)

    def lock(self, room_id: str, locked: bool) -> None:
        """Nobody but hosts comes in any more."""
        meeting = self._open(room_id)
        meeting.locked = locked
        self._touch(meeting)

    def remove(self, room_id: str, leg_id: str, now: int) -> None:
        """Refuses not_in_room."""
        meeting, member = self._one(room_id, leg_id)
        self._meetings.dismiss(meeting, member, now, "removed")
        self._touch(meeting)

    def host(self, room_id: str, leg_id: str, host: bool, now: int) -> None:
        """He is a host, or no longer. Who waits for one comes in with him. Refuses not_in_room."""
        meeting, member = self._one(room_id, leg_id)
        member.host = host
        waiting = meeting.at(Stage.WAITING)
        if host and waiting and member.stage in (Stage.WAITING, Stage.IN):
            self._meetings.join(meeting, *waiting, now=now)
        self._hall.match(meeting)
        self._touch(meeting)

    def end(self, room_id: str, now: int) -> None:
        """For all."""
        self._meetings.end(self._open(room_id), now)

    def _open(self, room_id: str) -> Meeting:
        meeting = self._meetings.meetings.get(room_id)
        if meeting is None:
            raise YingdaError("not_in_room", "Nobody is in this conference room.")
        return meeting

    def _one(self, room_id: str, leg_id: str) -> tuple[Meeting, Member]:
        meeting = self._open(room_id)
        member = meeting.members.get(leg_id)
        if member is None or member.stage is Stage.LEAVING:
            raise YingdaError("not_in_room", "He is not in this conference room any more.")
        return meeting, member

    def _touch(self, meeting: Meeting) -> None:
        """Screens show it."""
        for member in meeting.members.values():
            self._table.touch(self._table.calls[member.interaction_id])

    # ---- calling somebody in --------------------------------------------------------------------------------------

    def add(self, room_id: str, dialled: str, now: int, agent_id: str | None = None) -> None:
        """Ring a colleague, an extension or an outside number, by the rights of this agent (None: the centre's).
        Refuses room_unknown, room_full, and what ringing him refuses; nothing has changed then."""
        room = self._table.plan.rooms.get(room_id)
        if room is None:
            raise YingdaError("room_unknown", "There is no such conference room.")
        meeting = self._meetings.meetings.get(room_id)
        if meeting is not None and len(meeting.members) >= room.most:
            raise YingdaError("room_full", "The conference room is full.")
        target = self._gestures.target(dialled)
        if target[0] == "room":
            raise YingdaError("room_target", "A conference room cannot be called into another one.")
        if target[0] == "number":
            self._table.admit(target[1], agent_id)
        else:
            self._reachable(target)
        call = self._contact(room_id, dialled, now, f"agent:{agent_id}" if agent_id else "system")
        role = "outside" if target[0] == "number" else "agent"
        leg = self._summons.open(call, target, Why.MEETING, now, role=role)
        self._meetings.expect(call, leg, dialled, now, Stage.CALLED)
        self._table.touch(call)

    def _reachable(self, target: Target) -> None:
        """Refuses a colleague, or a device, that cannot be rung now, before anything is written."""
        sessions = self._stage.distributor.floor.sessions.values()
        found = next((one for one in sessions if target[1] in (one.agent_id, one.device)), None)
        if found is not None:
            self._stage.distributor.floor.admit_call(found)
        elif target[0] == "agent":
            raise YingdaError("agent_not_signed_in", "The agent is not signed in.", where=f"agent {target[1]}")
        device = found.device if found is not None else target[1]
        if self._stage.media_kind(device) is None:
            raise YingdaError("device_unreachable", f"Extension {device} is not registered.")

    def _contact(self, room_id: str, number: str, now: int, by: str) -> Call:
        """An internal one: who is called in is no customer of a queue."""
        table, numbers = self._table, self._table.plan.numbers_of_room(room_id)
        call = Call(
            interaction_id=self._table.ids(),
            tenant=tenant_of(number),
            customer="",
            called=number,
            caller=numbers[0] if numbers else None,
            flow_id="",
            queue_id="",
            direction="internal",
            phase=Phase.MEETING,
            meeting=room_id,
        )
        table.calls[call.interaction_id] = call
        reference = self._stage.keep_number(table.plan.canonical(number))
        started = {"medium": "voice", "direction": "internal", "party_ref": reference, "withheld": False}
        facts = {**started, "dialled": reference, "test": False}
        table.append(table.event("interaction.started", now, call, facts, by=by))
        return call

    # ---- the errand -----------------------------------------------------------------------------------------------

    def ringing(self, leg: Leg, now: int) -> None:
        """Screens show it."""

    def answered(self, leg: Leg, now: int) -> None:
        self._reaching.join(leg, now)

    def joined(self, leg: Leg, now: int) -> None:
        call = self._table.call_of(leg)
        self._stage.joins(call, leg, "internal", now)
        meeting = self._meetings.meetings[call.meeting]
        member = meeting.members[leg.leg_id]
        agent = self._table.plan.agents.get(leg.agent_id or "")
        member.agent_id, member.answered_at = leg.agent_id, now
        member.host = agent is not None and agent.number in self._meetings.room(call.meeting).hosts
        self._meetings.join(meeting, member, now=now)

    def failed(self, leg: Leg, outcome: str, code: int, now: int, *, joining: bool) -> None:
        call = self._table.call_of(leg)
        self._stage.ring_over(leg, now)
        meeting = self._meetings.meetings.get(call.meeting)
        if meeting is not None:
            meeting.failed = (meeting.members[leg.leg_id].number, outcome)
        self._meetings.over(call, now, code)
