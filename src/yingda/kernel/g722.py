"""G.722 (ITU-T, 64 kbit/s) for phones that prefer it: the package G722, in its 8 kHz mode.

Wideband phones understand what is made here, and of their two bands we hear the lower: more a telephone line has not.
PCM is 16-bit, native byte order, 8 kHz; a byte of G.722 is a sample of it. Where the package is not installed, G.722 is
only handed on (`media/protocol/shapes.py`).
"""

from __future__ import annotations

import importlib.util
from functools import cache

RATE, BIT_RATE = 8_000, 64_000


@cache
def available() -> bool:
    return importlib.util.find_spec("G722") is not None


class Coder:
    """One direction of one line: the codec is adaptive, each packet builds on those before."""

    def __init__(self) -> None:
        """Raises ImportError where the package is not installed."""
        from G722 import G722

        self._codec = G722(RATE, BIT_RATE, use_numpy=False)

    def encode(self, pcm: bytes) -> bytes:
        return bytes(self._codec.encode(memoryview(pcm).cast("h")))

    def decode(self, payload: bytes) -> bytes:
        return self._codec.decode(payload).tobytes()  # type: ignore[no-any-return]  # an array of the module array
