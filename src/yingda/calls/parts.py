"""The parts of the switch, and how they are tied together: each knows the stage and those it goes on with.

What one part has to say to another that is made later goes through the ties at the end of this file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from yingda.calls.announcing import Announcing
from yingda.calls.bridging import Bridging
from yingda.calls.consulting import Consulting
from yingda.calls.dialling import Dialling
from yingda.calls.direct import Direct
from yingda.calls.distribution import Distribution
from yingda.calls.ending import Ending
from yingda.calls.faxes import Faxes
from yingda.calls.flowing import Flowing
from yingda.calls.forwarding import Forwarding
from yingda.calls.gestures import Gestures
from yingda.calls.handover import Handover
from yingda.calls.inbound import Inbound
from yingda.calls.leaving import Leaving
from yingda.calls.media_answers import MediaAnswers
from yingda.calls.media_reports import MediaReports
from yingda.calls.meetings.chair import Chair
from yingda.calls.meetings.meetings import Meetings
from yingda.calls.merging import Merging
from yingda.calls.model import Call, Leg, Phase, Why
from yingda.calls.numbering import NumberPlan
from yingda.calls.onward import Onward
from yingda.calls.parking import Parking
from yingda.calls.reaching import Errand, Reaching
from yingda.calls.replacing import Replacing
from yingda.calls.returning import Returning
from yingda.calls.sending import Sending
from yingda.calls.sounding import Sounding
from yingda.calls.stage import Stage
from yingda.calls.summons import Summons
from yingda.calls.supervision import Supervision
from yingda.calls.table import Devices, Sounds, Table
from yingda.calls.transfers import Transfers
from yingda.calls.trials import Trials
from yingda.calls.waiting import Waiting
from yingda.kernel.errors import YingdaError
from yingda.kernel.ids import IdSource
from yingda.routing import effects as routing
from yingda.routing.callbacks import Wanted
from yingda.routing.distributor import Distributor


class Parts:
    """What people do with calls, a part each. All act on the same table of calls, through the same stage."""

    def __init__(
        self,
        ids: IdSource,
        plan: NumberPlan,
        distributor: Distributor,
        sounds: Sounds,
        devices: Devices,
        keep_number: Callable[[str], str],
        keep_text: Callable[[str], str] | None = None,
    ) -> None:
        self.distributor = distributor
        self.keep_number = keep_number
        self.table = Table(ids, plan, sounds, devices)
        self.stage = Stage(self.table, distributor, self._carry, keep_number)
        self._sounding = Sounding(self.table)
        self._callers(keep_text or keep_number)
        self._reached()
        self._talks()
        self._flows_and_people()
        self._media()
        self._reaching.errands = self._errands()

    def _callers(self, keep_text: Callable[[str], str]) -> None:
        """Who comes in: greeted, in a flow, waiting."""
        self.waiting = Waiting(
            self.table,
            self.distributor,
            self._carry,
            self._let_go,
            lambda *due: self.returning.owe(*due),
            lambda *forward: self._forwarding.forward(*forward),
        )
        self._inbound = Inbound(
            self.table,
            self.keep_number,
            self._join_queue,
            self.waiting,
            lambda *flow: self.flowing.begin(*flow),
            self.stage.flow_for,
            self._let_go,
            self.distributor.talks.all_busy,
        )
        self.full_lines = self._inbound.full_lines
        self.flowing = Flowing(
            self.table, self._inbound.leave_flow, self._let_go, keep_text, self._flow_over, self._book
        )

    def _reached(self) -> None:
        """Who is sought for them, or dialled; how all of it ends."""
        stage = self.stage
        self._reaching = reaching = Reaching(stage)
        self._ending = ending = Ending(stage, self._flow_gone)
        self._summons = Summons(stage, reaching)
        self.meetings = self._inbound.rooms = Meetings(stage, ending)
        self._inbound.faxes = Faxes(self.table, self._inbound, lambda *forward: self._forwarding.forward(*forward))
        self._direct = self._inbound.direct = Direct(stage, reaching, self._summons, ending)
        self._forwarding = Forwarding(stage, reaching, self._summons, self.waiting.begin, self.waiting.refused, ending)
        self.announcing = Announcing(stage)
        self._handover = Handover(stage, reaching, self._inbound, self.announcing.open)
        self.dialling = Dialling(stage, reaching, ending)
        self.dialling.meet = self.meetings.enter
        self.returning = Returning(stage, self.dialling)
        self._distribution = Distribution(
            self.table, self.keep_number, self._handover, self.returning, self.waiting, self._let_go
        )

    def _talks(self) -> None:
        """What agents and their leaders do in a call."""
        stage, reaching, summons = self.stage, self._reaching, self._summons
        self.consulting = Consulting(stage, reaching, summons)
        self.transfers = Transfers(stage, reaching, summons, self.waiting.begin)
        self.transfers.stranded = self._stranded
        self.parking = Parking(stage, reaching, summons, self.transfers)
        self.supervision = Supervision(stage, reaching, summons)
        self._replacing = Replacing(
            stage, reaching, self._handover, self._inbound.turned_away, self._inbound.play_music
        )

    def _flows_and_people(self) -> None:
        """Between flows and people, both ways; the same by the phone's own keys; who goes."""
        stage, reaching, ending, inbound = self.stage, self._reaching, self._ending, self._inbound
        self._bridging = bridging = Bridging(stage, self.flowing, inbound.to_queue, inbound.stop_play)
        stage.met = bridging.met
        self.sending = Sending(stage, self.flowing, self.transfers, bridging.elsewhere)
        self.trials = Trials(stage, self.flowing, ending)
        self.dialling.begin_trial = self.trials.begin
        merging = Merging(stage, ending)
        self.gestures = Gestures(
            stage, self.dialling, self.consulting, self.transfers, merging, self.trials, inbound.turned_away
        )
        self.chair = Chair(stage, reaching, self._summons, self.meetings, self.gestures)
        self.onward = self.flowing.onward = Onward(
            stage, reaching, self._summons, self.flowing, self.gestures.target, inbound.to_queue, bridging
        )
        self.leaving = Leaving(
            stage, ending, reaching, self.consulting, self.transfers, self.sending, self.onward, bridging
        )

    def _media(self) -> None:
        """Who hears what media answers and reports."""
        self._answers = MediaAnswers(
            self.stage,
            self._reaching,
            self._ending,
            self.waiting,
            self.flowing,
            self._side,
            self.leaving.broken,
            self._play_ended,
        )
        self._reports = MediaReports(
            self.table,
            self._answers,
            self._reaching,
            self.leaving,
            self.announcing,
            self.flowing,
            self.waiting,
            self._inbound,
            self.meetings,
        )

    def _errands(self) -> dict[Why, Errand]:
        """Who goes on with a leg of ours when the far end answers, by what it was opened for."""
        return {
            Why.FORWARD: self._forwarding,
            Why.ONWARD: self.onward,
            Why.OFFER: self._handover,
            Why.DIRECT: self._direct,
            Why.OWN: self.dialling,
            Why.CALLED: self.dialling,
            Why.CONSULT: self.consulting,
            Why.TRANSFER: self.transfers,
            Why.RETURN: self.transfers,
            Why.TAKE: self.parking,
            Why.SUPERVISE: self.supervision,
            Why.MEETING: self.chair,
        }

    # ---- ties -----------------------------------------------------------------------------------------------------

    def _side(self, leg: Leg) -> Inbound | Dialling | Replacing:
        """Who answers a leg that came in."""
        if leg.replaces:
            return self._replacing
        return self.dialling if leg.why is Why.OWN else self._inbound

    def _carry(self, effects: Sequence[routing.Effect], now: int) -> None:
        self._distribution.carry(effects, now)

    def _flow_over(self, call: Call, result: str, now: int) -> bool:
        return self.sending.over(call, result, now)

    def _flow_gone(self, call: Call, now: int) -> str:
        self.waiting.gone(call)
        self.sending.gone(call, now)
        return self.meetings.gone(call, now) or self.flowing.gone(call, now)

    def _book(self, wanted: Wanted, now: int) -> None:
        self.returning.request(wanted, now)

    def _let_go(self, call: Call, now: int) -> None:
        if not self._bridging.back(call, "noanswer", now):
            self._ending.end(call, now, "system")

    def _join_queue(self, call: Call, now: int) -> None:
        try:
            cause = "transfer" if call.handlings else "first"
            self.stage.enter_queue(call, call.queue_id, cause, now, call.priority)
        except YingdaError as error:  # closed, nobody there to serve him, or taken out while he heard the greeting
            if self._bridging.back(call, "noanswer", now):
                return
            if error.code not in ("closed", "too_few_agents"):
                self.table.alarm("queue_gone", f"A caller could not be queued: {error.sentence} The call was ended.")
            self.waiting.refused(call, error.code, now)

    def _stranded(self, call: Call, now: int) -> None:
        """No queue takes a caller back: the flow that waits for him has him again, or he is told why it ends."""
        if self._bridging.back(call, "network_disconnect", now):
            return
        self.table.alarm(
            "caller_stranded", "No queue would take a caller back: he was told so, and the call was ended."
        )
        call.phase, call.entry_id, call.moving = Phase.WAITING, None, None
        self.waiting.refused(call, "too_few_agents", now)

    def _play_ended(self, leg: Leg, play_id: str, now: int) -> None:
        self._reports.play_ended(leg, play_id, now)
