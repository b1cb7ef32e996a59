"""More of what happens in a history: call-backs that are owed, chats, refused trunks, and corrections afterwards."""

from __future__ import annotations

from collections.abc import Generator

from tests.reports import talks
from tests.reports.talks import Call
from tests.reports.world import MINUTE, Agent, Script, World

TRUNK = "trunk-1"
_UNTRIED = ("superseded", "cancelled_by_customer", "cancelled_by_staff", "expired")
_FAILED = ("busy", "no_answer", "rejected", "invalid")


def trunks(world: World) -> Script:
    """A trunk that has room, and carriers' calls that find none now and then."""
    world.emit("trunk.state_changed", trunk_id=TRUNK, from_="down", to="up", channels=500)
    for _ in range(12):
        yield world.seconds(1, 400)
        cause = world.rng.choice(("no_channel", "limit", "down", "carrier"))
        direction = world.rng.choice(("inbound", "outbound"))
        world.emit("trunk.refused", trunk_id=TRUNK, direction=direction, cause=cause, party_ref="party-0")


def call_back(world: World, call: Call, party: str, entry: str, queue: str) -> Script:
    """What a caller was promised who took a call-back: not always kept, not always in time."""
    callback = world.new("callback")
    promised = {"source": "queue", "entry_id": entry, "window": {}, "promised_by": world.now + 10 * MINUTE}
    world.emit("callback.requested", call.contact, callback_id=callback, **promised)
    yield world.seconds(10, 900)
    if world.chance(0.3):
        world.emit("callback.closed", call.contact, callback_id=callback, result=world.rng.choice(_UNTRIED))
        return
    for attempt in (1, 2):
        while (agent := world.idle()) is None:
            if world.closed():  # everybody has gone home
                left = "expired" if attempt == 1 else "exhausted"
                world.emit("callback.closed", call.contact, callback_id=callback, result=left)
                return
            yield world.seconds(5, 30)
        world.emit("callback.attempt_started", call.contact, callback_id=callback, attempt=attempt)
        result = yield from _attempt(world, agent, party, queue)
        world.emit("callback.attempt_ended", call.contact, callback_id=callback, attempt=attempt, result=result)
        if result == "connected":
            world.emit("callback.closed", call.contact, callback_id=callback, result="reached")
            return
        yield world.seconds(10, 300)
    world.emit("callback.closed", call.contact, callback_id=callback, result="exhausted")


def message(world: World, call: Call) -> str:
    """He leaves one; a text besides, which is none of those that are listened to."""
    name = world.new("message")
    spoken = {"recorded_at": world.now, "duration_ms": 4_200, "checksum": "0" * 64, "queue_id": world.queues[0]}
    world.emit("message.received", call.contact, message_id=name, medium="voice", author="customer", **spoken)
    text = {"message_id": world.new("message"), "medium": "chat", "author": "customer"}
    world.emit("message.received", call.contact, **text)
    return name


def listened_to(world: World, call: Call, name: str) -> Script:
    """Afterwards: heard twice, cleared twice, or neither."""
    for kind in ("message.heard", "message.heard", "message.cleared", "message.cleared")[: len(name) % 5]:
        yield world.seconds(1, 60)
        world.emit(kind, call.contact, message_id=name)


def _attempt(world: World, agent: Agent, party: str, queue: str) -> Generator[int, None, str]:
    """An entry of the call-back's own: answered when the agent takes it, whether or not the customer is reached."""
    call = begin(world, "outbound", medium="callback", party=party)
    entry = enter(world, call, queue, "callback")
    talk = talks.begin(world, call, agent, "offer", connect=False, queue_id=queue, entry_id=entry)
    taken = {"outcome": "answered", "served_queue_id": queue, "handling_id": talk.handling}
    world.emit("queue.left", call.contact, entry_id=entry, **taken)
    world.state(agent, "dialling", handling_id=talk.handling)
    yield world.seconds(1, 20)
    if world.chance(0.4):
        world.emit("handling.released", call.contact, handling_id=talk.handling, ended_by="carrier")
        world.state(agent, "idle")
        talks.end(world, call, "carrier")
        return world.rng.choice(_FAILED)
    world.emit("handling.connected", call.contact, handling_id=talk.handling)
    world.state(agent, "talking", handling_id=talk.handling)
    yield from talks.conversation(world, call, talk, _nowhere)
    return "connected"


