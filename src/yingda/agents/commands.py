"""The desk's commands as they cross the bus: a name, a body of plain data, a result or a refusal.

Who may do what is decided before (the web plane's permissions); here a command is only made sense of.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from yingda.agents.desk import Desk
from yingda.agents.handset import To
from yingda.calls.effects import Effect
from yingda.calls.phone_texts import SeatText
from yingda.kernel.errors import YingdaError

T = TypeVar("T")


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every desk command names. by: who gave it (agent:ID, user:ID)."""

    agent_id: str
    by: str = "system"

    @property
    def released_by(self) -> str:
        """agent if he did it himself, else leader."""
        return "agent" if self.by == f"agent:{self.agent_id}" else "leader"


class Since(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a copy of the board stands."""

    epoch: str
    seq: int


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the asker has of the board; None: nothing."""

    since: Since | None = None


class RaiseAlarm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another plane's alarm: one of each key, its kind or `kind:id` for one of many; None takes it back."""

    key: Annotated[str, msgspec.Meta(pattern="^[a-z_]{1,40}(:[0-9A-Za-z-]{1,64})?$")]
    sentence: Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)] | None


class Notices(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the web plane has to tell users through the live documents: `messages`, by user id."""

    docs: dict[Annotated[str, msgspec.Meta(max_length=64)], dict[str, Any]]


class Written(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message that a user wrote to others (ids), for their phones. name: as they know him."""

    message_id: str
    users: list[Annotated[str, msgspec.Meta(max_length=64)]]
    user_id: str
    username: str
    name: str
    text: str
    urgent: bool = False


class SignIn(Body, frozen=True, kw_only=True):
    extension: str
    ready: bool = True


class Busy(Body, frozen=True, kw_only=True):
    reason: str


class Where(Body, frozen=True, kw_only=True):
    """Whom a call goes to."""

    to: To


class Send(Body, frozen=True, kw_only=True):
    """Into a flow, by its name. back: the agent waits until it is over."""

    flow: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    back: bool = False


class Entry(Body, frozen=True, kw_only=True):
    """A caller who waits."""

    entry_id: str


class Slot(Body, frozen=True, kw_only=True):
    slot: Annotated[str, msgspec.Meta(pattern="^[0-9]{1,3}$")]


class Digits(Body, frozen=True, kw_only=True):
    digits: Annotated[str, msgspec.Meta(pattern="^[0-9*#A-D]{1,32}$")]


class Watch(Body, frozen=True, kw_only=True):
    """A leader in an agent's call. leader_id: the agent he is himself."""

    leader_id: str
    mode: Literal["listen", "whisper", "barge", "take_over"]


class AskHelp(Body, frozen=True, kw_only=True):
    reason: Literal["unsure", "upset", "demands_leader", "emergency", "other"]
    text: Annotated[str, msgspec.Meta(max_length=200)] = ""


class AnswerHelp(Body, frozen=True, kw_only=True):
    """Taking over and the like are answers by themselves."""

    how: Literal["message", "coming"]
    said: Annotated[str, msgspec.Meta(max_length=200)] = ""


class Extend(Body, frozen=True, kw_only=True):
    seconds: float


class Dispose(Body, frozen=True, kw_only=True):
    handling_id: str
    codes: list[str] = []
    resolved: bool | None = None


Handler = Callable[[Desk, Any, int], list[Effect]]

COMMANDS: dict[str, tuple[type[Body], Handler]] = {
    "desk.sign_in": (SignIn, lambda desk, b, now: desk.sign_in(b.agent_id, b.extension, now, ready=b.ready)),
    "desk.sign_out": (
        Body,
        lambda desk, b, now: desk.sign_out(b.agent_id, "self" if b.released_by == "agent" else "leader", now),
    ),
    "desk.idle": (Body, lambda desk, b, now: desk.set_idle(b.agent_id, now)),
    "desk.busy": (Busy, lambda desk, b, now: desk.set_busy(b.agent_id, b.reason, now)),
    "desk.accept": (Body, lambda desk, b, now: desk.accept(b.agent_id, now)),
    "desk.decline": (Body, lambda desk, b, now: desk.decline(b.agent_id, now)),
    "desk.hang_up": (Body, lambda desk, b, now: desk.hang_up(b.agent_id, now, b.released_by)),
    "desk.hold": (Body, lambda desk, b, now: desk.hold(b.agent_id, now)),
    "desk.retrieve": (Body, lambda desk, b, now: desk.retrieve(b.agent_id, now)),
    "desk.finish_wrapup": (Body, lambda desk, b, now: desk.finish_wrapup(b.agent_id, now)),
    "desk.extend_wrapup": (Extend, lambda desk, b, now: desk.extend_wrapup(b.agent_id, b.seconds, now)),
    "desk.answer": (Body, lambda desk, b, now: desk.handset.answer(b.agent_id)),
    "desk.dial": (Where, lambda desk, b, now: desk.handset.dial(b.agent_id, b.to, now)),
    "desk.pick_up": (Entry, lambda desk, b, now: desk.handset.pick_up(b.agent_id, b.entry_id, now)),
    "desk.take": (Slot, lambda desk, b, now: desk.handset.take(b.agent_id, b.slot, now)),
    "desk.consult": (Where, lambda desk, b, now: desk.handset.consult(b.agent_id, b.to, now)),
    "desk.swap": (Body, lambda desk, b, now: desk.handset.swap(b.agent_id, now)),
    "desk.cancel_consult": (Body, lambda desk, b, now: desk.handset.cancel_consult(b.agent_id, now)),
    "desk.conference": (Body, lambda desk, b, now: desk.handset.conference(b.agent_id, now)),
    "desk.complete": (Body, lambda desk, b, now: desk.handset.complete(b.agent_id, now)),
    "desk.transfer": (Where, lambda desk, b, now: desk.handset.transfer(b.agent_id, b.to, now)),
    "desk.send": (Send, lambda desk, b, now: desk.handset.send(b.agent_id, b.flow, now, back=b.back)),
    "desk.survey": (Body, lambda desk, b, now: desk.handset.survey(b.agent_id, now)),
    "desk.park": (Body, lambda desk, b, now: desk.handset.park(b.agent_id, now)),
    "desk.mute": (Body, lambda desk, b, now: desk.handset.mute(b.agent_id, muted=True)),
    "desk.unmute": (Body, lambda desk, b, now: desk.handset.mute(b.agent_id, muted=False)),
    "desk.digits": (Digits, lambda desk, b, now: desk.handset.digits(b.agent_id, b.digits, now)),
    "desk.announce": (Body, lambda desk, b, now: desk.handset.announce(b.agent_id, now)),
    "desk.pause_recording": (Body, lambda desk, b, now: desk.handset.record(b.agent_id, now, paused=True)),
    "desk.resume_recording": (Body, lambda desk, b, now: desk.handset.record(b.agent_id, now, paused=False)),
    "floor.supervise": (
        Watch,
        lambda desk, b, now: desk.leading.supervise(b.leader_id, b.agent_id, b.mode, now),
    ),
    "desk.help": (AskHelp, lambda desk, b, now: list(desk.helping.ask(b.agent_id, b.reason, b.text, now))),
    "desk.cancel_help": (Body, lambda desk, b, now: list(desk.helping.cancel(b.agent_id, now))),
    "floor.see_help": (Body, lambda desk, b, now: list(desk.helping.see(b.agent_id, b.by, now))),
    "floor.answer_help": (
        AnswerHelp,
        lambda desk, b, now: list(desk.helping.answer(b.agent_id, b.by, b.how, now, b.said)),
    ),
    "floor.stop": (Body, lambda desk, b, now: desk.leading.stop(b.agent_id, now)),
    "floor.release": (Body, lambda desk, b, now: desk.leading.release(b.agent_id, now)),
    "desk.dispose": (
        Dispose,
        lambda desk, b, now: desk.dispose(b.agent_id, b.handling_id, b.codes, b.resolved, now),
    ),
}


def read(kind: type[T], body: object) -> T:
    """A command's body, or a refusal that names the field."""
    try:
        return msgspec.convert(body, kind)
    except msgspec.ValidationError as error:
        raise YingdaError("bad_command", f"The command cannot be read: {error}.") from error


def run(desk: Desk, method: str, body: object, now: int) -> tuple[str, list[Effect]]:
    """Carry out a desk command: the agent it was about, and the effects."""
    kind, handler = COMMANDS[method]
    command = read(kind, body)
    return command.agent_id, handler(desk, command, now)


def seat_text(desk: Desk, written: Written) -> SeatText:
    """What their phones show of a message. An agent is answered by his agent ID; nobody else's phone takes texts."""
    writer = desk.agent_of(written.user_id)
    readers = (desk.agent_of(user_id) for user_id in written.users)
    return SeatText(
        message_id=written.message_id,
        readers=tuple(agent.id for agent in readers if agent is not None),
        text=written.text,
        sender=writer.number if writer is not None else written.username,
        name=written.name,
        from_agent=writer.id if writer is not None else None,
        urgent=written.urgent,
        by=f"agent:{writer.id}" if writer is not None else f"user:{written.user_id}",
    )
