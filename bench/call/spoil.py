"""Faults put in on purpose, so that a check that sees nothing is found out.

Each changes a copy of a run in one place. The ledger is written again with right hashes and numbers (but for the kinds
that are about these), so that only its meaning is wrong: whoever would forge a figure would do the same.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from bench.call.witness.ledger import GENESIS

Event = dict[str, Any]
Batches = list[list[Event]]
SECOND = 1_000_000
WRITER = "control"


class Run:
    """A copy of a run: its ledger of one writer in memory, everything else on disk."""

    def __init__(self, folder: Path) -> None:
        self.data, self.artefacts = folder / "data", folder / "artefacts"
        self._segment = self.data / "ledger" / WRITER / "00000001.seg"
        lines = self._segment.read_bytes().partition(b"\0")[0].split(b"\n")[:-1]
        bodies = [json.loads(line.partition(b" ")[2]) for line in lines]
        self._header, self.batches = bodies[0], bodies[1:]

    def events(self, kind: str) -> list[Event]:
        return [event for batch in self.batches for event in batch if event["kind"] == kind]

    def middle(self, kind: str) -> Event:
        """One of them, neither the first nor the last if there are more than two."""
        events = self.events(kind)
        return events[len(events) // 2]

    def drop(self, event: Event) -> None:
        self.batches = [kept for batch in self.batches if (kept := [one for one in batch if one is not event])]

    def write(self, *, number: bool = True) -> None:
        """Write the ledger again: numbered (unless told not to) and hashed as if it had always been so."""
        events = [event for batch in self.batches for event in batch]
        for n, event in enumerate(events, events[0]["n"]):
            event["n"] = n if number else event["n"]
        previous, lines = GENESIS, []
        for body in (self._header, *self.batches):
            text = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
            previous = hashlib.sha256(previous.encode() + text).hexdigest()
            lines.append(previous.encode() + b" " + text + b"\n")
        self._segment.write_bytes(b"".join(lines))

    @property
    def books(self) -> Path:
        return self.data / "books.sqlite"

    def sql(self, statement: str) -> None:
        with closing(sqlite3.connect(self.books)) as connection:
            connection.execute(statement)
            connection.commit()


def _drop_event(run: Run) -> None:
    """The contact's end is left out, and all numbers closed up behind it."""
    run.drop(run.middle("interaction.ended"))
    run.write()


def _gap(run: Run) -> None:
    """An event is left out and its number with it."""
    run.drop(run.middle("recording.started"))
    run.write(number=False)


def _broken_hash(run: Run) -> None:
    """One digit of one fact is another; nothing is hashed again."""
    path = run.data / "ledger" / WRITER / "00000001.seg"
    raw = path.read_bytes()
    place = raw.rindex(b'"at":') + len(b'"at":')
    path.write_bytes(raw[:place] + (b"2" if raw[place : place + 1] != b"2" else b"3") + raw[place + 1 :])


def _shift_time(run: Run) -> None:
    """A caller is said to have come two seconds later into the queue."""
    run.middle("queue.entered")["at"] += 2 * SECOND
    run.write()


def _lengthen_talk(run: Run) -> None:
    """A talk is said to have lasted half a second longer."""
    run.middle("handling.released")["at"] += SECOND // 2
    run.write()


def _swap_agents(run: Run) -> None:
    """Two handlings change their agents."""
    one, *others = run.events("handling.started")
    other = next(event for event in others if event["data"]["agent_id"] != one["data"]["agent_id"])
    for name in ("agent_id", "session_id"):
        one["data"][name], other["data"][name] = other["data"][name], one["data"][name]
    run.write()


def _abandoned_as_answered(run: Run) -> None:
    """A caller who gave up is booked as answered."""
    left = next(event for event in run.events("queue.left") if event["data"]["outcome"] == "abandoned")
    left["data"]["outcome"] = "answered"
    run.write()


