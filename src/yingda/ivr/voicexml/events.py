"""Which handler takes an event (5.2.4), and what the platform does where the flow has none (5.2.5)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from yingda.ivr.voicexml.context import Context
from yingda.ivr.voicexml.model import Handler
from yingda.ivr.voicexml.values import event_matches


@dataclass(frozen=True, slots=True)
class Default:
    """A row of 5.2.5: what is said, whether the item is prompted again, and whether the flow ends."""

    event: str
    chinese: str
    english: str
    reprompt: bool
    exit: bool


DEFAULTS: Final = (
    Default("cancel", "", "", False, False),
    Default("error", "系统出现问题。", "Sorry, something went wrong.", False, True),
    Default("exit", "", "", False, True),
    Default("help", "请按提示操作。", "Please follow the instructions.", True, False),
    Default("noinput", "", "", True, False),
    Default("nomatch", "您的输入有误。", "Sorry, that was not valid.", True, False),
    Default("maxspeechtimeout", "您说得太长了。", "Sorry, that was too long.", True, False),
    Default("connection.disconnect", "", "", False, True),
    Default("", "系统出现问题。", "Sorry, something went wrong.", False, True),
)


def count(counters: Counter[str], event: str) -> None:
    """An event was thrown: its own counter goes up, and that of each leading part of its name."""
    parts = event.split(".")
    counters[""] += 1
    for length in range(1, len(parts) + 1):
        counters[".".join(parts[:length])] += 1


def select(context: Context, event: str, counters: Counter[str]) -> Handler | Default:
    """The handler for an event whose counters went up already: 5.2.4, steps 1 to 4.

    The platform's own are the last of the list, with a count of 1. Conditions are evaluated where `context` stands.
    """
    fit: list[tuple[int, Handler]] = []
    for handler in context.handlers():
        if handler.takes(event) and handler.count <= _counted(handler, event, counters):
            if not context.scopes.truth(handler.cond):
                continue
            fit.append((handler.count, handler))
    if not fit:
        return next(default for default in DEFAULTS if event_matches(default.event, event))
    correct = max(number for number, _ in fit)
    return next(handler for number, handler in fit if number == correct)


def _counted(handler: Handler, event: str, counters: Counter[str]) -> int:
    return max(counters[pattern.rstrip(".")] for pattern in handler.events if event_matches(pattern, event))
