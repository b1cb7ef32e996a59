"""What media answers to a command."""

from __future__ import annotations

import msgspec

from yingda.media.protocol.shapes import Address, IceParameters


class LegCreated(msgspec.Struct, frozen=True, kw_only=True, tag="leg.created"):
    """Where the leg listens. ice and fingerprint only for webrtc. ssrc, cname: for the SDP."""

    leg_id: str
    address: Address
    ssrc: int
    cname: str
    ice: IceParameters | None = None
    fingerprint: str | None = None


class ReadyLeg(msgspec.Struct, frozen=True):
    """A leg of the stock: as LegCreated, and nobody's yet."""

    address: Address
    ssrc: int
    cname: str


class LegsStocked(msgspec.Struct, frozen=True, kw_only=True, tag="legs.stocked"):
    """legs: those just opened, which may be fewer than asked for. most: how many media keeps in stock at the most."""

    legs: list[ReadyLeg]
    most: int


class LegStatistics(msgspec.Struct, frozen=True, kw_only=True, tag="leg.statistics"):
    """Counters of a leg's life. lost: by sequence gaps. one_way: we sent for 5 s and heard nothing, or the reverse."""

    leg_id: str
    received: int = 0
    sent: int = 0
    lost: int = 0
    jitter_ms: float = 0.0
    mos: float = 0.0
    one_way: bool = False
    strangers: int = 0


class RecordingFinished(msgspec.Struct, frozen=True, kw_only=True, tag="recording.finished"):
    recording_id: str
    duration_ms: int
    checksum: str  # sha256 of the file, hex


class Done(msgspec.Struct, frozen=True, tag="done"):
    """The command is carried out."""


class SnapshotResult(msgspec.Struct, frozen=True, kw_only=True, tag="snapshot"):
    legs: list[dict[str, object]]
    matrix: list[tuple[str, str, float]]
    players: list[dict[str, object]]
    recorders: list[dict[str, object]]
    taps: list[dict[str, object]]
    last_report: int


class ReportsResumed(msgspec.Struct, frozen=True, kw_only=True, tag="reports.resumed"):
    """instance: this life of media; numbers of reports belong to it."""

    instance: str
    last: int


class MetricsResult(msgspec.Struct, frozen=True, tag="metrics"):
    """Prometheus-style: name to value; `_total` names only rise. text: the same as Prometheus reads it."""

    values: dict[str, float]
    text: str = ""


AnyResult = LegCreated | LegsStocked | LegStatistics | RecordingFinished | Done | SnapshotResult | MetricsResult
