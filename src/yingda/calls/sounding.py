"""Who hears whom in a contact, and what we play to those who are alone (CTI-07, 08, 13, 14; SUP-03).

A pure function of the call's state: after every input the matrix is made to follow it by the difference alone. Whoever
stands by himself hears music (a customer on hold, a third party who waits), with words between it that ask him to
stay, or the ring-back of whom he calls.
"""

from __future__ import annotations

from collections.abc import Sequence

from yingda.calls.model import Call, Leg, LegState, Phase, Room, Why
from yingda.calls.table import Purpose, Table
from yingda.media.protocol import Play, SetGain, StopPlay
from yingda.media.verbs import Hearing, Party, Role, conference, difference, muted

MUSIC, RINGBACK, KEY = "music", "ringback", "key"
PAUSE = ["tone:beep", "silence:1500"]
"""Between one request for the key and the next; the beep is all of it where the words could not be made."""
OWN_SOUNDS = frozenset({Phase.DIALLING, Phase.TALKING, Phase.MOVING, Phase.PARKED, Phase.AWAY})
"""Phases in which the call's own state says what is played; before them the flow and the queue do."""


def hearing(legs: Sequence[Leg]) -> Hearing:
    """All that is heard among the legs of one call."""
    audible = [leg for leg in legs if leg.audible]
    rooms: dict[str, list[Party]] = {}
    for leg in audible:
        rooms.setdefault(room_of(leg, audible), []).append(_party(leg, audible))
    heard: dict[tuple[str, str], float] = {}
    for parties in rooms.values():
        heard.update(conference(parties))
    found: Hearing = heard
    for leg in audible:
        if leg.muted:
            found = muted(found, leg.leg_id)
    return found


def room_of(leg: Leg, legs: Sequence[Leg]) -> str:
    """The room a leg stands in; a leader stands with whom he watches. Alone is a room of one's own."""
    if leg.mode:
        watched = _watched(leg, legs)
        return room_of(watched, legs) if watched is not None else leg.leg_id
    return leg.leg_id if leg.room is Room.ALONE else leg.room


def _watched(leader: Leg, legs: Sequence[Leg]) -> Leg | None:
    return next((leg for leg in legs if not leg.mode and leg.handling_id == leader.for_handling), None)


def _party(leg: Leg, legs: Sequence[Leg]) -> Party:
    if leg.mode == "whisper":
        watched = _watched(leg, legs)
        return Party(leg.leg_id, Role.COACH, coached=frozenset({watched.leg_id} if watched else ()))
    if leg.mode in ("listen", "take_over"):
        return Party(leg.leg_id, Role.LISTENER)
    return Party(leg.leg_id)


def played_to(leg: Leg, call: Call, legs: Sequence[Leg]) -> str:
    """What a leg should hear from us: "", music, ringback or key (which one takes the call)."""
    if leg.asked:
        return KEY
    if not (call.phase in OWN_SOUNDS or _connects(call)) or not leg.answered or leg.mode:
        return ""
    if call.phase is Phase.AWAY:
        return "" if leg.leg_id == call.customer else MUSIC
    others = [one for one in legs if one is not leg and one.audible and not one.silent and not one.mode]
    if any(one.room is leg.room and leg.room is not Room.ALONE for one in others):
        return ""
    rings = [one for one in legs if one.why in (Why.CALLED, Why.CONSULT, Why.ONWARD) and one.room is leg.room]
    if any(one.state in (LegState.PREPARING, LegState.INVITING, LegState.RINGING) for one in rings):
        return RINGBACK
    if leg.leg_id == call.customer or (leg.why is Why.CONSULT and leg.room is Room.ASIDE):
        return MUSIC
    return ""


def _connects(call: Call) -> bool:
    """A flow has called somebody for its caller, who hears what it has him hear."""
    return call.flow is not None and call.flow.connecting is not None and call.bridged is None


class Sounding:
    """Makes media follow the state of a call."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def follow(self, call: Call) -> None:
        """Ask media for what differs from before: entries of the matrix in one tick, then players."""
        if call.phase is Phase.ENDING:  # its legs go, and all they hear with them
            return
        legs = self._table.open_legs(call)
        if call.heard or sum(leg.audible for leg in legs) > 1:
            self._match(call, hearing(legs), {leg.leg_id for leg in legs})
        for leg in legs:
            if leg.sound or leg.asked or call.phase in OWN_SOUNDS or _connects(call):
                self._play(leg, played_to(leg, call, legs), call)

    def _match(self, call: Call, now: Hearing, alive: set[str]) -> None:
        """The matrix as it should be; what a leg that is ending hears goes with it."""
        before = {(sink, source): gain for sink, source, gain in call.heard}
        if now == before:
            return
        entries = [entry for entry in difference(before, now) if alive.issuperset(entry[:2])]
        call.heard = [(*pair, gain) for pair, gain in now.items()]
        if entries:
            self._table.ask_for_call(SetGain(entries=entries), Purpose.BRIDGE, call)

    def _play(self, leg: Leg, sound: str, call: Call) -> None:
        if sound == leg.sound:
            return
        table, leg.sound = self._table, sound
        if leg.play_id is not None:
            table.ask(StopPlay(play_id=leg.play_id), Purpose.TIDY, leg)
            leg.play_id = None
        items = self._items(sound, call)
        if items:
            leg.play_id = table.ids()
            table.ask(Play(play_id=leg.play_id, leg_id=leg.leg_id, items=items, loop=True), Purpose.TIDY, leg)

    def _items(self, sound: str, call: Call) -> list[str]:
        if sound == KEY:
            return [*self._table.sounds.take_by_key(), *PAUSE]
        if sound != MUSIC:
            return self._ringback(call) if sound else []
        sounds = self._table.sounds  # an agent whose customer is in a flow need not be asked to stay
        return sounds.music(call.queue_id) if call.phase is Phase.AWAY else sounds.held(call.queue_id)

    @staticmethod
    def _ringback(call: Call) -> list[str]:
        """The tone, or what a flow has its caller hear instead (transferaudio)."""
        return call.flow.audio if call.flow is not None and call.flow.audio else [f"tone:{RINGBACK}"]
