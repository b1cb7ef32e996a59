"""Who hears whom in a conference room, and what we play into single ears."""

from __future__ import annotations

from collections.abc import Sequence

from yingda.calls.meetings.model import MUSIC, Meeting, Member, Stage
from yingda.calls.table import Purpose, Table
from yingda.media.protocol import Play, SetGain, StopPlay
from yingda.media.verbs import BEEP, Party, Role, conference, difference

COMES, GOES = BEEP, "tone:busy_beep"


class Hall:
    def __init__(self, table: Table) -> None:
        self._table = table

    def match(self, meeting: Meeting) -> None:
        """The matrix as the conference is now; music for who is alone in it."""
        inside = meeting.at(Stage.IN)
        now = conference([Party(member.leg_id, self._role(meeting, member)) for member in inside])
        before = {(sink, source): gain for sink, source, gain in meeting.heard}
        entries = difference(before, now)
        meeting.heard = [(*pair, gain) for pair, gain in now.items()]
        if entries:
            anybody = next(iter(meeting.members.values()))
            self._table.ask(SetGain(entries=entries), Purpose.TIDY, self._table.legs[anybody.leg_id])
        for member in inside:
            if member.lonely is not (len(inside) == 1):
                member.lonely = not member.lonely
                self.hush(member)
                if member.lonely:
                    self._alone(meeting, member)

    def _role(self, meeting: Meeting, member: Member) -> Role:
        leg = self._table.legs[member.leg_id]
        silenced = member.muted or leg.muted or (meeting.quiet and not member.host)
        return Role.LISTENER if silenced else Role.SPEAKER

    def forget(self, meeting: Meeting, leg_id: str) -> None:
        """A leg that media lets go of takes its entries along."""
        meeting.heard = [entry for entry in meeting.heard if leg_id not in entry[:2]]

    # ---- into one ear ---------------------------------------------------------------------------------------------

    def say(self, meeting: Meeting, member: Member, *words: str, loop: bool = False) -> bool:
        """Instead of what he hears from us. False: there is nothing to say it with."""
        sounds = self._table.sounds.meeting(meeting.room_id)
        return self.play(member, [item for word in words for item in sounds.get(word, ())], loop=loop)

    def wait(self, meeting: Meeting, member: Member) -> None:
        """Music until a host is there, and between it the words that say so."""
        self.say(meeting, member, "waits", MUSIC, loop=True)

    def _alone(self, meeting: Meeting, member: Member) -> None:
        self.say(meeting, member, "alone", MUSIC, loop=True)

    def over(self, meeting: Meeting, member: Member) -> None:
        """What was said into his ear is over: who is alone hears music again."""
        member.play_id = None
        if member.lonely:
            self.say(meeting, member, MUSIC, loop=True)

    def tone(self, meeting: Meeting, tone: str) -> None:
        """Somebody comes or goes: a short tone to all who are not listening to something else."""
        for member in meeting.at(Stage.IN):
            if member.play_id is None:
                self.play(member, [tone])

    def play(self, member: Member, items: Sequence[str], *, loop: bool = False) -> bool:
        self.hush(member)
        leg = self._table.legs.get(member.leg_id)
        if not items or leg is None:
            return False
        member.play_id = self._table.ids()
        play = Play(play_id=member.play_id, leg_id=member.leg_id, items=list(items), loop=loop)
        self._table.ask(play, Purpose.PLAY, leg, member.play_id)
        return True

    def hush(self, member: Member) -> None:
        leg = self._table.legs.get(member.leg_id)
        if member.play_id is not None and leg is not None:
            self._table.ask(StopPlay(play_id=member.play_id), Purpose.TIDY, leg)
        member.play_id = None
