"""From packets to figures: who lost what, and how much later than necessary each packet came.

A forwarded row is measured from the sending of a packet to its arrival; the packet's number is written into the signs
of its first 16 samples, which survive A-law ↔ µ-law. A row that media makes itself (mixed, music, silence) is measured
against its own line: packet n belongs 20 ms after packet n − 1, and the earliest packet of the window is on time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FRAME_NS = 20_000_000
NUMBER_BITS = 16
HEADER = 12
NOBODY = -1

Numbers = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Heard:
    """Columns, a row a packet: its SSRC, its sequence, the number its first samples carry, ns of arrival."""

    ssrc: Numbers
    sequence: Numbers
    number: Numbers
    at: Numbers

    @classmethod
    def of(cls, packets: Bytes, at: Numbers) -> Heard:
        """From wire bytes (packets × at least 28); RTCP, STUN and DTLS are left out."""
        audio = (packets[:, 0] >> 6 == 2) & ((packets[:, 1] & 0x7F) < 72)
        packets, at = packets[audio], at[audio]
        words = packets[:, :HEADER].astype(np.int64)
        ssrc = words[:, 8] << 24 | words[:, 9] << 16 | words[:, 10] << 8 | words[:, 11]
        signs = np.packbits(packets[:, HEADER : HEADER + NUMBER_BITS] >> 7, axis=1).astype(np.int64)
        return cls(ssrc, words[:, 2] << 8 | words[:, 3], signs[:, 0] << 8 | signs[:, 1], at)

    def only(self, wanted: npt.NDArray[np.bool_]) -> Heard:
        return Heard(self.ssrc[wanted], self.sequence[wanted], self.number[wanted], self.at[wanted])

    @classmethod
    def joined(cls, pieces: list[Heard]) -> Heard:
        names = ("ssrc", "sequence", "number", "at")
        return cls(*(np.concatenate([getattr(one, name) for one in pieces]) for name in names))


def write_number(packets: Bytes, number: int) -> None:
    """Into the signs of the first 16 samples of each packet."""
    bits = np.unpackbits(np.array([number >> 8 & 0xFF, number & 0xFF], np.uint8)) << 7
    payload = packets[:, HEADER : HEADER + NUMBER_BITS]
    payload &= 0x7F
    payload |= bits


@dataclass(frozen=True)
class Figures:
    lost: int
    added_ms_p50: float
    added_ms_p99: float
    longest_gap_ms: float


def figures(heard: Heard, ssrcs: list[int], sources: list[int], slots: list[int], sent_at: Numbers) -> Figures:
    """ssrcs: of each leg's line. sources: index of the leg it takes packets of, or NOBODY when media makes them.

    slots: in which slot a leg sends. sent_at: numbers × slots, ns; the window is all of its rows.
    """
    order = np.argsort(np.array(ssrcs, np.int64))
    known = np.array(ssrcs, np.int64)[order]
    place = np.minimum(np.searchsorted(known, heard.ssrc), len(known) - 1)
    legs = np.where(known[place] == heard.ssrc, order[place], NOBODY)
    lost, added, gaps = 0, [], [0]
    by_leg = np.argsort(legs, kind="stable")
    bounds = np.searchsorted(legs[by_leg], np.arange(len(ssrcs) + 1))
    for leg, source in enumerate(sources):
        rows = by_leg[bounds[leg] : bounds[leg + 1]]
        if source == NOBODY:
            missing, late = _made(heard.sequence[rows], heard.at[rows], len(sent_at))
        else:
            missing, late = _forwarded(heard.number[rows], heard.at[rows], sent_at[:, slots[source]])
        lost += missing
        gaps.append(int(np.diff(np.sort(heard.at[rows])).max(initial=0)))
        added.append(late)
    all_added = np.concatenate(added) if added else np.zeros(0)
    if not len(all_added):
        return Figures(lost, float("nan"), float("nan"), float("nan"))
    p50, p99 = np.percentile(all_added, [50, 99]) / 1e6
    return Figures(lost, round(float(p50), 3), round(float(p99), 3), round(max(gaps) / 1e6, 1))


def _forwarded(numbers: Numbers, at: Numbers, sent_at: Numbers) -> tuple[int, npt.NDArray[np.float64]]:
    inside = numbers < len(sent_at)
    numbers, at = numbers[inside], at[inside]
    return len(sent_at) - len(np.unique(numbers)), (at - sent_at[numbers]).astype(np.float64)


def _made(sequence: Numbers, at: Numbers, wanted: int) -> tuple[int, npt.NDArray[np.float64]]:
    """Two frames fewer than the window's length are no loss: its edges fall between two packets."""
    if not len(sequence):
        return wanted, np.zeros(0)
    steps = (sequence - sequence[0] + 0x8000 & 0xFFFF) - 0x8000
    places = np.unique(steps)
    gaps = int(places[-1] - places[0] + 1 - len(places))
    short = max(0, wanted - 2 - int(places[-1] - places[0] + 1))
    late = at - steps * FRAME_NS
    return gaps + short, (late - late.min()).astype(np.float64)
