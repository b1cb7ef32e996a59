"""Secrets that must be read back, sealed: our passwords at carriers, our keys at speech services.

AES-256-GCM (NIST SP 800-38D) with a random nonce; the key is drawn from the centre's own by HKDF (RFC 5869). Whoever
has the store but not the data folder's key file learns nothing.
"""

from __future__ import annotations

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from yingda.kernel.errors import YingdaError

PURPOSE = b"yingda trunk secrets 1"
NONCE_BYTES = 12


class Sealer:
    """key: the centre's key (kernel/personal.py)."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(HKDF(hashes.SHA256(), 32, salt=None, info=PURPOSE).derive(key))

    def seal(self, secret: str, of: str) -> str:
        """of: what the secret belongs to; it opens for that alone."""
        nonce = os.urandom(NONCE_BYTES)
        return base64.b64encode(nonce + self._cipher.encrypt(nonce, secret.encode(), of.encode())).decode()

    def open(self, sealed: str, of: str) -> str:
        """Raises YingdaError `secret_unreadable`: another key, or a damaged store."""
        try:
            raw = base64.b64decode(sealed, validate=True)
            return self._cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], of.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise YingdaError(
                "secret_unreadable",
                "A sealed password or key cannot be read with this centre's key.",
                todo="Apply the centre again with the environment variable of `password_env` set.",
            ) from error
