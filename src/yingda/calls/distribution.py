"""What distribution says of waiting contacts and of agents, carried out: one part of the switch for each effect."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from yingda.calls.discreet import discreet
from yingda.calls.handover import Handover
from yingda.calls.model import Call, Phase
from yingda.calls.returning import Returning
from yingda.calls.table import Table
from yingda.calls.waiting import Waiting
from yingda.routing import effects as routing


class Distribution:
    """The receiving side of `routing.effects`. let_go: of a call whose entry is over, with nothing left to say."""

    def __init__(
        self,
        table: Table,
        keep_number: Callable[[str], str],
        handover: Handover,
        returning: Returning,
        waiting: Waiting,
        let_go: Callable[[Call, int], None],
    ) -> None:
        self._table, self._keep_number = table, keep_number
        self._handover, self._returning, self._waiting, self._let_go = handover, returning, waiting, let_go

    def carry(self, effects: Sequence[routing.Effect], now: int) -> None:
        """Carry out distribution's effects, in order."""
        for effect in effects:
            match effect:
                case routing.Append():
                    self._table.emit(discreet(effect, self._keep_number))
                case routing.Ring(medium="voice"):
                    self._handover.ring(effect, now)
                case routing.Ring(medium="callback"):
                    self._returning.ring(effect, now)
                case routing.Taken(medium="callback"):
                    self._returning.taken(effect, now)
                case routing.StopRinging():
                    self._handover.stop_ringing(effect)
                case routing.Connect():
                    self._handover.connect(effect, now)
                case routing.Connected():
                    self._connected(effect, now)
                case routing.EntryClosed():
                    self._entry_closed(effect, now)
                case routing.Overflow():
                    self._overflow(effect, now)
                case routing.BreakOver():
                    self._table.agent_changed(effect.agent_id)
                case routing.EntryMoved():
                    self._table.entry_moved(effect.entry_id, effect.new_entry_id, effect.queue_id)
                    self._returning.entry_moved(effect)

    def _connected(self, effect: routing.Connected, now: int) -> None:
        self._handover.connected(effect, now)
        call = self._table.calls.get(effect.interaction_id)
        if call is not None and effect.entry_id:
            self._returning.customer_answered(call.caller, now)

    def _overflow(self, effect: routing.Overflow, now: int) -> None:
        call = self._table.call_of_entry(effect.entry_id)
        if call is not None:
            self._waiting.overflow(call, effect.rule, now, effect.site_id)

    def _entry_closed(self, effect: routing.EntryClosed, now: int) -> None:
        call = self._table.call_of_entry(effect.entry_id)
        if call is None:
            self._returning.entry_closed(effect, now)
        elif call.phase is Phase.WAITING:
            self._table.by_entry.pop(effect.entry_id, None)
            if not self._waiting.closed(call, now):
                self._let_go(call, now)
