"""RTP on the wire (RFC 3550 section 5.1) and a leg's two lines: what comes in is counted, what goes out is one line.

`parse` runs once a packet, so it answers a plain tuple, and None for what is not RTP. Sequence numbers are 16-bit,
timestamps 32-bit in samples of 8 kHz; `now` is µs.
"""

from __future__ import annotations

import random
import struct

Parsed = tuple[int, int, int, int, bytes]
"""(second byte: marker and payload number, sequence, timestamp, SSRC, payload)."""

HEADER = struct.Struct("!BBHII")
MARKER = 0x80
RATE = 8_000
MAX_DROPOUT = 3_000  # RFC 3550 A.1: a larger jump forward is a restart of the sender
MAX_MISORDER = 100
HALF_SEQUENCE = 0x8000
HALF_TIMESTAMP = 0x8000_0000
CONTINUOUS_GAP = 2 * 160  # samples a generated line may be late before it counts as interrupted
HERE = object()
"""The source of what is made here. Not the line itself: each would be a cycle then, and wait for the collector."""


def parse(data: bytes) -> Parsed | None:
    """One datagram; None when it is too short, of another version, or its own lengths contradict it."""
    if len(data) < 12:
        return None
    first, second, sequence, timestamp, ssrc = HEADER.unpack_from(data)
    if first == 0x80:
        return second, sequence, timestamp, ssrc, data[12:]
    if first >> 6 != 2:
        return None
    payload = _strip(first, data)
    return None if payload is None else (second, sequence, timestamp, ssrc, payload)


def _strip(first: int, data: bytes) -> bytes | None:
    """The payload without contributing sources, header extension and padding."""
    start = 12 + 4 * (first & 0x0F)
    if first & 0x10:
        if len(data) < start + 4:
            return None
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4])
    end = len(data)
    if first & 0x20:
        padding = data[-1]
        if padding == 0:
            return None
        end -= padding
    return data[start:end] if start <= end else None


def build(second: int, sequence: int, timestamp: int, ssrc: int, payload: bytes) -> bytes:
    """A packet without extension or padding; `second` is marker and payload number."""
    return HEADER.pack(0x80, second, sequence, timestamp, ssrc) + payload


