"""What the control plane tells Prometheus (text exposition format 0.0.4)."""

from __future__ import annotations

from collections import Counter

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from yingda.calls.switch import Switch
from yingda.sip.transports.stack import SipStack

Families = list[CounterMetricFamily | GaugeMetricFamily]


class ControlMetrics(Collector):
    """Read when asked for; nothing is counted twice beside its owner."""

    def __init__(self, stack: SipStack, switch: Switch) -> None:
        self._stack, self._switch = stack, switch
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def text(self) -> str:
        return generate_latest(self._registry).decode()

    def collect(self) -> Families:
        return [*self._sip(), *self._centre()]

    def _sip(self) -> Families:
        messages = CounterMetricFamily("yingda_sip_messages", "SIP messages.", labels=["way", "what", "transport"])
        live = GaugeMetricFamily("yingda_sip_live", "What the signalling tables hold.", labels=["table"])
        for key, count in self._stack.metrics().items():
            if key[0] == "live":
                live.add_metric([key[1]], count)
            else:
                messages.add_metric(list(key), count)
        return [messages, live]

    def _centre(self) -> Families:
        calls = GaugeMetricFamily("yingda_calls", "Calls now, by phase.", labels=["phase"])
        for phase, count in Counter(call.phase.value for call in self._switch.table.calls.values()).items():
            calls.add_metric([phase], count)
        agents = GaugeMetricFamily("yingda_agents", "Agents signed in now, by state.", labels=["state"])
        sessions = self._switch.distributor.floor.sessions.values()
        for state, count in Counter(s.span.state.value for s in sessions if s.span is not None).items():
            agents.add_metric([state], count)
        return [calls, agents]
