"""What a successor needs when this process is killed: its legs on the same ports, in the same lines.

    FOLDER/descriptions   how a leg is: remote, latch, what it hears, its player, its recordings; two halves a slot
    FOLDER/positions      where its line is: 64 bytes a slot

Both are mapped memory, which outlives a killed process: a look costs microseconds and no call of the system. A
description goes into the half that does not hold the last one, with a number and a checksum, so a reader finds one of
the two whole whenever the end came. `look` runs five times a second for each leg and after each command. An orderly end
removes everything; what is older than a minute belongs to nobody.
"""

from __future__ import annotations

import contextlib
import logging
import mmap
import os
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec

from yingda.kernel.clock import SECOND
from yingda.media.leg import Leg

log = logging.getLogger(__name__)

SLOTS = 8_192
TOO_OLD = 60 * SECOND
LEAP = 30
"""Packets a line may have sent since the last look; the successor leaves so many numbers out."""
POSITION = struct.Struct("<QQIIQQ24x")  # seen at, last packet at (µs), sequence, end (samples), sent, octets
POSITIONS, DESCRIPTIONS = "positions", "descriptions"
HALF = 8_192
HEAD = struct.Struct("<III4x")  # number of the description (0: none), its length, CRC-32 of its text
BLOCK_SLOTS = 16
"""So many slots are given room on the disk at once: memory that is mapped onto a full disk would end the process."""

Extras = Callable[[Leg], dict[str, Any]]
"""What belongs to a leg beside itself, as plain data: `row`, `play`, `recordings`."""


@dataclass
class Slot:
    """place: of the record in both files. known: what its latest description says, as compared; number: which it is."""

    place: int
    known: tuple[object, ...] = field(default=())
    number: int = 0


class Survival:
    """One process's own folder. `signature(leg)` changes whenever `extras(leg)` would."""

    def __init__(self, folder: Path, extras: Extras, signature: Callable[[Leg], tuple[object, ...]]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._extras, self._signature = folder, extras, signature
        self._slots: dict[str, Slot] = {}
        self._free = list(range(SLOTS - 1, -1, -1))
        path = folder / POSITIONS
        with path.open("wb") as file:
            file.truncate(SLOTS * POSITION.size)
        with path.open("r+b") as file:
            self._positions = mmap.mmap(file.fileno(), 0)
        self._descriptions = Descriptions(folder / DESCRIPTIONS)

    def look(self, leg: Leg, now: int) -> None:
        """Note where the leg is; write down how it is if that changed."""
        slot = self._slots.get(leg.leg_id)
        if slot is None:
            if not self._free:
                return
            slot = self._slots[leg.leg_id] = Slot(self._free.pop())
        POSITION.pack_into(self._positions, slot.place * POSITION.size, now, *leg.line.position())
        latch = leg.latch
        known = (leg.state, leg.remote, leg.cookie, latch.address, latch.ssrc, latch.state, *self._signature(leg))
        if known != slot.known:
            slot.known = known
            slot.number += 1
            text = msgspec.json.encode(leg.to_state() | self._extras(leg))
            self._descriptions.write(slot.place, slot.number, text)

    def forget(self, leg: Leg) -> None:
        slot = self._slots.pop(leg.leg_id, None)
        if slot is not None:
            self._descriptions.clear(slot.place)
            self._free.append(slot.place)

    def remove(self) -> None:
        """An orderly end: there is nothing to succeed to."""
        self._positions.close()
        self._descriptions.close()
        with contextlib.suppress(OSError):
            (self._folder / POSITIONS).unlink()
            (self._folder / DESCRIPTIONS).unlink()
            self._folder.rmdir()


class Descriptions:
    """The mapped file of descriptions, which grows by blocks of slots as they are used."""

    def __init__(self, path: Path) -> None:
        # A leg's description may hold keys.
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        self._blocks: list[mmap.mmap] = []

    def write(self, place: int, number: int, text: bytes) -> None:
        """Description `number` of a slot. What finds no room costs the successor a leg, never this process a call."""
        if len(text) > HALF - HEAD.size:
            log.warning("a leg's description of %d bytes is too long to outlive this process", len(text))
            self.clear(place)
        elif self._has(place):
            block, at = self._where(place, number)
            block[at : at + HEAD.size + len(text)] = HEAD.pack(number, len(text), crc32(text)) + text

    def clear(self, place: int) -> None:
        """The slot says nothing any more."""
        if self._has(place):
            for number in (0, 1):
                block, at = self._where(place, number)
                HEAD.pack_into(block, at, 0, 0, 0)

    def close(self) -> None:
        for block in self._blocks:
            block.close()
        os.close(self._descriptor)

    def _has(self, place: int) -> bool:
        size = BLOCK_SLOTS * 2 * HALF
        while place >= len(self._blocks) * BLOCK_SLOTS:
            begin = len(self._blocks) * size
            try:
                os.posix_fallocate(self._descriptor, begin, size)
                self._blocks.append(mmap.mmap(self._descriptor, size, offset=begin))
            except OSError:
                return False
        return True

    def _where(self, place: int, number: int) -> tuple[mmap.mmap, int]:
        block, slot = divmod(place, BLOCK_SLOTS)
        return self._blocks[block], (2 * slot + number % 2) * HALF


def left_behind(folder: Path, now: int) -> list[dict[str, Any]]:
    """The legs of a process that died here less than a minute ago, as `Survival` wrote them; the folder is emptied.

    `line` is brought to the last look and leapt ahead; a description that cannot be read is left out.
    """
    legs: list[dict[str, Any]] = []
    with contextlib.suppress(OSError):
        positions = (folder / POSITIONS).read_bytes()
        described = (folder / DESCRIPTIONS).read_bytes()
        (folder / DESCRIPTIONS).unlink()
        for place in range(min(len(described) // (2 * HALF), len(positions) // POSITION.size)):
            text = _latest(described, 2 * place * HALF)
            if text is not None:
                with contextlib.suppress(ValueError, KeyError, TypeError):
                    legs += _leg(text, positions, place, now)
    return legs


def _latest(described: bytes, at: int) -> bytes | None:
    """The later of a slot's two descriptions that is whole."""
    found: tuple[int, bytes] | None = None
    for begin in (at, at + HALF):
        number, length, checksum = HEAD.unpack_from(described, begin)
        text = described[begin + HEAD.size : begin + HEAD.size + min(length, HALF)]
        if number and crc32(text) == checksum and (found is None or number > found[0]):
            found = number, text
    return found[1] if found is not None else None


def _leg(text: bytes, positions: bytes, place: int, now: int) -> list[dict[str, Any]]:
    state: dict[str, Any] = msgspec.json.decode(text)
    at, last_at, sequence, end, sent, octets = POSITION.unpack_from(positions, place * POSITION.size)
    if not 0 <= now - at < TOO_OLD:
        return []
    state["line"] |= {
        "sequence": (sequence + LEAP) & 0xFFFF, "timestamp": end, "last_at": last_at, "sent": sent, "octets": octets,
    }  # fmt: skip
    return [state]
