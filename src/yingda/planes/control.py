"""The control plane: SIP, calls, distribution and desks in one asyncio process.

Assembles the rooms: configuration → distributor, switch, signalling, live board → sockets, media and bus. Whatever
comes in gets its time here and goes to the conductor.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Coroutine, Sequence

import uvloop

from yingda import __version__
from yingda.agents import commands
from yingda.agents.conductor import Conductor
from yingda.agents.desk import Desk
from yingda.agents.live import LiveBoard, Patch
from yingda.agents.phones import Phones
from yingda.calls.journal import Journal
from yingda.calls.numbering import NumberPlan
from yingda.calls.signalling import Doorman, Registrations, Signalling
from yingda.calls.switch import Switch
from yingda.kernel.bus.aio import BusServer
from yingda.kernel.clock import SECOND, SystemClock
from yingda.kernel.config.credentials import REALM
from yingda.kernel.errors import YingdaError
from yingda.kernel.event import Event
from yingda.kernel.ids import new_id
from yingda.kernel.ledger.reader import latest_stamp
from yingda.kernel.ledger.writer import LedgerWriter
from yingda.kernel.personal import PersonalSpool, load_key
from yingda.media import protocol as media
from yingda.media.client import MediaClient
from yingda.planes.child import Lifeline, Setup, inherited
from yingda.planes.configuration import Configuration, Configured
from yingda.planes.metrics import ControlMetrics
from yingda.planes.recovery import closing_append
from yingda.planes.tls import server_context
from yingda.routing.distributor import Distributor
from yingda.sip import events as sip
from yingda.sip.core import EndpointConfig
from yingda.sip.endpoint import Endpoint
from yingda.sip.transports.stack import SipStack

log = logging.getLogger(__name__)

NAME = "control"
ALIVE_EVERY = 5 * SECOND
STOP_LIMIT_S = 3.0
MEDIA_START_S = 10.0


def run(setup: Setup, lifeline: Lifeline) -> int:
    """Run the plane until it is told to stop; returns the exit code."""
    uvloop.run(_run(setup, lifeline))
    return 0


async def _run(setup: Setup, lifeline: Lifeline) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    plane = ControlPlane(setup)
    try:
        await plane.start()
        lifeline.ready()
        lifeline.watch(lambda: loop.call_soon_threadsafe(stop.set))
        await stop.wait()
    finally:
        await plane.close()


class ControlPlane:
    """Owns the sockets, the timer and the tasks; every decision is the rooms'."""

    def __init__(self, setup: Setup) -> None:
        self._setup, self._options = setup, setup.options
        options = setup.options
        self._clock = SystemClock(latest_stamp(options.ledger))
        self._configuration = Configuration(options)
        self._ledger = LedgerWriter(options.ledger, NAME, options.node, self._clock)
        self._spool = PersonalSpool(options.personal, load_key(options.folder), self._clock.now())
        self._media = MediaClient(
            options.socket("media"),
            setup.epoch,
            self._media_report,
            connected=lambda: self._media_state(True),
            lost=lambda: self._media_state(False),
        )
        self._bus = BusServer(options.socket(NAME), self._command)
        self._started_at = self._clock.now()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._media_up = False
        self._stopping = False
        self._no_legs = asyncio.Event()

    # ---- starting -------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Close what the run before left open, then open for calls."""
        await self._media.start(MEDIA_START_S)
        self._media_up = True
        await self._clear_media()
        closing = closing_append(self._options.ledger, self._options.recordings)
        if closing:
            self._ledger.append(closing)
            log.warning("the last run broke off; %d events close what it left open", len(closing))
        self._assemble(await self._configuration.load())
        self._note("plane.started")
        await self._listen()
        await self._bus.start()
        self._alive()

    def _assemble(self, configured: Configured) -> None:
        now = self._clock.now()
        centre = configured.centre
        self._configured = configured
        self._ledger.config_version = configured.version
        self._phones = Phones(centre, configured.digests, REALM)
        self._plan = NumberPlan(centre, configured.version)
        doorman = Doorman(lambda: self._plan, lambda: self._phones.extensions)
        config = EndpointConfig(
            realm=REALM,
            product=f"Yingda/{__version__}",
            lookup=self._phones.lookup,
            authorise=doorman,
            advertised=self._advertised(),
        )
        endpoint = Endpoint(config, new_id, load_key(self._options.folder))
        self._stack = SipStack(endpoint, self._clock, self._heard)
        distributor = Distributor(new_id)
        distributor.configure(centre, now)
        registrations = Registrations(endpoint)
        self._switch = Switch(
            new_id,
            self._plan,
            distributor,
            configured.sounds,
            registrations,
            lambda number: self._spool.put("number", number),
        )
        signalling = Signalling(endpoint, self._switch, new_id, self._options.public_host)
        desk = Desk(self._switch, registrations, centre)
        board = LiveBoard(new_id(), self._switch, centre)
        journal = Journal(self._ledger, lambda kind, text: self._conductor.alarm(kind, text, self._clock.now()))
        self._conductor = Conductor(self._switch, signalling, endpoint, desk, board, journal, self, new_id)
        self._metrics = ControlMetrics(self._stack, self._switch)
        board.give("planes", NAME, {"name": NAME, "up": True, "since": now})
        board.give("planes", "media", {"name": "media", "up": True, "since": now})
        self._warn_of(configured)

    def _advertised(self) -> dict[str, str]:
        host = self._options.advertised_host
        if host is None:
            return {}
        ports = {"udp": self._options.sip_port, "tcp": self._options.sip_port, "ws": self._options.websocket_port}
        return {transport: f"{host}:{port}" for transport, port in ports.items()}

    async def _listen(self) -> None:
        self._stack.listen_udp(inherited(self._setup, "sip-udp"))
        await self._stack.listen_tcp(inherited(self._setup, "sip-tcp"))
        context = None if self._options.loopback else server_context(self._options, self._clock.now())
        await self._stack.listen_ws(inherited(self._setup, "websocket"), context)

    async def _clear_media(self) -> None:
        """Legs of a run before this one have nobody any more."""
        snapshot = await self._media.snapshot()
        for leg in snapshot.legs:
            await self._media.destroy_leg(str(leg["leg_id"]))

    # ---- ports (what the conductor sends out by) ------------------------------------------------------------------

    def send(self, effects: Sequence[sip.Effect]) -> None:
        if effects:
            self._stack.do(list(effects))

    def ask_media(self, request: int, command: media.AnyCommand) -> None:
        self._spawn(self._ask(request, command))

    def publish(self, patch: Patch) -> None:
        self._bus.publish("live", patch)

    async def _ask(self, request: int, command: media.AnyCommand) -> None:
        result: media.AnyResult | YingdaError
        try:
            result = await self._media.execute(command)
        except YingdaError as error:
            result = error
        self._conductor.media_done(request, result, self._clock.now())
        if self._stopping and not self._switch.table.legs:
            self._no_legs.set()
        self._arm()

    # ---- inputs ---------------------------------------------------------------------------------------------------

    def _heard(self, event: sip.Event) -> None:
        self._conductor.heard(event, self._clock.now())
        self._arm()

    def _media_report(self, report: media.AnyReport) -> None:
        self._conductor.media_report(report, self._clock.now())
        self._arm()

    def _media_state(self, up: bool) -> None:
        """The media plane went, or is back as a new one with no legs."""
        if up == self._media_up or self._stopping:
            return
        self._media_up, now = up, self._clock.now()
        self._conductor.board.give("planes", "media", {"name": "media", "up": up, "since": now})
        if not up:
            self._ledger.append([Event(kind="plane.lost", at=now, data={"plane": "media", "version": __version__})])
            self._conductor.media_lost(now)
        self._conductor.show(now)

    # ---- the bus --------------------------------------------------------------------------------------------------

    async def _command(self, method: str, body: object, peer: object) -> object:
        now = self._clock.now()
        if method in commands.COMMANDS:
            agent_id, effects = commands.run(self._conductor.desk, method, body, now)
            self._conductor.board.touch_agent(agent_id)
            self._conductor.carry(effects, now)
            self._arm()
            return self._conductor.board.agent(agent_id)
        if method == "desk.phone":
            return self._phones.account(commands.read(commands.Body, body).agent_id, now)
        if method == "live.snapshot":
            since = commands.read(commands.Snapshot, body).since
            board = self._conductor.board
            return board.snapshot(now) if since is None else board.resume(since.epoch, since.seq, now)
        if method == "config.published":
            return await self._reconfigure()
        if method == "ping":
            return {"plane": NAME, "version": __version__, "since": self._started_at, "now": now}
        if method == "metrics":
            return {"text": self._metrics.text()}
        raise YingdaError("unknown_method", f"The control plane knows no {method}.")

    async def _reconfigure(self) -> dict[str, int]:
        """Go by the newest version, from the next decision on."""
        configured = await self._configuration.load()
        now = self._clock.now()
        centre = configured.centre
        self._configured, self._ledger.config_version = configured, configured.version
        self._plan = NumberPlan(centre, configured.version)
        self._phones.configure(centre, configured.digests)
        self._switch.use(self._plan, configured.sounds)
        self._conductor.desk.configure(centre)
        self._conductor.board.configure(centre)
        self._conductor.carry(self._switch.distribute(self._switch.distributor.configure(centre, now), now), now)
        self._warn_of(configured)
        self._conductor.show(now)
        self._arm()
        return {"version": configured.version}

    def _warn_of(self, configured: Configured) -> None:
        problems = " ".join(configured.sounds.problems) or None
        self._conductor.alarm("sounds", problems, self._clock.now())

    # ---- time -----------------------------------------------------------------------------------------------------

    def _arm(self) -> None:
        """One timer; one that rings early does no harm, so it is only ever moved forward."""
        due = self._conductor.next_timer()
        if due is None or (self._timer is not None and self._timer_due <= due):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_due = due
        delay = max(0, due - self._clock.now()) / SECOND
        self._timer = asyncio.get_running_loop().call_later(delay, self._ring)

    def _ring(self) -> None:
        self._timer = None
        self._conductor.handle_timer(self._clock.now())
        self._arm()

    def _alive(self) -> None:
        self._note("plane.alive")
        self._phones.forget_old(self._clock.now())
        asyncio.get_running_loop().call_later(ALIVE_EVERY / SECOND, self._still_alive)

    def _still_alive(self) -> None:
        if not self._stopping:
            self._alive()

    def _note(self, kind: str) -> None:
        now = self._clock.now()
        event = Event(kind=kind, at=now, data={"plane": NAME, "version": __version__})
        self._conductor.note(event, now)

    # ---- stopping -------------------------------------------------------------------------------------------------

    async def close(self) -> None:
        """End every call and session properly, then let go of everything. Harmless at any stage of the start."""
        self._stopping = True
        if hasattr(self, "_conductor"):
            self._conductor.end_all(self._clock.now())
            await self._settled()
            self._note("plane.stopped")
            await self._stack.close()
        await self._bus.close()
        await self._media.close()
        for task in list(self._tasks):
            task.cancel()
        self._ledger.close()
        self._spool.close()
        self._configuration.close()

    async def _settled(self) -> None:
        """Until no leg is left (media has given its figures), or the limit."""
        if self._switch.table.legs:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._no_legs.wait(), STOP_LIMIT_S)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
