"""The lookout for trunks (TEL-08, TEL-10): where their hosts lead, who of them is there, which address is whose.

Asks by OPTIONS; ledger and an alarm tell when a trunk goes or comes. A trunk is down when none of its addresses can be
used: silent, at rest after a call failed there, unknown to the name servers, or not registered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from random import Random

from yingda.calls.effects import Alarm, Effect
from yingda.calls.numbering import NumberPlan
from yingda.calls.switch import Switch
from yingda.calls.trunks.accounts import Accounts
from yingda.kernel.clock import SECOND
from yingda.kernel.config.trunks import Trunk, host_and_port
from yingda.kernel.event import Event
from yingda.routing.effects import Append
from yingda.sip import events as sip
from yingda.sip.endpoint import Endpoint
from yingda.sip.flow import Address, Flow, host_port
from yingda.sip.grammar import NameAddress
from yingda.sip.resolving import Host, Place, Question, Record, Resolver
from yingda.sip.trunks import Changed, FarEnd, TrunkHealth, TrunkState
from yingda.sip.weights import Draw

UNRESOLVED = "unresolved"
UNREGISTERED = "unregistered"
USUAL_CHECK_S = 30.0
"""From one question to an address to the next, where the configuration says nothing and calls have another way."""
BEGINS_S = 300.0
"""To the first of these: a line that is only being tried out is not asked what nobody has asked for."""

SENTENCES = {
    "": "The trunk {name} does not answer. Check the line and the gateway.",
    UNRESOLVED: "The trunk {name} cannot be reached: the name servers know no address for it. Check its hosts.",
    UNREGISTERED: "The trunk {name} is not registered. Check its account, and whether the carrier answers.",
}


@dataclass(frozen=True)
class Ways:
    """How we reach trunks. own: where we send from, given transport and remote host. families: of addresses we can
    send to. draw: chooses among trunks and addresses of equal priority (RFC 2782). secret: see `Accounts`."""

    own: Callable[[str, str], Address]
    families: frozenset[int] = frozenset({4})
    draw: Draw = field(default_factory=lambda: partial(Random().randint, 0))
    secret: bytes = b""


class TrunkLookout:
    """Goes by the number plan in force. ways: None: nobody is asked, and no call goes out."""

    def __init__(self, endpoint: Endpoint, switch: Switch, domain: str, ways: Ways | None) -> None:
        self._endpoint, self._switch, self._domain, self._ways = endpoint, switch, domain, ways
        self._health = TrunkHealth()
        self._resolver = Resolver(ways.families if ways is not None else frozenset())
        self._plan: NumberPlan | None = None
        self._at: dict[Address, str] = {}  # → trunk, as far as hosts lead there; port 0: from whatever port
        self.accounts = Accounts(endpoint, ways.secret if ways is not None else b"")
        self._out: list[sip.Effect] = []

    # ---- time -----------------------------------------------------------------------------------------------------

    def next_timer(self) -> int | None:
        if self._plan is not self._switch.table.plan:
            return 0
        dues = (self._health.next_timer(), self._resolver.next_timer())
        return min((due for due in dues if due is not None), default=None)

    def handle_timer(self, now: int) -> tuple[list[Effect], list[sip.Effect]]:
        """Ask whom it is time to ask. `questions` has those for the name servers."""
        effects: list[Effect] = []
        plan = self._switch.table.plan
        if plan is not self._plan:
            effects += self._resized(plan, now)
            self._plan = plan
            if self._ways is not None:
                trunks = plan.trunks.values()
                self._resolver.want([host for t in trunks for host in (*hosts_of(t), *registrars_of(t))], now)
            effects += self._look(now)
        for changed in self._health.rested(now):
            effects += self._told(changed, now)
        for end in self._health.due(now):
            self._ask(end, now)
        return effects, self.take()

    def take(self) -> list[sip.Effect]:
        """What is to be sent; the list starts anew."""
        out, self._out = self._out, []
        return out

    def registration_changed(self, event: sip.RegistrationChanged, now: int) -> list[Effect]:
        """A trunk that is not registered takes no calls out."""
        trunk = self._switch.table.plan.trunks.get(event.key)
        lost = trunk is not None and trunk.registers and not event.registered
        return self.bar(event.key, UNREGISTERED if lost else "", now)

    def answered(self, event: sip.OptionsAnswered, now: int) -> list[Effect]:
        return self._told(self._health.answered(event.key, event.code, now), now)

    # ---- names ----------------------------------------------------------------------------------------------------

    def questions(self, now: int) -> list[Question]:
        """What the name servers shall be asked; their word comes to `name_answered`."""
        return self._resolver.due(now)

    def name_answered(
        self, question: Question, records: Sequence[Record] | None, ttl_s: float, now: int
    ) -> list[Effect]:
        """See `Resolver.answered`."""
        self._resolver.answered(question, records, ttl_s, now)
        return self._look(now)

    def tls_names(self) -> dict[Address, str]:
        """Whose certificate to expect at an address."""
        hosts = {host for trunk in self._trunks() for host in (*hosts_of(trunk), *registrars_of(trunk))}
        places = [place for host in hosts for place in self._resolver.places(host, lambda _: 0)]
        return {place.address: place.name for place in places if place.name}

    def trunk_at(self, address: str, port: int = 0) -> Trunk | None:
        """The trunk whose host leads to this address; where several do, the one whose port it is."""
        trunk_id = self._at.get((address, port)) or self._at.get((address, 0), "")
        return self._switch.table.plan.trunks.get(trunk_id)

    # ---- for calls that go out ------------------------------------------------------------------------------------

    def places(self, trunk: Trunk) -> list[Place]:
        """Where a call by this trunk may be sent now, in order; where we are registered, there first."""
        found = [place for host in hosts_of(trunk) for place in self._resolver.places(host, self.draw)]
        known = self._endpoint.registration.flow(trunk.id) if trunk.registers else None
        if known is not None:
            found.sort(key=lambda place: (place.transport, place.address) != (known.transport, known.remote))
        return [place for place in found if self._health.alive(trunk.id, place.transport, place.address)]

    def flow(self, place: Place) -> Flow:
        """The way there."""
        assert self._ways is not None
        return Flow(place.transport, self._ways.own(place.transport, place.address[0]), place.address)

    @property
    def sends(self) -> bool:
        return self._ways is not None

    def draw(self, most: int) -> int:
        """See `Ways`."""
        return self._ways.draw(most) if self._ways is not None else 0

    def is_down(self, trunk_id: str) -> bool:
        return self._health.state(trunk_id) is TrunkState.DOWN

    def why(self, trunk_id: str) -> str:
        """What bars the trunk as a whole; empty: nothing does."""
        return self._health.barred(trunk_id)

    def failed(self, trunk: Trunk, place: Place, now: int, rest_s: float | None = None) -> list[Effect]:
        """A call failed there: leave it alone for rest_s (the trunk's own `retry_s` if nobody said how long)."""
        until = now + int((rest_s or trunk.retry_s) * SECOND)
        return self._told(self._health.failed(trunk.id, place.transport, place.address, until), now)

    def bar(self, trunk_id: str, why: str, now: int) -> list[Effect]:
        """The trunk as a whole cannot be used; empty: it can."""
        return self._told(self._health.bar(trunk_id, why), now)

    # ---- within ---------------------------------------------------------------------------------------------------

    def _trunks(self) -> list[Trunk]:
        return list(self._switch.table.plan.trunks.values())

    def _known(self, trunk: Trunk) -> list[Place]:
        return [place for host in hosts_of(trunk) for place in self._resolver.places(host, lambda _: 0)]

    def _look(self, now: int) -> list[Effect]:
        """Watch every address that is known now; bar the trunks that have none."""
        if self._ways is None:
            return []
        known = {trunk.id: self._known(trunk) for trunk in self._trunks()}
        found = [(place.address, trunk_id) for trunk_id, places in known.items() for place in places]
        self._at = {(host, 0): trunk_id for (host, _), trunk_id in found} | dict(found)
        ends = [end for trunk in self._trunks() for end in self._far_ends(trunk, known[trunk.id])]
        effects = [effect for changed in self._health.watch(ends, now) for effect in self._told(changed, now)]
        for trunk in self._trunks():
            hosts = hosts_of(trunk)
            lost = bool(hosts) and not known[trunk.id] and all(map(self._resolver.tried, hosts))
            if lost or self._health.barred(trunk.id) == UNRESOLVED:
                effects += self.bar(trunk.id, UNRESOLVED if lost else "", now)
        self._out += self.accounts.keep(self._switch.table.plan, self._registrars(), now)
        for trunk in self._trunks():
            if not trunk.registers and self._health.barred(trunk.id) == UNREGISTERED:
                effects += self.bar(trunk.id, "", now)
        return effects

    def _far_ends(self, trunk: Trunk, places: list[Place]) -> list[FarEnd]:
        """Whom to ask, and how often. By default where it helps: where calls can go another way in time."""
        period, first = trunk.check_s, 0.0
        if period is None:
            others = len(places) > 1 or self._switch.table.plan.outward.has_others(trunk.id)
            period, first = (USUAL_CHECK_S, BEGINS_S) if others else (0, 0)
        return [FarEnd(trunk.id, place.transport, place.address, period, first) for place in places]

    def _registrars(self) -> dict[str, list[tuple[Place, Flow]]]:
        """Where each trunk registers, in order."""
        return {
            trunk.id: [
                (place, self.flow(place))
                for host in registrars_of(trunk)
                for place in self._resolver.places(host, lambda _: 0)
            ]
            for trunk in self._trunks()
            if trunk.registers
        }

    def _ask(self, end: FarEnd, now: int) -> None:
        target = sip.Target(f"sip:{host_port(end.address)}", self.flow(Place(end.transport, end.address)))
        key, sent = self._endpoint.options(target, caller=NameAddress(f"sip:{self._domain}"), now=now)
        self._health.asked(key, end)
        self._out += sent

    def _told(self, changed: Changed | None, now: int) -> list[Effect]:
        if changed is None:
            return []
        trunk = self._switch.table.plan.trunks.get(changed.trunk)
        down = changed.state is TrunkState.DOWN
        before = TrunkState.UP if down else TrunkState.DOWN
        event = _state_event(
            changed.trunk, before.value, changed.state.value, trunk.max_calls if trunk is not None else 0, now
        )
        name = trunk.name if trunk is not None else changed.trunk
        sentence = SENTENCES[changed.why].format(name=name) if down else None
        return [Append((event,)), Alarm("trunk_down", sentence, changed.trunk)]

    def _resized(self, plan: NumberPlan, now: int) -> list[Effect]:
        """A version gave trunks more channels, or fewer."""
        before = self._plan.trunks if self._plan is not None else {}
        events = [
            _state_event(trunk.id, TrunkState.DOWN.value if self.is_down(trunk.id) else TrunkState.UP.value, "resized",
                         trunk.max_calls, now)
            for trunk in plan.trunks.values()
            if trunk.id in before and before[trunk.id].max_calls != trunk.max_calls
        ]  # fmt: skip
        return [Append(tuple(events))] if events else []


def _state_event(trunk_id: str, before: str, after: str, channels: int, now: int) -> Event:
    data = {"trunk_id": trunk_id, "from": before, "to": after, "channels": channels}
    return Event(kind="trunk.state_changed", at=now, by="carrier" if after != "resized" else "system", data=data)


@lru_cache(maxsize=1024)
def _hosts(texts: tuple[str, ...], port: int, transport: str) -> tuple[Host, ...]:
    found = (host_and_port(text) for text in texts if "/" not in text)
    return tuple(Host(host, own or port, transport) for host, own in found)


def registrars_of(trunk: Trunk) -> tuple[Host, ...]:
    """Where a trunk registers: at its registrar, else at its hosts."""
    return _hosts((trunk.registrar,), trunk.port, trunk.transport) if trunk.registrar else hosts_of(trunk)


def hosts_of(trunk: Trunk) -> tuple[Host, ...]:
    """The hosts of a trunk that a request can be sent to: its own, or its registrar."""
    texts = tuple(trunk.hosts) or ((trunk.registrar,) if trunk.registrar else ())
    return _hosts(texts, trunk.port, trunk.transport)
