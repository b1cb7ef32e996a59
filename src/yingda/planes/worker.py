"""The worker plane: carries the ledger into SQL (the importer) and personal values into their table, keeps recordings,
asks sister centres for their load.

Threads do the work; the event loop only answers the bus.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Mapping
from functools import partial
from typing import Any

from sqlalchemy import Connection

from yingda import __version__
from yingda.kernel.bus import BusClient, BusServer
from yingda.kernel.clock import SystemClock
from yingda.kernel.config import versions
from yingda.kernel.errors import YingdaError
from yingda.kernel.event import DEFAULT_TENANT
from yingda.kernel.ledger.importer import Importer
from yingda.kernel.ledger.reader import latest_stamp
from yingda.kernel.niceness import set_niceness
from yingda.kernel.personal import PersonalCarrier
from yingda.kernel.store import migrate, open_store, reading
from yingda.planes.child import Lifeline, Setup
from yingda.planes.living import live
from yingda.planes.sisters import Sisters, current
from yingda.recordings.keeper import Keeper
from yingda.reports.nightly import Nightly, verify_apart
from yingda.reports.persist import Projector
from yingda.reports.rebuild import refresh
from yingda.server import audit
from yingda.server.directory import CurrentDirectory

log = logging.getLogger(__name__)

NAME = "worker"
NICENESS = 5
"""Slow jobs give way to calls when there is not enough processor for both; the books must keep up all the same."""
CARRY_EVERY_S = 0.25
"""Personal values may be a moment later on the screen than the contact they belong to."""
TELL_S = 3.0
"""So long control may take for an alarm; it is told again at the next turn."""


def run(setup: Setup, lifeline: Lifeline) -> int:
    """Run the plane until it is told to stop; returns the exit code."""

    async def main() -> None:
        await live(WorkerPlane(setup), lifeline)

    asyncio.run(main())
    return 0


class WorkerPlane:
    """A thread each for the importer, the carrier, the recordings, the nightly proof of the books, and asking sister
    centres; the bus."""

    def __init__(self, setup: Setup) -> None:
        options = setup.options
        self._clock = SystemClock(latest_stamp(options.ledger))
        self._store = open_store(options.database or options.folder)
        migrate(self._store)
        refresh(self._store, options.ledger)
        self._importer = Importer(options.ledger, self._store.books, self._clock, [Projector(self._store.books)])
        self._carrier = PersonalCarrier(options.personal, self._store.business)
        self._keeper = Keeper(
            self._store, options.recordings, options.recording_keys, self._clock, self._tell, _expired
        )
        self._bus = BusServer(options.socket(NAME), self._command)
        self._control = BusClient(options.socket("control"))
        self._loop = asyncio.get_running_loop()
        self._stop = threading.Event()
        prove = partial(verify_apart, str(options.folder), options.database, self._stop)
        self._nightly = Nightly(self._clock, self._zone, prove, self._tell)
        directory = CurrentDirectory(self._store, DEFAULT_TENANT)
        sisters = Sisters(partial(current, directory), self._tell_control)
        self._threads = [
            threading.Thread(target=self._importer.run, args=(self._stop,), name="importer"),
            threading.Thread(target=self._carry, name="personal"),
            threading.Thread(target=self._keeper.run, args=(self._stop,), name="recordings"),
            threading.Thread(target=self._nightly.run, args=(self._stop,), name="nightly"),
            threading.Thread(target=sisters.run, args=(self._stop,), name="sisters"),
        ]
        self._started_at = self._clock.now()

    async def start(self) -> None:
        set_niceness(NICENESS)  # now that the start itself is over; the threads take it over
        for thread in self._threads:
            thread.start()
        await self._bus.start()
        await self._control.start()

    async def close(self) -> None:
        """What control wrote last is imported before the worker goes (the next start would do it too)."""
        self._stop.set()
        for thread in self._threads:
            if thread.ident is not None:
                await asyncio.to_thread(thread.join)
        await self._control.close()
        await self._bus.close()
        self._store.close()

    def _carry(self) -> None:
        while True:
            stopping = self._stop.wait(CARRY_EVERY_S)
            try:
                self._carrier.step()
            except Exception:
                log.exception("personal values could not be carried; trying again")
            if stopping:
                return

    def _zone(self) -> str:
        """The centre's, by the version in force."""
        with reading(self._store.business) as connection:
            version = versions.current(connection)
        return version.centre.centre.time_zone if version is not None else "UTC"

    def _tell(self, alarms: Mapping[str, str | None]) -> None:
        """From a thread: its alarms to control, which shows them."""
        asyncio.run_coroutine_threadsafe(self._raise(alarms), self._loop).result()

    async def _raise(self, alarms: Mapping[str, str | None]) -> None:
        for key, sentence in alarms.items():
            await self._say("alarm.raise", {"key": key, "sentence": sentence})

    def _tell_control(self, method: str, body: Mapping[str, Any]) -> None:
        """From a thread: what sister centres say."""
        asyncio.run_coroutine_threadsafe(self._say(method, body), self._loop).result()

    async def _say(self, method: str, body: Mapping[str, Any]) -> None:
        """Control may be away; it is told again at the next turn."""
        try:
            await self._control.call(method, body, TELL_S)
        except YingdaError as error:
            log.warning("%s could not be told: %s", method, error)

    async def _command(self, method: str, _body: object, _peer: object) -> object:
        if method == "ping":
            return {"plane": NAME, "version": __version__, "since": self._started_at, "now": self._clock.now()}
        if method == "lag":
            events, age = await asyncio.to_thread(self._importer.lag)
            return {"events": events, "us": age}
        if method == "metrics":
            events, age = await asyncio.to_thread(self._importer.lag)
            return {"text": _metrics(events, age) + self._keeper.metrics()}
        raise YingdaError("unknown_method", f"The worker knows no {method}.")


def _expired(connection: Connection, tenant: str, at: int, recording_id: str) -> None:
    audit.write(connection, tenant, at, audit.Deed("system", "recording.expired", f"recording:{recording_id}", ""))


def _metrics(events: int, age: int) -> str:
    return (
        "# HELP yingda_import_lag_events Events written and not yet imported.\n"
        "# TYPE yingda_import_lag_events gauge\n"
        f"yingda_import_lag_events {events}\n"
        "# HELP yingda_import_lag_seconds Age of the oldest of them.\n"
        "# TYPE yingda_import_lag_seconds gauge\n"
        f"yingda_import_lag_seconds {age / 1e6}\n"
    )
