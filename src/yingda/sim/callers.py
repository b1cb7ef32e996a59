"""Callers: they come, wait as long as their patience lasts, talk, and hang up whenever they like."""

from __future__ import annotations

from enum import Enum

from yingda.kernel.event import Event
from yingda.routing.effects import Connected, EntryClosed, ItemReturned, Taken
from yingda.routing.entry import EntryState
from yingda.sim.contacts import ContactScribe
from yingda.sim.plan import Call
from yingda.sim.seen import Wishes
from yingda.sim.world import World


class Where(Enum):
    """Where a caller is; the call model's view of him, which follows the distributor's effects."""

    COMING = "coming"
    GREETED = "greeted"
    QUEUED = "queued"
    TALKING = "talking"
    GONE = "gone"


class Caller:
    def __init__(self, world: World, scribe: ContactScribe, number: int, call: Call) -> None:
        self._world = world
        self._scribe = scribe
        self._call = call
        self.interaction_id = f"contact-{number}"
        self.entry_id = f"entry-{number}"
        self.where = Where.COMING
        self.handling_id = ""

    def come(self, greeting: int) -> None:
        """Dials in. greeting: µs before he is put into the queue."""
        world = self._world
        call = self._call
        direction = "outbound" if call.medium == "callback" else "inbound"
        self._tell(
            self._scribe.started(
                self.interaction_id, world.now, test=call.test, medium=call.medium, direction=direction
            )
        )
        self.where = Where.GREETED
        world.hazards.touch(self._call.queue_id, "arrival", world.now)
        self._tell(self._scribe.greeted(self.interaction_id, world.now))
        if call.medium == "callback":  # nobody waits on the line
            self.queue()
            return
        world.after(max(0, self._call.patience + greeting), self.hang_up)
        if greeting:
            world.after(greeting, self.queue)
        else:
            self.queue()

    def queue(self) -> None:
        """The flow hands him over."""
        world, call = self._world, self._call
        if self.where is not Where.GREETED:
            return
        self._tell(self._scribe.flow_left(self.interaction_id, world.now, "queue"))
        self.where = Where.QUEUED
        data: dict[str, str | float] = {"grade": call.grade} if call.grade else {}
        wishes = Wishes(call.needs, call.wish, call.dedicated, data, call.test)
        world.watch.wishes[self.entry_id] = wishes
        entered = world.do(
            world.core.enter,
            self.entry_id,
            self.interaction_id,
            call.queue_id,
            cause="callback" if call.medium == "callback" else "first",
            medium=call.medium,
            priority=call.priority,
            test=call.test,
            needs=call.needs,
            wish=call.wish,
            dedicated=call.dedicated,
            data=data,
        )
        if entered is None:
            self._gone("system", "no_queue")

    def hang_up(self) -> None:
        """Wherever he is by now."""
        world = self._world
        if self.where is Where.GREETED:
            self._tell(self._scribe.flow_left(self.interaction_id, world.now, "hangup"))
            self._gone("customer", "cleared")
        elif self.where is Where.QUEUED:
            self._note_hazard()
            world.do(world.core.customer_left, self.entry_id)
        elif self.where is Where.TALKING:
            if self._call.medium != "voice":
                world.hazards.hit("item_closed_by_customer")
            world.hazards.touch(self.entry_id, "hang_up", world.now)
            self.talk_ends("customer")

    def _note_hazard(self) -> None:
        world = self._world
        world.hazards.touch(self.entry_id, "hang_up", world.now)
        entry = world.core.floor.entries.get(self.entry_id)
        if entry is not None and entry.state is EntryState.OFFERED:
            world.hazards.hit("hang_up_while_ringing")
        elif entry is not None and entry.state is EntryState.CONNECTING:
            world.hazards.hit("hang_up_between_answer_and_sound")

    def taken(self, taken: Taken) -> None:
        """An agent has it in hand: a chat begins, or he is about to be dialled."""
        self.where = Where.TALKING
        self.handling_id = taken.handling_id

    def returned(self, returned: ItemReturned) -> None:
        """He waits again."""
        self.where = Where.QUEUED
        self.entry_id = returned.new_entry_id
        self.handling_id = ""

    def connected(self, connected: Connected) -> None:
        self.where = Where.TALKING
        self.handling_id = connected.handling_id
        self._tell(self._scribe.talking(self.interaction_id, self.handling_id, self._world.now))

    @property
    def medium(self) -> str:
        return self._call.medium

    def talk_ends(self, ended_by: str) -> None:
        """One of the two hangs up, or the call is cut; the other side's report may follow and is in vain."""
        if self.where is not Where.TALKING:
            return
        world = self._world
        world.do(world.core.released, self.handling_id, ended_by)
        self._tell(self._scribe.released(self.interaction_id, self.handling_id, world.now))
        self._gone(ended_by, "cleared")

    def closed(self, closed: EntryClosed) -> None:
        self._gone("customer" if closed.outcome == "abandoned" else "system", closed.why)

    def _gone(self, ended_by: str, reason: str) -> None:
        self.where = Where.GONE
        self._tell(self._scribe.ended(self.interaction_id, self._world.now, ended_by, reason))

    def _tell(self, events: list[Event]) -> None:
        for event in events:
            self._world.tell(event)
