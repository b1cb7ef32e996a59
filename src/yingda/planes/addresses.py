"""Which address of this machine peers reach it by."""

from __future__ import annotations

import ipaddress
import socket

from yingda.kernel.errors import StartError

# Documentation addresses (RFC 5737, RFC 3849): the kernel chooses a route towards them, and no packet is sent.
_FAR = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}


def concrete(host: str) -> str:
    """The host itself; for 0.0.0.0 or :: the address this machine's traffic leaves by.

    Via, Contact and SDP must name an address, and "any" is none. Raises StartError `no_address` without a network.
    """
    try:
        given = ipaddress.ip_address(host)
    except ValueError:
        return host
    if not given.is_unspecified:
        return host
    family = socket.AF_INET if given.version == 4 else socket.AF_INET6
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((_FAR[family], 9))
        except OSError as error:
            raise StartError(
                "no_address",
                f"This machine has no address that {host} could stand for.",
                where="--host",
                todo="Give the address that phones and browsers shall use.",
            ) from error
        return str(probe.getsockname()[0])
