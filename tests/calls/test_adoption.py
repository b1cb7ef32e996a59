"""Control is killed in the middle of the traffic, at any moment: what is adopted goes on, the rest is closed, and the
books hold (metrics.md section 9).

Phones, callers and media live on, as they do; all the next control has is the ledger, the file and what media holds.
"""

from __future__ import annotations

import contextlib
import random
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from tests.sip.traffic import DOCUMENT, Ledger, Traffic
from yingda.calls.adoption.judge import Verdict, judge
from yingda.calls.adoption.keeper import Keeper
from yingda.calls.adoption.records import Contact, Record
from yingda.calls.adoption.taking import take_over
from yingda.kernel.clock import MS
from yingda.kernel.errors import YingdaError
from yingda.kernel.event import Envelope, Event
from yingda.planes.kept_file import KeptFile
from yingda.routing.distributor import Distributor
from yingda.routing.recovery import closing_events
from yingda.sim.ledger import WorldBooks, envelope
from yingda.sip.endpoint import Endpoint

AGENTS = 6


class Books(Ledger):
    """Strict books, and everything that was written."""

    def __init__(self) -> None:
        super().__init__()
        self.books, self.facts = WorldBooks(), list[Envelope]()

    def append(self, events: Sequence[Event]) -> None:
        super().append(events)
        for event in events:
            self.facts.append(envelope(event, len(self.facts) + 1))
            self.books.record(event)


class Centre(Traffic):
    """Few agents, so that callers wait. `crash` kills control and starts another."""

    document = DOCUMENT | {
        "users": DOCUMENT["users"][:AGENTS],
        "agents": DOCUMENT["agents"][:AGENTS],
        "queues": [DOCUMENT["queues"][0] | {"recording": True}],
    }
    agents, books = AGENTS, Books
    ledger: Books

    def __init__(self, folder: Path) -> None:
        self.folder, self.life = folder, 0
        self.adopted: Counter[str] = Counter()
        super().__init__()

    def _assemble(self, endpoint: Endpoint, distributor: Distributor) -> None:
        super()._assemble(endpoint, distributor)
        self.life += 1
        self.file = KeptFile(self.folder)
        self.keeper = Keeper(self.switch, self.signalling, endpoint, lambda: len(self.ledger.facts), self.file.write)
        self.conductor._keeper = self.keeper

    def at(self, delay: int, act: Any, *arguments: Any) -> None:
        """What media answers to a control that is dead reaches nobody, and it writes nothing down."""
        life, mortal = self.life, act in (self.conductor_media, self.conductor.keep)
        super().at(delay, lambda: None if mortal and life != self.life else act(*arguments))

    def changed(self) -> None:
        self.conductor.show(self.now)
        self.at(50 * MS, self.conductor.keep)

    def crash(self) -> Verdict:
        registered, facts = self.endpoint.registered(), self.ledger.facts
        written = {one.ident: one for one in KeptFile(self.folder).read().records}
        verdict = judge(KeptFile(self.folder).load(), facts, dict.fromkeys(self.ports, 0))
        self.ledger.append(closing_events(facts, self.now, goes_on=verdict.goes_on))
        self.ports &= verdict.legs
        distributor = Distributor(self._ids[0])
        distributor.configure(self._centre, self.now)
        self._assemble(Endpoint(self._config, self._ids[1], b"secret"), distributor)
        self.endpoint.resume(registered, self.now)
        effects, farewell = take_over(verdict, self.switch, self.signalling, self.endpoint, self.now)
        for contact in verdict.contacts:
            self.is_as_before(written[contact.ident])
        self.board.recall(verdict.facts)
        self.conductor.adopted(effects, farewell, self.now)
        self.adopted.update(contact.call.phase.value for contact in verdict.contacts)
        self.adopted["several"] += sum(len(contact.legs) > 2 for contact in verdict.contacts)
        self.adopted.update(seat.session.span.state.value for seat in verdict.seats if seat.session.span)
        return verdict

    def is_as_before(self, written: Record) -> None:
        """To the last field."""
        assert isinstance(written, Contact)
        table, floor = self.switch.table, self.distributor.floor
        call = table.calls[written.ident]
        lines = [self.signalling.line_of(leg_id) for leg_id in call.legs]
        dialogs = [self.endpoint.keep(line.key) for line in lines if line is not None]
        entry = floor.entries.get(call.entry_id or "")
        now = (call, table.legs_of(call), lines, dialogs, entry)
        assert now == (written.call, written.legs, written.lines, written.dialogs, written.entry)

    def everybody_signs_in(self) -> None:
        for agent in range(AGENTS):
            if f"a{agent}" not in self.distributor.floor.sessions:
                self.conductor.carry(self.desk.sign_in(f"a{agent}", str(8100 + agent), self.now, ready=True), self.now)

    def everybody_signs_out(self) -> None:
        for agent_id in list(self.distributor.floor.sessions):
            self.conductor.carry(self.desk.sign_out(agent_id, "self", self.now), self.now)

    def somebody_acts(self, rng: random.Random) -> None:
        """An agent who talks holds, retrieves, consults, confers or parks, or finds that he cannot."""
        switch, now = self.switch, self.now
        for handling_id in list(switch.table.by_handling):
            target = rng.choice((("agent", f"a{rng.randrange(AGENTS)}"), ("number", "13900002222")))
            deed = rng.choice(
                (
                    lambda h: switch.consulting.hold(h, now),
                    lambda h: switch.consulting.retrieve(h, now),
                    lambda h, to=target: switch.consulting.consult(h, to, now),
                    lambda h: switch.consulting.conference(h, now),
                    lambda h: switch.transfers.complete(h, now),
                    lambda h: switch.parking.park(h, now),
                )
            )
            with contextlib.suppress(YingdaError):
                self.conductor.carry(switch.act(partial(deed, handling_id)), now)


