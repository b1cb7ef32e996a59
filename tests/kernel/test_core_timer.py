"""The timer of a core on the loop of the planes, with real time: a ring is late or in time, never early."""

from __future__ import annotations

import asyncio
import time
from functools import partial

import uvloop

from tests.deadline import within
from yingda.kernel.clock import MS, SECOND
from yingda.kernel.core_timer import CoreTimer


def _now() -> int:
    return time.monotonic_ns() // 1000


async def _rings(count: int, late: int = 0) -> list[tuple[int, int]]:
    """(when due, when it rang) of `count` timers, of a third of a ms more each."""
    seen: list[tuple[int, int]] = []
    done = asyncio.Event()

    def rang(due: int) -> None:
        seen.append((due, _now()))
        if len(seen) == count:
            done.set()

    for number in range(count):
        due = _now() + number * MS // 3
        CoreTimer(_now, partial(rang, due), late).set(due)
    await within(20, done.wait())
    return seen


def test_no_core_is_called_before_its_time() -> None:
    seen = uvloop.run(_rings(120))
    assert len(seen) == 120 and all(at >= due for due, at in seen)


def test_what_may_wait_waits() -> None:
    assert all(at >= due + 20 * MS for due, at in uvloop.run(_rings(20, 20 * MS)))


def test_it_rings_once_at_the_time_that_was_set_last() -> None:
    async def scene() -> tuple[list[int], int]:
        rings: list[int] = []
        done = asyncio.Event()

        def ring() -> None:
            rings.append(_now())
            done.set()

        timer = CoreTimer(_now, ring)
        start = _now()
        for due in (start + 5 * MS, start + 60 * SECOND, None, start + 60 * SECOND, start + 40 * MS):
            timer.set(due)
        await within(20, done.wait())
        timer.set(start)  # already rung: it may be set again, also for what is past
        done.clear()
        await within(20, done.wait())
        return rings, start

    rings, start = uvloop.run(scene())
    assert len(rings) == 2 and rings[0] >= start + 40 * MS
