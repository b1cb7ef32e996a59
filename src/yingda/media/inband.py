"""Tones within the sound: DTMF (ITU-T Q.23, Q.24), fax CNG and CED (T.30), modem answer (V.25), for all legs at once.

Every 5 ms each leg's last 12.5 ms are held against all frequencies in one matrix product (windows × 100 @ 100 × 22). A
window is a digit when one row and one column hold seven tenths of its power (1.5 % beside them still does), neither is
8 dB above the other and both stand 6 dB clear of their neighbours. Five such windows in a row of the same power begin
a digit, six without it end one: 40 ms of tone are heard wherever they fall, 20 ms never, a break of 10 ms is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from yingda.media.g711 import DECODE_FLOAT, Law, encode

ROWS, COLUMNS = (697, 770, 852, 941), (1_209, 1_336, 1_477, 1_633)
KEYS = "123A456B789C*0#D"
CNG, CED, MODEM = 1_100, 2_100, 2_225
FREQUENCIES = (*ROWS, *COLUMNS, CNG, CED, MODEM)
WINDOW, HOP, FRAME = 100, 40, 160
PAST = WINDOW - HOP
MS_A_WINDOW = 5
SHARE, LONG_SHARE, TWIST, CLEAR, ALIKE = 0.7, 0.5, 10**0.8, 10**0.6, 10**0.15
FAINTEST = 32_124.0**2 / 2 * 10 ** (-3.6)  # −36 dB below a full-scale sine
BEGINS, ENDS = 5, 6  # windows
LONG_TONE = 60  # windows: 300 ms of one fax or modem tone
LONG_NAMES = {8: "cng", 9: "ced", 10: "modem"}

Frames = npt.NDArray[np.uint8]

_TIME = np.arange(WINDOW)[:, None] / 8_000
_ANGLE = 2 * np.pi * _TIME * np.array(FREQUENCIES)[None, :]
_BANK = np.concatenate([np.cos(_ANGLE), np.sin(_ANGLE)], axis=1).astype(np.float32) * np.float32(2 / WINDOW)


LOW_DBM0, HIGH_DBM0 = -9.0, -7.0
FULL_SCALE = 32_124.0 * 10 ** (-3.17 / 20)  # peak of a sine of 0 dBm0


@lru_cache(maxsize=2_048)
def key_sound(digit: str, start: int, law: Law) -> bytes:
    """160 bytes of a key's tone, from so many samples after its beginning."""
    row, column = divmod(KEYS.index(digit), 4)
    time = (start + np.arange(FRAME)) / 8_000
    wave = np.zeros(FRAME)
    for hertz, level in ((ROWS[row], LOW_DBM0), (COLUMNS[column], HIGH_DBM0)):
        wave += FULL_SCALE * 10 ** (level / 20) * np.sin(2 * np.pi * hertz * time)
    return encode(np.rint(wave).astype(np.int16), law)


@dataclass(frozen=True)
class Heard:
    """row: which leg of the batch. what: a digit, or cng, ced, modem. duration_ms: of a digit that ended."""

    row: int
    what: str
    duration_ms: int = 0


_ROW = np.dtype([
    ("past", np.float32, (PAST,)),
    ("key", np.intp),  # of the running digit; −1: none
    ("seen", np.intp),  # the last window's key
    ("power", np.float32),  # of the last window's key
    ("streak", np.intp),  # windows in a row with it
    ("run", np.intp),  # windows the running digit lasts
    ("away", np.intp),  # windows since it was last seen
    ("long", np.intp, (len(LONG_NAMES),)),
])  # fmt: skip
_FRESH = np.zeros(1, _ROW)
_FRESH["key"] = _FRESH["seen"] = -1


