"""The second factor: six digits of an authenticator (TOTP, RFC 6238), or one of ten recovery codes.

The secret lies sealed (AES-256-GCM, bound to its user) in the store; its key is a file beside the data, for the
server's user alone: a stolen database gives nobody a code.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

import pyotp
import segno
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from yingda.kernel.clock import SECOND
from yingda.kernel.errors import YingdaError
from yingda.kernel.key_file import key_at

STEP_S = 30
EARLIER, LATER = -1, 1
"""A clock that is half a minute wrong is forgiven, either way (RFC 6238 section 5.2)."""
RECOVERY_CODES = 10
_NONCE_BYTES = 12


class Vault:
    """Seals and opens secrets of users. file: the key, made at its first use."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def seal(self, user_id: str, secret: str) -> str:
        nonce = os.urandom(_NONCE_BYTES)
        return base64.b64encode(nonce + self._cipher().encrypt(nonce, secret.encode(), user_id.encode())).decode()

    def open(self, user_id: str, sealed: str) -> str:
        """Raises YingdaError `account_key` if the key file is not the one that sealed it."""
        raw = base64.b64decode(sealed)
        try:
            return self._cipher().decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], user_id.encode()).decode()
        except InvalidTag as error:
            raise YingdaError(
                "account_key",
                "The key of the second factors is not the one they were sealed with.",
                where=str(self._file),
                todo="Restore it from a backup, or have the second factors reset.",
            ) from error

    def _cipher(self) -> AESGCM:
        return AESGCM(key_at(self._file))


def new_secret() -> str:
    """160 bits, as RFC 4226 section 4 asks for."""
    return pyotp.random_base32()


def uri_of(secret: str, username: str, issuer: str) -> str:
    """What an authenticator reads out of the picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=issuer)


def picture_of(uri: str) -> str:
    """The QR code, as SVG."""
    out = io.BytesIO()
    segno.make(uri, error="m").save(out, kind="svg", scale=4, xmldecl=False)
    return out.getvalue().decode()


def step_of(secret: str, code: str, now: int, after: int) -> int | None:
    """The time step in which `code` is right, later than `after` (a code is good once); None if it is not."""
    present = now // (STEP_S * SECOND)
    totp = pyotp.TOTP(secret)
    for step in range(present + EARLIER, present + LATER + 1):
        if step > after and secrets.compare_digest(totp.generate_otp(step), code):
            return step
    return None


def recovery_codes() -> list[str]:
    """Ten codes of 50 bits, such as 4f7ka-2m9qx, each good once."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    texts = ("".join(secrets.choice(letters) for _ in range(10)) for _ in range(RECOVERY_CODES))
    return [f"{text[:5]}-{text[5:]}" for text in texts]


def digests(codes: Sequence[str]) -> list[str]:
    return [hashlib.sha256(code.strip().lower().encode()).hexdigest() for code in codes]
