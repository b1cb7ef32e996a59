"""What a phone can be told from the desk: answer at once, answer the ringing call, hold (TEL-45).

`Event: talk` and `hold` are notifications inside a call, known to most desk phones; those that are say so in
Allow-Events. That a call should be answered at once is asked in the INVITE, in four dialects: Call-Info with
answer-after, Alert-Info with info, P-Auto-Answer, and Answer-Mode (RFC 5373). No phone says which of them it knows, so
a call asks in all; the makers below describe at least one in their manuals. What is not known to work is not offered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

TALK, HOLD = "talk", "hold"

AUTO_ANSWER = {
    "Call-Info": "<sip:127.0.0.1>;answer-after=0",
    "Alert-Info": "<http://127.0.0.1>;info=alert-autoanswer;delay=0",
    "P-Auto-Answer": "normal",
    "Answer-Mode": "Auto",
}
"""Headers of an INVITE that is to be answered without a hand."""

_ANSWERS_AT_ONCE = re.compile(
    r"yealink|grandstream|snom|fanvil|poly(com|edge)?|cisco[/-]|spa\d{3}|mitel|aastra|htek|akuvox|gigaset|panasonic|"
    r"zoiper|microsip|escene|atcom|sangoma|yingda",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Abilities:
    """talk: a ringing call can be answered from the desk. hold: a call can be held so. auto_answer: see AUTO_ANSWER."""

    talk: bool = False
    hold: bool = False
    auto_answer: bool = False


def abilities(user_agent: str, allow_events: Iterable[str]) -> Abilities:
    """What a device can, by what it says of itself. allow_events: lower case."""
    events = frozenset(allow_events)
    return Abilities(TALK in events, HOLD in events, _ANSWERS_AT_ONCE.search(user_agent) is not None)
