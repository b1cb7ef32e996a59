"""Ids: UUIDv7 as text (RFC 9562 section 5.7). Simulations draw them from a seed."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable

IdSource = Callable[[], str]


_DRAWN_AT_ONCE = 256
_VARIANT = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))  # two bits of the noise under the fixed two

_VARIANT_BITS = 1 << 63  # the same over 62 bits of noise

_noise: list[str] = []
"""Twenty hex digits an id, drawn in one call of the system for many; a forked process draws its own."""
os.register_at_fork(after_in_child=_noise.clear)


def _format(ms: int, noise: str) -> str:
    """noise: 20 hex digits, six bits of which give way to version and variant."""
    time_ = f"{ms & (1 << 48) - 1:012x}"
    return f"{time_[:8]}-{time_[8:]}-7{noise[1:4]}-{_VARIANT[noise[4]]}{noise[5:8]}-{noise[8:]}"


def new_id() -> str:
    """A fresh UUIDv7 of this moment."""
    try:
        noise = _noise.pop()
    except IndexError:
        drawn = os.urandom(10 * _DRAWN_AT_ONCE).hex()
        _noise.extend(drawn[at : at + 20] for at in range(20, len(drawn), 20))
        noise = drawn[:20]
    return _format(time.time_ns() // 1_000_000, noise)


def seeded_ids(seed: int) -> IdSource:
    """Ids that are the same for the same seed, increasing in the order drawn."""
    rng = random.Random(seed)
    count = 0

    def draw() -> str:
        nonlocal count
        count += 1
        first, rest = rng.getrandbits(12), f"{_VARIANT_BITS | rng.getrandbits(62):016x}"
        return f"{count >> 16 & 0xFFFFFFFF:08x}-{count & 0xFFFF:04x}-7{first:03x}-{rest[:4]}-{rest[4:]}"

    return draw
