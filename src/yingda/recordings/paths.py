"""Where recordings lie below their folder: one place that everybody who writes, serves or looks for them asks."""

from __future__ import annotations

from datetime import UTC, datetime

from yingda.kernel.clock import SECOND


def path_of(tenant: str, connected_at: int, interaction_id: str, handling_id: str) -> str:
    """Where a handling's recording is written: tenant/YYYY/MM/DD/interaction/handling.wav, by the UTC day (µs)."""
    return f"{day_folder(tenant, connected_at)}/{interaction_id}/{handling_id}.wav"


def day_folder(tenant: str, at: int) -> str:
    """The folder of a UTC day."""
    return f"{tenant}/{datetime.fromtimestamp(at / SECOND, UTC):%Y/%m/%d}"
