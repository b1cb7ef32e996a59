"""What the ledger says of each contact and each agent, put together from its facts (metrics.md section 3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.call.witness.ledger import Fact, Ledger

OFFLINE = "offline"


@dataclass
class Offer:
    """Times are µs UTC; None: not said."""

    offer_id: str
    agent_id: str
    made: int
    ended: int | None = None
    outcome: str = ""


@dataclass
class Handling:
    handling_id: str
    agent_id: str
    started: int
    connected: int | None = None
    released: int | None = None
    wrapup_ended: int | None = None
    ended_by: str = ""


@dataclass
class Entry:
    entry_id: str
    queue_id: str
    entered: int
    left: int | None = None
    outcome: str = ""
    short_s: float = 0.0
    target_s: float = 0.0


@dataclass
class Recording:
    recording_id: str
    handling_id: str
    duration_ms: int | None = None
    checksum: str = ""
    missing: str = ""


@dataclass
class Contact:
    """A contact as the ledger tells it."""

    interaction_id: str
    started: list[int] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)
    handlings: list[Handling] = field(default_factory=list)
    recordings: list[Recording] = field(default_factory=list)


@dataclass(frozen=True)
class Change:
    """An agent's change of state; from and to "offline" are sign-in and sign-out."""

    at: int
    before: str
    after: str
    session_id: str


@dataclass
class Accounts:
    """contacts: by interaction id. changes: by agent id, in order. faults: what does not fit together in itself."""

    contacts: dict[str, Contact] = field(default_factory=dict)
    changes: dict[str, list[Change]] = field(default_factory=lambda: defaultdict(list))
    sessions: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


class _Reader:
    """Takes facts in, in order. A fact about something that never began is a fault."""

    def __init__(self) -> None:
        self.accounts = Accounts()
        self._entries: dict[str, Entry] = {}
        self._offers: dict[str, Offer] = {}
        self._handlings: dict[str, Handling] = {}
        self._recordings: dict[str, Recording] = {}

    def take(self, fact: Fact) -> None:
        contact = self._contact(fact)
        match fact.kind:
            case "interaction.started":
                contact.started.append(fact.at)
            case "interaction.ended":
                contact.ended.append(fact.at)
            case "queue.entered" | "queue.left":
                self._entry(contact, fact)
            case "offer.made" | "offer.ended":
                self._offer(contact, fact)
            case "handling.started" | "handling.connected" | "handling.released" | "handling.wrapup_ended":
                self._handling(contact, fact)
            case "recording.started" | "recording.ended" | "recording.missing":
                self._recording(contact, fact)
            case "agent.signed_in":
                self.accounts.sessions[fact.data["session_id"]] = fact.data["agent_id"]
            case "agent.state_changed":
                self._change(fact, fact.data["from"], fact.data["to"])
            case "agent.signed_out":
                changes = self.accounts.changes[fact.data["agent_id"]]
                self._change(fact, changes[-1].after if changes else OFFLINE, OFFLINE)

    def _contact(self, fact: Fact) -> Contact:
        if not fact.interaction_id:
            return Contact("")
        return self.accounts.contacts.setdefault(fact.interaction_id, Contact(fact.interaction_id))

    def _entry(self, contact: Contact, fact: Fact) -> None:
        data = fact.data
        if fact.kind == "queue.entered":
            entry = Entry(
                data["entry_id"], data["queue_id"], fact.at, short_s=data["short_s"], target_s=data["target_s"]
            )
            self._entries[entry.entry_id] = entry
            contact.entries.append(entry)
        elif (found := self._entries.get(data["entry_id"])) is None or found.left is not None:
            self._odd(fact, "an entry that is not waiting")
        else:
            found.left, found.outcome = fact.at, data["outcome"]

    def _offer(self, contact: Contact, fact: Fact) -> None:
        data = fact.data
        if fact.kind == "offer.made":
            offer = Offer(data["offer_id"], data["agent_id"], fact.at)
            self._offers[offer.offer_id] = offer
            contact.offers.append(offer)
        elif (found := self._offers.get(data["offer_id"])) is None or found.ended is not None:
            self._odd(fact, "an offer that is not open")
        else:
            found.ended, found.outcome = fact.at, data["outcome"]

    def _handling(self, contact: Contact, fact: Fact) -> None:
        data = fact.data
        if fact.kind == "handling.started":
            handling = Handling(data["handling_id"], data["agent_id"], fact.at)
            self._handlings[handling.handling_id] = handling
            contact.handlings.append(handling)
            return
        found = self._handlings.get(data["handling_id"])
        if found is None:
            self._odd(fact, "a handling that never began")
        elif fact.kind == "handling.connected":
            found.connected = fact.at
        elif fact.kind == "handling.released":
            found.released, found.ended_by = fact.at, data["ended_by"]
        else:
            found.wrapup_ended = fact.at

    def _recording(self, contact: Contact, fact: Fact) -> None:
        data = fact.data
        if fact.kind == "recording.started":
            recording = Recording(data["recording_id"], data["handling_id"])
            self._recordings[recording.recording_id] = recording
            contact.recordings.append(recording)
        elif (found := self._recordings.get(data.get("recording_id", ""))) is None:
            self._odd(fact, "a recording that never began")
        elif fact.kind == "recording.ended":
            found.duration_ms, found.checksum = data["duration_ms"], data["checksum"]
        else:
            found.missing = data["reason"]

    def _change(self, fact: Fact, before: str, after: str) -> None:
        data = fact.data
        agent_id = self.accounts.sessions.get(data["session_id"])
        if agent_id is None:
            self._odd(fact, "a session that never began")
            return
        changes = self.accounts.changes[agent_id]
        changes.append(Change(fact.at, before, after, data["session_id"]))

    def _odd(self, fact: Fact, what: str) -> None:
        self.accounts.faults.append(f"event {fact.n} of {fact.writer} ({fact.kind}) is about {what}")


def put_together(ledger: Ledger) -> Accounts:
    """The accounts of everybody, from all facts."""
    reader = _Reader()
    for fact in ledger.facts:
        reader.take(fact)
    return reader.accounts


def extensions(documents: list[Mapping[str, str]]) -> dict[str, str]:
    """Agent id → extension, from the agents' documents as the API gave them at sign-in."""
    return {document["id"]: document["device"] for document in documents}
