"""Two endpoints on a line whose losses are scripted, under a virtual clock."""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable
from dataclasses import dataclass, field

from yingda.kernel.clock import MS, SECOND
from yingda.kernel.ids import seeded_ids
from yingda.sip import message
from yingda.sip.core import EndpointConfig
from yingda.sip.endpoint import Endpoint
from yingda.sip.events import Effect, Event, RequestFacts, Send, Target, Trunk
from yingda.sip.flow import Flow
from yingda.sip.grammar import NameAddress

A, B = ("192.0.2.1", 5060), ("192.0.2.2", 5060)
SDP = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 101\r\n"
CALLER = NameAddress("sip:13800138000@192.0.2.1", "张三")
LATENCY = 5 * MS


def trusting(facts: RequestFacts, flow: Flow) -> Trunk:
    return Trunk("test")


def label(data: bytes) -> str:
    """`INVITE`, `200 BYE` …"""
    if not data.strip():
        return "keep-alive"
    read = message.parse(data)
    return read.method if isinstance(read, message.Request) else f"{read.code} {read.cseq[1]}"


@dataclass
class Side:
    endpoint: Endpoint
    flow: Flow
    events: list[Event] = field(default_factory=list)


class World:
    """lost: numbers of the packets (from 0, in the order sent) that the line drops. on: reactions to events."""

    def __init__(self, lost: frozenset[int] = frozenset(), transport: str = "udp") -> None:
        self.now, self.lost = 1_000 * SECOND, lost
        config = EndpointConfig(authorise=trusting)
        name = "" if transport == "udp" else "line"
        self.a = Side(Endpoint(config, seeded_ids(1), b"a"), Flow(transport, A, B, name))
        self.b = Side(Endpoint(config, seeded_ids(2), b"b"), Flow(transport, B, A, name))
        self.sent: list[tuple[int, str, str]] = []  # (time, "a" or "b", label)
        self.kept: list[bytes] = []  # the bytes of all that was sent
        self.reactions: list[Callable[[Side, Event], list[Effect]]] = []
        self._line: list[tuple[int, int, str, bytes]] = []

    def side(self, name: str) -> Side:
        return self.a if name == "a" else self.b

    def do(self, side: Side, effects: list[Effect]) -> None:
        name = "a" if side is self.a else "b"
        for effect in effects:
            if isinstance(effect, Send):
                self._send(name, effect)
                continue
            side.events.append(effect)
            for reaction in self.reactions:
                self.do(side, reaction(side, effect))

    def _send(self, name: str, effect: Send) -> None:
        number = len(self.sent)
        self.sent.append((self.now, name, label(effect.data)))
        self.kept.append(effect.data)
        if number not in self.lost:
            other = "b" if name == "a" else "a"
            heapq.heappush(self._line, (self.now + LATENCY, number, other, effect.data))

    def step(self) -> bool:
        """The next thing that happens; False if nothing ever will."""
        times = [(t, n) for n in "ab" if (t := self.side(n).endpoint.next_timer()) is not None]
        arrival = self._line[0][0] if self._line else None
        if arrival is None and not times:
            return False
        if arrival is not None and (not times or arrival <= min(times)[0]):
            self.now, _, name, data = heapq.heappop(self._line)
            side = self.side(name)
            self.do(side, side.endpoint.receive(data, side.flow, self.now))
        else:
            self.now, name = max(self.now, min(times)[0]), min(times)[1]
            side = self.side(name)
            self.do(side, side.endpoint.handle_timer(self.now))
        return True

    def run(self, until: int | None = None) -> None:
        """Until nothing is left to do, or the time is `until`."""
        for _ in range(10_000):
            times = [t for n in "ab" if (t := self.side(n).endpoint.next_timer()) is not None]
            times += [self._line[0][0]] if self._line else []
            if not times or (until is not None and min(times) > until):
                self.now = max(self.now, until or 0)
                return
            self.step()
        raise AssertionError("the world does not come to rest")

    def call(self) -> str:
        key, effects = self.a.endpoint.invite(
            Target("sip:4008@192.0.2.2", self.a.flow), caller=CALLER, sdp=SDP, now=self.now
        )
        self.do(self.a, effects)
        return key

    def labels(self) -> list[str]:
        return [f"{name}:{text}" for _, name, text in self.sent]

    def empty(self) -> bool:
        return all(not any(side.endpoint.live().values()) for side in (self.a, self.b))


def kinds(side: Side) -> list[str]:
    return [type(event).__name__ for event in side.events]


def restored(endpoint: Endpoint, seed: int = 9) -> Endpoint:
    """The endpoint after its state went through JSON."""
    state = json.loads(json.dumps(endpoint.to_state()))
    return Endpoint.from_state(state, EndpointConfig(authorise=trusting), seeded_ids(seed), b"a")
