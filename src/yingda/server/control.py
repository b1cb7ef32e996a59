"""Asking control: its refusals pass unchanged, its absence is one clear sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from yingda.kernel.errors import YingdaError
from yingda.server.deps import CALL_TIMEOUT, Bus

AWAY = frozenset(("plane_unreachable", "plane_timeout"))
"""What the bus says when the other side is not there, or does not answer in time."""


def control_away() -> YingdaError:
    return YingdaError(
        "control_away",
        "Call control does not answer at the moment. Conversations go on.",
        todo="Wait a few seconds; the screen comes back by itself.",
    )


async def call(bus: Bus, method: str, body: Mapping[str, Any], timeout: float) -> dict[str, Any]:
    """A plane's answer, which is a map by contract, or nothing: then an empty one. Raises what the bus raises."""
    answer = await bus.call(method, body, timeout)
    if answer is None:
        return {}
    if not isinstance(answer, dict):
        raise YingdaError("plane_answer", f"The answer to {method} has not the form that was agreed.")
    return answer


async def ask(control: Bus, method: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Control's answer, or its refusal, or `control_away`."""
    try:
        return await call(control, method, body, CALL_TIMEOUT)
    except YingdaError as error:
        if error.code in AWAY:
            raise control_away() from error
        raise
