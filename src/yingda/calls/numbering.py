"""The number plan: which called number leads where (TEL-23), and what a caller's number is called in the books."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address, ip_network

import phonenumbers

from yingda.calls.trunks.plan import OutwardPlan
from yingda.kernel import numbers
from yingda.kernel.config.centre import Centre, ConferenceRoom, Flow, Queue
from yingda.kernel.config.trunks import Trunk, host_and_port
from yingda.kernel.config.waiting import Overflow
from yingda.kernel.language.conditions import DATA, Condition, parse


@dataclass(frozen=True, slots=True)
class Route:
    """Where a called number leads."""

    number: str
    flow: Flow
    queue: Queue
    test: bool
    choices: tuple[tuple[Condition, Flow], ...] = ()
    ring_s: int = 0
    fax_number: str = ""
    fax_ring_s: int = 0

    @property
    def asks_who(self) -> bool:
        """Whether where it leads hangs on who calls."""
        return any(name.name.startswith(DATA) for condition, _ in self.choices for name in condition.names)


def asks_about_callers(queue: Queue) -> bool:
    """Whether its conditions ask for attached data."""
    conditions = [rule.when for rule in queue.arrivals] + [rule.when for rule in queue.escalations]
    return any(DATA in condition for condition in conditions)


class NumberPlan:
    """Looks numbers up as they were dialled, and by their last digits where a carrier adds an area code."""

    def __init__(self, centre: Centre, version: int) -> None:
        self.version = version
        self._asks_who = any(queue.last_agent or asks_about_callers(queue) for queue in centre.queues)
        self._country = centre.centre.country
        self.language = centre.centre.language
        self.time_zone = centre.centre.time_zone
        self.recordings = centre.centre.recordings
        self.survey = centre.centre.survey
        flows = {flow.name: flow for flow in centre.flows}
        queues = {queue.name: queue for queue in centre.queues}
        self._routes: dict[str, Route] = {}
        rooms = {room.name: room for room in centre.rooms}
        self.rooms = {room.id or room.name: room for room in centre.rooms}
        self._rooms = {number.number: rooms[number.room] for number in centre.numbers if number.room is not None}
        for number in centre.numbers:
            if number.flow is None:
                continue
            flow = flows[number.flow]
            choices = tuple((parse(choice.when), flows[choice.flow]) for choice in number.choices)
            queue = queues[flow.queue]
            self._routes[number.number] = Route(
                number.number, flow, queue, number.test, choices, number.ring_s, number.fax_number, number.fax_ring_s
            )
        self._asks_who |= any(route.asks_who for route in self._routes.values())
        self._trunks = {host_and_port(host)[0]: trunk for trunk in centre.trunks for host in trunk.hosts}
        networks = [(ip_network(host, strict=False), t) for t in centre.trunks for host in t.hosts if "/" in host]
        self._networks = sorted(networks, key=lambda one: -one[0].prefixlen)
        self.queues = {queue.id: queue for queue in centre.queues}
        self.site_names = {site.id or site.name: site.name for site in centre.sites}
        self._site_numbers = {
            (site.id or site.name, queues[line.queue].id): line.number for site in centre.sites for line in site.queues
        }
        self.flows = {flow.id: flow for flow in centre.flows}
        self._flows, self._queues = flows, queues
        self.trunks = {trunk.id: trunk for trunk in centre.trunks}
        self.outward = OutwardPlan(centre)
        self.devices = {device.extension: device for agent in centre.agents for device in agent.devices}
        self.agents = {agent.id: agent for agent in centre.agents}
        self._direct = {self.canonical(one.direct_number): one.id for one in centre.agents if one.direct_number}
        self.owners = {device.extension: agent.id for agent in centre.agents for device in agent.devices}
        self._numbers_of_agents = {agent.number: agent.id for agent in centre.agents}

    def mobile(self, extension: str) -> str:
        """The number at which this device is rung; empty where it registers with us."""
        device = self.devices.get(extension)
        return device.number if device is not None and device.kind == "mobile" else ""

    def asks_key(self, extension: str) -> bool:
        """Whether who answers this device has to press a key before he has the call."""
        device = self.devices.get(extension)
        return device is not None and device.kind == "mobile" and device.asks_key

    def route(self, called: str) -> Route | None:
        """The route of a dialled number; None if nobody has it."""
        found = self._routes.get(called)
        if found is None and called.startswith("+"):
            found = self._routes.get(self._national(called))
        return found

    def room(self, called: str) -> ConferenceRoom | None:
        """The conference room that a dialled number leads into."""
        found = self._rooms.get(called)
        return self._rooms.get(self._national(called)) if found is None and called.startswith("+") else found

    def numbers_of_room(self, room_id: str) -> list[str]:
        return [number for number, room in self._rooms.items() if (room.id or room.name) == room_id]

    def trunk_of_name(self, host: str) -> Trunk | None:
        """The trunk that has this host, by name or address, in the configuration."""
        return self._trunks.get(host)

    def flow(self, name: str) -> Flow | None:
        return self._flows.get(name)

    def queue_of_flow(self, flow: Flow) -> str:
        """The id of the queue that takes who comes out of it without having been served."""
        return self._queues[flow.queue].id

    def direct_agent(self, called: str) -> str | None:
        """The agent whose own outside number this is, if it leads nowhere else."""
        return self._direct.get(self.canonical(called)) if self.route(called) is None else None

    def reader(self, called: str) -> str | None:
        """The agent whom a text to this number is for: his device, his own outside number, or his agent ID."""
        return self.owners.get(called) or self.direct_agent(called) or self._numbers_of_agents.get(called)

    @property
    def asks_who(self) -> bool:
        """Whether any queue goes by who its caller is."""
        return self._asks_who

    def overflow(self, queue_id: str, rule: str) -> Overflow | None:
        """What an escalation of a queue does with those it takes out."""
        queue = self.queues.get(queue_id)
        return next((step.overflow for step in queue.escalations if step.name == rule), None) if queue else None

    def site_number(self, site_id: str, queue_id: str) -> str:
        """The number that leads to a sister centre's queue for callers of ours; empty if there is none."""
        return self._site_numbers.get((site_id, queue_id), "")

    def trunk_of(self, host: str) -> Trunk | None:
        """The trunk a source address belongs to: by itself, or by its network (the smallest that holds it)."""
        found = self._trunks.get(host)
        if found is None and self._networks:
            address = ip_address(host)
            found = next((trunk for network, trunk in self._networks if address in network), None)
        return found

    def canonical(self, number: str) -> str:
        """E.164 where the number is one, else the digits as they came (extensions, short codes)."""
        return numbers.canonical(number, self._country)

    def _national(self, called: str) -> str:
        try:
            return phonenumbers.national_significant_number(phonenumbers.parse(called, self._country))
        except phonenumbers.NumberParseException:
            return called
