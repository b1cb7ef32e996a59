"""The run as a whole: the ledger's laws, whose turn it was, what the agents did, the sums (metrics.md section 8)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise

from bench.call.witness.accounts import OFFLINE, Change
from bench.call.witness.evidence import Evidence, Mismatch
from bench.call.witness.ledger import Fact
from bench.call.witness.wire import End, Side

CLEAR_US = 50_000
"""Two things this close together may have been seen in either order."""

SAME_INSTANT_US = 20_000

REFUSAL_US = 10_000_000
"""So long a call is not offered again to an agent with whom an offer of it failed."""


def check(evidence: Evidence) -> Iterator[Mismatch]:
    for fault in (*evidence.ledger.faults, *evidence.accounts.faults):
        yield Mismatch("ledger", fault)
    if evidence.run["server_exit_code"] != 0:
        yield Mismatch("server", f"yingda serve ended with {evidence.run['server_exit_code']} when it was told to stop")
    if evidence.run["packets_missed"]:
        yield Mismatch("peers", f"the capture missed {evidence.run['packets_missed']} packets")
    if (spread := same_instant_us(evidence)) > SAME_INSTANT_US:
        yield Mismatch("plan", f"callers who were to dial at the same instant dialled {spread / 1000:.1f} ms apart")
    yield from _time_goes_on(evidence)
    yield from _joint_appends(evidence)
    yield from _turns(evidence)
    yield from _longest_idle(evidence)
    yield from _one_call_at_a_time(evidence)
    yield from _spans(evidence)
    yield from _sums(evidence)


def same_instant_us(evidence: Evidence) -> int:
    """How far apart those dialled who were to dial at the same instant (µs, the widest pair)."""
    spreads = [0]
    for wave in evidence.plan.waves:
        together: dict[float, list[int]] = defaultdict(list)
        for after, caller in wave.callers:
            if caller.number in evidence.seen:
                together[after].append(evidence.seen[caller.number].side.invited)
        spreads += [max(times) - min(times) for times in together.values()]
    return max(spreads)


def _time_goes_on(evidence: Evidence) -> Iterator[Mismatch]:
    """Law 2: within a contact and within an agent's session `at` never goes back."""
    last: dict[str, int] = defaultdict(int)
    for fact in evidence.ledger.facts:
        for thing in (fact.interaction_id, str(fact.data.get("session_id", ""))):
            if thing and fact.at < last[thing]:
                yield Mismatch("ledger", f"event {fact.n} of {fact.writer} ({fact.kind}) goes back in time")
            if thing:
                last[thing] = max(last[thing], fact.at)


def _joint_appends(evidence: Evidence) -> Iterator[Mismatch]:
    """Law 4: an answer is one append of five facts at one instant."""
    lines: dict[tuple[str, int], list[Fact]] = defaultdict(list)
    for fact in evidence.ledger.facts:
        lines[fact.writer, fact.append].append(fact)
    for line in lines.values():
        connected = next((fact for fact in line if fact.kind == "handling.connected"), None)
        if connected is None:
            continue
        together = {(fact.kind, _word(fact)) for fact in line if fact.at == connected.at}
        lacking = {
            ("offer.ended", "accepted"),
            ("handling.started", ""),
            ("queue.left", "answered"),
            ("agent.state_changed", "talking"),
        } - together
        for kind, _ in sorted(lacking):
            yield Mismatch("ledger", f"{kind} does not stand with event {connected.n}, the connection it belongs to")


def _word(fact: Fact) -> str:
    return str(fact.data.get("outcome") or fact.data.get("to") or "")


def _turns(evidence: Evidence) -> Iterator[Mismatch]:
    """First in, first out, by the wire: nobody is offered while somebody before him waits and could be."""
    for offer in evidence.wire.offers:
        mine = evidence.seen.get(offer.number)
        if mine is None or mine.queued is None:
            continue
        for other in evidence.seen.values():
            if other.queued is None or other.queued > mine.queued - CLEAR_US or other is mine:
                continue
            free_since = _waits_at(other.offers, other.queued, offer.invited, other.side.ended)
            if free_since is not None and not _refused(other.offers, offer):
                yield Mismatch(
                    "order",
                    f"{offer.number} was offered to {offer.extension} while {other.plan.number}, "
                    f"who came before him, had been waiting for {(offer.invited - free_since) / 1e6:.2f} s",
                )


def _waits_at(offers: list[Side], queued: int, at: int, ended: int | None) -> int | None:
    """Since when somebody waits at that time without an offer; None if he does not (or only just began to)."""
    since = queued
    for offer in offers:
        if offer.invited <= at + CLEAR_US:
            if offer.answered is not None or offer.ended is None or offer.ended >= at - CLEAR_US:
                return None
            since = max(since, offer.ended)
    if ended is not None and ended < at + CLEAR_US:
        return None
    return since if since < at - CLEAR_US else None


def _refused(offers: list[Side], offer: Side) -> bool:
    """Whether this phone lately let an offer of that call fail."""
    return any(
        past.extension == offer.extension and past.ended is not None and 0 <= offer.invited - past.ended < REFUSAL_US
        for past in offers
    )


