"""What holds at every desk: reminders, calls for help, and the scripts that agents are shown (docs/desk.md)."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from yingda.kernel.config.base import Name, Part

PLACEHOLDER = re.compile(r"\{([^{}\n]{1,80})\}")
_DATA = re.compile(r"data\.[A-Za-z_][A-Za-z0-9_]{0,63}")
VARIABLES = frozenset(
    ("customer.name", "customer.grade", "caller", "called", "agent.number", "agent.name", "queue", "centre")
)
"""What a script may name in braces, beside `data.NAME`: what flows and other systems attached to the contact."""


def _known_variables(text: str) -> str:
    for found in PLACEHOLDER.finditer(text):
        name = found[1]
        if name not in VARIABLES and not _DATA.fullmatch(name):
            known = ", ".join(sorted(VARIABLES))
            raise ValueError(f"there is no variable {name}; there are {known} and data.NAME")
    return text


Script = Annotated[str, Field(max_length=20_000), AfterValidator(_known_variables)]
"""What agents say, as text: `# ` heads a part, `1. ` a step that can be ticked, `- ` a point, `**strong**`, and
variables in braces."""


class DataField(Part):
    """How a value that travels with contacts is shown. private: digits of a card, an identity: only the last four."""

    key: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.]{0,63}$")]
    label: Name
    private: bool = False


class DeskRules(Part):
    """hold_reminder_s: a customer held for so long is called to mind, and again every hold_repeat_s; 0: never.

    long_talk_s, long_wrapup_s: who talks or wraps up for longer is marked on the floor; 0: never.
    help_expires_s: a call for help that nobody answered ends by itself. script: of contacts whose queue and flow have
    none. data: attached data by key, in the order in which desks show it; what is not listed comes last, by its key."""

    hold_reminder_s: Annotated[int, Field(ge=0, le=3_600)] = 60
    hold_repeat_s: Annotated[int, Field(ge=5, le=3_600)] = 30
    long_talk_s: Annotated[int, Field(ge=0, le=86_400)] = 900
    long_wrapup_s: Annotated[int, Field(ge=0, le=86_400)] = 180
    help_expires_s: Annotated[int, Field(ge=10, le=3_600)] = 180
    script: Script = ""
    data: list[DataField] = []
