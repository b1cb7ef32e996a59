"""The agent's ID into the customer's ear (报工号, CTI-29), when he is answered or whenever the agent wants; the queue's
name into the agent's; a beep into both. The talk behind it is turned down meanwhile."""

from __future__ import annotations

from yingda.calls.model import Call, Leg, Room
from yingda.calls.stage import Stage
from yingda.calls.table import Purpose
from yingda.kernel.errors import YingdaError
from yingda.media.protocol import SetGain
from yingda.media.verbs import BEEP, announce


class Announcing:
    def __init__(self, stage: Stage) -> None:
        self._stage, self._table = stage, stage.table

    def announce(self, handling_id: str, now: int) -> None:
        """Refuses no_announcement, on_hold, and what a talk without the customer refuses."""
        call, own = self._stage.with_customer(handling_id)
        customer, agent = self._table.customer_of(call), self._table.plan.agents.get(own.agent_id or "")
        items = self._table.sounds.agent_number(agent.number) if agent is not None else []
        if not items or customer is None:
            raise YingdaError("no_announcement", "There is no recording to announce the agent ID with.")
        if own.room is not Room.TALK:
            raise YingdaError("on_hold", "The customer is on hold.", todo="Take him back first.")
        if call.announcing is not None:
            raise YingdaError("announcing", "The agent ID is being announced.")
        call.announcing = self._into_ear(call, customer, items)

    def open(self, call: Call, agent_leg: Leg) -> None:
        """A call is answered: what its queue has said at the beginning. What cannot be said is left out."""
        table, queue = self._table, self._table.plan.queues.get(call.queue_id)
        customer, agent = table.customer_of(call), table.plan.agents.get(agent_leg.agent_id or "")
        if queue is None or customer is None or agent is None or customer.passed is not None:
            return
        beep = [BEEP] if "beep" in queue.opening and self._stage.is_recorded(call, agent_leg) else []
        number = table.sounds.agent_number(agent.number) if "agent_id" in queue.opening else []
        name = table.sounds.queue_name(queue.id) if "queue_name" in queue.opening else []
        if beep or number:
            call.announcing = self._into_ear(call, customer, [*beep, *number])
        if beep or name:
            call.briefing = self._into_ear(call, agent_leg, [*beep, *name])

    def _into_ear(self, call: Call, leg: Leg, items: list[str]) -> str:
        """The play's id."""
        hearing = {(sink, source): gain for sink, source, gain in call.heard}
        play, down, _ = announce(self._table.ids(), leg.leg_id, items, hearing)
        self._table.ask(SetGain(entries=down), Purpose.TIDY, leg)
        self._table.ask(play, Purpose.PLAY, leg, play.play_id)
        return play.play_id

    def ended(self, call: Call, leg: Leg, play_id: str) -> None:
        """The talk is as loud as before."""
        if play_id not in (call.announcing, call.briefing):
            return
        if call.announcing == play_id:
            call.announcing = None
        else:
            call.briefing = None
        entries = [entry for entry in call.heard if entry[0] == leg.leg_id]
        if entries:
            self._table.ask(SetGain(entries=entries), Purpose.TIDY, leg)
