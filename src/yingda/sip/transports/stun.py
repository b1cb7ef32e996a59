"""Keep-alives by STUN on the SIP port (RFC 5626 section 4.4.2): a Binding request gets the address it came from."""

from __future__ import annotations

import ipaddress
import struct

from yingda.sip.flow import Address

COOKIE = 0x2112A442
BINDING, SUCCESS = 0x0001, 0x0101
XOR_MAPPED_ADDRESS = 0x0020

_HEADER = struct.Struct("!HHI12s")


def binding_reply(data: bytes, remote: Address) -> bytes | None:
    """The answer to a Binding request (RFC 8489 section 14.2); None for anything else, SIP above all."""
    if len(data) < _HEADER.size or data[0] != 0:
        return None
    kind, length, cookie, transaction = _HEADER.unpack_from(data)
    if kind != BINDING or cookie != COOKIE or length + _HEADER.size != len(data):
        return None
    host = ipaddress.ip_address(remote[0])
    mask = (struct.pack("!I", COOKIE) + transaction)[: len(host.packed)]
    hidden = bytes(one ^ other for one, other in zip(host.packed, mask, strict=True))
    value = struct.pack("!xBH", 1 if host.version == 4 else 2, remote[1] ^ COOKIE >> 16) + hidden
    attribute = struct.pack("!HH", XOR_MAPPED_ADDRESS, len(value)) + value
    return _HEADER.pack(SUCCESS, len(attribute), COOKIE, transaction) + attribute
