"""What sipp saw, from the message logs that it wrote itself (`-trace_msg`): callers, and calls of agents' phones.

Nothing of the server's is read here. Times are µs of this machine's clock, as sipp stamped them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

_MARK = re.compile(r"^-{10,} (\d{4}-\d\d-\d\d[ \t]+\d\d:\d\d:\d\d\.\d+).*\n(.*?)\n", re.MULTILINE)
_CALL_ID = re.compile(r"^Call-ID:\s*(\S+)", re.MULTILINE | re.IGNORECASE)
_CALLER = re.compile(r"^From:[^\n]*?sip:\+?(?:86)?(139\d{8})@", re.MULTILINE)
_CSEQ = re.compile(r"^CSeq:\s*\d+\s+(\w+)", re.MULTILINE | re.IGNORECASE)
_TO_USER = re.compile(r"^INVITE sip:([^@;>\s]+)@", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Message:
    at: int
    sent: bool
    text: str

    @property
    def call_id(self) -> str:
        found = _CALL_ID.search(self.text)
        return found[1] if found else ""

    def asks(self, method: str) -> bool:
        return self.text.startswith(f"{method} ")

    def accepts_invite(self) -> bool:
        cseq = _CSEQ.search(self.text)
        return self.text.startswith("SIP/2.0 200") and cseq is not None and cseq[1] == "INVITE"


@dataclass(slots=True)
class CallerSaw:
    """A caller: when he was let in, when it was over, and whether he hung up."""

    number: str
    let_in: int = 0
    over: int = 0
    hung_up: bool = False


@dataclass(slots=True)
class PhoneSaw:
    """One call at an agent's phone. joined: when its answer was acknowledged (0: never)."""

    extension: str
    caller: str
    rang: int
    answered: int = 0
    joined: int = 0
    over: int = 0


def messages(file: Path) -> Iterator[Message]:
    text = file.read_text(errors="replace").replace("\r\n", "\n")
    marks = list(_MARK.finditer(text))
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        body = text[mark.end() : following.start() if following else len(text)].lstrip("\n")
        stamp = datetime.strptime(" ".join(mark[1].split()), "%Y-%m-%d %H:%M:%S.%f").astimezone()
        yield Message(round(stamp.timestamp() * 1_000_000), " sent" in mark[2], body)


def callers(files: list[Path]) -> dict[str, CallerSaw]:
    """By number."""
    found: dict[str, CallerSaw] = {}
    for file in files:
        by_call: dict[str, CallerSaw] = {}
        for message in messages(file):
            if message.asks("INVITE") and message.sent:
                number = _CALLER.search(message.text)
                assert number is not None, message.text
                by_call.setdefault(message.call_id, CallerSaw(number[1]))
                continue
            saw = by_call.get(message.call_id)
            if saw is None:
                continue
            if message.accepts_invite() and not message.sent:
                saw.let_in = saw.let_in or message.at
            elif message.asks("BYE") and not saw.over:
                saw.over, saw.hung_up = message.at, message.sent
        for saw in by_call.values():
            assert saw.number not in found, f"{saw.number} called twice"
            found[saw.number] = saw
    return found


def phones(file: Path) -> list[PhoneSaw]:
    """In the order in which they rang."""
    by_call: dict[str, PhoneSaw] = {}
    for message in messages(file):
        call = message.call_id
        if message.asks("INVITE") and not message.sent:
            caller, extension = _CALLER.search(message.text), _TO_USER.search(message.text)
            assert caller is not None and extension is not None, message.text
            by_call.setdefault(call, PhoneSaw(extension[1], caller[1], message.at))
        saw = by_call.get(call)
        if saw is None:
            continue
        if message.accepts_invite() and message.sent:
            saw.answered = saw.answered or message.at
        elif message.asks("ACK") and not message.sent and saw.answered:
            saw.joined = saw.joined or message.at
        elif message.asks("BYE") and not saw.over:
            saw.over = message.at
    return sorted(by_call.values(), key=lambda one: one.rang)
