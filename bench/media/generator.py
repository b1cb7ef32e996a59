"""All phones in one process: every leg sends 20 ms of sound 50 times a second, each millisecond a twentieth of them.

It measures itself: a millisecond's work begun more than 5 ms late (99th percentile), a packet the kernel refused, or
one it dropped before we read it, and the step's figures are not media's alone.
"""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from socket import socket

import numpy as np

from bench.media.batch import Address, Inbox, Outbox, open_socket
from bench.media.secure import Door, SecureOutbox, handshakes
from bench.media.tally import HEADER, NOBODY, Figures, Heard, figures, write_number
from yingda.media.dtls import Identity
from yingda.media.process import prefer_this_thread

SLOTS = 20
SLOT_NS = 1_000_000
SOCKETS = SLOTS
"""One for the legs of each millisecond: a buffer of the usual size then holds a fifth of a second."""
EDGE_MS, QUIET_MS, LINGER_MS = 300, 100, 5_000
"""What comes late is late, not lost: after the window we hear all for so long, and then forwarded packets until there
were none for so long, and so long at most. (Rows that media makes go on without us.)"""
FRAME = 160
LATE_MS = 5.0


@dataclass(frozen=True)
class Talker:
    """A leg as the generator sees it. target: where it sends; ssrc: of what it hears; source: see tally.figures."""

    target: Address
    ssrc: int
    number: int  # payload number
    source: int
    door: Door | None = None  # of a browser's leg


@dataclass(frozen=True)
class Outcome:
    figures: Figures
    late_ms_p99: float
    refused: int
    dropped: int

    @property
    def kept_up(self) -> bool:
        return self.late_ms_p99 <= LATE_MS and not self.refused and not self.dropped


def slot_of(leg: int) -> int:
    return leg % SLOTS


def socket_of(leg: int) -> int:
    return slot_of(leg) % SOCKETS


def run(host: str, pipe: Connection) -> None:
    """In its own process: tell the sockets' addresses and our fingerprint, then play what the pipe says until None.

    In: (talkers, warm-up s, window s). Out: None when all legs are up, then Outcome.
    """
    prefer_this_thread()
    sockets = [open_socket(host) for _ in range(SOCKETS)]
    identity = Identity()
    pipe.send(([one.getsockname() for one in sockets], identity.fingerprint))
    while (order := pipe.recv()) is not None:
        talkers, warm_s, window_s = order
        phones = Phones(sockets, talkers, identity)
        pipe.send(None)  # all legs are up
        pipe.send(phones.play(warm_s, window_s))
    for one in sockets:
        one.close()


