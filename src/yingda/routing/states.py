"""The states of an agent (metrics.md section 6): their order of precedence, their classes, their legal transitions.

A state is never set by hand: it follows from what holds of the session (`standing`), and the one setter
(`Floor.restate`) refuses a transition that is not in the table.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Literal

StateClass = Literal["occupied", "available", "off_contact"]

OFFLINE: Final = "offline"
"""The absence of a session: where the first state of a session comes from."""


class AgentState(StrEnum):
    """In order of precedence: where several hold, the first counts."""

    TALKING = "talking"
    CONSULTING = "consulting"
    HOLDING = "holding"
    ASSISTING = "assisting"
    DIALLING = "dialling"
    INTERNAL = "internal"
    SUPERVISING = "supervising"
    RINGING = "ringing"
    WRAPUP = "wrapup"
    SERVING = "serving"
    BUSY = "busy"
    UNREACHABLE = "unreachable"
    IDLE = "idle"


_CLASSES: Final[dict[AgentState, StateClass]] = {
    AgentState.TALKING: "occupied",
    AgentState.CONSULTING: "occupied",
    AgentState.HOLDING: "occupied",
    AgentState.ASSISTING: "occupied",
    AgentState.DIALLING: "occupied",
    AgentState.INTERNAL: "off_contact",
    AgentState.SUPERVISING: "off_contact",
    AgentState.WRAPUP: "occupied",
    AgentState.SERVING: "occupied",
    AgentState.BUSY: "off_contact",
    AgentState.UNREACHABLE: "off_contact",
    AgentState.IDLE: "available",
}

_REST: Final = frozenset({AgentState.IDLE, AgentState.BUSY, AgentState.UNREACHABLE, AgentState.SERVING})
_WITH_CUSTOMER: Final = frozenset({AgentState.TALKING, AgentState.CONSULTING, AgentState.HOLDING})
_NEW_CALL: Final = frozenset(
    {
        AgentState.TALKING,
        AgentState.ASSISTING,
        AgentState.DIALLING,
        AgentState.INTERNAL,
        AgentState.SUPERVISING,
        AgentState.RINGING,
    }
)

# What may follow what. Somebody who serves goes on to the next item he has open, or has another reason to get nothing
# new. Talking follows talking, and internal internal, when two contacts become one: another handling begins.
TRANSITIONS: Final[dict[str, frozenset[AgentState]]] = {
    OFFLINE: frozenset({AgentState.IDLE, AgentState.BUSY}),
    AgentState.IDLE: _REST - {AgentState.IDLE, AgentState.SERVING} | _NEW_CALL,
    AgentState.SERVING: _REST | _NEW_CALL,
    AgentState.RINGING: _REST | _NEW_CALL - {AgentState.RINGING},
    AgentState.TALKING: _WITH_CUSTOMER | {AgentState.WRAPUP} | _REST,
    AgentState.HOLDING: _WITH_CUSTOMER - {AgentState.HOLDING} | {AgentState.WRAPUP} | _REST,
    AgentState.CONSULTING: _WITH_CUSTOMER - {AgentState.CONSULTING} | {AgentState.WRAPUP} | _REST,
    AgentState.ASSISTING: _REST | {AgentState.TALKING},
    AgentState.DIALLING: _REST | {AgentState.TALKING},
    AgentState.INTERNAL: _REST | {AgentState.TALKING, AgentState.INTERNAL},
    AgentState.SUPERVISING: _REST | {AgentState.TALKING},
    AgentState.WRAPUP: _REST | _NEW_CALL,
    AgentState.BUSY: _REST - {AgentState.SERVING} | _NEW_CALL,
    AgentState.UNREACHABLE: frozenset({AgentState.IDLE, AgentState.BUSY}),
}

WITH_HANDLING: Final = _WITH_CUSTOMER | {
    AgentState.ASSISTING,
    AgentState.DIALLING,
    AgentState.INTERNAL,
    AgentState.WRAPUP,
    AgentState.SERVING,
}
"""States whose span names its handling."""

IN_CALL: Final = _WITH_CUSTOMER | {
    AgentState.ASSISTING,
    AgentState.DIALLING,
    AgentState.INTERNAL,
    AgentState.SUPERVISING,
}
"""States in which somebody is on the line: no signing out, no second call."""


STANDING: Final[frozenset[str]] = frozenset({AgentState.IDLE, AgentState.SERVING})
"""States in which he may get an offer."""


def class_of(state: AgentState, *, accepted: bool = False) -> StateClass:
    """The class a span counts in. accepted: for ringing, whether its offer ended so."""
    if state is AgentState.RINGING:
        return "occupied" if accepted else "available"
    return _CLASSES[state]
