"""The flows plane: callers' sessions in VoiceXML, apart from control so that no script is ever felt by a call.

Control begins sessions and tells what happens to their callers; what is to be done is published on the topic "flow".
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import msgspec
import uvloop

from yingda import __version__
from yingda.calls import flow_protocol as messages
from yingda.ivr.running.documents import Documents
from yingda.ivr.running.lookups import Lookups
from yingda.ivr.running.objects import Objects
from yingda.ivr.running.session import Session
from yingda.ivr.running.sounds import Prompts
from yingda.ivr.script.quickjs_engine import QuickJs
from yingda.ivr.speech.cache import PromptCache
from yingda.ivr.speech.hearing.choosing import recognisers_of
from yingda.ivr.speech.hearing.ears import Ears
from yingda.ivr.speech.hearing.recogniser import Recogniser
from yingda.ivr.speech.speakers import speakers_of
from yingda.ivr.voicexml.model import Library
from yingda.kernel.bus import BusServer
from yingda.kernel.clock import SystemClock
from yingda.kernel.config import credentials, versions
from yingda.kernel.config.sealed import Sealer
from yingda.kernel.errors import YingdaError
from yingda.kernel.niceness import set_niceness
from yingda.kernel.personal import load_key
from yingda.kernel.store import migrate, open_store, reading
from yingda.planes.child import Lifeline, Setup
from yingda.planes.flow_customers import FlowCustomers
from yingda.planes.living import live

log = logging.getLogger(__name__)

NAME = "flows"
NICENESS = 2
"""Calls first: a flow may wait a moment, sound and signalling may not."""
SWITCH_S = 0.001
"""So long the loop may wait for a heavy session's thread between two scripts."""
MOST_SESSIONS = 2_000


def run(setup: Setup, lifeline: Lifeline) -> int:
    """Run the plane until it is told to stop; returns the exit code."""
    sys.setswitchinterval(SWITCH_S)

    async def main() -> None:
        await live(FlowsPlane(setup), lifeline)

    uvloop.run(main())
    return 0


class FlowsPlane:
    """All sessions of this process, by id."""

    def __init__(self, setup: Setup) -> None:
        options = setup.options
        self._clock = SystemClock(0)
        self._started_at = self._clock.now()
        self._store = open_store(options.database or options.folder)
        self._sealer, self._models = Sealer(load_key(options.folder)), options.models
        self._spoken = PromptCache(options.prompts, speakers_of((), {}, options.models))
        self._spoken.forget_private()  # of a run that was killed
        self._prompts = Prompts(options.prompts, self._spoken, options.recordings)
        self._library = Library()
        self._documents = Documents()
        self._lookups = Lookups((), os.environ)
        self._customers: FlowCustomers | None = None
        self._ears = Ears()
        self._aside = ThreadPoolExecutor(1, thread_name_prefix="aside")
        self._engines: tuple[object, ...] = ()
        self._sessions: dict[str, Session] = {}
        self._bus = BusServer(options.socket(NAME), self._command)

    async def start(self) -> None:
        set_niceness(NICENESS)
        await self._ears.start()
        await self._configure()
        await self._bus.start()

    async def close(self) -> None:
        for session in list(self._sessions.values()):
            session.close()
        await self._bus.close()
        self._aside.shutdown(wait=False, cancel_futures=True)
        await self._ears.close()
        await asyncio.to_thread(self._spoken.close)
        self._spoken.forget_private()
        self._lookups.close()
        self._store.close()

    async def _configure(self) -> None:
        recognisers = await asyncio.to_thread(self._read_documents)
        if recognisers is not None:
            await self._ears.use(recognisers)

    def _read_documents(self) -> dict[str, list[Recogniser]] | None:
        """Those of the version in force; sessions that run keep what they began with. Returns its recognisers, None
        where nothing of speech has changed: engines that have loaded their models go on."""
        migrate(self._store)
        with reading(self._store.business) as connection:
            version = versions.current(connection)
            keys, _ = credentials.speech_keys(connection, self._sealer)
        if version is None:
            return None
        centre = version.centre
        os.environ["TZ"] = centre.centre.time_zone  # the clock of scripts: `new Date().getHours()` is the centre's hour
        time.tzset()
        texts = {document.name: document.text for document in centre.documents}
        self._lookups = Lookups(centre.lookups, os.environ)
        self._customers = FlowCustomers(self._store, self._clock, centre)
        self._documents = Documents(version.version, texts, tuple(centre.centre.flows.allowed))
        engines = (centre.voices, centre.recognisers, keys)
        if engines == self._engines:
            return None
        self._engines = engines
        self._spoken.use(speakers_of(centre.voices, keys, self._models))
        return recognisers_of(centre.recognisers, keys, self._models)

    async def _command(self, method: str, body: object, _peer: object) -> object:
        match method:
            case "flow.start":
                self._begin(msgspec.convert(body, messages.Start))
                return None
            case "flow.happened":
                told = msgspec.convert(body, messages.Told)
                session = self._sessions.get(told.session_id)
                if session is not None:
                    session.happened(told.event)
                return None
            case "flow.end":
                self._end(msgspec.convert(body, messages.End).session_id)
                return None
            case "config.published":
                await self._configure()
                return {"version": self._documents.version}
            case "ping":
                return {"plane": NAME, "version": __version__, "since": self._started_at, "now": self._clock.now()}
            case "metrics":
                return {"text": self._metrics()}
        raise YingdaError("unknown_method", f"The flows plane knows no {method}.")

    def _begin(self, start: messages.Start) -> None:
        if len(self._sessions) >= MOST_SESSIONS:
            raise YingdaError("flows_full", f"{MOST_SESSIONS} callers are in flows already.")

        def tell(acts: list[messages.AnyAct]) -> None:
            self._bus.publish("flow", messages.Acts(session_id=start.session_id, acts=acts))
            if any(isinstance(act, messages.Exit) for act in acts):
                self._sessions.pop(start.session_id, None)

        objects = Objects(self._lookups, self._customers)
        documents = self._documents.with_texts(start.texts) if start.texts else self._documents
        session = Session(
            start, self._library, QuickJs(), self._prompts, documents, objects, tell, self._ears, self._aside
        )
        self._sessions[start.session_id] = session
        session.begin()

    def _end(self, session_id: str) -> None:
        session = self._sessions.pop(session_id, None)
        if session is not None:
            session.close()

    def _metrics(self) -> str:
        return (
            "# HELP yingda_flow_sessions Callers in flows now.\n"
            "# TYPE yingda_flow_sessions gauge\n"
            f"yingda_flow_sessions {len(self._sessions)}\n" + self._spoken.counters.text() + self._ears.metrics()
        )