class Phones:
    """The talkers of one step."""

    def __init__(self, sockets: list[socket], talkers: list[Talker], identity: Identity) -> None:
        """Raises HandshakeError when a browser's leg does not come up."""
        self._talkers = talkers
        doors = {
            one.target: (sockets[socket_of(leg)], one.door) for leg, one in enumerate(talkers) if one.door is not None
        }
        keys = handshakes(identity, doors)
        self._ports = [one.getsockname()[1] for one in sockets]
        self._inboxes = [Inbox(one) for one in sockets]
        self._packets: list[np.ndarray[tuple[int, int], np.dtype[np.uint8]]] = []
        self._outboxes: list[Outbox | SecureOutbox] = []
        self._slots: list[int] = []
        for slot, secure in itertools.product(range(SLOTS), (False, True)):
            legs = [leg for leg in range(slot, len(talkers), SLOTS) if (talkers[leg].door is not None) is secure]
            if not legs:
                continue
            packets = np.zeros((len(legs), HEADER + FRAME), np.uint8)
            for row, leg in zip(packets, legs, strict=True):
                row[:] = np.frombuffer(_template(talkers[leg].number, leg), np.uint8)
            self._packets.append(packets)
            addresses = [talkers[leg].target for leg in legs]
            one = sockets[slot % SOCKETS]
            self._outboxes.append(
                SecureOutbox(one, addresses, packets, keys) if secure else Outbox(one, addresses, packets)
            )
            self._slots.append(slot)
        self.refused = 0

    def play(self, warm_s: float, window_s: float) -> Outcome:
        """Warm up, measure, and listen on for what is on its way."""
        warm, counted = round(warm_s * 50), round(window_s * 50)
        late = np.zeros((counted, SLOTS))
        sent_at = np.zeros((counted, SLOTS), np.int64)
        pieces: list[Heard] = []
        begin = time.clock_gettime_ns(time.CLOCK_MONOTONIC) + SLOT_NS
        dropped = -_dropped(self._ports)
        for tick in range(warm + counted):
            for slot in range(SLOTS):
                due = begin + (tick * SLOTS + slot) * SLOT_NS
                now = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
                if now < due:
                    time.sleep((due - now) / 1e9)
                at = time.clock_gettime_ns(time.CLOCK_REALTIME)
                self._send(slot, tick, tick - warm)
                if tick >= warm:
                    sent_at[tick - warm, slot] = at
                    late[tick - warm, slot] = max(0, now - due) / 1e6
                self._listen(slot % SOCKETS, pieces if tick >= warm else None)
        self._linger(pieces, counted)
        dropped += _dropped(self._ports)
        return self._outcome(pieces, sent_at, float(np.percentile(late, 99)), dropped)

    def _linger(self, pieces: list[Heard], counted: int) -> None:
        forwarded = np.array([one.ssrc for one in self._talkers if one.source != NOBODY], np.int64)
        quiet = 0
        for after in range(0, LINGER_MS, 10):
            time.sleep(0.01)
            came: list[Heard] = []
            for index in range(SOCKETS):
                self._listen(index, came)
            if after >= EDGE_MS:
                came = [one.only(np.isin(one.ssrc, forwarded) & (one.number < counted)) for one in came]
                quiet = 0 if any(len(one.at) for one in came) else quiet + 10
            pieces += came
            if quiet >= QUIET_MS:
                return

    def _outcome(
        self, pieces: list[Heard], sent_at: np.ndarray[tuple[int, int], np.dtype[np.int64]], late: float, dropped: int
    ) -> Outcome:
        heard = Heard.joined(pieces)
        ssrcs = [one.ssrc for one in self._talkers]
        sources = [one.source for one in self._talkers]
        slots = [slot_of(leg) for leg in range(len(self._talkers))]
        return Outcome(figures(heard, ssrcs, sources, slots, sent_at), round(late, 3), self.refused, dropped)

    def _send(self, slot: int, tick: int, number: int) -> None:
        sequence, timestamp = tick & 0xFFFF, tick * FRAME & 0xFFFF_FFFF
        for own, packets, outbox in zip(self._slots, self._packets, self._outboxes, strict=True):
            if own == slot:
                packets[:, 2:8] = np.frombuffer(sequence.to_bytes(2) + timestamp.to_bytes(4), np.uint8)
                write_number(packets, number & 0xFFFF)  # before the window: beyond its end
                self.refused += len(packets) - outbox.send()

    def _listen(self, index: int, pieces: list[Heard] | None) -> None:
        packets, at = self._inboxes[index].read()
        if pieces is not None and len(packets):
            pieces.append(Heard.of(packets, at))


def _template(number: int, leg: int) -> bytes:
    """A packet of loud enough sound, different for each leg."""
    payload = (np.random.default_rng(leg).integers(0, 0x50, FRAME) | 0x80).astype(np.uint8)
    return bytes([0x80, number]) + bytes(6) + (0x5000_0000 + leg).to_bytes(4) + payload.tobytes()


def _dropped(ports: list[int]) -> int:
    """Packets the kernel threw away because a socket's buffer was full (proc(5), /proc/net/udp)."""
    total = 0
    for line in Path("/proc/net/udp").read_text().splitlines()[1:]:
        fields = line.split()
        if int(fields[1].partition(":")[2], 16) in ports:
            total += int(fields[-1])
    return total
