"""An agent sends the customer into a flow: for good, to rate the service (转评价), or to come back to him.

Who is to come back is AWAY: his agent hears music and keeps the handling, held; the recording is silent and no key of
the customer reaches anybody but the flow (card numbers, identity checks). However the flow ends, he comes back to this
agent with what it found out, and if the agent is gone, to the head of a queue. A survey is offered and ended in the
ledger (metrics.md section 3); it is no transfer, nor is a flow that hands the caller back (section 7).
"""

from __future__ import annotations

from collections.abc import Callable

from yingda.calls.flowing import Flowing
from yingda.calls.model import Call, Leg, LegState, Phase, Room, Sent
from yingda.calls.stage import Stage
from yingda.calls.transfers import Transfers
from yingda.kernel.config.centre import Flow
from yingda.kernel.errors import YingdaError

EXITS = {"error": "error", "limit": "limit"}
"""How a run that leads back to an agent is left, by how the flow ended; all others: agent."""


class Sending:
    """elsewhere: told that a flow that may wait for the customer waits in vain."""

    def __init__(
        self, stage: Stage, flowing: Flowing, transfers: Transfers, elsewhere: Callable[[Call, int], None]
    ) -> None:
        self._stage, self._flowing, self._transfers, self._elsewhere = stage, flowing, transfers, elsewhere
        self._table = stage.table

    # ---- what the agent asks --------------------------------------------------------------------------------------

    def send(self, handling_id: str, name: str, now: int, *, back: bool) -> None:
        """Into the flow of this name. Refuses no_call, not_your_customer, customer_in_flow, consulting,
        in_conference, unknown_flow, flow_only_greets; nothing has changed then."""
        call, own = self._alone_with_customer(handling_id)
        flow = self._flow(name)
        if back:
            self._lend(call, own, flow, now)
        else:
            self._give(call, own, flow, now)

    def survey(self, handling_id: str, now: int) -> None:
        """Hang up by sending him to the survey of his queue, or of the centre. Refuses as `send`, and no_survey."""
        call, own = self._alone_with_customer(handling_id)
        queue = self._table.plan.queues.get(call.queue_id)
        name = (queue.survey if queue is not None else None) or self._table.plan.survey
        if name is None:
            todo = "An administrator can name its flow in the configuration (survey of the queue or of the centre)."
            raise YingdaError("no_survey", "No survey is set up for these calls.", todo=todo)
        flow, sent = self._flow(name), self._sent(own, now, back=False)
        sent.survey_id = self._table.ids()
        self._stage.recordings.stop(call)
        self._stage.carry(self._stage.distributor.released(handling_id, "agent", now), now)
        self._stage.clear(own, now, "agent")
        facts = {"survey_id": sent.survey_id, "handling_id": handling_id}
        self._table.append(self._table.event("survey.offered", now, call, facts, cause=handling_id))
        self._goes(call, flow, sent, now)

    def take_back(self, handling_id: str, now: int) -> None:
        """The agent does not wait for the flow's end. Refuses not_on_hold."""
        call, _, _ = self._stage.talk_of(handling_id)
        if call.phase is not Phase.AWAY:
            raise YingdaError("not_on_hold", "The customer is not on hold.")
        self._flowing.recall(call, now)
        self.over(call, "taken_back", now)

    def _alone_with_customer(self, handling_id: str) -> tuple[Call, Leg]:
        call, own = self._stage.with_customer(handling_id)
        self._transfers.only_two(call, own)
        return call, own

    def _flow(self, name: str) -> Flow:
        flow = self._table.plan.flow(name)
        if flow is None:
            raise YingdaError("unknown_flow", "There is no such flow.", where=f"flow {name}")
        if flow.document is None:
            todo = "Transfer the customer to its queue instead."
            raise YingdaError("flow_only_greets", "This flow only greets callers.", where=f"flow {name}", todo=todo)
        return flow

    # ---- into the flow --------------------------------------------------------------------------------------------

    def _lend(self, call: Call, own: Leg, flow: Flow, now: int) -> None:
        """The agent waits for him."""
        sent = self._sent(own, now, back=True)
        self._elsewhere(call, now)
        self._stage.carry(self._stage.distributor.hold(sent.handling_id, now, f"flow:{flow.id}"), now)
        sent.covered = self._stage.recordings.cover(call, now)
        own.room = self._table.legs[call.customer].room = Room.ALONE
        sent.flow_id, call.sent, call.phase = flow.id, sent, Phase.AWAY
        self._flowing.enter(call, flow, now)
        self._table.touch(call)

    def _give(self, call: Call, own: Leg, flow: Flow, now: int) -> None:
        """The agent's part is over."""
        self._stage.recordings.stop(call)
        handling_id = own.handling_id or ""
        passed = self._stage.talks.pass_on(handling_id, "blind", f"flow:{flow.id}", "completed", now)
        self._stage.carry(passed, now)
        self._stage.clear(own, now, "agent")
        call.queue_id = self._table.plan.queue_of_flow(flow)
        self._goes(call, flow, self._sent(own, now, back=False), now)

    def _goes(self, call: Call, flow: Flow, sent: Sent, now: int) -> None:
        sent.flow_id = flow.id
        self._elsewhere(call, now)
        call.sent, call.phase, call.handling_id = sent, Phase.GREETING, None
        self._table.legs[call.customer].room = Room.TALK
        self._flowing.enter(call, flow, now)
        self._table.touch(call)

    def _sent(self, own: Leg, now: int, *, back: bool) -> Sent:
        return Sent(handling_id=own.handling_id or "", agent_id=own.agent_id or "", back=back, since=now)

    # ---- out of it ------------------------------------------------------------------------------------------------

    def over(self, call: Call, result: str, now: int) -> bool:
        """His run is over: done, queue, transfer, error, limit, taken_back. True: he is back with his agent, or at the
        head of a queue; False: the flow's own way out holds."""
        sent = call.sent
        if sent is None or sent.result:
            return False
        sent.result = result
        self._survey_over(call, sent, now)
        if not sent.back:
            return False
        left = {"run_id": call.run_id, "node_id": call.last_node, "exit": EXITS.get(result, "agent")}
        self._table.append(self._table.event("flow.left", now, call, left, cause=call.run_id))
        call.run_id = call.flow_limit_at = None
        self._table.legs[call.customer].room = Room.TALK
        own, handling = self._table.leg_of_handling(call, sent.handling_id), self._stage.handling(sent.handling_id)
        if own is None or own.state is not LegState.UP or handling is None or not handling.with_customer:
            self._transfers.to_head(call, "returned", now, sent.agent_id)
            return True
        own.room, call.phase = Room.TALK, Phase.TALKING
        self._stage.carry(self._stage.distributor.retrieve(sent.handling_id, now, result), now)
        self._stage.recordings.uncover(call, now, covered=sent.covered)
        self._table.touch(call)
        return True

    def gone(self, call: Call, now: int) -> None:
        """The call ends while he is in the flow."""
        if call.sent is not None and not call.sent.result:
            call.sent.result = "hangup"
            self._survey_over(call, call.sent, now)

    def agent_gone(self, call: Call, leg: Leg, now: int, by: str, code: int, *, clear: bool) -> None:
        """The agent hung up his phone, or it broke, while the customer is away: a queue has him afterwards."""
        self._stage.recordings.stop(call)
        self._stage.carry(self._stage.distributor.released(leg.handling_id or "", by, now), now)
        self._stage.clear(leg, now, by, code, clear=clear)
        call.handling_id = None
        self._table.touch(call)

    # ---- surveys --------------------------------------------------------------------------------------------------

    def _survey_over(self, call: Call, sent: Sent, now: int) -> None:
        """answered as soon as there is one answer; declined if he heard the flow to its end and gave none."""
        if not sent.survey_id:
            return
        result = "answered" if sent.answers else "declined" if sent.result == "done" else "none"
        facts = {
            "survey_id": sent.survey_id,
            "handling_id": sent.handling_id,
            "answers": dict(sent.answers),
            "result": result,
        }
        ended = self._table.event("survey.ended", now, call, facts, by="customer", cause=sent.handling_id)
        self._table.append(ended)
