"""What was heard and what was recorded, for every call that was answered."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.call.witness import hearing
from bench.call.witness.accounts import Contact
from bench.call.witness.evidence import Evidence, Mismatch, Seen
from bench.sound import RATE, read_wav

LENGTH_TOLERANCE_US = 100_000
"""How far a recording may be from the talk, from the first sound of the agent to the first BYE."""


@dataclass(frozen=True)
class Heard:
    """audio: both ends heard each other and not themselves. recorded: a whole recording with the right channels."""

    audio: bool
    recorded: bool
    mismatches: list[Mismatch]


def check(evidence: Evidence) -> dict[str, Heard]:
    """By number, for the callers an agent answered."""
    answered = {number: seen for number, seen in evidence.seen.items() if seen.answered}
    return {number: _check_call(evidence, seen) for number, seen in answered.items()}


def _check_call(evidence: Evidence, seen: Seen) -> Heard:
    audio = [Mismatch("audio", f"call of {seen.plan.number}: {fault}") for fault in _ends(evidence, seen)]
    contact = evidence.contact(seen.plan.number)
    if contact is None:
        return Heard(not audio, False, audio)
    recording = [
        Mismatch("recording", f"recording of {seen.plan.number}: {fault}") for fault in _file(evidence, seen, contact)
    ]
    return Heard(not audio, not recording, audio + recording)


def _ends(evidence: Evidence, seen: Seen) -> Iterator[str]:
    """Faults at either far end."""
    assert seen.joined is not None
    taken = seen.answered_by
    assert taken is not None
    agent_hz, caller_hz = evidence.tone_of_agent(taken.extension), seen.plan.tone_hz
    at_caller = hearing.judge(hearing.in_talk(seen.packets, seen.joined, seen.ended), agent_hz, caller_hz, "the caller")
    if not at_caller.good:
        yield at_caller.fault
    if seen.talk is None or seen.talk.dump is None:
        yield "the phone that answered has no dump of it"
        return
    try:
        heard = hearing.dump_in_talk(seen.talk.dump)
    except ValueError as error:
        yield f"the phone's dump: {error}"
        return
    at_agent = hearing.judge(heard, caller_hz, agent_hz, "the agent")
    if not at_agent.good:
        yield at_agent.fault


def _file(evidence: Evidence, seen: Seen, contact: Contact) -> Iterator[str]:
    """Faults of the recording: one file, as the ledger says, as long as the talk, customer left, agent right."""
    assert seen.joined is not None
    if len(contact.recordings) != 1 or len(contact.handlings) != 1:
        yield f"the ledger has {len(contact.recordings)} recordings for {len(contact.handlings)} handlings"
        return
    said, handling = contact.recordings[0], contact.handlings[0]
    if said.missing or said.duration_ms is None:
        yield f"the ledger says it is missing ({said.missing or 'it never ended'})"
        return
    files = sorted(evidence.recordings.rglob(f"{handling.handling_id}.wav"))
    if len(files) != 1:
        yield f"{len(files)} files bear the name of its handling"
        return
    if hashlib.sha256(files[0].read_bytes()).hexdigest() != said.checksum:
        yield "the file is not the one whose checksum the ledger has"
    try:
        yield from _content(evidence, seen, files[0], said.duration_ms)
    except ValueError as error:
        yield str(error)


def _content(evidence: Evidence, seen: Seen, file: Path, duration_ms: int) -> Iterator[str]:
    wav = read_wav(file)
    taken = seen.answered_by
    assert seen.joined is not None
    assert taken is not None
    if wav.channels.shape[0] != 2 or wav.rate != RATE:
        yield f"the file has {wav.channels.shape[0]} channels at {wav.rate} Hz"
        return
    talk = seen.ended - seen.joined
    length = round(wav.seconds * 1_000_000)
    if abs(length - talk) > LENGTH_TOLERANCE_US:
        yield f"it is {length / 1e6:.3f} s long, the talk was {talk / 1e6:.3f} s"
    if abs(length - duration_ms * 1000) > 20_000:
        yield f"it is {length / 1e6:.3f} s long, the ledger says {duration_ms / 1e3:.3f} s"
    margin = hearing.MARGIN_US * RATE // 1_000_000
    caller_hz, agent_hz = seen.plan.tone_hz, evidence.tone_of_agent(taken.extension)
    for channel, wanted, other, name in ((0, caller_hz, agent_hz, "left"), (1, agent_hz, caller_hz, "right")):
        verdict = hearing.judge(wav.channels[channel, margin:-margin], wanted, other, f"the {name} channel")
        if not verdict.good:
            yield verdict.fault
