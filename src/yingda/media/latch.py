"""Whom a plain RTP leg listens to (design.md, "Media rules"): strangers are never heard.

    state      packet                                                 next
    LEARNING   four in sequence from a trusted host                   LOCKED
    LOCKED     from the locked address and SSRC                       LOCKED (the relay's fast path)
    LOCKED     locked address, other SSRC, four in sequence
               without one of the old between them                    LOCKED to the new SSRC
    LOCKED     trusted host, same SSRC, after 5 s of silence, four    LOCKED to the new address
    RELEARNING like LEARNING, while the old address stays heard       LOCKED

Trusted are the SDP's address and the one the signalling came from, nothing else (RFC 7362 section 4 says why).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from yingda.kernel.clock import SECOND
from yingda.media.protocol import Address

NEEDED = 4
SILENCE = 5 * SECOND
MAX_CANDIDATES = 4


class LatchState(Enum):
    LEARNING = "learning"
    LOCKED = "locked"
    RELEARNING = "relearning"


class Verdict(Enum):
    """heard: pass it on. learning: a trusted host's, not heard yet. stranger: count and drop."""

    HEARD = "heard"
    LEARNING = "learning"
    STRANGER = "stranger"


@dataclass
class _Candidate:
    sequence: int
    count: int
    since: int


class Latch:
    """`address`, `ssrc`, `open`: what the relay compares before it asks `admit`."""

    __slots__ = ("_candidates", "_hosts", "_moved", "address", "open", "ssrc", "state")

    def __init__(self) -> None:
        self.state = LatchState.LEARNING
        self.open = True  # not LOCKED
        self.address: Address | None = None
        self.ssrc: int | None = None
        self._hosts: frozenset[str] = frozenset()
        self._moved = False
        self._candidates: dict[tuple[Address, int], _Candidate] = {}

    def trust(self, described: Address | None, signalling_host: str | None, moved: bool) -> None:
        """The far end was described (again). moved: its SDP names another address than before."""
        self._hosts = frozenset(host for host in (described and described[0], signalling_host) if host)
        self._candidates.clear()
        self._moved = moved or self._moved  # until the new address is found
        self._enter(LatchState.LEARNING if self.address is None else LatchState.RELEARNING)

    def trusts(self, host: str) -> bool:
        return host in self._hosts

    def admit(self, address: Address, ssrc: int, sequence: int, heard_at: int, now: int) -> Verdict:
        """Judge a packet that is not plainly the locked sender's. heard_at: µs of the last packet that was heard."""
        current = address == self.address
        if not current and address[0] not in self._hosts:
            return Verdict.STRANGER
        if self.state is LatchState.LOCKED and not current and (ssrc != self.ssrc or now - heard_at < SILENCE):
            return Verdict.STRANGER
        locked = (
            self._count(address, ssrc, sequence, heard_at, now)
            if address[0] in self._hosts and not (current and self._moved)
            else False
        )
        if locked:
            self.address, self.ssrc = address, ssrc
            self._moved = False
            self._candidates.clear()
            self._enter(LatchState.LOCKED)
            return Verdict.HEARD
        if current and ssrc == self.ssrc:
            return Verdict.HEARD
        return Verdict.STRANGER if self.state is LatchState.LOCKED and current else Verdict.LEARNING

    def _count(self, address: Address, ssrc: int, sequence: int, heard_at: int, now: int) -> bool:
        """One more of a candidate; True when it has four in sequence."""
        key = (address, ssrc)
        known = self._candidates.get(key)
        broken = known is None or sequence != known.sequence + 1 & 0xFFFF
        if known is None or broken or (self.state is LatchState.LOCKED and heard_at > known.since):
            if len(self._candidates) >= MAX_CANDIDATES and key not in self._candidates:
                self._candidates.pop(next(iter(self._candidates)))
            self._candidates[key] = _Candidate(sequence, 1, now)
            return False
        known.sequence = sequence
        known.count += 1
        return known.count >= NEEDED

    def _enter(self, state: LatchState) -> None:
        self.state = state
        self.open = state is not LatchState.LOCKED

    def to_state(self) -> dict[str, object]:
        return {"address": self.address, "ssrc": self.ssrc, "state": self.state.value, "hosts": sorted(self._hosts)}

    @classmethod
    def from_state(cls, state: dict[str, object]) -> Latch:
        latch = cls()
        address, ssrc, hosts = state["address"], state["ssrc"], state["hosts"]
        if isinstance(address, list | tuple):
            latch.address = (str(address[0]), int(address[1]))
        latch.ssrc = ssrc if isinstance(ssrc, int) else None
        latch._hosts = frozenset(str(host) for host in hosts) if isinstance(hosts, list) else frozenset()
        latch._enter(LatchState(state["state"]))
        return latch