def _nowhere(world: World, call: Call, queue: str, cause: str) -> Script:
    """A transferred call-back finds nobody in the other queue."""
    entry = enter(world, call, queue, cause)
    yield world.seconds(1, 10)
    world.emit("queue.left", call.contact, entry_id=entry, outcome="abandoned")
    talks.end(world, call, "customer")


def chat(world: World, agent: Agent) -> Script:
    """A digital item: it takes the agent's state but not his voice times."""
    call = begin(world, "inbound", medium="chat")
    entry = enter(world, call, world.queues[0], "first")
    talk = talks.begin(world, call, agent, "offer", queue_id=world.queues[0], entry_id=entry)
    taken = {"outcome": "answered", "served_queue_id": world.queues[0], "handling_id": talk.handling}
    world.emit("queue.left", call.contact, entry_id=entry, **taken)
    world.state(agent, "serving", handling_id=talk.handling)
    yield world.seconds(10, 120)
    world.emit("handling.released", call.contact, handling_id=talk.handling, ended_by="customer")
    over = {"ended_how": "agent", "extended_ms": 0}
    world.emit("handling.wrapup_ended", call.contact, handling_id=talk.handling, **over)
    world.state(agent, "idle")
    talks.end(world, call, "customer")


def enter(world: World, call: Call, queue: str, cause: str) -> str:
    entry = world.new("entry")
    target = {"arrived_at": world.now, "priority": 50, "needs": [], "target_s": 20.0, "short_s": 5.0}
    world.emit("queue.entered", call.contact, entry_id=entry, queue_id=queue, cause=cause, **target)
    return entry


def begin(
    world: World,
    direction: str,
    *,
    test: bool = False,
    medium: str = "voice",
    party: str | None = None,
    withheld: bool = False,
) -> Call:
    call = Call(world.new("contact"), world.new("leg"), direction)
    world.emit(
        "interaction.started",
        call.contact,
        medium=medium,
        direction=direction,
        party_ref=party or f"party-{world.rng.randrange(40)}",
        withheld=withheld,
        dialled="4001",
        test=test,
    )
    trunk = TRUNK if direction != "internal" and medium != "chat" else None
    leg = {"leg_id": call.leg, "role": "customer", "device": "trunk", "direction": direction, "trunk_id": trunk}
    world.emit("leg.created", call.contact, **leg)
    world.emit("leg.answered", call.contact, **leg)
    return call


def corrections(world: World) -> None:
    """When all is over: some contacts prove to have been tests, some tests none; codes and types are put right."""
    begun = [event for event in world.events if event.kind == "interaction.started"]
    for event in world.rng.sample(begun, len(begun) // 8):
        after = not event.data["test"]
        correct(world, event.seq, "test", not after, after, contact=event.interaction_id)
    disposed = [event for event in world.events if event.kind == "handling.disposed"]
    for event in disposed[:5]:
        handling = event.data["handling_id"]
        named = {"contact": event.interaction_id, "handling_id": handling}
        correct(world, event.seq, "codes", event.data["codes"], ["corrected"], **named)
        correct(world, event.seq, "resolved", True, False, **named)
    correct(world, begun[0].seq, "call_type", None, "after-sales", contact=begun[0].interaction_id)


def correct(
    world: World, target: int, field: str, before: object, after: object, contact: str | None, **named: str
) -> None:
    world.events.append(
        world.envelope(
            "correction.made",
            contact,
            {"target_seq": target, "field": field, "before": before, "after": after, "reason": "wrong", **named},
        )
    )
