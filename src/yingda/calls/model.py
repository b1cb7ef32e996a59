"""A call and its legs, as plain state (msgspec structs, so that `to_state` is one line).

A customer's leg goes arriving → answering → up; an agent's leg preparing → inviting → ringing → joining → up. Each
ends in `ending` (waiting for media's statistics) and is then gone. LEGAL alone says what may follow what.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from yingda.media.protocol import RemoteMedia


class LegState(StrEnum):
    ARRIVING = "arriving"  # customer: INVITE in, media opens ports
    ANSWERING = "answering"  # customer: 200 sent, ACK awaited
    PREPARING = "preparing"  # agent: media opens ports
    INVITING = "inviting"  # agent: INVITE sent
    RINGING = "ringing"  # agent: the device rings
    JOINING = "joining"  # agent: 200 received, sound being joined
    UP = "up"
    ENDING = "ending"


LEGAL: dict[LegState, frozenset[LegState]] = {
    LegState.ARRIVING: frozenset({LegState.ANSWERING, LegState.ENDING}),
    LegState.ANSWERING: frozenset({LegState.UP, LegState.ENDING}),
    LegState.PREPARING: frozenset({LegState.INVITING, LegState.ENDING}),
    LegState.INVITING: frozenset({LegState.RINGING, LegState.JOINING, LegState.ENDING}),
    LegState.RINGING: frozenset({LegState.JOINING, LegState.ENDING}),
    LegState.JOINING: frozenset({LegState.UP, LegState.ENDING}),
    LegState.UP: frozenset({LegState.ENDING}),
    LegState.ENDING: frozenset(),
}


class Leg(msgspec.Struct, kw_only=True):
    """One party's channel. `ended_by` and `code` are set once, when the ending begins."""

    leg_id: str
    interaction_id: str
    role: str
    device: str
    direction: str
    state: LegState
    trunk_id: str | None = None
    offer_id: str | None = None
    token: int = 0
    remote: RemoteMedia | None = None
    alive: bool = False
    ended_by: str = ""
    code: int = 0

    def facts(self) -> dict[str, str]:
        """What `leg.created`, `.alerting` and `.answered` say of it."""
        facts = {"leg_id": self.leg_id, "role": self.role, "device": self.device, "direction": self.direction}
        return facts | {"trunk_id": self.trunk_id} if self.trunk_id else facts

    def move(self, to: LegState) -> None:
        """The one setter of `state`; an illegal step is a fault of ours and says so."""
        if to not in LEGAL[self.state]:
            raise ValueError(f"a leg cannot go from {self.state} to {to}")
        self.state = to


class Phase(StrEnum):
    """Where the contact stands, as screens show it."""

    ARRIVING = "arriving"
    GREETING = "greeting"
    WAITING = "waiting"
    TALKING = "talking"
    ENDING = "ending"


class Recording(msgspec.Struct, kw_only=True):
    """A handling's recording; `running` from the request to the recorder until its last word.

    begun: the books have its beginning.
    """

    recording_id: str
    handling_id: str
    running: bool = True
    begun: bool = False


class Call(msgspec.Struct, kw_only=True):
    """A voice contact: one customer leg, and the agent legs that ring or talk."""

    interaction_id: str
    tenant: str
    customer: str  # leg id
    called: str
    caller: str | None
    flow_id: str
    queue_id: str
    phase: Phase = Phase.ARRIVING
    run_id: str | None = None
    entry_id: str | None = None
    play_id: str | None = None
    flow_limit_at: int | None = None
    test: bool = False
    agent_legs: dict[str, str] = {}  # offer id → leg id
    handling_id: str | None = None
    agent_leg: str | None = None  # the leg that talks
    recording: Recording | None = None
    on_hold: bool = False
    ended_by: str = ""
    code: int = 0


class Joining(msgspec.Struct, kw_only=True):
    """An agent's leg whose sound is being joined: bridged by media, then heard, or `until` passed."""

    leg_id: str
    bridged: bool = False
    until: int = 0
