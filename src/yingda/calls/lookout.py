"""The lookout for trunks (TEL-08, TEL-10): asks by OPTIONS; ledger and an alarm tell when one goes or comes."""

from __future__ import annotations

from collections.abc import Callable

from yingda.calls.effects import Alarm, Effect
from yingda.calls.numbering import NumberPlan
from yingda.calls.switch import Switch
from yingda.kernel.event import Event
from yingda.routing.effects import Append
from yingda.sip import events as sip
from yingda.sip.endpoint import Endpoint
from yingda.sip.flow import Address, Flow, host_port, literal_ip
from yingda.sip.grammar import NameAddress
from yingda.sip.trunks import Changed, FarEnd, TrunkHealth, TrunkState


class TrunkLookout:
    """Goes by the number plan in force. own: where we send from, given the remote host; None: nobody is asked."""

    def __init__(self, endpoint: Endpoint, switch: Switch, domain: str, own: Callable[[str], Address] | None) -> None:
        self._endpoint, self._switch, self._domain, self._own = endpoint, switch, domain, own
        self._health = TrunkHealth()
        self._plan: NumberPlan | None = None

    def next_timer(self) -> int | None:
        return 0 if self._plan is not self._switch.table.plan else self._health.next_timer()

    def handle_timer(self, now: int) -> tuple[list[Effect], list[sip.Effect]]:
        """Ask whom it is time to ask."""
        effects: list[Effect] = []
        plan = self._switch.table.plan
        if plan is not self._plan:
            self._plan = plan
            for changed in self._health.watch(self._far_ends(plan), now):
                effects += self._told(changed, now)
        sent: list[sip.Effect] = []
        for end in self._health.due(now):
            sent += self._ask(end, now)
        return effects, sent

    def answered(self, event: sip.OptionsAnswered, now: int) -> list[Effect]:
        changed = self._health.answered(event.key, event.code)
        return self._told(changed, now) if changed is not None else []

    def _far_ends(self, plan: NumberPlan) -> list[FarEnd]:
        """Hosts that are addresses; a name is not asked."""
        if self._own is None:
            return []
        return [
            FarEnd(trunk.id, trunk.transport, (address, trunk.port), trunk.check_s)
            for trunk in plan.trunks.values()
            if trunk.check_s
            for host in trunk.hosts
            if (address := literal_ip(host)) is not None
        ]

    def _ask(self, end: FarEnd, now: int) -> list[sip.Effect]:
        assert self._own is not None
        target = sip.Target(
            f"sip:{host_port(end.address)}", Flow(end.transport, self._own(end.address[0]), end.address)
        )
        key, sent = self._endpoint.options(target, caller=NameAddress(f"sip:{self._domain}"), now=now)
        self._health.asked(key, end)
        return sent

    def _told(self, changed: Changed, now: int) -> list[Effect]:
        trunk = self._switch.table.plan.trunks.get(changed.trunk)
        down = changed.state is TrunkState.DOWN
        before = TrunkState.UP if down else TrunkState.DOWN
        data = {
            "trunk_id": changed.trunk,
            "from": before.value,
            "to": changed.state.value,
            "channels": trunk.max_calls if trunk is not None else 0,
        }
        name = trunk.name if trunk is not None else changed.trunk
        sentence = f"The trunk {name} does not answer. Check the line and the gateway." if down else None
        event = Event(kind="trunk.state_changed", at=now, by="carrier", data=data)
        return [Append((event,)), Alarm("trunk_down", sentence, changed.trunk)]
