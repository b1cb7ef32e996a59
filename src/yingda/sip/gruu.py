"""GRUUs (RFC 5627): an address that means one device of an address-of-record, wherever it is reached just now.

    public     sip:8101@pbx.example;gr=urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6
    temporary  sip:tgruu.mPq0…3Zc@pbx.example;gr

We give them out at REGISTER (section 5.3), take calls to them, and turn those that a device names as its Contact into
the contact it registered (section 5.4). A temporary one tells nobody whose it is. Each REGISTER makes another one; they
count until the device registers under another Call-ID, or not at all (section 5.1). Nothing is kept of them: whose they
are, and a mark of instance and Call-ID, stand in them, sealed by our key (as in appendix A.2, with AES-GCM).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import NamedTuple
from urllib.parse import quote

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from yingda.sip import grammar

_PLAIN = "[]/:&+$-_.!~*'()"  # what a URI parameter may hold unescaped (RFC 3261 section 25.1)
TEMPORARY = "tgruu."
NONCE, MARK = 12, 8  # bytes


def public(address: str, instance: str) -> str:
    """Of the device with this instance (`<urn:…>`); address: the To of its REGISTER."""
    uri = grammar.parse_uri(address)
    port = f":{uri.port}" if uri.port is not None else ""
    return f"{uri.scheme}:{uri.user}@{uri.host}{port};gr={quote(instance.strip('<>'), safe=_PLAIN)}"


def instance_of(uri: str) -> str:
    """The instance that a public GRUU means; empty for any other URI."""
    if ";gr=" not in uri.lower():
        return ""
    try:
        parameters = grammar.parse_uri(uri).parameters
    except ValueError:
        return ""
    value = next((value for name, value in parameters.items() if name.lower() == "gr"), None)
    return f"<{grammar.unescape(value)}>" if value else ""


def names_device(uri: str) -> bool:
    """Is it a GRUU, whosoever's? The registrar's address stands in it, not the device's."""
    return bool(instance_of(uri)) or ":" + TEMPORARY in uri


class Meant(NamedTuple):
    """Whose a temporary GRUU is, and the mark of the registration that it was made for."""

    aor: str
    mark: bytes


class Temporary:
    """secret: the same after a restart, so that what phones have given away still counts."""

    def __init__(self, secret: bytes) -> None:
        self._key = hashlib.sha256(b"temporary GRUU" + secret).digest()
        self._seal = AESGCM(self._key)

    def mark(self, instance: str, call_id: str) -> bytes:
        """What a registration under another Call-ID has not."""
        return hmac.digest(self._key, f"{instance}\n{call_id}".encode("utf-8", "surrogateescape"), "sha256")[:MARK]

    def make(self, address: str, aor: str, mark: bytes, number: int) -> str:
        """address: the To of the REGISTER. number: its CSeq, with which each has another one."""
        uri = grammar.parse_uri(address)
        told = mark + aor.encode("utf-8", "surrogateescape")
        nonce = hmac.digest(self._key, number.to_bytes(5, "big") + told, "sha256")[:NONCE]
        token = base64.urlsafe_b64encode(nonce + self._seal.encrypt(nonce, told, None)).decode().rstrip("=")
        port = f":{uri.port}" if uri.port is not None else ""
        return f"{uri.scheme}:{TEMPORARY}{token}@{uri.host}{port};gr"

    def read(self, uri: str) -> Meant | None:
        """None: it is none, or none of ours."""
        _, found, rest = uri.partition(":" + TEMPORARY)
        token = rest.partition("@")[0]
        if not found or not token.isascii():
            return None
        try:
            sealed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
            told = self._seal.decrypt(sealed[:NONCE], sealed[NONCE:], None)
        except (binascii.Error, InvalidTag, ValueError):
            return None
        return Meant(told[MARK:].decode("utf-8", "surrogateescape"), told[:MARK])
