"""`yingda replay`: every decision that the ledger holds, decided again from what stood before it (docs/routing.md).

Each run of control is played by itself, under the versions of the configuration its events name. Besides, what every
offer kept of its candidates must give the agent who was chosen, and what sister centres had said of their load the
site that a caller was sent to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import groupby
from pathlib import Path

from yingda.kernel.clock import SECOND
from yingda.kernel.config import versions
from yingda.kernel.event import Envelope
from yingda.kernel.ledger import reader
from yingda.kernel.store import Store, reading
from yingda.routing.document import rules_of
from yingda.routing.explain import recomputed
from yingda.routing.rules import Rules
from yingda.routing.sites import QueueLoad, Sites, chosen_again, reasons
from yingda.routing.strategies import RING_ALL
from yingda.sim.replay import Difference, replay

SHOWN = 5
CONTROL = "control"


@dataclass
class Replayed:
    """offers: made at all; decisions: played again, and those that came out differently; unlike: offers whose kept
    candidates do not give their agent. sites: how often a sister centre was chosen; strays: choices that come out
    differently."""

    offers: int = 0
    decisions: int = 0
    differences: list[Difference] = field(default_factory=list)
    unlike: list[str] = field(default_factory=list)
    sites: int = 0
    strays: list[str] = field(default_factory=list)

    @property
    def same(self) -> bool:
        return not self.differences and not self.unlike and not self.strays

    def lines(self) -> list[str]:
        """For the command line."""
        told = [
            f"{self.decisions} decisions replayed, {len(self.differences)} come out differently; "
            f"{self.offers} offers recomputed from their candidates, {len(self.unlike)} give another agent."
        ]
        if self.sites:
            told.append(f"{self.sites} choices of a site made again, {len(self.strays)} come out differently.")
        told += [f"{_when(one.at)}: {one.why}" for one in self.differences[:SHOWN]]
        told += [f"entry {entry_id} would have gone to another site" for entry_id in self.strays[:SHOWN]]
        return told + [f"offer {offer_id} gives another agent" for offer_id in self.unlike[:SHOWN]]


def replay_ledger(store: Store, ledger: Path, day: date | None = None) -> Replayed:
    """day: only decisions of this UTC day are told of. Raises YingdaError for a ledger or version that is damaged."""
    found = Replayed()
    rules = _Versions(store)
    for run in _runs(ledger):
        _recompute(run, day, found)
        _choose_sites(run, rules, day, found)
        decisions, differences = _play(run, rules, day)
        found.decisions += decisions
        found.differences += differences
    return found


def _runs(ledger: Path) -> Iterator[list[Envelope]]:
    """Control's own events, a run each; what closed a broken one belongs to it."""
    run: list[Envelope] = []
    for envelope in reader.merged(ledger):
        if envelope.writer != CONTROL:
            continue
        if envelope.kind == "plane.started" and envelope.data["plane"] == CONTROL and run:
            yield run
            run = []
        run.append(envelope)
    if run:
        yield run


def _play(run: list[Envelope], rules: _Versions, day: date | None) -> tuple[int, list[Difference]]:
    """A run under the versions its events name, in their order."""
    changes = [(at.at, number) for number, group in groupby(run, key=lambda one: one.config) for at in (next(group),)]
    in_force = [(at, rules.of(number)) for at, number in changes]
    decisions, differences = replay(run, in_force)
    if day is None:
        return decisions, differences
    offered = sum(envelope.kind == "offer.made" and _day(envelope.at) == day for envelope in run)
    return min(decisions, offered), [one for one in differences if _day(one.at) == day]


def _recompute(run: list[Envelope], day: date | None, found: Replayed) -> None:
    for envelope in run:
        if envelope.kind != "offer.made" or (day is not None and _day(envelope.at) != day):
            continue
        found.offers += 1
        kept = envelope.data["decision"]
        best = {one["agent_id"] for one in kept.get("best", ())}
        chosen = envelope.data["agent_id"]
        if chosen in best and kept["rule"] != RING_ALL and recomputed(kept) != chosen:
            found.unlike.append(envelope.data["offer_id"])


def _choose_sites(run: list[Envelope], rules: _Versions, day: date | None, found: Replayed) -> None:
    """From what the sites said, as it was written down, each choice once more."""
    sites, queue_of = Sites(), dict[str, str]()
    for envelope in run:
        data = envelope.data
        if envelope.kind == "queue.entered":
            queue_of[data["entry_id"]] = data["queue_id"]
        elif envelope.kind == "site.told":
            loads = {queue_id: QueueLoad(**load) for queue_id, load in data["load"].items()}
            sites.told(data["site_id"], loads, envelope.at)
        elif envelope.kind == "queue.site_chosen":
            queue_id, kept = queue_of[data["entry_id"]], data["decision"]
            in_force = rules.of(envelope.config)
            asked = [one.sites for one in in_force.queues[queue_id].escalations if one.name == data["rule"]]
            seen = sites.seen(queue_id, asked[0] if asked else (), in_force.stale_s, envelope.at)
            given = {name: kept[name] for name in ("here_s", "staffed_here", "sooner_s")}
            sites.sent(data["site_id"], queue_id)
            if day is not None and _day(envelope.at) != day:
                continue
            found.sites += 1
            if reasons(seen, **given) != kept or chosen_again(kept) != data["site_id"]:
                found.strays.append(data["entry_id"])


class _Versions:
    """Rules by version, each read once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[int, Rules] = {versions.NONE_YET: Rules()}

    def of(self, number: int) -> Rules:
        if number not in self._known:
            with reading(self._store.business) as connection:
                version = versions.load(connection, number)
            self._known[number] = rules_of(version.centre, number) if version is not None else Rules()
        return self._known[number]


def _day(at: int) -> date:
    return datetime.fromtimestamp(at // SECOND, UTC).date()


def _when(at: int) -> str:
    return datetime.fromtimestamp(at / SECOND, UTC).isoformat(timespec="milliseconds")
