"""Recordings as Ogg Opus (RFC 7845), 16 kbit/s, two channels, through PyAV, which comes with the extra `opus`.

The channels are coded apart (mapping family 255): coupled stereo would fold both sides into one at this rate, and who
said what would be lost.
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from yingda.kernel.errors import YingdaError

BIT_RATE = 16_000
RATE = 8_000
DECODED_RATE = 48_000
SETTINGS = {"application": "voip", "mapping_family": "255", "compression_level": "5"}
"""compression_level 5 of 10: half the processor's time for a loss that telephone speech does not show."""


def encode(wav: Path) -> bytes:
    """The Ogg file. Raises YingdaError: opus_absent, or opus_failed for what is no recording."""
    av, target = _library(), io.BytesIO()
    with (
        _refusals(av, str(wav)),
        av.open(wav, format="wav") as source,
        av.open(target, "w", format="ogg") as ogg,
    ):
        stream = ogg.add_stream("libopus", rate=RATE, options=dict(SETTINGS))
        stream.layout = "stereo"
        stream.bit_rate = BIT_RATE
        for frame in source.decode(source.streams.audio[0]):
            ogg.mux(stream.encode(frame))
        ogg.mux(stream.encode(None))
    return target.getvalue()


def decoded_ms(ogg: bytes) -> float:
    """How long the file sounds: all of it is decoded. Raises YingdaError as `encode`."""
    av, samples = _library(), 0
    with _refusals(av, "the Opus file"), av.open(io.BytesIO(ogg), format="ogg") as source:
        for frame in source.decode(source.streams.audio[0]):
            samples += frame.samples
    return samples * 1_000 / DECODED_RATE


def _library() -> ModuleType:
    """PyAV, loaded when it is first needed: 30 MB that only an archive of Opus needs."""
    try:
        return importlib.import_module("av")
    except ImportError as error:
        todo = "Install Yingda with its extra `opus`, or keep recordings as WAV."
        raise YingdaError("opus_absent", "Opus cannot be made here: PyAV is not installed.", todo=todo) from error


@contextmanager
def _refusals(av: ModuleType, where: str) -> Iterator[None]:
    try:
        yield
    except (av.FFmpegError, IndexError, OSError) as error:  # IndexError: a file without sound
        raise YingdaError(
            "opus_failed", f"The recording could not be turned into Opus: {error}.", where=where
        ) from error
