"""The switch's state, and the primitives its parts share: calls, legs, what media was asked, what goes out."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Protocol

import msgspec

from yingda.calls.effects import Alarm, Effect, EndCall, MediaRequest
from yingda.calls.model import Call, Joining, Leg, LegState, Phase
from yingda.calls.numbering import NumberPlan
from yingda.calls.treatment import WaitingSounds
from yingda.calls.trunks.channels import Channels
from yingda.kernel.event import DEFAULT_TENANT, Event
from yingda.kernel.ids import IdSource
from yingda.media.protocol import AnyCommand, DestroyLeg
from yingda.routing.effects import Append


class Purpose(StrEnum):
    """Why media was asked: decides who gets the result."""

    CREATE = "create"
    CONNECT = "connect"
    BRIDGE = "bridge"
    PLAY = "play"
    RECORD = "record"
    STOP_RECORDING = "stop_recording"
    DESTROY = "destroy"
    MESSAGE = "message"
    WORDS = "words"  # for a caller whose trunk is full
    TIDY = "tidy"  # nobody waits for the result


class Asked(msgspec.Struct, frozen=True):
    purpose: Purpose
    leg_id: str
    interaction_id: str
    ref: str = ""


class Sounds(Protocol):
    """Where the files of prompts lie, as player items (`file:PATH`)."""

    def greeting(self, flow_id: str) -> list[str]: ...

    def music(self, queue_id: str) -> list[str]: ...

    def held(self, queue_id: str) -> list[str]:
        """What a party on hold hears, to be repeated: music, and between it the words that ask him to stay."""
        ...

    def waiting(self, queue_id: str) -> WaitingSounds: ...

    def trunk_full(self, trunk_id: str) -> list[str]:
        """What callers hear for whom this trunk has no channel left; nothing where they are just refused."""
        ...

    def agent_number(self, number: str) -> list[str]:
        """What tells a caller that agent 1023 is at his service, as player items; nothing if it cannot be said."""
        ...

    def queue_name(self, queue_id: str) -> list[str]:
        """What tells an agent which queue his caller comes from; nothing if it cannot be said."""
        ...

    def meeting(self, room_id: str) -> Mapping[str, list[str]]:
        """What is said in a conference room, by word (`meetings.model.WORDS`), and its music; nothing where it could
        not be made."""
        ...

    def take_by_key(self) -> list[str]:
        """What asks who answered a mobile for the key that takes the call; nothing if it cannot be said."""
        ...


class Devices(Protocol):
    """What the registrar knows of the agents' devices."""

    def media_kind(self, extension: str) -> str | None:
        """rtp, webrtc, or None while the device is not registered."""
        ...

    def answers_by_key(self, extension: str) -> bool:
        """Whether the desk can make the device answer what rings."""
        ...


