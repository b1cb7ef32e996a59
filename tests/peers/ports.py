"""Free loopback ports for peers that must be told theirs before they start."""

from __future__ import annotations

import random
import socket

LOW, HIGH = 20_000, 31_000  # outside the ephemeral range, so that no outgoing connection takes one meanwhile


def free_port(*, even: bool = False, host: str = "127.0.0.1") -> int:
    """A port free for UDP and TCP right now; even: as RTP wants it, the next 21 free for UDP as well."""
    while True:
        port = random.randrange(LOW, HIGH, 2)
        span = range(port, port + 21) if even else range(port, port + 1)
        if all(_free(host, one, socket.SOCK_DGRAM) for one in span) and _free(host, port, socket.SOCK_STREAM):
            return port


def _free(host: str, port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True
