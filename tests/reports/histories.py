"""Random but valid histories: callers, flows, queues, offers of every outcome, overflow, dialling, internal and test
calls, breaks and lost agents. What follows an answer stands in `talks.py`.
"""

from __future__ import annotations

from collections.abc import Generator

from tests.reports import owed, talks
from tests.reports.owed import begin
from tests.reports.talks import Call, Talk
from tests.reports.world import MINUTE, Agent, Script, World
from yingda.kernel.event import Envelope

_FAILED_OFFERS = ("declined", "no_answer", "device_failed", "recalled", "agent_lost", "answered_elsewhere")
_GIVEN_UP = ("abandoned", "abandoned", *["overflowed"] * 3, "callback", "diverted", "turned_away", "failed")


def history(
    seed: int,
    contacts: int = 60,
    agents: int = 4,
    queues: int = 3,
    spread: int = 60 * MINUTE,
    *,
    corrected: bool = False,
) -> list[Envelope]:
    """The events of a seeded world in which `contacts` begin within `spread` µs; everything has ended at the end.

    corrected: some of it is put right afterwards.
    """
    world = World(seed, agents, queues)
    world.emit("plane.started", plane="control", version="1")
    for agent in world.agents:
        world.spawn(_shift(world, agent, world.now + spread), world.seconds(0, 30))
    world.spawn(owed.trunks(world))
    for _ in range(contacts):
        world.spawn(_contact(world), world.rng.randrange(spread))
    world.run()
    if corrected:
        owed.corrections(world)
    return world.events


def _shift(world: World, agent: Agent, until: int) -> Script:
    """Signs in, has breaks, and goes home when he is idle."""
    world.sign_in(agent)
    while True:
        yield world.seconds(60, 900)
        if agent.state != "idle":
            continue
        if world.now > until:
            world.sign_out(agent)
            return
        if world.chance(0.3):
            reason = world.rng.choice((("lunch", "break"), ("meeting", "work")))
            world.state(agent, "busy", reason=reason[0], reason_class=reason[1])
            yield world.seconds(30, 600)
            world.state(agent, "idle")
        elif world.chance(0.2):
            world.sign_out(agent, "leader")
            yield world.seconds(0, 300)
            world.sign_in(agent)


def _contact(world: World) -> Script:
    kind = world.rng.choices(("inbound", "dial", "internal", "chat"), (86, 6, 4, 4))[0]
    if kind == "inbound":
        yield from _inbound(world)
    elif (agent := world.idle()) is not None:
        yield from {"dial": _dial, "internal": _internal, "chat": owed.chat}[kind](world, agent)


def _inbound(world: World) -> Script:
    call = begin(world, "inbound", test=world.chance(0.05))
    if world.chance(0.05):
        talks.end(world, call, world.rng.choice(("customer", "system")))
        return
    if world.chance(0.6):
        left_by = yield from _flow(world, call)
        message = owed.message(world, call) if left_by == "message" else None
        if left_by != "queue":
            talks.end(world, call, "customer" if left_by == "hangup" else "system")
            if message is not None:
                yield from owed.listened_to(world, call, message)
            return
    elif world.chance(0.08):
        yield from _straight_to_agent(world, call)
        return
    yield from _queue(world, call, world.rng.choice(world.queues), "first")


def _flow(world: World, call: Call) -> Generator[int, None, str]:
    run = world.new("run")
    world.emit("flow.entered", call.contact, run_id=run, flow_id="main", version=3, self_service=True)
    node = "greeting"
    world.emit("flow.node_entered", call.contact, run_id=run, node_id=node, by_edge="begin")
    for following in ("menu", "balance", "menu"):
        yield world.seconds(0, 8)
        if world.chance(0.6):
            node = following
            world.emit("flow.node_entered", call.contact, run_id=run, node_id=node, by_edge="next")
    if world.chance(0.3):
        world.emit("flow.goal_reached", call.contact, run_id=run, goal="balance")
        yield world.seconds(0, 5)
    if world.chance(0.3):
        world.emit("flow.person_requested", call.contact, run_id=run)
    left_by = world.rng.choice(("queue",) * 8 + ("done", "hangup", "message", "transfer", "error", "limit"))
    world.emit("flow.left", call.contact, run_id=run, node_id=node, exit=left_by)
    return left_by


def _queue(world: World, call: Call, queue: str, cause: str, before: str | None = None) -> Script:
    """One entry, and what follows from it."""
    entry = world.new("entry")
    call.queued = True
    world.emit(
        "queue.entered",
        call.contact,
        entry_id=entry,
        queue_id=queue,
        cause=cause,
        from_entry_id=before,
        arrived_at=world.now,
        priority=50,
        needs=[],
        target_s=20.0,
        short_s=5.0,
    )
    patience = world.now + world.rng.choice((world.seconds(0, 8), world.seconds(5, 120)))
    while world.now < patience:
        yield min(world.seconds(0, 4), patience - world.now)
        if world.chance(0.2):
            told = {"position": 1, "estimate_s": float(world.rng.randrange(60)), "estimator": "mean"}
            world.emit("queue.announced", call.contact, entry_id=entry, **told)
        if (agent := world.idle()) is not None:
            outcome, talk = yield from _offer(world, call, entry, queue, agent)
            if outcome == "customer_left":
                return
            if talk is not None:
                yield from talks.conversation(world, call, talk, _queue)
                return
    yield from _given_up(world, call, entry, queue)


