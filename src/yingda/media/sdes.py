"""SRTP with keys from the SDP (RFC 4568, a=crypto), for phones that secure media so: protect, unprotect, refuse.

The keys travel in the signalling, so they are worth as much as its TLS. Each side chooses the key it sends with.
"""

from __future__ import annotations

import base64
import binascii
import secrets

import pylibsrtp

from yingda.kernel.errors import YingdaError
from yingda.media.protocol import SrtpParameters

SUITES = {
    "AES_CM_128_HMAC_SHA1_80": (pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 30),
    "AES_CM_128_HMAC_SHA1_32": (pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_32, 30),
    "AEAD_AES_128_GCM": (pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 28),
    "AEAD_AES_256_GCM": (pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_256_GCM, 44),
}
"""Crypto suites by their registered names: profile, and bytes of key and salt together (RFC 4568, RFC 7714)."""

MAX_PLAIN = 1_350


def new_parameters(suite: str) -> SrtpParameters:
    """A fresh key for our side. Raises `srtp_suite_unknown`."""
    return SrtpParameters(suite=suite, key=base64.b64encode(secrets.token_bytes(_of(suite)[1])).decode())


def _of(suite: str) -> tuple[int, int]:
    found = SUITES.get(suite)
    if found is None:
        raise YingdaError("srtp_suite_unknown", f"{suite!r} is not understood.", todo=f"Known: {', '.join(SUITES)}.")
    return found


def _policy(parameters: SrtpParameters, direction: int) -> pylibsrtp.Policy:
    profile, size = _of(parameters.suite)
    try:
        key = base64.b64decode(parameters.key, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != size:
        raise YingdaError("srtp_key_wrong", f"A key of {parameters.suite} is {size} bytes in Base64.")
    return pylibsrtp.Policy(key, direction, 0, profile)


class Sdes:
    """One leg's. Raises `srtp_suite_unknown`, `srtp_key_wrong`."""

    def __init__(self, receiving: SrtpParameters, sending: SrtpParameters) -> None:
        self.keys = (receiving, sending)
        self._inbound = pylibsrtp.Session(_policy(receiving, pylibsrtp.Policy.SSRC_ANY_INBOUND))
        self._outbound = pylibsrtp.Session(_policy(sending, pylibsrtp.Policy.SSRC_ANY_OUTBOUND))
        self.refused = 0  # packets that were not authentic, or replayed

    def unprotect(self, data: bytes, control: bool = False) -> bytes | None:
        try:
            return bytes(self._inbound.unprotect_rtcp(data) if control else self._inbound.unprotect(data))
        except (pylibsrtp.Error, ValueError):
            self.refused += 1
            return None

    def protect(self, packet: bytes, control: bool = False) -> bytes | None:
        """None for what cannot be sent: oversized, or its number was used."""
        if len(packet) > MAX_PLAIN:
            return None
        try:
            return bytes(self._outbound.protect_rtcp(packet) if control else self._outbound.protect(packet))
        except pylibsrtp.Error:
            return None
