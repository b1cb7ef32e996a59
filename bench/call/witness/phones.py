"""What the phones themselves told (events.jsonl) and wrote (dumps)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from bench.call.plan import plan_number


@dataclass(frozen=True)
class Talk:
    """A call that a phone says it was in. Times are µs UTC; dump: what it heard, None if there is no file for it."""

    extension: str
    call_id: str
    number: str
    established: int
    closed: int | None
    dump: Path | None


def talks(folder: Path, extension: str) -> list[Talk]:
    """The established calls of a phone, in order, each with its dump (a phone writes them in the same order)."""
    begun: dict[str, tuple[str, int]] = {}
    closed: dict[str, int] = {}
    for line in (folder / "events.jsonl").read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        if event.get("type") == "CALL_ESTABLISHED":
            begun[event["id"]] = (plan_number(event["peeruri"].partition("@")[0]), event["at"])
        elif event.get("type") == "CALL_CLOSED":
            closed[event["id"]] = event["at"]
    dumps: list[Path | None] = [*sorted(folder.glob("dump-*-dec.wav"))]
    dumps += [None] * (len(begun) - len(dumps))
    return [
        Talk(extension, call_id, number, at, closed.get(call_id), dump)
        for (call_id, (number, at)), dump in zip(begun.items(), dumps, strict=False)
    ]


@dataclass(frozen=True)
class SippCall:
    """What a caller's own log says: whether it dialled, was answered, and who said BYE first ("", caller, centre)."""

    dialled: bool
    answered: bool
    hung_up_by: str


def sipp_call(log: Path) -> SippCall:
    """A caller's message log (sipp -trace_msg)."""
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    hung_up_by, dialled, answered = "", False, False
    for block in text.split("-----------------------------------------------"):
        lines = block.strip().splitlines()
        out = any(" message sent" in line for line in lines[:2])
        start = next((line for line in lines[1:] if "SIP/2.0" in line), "")
        dialled |= out and start.startswith("INVITE ")
        answered |= not out and start.startswith("SIP/2.0 200") and "CSeq: 1 INVITE" in block
        if start.startswith("BYE ") and not hung_up_by:
            hung_up_by = "caller" if out else "centre"
    return SippCall(dialled, answered, hung_up_by)
