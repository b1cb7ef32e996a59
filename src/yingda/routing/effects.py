"""What the distributor asks of the world. Order matters: carry them out as they come.

`Append` comes before the effects it records (the ledger is written before anything is visible).
A token fences every offer: an answer that carries an old one changes nothing.
"""

from __future__ import annotations

import msgspec

from yingda.kernel.event import Event


class Append(msgspec.Struct, frozen=True):
    """These events happened together: one append."""

    events: tuple[Event, ...]


class Ring(msgspec.Struct, frozen=True):
    """Present the entry at the agent's device. The ring limit is timed by the distributor itself.

    auto_answer: the device should answer by itself. medium: of the entry; what is not on the line is shown at the
    desk and rings no device.
    """

    offer_id: str
    token: int
    entry_id: str
    interaction_id: str
    agent_id: str
    queue_id: str
    device: str
    auto_answer: bool = False
    medium: str = "voice"


class StopRinging(msgspec.Struct, frozen=True):
    """Take the offer back from the device. why: the outcome of the offer (metrics.md section 3)."""

    offer_id: str
    token: int
    agent_id: str
    why: str


class Connect(msgspec.Struct, frozen=True):
    """The agent took it: bridge him with the customer, then say `connected` (or `connect_failed`) with the token."""

    offer_id: str
    token: int
    entry_id: str
    interaction_id: str
    agent_id: str


class Connected(msgspec.Struct, frozen=True):
    """The joint append is written: recording and screens may begin."""

    handling_id: str
    entry_id: str
    interaction_id: str
    agent_id: str
    queue_id: str


class Taken(msgspec.Struct, frozen=True):
    """The agent took an entry nobody waits on the line for: it is his. What comes next is for the channel (show the
    chat, dial the customer)."""

    handling_id: str
    entry_id: str
    interaction_id: str
    agent_id: str
    queue_id: str
    medium: str


class ItemReturned(msgspec.Struct, frozen=True):
    """A digital item waits in a queue again, under a new entry. cause: returned, transfer, agent_lost."""

    handling_id: str
    new_entry_id: str
    interaction_id: str
    queue_id: str
    cause: str


class EntryClosed(msgspec.Struct, frozen=True):
    """The entry left its queue otherwise than answered. outcome: metrics.md section 5; why: the rule or reason."""

    entry_id: str
    interaction_id: str
    outcome: str
    why: str = ""


class EntryMoved(msgspec.Struct, frozen=True):
    """The contact waits in another queue now, under another entry; for the caller nothing has changed. rule: why."""

    entry_id: str
    new_entry_id: str
    interaction_id: str
    queue_id: str
    rule: str


class Overflow(msgspec.Struct, frozen=True):
    """A rule of the entry's queue says what is to be done with it now (an announcement, voice mail, a call-back,
    another site); it still waits, until `leave`. site_id: the sister centre that would answer soonest, for rules that
    ask for one."""

    entry_id: str
    interaction_id: str
    queue_id: str
    rule: str
    site_id: str = ""


class BreakOver(msgspec.Struct, frozen=True):
    """An agent has been away for longer than the reason of his being busy allows."""

    agent_id: str
    reason: str


Effect = (
    Append
    | Ring
    | StopRinging
    | Connect
    | Connected
    | Taken
    | ItemReturned
    | EntryClosed
    | EntryMoved
    | Overflow
    | BreakOver
)
