"""Tones and what is left of them at the far end: G.711, WAV files, and levels of single frequencies.

Samples are int16 arrays at 8,000 Hz. A level is in dBFS: 0 is a sine that just reaches full scale.
G.711 is ITU-T G.711 (its tables are built from the segments it defines); WAV tags are those of RFC 2361.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

RATE = 8_000
FULL_SCALE = 32_768.0
SILENCE_DBFS = -120.0

Law = Literal["PCMA", "PCMU"]
Samples = NDArray[np.int16]

_WAV_PCM, _WAV_ALAW, _WAV_ULAW = 1, 6, 7


def _ulaw_table() -> Samples:
    code = ~np.arange(256) & 0xFF
    magnitude = ((((code & 0x0F) << 3) + 0x84) << (code >> 4 & 7)) - 0x84
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


def _alaw_table() -> Samples:
    code = np.arange(256) ^ 0x55
    segment, step = code >> 4 & 7, (code & 0x0F) << 4
    magnitude = np.where(segment == 0, step + 8, (step + 0x108) << np.maximum(segment - 1, 0))
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)


TABLES: dict[Law, Samples] = {"PCMA": _alaw_table(), "PCMU": _ulaw_table()}
PAYLOAD_TYPES: dict[int, Law] = {0: "PCMU", 8: "PCMA"}


def decode(payload: bytes, law: Law) -> Samples:
    """G.711 bytes as samples."""
    return TABLES[law][np.frombuffer(payload, dtype=np.uint8)]


def encode(samples: Samples, law: Law) -> bytes:
    """Samples as G.711 bytes: for each the code whose value lies nearest."""
    table = TABLES[law].astype(np.int32)
    order = np.argsort(table, kind="stable")
    values = table[order]
    right = np.clip(np.searchsorted(values, samples.astype(np.int32)), 1, len(values) - 1)
    nearer_left = samples - values[right - 1] <= values[right] - samples
    return order[np.where(nearer_left, right - 1, right)].astype(np.uint8).tobytes()


def tone(hz: float, seconds: float, dbfs: float = -12.0) -> Samples:
    """A sine. With whole Hz and whole seconds it can be repeated without a seam."""
    amplitude = (FULL_SCALE - 1) * 10 ** (dbfs / 20)
    at = np.arange(round(seconds * RATE)) / RATE
    return np.round(amplitude * np.sin(2 * np.pi * hz * at)).astype(np.int16)


def write_wav(path: Path, samples: Samples) -> None:
    """A mono PCM WAV of 16 bits."""
    body = samples.astype("<i2").tobytes()
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        36 + len(body),
        b"WAVE",
        b"fmt ",
        16,
        _WAV_PCM,
        1,
        RATE,
        2 * RATE,
        2,
        16,
        b"data",
        len(body),
    )
    path.write_bytes(head + body)


@dataclass(frozen=True)
class Wav:
    """A sound file. channels: channels × samples."""

    rate: int
    channels: Samples

    @property
    def seconds(self) -> float:
        return float(self.channels.shape[1] / self.rate)


def read_wav(path: Path) -> Wav:
    """PCM of 16 bits, A-law or µ-law; ValueError with a sentence for anything else, or a file that is cut or empty."""
    raw = path.read_bytes()
    if raw[:4] != b"RIFF" or raw[8:12] != b"WAVE":
        raise ValueError(f"{path.name} is not a WAV file")
    layout: tuple[int, int, int, int] | None = None
    at = 12
    while at + 8 <= len(raw):
        name, size = raw[at : at + 4], struct.unpack_from("<I", raw, at + 4)[0]
        body = raw[at + 8 : at + 8 + size]
        if name == b"fmt " and len(body) >= 16:
            tag, count, rate, _, _, bits = struct.unpack_from("<HHIIHH", body)
            layout = (tag, count, rate, bits)
        elif name == b"data" and layout is not None:
            return Wav(layout[2], _samples(path, layout, body).T.copy())
        at += 8 + size + size % 2
    raise ValueError(f"{path.name} has no sound in it")


def _samples(path: Path, layout: tuple[int, int, int, int], body: bytes) -> Samples:
    tag, count, _, bits = layout
    if tag == _WAV_PCM and bits == 16:
        flat = np.frombuffer(body[: len(body) // 2 * 2], dtype="<i2").astype(np.int16)
    elif tag in (_WAV_ALAW, _WAV_ULAW):
        flat = decode(body, "PCMA" if tag == _WAV_ALAW else "PCMU")
    else:
        raise ValueError(f"{path.name} is in a format that is not read here (tag {tag}, {bits} bits)")
    whole = len(flat) // count * count
    return flat[:whole].reshape(-1, count)


def level(samples: Samples, hz: float, rate: int = RATE) -> float:
    """Level of one frequency (dBFS): the DFT at exactly that frequency under a Hann window.

    The window's main lobe is 4/duration wide: 20 ms tell tones apart that lie 150 Hz from each other, 1 s a few Hz.
    """
    if len(samples) < rate // 100:
        return SILENCE_DBFS
    turn = _turn(hz, rate, 1 << (len(samples) - 1).bit_length())[: len(samples)]
    return _dbfs(abs(complex(np.dot(samples * _window(len(samples)), turn))))


def strongest_beside(samples: Samples, hz: float, apart_hz: float = 12.0, rate: int = RATE) -> tuple[float, float]:
    """(level in dBFS, Hz) of the strongest component that is at least `apart_hz` away from `hz` (FFT, Hann window)."""
    if len(samples) < rate // 10:
        return SILENCE_DBFS, 0.0
    spectrum = np.abs(np.fft.rfft(samples * _window(len(samples))))
    at = np.fft.rfftfreq(len(samples), 1 / rate)
    spectrum[np.abs(at - hz) < apart_hz] = 0
    peak = int(np.argmax(spectrum))
    return _dbfs(float(spectrum[peak])), float(at[peak])


@lru_cache(maxsize=128)
def _window(count: int) -> NDArray[np.float64]:
    """A Hann window scaled so that a sine at full scale has the amplitude 1 in a sum of products."""
    window = np.hanning(count)
    scaled: NDArray[np.float64] = window * (2 / window.sum() / FULL_SCALE)
    return scaled


@lru_cache(maxsize=128)
def _turn(hz: float, rate: int, count: int) -> NDArray[np.complex128]:
    """The frequency, turning backwards: the same few are looked for in thousands of packets."""
    turn: NDArray[np.complex128] = np.exp(-2j * np.pi * hz / rate * np.arange(count))
    return turn


def _dbfs(amplitude: float) -> float:
    return SILENCE_DBFS if amplitude <= 1e-6 else 20 * math.log10(amplitude)
