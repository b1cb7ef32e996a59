"""Faults planted in what is not voice alone: capacity, items, call-backs, agents that are kept back (`faults`)."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from yingda.routing.distributor import Distributor
from yingda.routing.entry import Entry
from yingda.routing.floor import Floor
from yingda.routing.handling import Phase
from yingda.routing.handlings import Handlings
from yingda.routing.items import Items
from yingda.routing.offer import Offer
from yingda.routing.offering import Offering
from yingda.routing.pools import Pools
from yingda.routing.queueing import CUSTOMER, Incoming, Queueing
from yingda.routing.session import Session


class _RoomForgotten(Floor):
    def open_media(self, session: Session) -> list[str]:
        """Whoever serves three may serve ten."""
        return []


class _ItemsLostWithTheirAgent(Items):
    def orphan(self, session: Session) -> None:
        for handling_id in tuple(session.items):
            self._floor.end_item(session, self._floor.handlings[handling_id], "system")


class _ItemsToTheTail(Queueing):
    def enter(self, incoming: Incoming, by: str = CUSTOMER) -> Entry:
        back = incoming.cause in ("returned", "agent_lost")
        return super().enter(replace(incoming, arrived_at=None) if back else incoming, by)


class _TakenOnTheLine(Offering):
    def _take(self, offer: Offer, entry: Entry) -> None:
        """A chat is treated as a call: it waits for sound."""
        entry.live = True
        self.answered(offer.offer_id, offer.token)


class _DialledIsTalking(Handlings):
    def released(self, handling_id: str, ended_by: str) -> None:
        handling = self._floor.handlings.get(handling_id)
        if handling is not None and handling.phase is Phase.DIALLING:
            handling.move(Phase.TALKING)
            connected = {"handling_id": handling_id}
            self._floor.say("handling.connected", connected, interaction_id=handling.interaction_id)
            self._floor.restate(self._floor.sessions[handling.agent_id], "connected")
        super().released(handling_id, ended_by)


class _KeptGivenAway(Floor):
    def _new_pools(self) -> Pools:
        """The rules are honoured but for what they keep back."""
        rules, queues = self.rules, {name: replace(queue, keep_free=0) for name, queue in self.rules.queues.items()}
        self.rules = replace(rules, queues=queues)
        try:
            return super()._new_pools()
        finally:
            self.rules = rules


class RoomForgotten(Distributor):
    floor_class = _RoomForgotten


class ItemsLostWithTheirAgent(Distributor):
    items_class = _ItemsLostWithTheirAgent


class ItemsToTheTail(Distributor):
    queueing_class = _ItemsToTheTail


class TakenOnTheLine(Distributor):
    offering_class = _TakenOnTheLine


class DialledIsTalking(Distributor):
    handlings_class = _DialledIsTalking


class KeptGivenAway(Distributor):
    floor_class = _KeptGivenAway


MEDIA_FAULTS: Final[tuple[type[Distributor], ...]] = (
    *(RoomForgotten, ItemsLostWithTheirAgent, ItemsToTheTail),
    *(TakenOnTheLine, DialledIsTalking, KeptGivenAway),
)
