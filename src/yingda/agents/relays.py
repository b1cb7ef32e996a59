"""TURN relays for browsers that cannot reach us by UDP (RFC 8656), with passing credentials.

The relay and we share a secret (coturn's `static-auth-secret`); user name is `<end, s of UTC>:<extension>`, password
the Base64 of its HMAC-SHA-1 under the secret, as coturn's "REST API" has it. So a browser's credentials end by
themselves, and the relay need not ask us. The secret lies in the file `turn` of the data folder's `keys`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from pathlib import Path

from yingda.kernel.clock import SECOND
from yingda.kernel.config.centre import Relays
from yingda.kernel.errors import YingdaError

FILE = "turn"
SHORTEST = 16


@dataclass(frozen=True, slots=True)
class IceServer:
    """As the browser's RTCIceServer."""

    urls: list[str]
    username: str
    credential: str


def ice_servers(relays: Relays | None, keys: Path, extension: str, now: int) -> list[IceServer]:
    """For one browser, from now (µs UTC) on; none without relays. Raises `relay_secret_missing`."""
    if relays is None:
        return []
    username = f"{now // SECOND + relays.lifetime_h * 3_600}:{extension}"
    digest = hmac.new(secret(keys), username.encode(), hashlib.sha1).digest()
    return [IceServer(list(relays.urls), username, base64.b64encode(digest).decode())]


def secret(keys: Path) -> bytes:
    """Raises `relay_secret_missing` when it is not there, too short, or readable by others."""
    path = keys / FILE
    try:
        if path.stat().st_mode & 0o077:
            raise _missing(path, "others may read it")
        found = path.read_bytes().strip()
    except OSError as error:
        raise _missing(path, (error.strerror or str(error)).lower()) from error
    if len(found) < SHORTEST:
        raise _missing(path, f"it has fewer than {SHORTEST} characters")
    return found


def _missing(path: Path, why: str) -> YingdaError:
    todo = "Put the relay's static-auth-secret into this file, mode 0600."
    return YingdaError("relay_secret_missing", f"The relays' secret cannot be used: {why}.", where=str(path), todo=todo)
