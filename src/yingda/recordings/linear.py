"""A recording's WAV as 16-bit samples: what every form of the archive is made from (layout: docs/recordings.md)."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt

from yingda.kernel.errors import YingdaError
from yingda.recordings.disk import HEADER

CHANNELS, RATE = 2, 8_000
MU_LAW = 7
Stereo = npt.NDArray[np.int16]
"""samples × 2: left and right."""


def _expanded() -> npt.NDArray[np.int16]:
    """ITU-T G.711 µ-law: 256 codes to samples."""
    code = np.arange(255, -1, -1)  # all bits are inverted on the line
    magnitude = (((code & 0x0F) << 3) + 0x84 << (code >> 4 & 0x07)) - 0x84
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


EXPANDED = _expanded()


def read(wav: Path) -> Stereo:
    """All of it. Raises YingdaError `recording_unreadable`."""
    raw = wav.read_bytes()
    layout = struct.unpack_from("<HHI", raw, 20) if len(raw) >= HEADER else ()
    if raw[:4] != b"RIFF" or raw[8:16] != b"WAVEfmt " or layout != (MU_LAW, CHANNELS, RATE):
        raise YingdaError("recording_unreadable", "This is no recording of ours.", where=str(wav))
    (size,) = struct.unpack_from("<I", raw, HEADER - 4)
    data = raw[HEADER : HEADER + size // CHANNELS * CHANNELS]
    data = data[: len(data) // CHANNELS * CHANNELS]
    stereo: Stereo = EXPANDED[np.frombuffer(data, np.uint8)].reshape(-1, CHANNELS)
    return stereo
