"""Where recordings lie below their folder: one place that everybody who writes, serves or looks for them asks."""

from __future__ import annotations

from datetime import UTC, datetime

from yingda.kernel.clock import SECOND

MESSAGES = "messages"
"""The folder of what callers have left, beside those of the tenants."""


def path_of(tenant: str, connected_at: int, interaction_id: str, handling_id: str, leg_id: str = "") -> str:
    """Where a handling's recording is written: tenant/YYYY/MM/DD/interaction/handling.wav, by the UTC day (µs).

    leg_id: of an outside party whom that handling consulted; its recording lies beside, as handling-leg.wav.
    """
    name = f"{handling_id}-{leg_id}" if leg_id else handling_id
    return f"{day_folder(tenant, connected_at)}/{interaction_id}/{name}.wav"


def message_path(tenant: str, since: int, interaction_id: str, message_id: str) -> str:
    """Where a message that a caller leaves is written, by the UTC day (µs) on which he began to speak."""
    return f"{MESSAGES}/{path_of(tenant, since, interaction_id, message_id)}"


def day_folder(tenant: str, at: int) -> str:
    """The folder of a UTC day."""
    return f"{tenant}/{datetime.fromtimestamp(at / SECOND, UTC):%Y/%m/%d}"
