"""Real signalling on real sockets, with real name servers, that calls out; the switch writes down what it is told."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Sequence
from random import Random
from typing import Any

from bench.peers.process import until

from tests.calls.driver import CENTRE, Driver
from tests.trunks.carriers import Watched
from yingda.calls.doorman import Doorman
from yingda.calls.effects import EndCall, InviteNumber
from yingda.calls.lookout import Ways
from yingda.calls.numbering import NumberPlan
from yingda.calls.signalling import Signalling
from yingda.kernel.clock import SystemClock
from yingda.kernel.config.centre import Centre
from yingda.kernel.ids import new_id
from yingda.media.protocol import LegCreated
from yingda.planes.resolver import NameServers
from yingda.sip import events as sip
from yingda.sip.core import EndpointConfig
from yingda.sip.digest import ClientCredentials
from yingda.sip.endpoint import Endpoint
from yingda.sip.resolving import Question, Record
from yingda.sip.transports import SipStack

TICK_S = 0.02
USERNAME, PASSWORD = "861055501000", "secret-of-tests"


class Office:
    """told: what the switch was told, with seconds since the call was begun."""

    def __init__(self, name_server: str, trunks: Sequence[dict[str, Any]], **parts: Any) -> None:
        driver = Driver(1)
        document = CENTRE.model_dump() | {"trunks": [{"id": one["name"], **one} for one in trunks]} | parts
        table = driver.switch.table
        self.switch = Watched(
            new_id, NumberPlan(Centre.model_validate(document), 1), driver.distributor, table.sounds, driver.devices,
            keep_number=lambda number: number,
        )  # fmt: skip
        self.switch.told = []
        config = EndpointConfig(
            authorise=Doorman(lambda: self.switch.table.plan, frozenset, lambda facts: self.signalling.trunk(facts)),
            credentials=lambda _: ClientCredentials(USERNAME, PASSWORD),
        )
        self.endpoint = Endpoint(config, new_id, b"secret of the test")
        self.stack = SipStack(self.endpoint, SystemClock(), self._heard)
        listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listener.bind(("127.0.0.1", 0))
        here = self.stack.listen_udp(listener)
        ways = Ways(lambda transport, remote: here, draw=lambda most: Random(7).randint(0, most), secret=b"s")
        self.signalling = Signalling(self.endpoint, self.switch, new_id, "office.test", ways)
        self.names = NameServers(name_server, self._name_answered)
        self.times: list[float] = []
        self._began = 0.0

    # ---- driving ----

    def dial(self, number: str = "13800001111") -> None:
        self._began = time.monotonic()
        leg = LegCreated(leg_id=new_id(), address=("127.0.0.1", 40_000), ssrc=1, cname="c")
        self._leg = leg.leg_id
        self._perform(InviteNumber(leg.leg_id, number, leg, None))

    def hang_up(self) -> None:
        self._perform(EndCall(self._leg))

    def _perform(self, effect: InviteNumber | EndCall) -> None:
        sent, _ = self.signalling.perform(effect, self.stack.now())
        self.stack.do(sent)
        self._note()

    def _heard(self, event: sip.Event) -> None:
        _, sent = self.signalling.heard(event, self.stack.now())
        self.stack.do(sent)
        self._note()

    def _name_answered(self, question: Question, records: Sequence[Record] | None, ttl_s: float) -> None:
        self.signalling.lookout.name_answered(question, records, ttl_s, self.stack.now())
        self.stack.do(self.signalling.lookout.take())

    def _note(self) -> None:
        self.times += [time.monotonic() - self._began] * (len(self.switch.told) - len(self.times))

    async def run(self) -> None:
        while True:
            now, timer = self.stack.now(), self.signalling.next_timer()
            if timer is not None and timer <= now:
                _, sent = self.signalling.handle_timer(now)
                self.stack.do(sent)
                self.names.ask(self.signalling.lookout.questions(now))
                self._note()
            await asyncio.sleep(TICK_S)

    # ---- waiting ----

    async def told(self, word: str, deadline: float = 10) -> float:
        """Seconds from the dialling until the switch was told this."""
        await until(f"the switch to be told {word}", lambda: bool(self._told(word)), deadline)
        return self._told(word)[0]

    def _told(self, word: str) -> list[float]:
        return [at for one, at in zip(self.switch.told, self.times, strict=False) if one[0] == word]

    async def knows(self, trunk: str, places: int, deadline: float = 10) -> None:
        """Until so many addresses of a trunk are known."""
        lookout, parts = self.signalling.lookout, self.switch.table.plan.trunks[trunk]
        await until(f"{places} addresses of {trunk}", lambda: len(lookout.places(parts)) >= places, deadline)

    async def loses(self, trunk: str, deadline: float = 10) -> None:
        """Until a trunk is down."""
        await until(f"{trunk} to go down", lambda: self.signalling.lookout.is_down(trunk), deadline)

    async def registered(self, trunk: str, deadline: float = 10) -> None:
        registration, now = self.endpoint.registration, self.stack.now
        await until(f"{trunk} to be registered", lambda: registration.registered(trunk, now()), deadline)

    async def quiet(self, deadline: float = 10) -> None:
        """Until no call is left (an INVITE that was given up unheard is kept for a late answer, RFC 3261 9.1)."""
        await until("the last call to end", lambda: not len(self.signalling), deadline)


@contextlib.asynccontextmanager
async def office(name_server: str, trunks: Sequence[dict[str, Any]], **parts: Any) -> AsyncIterator[Office]:
    running = Office(name_server, trunks, **parts)
    task = asyncio.get_running_loop().create_task(running.run())
    try:
        yield running
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await running.names.close()
        await running.stack.close()