class Tones:
    """State of the legs that are listened to, a row each; rows come and go without the others being copied."""

    def __init__(self) -> None:
        self._count = 0
        self._hold(np.zeros(8, _ROW))

    def _hold(self, rows: npt.NDArray[np.void]) -> None:
        self._rows = rows
        self._past, self._key, self._seen, self._power = rows["past"], rows["key"], rows["seen"], rows["power"]
        self._streak, self._run, self._away, self._long = rows["streak"], rows["run"], rows["away"], rows["long"]

    def add(self) -> int:
        """A new leg; its row is the last."""
        if self._count == len(self._rows):
            self._hold(np.concatenate([self._rows, np.zeros(self._count, _ROW)]))
        self._rows[self._count] = _FRESH[0]
        self._count += 1
        return self._count - 1

    def remove(self, row: int) -> None:
        """The last row takes its place."""
        self._count -= 1
        self._rows[row] = self._rows[self._count]

    def hear(self, rows: list[int], frames: Frames, laws: list[int]) -> list[Heard]:
        """20 ms for each of some rows (rows × 160 bytes of their laws)."""
        linear = DECODE_FLOAT[np.array(laws, np.intp)[:, None], frames]
        index = np.array(rows, np.intp)
        joined = np.concatenate([self._past[index], linear], axis=1)
        self._past[index] = linear[:, -PAST:]
        found: list[Heard] = []
        for start in range(0, FRAME, HOP):
            found += self._window(index, joined[:, start : start + WINDOW])
        return found

    def _window(self, index: npt.NDArray[np.intp], window: npt.NDArray[np.float32]) -> list[Heard]:
        parts = np.einsum("lw,wf->lf", window, _BANK)
        count = len(FREQUENCIES)
        power = (parts[:, :count] ** 2 + parts[:, count:] ** 2) / 2  # mean square of each tone
        total = np.mean(window * window, axis=1) + 1.0
        found = self._digits(index, keys(power, total), power[:, :8].max(axis=1))
        return found + self._long_tones(index, power, total)

    def _digits(
        self, index: npt.NDArray[np.intp], seen: npt.NDArray[np.intp], power: npt.NDArray[np.float32]
    ) -> list[Heard]:
        found: list[Heard] = []
        before = self._power[index]
        alike = (power < ALIKE * before) & (before < ALIKE * power)  # a window the tone only half fills is weaker
        same = (seen >= 0) & (seen == self._seen[index]) & alike
        self._streak[index] = np.where(same, self._streak[index] + 1, seen >= 0)
        self._seen[index], self._power[index] = seen, power
        begun = self._streak[index] >= BEGINS
        for place in np.flatnonzero(begun | (self._key[index] >= 0)):
            row, key = int(index[place]), int(seen[place])
            running = int(self._key[row])
            if running >= 0 and key == running:
                self._run[row] += 1 + self._away[row]
                self._away[row] = 0
                continue
            if running >= 0:
                self._away[row] += 1
                if self._away[row] >= ENDS:
                    found.append(Heard(row, KEYS[running], MS_A_WINDOW * int(self._run[row])))
                    self._key[row], self._away[row] = -1, 0
            if begun[place] and self._key[row] < 0:
                self._key[row], self._run[row], self._away[row] = key, BEGINS, 0
        return found

    def _long_tones(
        self, index: npt.NDArray[np.intp], power: npt.NDArray[np.float32], total: npt.NDArray[np.float32]
    ) -> list[Heard]:
        columns = list(LONG_NAMES)
        alone = (power[:, columns] > LONG_SHARE * total[:, None]) & (power[:, columns] > FAINTEST)
        self._long[index] = np.where(alone, self._long[index] + 1, 0)
        rows, which = np.nonzero(self._long[index] == LONG_TONE)
        return [
            Heard(int(index[row]), LONG_NAMES[columns[int(tone)]], MS_A_WINDOW * LONG_TONE)
            for row, tone in zip(rows, which, strict=True)
        ]


def keys(power: npt.NDArray[np.float32], total: npt.NDArray[np.float32]) -> npt.NDArray[np.intp]:
    """Which key each window is, or −1. power: windows × frequencies, mean square; total: of the windows."""
    low, high = power[:, :4], power[:, 4:8]
    place = np.arange(len(power))
    row, column = low.argmax(axis=1), high.argmax(axis=1)
    one, other = low[place, row], high[place, column]
    second_low, second_high = np.partition(low, 2, axis=1)[:, 2], np.partition(high, 2, axis=1)[:, 2]
    good = (
        (one + other > SHARE * total) & (one > FAINTEST) & (other > FAINTEST)
        & (one < TWIST * other) & (other < TWIST * one)
        & (one > CLEAR * second_low) & (other > CLEAR * second_high)
    )  # fmt: skip
    return np.where(good, 4 * row + column, -1)