class IncomingStream:
    """Counts one sender (RFC 3550 appendix A.1, A.3 and A.8).

    `token` is an object that stays the same while sequence and timestamps are one unbroken line: a new SSRC or a
    jump that two packets in a row confirm makes a new one, and everything that maps the line starts over.
    """

    __slots__ = ("_bad", "_base", "_expected_before", "_highest", "_transit", "jitter", "received", "ssrc", "token")

    def __init__(self) -> None:
        self.ssrc: int | None = None
        self.token = object()
        self.received = 0
        self.jitter = 0.0  # samples
        self._highest = -1  # extended sequence
        self._base = 0
        self._bad = -1
        self._expected_before = 0
        self._transit: int | None = None

    @property
    def expected(self) -> int:
        """Packets the sender must have sent, by sequence."""
        return self._expected_before + (self._highest - self._base + 1 if self.ssrc is not None else 0)

    @property
    def lost(self) -> int:
        return max(0, self.expected - self.received)

    @property
    def highest(self) -> int:
        """Extended highest sequence, as a receiver report states it."""
        return max(0, self._highest)

    def note(self, ssrc: int, sequence: int) -> bool:
        """Count a packet; False when it must not be heard (the first after an unconfirmed jump)."""
        if ssrc != self.ssrc:
            self._restart(ssrc, sequence)
            return True
        ahead = (sequence - self._highest) & 0xFFFF
        if ahead < MAX_DROPOUT:
            self._highest += ahead
        elif ahead <= 0x10000 - MAX_MISORDER:
            if sequence != self._bad:
                self._bad = (sequence + 1) & 0xFFFF
                return False
            self._restart(ssrc, sequence)
            return True
        self.received += 1
        return True

    def _restart(self, ssrc: int, sequence: int) -> None:
        self._expected_before = self.expected
        self.ssrc, self.token = ssrc, object()
        self._base = self._highest = sequence
        self._bad, self._transit = -1, None
        self.received += 1

    def time(self, timestamp: int, now: int) -> None:
        """Interarrival jitter; only for audio (an event repeats its timestamp)."""
        transit = (now // 125 - timestamp) & 0xFFFF_FFFF  # 125 µs a sample
        if self._transit is not None:
            change = abs(transit - self._transit)
            if change < RATE:  # the wrap and a talk spurt's leap are not jitter
                self.jitter += (change - self.jitter) / 16
        self._transit = transit


class OutgoingLine:
    """One SSRC, one sequence and one timestamp line for a leg's life, whatever its sources become.

    A forwarded source keeps its own gaps and reordering (so that the receiver sees the true loss); a change of
    source continues after the last packet, by the time that passed, with the marker set.
    """

    __slots__ = (
        "_end", "_floor", "_from", "_last_at", "_sequence_shift", "_timestamp_shift",
        "octets", "passed", "sent", "sequence", "ssrc", "timestamp",
    )  # fmt: skip

    def __init__(self, ssrc: int, rng: random.Random) -> None:
        self.ssrc = ssrc
        self.sequence = rng.getrandbits(15)
        self.timestamp = rng.getrandbits(31)
        self.sent = 0
        self.octets = 0
        self.passed = 0  # the timestamp of the packet forwarded last, also of one out of order
        self._end = self.timestamp  # where the last packet ends
        self._last_at = 0
        self._from: object = None
        self._floor = 0
        self._sequence_shift = 0
        self._timestamp_shift = 0

    @property
    def last_at(self) -> int:
        """µs of the last packet; 0 before the first."""
        return self._last_at

    def forward(
        self, token: object, marker: int, number: int, sequence: int, timestamp: int, payload: bytes, now: int
    ) -> bytes | None:
        """A source's packet on this line; None when it is older than the moment this source was switched on."""
        if token is not self._from:
            marker = MARKER
            self._from = token
            self._floor = (self.sequence + 1) & 0xFFFF
            self._sequence_shift = self._floor - sequence
            self._timestamp_shift = self._continued(now) - timestamp
        sequence = (sequence + self._sequence_shift) & 0xFFFF
        timestamp = (timestamp + self._timestamp_shift) & 0xFFFF_FFFF
        if (sequence - self.sequence) & 0xFFFF < HALF_SEQUENCE:
            self.sequence, self.timestamp = sequence, timestamp
            self._end = timestamp + len(payload)
            self._last_at = now
        elif (sequence - self._floor) & 0xFFFF >= HALF_SEQUENCE:
            return None
        self.sent += 1
        self.octets += len(payload)
        self.passed = timestamp
        return HEADER.pack(0x80, marker | number, sequence, timestamp, self.ssrc) + payload

    def generate(self, number: int, payload: bytes, now: int) -> bytes:
        """A frame made here; follows the last one without a gap unless the line was interrupted."""
        marker = 0
        if self._from is HERE and (now - self._last_at) // 125 - (self._end - self.timestamp) < CONTINUOUS_GAP:
            self.timestamp = self._end & 0xFFFF_FFFF
        else:
            self.timestamp, marker = self._continued(now), MARKER
            self._from = HERE
        length = len(payload)
        self._end = self.timestamp + length
        self.sequence = (self.sequence + 1) & 0xFFFF
        self._last_at = now
        self.sent += 1
        self.octets += length
        return HEADER.pack(0x80, marker | number, self.sequence, self.timestamp, self.ssrc) + payload

    def event(self, number: int, payload: bytes, first: bool, duration: int, now: int) -> bytes:
        """A telephone-event packet: all packets of one event carry the timestamp of its start."""
        if first:
            self.timestamp = self._continued(now)
            self._from = None
        self._end = self.timestamp + duration
        self.sequence = (self.sequence + 1) & 0xFFFF
        self._last_at = now
        self.sent += 1
        self.octets += len(payload)
        return HEADER.pack(0x80, (MARKER if first else 0) | number, self.sequence, self.timestamp, self.ssrc) + payload

    def _continued(self, now: int) -> int:
        """Where the line is by the clock, never before the end of what was sent."""
        if not self._last_at:
            return self.timestamp
        passed = self.timestamp + min((now - self._last_at) // 125, RATE * 3600)
        return max(passed, self._end) & 0xFFFF_FFFF

    def position(self) -> tuple[int, int, int, int, int]:
        """last packet at (µs), its sequence, where it ends (samples), packets and octets sent."""
        return self._last_at, self.sequence, self._end & 0xFFFF_FFFF, self.sent, self.octets

    def to_state(self) -> dict[str, int]:
        return {"ssrc": self.ssrc, "sequence": self.sequence, "timestamp": self._end & 0xFFFF_FFFF, "sent": self.sent,
                "octets": self.octets, "last_at": self._last_at}  # fmt: skip

    @classmethod
    def from_state(cls, state: dict[str, int]) -> OutgoingLine:
        line = cls(state["ssrc"], random.Random(0))
        line.sequence, line.timestamp = state["sequence"], state["timestamp"]
        line._end, line._last_at = state["timestamp"], state["last_at"]
        line.sent, line.octets = state["sent"], state["octets"]
        return line
