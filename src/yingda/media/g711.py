"""The two laws of ITU-T G.711 as tables: 256 codes to 16-bit samples, 65,536 samples to codes, law to law.

Samples are 16-bit; a full-scale µ-law sine has 3.17 dBm0, an A-law one 3.14 dBm0. Encoding follows the reference
of ITU-T G.191 (negative samples by one's complement), so every code survives decode and encode; the one exception is
the µ-law "minus zero" 0x7F, which has no sample of its own and comes back as 0xFF.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt

FRAME = 160
"""Samples of a 20 ms frame at 8 kHz."""

Samples = npt.NDArray[np.int16]


class Law(IntEnum):
    """How a leg's bytes are companded; the value indexes the tables."""

    MU = 0
    A = 1


LAW_OF_NAME = {"PCMU": Law.MU, "PCMA": Law.A}


def _decode_mu() -> Samples:
    code = ~np.arange(256) & 0xFF
    magnitude = ((((code & 0x0F) << 3) + 0x84) << (code >> 4 & 0x07)) - 0x84
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


def _decode_a() -> Samples:
    code = np.arange(256) ^ 0x55
    segment = code >> 4 & 0x07
    mantissa = ((code & 0x0F) << 4) + 8
    magnitude = np.where(segment == 0, mantissa, (mantissa + 0x100) << np.maximum(segment - 1, 0))
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)


def _all_samples() -> npt.NDArray[np.int64]:
    """Every 16-bit sample, in the order of its unsigned bit pattern."""
    return np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int64)


def _bit_length(values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.floor(np.log2(np.maximum(values, 1))).astype(np.int64) + 1


def _bytes(codes: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    return codes.astype(np.uint8)


def _encode_mu() -> npt.NDArray[np.uint8]:
    sample = _all_samples()
    biased = np.minimum((np.where(sample < 0, ~sample, sample) >> 2) + 33, 0x1FFF)
    segment = _bit_length(biased) - 6
    mantissa = biased >> (segment + 1) & 0x0F
    code = ~(segment << 4 | mantissa) & 0x7F
    return _bytes(np.where(sample < 0, code, code | 0x80))


def _encode_a() -> npt.NDArray[np.uint8]:
    sample = _all_samples()
    magnitude = np.where(sample < 0, ~sample, sample) >> 4
    segment = np.maximum(_bit_length(magnitude) - 4, 0)
    code = np.where(segment > 1, segment << 4 | (magnitude >> np.maximum(segment - 1, 0) & 0x0F), magnitude)
    return (np.where(sample < 0, code, code | 0x80) ^ 0x55).astype(np.uint8)


DECODE: Samples = np.stack([_decode_mu(), _decode_a()])
"""2 × 256: law and code to sample."""

DECODE_FLOAT: npt.NDArray[np.float32] = DECODE.astype(np.float32)

ENCODE: npt.NDArray[np.uint8] = np.stack([_encode_mu(), _encode_a()])
"""2 × 65,536: law and sample (as its unsigned bit pattern) to code."""

SILENCE = (bytes([0xFF]), bytes([0xD5]))
"""The code of a zero sample, by law."""

SILENT_FRAME = (SILENCE[Law.MU] * FRAME, SILENCE[Law.A] * FRAME)


def encode(samples: Samples, law: Law) -> bytes:
    """16-bit samples of any length to one byte each."""
    codes: npt.NDArray[np.uint8] = ENCODE[law][samples.view(np.uint16)]
    return codes.tobytes()


def decode(payload: bytes, law: Law) -> Samples:
    """Bytes of one law to as many 16-bit samples."""
    samples: Samples = DECODE[law][np.frombuffer(payload, np.uint8)]
    return samples


OTHER_LAW = (encode(DECODE[Law.MU], Law.A), encode(DECODE[Law.A], Law.MU))
"""For bytes.translate: OTHER_LAW[law] turns that law's bytes into the other's."""
