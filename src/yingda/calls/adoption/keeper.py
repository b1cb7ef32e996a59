"""Writes down what another plane would need, a moment after it has changed.

    contact       seen as                                       written
    unknown,      nothing is under way in it (`steady`)         its record
     loose, kept
    kept          something is under way again                  loose: its record tells only whom to say good-bye
    any           gone                                          gone

An agent's record follows each of his states in which he may stay for long. What happens between a change and its
writing is on the ledger, and the judge sees by its numbers that the record is too old.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Final

from yingda.calls.adoption.records import Contact, Seat, encode, engaged
from yingda.calls.model import Call, LegState, Phase, Waits
from yingda.calls.signalling import Signalling
from yingda.calls.switch import Switch
from yingda.routing.entry import EntryState
from yingda.sip.endpoint import Endpoint

Key = tuple[str, str]
GONE: Final = b""
LOOSE: Final = b"loose"
Write = Callable[[Mapping[str, bytes]], None]
"""Lines by id of contact or agent: a record, `GONE` or `LOOSE`."""

CALM: Final = frozenset({Phase.TALKING, Phase.WAITING, Phase.PARKED})
"""Phases in which a contact may stay for long."""
CALM_WAITS: Final = frozenset({Waits.ROUND, Waits.MUSIC})


class Not(Enum):
    """Why a contact has no record now."""

    CALM = "calm"  # it will be looked at when it changes
    YET = "yet"  # media or the wire has a last word to say, which changes nothing else


class Keeper:
    """last_n: number of the ledger's last event, of this writer."""

    def __init__(
        self, switch: Switch, signalling: Signalling, endpoint: Endpoint, last_n: Callable[[], int], write: Write
    ) -> None:
        self._switch, self._signalling, self._endpoint = switch, signalling, endpoint
        self._last_n, self._write = last_n, write
        self._changed: set[Key] = set()
        self._soon: set[str] = set()  # contacts to be looked at again
        self._kept: set[str] = set()  # contacts whose record is true
        self._known: set[str] = set()  # contacts and agents of whom there is a record

    def follow(self, keys: Iterable[Key]) -> None:
        """(calls or agents, id) of what has changed."""
        self._changed.update(keys)

    def write(self) -> None:
        """Write down what has changed, all of it at once. Between inputs only."""
        contacts = self._contacts_changed()
        agents = {ident for kind, ident in self._changed if kind == "agents"}
        self._changed.clear()
        lines: dict[str, bytes] = {}
        for interaction_id in contacts:
            self._look_at(interaction_id, lines)
        for agent_id in agents:
            self._look_at_agent(agent_id, lines)
        if lines:
            self._write(lines)

    def _contacts_changed(self) -> set[str]:
        contacts, self._soon = self._soon | {ident for kind, ident in self._changed if kind == "calls"}, set()
        legs = self._switch.table.legs
        for key in self._endpoint.stirred():
            leg = legs.get(self._signalling.leg_at(key) or "")
            if leg is not None:
                contacts.add(leg.interaction_id)
        return contacts

    def _look_at(self, interaction_id: str, lines: dict[str, bytes]) -> None:
        call = self._switch.table.calls.get(interaction_id)
        record = self._contact(call) if call is not None else Not.CALM
        if isinstance(record, Contact):
            lines[interaction_id] = encode(record)
            self._known.add(interaction_id)
            self._kept.add(interaction_id)
            return
        if record is Not.YET:
            self._soon.add(interaction_id)
        if call is None and interaction_id in self._known:
            lines[interaction_id] = GONE
            self._known.discard(interaction_id)
            self._kept.discard(interaction_id)
        elif interaction_id in self._kept:
            lines[interaction_id] = LOOSE
            self._kept.discard(interaction_id)

    def _look_at_agent(self, agent_id: str, lines: dict[str, bytes]) -> None:
        floor = self._switch.distributor.floor
        session = floor.sessions.get(agent_id)
        if session is not None and (engaged(session) or self._signalling.nailed.holds(session.device)):
            return  # the ledger shows that his record is too old
        if session is not None:
            handling = floor.handlings.get(session.handling_id or "")
            lines[agent_id] = encode(Seat(n=self._last_n(), session=session, handling=handling))
            self._known.add(agent_id)
        elif agent_id in self._known:
            lines[agent_id] = GONE
            self._known.discard(agent_id)

    def _contact(self, call: Call) -> Contact | Not:
        table = self._switch.table
        legs = table.legs_of(call)
        entry = self._switch.distributor.floor.entries.get(call.entry_id or "")
        if not _calm(call) or any(leg.state is not LegState.UP or leg.asked for leg in legs):
            return Not.CALM
        if (call.phase is Phase.WAITING) != (entry is not None and entry.state is EntryState.WAITING):
            return Not.CALM
        lines = [line for leg in legs if (line := self._signalling.line_of(leg.leg_id)) is not None]
        if len(lines) < len(legs):
            return Not.CALM
        dialogs = [kept for line in lines if not line.awaited and (kept := self._endpoint.keep(line.key)) is not None]
        if len(dialogs) < len(legs) or table.awaits(call):
            return Not.YET
        held = ((leg.leg_id, table.channels.held(leg.leg_id)) for leg in legs)
        channels = {leg_id: channel for leg_id, channel in held if channel is not None}
        return Contact(
            n=self._last_n(), call=call, legs=legs, lines=lines, dialogs=dialogs, channels=channels, entry=entry
        )


def _calm(call: Call) -> bool:
    """Only people are in it, or a queue and its music: no flow, no conference room, no message that is being left."""
    if call.phase not in CALM or call.flow is not None or call.meeting:
        return False
    treatment = call.treatment
    return call.phase is not Phase.WAITING or (
        treatment is not None
        and treatment.stage in CALM_WAITS
        and treatment.message is None
        and not (treatment.leaving or treatment.own_way)
    )