def _offer(
    world: World, call: Call, entry: str, queue: str, agent: Agent
) -> Generator[int, None, tuple[str, Talk | None]]:
    offer = world.new("offer")
    named = {"entry_id": entry, "agent_id": agent.name, "queue_id": queue, "device": "desk", "ring_limit_s": 20.0}
    world.emit("offer.made", call.contact, offer_id=offer, decision={}, **named)
    world.state(agent, "ringing", offer_id=offer)
    yield world.seconds(0, 2)
    if world.chance(0.9):
        world.emit("offer.alerting", call.contact, offer_id=offer, decision={}, **named)
    yield world.seconds(0, 12)
    outcome = world.rng.choice(("accepted",) * 8 + ("customer_left",) + _FAILED_OFFERS)
    world.emit("offer.ended", call.contact, offer_id=offer, outcome=outcome)
    if outcome == "accepted":
        return outcome, _answered(world, call, entry, queue, agent)
    if outcome == "customer_left":
        world.emit("queue.left", call.contact, entry_id=entry, outcome="abandoned")
        world.state(agent, "idle")
        talks.end(world, call, "customer")
    elif outcome == "agent_lost":
        world.state(agent, "unreachable")
        world.spawn(talks.back_to_idle(world, agent), world.seconds(1, 60))
    else:
        world.state(agent, "idle")
    return outcome, None


def _answered(world: World, call: Call, entry: str, queue: str, agent: Agent) -> Talk:
    """The joint append of an answer."""
    talk = talks.begin(world, call, agent, "offer", queue_id=queue, entry_id=entry)
    served = queue if world.chance(0.9) else world.rng.choice(world.queues)
    named = {"served_queue_id": served, "handling_id": talk.handling}
    world.emit("queue.left", call.contact, entry_id=entry, outcome="answered", **named)
    world.state(agent, "talking", handling_id=talk.handling)
    return talk


def _given_up(world: World, call: Call, entry: str, queue: str) -> Script:
    outcome = world.rng.choice(_GIVEN_UP)
    if outcome != "overflowed":
        world.emit("queue.left", call.contact, entry_id=entry, outcome=outcome)
        if outcome == "callback":
            world.spawn(owed.call_back(world, call, f"party-{world.rng.randrange(40)}", entry, queue))
        talks.end(world, call, "customer" if outcome == "abandoned" else "system")
        return
    if world.chance(0.3):
        world.emit("queue.left", call.contact, entry_id=entry, outcome=outcome, to="number:outside")
        talks.end(world, call, "system")
        return
    other = world.rng.choice([name for name in world.queues if name != queue])
    world.emit("queue.left", call.contact, entry_id=entry, outcome=outcome, to=f"queue:{other}")
    yield from _queue(world, call, other, world.rng.choice(("overflow", "moved")), entry)


def _straight_to_agent(world: World, call: Call) -> Script:
    agent = world.idle()
    if agent is None:
        talks.end(world, call, "system", "error")
        return
    talk = talks.begin(world, call, agent, "direct", connect=False)
    if world.chance(0.3):
        yield world.seconds(1, 10)
        world.emit("handling.released", call.contact, handling_id=talk.handling, ended_by="customer")
        talks.end(world, call, "customer")
        return
    world.emit("handling.connected", call.contact, handling_id=talk.handling)
    world.state(agent, "talking", handling_id=talk.handling)
    yield from talks.conversation(world, call, talk, _queue)


def _dial(world: World, agent: Agent) -> Script:
    call = begin(world, "outbound")
    talk = talks.begin(world, call, agent, "dial", connect=False)
    world.state(agent, "dialling", handling_id=talk.handling)
    yield world.seconds(1, 20)
    if world.chance(0.3):
        world.emit("handling.released", call.contact, handling_id=talk.handling, ended_by="carrier")
        world.state(agent, "idle")
        talks.end(world, call, "carrier")
        return
    world.emit("handling.connected", call.contact, handling_id=talk.handling)
    world.state(agent, "talking", handling_id=talk.handling)
    yield from talks.conversation(world, call, talk, _queue)


def _internal(world: World, agent: Agent) -> Script:
    call = begin(world, "internal")
    talk = talks.begin(world, call, agent, "internal")
    world.state(agent, "internal", handling_id=talk.handling)
    yield world.seconds(1, 60)
    world.emit("handling.released", call.contact, handling_id=talk.handling, ended_by="agent")
    world.state(agent, "idle")
    talks.end(world, call, "agent")
