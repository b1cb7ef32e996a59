"""Asking another plane, control above all: its refusals pass unchanged, its absence is one clear sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from yingda.kernel.errors import YingdaError

CALL_TIMEOUT = 5.0
"""How long (s) a desk waits for control before it is told that control does not answer."""

AWAY = frozenset(("plane_unreachable", "plane_timeout"))
"""What the bus says when the other side is not there, or does not answer in time."""


class Bus(Protocol):
    """What the web plane needs of a bus client (`kernel.bus.aio.BusClient`). Refusals and absence are YingdaErrors."""

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def call(self, method: str, body: object, timeout: float) -> Any: ...

    def subscribe(self, topic: str, callback: Callable[[Any], None]) -> None: ...


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
