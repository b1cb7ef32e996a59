"""Digital items that go back to a queue: by hand, or because their agent is gone (ACD-49; metrics.md section 3).

What was his waits again at the place it had, under a new entry; for the customer nothing has changed.
"""

from __future__ import annotations

from yingda.kernel.errors import YingdaError
from yingda.routing.effects import ItemReturned
from yingda.routing.escalating import Escalating
from yingda.routing.floor import SYSTEM, Floor, agent_by
from yingda.routing.handling import Handling
from yingda.routing.queueing import Incoming, Queueing
from yingda.routing.session import Session


class Items:
    def __init__(self, floor: Floor, queueing: Queueing, escalating: Escalating) -> None:
        self._floor = floor
        self._queueing = queueing
        self._escalating = escalating

    def hand_back(self, handling_id: str, queue_id: str) -> None:
        """The agent gives an item to a queue. Refuses unknown_handling, unknown_queue."""
        floor = self._floor
        handling = floor.handlings.get(handling_id)
        if handling is None or handling.item is None:
            raise YingdaError("unknown_handling", "There is no such item open.", where=f"handling {handling_id}")
        if queue_id not in floor.rules.queues:
            raise YingdaError("unknown_queue", "There is no such queue.", where=f"queue {queue_id}")
        session = floor.sessions[handling.agent_id]
        cause = "returned" if queue_id == handling.queue_id else "transfer"
        self._return(session, handling, queue_id, cause, agent_by(session.agent_id))
        floor.restate(session, "item_returned", agent_by(session.agent_id))

    def orphan(self, session: Session) -> None:
        """The agent goes and leaves his items behind. A queue that is gone takes nothing back: the item is closed."""
        for handling_id in tuple(session.items):
            handling = self._floor.handlings[handling_id]
            if handling.queue_id in self._floor.rules.queues:
                self._return(session, handling, handling.queue_id, "agent_lost", SYSTEM)
            else:
                self._floor.end_item(session, handling, "system")

    def _return(self, session: Session, handling: Handling, queue_id: str, cause: str, by: str) -> None:
        floor, item = self._floor, handling.item
        assert item is not None
        floor.end_item(session, handling, "agent" if by != SYSTEM else "system", by)
        incoming = Incoming(
            entry_id=floor.ids(),
            interaction_id=handling.interaction_id,
            queue_id=queue_id,
            cause=cause,
            from_entry_id=item.entry_id,
            arrived_at=item.arrived_at,
            priority=item.priority,
            medium=item.medium,
            test=item.test,
            needs=item.needs,
            data=item.data,
        )
        floor.ask(ItemReturned(handling.handling_id, incoming.entry_id, handling.interaction_id, queue_id, cause))
        self._escalating.begin(self._queueing.enter(incoming, by))
