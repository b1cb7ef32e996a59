"""Callers who wait: announcements between music, keys they may press, and what is said before we let them go (ACD-32,
ACD-34 to 38, ACD-55).

    stage     event                               next
    round     what was said is over               music
    music     time for the next round             round
    round,    overflow to a number, announced     notice
     music
    notice    what was said is over               he is sent there; to his place, if nobody answers
    round,    key of a call-back                  last words, if it is promised; else what he must know, and music
     music    key of a message, overflow to one   beep
    round,    turned away, no agents, closed      last words
     music
    beep      the tone is over                    message
    message   hash, its limit                     last words
    last      what was said is over               the call ends
     words

No caller meets a busy tone or mere silence: where we end a call, he is told first. That he hangs up is no matter of
ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from yingda.calls.emergencies import Emergencies, Emergency
from yingda.calls.model import Call, LeftMessage, LegState, Phase, Treatment, Waits
from yingda.calls.table import Purpose, Table
from yingda.calls.treatment import Items, WaitingSounds, first_round, next_round
from yingda.calls.voicemail import BEEP, SHORTEST_MS, kept
from yingda.kernel.clock import SECOND
from yingda.media.protocol import Play, RecordingFinished, StartRecording, StopPlay, StopRecording
from yingda.recordings.paths import message_path
from yingda.routing import effects as routing
from yingda.routing.estimates import Estimate

LAST_WORDS_LIMIT = 60 * SECOND
"""What media never reports as played must not keep a call up (µs)."""
DONE = "#"


class Distribution(Protocol):
    """What waiting asks of the distributor (routing/distributor.py)."""

    def estimate(self, entry_id: str, now: int) -> Estimate: ...

    def patience(self, queue_id: str) -> float: ...

    def announced(self, entry_id: str, now: int) -> Sequence[routing.Effect]: ...

    def leave(
        self, entry_id: str, outcome: str, to: str, now: int, by: str = "customer"
    ) -> Sequence[routing.Effect]: ...


class Waiting:
    """end: releases a call from our side. owe: promises its caller a call-back; answers whether it could. forward:
    sends him to a number outside."""

    def __init__(
        self,
        table: Table,
        distribution: Distribution,
        carry: Callable[[Sequence[routing.Effect], int], None],
        end: Callable[[Call, int], None],
        owe: Callable[[Call, int], bool],
        forward: Callable[[Call, str, int], None],
    ) -> None:
        self._table, self._distribution, self._carry = table, distribution, carry
        self._end, self._owe, self._forward = end, owe, forward
        self.emergencies = Emergencies(table)

    # ---- coming in -------------------------------------------------------------------------------------------------

    def begin(self, call: Call, now: int) -> None:
        """He has just joined his queue (unless he was connected, or let go, at once)."""
        leg = self._table.customer_of(call)
        if call.phase is not Phase.WAITING or call.entry_id is None or leg is None or leg.state is not LegState.UP:
            return  # or who hears nothing of ours, since he is answered by an agent alone
        call.treatment = Treatment()
        self._first_round(call, now)

    def refused(self, call: Call, code: str, now: int) -> None:
        """His queue took him not in: he is told why, then the call ends."""
        sounds = self._sounds(call)
        self._last_words(call, sounds.closed if code == "closed" and sounds.closed else sounds.busy, now)

    def _first_round(self, call: Call, now: int) -> None:
        sounds, treatment, emergency = self._sounds(call), call.treatment, self._emergency(call)
        assert treatment is not None
        if (not sounds.speaks and not emergency) or self._own_sound(call):
            self.music(call)
            return
        position, seconds = self._told(call, now)
        patience = self._distribution.patience(call.queue_id)
        items, treatment.comfort = first_round(sounds, position, seconds, patience, emergency)
        self._say_round(call, items, now)

    # ---- in the course of time -------------------------------------------------------------------------------------

    def music(self, call: Call) -> None:
        """Between rounds, and when an agent who was to take him could not."""
        if call.treatment is not None and call.treatment.stage in (Waits.ROUND, Waits.MUSIC):
            call.treatment.stage = Waits.MUSIC
        self._play(call, self._own_sound(call) or self._table.sounds.music(call.queue_id), loop=True)

    @staticmethod
    def _own_sound(call: Call) -> list[str]:
        """What a flow that waits for him has him hear meanwhile (transferaudio)."""
        return call.flow.audio if call.flow is not None else []

    def played(self, call: Call, play_id: str, now: int) -> None:
        """Something is over (or could not be played: that must not matter)."""
        treatment = call.treatment
        if treatment is None or call.play_id != play_id:
            return
        if treatment.stage is Waits.ROUND:
            self._until_next_round(call, now)
        elif treatment.stage is Waits.BEEP:
            self._record(call, now)
        elif treatment.stage is Waits.NOTICE:
            self._send(call, now)
        elif treatment.stage is Waits.LAST_WORDS:
            self._end(call, now)

    def due(self, call: Call, now: int) -> None:
        treatment = call.treatment
        if treatment is None or call.phase is not Phase.WAITING or treatment.due is None or now < treatment.due:
            return
        treatment.due = None
        if treatment.stage is Waits.MUSIC and call.entry_id is not None:
            position, seconds = self._told(call, now)
            items = next_round(self._sounds(call), position, seconds, treatment.comfort, self._emergency(call))
            treatment.comfort += 1
            self._say_round(call, items, now)
        elif treatment.stage is Waits.MESSAGE:
            self._stop_recording(call)
        elif treatment.stage is Waits.NOTICE:
            self._send(call, now)
        elif treatment.stage is Waits.LAST_WORDS:
            self._end(call, now)

    def begin_emergency(self, emergency: Emergency, now: int, by: str) -> None:
        """One click: everybody who waits there, or comes to, hears it first from now on. Refuses what
        `Emergencies.start` does."""
        self.emergencies.start(emergency, now, by)
        for call in self._table.calls.values():
            if call.queue_id == emergency.queue_id and call.entry_id is not None and self._listens(call):
                self._say_round(call, self._emergency(call), now)

    @staticmethod
    def _listens(call: Call) -> bool:
        """He waits, and nothing is being done about that already."""
        return call.treatment is not None and call.treatment.stage in (Waits.ROUND, Waits.MUSIC)

    def _say_round(self, call: Call, items: Sequence[str], now: int) -> None:
        assert call.treatment is not None and call.entry_id is not None
        call.treatment.stage = Waits.ROUND
        if not items:
            self._until_next_round(call, now)
            return
        self._carry(self._distribution.announced(call.entry_id, now), now)
        self._play(call, items)

    def _until_next_round(self, call: Call, now: int) -> None:
        self.music(call)
        self._wake(call, now + round(self._sounds(call).every_s * SECOND))

    # ---- what he presses, what rules say ---------------------------------------------------------------------------

    def pressed(self, call: Call, digit: str, now: int) -> None:
        """A key that means nothing here changes nothing."""
        treatment, sounds = call.treatment, self._sounds(call)
        if treatment is None or call.phase is not Phase.WAITING:
            return
        if treatment.stage is Waits.MESSAGE and digit == DONE:
            self._stop_recording(call)
        elif self._listens(call):
            if digit == sounds.callback_key:
                self._call_back(call, now, "customer")
            elif digit == sounds.message_key:
                self._leave_message(call, now, "customer")

    def empty(self, queue_id: str, then: str, now: int, by: str) -> None:
        """A leader gives everybody who waits there a call-back, or has him leave a message (then: callback, message).
        Whom we have no number of is told so, and waits on."""
        for call in tuple(self._table.calls.values()):
            if call.queue_id != queue_id or call.entry_id is None or not self._listens(call):
                continue
            if then == "callback":
                self._call_back(call, now, by)
            else:
                self._leave_message(call, now, by)

    def overflow(self, call: Call, rule: str, now: int, site_id: str = "") -> None:
        """A rule of the queue takes hold of somebody who waits. site_id: the sister centre distribution has chosen."""
        way = self._table.plan.overflow(call.queue_id, rule)
        if way is None or not self._listens(call):
            return
        announcement = self._sounds(call).overflows.get(rule, ())
        if way.then == "message":
            self._leave_message(call, now, "system", announcement)
        elif way.then == "callback":
            self._call_back(call, now, "customer", announcement)
        elif way.then == "number":
            self._send_away(call, way.number, f"number:{way.number}", announcement, now)
        elif way.then == "site":
            number = self._table.plan.site_number(site_id, call.queue_id)
            self._send_away(call, number, f"site:{site_id}", announcement, now)
        elif way.then == "wait":
            self._say_round(call, announcement, now)
        elif self._leave(call, "diverted", f"announcement:{rule}", now, "system"):
            self._last_words(call, announcement or self._sounds(call).busy, now)

    def _send_away(self, call: Call, number: str, to: str, announcement: Items, now: int) -> None:
        """To another site, told first: so long he waits on, and may be answered. Who came back from there stays."""
        if call.forwarded or not number:
            return
        assert call.treatment is not None
        call.treatment.number, call.treatment.to = number, to
        if not announcement:
            self._send(call, now)
            return
        call.treatment.stage = Waits.NOTICE
        self._play(call, announcement)
        self._wake(call, now + LAST_WORDS_LIMIT)

    def _send(self, call: Call, now: int) -> None:
        assert call.treatment is not None
        number, to = call.treatment.number, call.treatment.to
        if call.entry_id is not None and self._leave(call, "overflowed", to, now, "system"):
            self._play(call, ())
            call.treatment = None
            self._forward(call, number, now)

    def closed(self, call: Call, now: int) -> bool:
        """His entry is over though nobody answered. Whether we still have something to tell him."""
        call.entry_id = None
        if call.treatment is None or call.treatment.leaving:
            return call.treatment is not None
        self._last_words(call, () if call.bridged else self._sounds(call).busy, now)  # his flow has words of its own
        return True

    def _call_back(self, call: Call, now: int, by: str, before: Items = ()) -> None:
        """before: what he is told first."""
        sounds = self._sounds(call)
        if not self._owe(call, now):
            self._say_round(call, sounds.sorry, now)
        elif self._leave(call, "callback", "", now, by):
            self._last_words(call, [*before, *sounds.owed], now)

    def _leave(self, call: Call, outcome: str, to: str, now: int, by: str) -> bool:
        """Out of the queue. False if an agent has answered meanwhile: then he is connected."""
        assert call.treatment is not None and call.entry_id is not None
        call.treatment.leaving = True
        self._carry(self._distribution.leave(call.entry_id, outcome, to, now, by), now)
        call.treatment.leaving = call.entry_id is None
        call.treatment.own_way = call.treatment.leaving and by == "customer"
        return call.treatment.leaving

    # ---- a message ------------------------------------------------------------------------------------------------

    def _leave_message(self, call: Call, now: int, by: str, before: Items = ()) -> None:
        """before: what he is told first. Where no words can be made, the tone alone asks him to speak."""
        message_id = self._table.ids()
        if not self._leave(call, "diverted", f"message:{message_id}", now, by):
            return
        assert call.treatment is not None
        call.treatment.stage, call.treatment.message = Waits.BEEP, LeftMessage(message_id=message_id)
        self._play(call, [*before, *self._sounds(call).message] or [BEEP])

    def _record(self, call: Call, now: int) -> None:
        treatment = call.treatment
        assert treatment is not None and treatment.message is not None
        treatment.stage, treatment.message.since = Waits.MESSAGE, now
        message_id = treatment.message.message_id
        path = message_path(call.tenant, now, call.interaction_id, message_id)
        leg = self._table.legs[call.customer]
        command = StartRecording(recording_id=message_id, leg_id=leg.leg_id, path=path)
        self._table.ask(command, Purpose.MESSAGE, leg)
        self._wake(call, now + round(self._sounds(call).message_limit_s * SECOND))

    def _stop_recording(self, call: Call) -> None:
        message = call.treatment.message if call.treatment is not None else None
        if message is not None and message.since and not message.stopping:
            message.stopping = True
            leg = self._table.legs[call.customer]
            self._table.ask(StopRecording(recording_id=message.message_id), Purpose.MESSAGE, leg)

    def gone(self, call: Call) -> None:
        """The caller goes, or is lost: a message that he was leaving is kept, and his contact is open until its file is
        complete. Before his leg is let go of."""
        self._stop_recording(call)

    def recorded(self, call: Call, result: object, now: int) -> None:
        """Media has closed the message's file, or could not write one (then the caller hears that nobody is there).
        Whoever was asked for a message and said nothing is called back all the same."""
        treatment = call.treatment
        if treatment is None or treatment.message is None:
            return
        if isinstance(result, RecordingFinished):
            since, treatment.message = treatment.message.since, None
            if result.duration_ms >= SHORTEST_MS:
                told = kept(result, since, call.queue_id)
                self._table.append(self._table.event("message.received", now, call, told, by="customer"))
                call.left_ms = result.duration_ms
            self._owe(call, now)  # somebody listens to it and calls him
            self._last_words(call, self._sounds(call).thanked, now)
        elif isinstance(result, Exception):
            treatment.message = None
            self._owe(call, now)
            sentence = "A caller's message could not be recorded. Check the recordings folder."
            self._table.alarm("message_missing", sentence)
            self._last_words(call, self._sounds(call).busy, now)

    # ---- within ---------------------------------------------------------------------------------------------------

    def _last_words(self, call: Call, items: Sequence[str], now: int) -> None:
        leg = self._table.customer_of(call)
        if leg is None or leg.state is LegState.ENDING:
            return  # he is gone already
        if leg.state is not LegState.UP:
            self._end(call, now)
            return
        call.treatment = call.treatment or Treatment()
        call.treatment.stage, call.treatment.leaving = Waits.LAST_WORDS, True
        if not items:
            self._end(call, now)
            return
        self._play(call, items)
        self._wake(call, now + LAST_WORDS_LIMIT)

    def _told(self, call: Call, now: int) -> tuple[int, float | None]:
        """His place, and the wait to be expected (s; None while nothing is known)."""
        told = self._distribution.estimate(call.entry_id or "", now)
        return told.position, told.seconds if told.seconds or told.position == 1 else None

    def _sounds(self, call: Call) -> WaitingSounds:
        return self._table.sounds.waiting(call.queue_id)

    def _emergency(self, call: Call) -> Items:
        return self.emergencies.items(call.queue_id)

    def _wake(self, call: Call, at: int) -> None:
        assert call.treatment is not None
        call.treatment.due = at
        self._table.wake(at, call.interaction_id)

    def _play(self, call: Call, items: Sequence[str], *, loop: bool = False) -> None:
        leg = self._table.customer_of(call)
        if leg is None or leg.state is not LegState.UP:
            return
        if not items:
            if call.play_id is not None:
                self._table.ask(StopPlay(play_id=call.play_id), Purpose.TIDY, leg)
                call.play_id = None
            return
        call.play_id = self._table.ids()
        command = Play(play_id=call.play_id, leg_id=leg.leg_id, items=list(items), loop=loop)
        self._table.ask(command, Purpose.PLAY, leg, call.play_id)
