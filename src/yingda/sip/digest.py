"""Digest authentication, both sides (RFC 7616 and 8760; RFC 3261 section 22).

The server keeps no password: a lookup gives HA1 = H(username:realm:password). Its nonces are stateless: a time stamp
and a keyed hash of it, good for `lifetime`; only the highest nonce count of a nonce in use is remembered, so that a
recorded request cannot be played back. The client may be given HA1 too, or a password for realms not known before.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from yingda.kernel.clock import SECOND
from yingda.sip.message import Request

ALGORITHMS = {"MD5": "md5", "SHA-256": "sha256"}
MAX_NONCES = 50_000
OWNER = "digest"  # of the timer that sweeps

_PARAMETER = re.compile(r'\s*([\w\-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))\s*(?:,|$)', re.ASCII)

Lookup = Callable[[str, str, str], str | None]  # (username, realm, algorithm) -> HA1 in hex, None if unknown


def hashed(algorithm: str, *parts: str) -> str:
    """H(a:b:c) in hex."""
    text = ":".join(parts).encode("utf-8", "surrogateescape")
    return hashlib.new(ALGORITHMS[algorithm], text, usedforsecurity=False).hexdigest()


def ha1(username: str, realm: str, password: str, algorithm: str = "MD5") -> str:
    """What is stored instead of a password."""
    return hashed(algorithm, username, realm, password)


def parse_digest(value: str) -> dict[str, str]:
    """The parameters of a Digest header, names in lower case; ValueError if it is another scheme or torn."""
    scheme, _, rest = value.strip().partition(" ")
    if scheme.lower() != "digest":
        raise ValueError("not a Digest header")
    parameters: dict[str, str] = {}
    position, rest = 0, rest.strip()
    while position < len(rest):
        match = _PARAMETER.match(rest, position)
        if match is None:
            raise ValueError("a Digest parameter cannot be read")
        quoted = match[2]
        parameters.setdefault(match[1].lower(), re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else match[3])
        position = match.end()
    return parameters


def response_of(secret: str, method: str, parameters: Mapping[str, str], body: bytes) -> str:
    """The `response` that proves knowledge of HA1 `secret` (RFC 7616 section 3.4.1), for the qop in the parameters."""
    algorithm = parameters.get("algorithm", "MD5").upper()
    qop = parameters.get("qop", "").lower()
    a2 = [method, parameters.get("uri", "")]
    if qop == "auth-int":
        a2.append(hashlib.new(ALGORITHMS[algorithm], body, usedforsecurity=False).hexdigest())
    nonce = parameters.get("nonce", "")
    if not qop:
        return hashed(algorithm, secret, nonce, hashed(algorithm, *a2))
    middle = (nonce, parameters.get("nc", ""), parameters.get("cnonce", ""), parameters.get("qop", ""))
    return hashed(algorithm, secret, *middle, hashed(algorithm, *a2))


class Verdict(Enum):
    GOOD = "good"
    MISSING = "missing"  # challenge
    STALE = "stale"  # challenge with stale=true: the password may be right
    WRONG = "wrong"  # counts as a failed attempt
    UNREADABLE = "unreadable"  # 400


@dataclass(frozen=True, slots=True)
class Checked:
    verdict: Verdict
    username: str = ""


class DigestServer:
    """Challenges and checks. algorithms: in order of preference, a header each (RFC 8760 section 2.4)."""

    def __init__(
        self,
        realm: str,
        secret: bytes,
        lookup: Lookup,
        algorithms: tuple[str, ...] = ("MD5", "SHA-256"),
        lifetime: int = 300 * SECOND,
    ) -> None:
        self.realm, self._secret, self._lookup = realm, secret, lookup
        self._algorithms, self._lifetime = algorithms, lifetime
        self._counts: OrderedDict[str, int] = OrderedDict()
        self._drawn = 0

    def challenges(self, now: int, *, stale: bool = False) -> list[str]:
        nonce = self._nonce(now)
        tail = ", stale=true" if stale else ""
        return [
            f'Digest realm="{self.realm}", nonce="{nonce}", algorithm={algorithm}, qop="auth,auth-int"{tail}'
            for algorithm in self._algorithms
        ]

    def check(self, request: Request, now: int, header: str = "Authorization") -> Checked:
        """Judge the credentials of a request for our realm."""
        values = [value for value in request.headers.get(header, ()) if value[:6].lower() == "digest"]
        if not values:  # none, or of a scheme nobody asked for
            return Checked(Verdict.MISSING)
        try:
            offered = [parse_digest(value) for value in values]
        except ValueError:
            return Checked(Verdict.UNREADABLE)
        parameters = next((one for one in offered if one.get("realm") == self.realm), None)
        if parameters is None:
            return Checked(Verdict.MISSING)
        username = parameters.get("username", "")
        if not self._well_formed(parameters):
            return Checked(Verdict.UNREADABLE, username)
        return Checked(self._judge(request, parameters, username, now), username)

    def _well_formed(self, parameters: dict[str, str]) -> bool:
        if not all(parameters.get(name) for name in ("username", "nonce", "uri", "response")):
            return False
        if parameters.get("algorithm", "MD5").upper() not in self._algorithms:
            return False
        qop = parameters.get("qop")
        if qop is None:
            return True
        counted = re.fullmatch(r"[0-9a-fA-F]{8}", parameters.get("nc", "")) is not None
        return qop.lower() in ("auth", "auth-int") and counted and bool(parameters.get("cnonce"))

    def _judge(self, request: Request, parameters: dict[str, str], username: str, now: int) -> Verdict:
        if not self._fresh(parameters["nonce"], now):
            return Verdict.STALE
        algorithm = parameters.get("algorithm", "MD5").upper()
        secret = self._lookup(username, self.realm, algorithm)
        expected = response_of(secret or "", request.method, parameters, request.body)
        if not hmac.compare_digest(expected, parameters["response"].lower().encode("ascii", "replace").decode()):
            return Verdict.WRONG
        if secret is None:
            return Verdict.WRONG
        return Verdict.GOOD if self._count(parameters) else Verdict.STALE

    def _count(self, parameters: dict[str, str]) -> bool:
        """The nonce count must rise; without qop a nonce is good once."""
        nonce = parameters["nonce"]
        count = int(parameters["nc"], 16) if "qop" in parameters else 1
        if count <= self._counts.get(nonce, 0):
            return False
        self._counts[nonce] = count
        self._counts.move_to_end(nonce)
        if len(self._counts) > MAX_NONCES:
            self._counts.popitem(last=False)
        return True

    def sweep(self, now: int) -> int:
        """Forget counts of nonces that are too old to be used; how many are left."""
        for nonce in [nonce for nonce in self._counts if not self._fresh(nonce, now)]:
            del self._counts[nonce]
        return len(self._counts)

    def _nonce(self, now: int) -> str:
        self._drawn = (self._drawn + 1) % (1 << 32)  # two nonces of one µs differ
        stamp = now.to_bytes(8, "big", signed=True) + self._drawn.to_bytes(4, "big")
        return base64.urlsafe_b64encode(stamp + self._seal(stamp)).decode()

    def _seal(self, stamp: bytes) -> bytes:
        return hmac.digest(self._secret, stamp + self.realm.encode(), "sha256")[:16]

    def _fresh(self, nonce: str, now: int) -> bool:
        try:
            raw = base64.urlsafe_b64decode(nonce.encode("ascii"))
        except ValueError:
            return False
        if len(raw) != 28 or not hmac.compare_digest(self._seal(raw[:12]), raw[12:]):
            return False
        return 0 <= now - int.from_bytes(raw[:8], "big", signed=True) <= self._lifetime

    def to_state(self) -> dict[str, Any]:
        return {"counts": list(self._counts.items()), "drawn": self._drawn}

    def restore(self, raw: dict[str, Any]) -> None:
        self._counts = OrderedDict((nonce, count) for nonce, count in raw["counts"])
        self._drawn = raw["drawn"]


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """Who we are to a peer. ha1: by algorithm, for its realm; password: where only the challenge tells the realm."""

    username: str
    password: str = ""
    ha1: Mapping[str, str] | None = None

    def secret(self, realm: str, algorithm: str) -> str | None:
        if self.ha1 is not None:
            return self.ha1.get(algorithm)
        return ha1(self.username, realm, self.password, algorithm)


def authorization(
    challenges: list[str], credentials: ClientCredentials, request: Request, cnonce: str, count: int = 1
) -> str | None:
    """The Authorization value that answers the first challenge we can (RFC 8760 section 2.4), or None."""
    for value in challenges:
        try:
            challenge = parse_digest(value)
        except ValueError:
            continue
        algorithm = challenge.get("algorithm", "MD5").upper()
        realm = challenge.get("realm", "")
        if algorithm not in ALGORITHMS or not challenge.get("nonce"):
            continue
        secret = credentials.secret(realm, algorithm)
        if secret is None:
            continue
        return _answer(challenge, credentials.username, secret, request, cnonce, count)
    return None


def _answer(challenge: dict[str, str], username: str, secret: str, request: Request, cnonce: str, count: int) -> str:
    offered = [option.strip().lower() for option in challenge.get("qop", "").split(",")]
    qop = next((option for option in ("auth", "auth-int") if option in offered), "")
    parameters = {"username": username, "realm": challenge.get("realm", ""), "nonce": challenge["nonce"]}
    parameters["uri"] = request.uri
    if "algorithm" in challenge:
        parameters["algorithm"] = challenge["algorithm"]
    if qop:
        parameters |= {"qop": qop, "nc": f"{count:08x}", "cnonce": cnonce}
    if "opaque" in challenge:
        parameters["opaque"] = challenge["opaque"]
    parameters["response"] = response_of(secret, request.method, parameters, request.body)
    bare = ("algorithm", "qop", "nc")
    listed = (f"{k}={v}" if k in bare else f'{k}="{_escape(v)}"' for k, v in parameters.items())
    return "Digest " + ", ".join(listed)


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
