"""Secrets, apart from the document: passwords of users (argon2id, RFC 9106), digests of SIP devices.

A device has its HA1 of RFC 7616 section 3.4.2, one for each algorithm. No password is kept or can be read back; but
a device's HA1 is as good as its password where SIP is concerned, so the table is a secret itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from enum import Enum
from functools import lru_cache

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from yingda.kernel.config.models import Credential
from yingda.kernel.config.sealed import Sealer
from yingda.kernel.errors import YingdaError
from yingda.kernel.event import DEFAULT_TENANT

REALM = "yingda"
SHORTEST, LONGEST = 8, 256
LONGEST_KEY, LONGEST_SEALED = 160, 255
# 19 MiB, 2 passes, 1 lane: what OWASP asks for at least; a sign-in must not stall two cores that also carry calls. The
# cost is written into each hash, so a later change leaves the old ones valid.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


class Kind(Enum):
    PASSWORD = "password"
    SIP_HA1 = "sip_ha1"
    SIP_HA1_SHA256 = "sip_ha1_sha256"
    TRUNK_SECRET = "trunk_secret"
    SPEECH_KEY = "speech_key"


Secrets = Mapping[Kind, str]

# The names RFC 7616 and RFC 8760 give the algorithms.
ALGORITHMS: Mapping[Kind, str] = {Kind.SIP_HA1: "MD5", Kind.SIP_HA1_SHA256: "SHA-256"}


def password_secrets(password: str) -> Secrets:
    """What is kept of a user's password. Raises YingdaError `password_unfit`."""
    _refuse_unfit(password)
    return {Kind.PASSWORD: _HASHER.hash(password)}


def sip_secrets(username: str, realm: str, password: str) -> Secrets:
    """What is kept of a device's password: one HA1 for each digest algorithm. Raises YingdaError `password_unfit`."""
    _refuse_unfit(password)
    raw = f"{username}:{realm}:{password}".encode()
    md5 = hashlib.md5(raw, usedforsecurity=False).hexdigest()  # what RFC 3261 phones still speak
    return {Kind.SIP_HA1: md5, Kind.SIP_HA1_SHA256: hashlib.sha256(raw).hexdigest()}


def trunk_secrets(trunk_id: str, password: str, sealer: Sealer) -> Secrets:
    """What is kept of our password at a carrier: itself, sealed, because it has to be proved to others.

    Raises YingdaError `password_unfit`.
    """
    if not 0 < len(password) <= LONGEST:
        raise YingdaError("password_unfit", f"A trunk's password needs 1 to {LONGEST} characters.")
    return {Kind.TRUNK_SECRET: sealer.seal(password, trunk_id)}


def speech_secrets(engine_id: str, key: str, sealer: Sealer) -> Secrets:
    """What is kept of our key at a speech service: itself, sealed. Raises YingdaError `password_unfit`."""
    sealed = sealer.seal(key, engine_id)
    if not key or len(sealed) > LONGEST_SEALED:
        raise YingdaError("password_unfit", f"The key of a speech service needs 1 to {LONGEST_KEY} characters.")
    return {Kind.SPEECH_KEY: sealed}


def opened_secrets(
    connection: sa.Connection, kind: Kind, sealer: Sealer, tenant: str = DEFAULT_TENANT
) -> tuple[dict[str, str], list[YingdaError]]:
    """Subject id → the sealed secret of this kind, opened; and a `secret_unreadable` for each that this key does not
    open: without it a centre still works with its other trunks and engines."""
    opened: dict[str, str] = {}
    unreadable: list[YingdaError] = []
    for subject_id, secrets in read(connection, None, tenant).items():
        sealed = secrets.get(kind)
        try:
            opened |= {subject_id: sealer.open(sealed, subject_id)} if sealed is not None else {}
        except YingdaError as error:
            unreadable.append(error)
    return opened, unreadable


def trunk_passwords(
    connection: sa.Connection, sealer: Sealer, tenant: str = DEFAULT_TENANT
) -> tuple[dict[str, str], list[YingdaError]]:
    """Trunk id → our password there."""
    return opened_secrets(connection, Kind.TRUNK_SECRET, sealer, tenant)


def speech_keys(
    connection: sa.Connection, sealer: Sealer, tenant: str = DEFAULT_TENANT
) -> tuple[dict[str, str], list[YingdaError]]:
    """Voice or recogniser id → our key at its service."""
    return opened_secrets(connection, Kind.SPEECH_KEY, sealer, tenant)


def _refuse_unfit(password: str) -> None:
    if not SHORTEST <= len(password) <= LONGEST:
        raise YingdaError("password_unfit", f"A password needs {SHORTEST} to {LONGEST} characters.")


def fits(secrets: Secrets, password: str) -> bool:
    """Whether `password` is the one behind a user's secrets. Takes as long when there are none."""
    known = secrets.get(Kind.PASSWORD)
    try:
        return _HASHER.verify(known or _nobodys_hash(), password) and known is not None
    except (VerificationError, InvalidHashError):
        return False


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return _HASHER.hash("nobody has this password")


def check_password(
    connection: sa.Connection, subject_id: str | None, password: str, tenant: str = DEFAULT_TENANT
) -> bool:
    """Whether this is the user's password. subject_id None: no such user; the answer takes as long as any other."""
    secrets = read(connection, [subject_id], tenant).get(subject_id, {}) if subject_id else {}
    return fits(secrets, password[: LONGEST + 1])


def store(connection: sa.Connection, subject_id: str, secrets: Secrets, now: int, tenant: str = DEFAULT_TENANT) -> None:
    """Put these secrets in the place of whatever the subject had. now: µs UTC."""
    forget(connection, [subject_id], tenant)
    owner = {"tenant_id": tenant, "subject_id": subject_id, "updated_at": now}
    connection.execute(
        sa.insert(Credential), [{**owner, "kind": kind.value, "value": value} for kind, value in secrets.items()]
    )


def forget(connection: sa.Connection, subject_ids: Iterable[str], tenant: str = DEFAULT_TENANT) -> None:
    """Remove everything kept of these subjects."""
    of_these = Credential.subject_id.in_(list(subject_ids))
    connection.execute(sa.delete(Credential).where(Credential.tenant_id == tenant, of_these))


def read(
    connection: sa.Connection, subject_ids: Iterable[str] | None = None, tenant: str = DEFAULT_TENANT
) -> dict[str, dict[Kind, str]]:
    """Secrets by subject and kind: of these subjects, or of all. Subjects without any are missing."""
    query = sa.select(Credential.subject_id, Credential.kind, Credential.value).where(Credential.tenant_id == tenant)
    if subject_ids is not None:
        query = query.where(Credential.subject_id.in_(list(subject_ids)))
    found: dict[str, dict[Kind, str]] = {}
    for subject_id, kind, value in connection.execute(query):
        found.setdefault(subject_id, {})[Kind(kind)] = value
    return found


def sip_digests(connection: sa.Connection, tenant: str = DEFAULT_TENANT) -> dict[str, dict[str, str]]:
    """For the registrar: device id → algorithm ("MD5", "SHA-256") → HA1."""
    return {
        subject_id: {ALGORITHMS[kind]: value for kind, value in secrets.items() if kind in ALGORITHMS}
        for subject_id, secrets in read(connection, None, tenant).items()
        if any(kind in ALGORITHMS for kind in secrets)
    }
