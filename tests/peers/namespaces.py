"""Networks of our own: namespaces joined by cables, with routers that translate addresses (ip-netns(8), nft(8)).

with networks("a", "b") as net:            # names are made unique for this run
    net.join("a", "10.1.0.2/24", "b", "10.1.0.1/24")
    net.translate("b", outside=…)          # b is a NAT router
    with net.inside("a"): …                # sockets and processes made here live in a
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import skip_or_fail

CLONE_NEWNET = 0x4000_0000
_LIBC = ctypes.CDLL(None, use_errno=True)


class Networks:
    def __init__(self, names: tuple[str, ...]) -> None:
        self.full = {name: f"sip{name}{os.getpid()}" for name in names}
        self._cables = 0

    def join(self, one: str, one_address: str, other: str, other_address: str) -> tuple[str, str]:
        """A cable between two; the names of its ends."""
        self._cables += 1
        ends = (f"c{self._cables}a", f"c{self._cables}b")
        ip("-n", self.full[one], "link", "add", ends[0], "type", "veth", "peer", ends[1], "netns", self.full[other])
        for name, end, address in ((one, ends[0], one_address), (other, ends[1], other_address)):
            ip("-n", self.full[name], "addr", "add", address, "dev", end)
            ip("-n", self.full[name], "link", "set", end, "up")
        return ends

    def route(self, name: str, via: str) -> None:
        """The way out of a network."""
        ip("-n", self.full[name], "route", "add", "default", "via", via)

    def forwards(self, name: str) -> None:
        self.run(name, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")

    def translate(self, name: str, outside: str, rules: str = "") -> None:
        """A NAT router: who goes out by the end `outside` gets its address and any port. rules: of `prerouting`."""
        self.forwards(name)
        ruleset = (
            "table ip nat {\n chain post {\n type nat hook postrouting priority 100\n"
            f" oifname {outside} masquerade random\n }}\n"
            f" chain pre {{\n type nat hook prerouting priority -100\n{rules}\n }}\n}}\n"
        )
        self.run(name, "nft", "-f", "-", stdin=ruleset)

    def run(self, name: str, *command: str, stdin: str = "") -> None:
        subprocess.run(
            ["ip", "netns", "exec", self.full[name], *command], input=stdin.encode(), check=True, capture_output=True
        )

    @contextmanager
    def inside(self, name: str) -> Iterator[None]:
        """This thread, and what it makes meanwhile, lives in that network."""
        with Path("/proc/thread-self/ns/net").open() as home, Path("/run/netns", self.full[name]).open() as there:
            _enter(there.fileno())
            try:
                yield
            finally:
                _enter(home.fileno())


def _enter(namespace: int) -> None:
    if _LIBC.setns(namespace, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


@contextmanager
def networks(*names: str) -> Iterator[Networks]:
    """Empty networks, each with its loopback; gone afterwards with everything in them."""
    if os.geteuid() != 0 or shutil.which("ip") is None or shutil.which("nft") is None:
        skip_or_fail("network namespaces need root, iproute2 and nftables")
    net = Networks(names)
    try:
        for full in net.full.values():
            ip("netns", "add", full)
            ip("-n", full, "link", "set", "lo", "up")
        yield net
    finally:
        for full in net.full.values():
            subprocess.run(["ip", "netns", "del", full], check=False, capture_output=True)
