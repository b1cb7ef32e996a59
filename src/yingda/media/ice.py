"""ICE-lite (RFC 8445 section 2.5): answers to STUN binding requests (RFC 8489), nothing is asked by us.

An address counts as validated once a request from it carried our own credentials with intact MESSAGE-INTEGRITY and
FINGERPRINT; USE-CANDIDATE chooses the one we send to. Candidates in the SDP are not looked at (`.local` names would
lead nowhere): the address is learnt from the checks. What is wrong gets no answer.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
import struct
import zlib
from dataclasses import dataclass

from yingda.kernel.clock import SECOND
from yingda.media.protocol import Address, IceParameters

COOKIE = 0x2112_A442
BINDING_REQUEST, BINDING_SUCCESS, BINDING_ERROR = 0x0001, 0x0101, 0x0111
USERNAME, MESSAGE_INTEGRITY, ERROR_CODE, UNKNOWN_ATTRIBUTES = 0x0006, 0x0008, 0x0009, 0x000A
XOR_MAPPED_ADDRESS, USE_CANDIDATE, FINGERPRINT = 0x0020, 0x0025, 0x8028
PRIORITY, ICE_CONTROLLED, ICE_CONTROLLING = 0x0024, 0x8029, 0x802A
UNDERSTOOD = {USERNAME, MESSAGE_INTEGRITY, PRIORITY, USE_CANDIDATE}
FINGERPRINT_XOR = 0x5354_554E
CONSENT = 20 * SECOND  # RFC 7675 gives 30; a browser checks every 2.5 s
MAX_VALIDATED = 16
_HEADER = struct.Struct("!HHI12s")

Attributes = list[tuple[int, bytes, int]]
"""(type, value, offset in the message)."""


def is_stun(data: bytes) -> bool:
    """By the first byte (RFC 7983)."""
    return len(data) >= 20 and data[0] < 4


def read_attributes(data: bytes) -> Attributes | None:
    """All attributes; None for what is not one whole STUN message."""
    if len(data) < 20:
        return None
    _, length, cookie, _ = _HEADER.unpack_from(data)
    if cookie != COOKIE or length % 4 or length + 20 != len(data):
        return None
    attributes: Attributes = []
    at = 20
    while at < len(data):
        if len(data) - at < 4:
            return None
        kind, size = struct.unpack_from("!HH", data, at)
        if at + 4 + size > len(data):
            return None
        attributes.append((kind, data[at + 4 : at + 4 + size], at))
        at += 4 + size + -size % 4
    return attributes


def _value(attributes: Attributes, wanted: int) -> tuple[bytes, int] | None:
    return next(((value, at) for kind, value, at in attributes if kind == wanted), None)


def _with_length(data: bytes, end: int) -> bytes:
    """The message up to `end`, its length field as if it ended there plus what the check itself takes."""
    return data[:2] + struct.pack("!H", end - 20) + data[4:]


def integrity_ok(data: bytes, attributes: Attributes, password: str) -> bool:
    found = _value(attributes, MESSAGE_INTEGRITY)
    if found is None:
        return False
    value, at = found
    covered = _with_length(data[:at], at + 24)
    return hmac.compare_digest(value, hmac.new(password.encode(), covered, hashlib.sha1).digest())


def fingerprint_ok(data: bytes, attributes: Attributes) -> bool:
    found = _value(attributes, FINGERPRINT)
    if found is None:
        return False
    value, at = found
    expected = zlib.crc32(data[:at]) ^ FINGERPRINT_XOR
    return at + 8 == len(data) and value == struct.pack("!I", expected)


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def seal(kind: int, transaction: bytes, body: bytes, password: str) -> bytes:
    """A whole message: body, then MESSAGE-INTEGRITY, then FINGERPRINT."""
    head = _HEADER.pack(kind, len(body) + 24, COOKIE, transaction)
    signed = head + body
    signed += _attribute(MESSAGE_INTEGRITY, hmac.new(password.encode(), signed, hashlib.sha1).digest())
    signed = _with_length(signed, len(signed) + 8)
    return signed + _attribute(FINGERPRINT, struct.pack("!I", zlib.crc32(signed) ^ FINGERPRINT_XOR))


def xor_address(address: Address, transaction: bytes) -> bytes:
    ip = ipaddress.ip_address(address[0])
    mask = struct.pack("!I", COOKIE) + transaction
    packed = bytes(a ^ b for a, b in zip(ip.packed, mask, strict=False))
    return struct.pack("!BBH", 0, 1 if ip.version == 4 else 2, address[1] ^ COOKIE >> 16) + packed


def new_credentials() -> IceParameters:
    return IceParameters(ufrag=secrets.token_hex(4), pwd=secrets.token_hex(16))


@dataclass(frozen=True)
class Checked:
    """What a STUN message led to. reply: to its sender. accepted: the sender proved our credentials."""

    reply: bytes | None = None
    accepted: bool = False


class IceAgent:
    """One leg's. `selected` is where we send; old credentials stay valid through a restart."""

    def __init__(self, credentials: IceParameters) -> None:
        self.credentials = credentials
        self._passwords = {credentials.ufrag: credentials.pwd}
        self.validated: dict[Address, int] = {}  # address to µs of its last good check
        self.selected: Address | None = None
        self.heard_at: int | None = None
        self.refused = 0

    def restart(self, credentials: IceParameters) -> None:
        """New credentials beside the last ones: checks of the old generation may still be on their way."""
        last = self.credentials
        if credentials == last:
            return
        self.credentials = credentials
        self._passwords = {last.ufrag: last.pwd, credentials.ufrag: credentials.pwd}

    def receive(self, data: bytes, address: Address, now: int) -> Checked:
        attributes = read_attributes(data)
        if attributes is None:
            self.refused += 1
            return Checked()
        kind, _, _, transaction = _HEADER.unpack_from(data)
        if kind != BINDING_REQUEST:
            return Checked()
        found = _value(attributes, USERNAME)
        ufrag = found[0].decode("utf-8", "replace").partition(":")[0] if found else ""
        password = self._passwords.get(ufrag)
        if password is None or not fingerprint_ok(data, attributes) or not integrity_ok(data, attributes, password):
            self.refused += 1
            return Checked()
        unknown = [kind for kind, _, _ in attributes if kind < 0x8000 and kind not in UNDERSTOOD]
        if unknown:
            return Checked(self._unknown(transaction, unknown, password))
        self._accept(address, _value(attributes, USE_CANDIDATE) is not None, now)
        body = _attribute(XOR_MAPPED_ADDRESS, xor_address(address, transaction))
        return Checked(seal(BINDING_SUCCESS, transaction, body, password), accepted=True)

    def _unknown(self, transaction: bytes, unknown: list[int], password: str) -> bytes:
        """420 with the attributes we would have to understand and do not (RFC 8489 section 6.3.1)."""
        body = _attribute(ERROR_CODE, b"\0\0\x04\x14" + b"Unknown Attribute")
        body += _attribute(UNKNOWN_ATTRIBUTES, b"".join(struct.pack("!H", kind) for kind in unknown))
        return seal(BINDING_ERROR, transaction, body, password)

    def _accept(self, address: Address, chosen: bool, now: int) -> None:
        if address not in self.validated and len(self.validated) >= MAX_VALIDATED:
            self.validated.pop(min(self.validated, key=lambda known: self.validated[known]))
        self.validated[address] = self.heard_at = now
        if chosen or self.selected is None:
            self.selected = address

    def follow(self, address: Address) -> None:
        """Authenticated media came from this validated address: send there."""
        self.selected = address

    def consent_lost(self, now: int) -> bool:
        """No good check for 20 s after the first one."""
        return self.heard_at is not None and now - self.heard_at > CONSENT
