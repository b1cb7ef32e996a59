"""When the collector of cycles runs: not while a process starts, seldom and over little once it serves.

What a plane imports and builds at its start stays until its end. Looked through again and again it costs the start a
few tenths of a second, and later pauses of a tenth of a second in which nobody is served.
"""

from __future__ import annotations

import gc

BUSY = (2_000, 500, 100)
"""Thresholds of the collector's generations. The more young objects, the longer a pause: a ms or two for so many. The
second generation waits for a million of them, so that what stays is not looked at twice for nothing."""


def hold() -> None:
    """From here to `settle` nothing is looked for: the process is starting."""
    gc.disable()


def settle(thresholds: tuple[int, int, int] = BUSY) -> None:
    """What has been made by now stays: the collector need not look at it again, only at what comes after."""
    gc.freeze()
    gc.set_threshold(*thresholds)
    gc.enable()
