"""Free ports, a block at a time, outside the range the kernel gives away by itself."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from pathlib import Path

from bench.peers.process import PeerError

HOSTS = ("127.0.0.1", "127.0.0.2")
SIZE = 640
BASES = (*range(61_000, 65_500 - SIZE, SIZE), *range(20_000, 30_000, SIZE))
"""Above Linux's ephemeral range first; then well below it."""


def _free(port: int) -> bool:
    for host in HOSTS:
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            with socket.socket(socket.AF_INET, kind) as probe:
                try:
                    probe.bind((host, port))
                except OSError:
                    return False
    return True


def udp_ports_in_use() -> set[int]:
    """Bound UDP ports of this machine (IPv4), without touching them (proc(5), /proc/net/udp)."""
    lines = Path("/proc/net/udp").read_text(encoding="ascii").splitlines()[1:]
    return {int(line.split()[1].partition(":")[2], 16) for line in lines}


@dataclass
class PortBlock:
    """`SIZE` ports in a row for one run. The first stays bound as a sign to others that the block is taken."""

    base: int
    _sign: socket.socket = field(repr=False)
    _next: int = field(default=2, repr=False)

    @classmethod
    def take(cls) -> PortBlock:
        for base in BASES:
            sign = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            try:
                sign.bind((HOSTS[0], base))
            except OSError:
                sign.close()
                continue
            if all(_free(port) for port in range(base + 1, base + SIZE)):
                return cls(base, sign)
            sign.close()
        raise PeerError(f"No {SIZE} free ports in a row were found on {HOSTS[0]}.")

    @property
    def last(self) -> int:
        return self.base + SIZE - 1

    def one(self) -> int:
        return self.row(1)[0]

    def row(self, count: int) -> range:
        """`count` ports in a row that begin at an even one (RTP wants pairs)."""
        first = self.base + self._next + (self.base + self._next) % 2
        self._next = first + count - self.base
        if first + count - 1 > self.last:
            raise PeerError(f"A block of {SIZE} ports is not enough for this run.")
        return range(first, first + count)

    def __enter__(self) -> PortBlock:
        return self

    def __exit__(self, *_: object) -> None:
        self._sign.close()
