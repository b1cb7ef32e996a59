"""What the distributor asks of the world. Order matters: carry them out as they come.

`Append` comes before the effects it records (the ledger is written before anything is visible).
A token fences every offer: an answer that carries an old one changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from yingda.kernel.event import Event


@dataclass(frozen=True, slots=True)
class Append:
    """These events happened together: one append."""

    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Ring:
    """Present the entry at the agent's device. The ring limit is timed by the distributor itself."""

    offer_id: str
    token: int
    entry_id: str
    interaction_id: str
    agent_id: str
    queue_id: str
    device: str


@dataclass(frozen=True, slots=True)
class StopRinging:
    """Take the offer back from the device. why: the outcome of the offer (metrics.md section 3)."""

    offer_id: str
    token: int
    agent_id: str
    why: str


@dataclass(frozen=True, slots=True)
class Connect:
    """The agent took it: bridge him with the customer, then say `connected` (or `connect_failed`) with the token."""

    offer_id: str
    token: int
    entry_id: str
    interaction_id: str
    agent_id: str


@dataclass(frozen=True, slots=True)
class Connected:
    """The joint append is written: recording and screens may begin."""

    handling_id: str
    entry_id: str
    interaction_id: str
    agent_id: str
    queue_id: str


@dataclass(frozen=True, slots=True)
class EntryClosed:
    """The entry left its queue otherwise than answered. outcome: metrics.md section 5; why: the rule or reason."""

    entry_id: str
    interaction_id: str
    outcome: str
    why: str = ""


Effect = Append | Ring | StopRinging | Connect | Connected | EntryClosed
