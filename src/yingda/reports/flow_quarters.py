"""The rows of flows, one a quarter hour of UTC (metrics.md sections 4 and 7): runs, nodes, ways out of nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from yingda.reports.rows import Row

EXIT: Final = "exit:"
"""How an edge begins that leads out of the flow."""
_FLOW: Final = ("tenant_id", "flow_id", "version")


@dataclass(slots=True)
class _OfFlow(Row):
    tenant_id: str
    flow_id: str
    version: int


@dataclass(slots=True)
class FlowQuarter(_OfFlow):
    """Runs of one flow by exit (C)."""

    TABLE: ClassVar[str] = "flow_quarters"
    KEY: ClassVar[tuple[str, ...]] = (*_FLOW, "quarter")
    quarter: int
    runs: int = 0
    exit_done: int = 0
    exit_queue: int = 0
    exit_transfer: int = 0
    exit_message: int = 0
    exit_callback: int = 0
    exit_agent: int = 0
    exit_hangup: int = 0
    exit_error: int = 0
    exit_limit: int = 0
    goals: int = 0
    persons: int = 0
    time_us: int = 0


@dataclass(slots=True)
class NodeQuarter(_OfFlow):
    """Visits of one node of a flow, in the runs of one quarter hour (C)."""

    TABLE: ClassVar[str] = "node_quarters"
    KEY: ClassVar[tuple[str, ...]] = (*_FLOW, "node_id", "quarter")
    node_id: str
    quarter: int
    visits: int = 0
    passed: int = 0  # went on to another node
    left: int = 0  # left the flow here
    hangups: int = 0
    errors: int = 0
    time_us: int = 0


@dataclass(slots=True)
class EdgeQuarter(_OfFlow):
    """Ways out of one node of a flow, in the runs of one quarter hour (C)."""

    TABLE: ClassVar[str] = "edge_quarters"
    KEY: ClassVar[tuple[str, ...]] = (*_FLOW, "node_id", "edge", "quarter")
    node_id: str  # where it leaves
    edge: str  # the node it leads to; out of the flow, `EXIT` and the exit
    quarter: int
    passed: int = 0
