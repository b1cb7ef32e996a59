"""Ids: UUIDv7 as text (RFC 9562 section 5.7). Simulations draw them from a seed."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable

IdSource = Callable[[], str]


def _format(ms: int, rand_a: int, rand_b: int) -> str:
    value = (ms & (1 << 48) - 1) << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def new_id() -> str:
    """A fresh UUIDv7 of this moment."""
    noise = int.from_bytes(os.urandom(10), "big")
    return _format(time.time_ns() // 1_000_000, noise >> 68, noise & (1 << 62) - 1)


def seeded_ids(seed: int) -> IdSource:
    """Ids that are the same for the same seed, increasing in the order drawn."""
    rng = random.Random(seed)
    count = 0

    def draw() -> str:
        nonlocal count
        count += 1
        return _format(count, rng.getrandbits(12), rng.getrandbits(62))

    return draw
