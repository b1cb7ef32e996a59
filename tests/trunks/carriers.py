"""Calls out over a real endpoint and real signalling, to carriers whose answers are written down by address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.calls.driver import CENTRE, Driver
from tests.sip.world import SDP
from yingda.calls.doorman import Doorman
from yingda.calls.effects import Alarm, Effect, EndCall, InviteNumber
from yingda.calls.lookout import Ways
from yingda.calls.numbering import NumberPlan
from yingda.calls.signalling import Signalling
from yingda.calls.switch import Switch
from yingda.kernel.clock import MS, SECOND
from yingda.kernel.config.centre import Centre
from yingda.kernel.event import Event
from yingda.kernel.ids import seeded_ids
from yingda.kernel.ledger.kinds import validate
from yingda.media import protocol as media
from yingda.routing.effects import Append
from yingda.sip import events as sip
from yingda.sip import message
from yingda.sip.core import EndpointConfig
from yingda.sip.digest import ClientCredentials
from yingda.sip.endpoint import Endpoint
from yingda.sip.flow import Flow
from yingda.sip.message import Request

HERE = "192.0.2.10"
LOCAL = media.LegCreated(leg_id="out", address=("127.0.0.1", 20_000), ssrc=1, cname="c")

Reply = Callable[[Request], list[bytes]]


def replies(*codes: int, headers: dict[str, str] | None = None, sdp: str = SDP) -> Reply:
    """A carrier that answers an INVITE with these codes at once; everything else with 200."""

    def react(request: Request) -> list[bytes]:
        if request.method == "ACK":
            return []
        if request.method != "INVITE":
            return [message.response_to(request, 200, to_tag="far").to_bytes()]
        out = []
        for code in codes:
            told = {name: [value] for name, value in (headers or {}).items()}
            body = sdp.encode() if code in (183, 200) and sdp else b""
            if code == 200:
                told["Contact"] = ["<sip:far@192.0.2.1>"]
            if body:
                told["Content-Type"] = ["application/sdp"]
            out.append(message.response_to(request, code, to_tag="far", headers=told, body=body).to_bytes())
        return out

    return react


def silent(_: Request) -> list[bytes]:
    return []


def garbage(request: Request) -> list[bytes]:
    return [b"SIP/2.0 200 OK\r\nVia: nonsense\r\n\r\n"] if request.method == "INVITE" else []


class Watched(Switch):
    """The real switch; what signalling tells it of a call going out is written down."""

    told: list[tuple[Any, ...]]

    def seized(self, leg_id: str, trunk_id: str, now: int) -> list[Effect]:
        self.told.append(("seized", trunk_id))
        return []

    def ringing(self, leg_id: str, now: int) -> list[Effect]:
        self.told.append(("ringing",))
        return []

    def early_media(self, leg_id: str, remote: media.RemoteMedia, now: int) -> list[Effect]:
        self.told.append(("early_media", remote.address))
        return []

    def answered(self, leg_id: str, remote: media.RemoteMedia, now: int) -> list[Effect]:
        self.told.append(("answered", remote.address))
        return []

    def refused(self, leg_id: str, outcome: str, code: int, now: int) -> list[Effect]:
        self.told.append(("refused", outcome, code))
        return []


class Exchange:
    """carriers: what answers at `host:port`; nobody else does. Time passes in steps of 100 ms."""

    def __init__(self, carriers: dict[str, Reply], **parts: Any) -> None:
        self.driver = Driver(1)
        old = self.driver.switch
        self.switch = Watched(
            seeded_ids(7), old.table.plan, self.driver.distributor, old.table.sounds, self.driver.devices,
            keep_number=lambda number: f"ref:{number}",
        )  # fmt: skip
        self.switch.told = []
        self.carriers = carriers
        self.now = self.driver.now
        self.secret = ClientCredentials("account", "secret")
        doorman = Doorman(
            lambda: self.switch.table.plan, lambda: frozenset(), lambda facts: self.signalling.trunk(facts)
        )
        config = EndpointConfig(authorise=doorman, credentials=lambda _: self.secret)
        self.endpoint = Endpoint(config, seeded_ids(3), b"s")
        ways = Ways(lambda transport, _: (HERE, 5061 if transport == "tls" else 5060), draw=lambda _: 0)
        self.signalling = Signalling(self.endpoint, self.switch, seeded_ids(4), "test.example", ways)
        self.sent: list[tuple[str, Request]] = []
        self.pings = 0
        self.events: list[Event] = []
        self.alarms: list[Alarm] = []
        self.use(**parts)

    def use(self, **parts: Any) -> None:
        """A configuration; trunks get their names as ids."""
        document = CENTRE.model_dump() | parts
        for kind in ("trunks", "trunk_groups", "routes", "service_classes"):
            for part in document[kind]:
                part.setdefault("id", part["name"])
        self.switch.use(NumberPlan(Centre.model_validate(document), 2), self.switch.table.sounds)
        self.pass_time(0.1)

    # ---- driving ----

    def dial(self, number: str = "13800001111", leg_id: str = "out", **told: Any) -> None:
        call = InviteNumber(leg_id, number, LOCAL, told.pop("caller", None), **told)
        sent, effects = self.signalling.perform(call, self.now)
        self.carry(effects)
        self.wire(sent)

    def hang_up(self, leg_id: str = "out") -> None:
        sent, effects = self.signalling.perform(EndCall(leg_id), self.now)
        self.carry(effects)
        self.wire(sent)

    def pass_time(self, seconds: float) -> None:
        for _ in range(max(1, round(seconds * 10))):
            self.now += 100 * MS
            self.wire(self.endpoint.handle_timer(self.now))
            timer = self.signalling.next_timer()
            if timer is not None and timer <= self.now:
                effects, sent = self.signalling.handle_timer(self.now)
                self.carry(effects)
                self.wire(sent)

    def carry(self, effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Append):
                for event in effect.events:
                    validate(event)
                self.events += effect.events
            elif isinstance(effect, Alarm):
                self.alarms.append(effect)

    def wire(self, effects: list[sip.Effect]) -> None:
        for effect in effects:
            if isinstance(effect, sip.Send):
                self._deliver(effect)
            else:
                done, answers = self.signalling.heard(effect, self.now)
                self.carry(done)
                self.wire(answers)

    def _deliver(self, send: sip.Send) -> None:
        if not send.data.strip():
            self.pings += 1
            return
        request = message.parse(send.data)
        assert isinstance(request, Request)
        host = f"{send.flow.remote[0]}:{send.flow.remote[1]}"
        self.sent.append((host, request))
        react = self.carriers.get(host)
        for data in react(request) if react is not None else []:
            self.wire(self.endpoint.receive(data, send.flow, self.now))

    # ---- looking ----

    @property
    def told(self) -> list[tuple[Any, ...]]:
        return self.switch.told

    def requests(self, method: str = "INVITE") -> list[tuple[str, Request]]:
        """Without repetitions."""
        seen: dict[str, tuple[str, Request]] = {}
        for host, request in self.sent:
            if request.method == method:
                seen.setdefault(request.via.branch, (host, request))
        return list(seen.values())

    def refused(self) -> list[tuple[str, str]]:
        return [(e.data["trunk_id"], e.data["cause"]) for e in self.events if e.kind == "trunk.refused"]

    def states(self) -> list[tuple[str, str]]:
        return [(e.data["trunk_id"], e.data["to"]) for e in self.events if e.kind == "trunk.state_changed"]

    def in_use(self, trunk_id: str) -> tuple[int, int]:
        return self.switch.table.channels.in_use(trunk_id)


def trunk(name: str, *hosts: str, **told: Any) -> dict[str, Any]:
    return {"name": name, "hosts": list(hosts), **told}


def group(name: str, *members: tuple[str, int, int]) -> dict[str, Any]:
    return {"name": name, "members": [{"trunk": t, "priority": p, "weight": w} for t, p, w in members]}


__all__ = ["SECOND", "Exchange", "Flow", "garbage", "group", "replies", "silent", "trunk"]
