"""The control plane: SIP, calls, distribution and desks in one asyncio process.

Owns the sockets, the timer and the tasks; every decision is the rooms'. Whatever comes in gets its time here and goes
to the conductor.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence

import uvloop

from yingda import __version__
from yingda.agents.live import Patch
from yingda.calls.effects import FlowRequest, KeepText
from yingda.calls.flow_protocol import AnyAct
from yingda.kernel.bus import BusServer
from yingda.kernel.clock import MS, SystemClock
from yingda.kernel.core_timer import CoreTimer
from yingda.kernel.errors import YingdaError
from yingda.kernel.event import Event
from yingda.kernel.ledger.reader import latest_stamp
from yingda.kernel.ledger.writer import LedgerWriter
from yingda.kernel.niceness import set_niceness
from yingda.kernel.personal import PersonalSpool, load_key
from yingda.media import protocol as media
from yingda.media.pool import MediaPool
from yingda.planes.asked import Asked
from yingda.planes.child import Lifeline, Setup, inherited
from yingda.planes.configuration import Configuration
from yingda.planes.flows_link import FlowsLink
from yingda.planes.known_phones import KnownPhones
from yingda.planes.living import live
from yingda.planes.metrics import ControlMetrics
from yingda.planes.promises import PromiseFile
from yingda.planes.resolver import NameServers
from yingda.planes.rooms import Foundations, Rooms
from yingda.planes.standing import take_up
from yingda.planes.store_work import StoreWork
from yingda.planes.succession import Succession
from yingda.planes.tls import server_context, sip_context
from yingda.sip import events as sip
from yingda.sip.resolving import Question, Record
from yingda.sip.transports.stack import SipStack

log = logging.getLogger(__name__)

NAME = "control"
ALIVE_EVERY_S = 5.0
MEDIA_START_S = 10.0
MEDIA_BACK_S = 3.0
"""So long calls wait for a dead media process's successor."""
NICENESS = -10
"""Ahead of reports and of whatever else runs here, where the system lets us: a caller waits for every step."""
LOOK_AFTER_S = 0.01
"""How long what happens is gathered before the live board publishes it in one patch, what is due is done and the rooms
are asked when they next want to be called. All in one turn: another one costs more."""
LATE = 10 * MS
"""So long a timer waits for such a look, µs: a busy plane never wakes for a timer alone."""
KEEP_AFTER_S = 0.05
"""How long it gathers what another plane would need, before it is written down. Less than it takes to acknowledge what
media reports: what was heard but not written down is said again to the next control."""
STOP_LIMIT_S = 3.0
LEAVE_LIMIT_S = 1.0


def run(setup: Setup, lifeline: Lifeline) -> int:
    """Run the plane until it is told to stop; returns the exit code."""

    async def main() -> None:
        await live(ControlPlane(setup), lifeline)

    set_niceness(NICENESS)
    uvloop.run(main())
    return 0


