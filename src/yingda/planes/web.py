"""The web plane: the FastAPI application on the supervisor's socket, with its buses to the other planes."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Collection, Iterator

import uvicorn
import uvloop

from yingda.customers import search
from yingda.kernel.bus import BusClient
from yingda.kernel.clock import SystemClock
from yingda.kernel.ledger.reader import latest_stamp
from yingda.kernel.memory import settle
from yingda.kernel.store import migrate, open_store
from yingda.planes.child import Lifeline, Setup, inherited
from yingda.planes.tls import server_context
from yingda.server.app import create_app
from yingda.server.deps import Deps

OTHERS_S = 5.0
"""How long the start waits for the other planes; after that the screens say which one is away."""
SWITCH_S = 0.001
"""So long the loop, which tells the desks, may wait for the thread of a request."""
GRACE_S = 2
"""How long open requests may take when the plane stops."""


def run(setup: Setup, lifeline: Lifeline) -> int:
    """Run the plane until it is told to stop; returns the exit code."""
    sys.setswitchinterval(SWITCH_S)
    uvloop.run(_run(setup, lifeline))
    return 0


async def _run(setup: Setup, lifeline: Lifeline) -> None:
    options = setup.options
    clock = SystemClock(latest_stamp(options.ledger))
    store = open_store(options.database or options.folder)
    migrate(store)
    sockets = [options.socket("control"), *options.media_sockets, options.socket("worker"), options.socket("flows")]
    buses = {socket.stem: BusClient(socket) for socket in sockets}
    try:
        for bus in buses.values():
            await bus.start()
        deps = Deps(options=options, store=store, buses=buses, clock=clock)
        server = _Server(_config(setup, clock.now(), create_app(deps)), lifeline, buses.values())
        loop = asyncio.get_running_loop()
        lifeline.watch(lambda: loop.call_soon_threadsafe(server.stop))
        await server.serve(sockets=[inherited(setup, "http")])
    finally:
        for bus in buses.values():
            await bus.close()
        store.close()


def _config(setup: Setup, now: int, app: object) -> uvicorn.Config:
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
        ws_max_size=64 * 1024,
    )
    config.load()
    if not setup.options.loopback:
        config.ssl = server_context(setup.options, now)
    return config


class _Server(uvicorn.Server):
    """uvicorn, which says when it listens and reaches the others, and ends with the supervisor."""

    def __init__(self, config: uvicorn.Config, lifeline: Lifeline, buses: Collection[BusClient]) -> None:
        super().__init__(config)
        self._lifeline, self._buses = lifeline, buses
        self._warming: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        await super().startup(sockets)  # type: ignore[arg-type]
        waits = [bus.wait_connected(OTHERS_S) for bus in self._buses]
        await asyncio.gather(*waits, return_exceptions=True)  # one that is away is shown as away
        settle()
        self._lifeline.ready()
        self._warming = asyncio.create_task(self._warm())

    async def _warm(self) -> None:
        """What the first search would wait for, while nobody has signed in yet."""
        await asyncio.to_thread(search.warm)
        settle()

    def stop(self) -> None:
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn does, without raising the signal again afterwards: a stop is an ordinary end here."""
        with contextlib.suppress(KeyboardInterrupt), super().capture_signals():
            yield
