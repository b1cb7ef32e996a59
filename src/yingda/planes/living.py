"""The life of a plane that runs on asyncio: started, ready, told to stop by a signal or by the supervisor's absence."""

from __future__ import annotations

import asyncio
import signal
from typing import Protocol

from yingda.kernel.memory import settle
from yingda.planes.child import Lifeline


class Plane(Protocol):
    """`close` is harmless at any stage of the start."""

    async def start(self) -> None: ...

    async def close(self) -> None: ...


async def live(plane: Plane, lifeline: Lifeline) -> None:
    """Start the plane, say so, and close it when it is told to stop or its start fails."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        await plane.start()
        settle()
        lifeline.ready()
        lifeline.watch(lambda: loop.call_soon_threadsafe(stop.set))
        await stop.wait()
    finally:
        await plane.close()
