"""The agent's ID into the customer's ear (报工号, CTI-29): the talk behind it is turned down meanwhile."""

from __future__ import annotations

from yingda.calls.model import Call, Leg, Room
from yingda.calls.stage import Stage
from yingda.calls.table import Purpose
from yingda.kernel.errors import YingdaError
from yingda.media.protocol import SetGain
from yingda.media.verbs import announce


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
        call.announcing = self._table.ids()
        hearing = {(sink, source): gain for sink, source, gain in call.heard}
        play, down, _ = announce(call.announcing, customer.leg_id, items, hearing)
        self._table.ask(SetGain(entries=down), Purpose.TIDY, customer)
        self._table.ask(play, Purpose.PLAY, customer, call.announcing)

    def ended(self, call: Call, leg: Leg, play_id: str) -> None:
        """The talk is as loud as before."""
        if call.announcing == play_id:
            call.announcing = None
            entries = [entry for entry in call.heard if entry[0] == leg.leg_id]
            if entries:
                self._table.ask(SetGain(entries=entries), Purpose.TIDY, leg)
