"""What a successor needs when this process is killed: its legs on the same ports, in the same lines.

    FOLDER/SLOT.json   how a leg is: remote, latch, what it hears, its player, its recordings; written when it changed
    FOLDER/positions   where its line is: 64 bytes a slot, mapped memory, so that a look costs a microsecond

`look` runs ten times a second for each leg and compares; files are written by the writing thread, each by rename, so a
reader never sees half of one. An orderly end removes everything; what is older than a minute belongs to nobody.
"""

from __future__ import annotations

import contextlib
import mmap
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from yingda.kernel.clock import SECOND
from yingda.media.leg import Leg
from yingda.media.offload import Offload

SLOTS = 8_192
TOO_OLD = 60 * SECOND
LEAP = 30
"""Packets a line may have sent since the last look; the successor leaves so many numbers out."""
POSITION = struct.Struct("<QQIIQQ24x")  # seen at, last packet at (µs), sequence, end (samples), sent, octets
POSITIONS = "positions"

Extras = Callable[[Leg], dict[str, Any]]
"""What belongs to a leg beside itself, as plain data: `row`, `play`, `recordings`."""


@dataclass
class Slot:
    """number: of the file and of the record. known: what the file says, as compared."""

    number: int
    known: tuple[object, ...] = field(default=())


class Survival:
    """One process's own folder. `signature(leg)` changes whenever `extras(leg)` would."""

    def __init__(
        self, folder: Path, writer: Offload, extras: Extras, signature: Callable[[Leg], tuple[object, ...]]
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._writer, self._extras, self._signature = folder, writer, extras, signature
        self._slots: dict[str, Slot] = {}
        self._free = list(range(SLOTS - 1, -1, -1))
        path = folder / POSITIONS
        with path.open("wb") as file:
            file.truncate(SLOTS * POSITION.size)
        with path.open("r+b") as file:
            self._positions = mmap.mmap(file.fileno(), 0)

    def look(self, leg: Leg, now: int) -> None:
        """Note where the leg is; write down how it is if that changed."""
        slot = self._slots.get(leg.leg_id)
        if slot is None:
            if not self._free:
                return
            slot = self._slots[leg.leg_id] = Slot(self._free.pop())
        line = leg.line.to_state()
        POSITION.pack_into(
            self._positions, slot.number * POSITION.size, now, line["last_at"], line["sequence"], line["timestamp"],
            line["sent"], line["octets"],
        )  # fmt: skip
        latch = leg.latch
        known = (leg.state, leg.remote, leg.cookie, latch.address, latch.ssrc, latch.state, *self._signature(leg))
        if known != slot.known:
            slot.known = known
            text = msgspec.json.encode(leg.to_state() | self._extras(leg))
            self._writer.submit(partial(_write, self._folder / f"{slot.number}.json", text), _nothing)

    def forget(self, leg: Leg) -> None:
        slot = self._slots.pop(leg.leg_id, None)
        if slot is not None:
            self._free.append(slot.number)
            path = self._folder / f"{slot.number}.json"
            self._writer.submit(partial(_remove, path), _nothing)

    def close(self) -> None:
        """The mapping only; the files are for the successor."""
        self._positions.close()


def left_behind(folder: Path, now: int) -> list[dict[str, Any]]:
    """The legs of a process that died here less than a minute ago, as `Survival` wrote them; the folder is emptied.

    `line` is brought to the last look and leapt ahead; a file that cannot be read is left out.
    """
    legs: list[dict[str, Any]] = []
    with contextlib.suppress(OSError):
        positions = (folder / POSITIONS).read_bytes()
        for path in sorted(folder.glob("*.json")):
            with contextlib.suppress(OSError, ValueError, KeyError, struct.error, msgspec.DecodeError):
                legs += _leg(path, positions, now)
            path.unlink(missing_ok=True)
    return legs


def _leg(path: Path, positions: bytes, now: int) -> list[dict[str, Any]]:
    state: dict[str, Any] = msgspec.json.decode(path.read_bytes())
    at, last_at, sequence, end, sent, octets = POSITION.unpack_from(positions, int(path.stem) * POSITION.size)
    if not 0 <= now - at < TOO_OLD:
        return []
    state["line"] |= {
        "sequence": (sequence + LEAP) & 0xFFFF, "timestamp": end, "last_at": last_at, "sent": sent, "octets": octets,
    }  # fmt: skip
    return [state]


def _write(path: Path, text: bytes) -> None:
    """In the writing thread. A full disk costs the successor a leg, never this process a call."""
    with contextlib.suppress(OSError):
        draft = path.with_suffix(".new")
        draft.touch(0o600)  # a leg's description may hold keys
        draft.write_bytes(text)
        draft.replace(path)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


def _nothing(_result: None) -> None:
    return None
