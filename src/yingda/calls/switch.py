"""The switch: the one owner of calls. Sans-IO: signalling, media and desks tell it what happened, it says what to do.

Every input takes `now` (µs) and returns effects to be carried out in order. It drives distribution and is the only
one to do so: what distribution answers is carried out here, appends first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from yingda.calls.effects import Arrival, Effect
from yingda.calls.ending import Ending
from yingda.calls.handover import Handover, both_ways
from yingda.calls.inbound import Inbound
from yingda.calls.model import Call, Leg, LegState, Phase
from yingda.calls.numbering import NumberPlan
from yingda.calls.recordings import Recordings
from yingda.calls.table import Asked, Devices, Purpose, Sounds, Table
from yingda.kernel.errors import YingdaError
from yingda.kernel.ids import IdSource
from yingda.media import protocol as media
from yingda.routing import effects as routing
from yingda.routing.distributor import Distributor

SILENCE_LIMIT_S = 60
"""A leg that should bring sound and has brought none for so long is dead."""

Result = media.AnyResult | YingdaError


class Switch:
    """Calls over signalling and media, bound to distribution."""

    def __init__(
        self,
        ids: IdSource,
        plan: NumberPlan,
        distributor: Distributor,
        sounds: Sounds,
        devices: Devices,
        keep_number: Callable[[str], str],
    ) -> None:
        self.distributor = distributor
        self.keep_number = keep_number
        self.table = Table(ids, plan, sounds, devices)
        self._inbound = Inbound(self.table, keep_number, self._join_queue)
        self._recordings = Recordings(self.table)
        self._handover = Handover(
            self.table,
            distributor,
            self._carry,
            self._recordings.start,
            self._inbound.play_music,
            self._inbound.stop_play,
        )
        self._ending = Ending(self.table, distributor, self._carry)

    def use(self, plan: NumberPlan, sounds: Sounds) -> None:
        """A configuration was published: the next call follows it, calls under way keep theirs."""
        self.table.plan, self.table.sounds = plan, sounds

    # ---- signalling -----------------------------------------------------------------------------------------------

    def arrive(self, arrival: Arrival, now: int) -> list[Effect]:
        self._inbound.arrive(arrival, now)
        return self.table.take()

    def acknowledged(self, leg_id: str, now: int) -> list[Effect]:
        return self._of_leg(leg_id, lambda leg: self._inbound.acknowledged(leg, now))

    def ringing(self, leg_id: str, now: int) -> list[Effect]:
        return self._of_leg(leg_id, lambda leg: self._handover.ringing(leg, now))

    def seized(self, leg_id: str, trunk_id: str, now: int) -> list[Effect]:
        """A leg to an outside number goes out over this trunk; after fail-over, over another one."""
        return self._of_leg(leg_id, lambda leg: self._seized(leg, trunk_id))

    def early_media(self, leg_id: str, remote: media.RemoteMedia, now: int) -> list[Effect]:
        """The far end sends sound before it answers (183 with a description): whoever dialled hears it."""
        return self._of_leg(leg_id, lambda leg: self._early_media(leg, remote))

    def answered(self, leg_id: str, remote: media.RemoteMedia, now: int) -> list[Effect]:
        return self._of_leg(leg_id, lambda leg: self._handover.answered(leg, remote, now))

    def refused(self, leg_id: str, outcome: str, code: int, now: int) -> list[Effect]:
        """The far end refused the INVITE. outcome: declined, no_answer or device_failed of an agent's device; busy,
        no_answer, rejected, invalid or congestion of an outside number."""
        return self._of_leg(leg_id, lambda leg: self._handover.failed(leg, outcome, code, now, clear=False))

    def cleared(self, leg_id: str, now: int, code: int = 0) -> list[Effect]:
        """The far end hung up (BYE, CANCEL)."""
        return self._of_leg(leg_id, lambda leg: self._cleared(leg, now, code))

    def broken(self, leg_id: str, now: int) -> list[Effect]:
        """The leg cannot go on by no wish of the far end (no ACK, transport lost, media lost)."""
        return self._of_leg(leg_id, lambda leg: self._broken(leg, now))

    def remote_changed(self, leg_id: str, remote: media.RemoteMedia) -> list[Effect]:
        """A re-INVITE moved the far end's media."""
        return self._of_leg(leg_id, lambda leg: self._remote_changed(leg, remote))

    # ---- media ----------------------------------------------------------------------------------------------------

    def media_done(self, request: int, result: Result, now: int) -> list[Effect]:
        """The result of a MediaRequest."""
        asked = self.table.asked(request)
        if asked is not None:
            self._media_done(asked, result, now)
        return self.table.take()

    def media_report(self, report: media.AnyReport, now: int) -> list[Effect]:
        if isinstance(report, media.PlayEnded):
            return self._of_leg(report.leg_id, lambda leg: self._play_ended(leg, report.play_id, now))
        if isinstance(report, media.LegAlive):
            return self._of_leg(report.leg_id, lambda leg: self._heard(leg, now))
        if isinstance(report, media.LegSilent) and report.seconds >= SILENCE_LIMIT_S:
            return self._of_leg(report.leg_id, lambda leg: self._silent(leg, now))
        if isinstance(report, media.LegLost):
            return self._of_leg(report.leg_id, lambda leg: self._broken(leg, now))
        if isinstance(report, media.RecordingFailed):
            return self._recording_failed(report, now)
        return []

    def media_lost(self, now: int) -> list[Effect]:
        """The media plane is gone with every leg in it: no call is left hanging."""
        for call in list(self.table.calls.values()):
            customer = self.table.customer_of(call)
            if customer is not None:
                self._ending.customer_gone(customer, now, 0, fault=True)
        return self.table.take()

    def media_back(self, gone: Iterable[str], now: int) -> list[Effect]:
        """A successor of the media plane holds our legs again, but for those that are gone."""
        for leg_id in sorted(gone):
            leg = self.table.legs.get(leg_id)
            if leg is not None and leg.state is not LegState.ENDING:
                self._broken(leg, now)
        return self.table.take()

    def end_all(self, now: int) -> list[Effect]:
        """The plane stops: clear every call."""
        for call in list(self.table.calls.values()):
            self._ending.release(call, now, "system")
        return self.table.take()

    # ---- desks ----------------------------------------------------------------------------------------------------

    def distribute(self, effects: Sequence[routing.Effect], now: int) -> list[Effect]:
        """Carry out what a desk command or a timer made distribution say."""
        self._carry(effects, now)
        return self.table.take()

    def call_of_handling(self, handling_id: str) -> Call | None:
        return self.table.calls.get(self.table.by_handling.get(handling_id, ""))

    def hang_up(self, handling_id: str, now: int, by: str = "agent") -> list[Effect]:
        """End a talk from the desk."""
        self._ending.release(self._talk(handling_id), now, by)
        return self.table.take()

    def decline(self, offer_id: str, now: int) -> list[Effect]:
        """Refuse a ringing offer from the desk."""
        call = self.table.calls.get(self.table.by_offer.get(offer_id, ""))
        leg = self.table.legs.get(call.agent_legs.get(offer_id, "")) if call else None
        if leg is None or leg.state is LegState.JOINING:
            raise YingdaError("not_ringing", "No call is ringing here any more.")
        self._handover.failed(leg, "declined", 0, now, clear=True)
        return self.table.take()

    def hold(self, handling_id: str, now: int) -> list[Effect]:
        """The customer hears music, the agent is alone (CTI-08)."""
        call = self._talk(handling_id)
        if call.on_hold:
            raise YingdaError("already_on_hold", "The customer is on hold already.")
        self._carry(self.distributor.hold(handling_id, now), now)
        call.on_hold = True
        self._set_bridge(call, 0.0)
        self._inbound.play_music(call)
        return self.table.take()

    def retrieve(self, handling_id: str, now: int) -> list[Effect]:
        call = self._talk(handling_id)
        if not call.on_hold:
            raise YingdaError("not_on_hold", "The customer is not on hold.")
        self._carry(self.distributor.retrieve(handling_id, now), now)
        call.on_hold = False
        self._inbound.stop_play(call)
        self._set_bridge(call, 1.0)
        return self.table.take()

    # ---- time -----------------------------------------------------------------------------------------------------

    def next_timer(self) -> int | None:
        timers = (self.table.next_wake(), self.distributor.next_timer())
        return min((timer for timer in timers if timer is not None), default=None)

    def handle_timer(self, now: int) -> list[Effect]:
        for call in self.table.due(now):
            if call.flow_limit_at is not None and now >= call.flow_limit_at:
                self._inbound.leave_flow(call, now, exit_="limit")
            for leg_id in list(call.agent_legs.values()):
                self._handover.check_joined(self.table.legs[leg_id], now)
        self._carry(self.distributor.handle_timer(now), now)
        return self.table.take()

    # ---- state ----------------------------------------------------------------------------------------------------

    def to_state(self) -> dict[str, Any]:
        return {"table": self.table.to_state(), "channels": self.table.channels.to_state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        self.table.restore(state["table"])
        self.table.channels.restore(state["channels"])

    # ---- within ---------------------------------------------------------------------------------------------------

    def _of_leg(self, leg_id: str, act: Callable[[Leg], None]) -> list[Effect]:
        """Act on a leg that is still alive; what comes late for one that is ending changes nothing."""
        leg = self.table.legs.get(leg_id)
        if leg is not None and leg.state is not LegState.ENDING:
            act(leg)
        return self.table.take()

    def _carry(self, effects: Sequence[routing.Effect], now: int) -> None:
        """Carry out distribution's effects, in order."""
        for effect in effects:
            match effect:
                case routing.Append():
                    self.table.emit(effect)
                case routing.Ring(medium="voice"):
                    self._handover.ring(effect, now)
                case routing.StopRinging():
                    self._handover.stop_ringing(effect)
                case routing.Connect():
                    self._handover.connect(effect, now)
                case routing.Connected():
                    self._handover.connected(effect, now)
                case routing.EntryClosed():
                    self._entry_closed(effect, now)
                case routing.EntryMoved():
                    self.table.entry_moved(effect.entry_id, effect.new_entry_id, effect.queue_id)

    def _entry_closed(self, effect: routing.EntryClosed, now: int) -> None:
        call = self.table.call_of_entry(effect.entry_id)
        if call is not None and call.phase is Phase.WAITING:
            self._ending.entry_closed(call, now)

    def _join_queue(self, call: Call, now: int) -> None:
        entry_id = self.table.ids()
        try:
            entered = self.distributor.enter(entry_id, call.interaction_id, call.queue_id, now, test=call.test)
        except YingdaError as error:  # the queue was taken out while the caller heard the greeting
            self.table.alarm("queue_gone", f"A caller could not be queued: {error.sentence} The call was ended.")
            self._ending.release(call, now, "system")
            return
        call.entry_id = entry_id
        self.table.by_entry[entry_id] = call.interaction_id
        self._carry(entered, now)

    def _cleared(self, leg: Leg, now: int, code: int) -> None:
        if leg.role == "customer":
            self._ending.customer_gone(leg, now, code)
        elif leg.state is LegState.UP:
            self._ending.agent_gone(leg, now, code)
        else:
            self._handover.failed(leg, "device_failed", code, now, clear=False)

    def _broken(self, leg: Leg, now: int) -> None:
        if leg.role == "customer":
            self._ending.customer_gone(leg, now, 0, fault=True)
        elif leg.state is LegState.UP:
            self._ending.release(self.table.call_of(leg), now, "system")
        else:
            self._handover.failed(leg, "device_failed", 0, now, clear=True)

    def _remote_changed(self, leg: Leg, remote: media.RemoteMedia) -> None:
        leg.remote = remote
        self.table.ask(media.ConnectLeg(leg_id=leg.leg_id, remote=remote), Purpose.TIDY, leg)

    def _seized(self, leg: Leg, trunk_id: str) -> None:
        leg.trunk_id = trunk_id

    def _early_media(self, leg: Leg, remote: media.RemoteMedia) -> None:
        leg.remote = remote
        self.table.ask(media.ConnectLeg(leg_id=leg.leg_id, remote=remote), Purpose.TIDY, leg)

    def _heard(self, leg: Leg, now: int) -> None:
        leg.alive = True
        self._handover.check_joined(leg, now)

    def _silent(self, leg: Leg, now: int) -> None:
        """No packet for so long: the far end is gone without a word, unless somebody holds."""
        held = leg.remote is not None and leg.remote.direction in ("sendonly", "inactive")
        if not held and not self.table.call_of(leg).on_hold:
            self._broken(leg, now)

    def _play_ended(self, leg: Leg, play_id: str, now: int) -> None:
        self._inbound.play_ended(self.table.call_of(leg), play_id, now)

    def _recording_failed(self, report: media.RecordingFailed, now: int) -> list[Effect]:
        for call in self.table.calls.values():
            if call.recording is not None and call.recording.recording_id == report.recording_id:
                self._recordings.missing(call, report.reason, now)
                self._ending.contact_over(call, now)
                break
        return self.table.take()

    def _talk(self, handling_id: str) -> Call:
        call = self.call_of_handling(handling_id)
        if call is None or call.phase is not Phase.TALKING:
            raise YingdaError("no_call", "There is no call to do this with.")
        return call

    def _set_bridge(self, call: Call, gain: float) -> None:
        customer, agent = self.table.customer_of(call), self.table.legs.get(call.agent_leg or "")
        if customer is not None and agent is not None:
            self.table.ask(media.SetGain(entries=both_ways(customer, agent, gain)), Purpose.TIDY, customer)

    def _media_done(self, asked: Asked, result: Result, now: int) -> None:
        """Give a result to whoever asked. A leg that is ending only waits for its figures.

        A recording's last word may come after its leg is gone: media writes files in a thread of its own.
        """
        if asked.purpose in (Purpose.RECORD, Purpose.STOP_RECORDING):
            call = self.table.calls.get(asked.interaction_id)
            if call is not None:
                self._recording_done(asked, call, result, now)
            return
        leg = self.table.legs.get(asked.leg_id)
        if leg is None:
            return
        failed = isinstance(result, YingdaError)
        if asked.purpose is Purpose.DESTROY:
            figures = result if isinstance(result, media.LegStatistics) else media.LegStatistics(leg_id=leg.leg_id)
            self._ending.leg_over(leg, figures, now)
        elif leg.state is LegState.ENDING:
            return
        elif failed and asked.purpose in (Purpose.CREATE, Purpose.CONNECT, Purpose.BRIDGE):
            self._broken(leg, now)
        elif failed and asked.purpose is Purpose.PLAY:
            self._play_ended(leg, asked.ref, now)
        elif isinstance(result, media.LegCreated):
            side = self._inbound if leg.role == "customer" else self._handover
            side.media_ready(leg, result)
        elif asked.purpose is Purpose.BRIDGE:
            self._handover.bridged(leg, now)

    def _recording_done(self, asked: Asked, call: Call, result: Result, now: int) -> None:
        if isinstance(result, YingdaError):
            self._recordings.missing(call, result.code, now)
        elif isinstance(result, media.RecordingFinished):
            self._recordings.finished(call, result, now)
        elif asked.purpose is Purpose.RECORD:
            self._recordings.started(call, now)
        self._ending.contact_over(call, now)