class ControlPlane:
    """`start` takes over from the run before, or closes what it left open, then opens for calls."""

    _rooms: Rooms
    _stack: SipStack
    _asked: Asked
    _names: NameServers
    _tones: str

    def __init__(self, setup: Setup) -> None:
        options = setup.options
        self._setup, self._options = setup, options
        self._clock = SystemClock(latest_stamp(options.ledger))
        self._started_at = self._clock.now()
        self._configuration = Configuration(options)
        self._ledger = LedgerWriter(options.ledger, NAME, options.node, self._clock)
        self._spool = PersonalSpool(options.personal, load_key(options.folder), self._started_at)
        self._media = MediaPool(
            options.media_sockets, setup.epoch, self._media_report,
            connected=lambda: self._media_state(True), lost=lambda: self._media_state(False),
        )  # fmt: skip
        self._succession = Succession(options, self._media, self._ledger)
        self._early: list[media.AnyReport] = []
        self._bus = BusServer(options.socket(NAME), self._command)
        self._flows = FlowsLink(options.socket("flows"), self._flow_acts, self._flow_lost)
        self._timer = CoreTimer(self._clock.now, self._ring, LATE)
        self._open = self._stopping = False
        self._looking = self._keeping = False  # what happened will be looked at, and written down, in a moment
        self._media_up = True
        self._media_taken_at = 0
        self._taking_up: asyncio.Task[None] | None = None
        self._stores = StoreWork(self._configuration, lambda: self._rooms, self._clock, self._arm)
        self._no_legs, self._left = asyncio.Event(), asyncio.Event()

    # ---- starting -------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        await self._media.start(MEDIA_START_S)
        left = await self._succession.prepare(self._clock.now())
        on = Foundations(self._options, self._clock, self._ledger, self._spool, self, self._succession.file.write)
        configured = await self._configuration.load()
        self._rooms = Rooms(on, configured)
        await self._tell_media(configured.centre.centre.tones)
        self._stack = SipStack(self._rooms.endpoint, self._clock, self._heard)
        self._names = NameServers(self._options.name_server, self._name_answered)
        metrics = ControlMetrics(self._stack, self._rooms.switch, self._rooms.signalling.trunk_board)
        self._asked = Asked(
            self._rooms, self._clock, self._started_at, metrics, self._configuration, self._arm, self._reconfigure
        )
        self._known_phones = KnownPhones(self._options.folder, self._rooms.endpoint, self._rooms.phones)
        self._known_phones.take_up(self._clock.now())
        self._open = True
        self._note("plane.started", since=self._succession.since)
        self._stack.listen_udp(inherited(self._setup, "sip-udp"))
        self._succession.take_up(self._rooms, self._clock.now())
        self._catch_up()
        await take_up(left, self._rooms.switch, self._rooms.conductor, self._configuration, self._clock)
        self._take_up_promises()
        self._show_plane(NAME, True)
        self._show_plane("media", True)
        await self._listen()
        await self._bus.start()
        await self._flows.start()
        await self._stores.show_unread()
        self._alive()

    def _take_up_promises(self) -> None:
        switch, file, now = self._rooms.switch, PromiseFile(self._options.folder), self._clock.now()
        kept = file.load()
        switch.returning.changed = file.save
        self._rooms.conductor.carry(switch.act(lambda: switch.returning.resume(kept, now)), now)

    async def _listen(self) -> None:
        await self._stack.listen_tcp(inherited(self._setup, "sip-tcp"))
        secured = not self._options.loopback or self._options.tls_port is not None
        context = server_context(self._options, self._clock.now()) if secured else None
        if self._options.tls_port is not None:
            secure = sip_context(self._options, self._clock.now())
            await self._stack.listen_tcp(inherited(self._setup, "sip-tls"), secure)
        await self._stack.listen_ws(inherited(self._setup, "websocket"), None if self._options.loopback else context)

    # ---- ports (what the conductor sends out by) ------------------------------------------------------------------

    def send(self, effects: Sequence[sip.Effect]) -> None:
        if effects:
            self._stack.do(list(effects))

    def ask_media(self, request: int, command: media.AnyCommand) -> None:
        self._media.ask(command, lambda result: self._media_done(request, result))

    def ask_who(self, interaction_id: str, number: str) -> None:
        self._stores.ask_who(interaction_id, number)

    def keep_text(self, text: KeepText) -> None:
        self._stores.keep_text(text)

    def ask_names(self, questions: Sequence[Question]) -> None:
        self._names.ask(questions)

    def ask_flow(self, request: FlowRequest) -> None:
        self._flows.ask(request)

    def publish(self, patch: Patch) -> None:
        self._bus.publish("live", patch)

    def changed(self) -> None:
        self._arm()
        if not self._keeping:
            self._keeping = True
            asyncio.get_running_loop().call_later(KEEP_AFTER_S, self._keep)

    def _keep(self) -> None:
        self._keeping = False
        if not self._stopping:
            self._rooms.conductor.keep()

    def _media_done(self, request: int, result: media.AnyResult | YingdaError) -> None:
        self._rooms.conductor.media_done(request, result, self._clock.now())
        if self._stopping and not self._rooms.switch.table.legs:
            self._no_legs.set()
        self._arm()

    # ---- inputs ---------------------------------------------------------------------------------------------------

    def _heard(self, event: sip.Event) -> None:
        if isinstance(event, sip.Registered | sip.Unregistered | sip.Expired):
            self._known_phones.changed()
        self._rooms.conductor.heard(event, self._clock.now())
        if self._stopping and not len(self._rooms.endpoint.registration):
            self._left.set()
        self._arm()

    def _name_answered(self, question: Question, records: Sequence[Record] | None, ttl_s: float) -> None:
        self._rooms.conductor.name_answered(question, records, ttl_s, self._clock.now())
        self._stack.names.update(self._rooms.signalling.lookout.tls_names())
        self._arm()

    def _media_report(self, report: media.AnyReport) -> None:
        if not self._open:  # about legs of a run before this one, which may go on
            self._early.append(report)
            return
        self._rooms.conductor.media_report(report, self._clock.now())
        self._arm()

    def _catch_up(self) -> None:
        """What media said while there was no control to hear it."""
        early, self._early = self._early, []
        for report in early:
            self._media_report(report)

    def _flow_acts(self, session_id: str, acts: Sequence[AnyAct]) -> None:
        self._rooms.conductor.flow_acts(session_id, acts, self._clock.now())
        self._arm()

    def _flow_lost(self, session_id: str | None, why: str) -> None:
        if self._open and not self._stopping:
            self._rooms.conductor.flow_lost(session_id, why, self._clock.now())
            self._arm()

    def _media_state(self, up: bool) -> None:
        """The media plane went, or is back. Its successor takes the legs over, so calls wait a moment for it."""
        if up == self._media_up or self._stopping or not self._open:
            return
        self._media_up = up
        self._show_plane("media", up)
        if up:
            self._taking_up = asyncio.get_running_loop().create_task(self._take_media_up())
        else:
            asyncio.get_running_loop().call_later(MEDIA_BACK_S, self._media_away, self._clock.now())
        self._rooms.conductor.show(self._clock.now())

    def _media_away(self, since: int) -> None:
        """It did not come back in time: what rested on it has ended."""
        if self._media_taken_at < since and not self._stopping:
            now = self._clock.now()
            self._note("plane.lost", "media")
            self._rooms.conductor.media_lost(now)
            self._rooms.conductor.show(now)
            self._arm()

    async def _take_media_up(self) -> None:
        """Compare what we and the new media process hold; what only one of us knows ends."""
        table, nailed = self._rooms.switch.table, self._rooms.signalling.nailed
        expected = nailed.at_media(table.opened())
        try:
            here = {str(leg["leg_id"]) for leg in (await self._media.snapshot()).legs}
            await self._media.configure(self._tones)
            self._media_taken_at = now = self._clock.now()
            self._rooms.conductor.media_back(expected - here, now)
            for leg_id in here - nailed.at_media(set(table.legs)):
                await self._media.destroy_leg(leg_id)
        except YingdaError as error:
            log.warning("the media plane went again: %s", error)
        self._arm()

    async def _tell_media(self, tones: str) -> None:
        """The country whose tones callers hear; a media process that is away is told when it comes back."""
        self._tones = tones
        with contextlib.suppress(YingdaError):
            await self._media.configure(tones)

    def _show_plane(self, name: str, up: bool) -> None:
        self._rooms.board.give("planes", name, {"name": name, "up": up, "since": self._clock.now()})

    # ---- the bus --------------------------------------------------------------------------------------------------

    async def _command(self, method: str, body: object, _peer: object) -> object:
        return await self._asked.answer(method, body)

    async def _reconfigure(self) -> dict[str, int]:
        """Go by the newest version; the answer says which one is in force."""
        configured = await self._configuration.load()
        self._rooms.use(configured)
        await self._flows.published()
        await self._tell_media(configured.centre.centre.tones)
        self._arm()
        return {"version": configured.version}

    # ---- time -----------------------------------------------------------------------------------------------------

    def _arm(self) -> None:
        """Something happened: look what came of it in a moment, once for all that happens meanwhile."""
        if not self._looking:
            self._looking = True
            asyncio.get_running_loop().call_later(LOOK_AFTER_S, self._look)

    def _look(self) -> None:
        """What is due is done, the board shows what came of it all, and the rooms say when to ring."""
        conductor, now = self._rooms.conductor, self._clock.now()
        try:
            due = conductor.next_timer()
            if due is not None and due <= now:
                conductor.handle_timer(now)
                due = conductor.next_timer()
        finally:
            self._looking = False
        conductor.show(now)
        self._timer.set(due)

    def _ring(self) -> None:
        if not self._looking:
            self._look()

    def _alive(self) -> None:
        """Every five seconds a sign of life in the ledger: a crash is dated by the last one."""
        if not self._stopping:
            self._note("plane.alive")
            self._rooms.phones.forget_old(self._clock.now())
            asyncio.get_running_loop().call_later(ALIVE_EVERY_S, self._alive)
            self._arm()

    def _note(self, kind: str, plane: str = NAME, since: int = 0) -> None:
        now = self._clock.now()
        data = {"plane": plane, "version": __version__}
        event = Event(kind=kind, at=now, data=data | {"since": since} if since else data)
        self._rooms.conductor.note(event, now)

    # ---- stopping -------------------------------------------------------------------------------------------------

    async def close(self) -> None:
        """End every call and session properly, then let go of everything."""
        self._stopping = True
        if self._open:
            self._rooms.conductor.end_all(self._clock.now())
            await self._settled()
            await self._unregistered()
            self._note("plane.stopped")
            self._succession.file.close()
            await self._names.close()
            await self._known_phones.close()
            await self._stack.close()
        await self._bus.close()
        await self._flows.close()
        if self._taking_up is not None:
            self._taking_up.cancel()
        await self._media.close()
        self._ledger.close()
        self._spool.close()
        self._configuration.close()

    async def _unregistered(self) -> None:
        """Take our leave of the carriers we are registered with; who does not answer is not waited for long."""
        registration = self._rooms.endpoint.registration
        self.send(registration.drop_all(self._clock.now()))
        if len(registration):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LEAVE_LIMIT_S):
                    await self._left.wait()

    async def _settled(self) -> None:
        """Until no leg is left (media has given its figures), or the limit."""
        if self._rooms.switch.table.legs:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STOP_LIMIT_S):
                    await self._no_legs.wait()
