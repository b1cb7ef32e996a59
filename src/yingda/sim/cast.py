"""The people of a world: callers and agents put on the clock, and the distributor's effects handed to them."""

from __future__ import annotations

from functools import partial

from msgspec.structs import replace

from yingda.kernel.event import Event
from yingda.routing.effects import (
    Connect,
    Connected,
    EntryClosed,
    EntryMoved,
    ItemReturned,
    Overflow,
    Ring,
    StopRinging,
    Taken,
)
from yingda.routing.rules import AgentProfile
from yingda.routing.states import IN_CALL
from yingda.sim.agents import Agent, pick
from yingda.sim.broken import demand
from yingda.sim.callers import Caller, Where
from yingda.sim.contacts import ContactScribe
from yingda.sim.surges import Leader
from yingda.sim.world import World


class Cast:
    """Puts a plan's people into a world; the world's `people`."""

    def __init__(self, world: World) -> None:
        self.world = world
        plan = world.plan
        self.scribe = ContactScribe(world.core.floor.ids, legs=plan.legs)
        self.agents = {agent_id: Agent(world, agent_id, self.direct_call) for agent_id in plan.agents}
        self.callers = [Caller(world, self.scribe, number, call) for number, call in enumerate(plan.calls)]
        self.leader = Leader(world, self.agents)
        self._by_contact = {caller.interaction_id: caller for caller in self.callers}
        self._by_entry = {caller.entry_id: caller for caller in self.callers}
        self._ring_tokens: dict[str, int] = {}
        world.people = self
        for agent in self.agents.values():
            world.after(world.some((0, 1)), agent.sign_in)
        for caller, call in zip(self.callers, plan.calls, strict=True):
            world.after(call.at, caller.come, world.some(plan.temper.greeting))
        for at in plan.mischief:
            world.after(at, self.mischief)
        if plan.crash is not None:
            world.after(plan.crash, world.crash)

    # -- effects ------------------------------------------------------------------------------------------------------

    def on_ring(self, ring: Ring) -> None:
        self._ring_tokens[ring.offer_id] = ring.token
        if ring.medium != "voice":
            self.world.hazards.hit(f"{ring.medium}_offered")
        self._tell(self.scribe.agent_rings(ring.interaction_id, ring.offer_id, ring.device, self.world.now))
        self.agents[ring.agent_id].rings(ring)

    def on_offer_ended(self, interaction_id: str, offer_id: str, outcome: str) -> None:
        if outcome != "accepted":
            self._tell(self.scribe.agent_stops(interaction_id, offer_id, self.world.now))

    def on_stop(self, stop: StopRinging) -> None:
        self._ring_tokens.pop(stop.offer_id, None)
        if stop.why == "no_answer":
            self.agents[stop.agent_id].comes_back()

    def on_connect(self, connect: Connect) -> None:
        self._tell(self.scribe.agent_answers(connect.interaction_id, connect.offer_id, self.world.now))
        self.agents[connect.agent_id].connects(connect, self._ring_tokens.pop(connect.offer_id))

    def on_connected(self, connected: Connected) -> None:
        world = self.world
        agent = self.agents[connected.agent_id]
        if not connected.entry_id:
            world.after(world.some(world.plan.temper.talk), self._direct_ends, connected)
            return
        caller = self._by_contact[connected.interaction_id]
        caller.connected(connected)
        delay = world.some(world.plan.temper.talk)
        agent.talks(connected.handling_id)
        world.after(delay, self._talk_ends, caller, agent, world.rng.choice(("customer", "agent")))
        if world.rng.random() < world.plan.temper.twice:
            world.after(delay, self._talk_ends, caller, agent, "agent")

    def on_taken(self, taken: Taken) -> None:
        """A chat goes on for a while and is closed, or given back; a customer to be called back is dialled."""
        world = self.world
        caller, agent = self._by_contact[taken.interaction_id], self.agents[taken.agent_id]
        caller.taken(taken)
        delay = world.some(world.plan.temper.talk)
        if taken.medium == "callback":
            world.after(world.some(world.plan.temper.connect), self._dialled, caller, agent, taken.handling_id)
        elif world.rng.random() < 0.2:
            world.after(delay, self._hand_back, taken.handling_id)
        else:
            world.after(delay, self._item_ends, caller, taken.handling_id)
        agent.serves()

    def on_returned(self, returned: ItemReturned) -> None:
        self.world.hazards.hit(f"item_back_{returned.cause}")
        caller = self._by_contact[returned.interaction_id]
        self._by_entry.pop(caller.entry_id, None)
        caller.returned(returned)
        self._by_entry[caller.entry_id] = caller

    def on_closed(self, closed: EntryClosed) -> None:
        self._by_entry[closed.entry_id].closed(closed)

    def on_moved(self, moved: EntryMoved) -> None:
        caller = self._by_entry.pop(moved.entry_id)
        caller.entry_id = moved.new_entry_id
        self._by_entry[moved.new_entry_id] = caller

    # -- what is not on the line ----------------------------------------------------------------------------------

    def _dialled(self, caller: Caller, agent: Agent, handling_id: str) -> None:
        """He answers, or he does not."""
        world = self.world
        if caller.where is not Where.TALKING or caller.handling_id != handling_id:
            return
        if world.rng.random() < 0.6:
            world.do(world.core.talks.connected, handling_id)
            agent.talks(handling_id)
            ended_by = world.rng.choice(("customer", "agent"))
            world.after(world.some(world.plan.temper.talk), self._talk_ends, caller, agent, ended_by)
        else:
            world.hazards.hit("callback_not_reached")
            said = len(world.events)
            caller.talk_ends("system")
            connected = any(event.kind == "handling.connected" for event in world.events[said:])
            demand(not connected, f"{handling_id} is connected with somebody who did not answer")

    def _item_ends(self, caller: Caller, handling_id: str) -> None:
        if caller.where is Where.TALKING and caller.handling_id == handling_id:
            caller.talk_ends(self.world.rng.choice(("customer", "agent")))

    def _hand_back(self, handling_id: str) -> None:
        world = self.world
        world.do(world.core.hand_back, handling_id, world.rng.choice(sorted(world.rules.queues)))

    # -- calls end ----------------------------------------------------------------------------------------------------

    def _talk_ends(self, caller: Caller, agent: Agent, ended_by: str) -> None:
        world = self.world
        if caller.where is Where.TALKING:
            caller.talk_ends(ended_by)
            agent.wraps_up(caller.handling_id)
        elif caller.handling_id:
            world.hazards.hit("released_twice")
            world.do(world.core.released, caller.handling_id, ended_by)

    def direct_call(self, agent_id: str, interaction_id: str) -> bool:
        """A call straight to an agent; whether he could take it."""
        world = self.world
        session = world.core.floor.sessions.get(agent_id)
        if session is None or session.offer_id is not None or not session.reachable:
            return False  # the contact would end unanswered, and never reach the distributor
        if session.span is not None and session.span.state in IN_CALL:
            return False
        self._tell(self.scribe.started(interaction_id, world.now))
        return world.do(world.core.direct_connected, agent_id, interaction_id) is not None

    def dial_out(self, agent_id: str) -> None:
        """An agent calls somebody, if he is free to."""
        world = self.world
        session = world.core.floor.sessions.get(agent_id)
        if session is None or session.engaged or not session.reachable:
            return
        if session.span is not None and session.span.state in IN_CALL:
            return
        interaction_id = f"dialled-{world.steps}"
        self._tell(self.scribe.started(interaction_id, world.now, direction="outbound"))
        world.do(world.core.talks.dial, agent_id, interaction_id)
        self.agents[agent_id].dials(interaction_id)
        world.after(world.some(world.plan.temper.talk), self._dialled_ends, session.handling_id, interaction_id)

    def _dialled_ends(self, handling_id: str, interaction_id: str) -> None:
        self.world.do(self.world.core.released, handling_id, "agent")
        self._tell(self.scribe.ended(interaction_id, self.world.now, "customer", "cleared"))

    def _direct_ends(self, connected: Connected) -> None:
        world = self.world
        world.do(world.core.released, connected.handling_id, "customer")
        self._tell(self.scribe.ended(connected.interaction_id, world.now, "customer", "cleared"))

    # -- out of the blue ----------------------------------------------------------------------------------------------

    def mischief(self) -> None:
        world = self.world
        agent = self.agents[world.rng.choice(world.plan.agents)]
        what = pick(world, world.plan.mischief_weights)
        if what == "agent":
            dial = partial(self.dial_out, agent.agent_id)
            deeds = (agent.set_busy, agent.set_idle, agent.lose_device, agent.sign_out, agent.direct_call, dial)
            world.rng.choice(deeds)()
        elif what == "caller":
            world.rng.choice(self.callers).hang_up()
        elif what == "entry":
            self._end_an_entry()
        elif what == "configure":
            self._reconfigure()
        elif what == "leader":
            self.leader.act()

    def _end_an_entry(self) -> None:
        world = self.world
        caller = world.rng.choice(self.callers)
        if world.rng.random() < 0.4:
            self._leaves(caller, world.rng.choice(("callback", "diverted")), "customer")
        elif world.rng.random() < 0.5:
            world.do(world.core.turn_away, caller.entry_id, "flushed")
        else:
            world.do(world.core.fail, caller.entry_id, "media_lost")

    def _leaves(self, caller: Caller, outcome: str, by: str) -> None:
        """For something else than an agent; in vain once one has answered."""
        world = self.world
        if caller.where is not Where.QUEUED:
            return
        world.hazards.touch(caller.entry_id, "leave", world.now)
        world.hazards.hit(f"left_for_{outcome}")
        world.do(world.core.leave, caller.entry_id, outcome, f"{outcome}:x", by=by)

    def on_overflow(self, overflow: Overflow) -> None:
        """A rule has him: he is sent away, or told something and waits on."""
        if self.world.rng.random() < 0.7:
            caller = self._by_entry[overflow.entry_id]
            self._leaves(caller, self.world.rng.choice(("overflowed", "diverted")), "system")

    def _reconfigure(self) -> None:
        """Takes a queue or an agent out, or puts all back."""
        world = self.world
        rules, full = world.rules, world.plan.rules
        what = world.rng.choice(("queue", "agent", "back"))
        if what == "queue" and len(rules.queues) > 1:
            gone = world.rng.choice(sorted(rules.queues))
            queues = {q: queue for q, queue in rules.queues.items() if q != gone}
            agents = {a: _without(profile, gone) for a, profile in rules.agents.items()}
            if world.watch.waiting.get(gone):
                world.hazards.hit("queue_taken_out_while_somebody_waits")
            world.configure(replace(rules, queues=queues, agents=agents))
        elif what == "agent" and len(rules.agents) > 1:
            gone = world.rng.choice(sorted(rules.agents))
            seen = world.watch.agents.get(gone)
            if seen is not None:
                world.hazards.hit(f"agent_taken_out_while_{seen.state}")
            agents = {a: profile for a, profile in rules.agents.items() if a != gone}
            world.configure(replace(rules, agents=agents))
        else:
            world.configure(full)
            for agent in self.agents.values():
                world.after(world.some(world.plan.temper.away), agent.sign_in)

    def _tell(self, events: list[Event]) -> None:
        for event in events:
            self.world.tell(event)


def _without(profile: AgentProfile, queue_id: str) -> AgentProfile:
    return replace(profile, queues=tuple(q for q in profile.queues if q != queue_id))
