"""What the control plane tells Prometheus (text exposition format 0.0.4)."""

from __future__ import annotations

from collections import Counter

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from yingda.calls.switch import Switch
from yingda.calls.trunks.board import TrunkBoard
from yingda.sip.transports.stack import SipStack

Families = list[CounterMetricFamily | GaugeMetricFamily]


class ControlMetrics(Collector):
    """Read when asked for; nothing is counted twice beside its owner."""

    def __init__(self, stack: SipStack, switch: Switch, trunk_board: TrunkBoard) -> None:
        self._stack, self._switch, self._trunk_board = stack, switch, trunk_board
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def text(self) -> str:
        return generate_latest(self._registry).decode()

    def collect(self) -> Families:
        return [*self._sip(), *self._centre(), *self._trunks()]

    def _sip(self) -> Families:
        messages = CounterMetricFamily("yingda_sip_messages", "SIP messages.", labels=["way", "what", "transport"])
        live = GaugeMetricFamily("yingda_sip_live", "What the signalling tables hold.", labels=["table"])
        for key, count in self._stack.metrics().items():
            if key[0] == "live":
                live.add_metric([key[1]], count)
            else:
                messages.add_metric(list(key), count)
        return [messages, live]

    def _trunks(self) -> Families:
        """By name: figures are read by people, and a name that is given anew is another line."""
        up = GaugeMetricFamily("yingda_trunk_up", "1: calls can go out by it.", labels=["trunk"])
        used = GaugeMetricFamily("yingda_trunk_channels", "Channels in use.", labels=["trunk", "direction"])
        most = GaugeMetricFamily("yingda_trunk_channels_most", "Channels that there are.", labels=["trunk"])
        kept = GaugeMetricFamily("yingda_trunk_registered", "1: registered with its carrier.", labels=["trunk"])
        for trunk in self._switch.table.plan.trunks.values():
            doc = self._trunk_board.document(trunk)
            up.add_metric([trunk.name], doc["state"] == "up")
            used.add_metric([trunk.name, "inbound"], doc["inbound"])
            used.add_metric([trunk.name, "outbound"], doc["outbound"])
            most.add_metric([trunk.name], doc["max_calls"])
            if doc["registration"] is not None:
                kept.add_metric([trunk.name], doc["registration"] == "registered")
        return [up, used, most, kept, *self._trunk_attempts()]

    def _trunk_attempts(self) -> Families:
        """Attempts are seized and refused together (metrics.md, T2)."""
        seized = CounterMetricFamily("yingda_trunk_seized", "Channels seized.", labels=["trunk", "direction"])
        labels = ["trunk", "direction", "cause"]
        refused = CounterMetricFamily("yingda_trunk_refused", "Calls a trunk did not carry.", labels=labels)
        channels, trunks = self._switch.table.channels, self._switch.table.plan.trunks
        for (trunk_id, direction), count in channels.seized.items():
            if trunk_id in trunks:
                seized.add_metric([trunks[trunk_id].name, direction], count)
        for (trunk_id, direction, cause), count in channels.refused.items():
            if trunk_id in trunks:
                refused.add_metric([trunks[trunk_id].name, direction, cause], count)
        return [seized, refused]

    def _centre(self) -> Families:
        calls = GaugeMetricFamily("yingda_calls", "Calls now, by phase.", labels=["phase"])
        for phase, count in Counter(call.phase.value for call in self._switch.table.calls.values()).items():
            calls.add_metric([phase], count)
        agents = GaugeMetricFamily("yingda_agents", "Agents signed in now, by state.", labels=["state"])
        sessions = self._switch.distributor.floor.sessions.values()
        for state, count in Counter(s.span.state.value for s in sessions if s.span is not None).items():
            agents.add_metric([state], count)
        return [calls, agents]
