"""What happens once an agent has a customer: hold, consultation, conference, transfer, wrap-up, recording, the form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.reports.world import Agent, Script, World


@dataclass
class Call:
    """A contact under way."""

    contact: str
    leg: str
    direction: str
    queued: bool = False


@dataclass
class Talk:
    """A handling under way."""

    handling: str
    agent: Agent
    recording: str = ""


Requeue = Callable[[World, Call, str, str], Script]
"""(world, call, queue, cause): the contact enters another queue."""


def end(world: World, call: Call, ended_by: str, reason: str = "bye") -> None:
    quality = {"received": 100, "lost": 1, "mos": 4.25, "one_way": False}
    world.emit("leg.ended", call.contact, leg_id=call.leg, ended_by=ended_by, release_code=16, **quality)
    world.emit("interaction.ended", call.contact, ended_by=ended_by, reason=reason, release_code=200)


def begin(
    world: World,
    call: Call,
    agent: Agent,
    origin: str,
    *,
    role: str = "primary",
    connect: bool = True,
    queue_id: str | None = None,
    entry_id: str | None = None,
    after: str | None = None,
) -> Talk:
    talk = Talk(world.new("handling"), agent)
    world.emit(
        "handling.started",
        call.contact,
        handling_id=talk.handling,
        agent_id=agent.name,
        session_id=agent.session,
        role=role,
        origin=origin,
        queue_id=queue_id,
        entry_id=entry_id,
        after_handling_id=after,
    )
    if connect:
        world.emit("handling.connected", call.contact, handling_id=talk.handling)
    return talk


def conversation(world: World, call: Call, talk: Talk, requeue: Requeue) -> Script:
    """The talk of a connected agent until it ends in a hang-up or a transfer."""
    _record(world, call, talk)
    yield world.seconds(1, 60)
    for _ in range(world.rng.randrange(3)):
        yield from world.rng.choice((_hold, _hold, _swap))(world, call, talk)
    ending = world.rng.random()
    colleague = world.idle()
    if ending < 0.12 and colleague is not None:
        yield from _attended(world, call, talk, colleague, requeue)
    elif ending < 0.24:
        _transferred(world, call, talk, "blind", "queue", "completed")
        _release(world, call, talk, "agent")
        cause = "transfer" if call.queued or call.direction == "outbound" else "first"
        yield from requeue(world, call, world.rng.choice(world.queues), cause)
    else:
        _release(world, call, talk, world.rng.choice(("customer", "agent")))
        if world.chance(0.4):
            yield from _survey(world, call, talk)
        end(world, call, "customer")


def _survey(world: World, call: Call, talk: Talk) -> Script:
    """The customer is asked: he gives a score, other answers, or none."""
    named = {"survey_id": world.new("survey"), "handling_id": talk.handling}
    world.emit("survey.offered", call.contact, **named)
    yield world.seconds(1, 30)
    result = world.rng.choice(("answered", "answered", "declined", "none"))
    answers: dict[str, str | float] = {"score": float(world.rng.randrange(0, 7))} if world.chance(0.8) else {"why": "x"}
    if world.chance(0.5):
        answers["resolved"] = world.rng.choice(("yes", "no", "perhaps"))
    told = {"answers": answers if result == "answered" else {}, "result": result}
    world.emit("survey.ended", call.contact, **named, **told)


def _record(world: World, call: Call, talk: Talk) -> None:
    if world.chance(0.05):
        world.emit("recording.missing", call.contact, handling_id=talk.handling, reason="disk_full")
        return
    talk.recording = world.new("recording")
    world.emit("recording.started", call.contact, recording_id=talk.recording, handling_id=talk.handling)


def _hold(world: World, call: Call, talk: Talk) -> Script:
    world.emit("handling.held", call.contact, handling_id=talk.handling)
    world.state(talk.agent, "holding", handling_id=talk.handling)
    yield world.seconds(0, 30)
    world.emit("handling.retrieved", call.contact, handling_id=talk.handling)
    world.state(talk.agent, "talking", handling_id=talk.handling)
    yield world.seconds(1, 30)


def _consult(world: World, call: Call, talk: Talk, colleague: Agent) -> Talk:
    world.emit("handling.consult_started", call.contact, handling_id=talk.handling, target=colleague.name)
    world.state(talk.agent, "consulting", handling_id=talk.handling)
    helping = begin(world, call, colleague, "consult", role="assisting", after=talk.handling)
    world.state(colleague, "assisting", handling_id=helping.handling)
    return helping


def _swap(world: World, call: Call, talk: Talk) -> Script:
    """A consultation, a word with the customer meanwhile, and back."""
    colleague = world.idle()
    if colleague is None:
        return
    helping = _consult(world, call, talk, colleague)
    yield world.seconds(1, 20)
    if world.chance(0.5):
        world.emit("handling.retrieved", call.contact, handling_id=talk.handling)
        world.state(talk.agent, "talking", handling_id=talk.handling)
        yield world.seconds(1, 20)
        world.emit("handling.held", call.contact, handling_id=talk.handling)
        world.state(talk.agent, "consulting", handling_id=talk.handling)
        yield world.seconds(1, 20)
    world.emit("handling.consult_ended", call.contact, handling_id=talk.handling, result="done")
    world.state(talk.agent, "holding", handling_id=talk.handling)
    world.emit("handling.released", call.contact, handling_id=helping.handling, ended_by="agent")
    world.state(colleague, "idle")
    yield world.seconds(0, 3)
    world.emit("handling.retrieved", call.contact, handling_id=talk.handling)
    world.state(talk.agent, "talking", handling_id=talk.handling)
    yield world.seconds(1, 3)


def _attended(world: World, call: Call, talk: Talk, colleague: Agent, requeue: Requeue) -> Script:
    """The colleague first assists; when the transfer completes he goes on as the primary one, at the same instant."""
    helping = _consult(world, call, talk, colleague)
    yield world.seconds(1, 30)
    _transferred(world, call, talk, "attended", colleague.name, "completed")
    _release(world, call, talk, "agent")
    world.emit("handling.released", call.contact, handling_id=helping.handling, ended_by="agent")
    after = begin(world, call, colleague, "transfer", after=talk.handling)
    world.state(colleague, "talking", handling_id=after.handling)
    yield from conversation(world, call, after, requeue)


def _transferred(world: World, call: Call, talk: Talk, how: str, target: str, result: str) -> None:
    named = {"how": how, "target": target, "result": result}
    world.emit("handling.transferred", call.contact, handling_id=talk.handling, **named)


def _release(world: World, call: Call, talk: Talk, ended_by: str) -> None:
    world.emit("handling.released", call.contact, handling_id=talk.handling, ended_by=ended_by)
    world.state(talk.agent, "wrapup", handling_id=talk.handling)
    if talk.recording:
        named = {"recording_id": talk.recording, "handling_id": talk.handling, "duration_ms": 1, "checksum": "00"}
        world.emit("recording.ended", call.contact, **named)
    world.spawn(_wrapup(world, call, talk))


def _wrapup(world: World, call: Call, talk: Talk) -> Script:
    yield world.seconds(0, 40)
    form = {"codes": ["sale"], "resolved": True, "right_party": True, "converted": False, "value": 0.0}
    if world.chance(0.5):
        world.emit("handling.disposed", call.contact, handling_id=talk.handling, **form)
    extended = 0
    if world.chance(0.2):
        extended = 30_000
        yield world.seconds(0, 30)
    how = world.rng.choice(("agent", "limit"))
    world.emit("handling.wrapup_ended", call.contact, handling_id=talk.handling, ended_how=how, extended_ms=extended)
    world.state(talk.agent, "idle")
    if world.chance(0.1):
        yield world.seconds(1, 600)
        world.emit("handling.disposed", call.contact, handling_id=talk.handling, **{**form, "codes": ["late", "x"]})


def back_to_idle(world: World, agent: Agent) -> Script:
    world.state(agent, "idle")
    yield from ()
