"""The switch: the one owner of calls. Sans-IO: signalling, media and desks tell it what happened, it says what to do.

Every input takes `now` (µs) and returns effects to be carried out in order. It drives distribution and is the only
one to do so: what distribution answers is carried out here, appends first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from yingda.calls.effects import Arrival, Effect
from yingda.calls.flow_protocol import AnyAct
from yingda.calls.media_answers import Result
from yingda.calls.model import Call, Known, Leg, LegState, Phase, Why
from yingda.calls.numbering import NumberPlan
from yingda.calls.parts import Parts
from yingda.calls.table import Purpose, Sounds
from yingda.kernel.errors import YingdaError
from yingda.media import protocol as media
from yingda.routing import effects as routing


class Switch(Parts):
    """Calls over signalling and media, bound to distribution. Its parts are what people do with calls (`act`)."""

    def use(self, plan: NumberPlan, sounds: Sounds) -> None:
        """A configuration was published: the next call follows it, calls under way keep theirs."""
        self.table.plan, self.table.sounds = plan, sounds

    def act(self, deed: Callable[[], object]) -> list[Effect]:
        """Something people do with calls, by one of the parts; what it leads to. A refusal changes nothing."""
        deed()
        return self._done()

    # ---- signalling -----------------------------------------------------------------------------------------------

    def arrive(self, arrival: Arrival, now: int) -> list[Effect]:
        if not self.gestures.dials(arrival, now):
            self._inbound.arrive(arrival, now)
        return self._done()

    def replaces(self, arrival: Arrival, leg_id: str, now: int) -> list[Effect]:
        """It wants to take the place of this leg (RFC 3891)."""
        return self.act(lambda: self._replacing.arrive(arrival, leg_id, now))

    def turned_away(self, arrival: Arrival, code: int, reason: str, now: int) -> list[Effect]:
        """Signalling refused this call itself: nothing is left of it but a line in the books."""
        self._inbound.turned_away(arrival, code, reason, now)
        return self._done()

    def acknowledged(self, leg_id: str, now: int) -> list[Effect]:
        return self._of_leg(leg_id, lambda leg: self._side(leg).acknowledged(leg, now))

    def ringing(self, leg_id: str, now: int) -> list[Effect]:
        return self._of_leg(leg_id, lambda leg: self._reaching.ringing(leg, now))

    def seized(self, leg_id: str, trunk_id: str, now: int) -> list[Effect]:
        """A leg to an outside number goes out over this trunk; after fail-over, over another one."""
        return self._of_leg(leg_id, lambda leg: self._seized(leg, trunk_id))

    def early_media(self, leg_id: str, remote: media.RemoteMedia, now: int) -> list[Effect]:
        """The far end sends sound before it answers (183 with a description): whoever dialled hears it."""
        return self._of_leg(leg_id, lambda leg: self._reaching.early(leg, remote, now))

    def answered(self, leg_id: str, remote: media.RemoteMedia, now: int) -> list[Effect]:
        return self._of_leg(leg_id, lambda leg: self._reaching.answered(leg, remote, now))

    def refused(self, leg_id: str, outcome: str, code: int, now: int) -> list[Effect]:
        """The far end refused the INVITE. outcome: declined, no_answer or device_failed of an agent's device; busy,
        no_answer, rejected, invalid or congestion of an outside number."""
        return self._of_leg(leg_id, lambda leg: self.leaving.refused(leg, outcome, code, now))

    def cleared(self, leg_id: str, now: int, code: int = 0) -> list[Effect]:
        """The far end hung up (BYE, CANCEL)."""
        self.full_lines.forget(leg_id)
        return self._of_leg(leg_id, lambda leg: self.leaving.cleared(leg, now, code))

    def broken(self, leg_id: str, now: int, code: int = 0) -> list[Effect]:
        """The leg cannot go on by no wish of the far end (no ACK, transport or media lost). code: what it is told."""
        self.full_lines.forget(leg_id)
        return self._of_leg(leg_id, lambda leg: self.leaving.broken(leg, now, code))

    def remote_changed(self, leg_id: str, remote: media.RemoteMedia, now: int) -> list[Effect]:
        """A re-INVITE moved the far end's media, or holds."""
        self.full_lines.moved(leg_id, remote)
        return self._of_leg(leg_id, lambda leg: self._remote_changed(leg, remote, now))

    def referred(self, leg_id: str, target: str, other_leg: str | None, now: int) -> list[Effect]:
        """A phone asks for a transfer (REFER); `AcceptRefer` or `RefuseRefer` answers. target: the number dialled;
        other_leg: the phone's other call, which an attended transfer names; empty: one that is not ours."""
        return self._of_leg(leg_id, lambda leg: self.gestures.refers(leg, target, other_leg, now))

    # ---- media ----------------------------------------------------------------------------------------------------

    def media_done(self, request: int, result: Result, now: int) -> list[Effect]:
        """The result of a MediaRequest."""
        asked = self.table.asked(request)
        if asked is not None and asked.purpose is Purpose.WORDS:
            self.full_lines.done(asked.leg_id, result)
        elif asked is not None:
            self._answers.done(asked, result, now)
        return self._done()

    def media_report(self, report: media.AnyReport, now: int) -> list[Effect]:
        if isinstance(report, media.PlayEnded) and self.full_lines.has(report.leg_id):
            return self.act(lambda: self.full_lines.refuse(report.leg_id))
        return self.act(lambda: self._reports.take(report, now))

    def media_lost(self, now: int) -> list[Effect]:
        """The media plane is gone with every leg in it: no call is left hanging."""
        for call in list(self.table.calls.values()):
            self._ending.end(call, now, "system", fault=True)
        self.full_lines.refuse_all()
        return self._done()

    def media_back(self, gone: Iterable[str], now: int) -> list[Effect]:
        """A successor of the media plane holds our legs again, but for those that are gone."""
        for leg_id in sorted(gone):
            leg = self.table.legs.get(leg_id)
            if leg is not None and leg.state is not LegState.ENDING:
                self.leaving.broken(leg, now)
        return self._done()

    def end_all(self, now: int) -> list[Effect]:
        """The plane stops: clear every call."""
        for call in list(self.table.calls.values()):
            self._ending.end(call, now, "system")
        self.full_lines.refuse_all()
        self.returning.suspend(now)
        return self._done()

    # ---- flows ----------------------------------------------------------------------------------------------------

    def flow_acts(self, session_id: str, acts: Sequence[AnyAct], now: int) -> list[Effect]:
        """What a flow asks for."""
        return self.act(lambda: self.flowing.act(session_id, acts, now))

    def flow_lost(self, session_id: str | None, why: str, now: int) -> list[Effect]:
        """A session cannot go on, or (None) the flows plane is gone: callers go to people."""
        if session_id is None:
            return self.act(lambda: self.flowing.lost_all(why, now))
        return self.act(lambda: self.flowing.lost(session_id, why, now))

    # ---- desks ----------------------------------------------------------------------------------------------------

    def distribute(self, effects: Sequence[routing.Effect], now: int) -> list[Effect]:
        """Carry out what a desk command or a timer made distribution say."""
        self._carry(effects, now)
        return self._done()

    def call_of_handling(self, handling_id: str) -> Call | None:
        return self.table.call_of_handling(handling_id)

    def hang_up(self, handling_id: str, now: int, by: str = "agent") -> list[Effect]:
        """End a talk from the desk; out of a conference he only leaves."""
        return self.act(lambda: self.leaving.hang_up(handling_id, now, by))

    def decline(self, agent_id: str, now: int) -> list[Effect]:
        """Refuse what rings at the agent's device, from the desk. Refuses not_ringing."""
        rings = (LegState.PREPARING, LegState.INVITING, LegState.RINGING)
        for leg in self.table.legs.values():
            if leg.agent_id == agent_id and leg.state in rings and leg.why is not Why.OWN:
                self._reaching.failed(leg, "declined", 0, now, clear=True)
                return self._done()
        raise YingdaError("not_ringing", "No call is ringing here any more.")

    def hold(self, handling_id: str, now: int) -> list[Effect]:
        """The customer hears music, the agent is alone (CTI-08)."""
        return self.act(lambda: self.consulting.hold(handling_id, now))

    def retrieve(self, handling_id: str, now: int) -> list[Effect]:
        """Back to him; out of a flow too, if he is in one."""
        call = self.call_of_handling(handling_id)
        away = call is not None and call.phase is Phase.AWAY
        return self.act(lambda: (self.sending.take_back if away else self.consulting.retrieve)(handling_id, now))

    def known(self, interaction_id: str, known: Known, now: int) -> list[Effect]:
        """Who a caller is (`AskWho`). What comes after he has joined a queue is for the next one."""
        call = self.table.calls.get(interaction_id)
        if call is not None:
            call.known = known
            self._inbound.known(call, now)
        return self._done()

    # ---- time -----------------------------------------------------------------------------------------------------

    def next_timer(self) -> int | None:
        timers = (
            *(self.table.next_wake(), self.distributor.next_timer()),
            *(self.returning.core.next_timer(), self.waiting.emergencies.next_timer(), self.full_lines.next_timer()),
        )
        return min((timer for timer in timers if timer is not None), default=None)

    def handle_timer(self, now: int) -> list[Effect]:
        for call in self.table.due(now):
            if call.flow_limit_at is not None and now >= call.flow_limit_at and not self.flowing.limit(call, now):
                self._inbound.leave_flow(call, now, exit_="limit")
            self._inbound.due(call, now)
            self.flowing.voicemail.due(call, now)
            self.meetings.due(call, now)
            self.onward.due(call, now)
            self._reaching.time_out(call, now)
            self.parking.due(call, now)
            self.waiting.due(call, now)
        self._carry(self.distributor.handle_timer(now), now)
        self.returning.handle_timer(now)
        self.waiting.emergencies.handle_timer(now)
        self.full_lines.handle_timer(now)
        return self._done()

    # ---- state ----------------------------------------------------------------------------------------------------

    def to_state(self) -> dict[str, Any]:
        return {
            "table": self.table.to_state(),
            "channels": self.table.channels.to_state(),
            "callbacks": self.returning.to_state(),
            "emergencies": self.waiting.emergencies.to_state(),
            "full_lines": self.full_lines.to_state(),
            "meetings": self.meetings.to_state(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        self.table.restore(state["table"])
        self.flowing.restore()
        self.table.channels.restore(state["channels"])
        self.returning.restore(state["callbacks"])
        self.waiting.emergencies.restore(state["emergencies"])
        self.full_lines.restore(state["full_lines"])
        self.meetings.restore(state.get("meetings", ()))

    # ---- within ---------------------------------------------------------------------------------------------------

    def _done(self) -> list[Effect]:
        """The end of every input: sound follows what changed."""
        for call in self.table.touched():
            self._sounding.follow(call)
            self.meetings.follow(call)
        return self.table.take()

    def _of_leg(self, leg_id: str, act: Callable[[Leg], None]) -> list[Effect]:
        """Act on a leg that is still alive; what comes late for one that is ending changes nothing."""
        leg = self.table.legs.get(leg_id)
        if leg is not None and leg.state is not LegState.ENDING:
            act(leg)
        return self._done()

    def _remote_changed(self, leg: Leg, remote: media.RemoteMedia, now: int) -> None:
        before, leg.remote = leg.remote, remote
        if leg.state is LegState.RINGING and not (leg.early or leg.asked):
            return  # no sound yet: it is connected when it answers
        self.table.ask(media.ConnectLeg(leg_id=leg.leg_id, remote=remote), Purpose.TIDY, leg)
        self.gestures.holds(leg, before, remote, now)

    def _seized(self, leg: Leg, trunk_id: str) -> None:
        leg.trunk_id = trunk_id