def _hide_declined(run: Run) -> None:
    """The offer that was declined never was."""
    ended = next(event for event in run.events("offer.ended") if event["data"]["outcome"] == "declined")
    offer = ended["data"]["offer_id"]
    for kind in ("offer.made", "offer.alerting", "offer.ended"):
        for event in [event for event in run.events(kind) if event["data"]["offer_id"] == offer]:
            run.drop(event)
    run.write()


def _jump_the_queue(run: Run) -> None:
    """An offer goes, by the ledger, to somebody who was idle for less long."""
    offers = run.events("offer.made")
    offers[0]["data"]["agent_id"], offers[1]["data"]["agent_id"] = (
        offers[1]["data"]["agent_id"],
        offers[0]["data"]["agent_id"],
    )
    run.write()


def _part_answer(run: Run) -> None:
    """An answer is torn into two appends."""
    place = next(place for place, batch in enumerate(run.batches) if any(e["kind"] == "queue.left" for e in batch))
    batch = run.batches[place]
    apart = [event for event in batch if event["kind"] == "queue.left"]
    run.batches[place : place + 1] = [[event for event in batch if event not in apart], apart]
    run.write()


def _delete_recording(run: Run) -> None:
    next(run.data.glob("recordings/**/*.wav")).unlink()


def _swap_channels(run: Run) -> None:
    """Left and right of a recording change places."""
    file = next(run.data.glob("recordings/**/*.wav"))
    raw = bytearray(file.read_bytes())
    begin = raw.index(b"data") + 8
    raw[begin::2], raw[begin + 1 :: 2] = raw[begin + 1 :: 2], raw[begin::2]
    file.write_bytes(raw)


def _double_record(run: Run) -> None:
    """A contact stands twice in the books."""
    with closing(sqlite3.connect(run.books)) as connection:
        connection.row_factory = sqlite3.Row
        row = dict(connection.execute("SELECT * FROM contacts LIMIT 1").fetchone())
        row["interaction_id"] = "00000000-0000-7000-8000-000000000000"
        marks = ", ".join("?" * len(row))
        connection.execute(f"INSERT INTO contacts ({', '.join(row)}) VALUES ({marks})", list(row.values()))
        connection.commit()


def _change_figure(run: Run) -> None:
    """A quarter hour counts one answered call more."""
    run.sql("UPDATE queue_quarters SET answered = answered + 1 WHERE rowid = (SELECT min(rowid) FROM queue_quarters)")


def _lose_record(run: Run) -> None:
    """A contact is missing from the books."""
    run.sql("DELETE FROM contacts WHERE interaction_id = (SELECT max(interaction_id) FROM contacts)")


def _flatter(run: Run) -> None:
    """The API shows one hit more and one miss less than there were."""
    file = run.artefacts / "api" / "queues.json"
    answer = json.loads(file.read_text(encoding="utf-8"))
    sums = answer["rows"][0]["sums"]
    sums["hit"], sums["miss"] = sums["hit"] + 1, sums["miss"] - 1
    file.write_text(json.dumps(answer), encoding="utf-8")


KINDS: dict[str, Callable[[Run], None]] = {
    "drop-event": _drop_event,
    "gap": _gap,
    "broken-hash": _broken_hash,
    "shift-time": _shift_time,
    "lengthen-talk": _lengthen_talk,
    "swap-agents": _swap_agents,
    "abandoned-as-answered": _abandoned_as_answered,
    "hide-declined": _hide_declined,
    "jump-the-queue": _jump_the_queue,
    "part-answer": _part_answer,
    "delete-recording": _delete_recording,
    "swap-channels": _swap_channels,
    "double-record": _double_record,
    "lose-record": _lose_record,
    "change-figure": _change_figure,
    "flatter": _flatter,
}


def spoil(folder: Path, target: Path, kind: str) -> None:
    """Copy a run (`data` and `artefacts` below `folder`) to `target` and put one fault in."""
    for part in ("data", "artefacts"):
        # Sockets cannot be copied, and nobody needs them once the centre has stopped.
        shutil.copytree(folder / part, target / part, ignore=shutil.ignore_patterns("*.sock", "run"))
    KINDS[kind](Run(target))
