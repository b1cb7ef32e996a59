"""All that the check goes by, gathered once: plan, wire, phones, sound, ledger, books; and what a mismatch is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.call import plan as planned
from bench.call.plan import CallerPlan, Plan
from bench.call.witness import books, hearing, ledger, phones, wire
from bench.call.witness.accounts import Accounts, Contact, extensions, put_together
from bench.call.witness.wire import End, Side
from bench.peers.pcap import Address, Packet, datagrams

TOLERANCE_US = 150_000
"""How far a time or a duration of the ledger may be from the wire's."""

VOICES = (planned.GREETING_HZ, planned.MUSIC_HZ)


@dataclass(frozen=True)
class Mismatch:
    """kind: one word to count by. text: a sentence."""

    kind: str
    text: str


@dataclass
class Seen:
    """A call as the peers saw it. Times are µs UTC by the wire.

    side: the caller's dialog. offers: what went to phones for it, in order. talk: what the phone that answered says.
    queued: when the greeting had been heard to its end. joined: when the caller first heard the agent.
    """

    plan: CallerPlan
    side: Side
    offers: list[Side]
    talk: phones.Talk | None
    packets: list[Packet]
    queued: int | None = None
    joined: int | None = None

    @property
    def answered(self) -> bool:
        return self.joined is not None

    @property
    def answered_by(self) -> Side | None:
        """The dialog with the phone that took the call."""
        return next((offer for offer in self.offers if offer.answered is not None), None)

    @property
    def ended(self) -> int:
        """When the first party hung up: the caller, or the agent before him."""
        ends = [self.side.ended, self.answered_by.ended if self.answered_by else None]
        known = [end for end in ends if end is not None]
        return min(known) if known else self.packets[-1].at if self.packets else self.side.invited


@dataclass
class Evidence:
    plan: Plan
    artefacts: Path
    recordings: Path
    run: Mapping[str, Any]
    wire: wire.Wire
    seen: dict[str, Seen]
    talks: list[phones.Talk]
    ledger: ledger.Ledger
    accounts: Accounts
    extensions: dict[str, str]
    books: books.Books
    missing: list[str] = field(default_factory=list)

    def tone_of_agent(self, extension: str) -> int:
        return next(agent.tone_hz for agent in self.plan.agents if agent.extension == extension)

    def contact(self, number: str) -> Contact | None:
        """What the ledger says of a caller's contact; None if the books do not name exactly one of that number."""
        ids = self.books.contacts_of(number)
        return self.accounts.contacts.get(ids[0]) if len(ids) == 1 else None


def gather(data: Path, artefacts: Path) -> Evidence:
    """Read everything. ValueError or OSError when a run's folder is not whole."""
    plan, addresses = planned.load(artefacts / "plan.json")
    frames = list(datagrams(artefacts / "wire.pcap"))
    phone_at: dict[Address, str] = {_address(place): name for name, place in addresses["agents"].items()}
    on_wire = wire.read(frames, _address(addresses["server"]), phone_at)
    talks = [
        talk for agent in plan.agents for talk in phones.talks(artefacts / "agents" / agent.extension, agent.extension)
    ]
    voices = hearing.voices(frames)
    facts = ledger.read(data / "ledger")
    evidence = Evidence(
        plan=plan,
        artefacts=artefacts,
        recordings=data / "recordings",
        run=json.loads((artefacts / "run.json").read_text(encoding="utf-8")),
        wire=on_wire,
        seen={},
        talks=talks,
        ledger=facts,
        accounts=put_together(facts),
        extensions=extensions(json.loads((artefacts / "api" / "agents.json").read_text(encoding="utf-8"))),
        books=books.read(data / "books.sqlite", artefacts / "api"),
    )
    for caller in plan.callers:
        sides = on_wire.callers.get(caller.number, [])
        if not sides:
            evidence.missing.append(caller.number)
            continue
        evidence.seen[caller.number] = _see(evidence, caller, sides[0], voices)
    return evidence


def _see(evidence: Evidence, caller: CallerPlan, side: Side, voices: Mapping[Address, list[Packet]]) -> Seen:
    packets = voices.get(side.peer_media, []) if side.peer_media else []
    offers = evidence.wire.offers_of(caller.number)
    taken = next((offer for offer in offers if offer.answered is not None), None)
    talk = next((talk for talk in evidence.talks if taken and talk.call_id == taken.call_id), None)
    seen = Seen(caller, side, offers, talk, packets, queued=hearing.end_of(packets, planned.GREETING_HZ, VOICES))
    if taken is not None:
        hz = evidence.tone_of_agent(taken.extension)
        seen.joined = hearing.first_with(packets, hz, (*VOICES, hz), taken.answered or 0)
    return seen


def _address(place: list[Any]) -> Address:
    return str(place[0]), int(place[1])


def expected_outcome(offer: Side, seen: Seen) -> str:
    """How the ledger must say that an offer ended, by what the wire shows (metrics.md sections 3 and 9).

    A phone that answered while its caller was hanging up has not been heard by him: he left.
    """
    if offer.answered is not None and seen.answered:
        return "accepted"
    if offer.end is End.REFUSED:
        return "declined"
    left = seen.side.ended
    return "customer_left" if left is not None and offer.ended is not None and left <= offer.ended else "no_answer"