class Table:
    """All calls of this control plane. One owner: only the switch's parts change it."""

    def __init__(self, ids: IdSource, plan: NumberPlan, sounds: Sounds, devices: Devices) -> None:
        self.ids = ids
        self.plan = plan
        self.sounds = sounds
        self.devices = devices
        self.calls: dict[str, Call] = {}
        self.legs: dict[str, Leg] = {}
        self.joining: dict[str, Joining] = {}
        self.by_entry: dict[str, str] = {}
        self.by_offer: dict[str, str] = {}
        self.by_handling: dict[str, str] = {}
        self.channels = Channels()
        self._asked: dict[int, Asked] = {}
        self._requests = 0
        self._out: list[Effect] = []
        self._touched: dict[str, Call] = {}
        self._changed: set[tuple[str, str]] = set()
        self._wakes: list[tuple[int, str]] = []

    # ---- time -----------------------------------------------------------------------------------------------------

    def wake(self, at: int, interaction_id: str) -> None:
        """Have the call looked at when `at` has come. A wake that is no longer wanted finds nothing to do."""
        heapq.heappush(self._wakes, (at, interaction_id))

    def next_wake(self) -> int | None:
        return self._wakes[0][0] if self._wakes else None

    def due(self, now: int) -> list[Call]:
        """The calls whose time has come, each once."""
        found: dict[str, Call] = {}
        while self._wakes and self._wakes[0][0] <= now:
            _, interaction_id = heapq.heappop(self._wakes)
            if interaction_id in self.calls:
                found[interaction_id] = self.calls[interaction_id]
        return list(found.values())

    def entry_moved(self, entry_id: str, new_entry_id: str, queue_id: str) -> None:
        """The caller waits in another queue now: the same call under another entry."""
        interaction_id = self.by_entry.pop(entry_id, None)
        call = self.calls.get(interaction_id or "")
        if call is not None:
            call.entry_id, call.queue_id = new_entry_id, queue_id
            self.by_entry[new_entry_id] = call.interaction_id

    # ---- going out ------------------------------------------------------------------------------------------------

    def emit(self, effect: Effect) -> None:
        self._out.append(effect)

    def append(self, *events: Event) -> None:
        self._out.append(Append(events))

    def alarm(self, kind: str, sentence: str) -> None:
        self._out.append(Alarm(kind, sentence))

    def ask(self, command: AnyCommand, purpose: Purpose, leg: Leg, ref: str = "") -> None:
        """Send a command to media; the result arrives under its purpose."""
        self._requests += 1
        self._asked[self._requests] = Asked(purpose, leg.leg_id, leg.interaction_id, ref)
        if purpose is Purpose.PLAY:  # that it plays changes nothing, only a refusal would
            command = msgspec.structs.replace(command, unhurried=True)
        self._out.append(MediaRequest(self._requests, command))

    def ask_apart(self, command: AnyCommand, purpose: Purpose, leg_id: str) -> None:
        """The same for a leg that belongs to no call."""
        self._requests += 1
        self._asked[self._requests] = Asked(purpose, leg_id, "")
        self._out.append(MediaRequest(self._requests, command))

    def ask_for_call(self, command: AnyCommand, purpose: Purpose, call: Call) -> None:
        """The same for what concerns several legs of a call."""
        self._requests += 1
        self._asked[self._requests] = Asked(purpose, "", call.interaction_id)
        self._out.append(MediaRequest(self._requests, command))

    def admit(self, number: str, agent_id: str | None) -> None:
        """May it be dialled, and has a trunk a channel for it? Raises what `OutwardPlan.admit` and `Channels.admit`
        do; nothing has changed then."""
        outward = self.plan.outward
        dialled = outward.admit(number, agent_id)
        self.channels.admit(outward.ways(dialled, lambda _: 0))

    def asked(self, request: int) -> Asked | None:
        return self._asked.pop(request, None)

    def awaits(self, call: Call) -> bool:
        """Whether media still owes an answer about this call."""
        return any(asked.interaction_id == call.interaction_id for asked in self._asked.values())

    def opened(self) -> set[str]:
        """Legs that media has opened and that nobody has asked it to end."""
        opening = {asked.leg_id for asked in self._asked.values() if asked.purpose is Purpose.CREATE}
        return {leg.leg_id for leg in self.legs.values() if leg.state is not LegState.ENDING} - opening

    def touch(self, call: Call) -> None:
        """Something of the call changed: sound follows before the effects go out."""
        self._touched[call.interaction_id] = call

    def touched(self) -> list[Call]:
        """What sound has to follow; screens are told of it as well, and of the agents in it."""
        touched, self._touched = list(self._touched.values()), {}
        for call in touched:
            self._changed.add(("calls", call.interaction_id))
            self._changed.update(("agents", leg.agent_id) for leg in self.legs_of(call) if leg.agent_id is not None)
        return touched

    def agent_changed(self, agent_id: str) -> None:
        """Something that his screen shows, and that no event tells."""
        self._changed.add(("agents", agent_id))

    def take_changed(self) -> set[tuple[str, str]]:
        """(calls or agents, id) of what changed since the last time."""
        changed, self._changed = self._changed, set()
        return changed

    def take(self) -> list[Effect]:
        """Everything to be done, in order; the list starts anew."""
        out, self._out = self._out, []
        return out

    # ---- finding --------------------------------------------------------------------------------------------------

    def call_of(self, leg: Leg) -> Call:
        return self.calls[leg.interaction_id]

    def legs_of(self, call: Call) -> list[Leg]:
        """All that media has not let go of yet, in the order they were opened."""
        return [self.legs[leg_id] for leg_id in call.legs]

    def open_legs(self, call: Call) -> list[Leg]:
        """Those that nobody has begun to end."""
        return [leg for leg in self.legs_of(call) if leg.state is not LegState.ENDING]

    def customer_of(self, call: Call) -> Leg | None:
        return self.legs.get(call.customer)

    def leg_of_handling(self, call: Call, handling_id: str) -> Leg | None:
        """The leg of the agent whose handling it is."""
        return next((leg for leg in self.open_legs(call) if leg.handling_id == handling_id), None)

    def leg_of_offer(self, offer_id: str) -> Leg | None:
        return self.legs.get(self.by_offer.get(offer_id, ""))

    def call_of_handling(self, handling_id: str) -> Call | None:
        return self.calls.get(self.by_handling.get(handling_id, ""))

    def call_of_entry(self, entry_id: str) -> Call | None:
        return self.calls.get(self.by_entry.get(entry_id, ""))

    # ---- changing -------------------------------------------------------------------------------------------------

    def add_leg(self, leg: Leg) -> Leg:
        self.legs[leg.leg_id] = leg
        self.calls[leg.interaction_id].legs.append(leg.leg_id)
        return leg

    def move_leg(self, leg: Leg, to: Call) -> None:
        """A leg goes on in another contact; what it heard of those who come along it goes on hearing."""
        before = self.call_of(leg)
        before.legs.remove(leg.leg_id)
        to.legs.append(leg.leg_id)
        leg.interaction_id = to.interaction_id
        kept = [entry for entry in before.heard if set(entry[:2]) <= set(to.legs)]
        before.heard = [entry for entry in before.heard if entry not in kept]
        to.heard += kept
        self.touch(before)
        self.touch(to)

    def end_leg(self, leg: Leg, ended_by: str, code: int, *, clear: bool, elsewhere: bool = False) -> bool:
        """Begin a leg's ending, once: it is over when media has given its figures.

        clear: tell the far end (it did not end the leg itself). elsewhere: somebody else answered.
        """
        if leg.state is LegState.ENDING:
            return False
        leg.move(LegState.ENDING)
        leg.ended_by, leg.code = ended_by, code
        self.touch(self.call_of(leg))
        self.joining.pop(leg.leg_id, None)
        if clear:
            self.emit(EndCall(leg.leg_id, elsewhere, code or self.call_of(leg).code))
        self.ask(DestroyLeg(leg_id=leg.leg_id), Purpose.DESTROY, leg)
        return True

    def event(
        self, kind: str, at: int, call: Call, data: Mapping[str, Any], *, by: str = "system", cause: str | None = None
    ) -> Event:
        """An event of this call."""
        return Event(
            kind=kind,
            at=at,
            by=by,
            interaction_id=call.interaction_id,
            data=data,
            cause=cause or call.interaction_id,
            tenant=call.tenant,
        )

    # ---- state ----------------------------------------------------------------------------------------------------

    def to_state(self) -> dict[str, Any]:
        """Plain data; `restore` of it continues the same calls."""
        return {
            "calls": msgspec.to_builtins(list(self.calls.values())),
            "legs": msgspec.to_builtins(list(self.legs.values())),
            "joining": msgspec.to_builtins(list(self.joining.values())),
            "by_entry": dict(self.by_entry),
            "by_offer": dict(self.by_offer),
            "by_handling": dict(self.by_handling),
            "asked": {str(number): msgspec.to_builtins(asked) for number, asked in self._asked.items()},
            "requests": self._requests,
            "wakes": [[at, interaction_id] for at, interaction_id in sorted(self._wakes)],
        }

    def adopt(self, call: Call, legs: Iterable[Leg], now: int) -> None:
        """Go on with a call of a plane before this one: it is looked at at once, and whenever something is due."""
        self.calls[call.interaction_id] = call
        self.legs.update((leg.leg_id, leg) for leg in legs)
        self.by_handling.update((handling_id, call.interaction_id) for handling_id in call.handlings)
        if call.phase is Phase.WAITING and call.entry_id is not None:
            self.by_entry[call.entry_id] = call.interaction_id
        dues = (call.treatment.due if call.treatment else None, call.moving.until if call.moving else None)
        for due in (now, *dues):
            if due:
                self.wake(due, call.interaction_id)
        self.touch(call)

    def restore(self, state: Mapping[str, Any]) -> None:
        self.calls = {call.interaction_id: call for call in msgspec.convert(state["calls"], list[Call])}
        self.legs = {leg.leg_id: leg for leg in msgspec.convert(state["legs"], list[Leg])}
        self.joining = {item.leg_id: item for item in msgspec.convert(state["joining"], list[Joining])}
        self.by_entry = dict(state["by_entry"])
        self.by_offer = dict(state["by_offer"])
        self.by_handling = dict(state["by_handling"])
        self._asked = {int(number): msgspec.convert(asked, Asked) for number, asked in state["asked"].items()}
        self._requests = state["requests"]
        self._wakes = [(at, interaction_id) for at, interaction_id in state["wakes"]]


def tenant_of(_called: str) -> str:
    """The tenant a called number belongs to; one default tenant for now."""
    return DEFAULT_TENANT
