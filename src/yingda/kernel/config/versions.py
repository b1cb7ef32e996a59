"""Numbered, immutable versions of a centre. Whoever publishes says which version the change was made from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from yingda.kernel.config import flow_versions
from yingda.kernel.config.centre import Centre
from yingda.kernel.config.checks import check
from yingda.kernel.config.models import ConfigVersion
from yingda.kernel.config.parts import parts_of
from yingda.kernel.config.problems import CentreError, Problem
from yingda.kernel.errors import YingdaError
from yingda.kernel.event import DEFAULT_TENANT

NONE_YET = 0


@dataclass(frozen=True, slots=True)
class Version:
    """A published centre. at: µs UTC."""

    version: int
    at: int
    by: str
    checksum: str
    centre: Centre


def current(connection: sa.Connection, tenant: str = DEFAULT_TENANT) -> Version | None:
    """The version in force, or None before the first. Raises YingdaError `config_damaged`."""
    query = sa.select(ConfigVersion.__table__).where(ConfigVersion.tenant_id == tenant)
    return _version(connection.execute(query.order_by(ConfigVersion.version.desc()).limit(1)).one_or_none())


def load(connection: sa.Connection, version: int, tenant: str = DEFAULT_TENANT) -> Version | None:
    """One version, or None if there is no such one. Raises YingdaError `config_damaged`."""
    query = sa.select(ConfigVersion.__table__).where(ConfigVersion.tenant_id == tenant)
    return _version(connection.execute(query.where(ConfigVersion.version == version)).one_or_none())


def publish(
    connection: sa.Connection,
    centre: Centre,
    base: int,
    by: str,
    now: int,
    tenant: str = DEFAULT_TENANT,
    note: str = "",
) -> int:
    """Make `centre` the next version and return its number. base: the version it was made from, 0 for the first.

    Whichever way it came, flow documents that it changes get a version each, with the note.

    Raises CentreError for a document that does not hold together, YingdaError `config_stale` if the base is not the
    version in force any more. Effective when the connection's transaction commits.
    """
    document = centre.model_dump(mode="json")
    unnamed = [Problem((), "config_value", f"{part} has no id") for part in parts_of(centre) if not part.id]
    if problems := [*check(document), *unnamed]:
        raise CentreError("centre", problems)
    newest = sa.select(sa.func.max(ConfigVersion.version)).where(ConfigVersion.tenant_id == tenant)
    present = connection.execute(newest).scalar() or NONE_YET
    if present != base:
        raise stale(present, base)
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    row = {"version": base + 1, "at": now, "by_": by, "document": text, "checksum": _checksum(text)}
    try:
        connection.execute(sa.insert(ConfigVersion).values(tenant_id=tenant, **row))
    except IntegrityError as error:  # somebody published between our look and our row
        raise stale(base + 1, base) from error
    flow_versions.record(connection, centre.documents, flow_versions.Mark(tenant, base + 1, by, now, note))
    return base + 1


def stale(present: int, base: int) -> YingdaError:
    """For a change made from a version that is not in force any more."""
    return YingdaError(
        "config_stale",
        f"The configuration is at version {present} by now; this change was made from version {base}.",
        todo="Look at what stands there now, then change it again.",
    )


def _checksum(document: str) -> str:
    return hashlib.sha256(document.encode()).hexdigest()


def _version(row: sa.Row[Any] | None) -> Version | None:
    if row is None:
        return None
    if _checksum(row.document) != row.checksum:
        words = f"Version {row.version} of the configuration is damaged: its checksum does not fit."
        raise YingdaError("config_damaged", words, todo="Restore the business store from a backup.")
    return Version(row.version, row.at, row.by_, row.checksum, Centre.model_validate_json(row.document))