def _longest_idle(evidence: Evidence) -> Iterator[Mismatch]:
    """Each offer goes to the agent who has been idle for longest, of those who may take it."""
    idle: dict[str, int] = {}
    since: dict[str, int] = {}
    failed: dict[tuple[str, str], int] = {}
    made: dict[str, Fact] = {}
    keeps_place: set[str] = set()
    for fact in evidence.ledger.facts:
        data = fact.data
        if fact.kind == "offer.made":
            made[data["offer_id"]] = fact
            earlier = [
                agent
                for agent, at in idle.items()
                if at < idle.get(data["agent_id"], at)
                and fact.at - failed.get((agent, data["entry_id"]), -REFUSAL_US) >= REFUSAL_US
            ]
            if data["agent_id"] not in idle:
                yield Mismatch("order", f"event {fact.n} of {fact.writer} offers a call to an agent who is not idle")
            for agent in earlier:
                extension = evidence.extensions.get(agent, agent)
                yield Mismatch("order", f"event {fact.n} of {fact.writer} passes over {extension}, idle for longer")
        elif fact.kind == "offer.ended" and data["offer_id"] in made:
            offer = made[data["offer_id"]].data
            if data["outcome"] in ("customer_left", "recalled", "answered_elsewhere"):
                keeps_place.add(offer["agent_id"])
            elif data["outcome"] != "accepted":
                failed[offer["agent_id"], offer["entry_id"]] = fact.at
        elif fact.kind == "agent.state_changed":
            agent = evidence.accounts.sessions.get(data["session_id"], "")
            if data["to"] == "idle":
                idle[agent] = since[agent] if agent in keeps_place else fact.at
                since[agent] = idle[agent]
                keeps_place.discard(agent)
            else:
                idle.pop(agent, None)


def _one_call_at_a_time(evidence: Evidence) -> Iterator[Mismatch]:
    """Nobody rings or talks twice at once: on the wire, and in the ledger."""
    busy: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for offer in evidence.wire.offers:
        if offer.end is End.OPEN or offer.ended is None:
            yield Mismatch("agent", f"the call of {offer.number} to {offer.extension} never ended on the wire")
        else:
            busy[f"the phone {offer.extension}"].append((offer.invited, offer.ended, offer.number))
    for contact in evidence.accounts.contacts.values():
        for handling in contact.handlings:
            if handling.connected is not None and handling.released is not None:
                name = f"by the ledger the agent {evidence.extensions.get(handling.agent_id, handling.agent_id)}"
                busy[name].append((handling.connected, handling.released, contact.interaction_id))
    for who, times in busy.items():
        for (_, end, one), (begin, _, other) in pairwise(sorted(times)):
            if begin < end:
                yield Mismatch("agent", f"{who} had two calls at once: {one} and {other}")


def _spans(evidence: Evidence) -> Iterator[Mismatch]:
    """A1 and H2: an agent's states follow on each other without a gap, and add up to what his handlings say."""
    handlings = [handling for contact in evidence.accounts.contacts.values() for handling in contact.handlings]
    for agent in evidence.extensions:
        name = evidence.extensions[agent]
        changes = evidence.accounts.changes.get(agent, [])
        if not changes or changes[0].before != OFFLINE or changes[-1].after != OFFLINE:
            yield Mismatch("agent", f"the states of {name} do not run from sign-in to sign-out")
        for one, other in pairwise(changes):
            if one.after != other.before:
                yield Mismatch("agent", f"{name} goes from {one.after} to {other.after} by way of {other.before}")
        own = [handling for handling in handlings if handling.agent_id == agent]
        talk = sum((handling.released or 0) - (handling.connected or 0) for handling in own)
        wrapup = sum((handling.wrapup_ended or 0) - (handling.released or 0) for handling in own)
        for state, told in (("talking", talk), ("wrapup", wrapup)):
            spent = _spent(changes, state)
            if spent != told:
                yield Mismatch("sums", f"{name} was {state} for {spent} µs by his states, {told} µs by his handlings")


def _spent(changes: list[Change], state: str) -> int:
    return sum(other.at - one.at for one, other in pairwise(changes) if one.after == state)


def _sums(evidence: Evidence) -> Iterator[Mismatch]:
    """Q1, O1 and O3 by the ledger, by the books' quarter hours, and by the wire."""
    entries = [entry for contact in evidence.accounts.contacts.values() for entry in contact.entries]
    offers = [offer for contact in evidence.accounts.contacts.values() for offer in contact.offers]
    handlings = [handling for contact in evidence.accounts.contacts.values() for handling in contact.handlings]
    outcomes = Counter(entry.outcome for entry in entries)
    ended = Counter(offer.outcome for offer in offers)
    if outcomes[""]:
        yield Mismatch("sums", f"Q1: {outcomes['']} of {len(entries)} entries never left")
    if ended[""]:
        yield Mismatch("sums", f"O1: {ended['']} of {len(offers)} offers never ended")
    if outcomes["answered"] != len(handlings):
        yield Mismatch("sums", f"O3: {outcomes['answered']} entries were answered, {len(handlings)} handlings exist")
    seen = evidence.seen.values()
    wire = {
        "offered": sum(call.queued is not None for call in seen),
        "answered": sum(call.answered for call in seen),
        "abandoned": sum(call.queued is not None and not call.answered for call in seen),
    }
    told = {"offered": len(entries), "answered": outcomes["answered"], "abandoned": outcomes["abandoned"]}
    for what, count in wire.items():
        for place, said in (("ledger", told[what]), ("books", evidence.books.total(what))):
            if said != count:
                yield Mismatch("sums", f"{count} calls were {what} by the wire, {said} by the {place}")
    waits = sum(
        entry.left - entry.entered for entry in entries if entry.left is not None and entry.outcome == "answered"
    )
    if waits != evidence.books.total("wait_answered_us"):
        yield Mismatch("sums", f"the answered waited {waits} µs by the ledger, not so by the books")