SEEDS = 3


def test_whenever_control_dies_the_books_hold_and_nothing_is_left_over(tmp_path: Path) -> None:
    adopted: Counter[str] = Counter()
    for seed in range(SEEDS):
        adopted += a_bad_day(tmp_path / str(seed), seed)
    # what never was under way when control died proves nothing
    assert all(adopted[what] for what in ("talking", "waiting", "holding", "parked", "wrapup", "idle", "several")), (
        adopted
    )


def a_bad_day(folder: Path, seed: int) -> Counter[str]:
    """Control dies eight times; what of all went on."""
    folder.mkdir()
    rng, centre = random.Random(seed), Centre(folder)
    for _ in range(8):
        centre.run(rng.randrange(1, 12))
        for _ in range(rng.randrange(4)):
            centre.settle(rng.random() * 2)
            centre.somebody_acts(rng)
        centre.settle(rng.random() * 3)
        centre.crash()
        centre.ledger.books.check(centre.now)
        centre.everybody_signs_in()
    centre.settle(200)
    centre.everybody_signs_out()
    centre.ledger.books.finish(centre.now)
    begun_and_ended(centre.ledger.kinds)
    left = centre.left()
    assert not any(left[name] for name in ("calls", "dialogs", "lines", "calls of the switch", "legs", "ports")), left
    return centre.adopted


def begun_and_ended(kinds: Counter[str]) -> None:
    for begun, ended in (
        ("interaction.started", "interaction.ended"), ("leg.created", "leg.ended"), ("queue.entered", "queue.left"),
        ("offer.made", "offer.ended"), ("handling.started", "handling.released"),
        ("agent.signed_in", "agent.signed_out"),
    ):  # fmt: skip
        assert kinds[begun] == kinds[ended], (begun, kinds[begun], kinds[ended])
    assert kinds["recording.started"] == kinds["recording.ended"] + kinds["recording.missing"]
