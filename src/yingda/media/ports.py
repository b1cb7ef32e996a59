"""Even/odd port pairs for RTP and RTCP (RFC 3550 section 11), outside the range the system hands out by itself.

A pair that was used rests for 10 s, so that a late packet of an ended call never enters another. Pure: whether a port
can really be bound is the caller's affair, who asks for the next one when it cannot.
"""

from __future__ import annotations

import resource
from collections import deque
from pathlib import Path

from yingda.kernel.clock import SECOND
from yingda.kernel.errors import StartError, YingdaError

FIRST, LAST = 16_384, 32_767
QUARANTINE = 10 * SECOND
AHEAD_SHARE = 32
"""One pair in so many may be open before a call asks for it, so that no range is used up by none."""
EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")


class PortRange:
    """Pairs (even, even + 1) from first to last, both included. Raises `ports_wrong`.

    ahead: how many of them may be open before a call asks for one.
    """

    def __init__(self, first: int = FIRST, last: int = LAST) -> None:
        if not 1_024 <= first < last <= 65_535:
            raise StartError("ports_wrong", f"The media port range {first}–{last} is not within 1024–65535.")
        even = first + first % 2
        self._free = deque(range(even, last, 2))
        if not self._free:
            raise StartError("ports_wrong", f"The media port range {first}–{last} holds no even/odd pair.")
        self._resting: deque[tuple[int, int]] = deque()  # (until, port)
        self._used: set[int] = set()
        self.name = f"{first}–{last}"
        self.ahead = len(self._free) // AHEAD_SHARE

    @property
    def used(self) -> int:
        return len(self._used)

    def take(self, now: int) -> int:
        """The even port of a pair, the one longest unused. Raises `ports_exhausted`."""
        while self._resting and self._resting[0][0] <= now:
            self._free.append(self._resting.popleft()[1])
        if not self._free:
            raise YingdaError(
                "ports_exhausted",
                f"All media ports {self.name} are in use or resting.",
                todo="Configure a wider media port range.",
            )
        port = self._free.popleft()
        self._used.add(port)
        return port

    def take_exactly(self, port: int) -> None:
        """The pair that an earlier life of this process held. Raises `port_taken`."""
        if port in self._free:
            self._free.remove(port)
        elif port in self._used:
            raise YingdaError("port_taken", f"Media port {port} is already in use.")
        else:
            self._resting = deque(pair for pair in self._resting if pair[1] != port)
        self._used.add(port)

    def give_back(self, port: int, now: int) -> None:
        if port in self._used:
            self._used.remove(port)
            self._resting.append((now + QUARANTINE, port))


def check_ephemeral(first: int, last: int, source: Path = EPHEMERAL) -> None:
    """Raises `ports_overlap` when the system may give the same ports to others."""
    try:
        low, high = (int(part) for part in source.read_text().split())
    except (OSError, ValueError):
        return  # a system without that file says nothing about its range
    if first <= high and low <= last:
        raise StartError(
            "ports_overlap",
            f"The media port range {first}–{last} overlaps the system's own range {low}–{high}.",
            where=str(source),
            todo="Choose media ports below it, or raise net.ipv4.ip_local_port_range.",
        )


def raise_open_files() -> int:
    """The process may open as many files as it is allowed to; answers how many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
