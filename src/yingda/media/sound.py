"""What a player plays: mono sound of 8 kHz in both laws; read from WAV and MP3 files, resampled, cached.

Read are PCM of 8 and 16 bit and G.711 of both laws, one or two channels, 4–192 kHz, and MP3 by miniaudio. The
resampler's low-pass is a Kaiser-windowed sinc, flat to 3.4 kHz and below −80 dB from 4.2 kHz on, as a polyphase filter.
"""

from __future__ import annotations

import struct
from collections import OrderedDict
from dataclasses import dataclass
from math import gcd
from pathlib import Path

import numpy as np
import numpy.typing as npt

from yingda.kernel.errors import YingdaError
from yingda.media.g711 import SILENCE, Law, Samples, decode, encode

RATE = 8_000
MAX_FILE = 256 << 20
CACHE_BYTES = 256 << 20
ZEROS = 32  # zero crossings of the sinc on each side
KAISER_BETA = 8.0
CUTOFF = 0.95  # of the lower Nyquist frequency: the middle of the transition
BLOCK = 8_192
PCM, A_LAW, MU_LAW, EXTENSIBLE = 1, 6, 7, 0xFFFE

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Sound:
    """The same samples in each law; `laws[Law.MU]` are µ-law bytes."""

    laws: tuple[bytes, bytes]

    @classmethod
    def of(cls, samples: Samples) -> Sound:
        return cls((encode(samples, Law.MU), encode(samples, Law.A)))

    @classmethod
    def silence(cls, ms: int) -> Sound:
        length = ms * RATE // 1_000
        return cls((SILENCE[Law.MU] * length, SILENCE[Law.A] * length))

    def __len__(self) -> int:
        return len(self.laws[0])


