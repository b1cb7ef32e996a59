"""What a control plane does about the run before it, if that broke off (metrics.md section 9).

The run's own events say what was open. `plane.lost` and the closing events are one append, dated at the last sign of
life, all marked `estimated`; whoever counts afterwards finds every contact ended and nothing lost.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from yingda.kernel.event import Envelope, Event
from yingda.kernel.ledger.reader import last_run
from yingda.media.recording_file import CHANNELS, HEADER_SIZE, RATE
from yingda.recordings.paths import path_of
from yingda.routing.recovery import GoesOn, closing_events

WRITER = "control"


def broken_off(run: Sequence[Envelope]) -> bool:
    """Did the run end without saying so?"""
    return any(envelope.kind == "plane.started" for envelope in run) and run[-1].kind != "plane.stopped"


def run_before(ledger: Path) -> list[Envelope]:
    """The events of the latest run; to be read before a new one says that it begins."""
    return list(last_run(ledger, WRITER))


def closing_append(run: Sequence[Envelope], recordings: Path, goes_on: GoesOn) -> list[Event]:
    """The append that closes the run before this one, but for what goes on in the next; empty if it ended cleanly or
    there was none."""
    if not run or not broken_off(run):
        return []
    last = max(envelope.at for envelope in run)
    version = next(e.data["version"] for e in reversed(run) if e.kind == "plane.started")
    lost = Event(kind="plane.lost", at=last, data={"plane": WRITER, "version": version, "estimated": True})
    kept = KeptRecordings(run, recordings)
    return [lost, *closing_events(run, last, kept.find, goes_on)]


class KeptRecordings:
    """What is on disk of the recordings a broken run had begun."""

    def __init__(self, run: Iterable[Envelope], folder: Path) -> None:
        self._folder = folder
        self._paths: dict[str, str] = {}
        connected: dict[str, Envelope] = {}
        for envelope in run:
            if envelope.kind == "handling.connected":
                connected[envelope.data["handling_id"]] = envelope
            elif envelope.kind == "recording.started":
                begun = connected.get(envelope.data["handling_id"])
                if begun is not None and begun.interaction_id is not None:
                    place = (begun.tenant, begun.at, begun.interaction_id, envelope.data["handling_id"])
                    self._paths[envelope.data["recording_id"]] = path_of(*place, envelope.data.get("leg_id", ""))

    def find(self, recording_id: str) -> tuple[int, str] | None:
        """(duration in ms, sha256 in hex) of a recording that is there and holds sound."""
        path = self._paths.get(recording_id)
        if path is None:
            return None
        try:
            raw = (self._folder / path).read_bytes()
        except OSError:
            return None
        frames = max(0, len(raw) - HEADER_SIZE) // CHANNELS
        return (frames * 1_000 // RATE, hashlib.sha256(raw).hexdigest()) if frames else None