class Stretch:
    """So many samples of a sound, each time from where the last time ended: music between announcements.

    cursor: one number, shared by all stretches of that sound in a play.
    """

    def __init__(self, sound: Sound, length: int, cursor: list[int]) -> None:
        self._sound, self._cursor = sound, cursor
        self._length = length if len(sound) else 0

    def __len__(self) -> int:
        return self._length

    def next(self) -> Sound:
        """The sound begins again when it is over."""
        start = self._cursor[0]
        self._cursor[0] = (start + self._length) % max(1, len(self._sound))
        turns = -(-(start + self._length) // max(1, len(self._sound)))
        one, other = ((law * turns)[start : start + self._length] for law in self._sound.laws)
        return Sound((one, other))


def _refuse(path: Path, why: str) -> YingdaError:
    return YingdaError("sound_unreadable", f"The sound file cannot be played: {why}.", where=str(path))


def read_sound(path: Path) -> Sound:
    """A WAV or MP3 file, by what is in it. Raises `sound_unreadable` with the reason, for a missing file too."""
    raw = _bytes(path)
    return _of_wav(path, raw) if raw[:4] == b"RIFF" or not _looks_like_mp3(raw) else _of_mp3(path, raw)


def read_wav(path: Path) -> Sound:
    """Raises as `read_sound`."""
    return _of_wav(path, _bytes(path))


def _looks_like_mp3(raw: bytes) -> bool:
    """An ID3 tag, or the eleven set bits of a frame's beginning."""
    return raw[:3] == b"ID3" or (len(raw) > 2 and raw[0] == 0xFF and raw[1] & 0xE0 == 0xE0)


def _of_mp3(path: Path, raw: bytes) -> Sound:
    import miniaudio  # loaded with the first MP3: 2 MB that a centre with WAV prompts never needs

    try:
        decoded = miniaudio.mp3_read_s16(raw)
    except miniaudio.DecodeError as error:
        raise _refuse(path, "it is no MP3 that can be read") from error
    samples = np.frombuffer(decoded.samples, np.int16).astype(np.float64).reshape(-1, decoded.nchannels).mean(axis=1)
    if not len(samples):
        raise _refuse(path, "it is no MP3 that can be read")
    return _at_8_khz(samples, decoded.sample_rate)


def _at_8_khz(samples: Floats, rate: int) -> Sound:
    made = resample(samples, rate, RATE)
    return Sound.of(np.clip(np.rint(made), -32_768, 32_767).astype(np.int16))


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_FILE:
            raise _refuse(path, f"it is larger than {MAX_FILE >> 20} MB")
        return path.read_bytes()
    except OSError as error:
        raise _refuse(path, (error.strerror or str(error)).lower()) from error


def _of_wav(path: Path, raw: bytes) -> Sound:
    chunks = _chunks(path, raw)
    layout, body = chunks.get(b"fmt "), chunks.get(b"data")
    if layout is None or body is None or len(layout) < 16:
        raise _refuse(path, "its format or data part is missing")
    kind, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", layout)
    if kind == EXTENSIBLE and len(layout) >= 26:
        kind = int.from_bytes(layout[24:26], "little")
    if channels not in (1, 2) or not 4_000 <= rate <= 192_000:
        raise _refuse(path, f"{channels} channels at {rate} Hz are not supported")
    if kind in (A_LAW, MU_LAW) and channels == 1 and rate == RATE:
        own = Law.MU if kind == MU_LAW else Law.A
        other = encode(decode(body, own), Law(1 - own))
        return Sound((body, other) if own is Law.MU else (other, body))
    samples = _linear(path, kind, bits, body)
    if channels == 2:
        samples = samples[: len(samples) // 2 * 2].reshape(-1, 2).mean(axis=1)
    return _at_8_khz(samples, rate)


def _chunks(path: Path, raw: bytes) -> dict[bytes, bytes]:
    if raw[:4] != b"RIFF" or raw[8:12] != b"WAVE":
        raise _refuse(path, "it is not a WAV file")
    found: dict[bytes, bytes] = {}
    at = 12
    while at + 8 <= len(raw):
        name, length = raw[at : at + 4], int.from_bytes(raw[at + 4 : at + 8], "little")
        found.setdefault(name, raw[at + 8 : at + 8 + length])  # a file cut short plays as far as it goes
        at += 8 + length + length % 2
    return found


def _linear(path: Path, kind: int, bits: int, body: bytes) -> Floats:
    if kind == PCM and bits == 16:
        return np.frombuffer(body[: len(body) // 2 * 2], "<i2").astype(np.float64)
    if kind == PCM and bits == 8:
        return (np.frombuffer(body, np.uint8).astype(np.float64) - 128) * 256
    if kind in (A_LAW, MU_LAW) and bits == 8:
        return decode(body, Law.MU if kind == MU_LAW else Law.A).astype(np.float64)
    raise _refuse(path, f"format {kind} with {bits} bits is not supported")


def resample(samples: Floats, rate: int, wanted: int) -> Floats:
    """By the ratio of two integer rates; the result starts at the same instant and is as long, rounded up."""
    if rate == wanted or not len(samples):
        return samples
    shared = gcd(rate, wanted)
    up, down = wanted // shared, rate // shared
    width = ZEROS * max(1.0, down / up)  # half the filter, in input samples
    taps = 2 * int(np.ceil(width)) + 1
    kernels = _kernels(up, down, taps, width)
    padded = np.concatenate([np.zeros(taps // 2), samples, np.zeros(taps)])
    count = -(-len(samples) * up // down)
    result = np.empty(count)
    for start in range(0, count, BLOCK):
        position = np.arange(start, min(start + BLOCK, count), dtype=np.int64) * down
        windows = np.lib.stride_tricks.sliding_window_view(padded, taps)[position // up]
        result[start : start + BLOCK] = np.einsum("nt,nt->n", windows, kernels[position % up])
    return result


def _kernels(up: int, down: int, taps: int, width: float) -> Floats:
    """up × taps: the filter for each of the `up` places an output can have between two inputs."""
    cutoff = CUTOFF * min(1.0, up / down)
    offset = np.arange(taps)[None, :] - taps // 2 - np.arange(up)[:, None] / up
    window = np.i0(KAISER_BETA * np.sqrt(np.maximum(0.0, 1 - (offset / width) ** 2))) / np.i0(KAISER_BETA)
    kernel = cutoff * np.sinc(cutoff * offset) * window
    return np.asarray(kernel / kernel.sum(axis=1, keepdims=True))


class SoundCache:
    """Files by path, time and size; the least used go when it holds more than 256 MB. For one thread."""

    def __init__(self, limit: int = CACHE_BYTES) -> None:
        self._limit = limit
        self._held = 0
        self._sounds: OrderedDict[tuple[str, int, int], Sound] = OrderedDict()

    def load(self, path: Path) -> Sound:
        """Raises `sound_unreadable`."""
        try:
            status = path.stat()
        except OSError as error:
            raise _refuse(path, (error.strerror or str(error)).lower()) from error
        key = (str(path), status.st_mtime_ns, status.st_size)
        sound = self._sounds.pop(key, None)
        if sound is None:
            sound = read_sound(path)
            self._held += 2 * len(sound)
        self._sounds[key] = sound
        while self._held > self._limit and len(self._sounds) > 1:
            _, oldest = self._sounds.popitem(last=False)
            self._held -= 2 * len(oldest)
        return sound
