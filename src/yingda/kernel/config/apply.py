"""Apply a centre: compare it with the version in force, publish it, set the passwords its `password_env` names.

Everything that takes long (hashing) or can be refused happens before the transaction that writes; the ledger has the
events before the version becomes visible, and an append that fails publishes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from yingda.kernel.config import credentials, versions
from yingda.kernel.config.centre import Centre
from yingda.kernel.config.compare import Change, How, Pseudonym, changed_events, compare, lines
from yingda.kernel.config.credentials import REALM, Kind, Secrets
from yingda.kernel.config.dump import to_yaml
from yingda.kernel.config.identity import give_ids
from yingda.kernel.config.parts import PartOf, parts_of
from yingda.kernel.config.sealed import Sealer
from yingda.kernel.config.yaml_file import read_centre
from yingda.kernel.errors import StartError, YingdaError
from yingda.kernel.event import DEFAULT_TENANT, Event
from yingda.kernel.ids import IdSource, new_id
from yingda.kernel.store import Store, reading, writing

SEALED: Mapping[str, tuple[Kind, Callable[[str, str, Sealer], Secrets]]] = {
    "trunk": (Kind.TRUNK_SECRET, credentials.trunk_secrets),
    "voice": (Kind.SPEECH_KEY, credentials.speech_secrets),
    "recogniser": (Kind.SPEECH_KEY, credentials.speech_secrets),
}
"""Secrets that are read back, by the part they belong to."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a centre is applied to, and by whom.

    append: writes events to the ledger, durably. pseudonym: (kind, value) → reference of a personal value.
    by: as in an event (`user:ID`, `system`). environment: where `password_env` is looked up. realm: of SIP digests.
    sealer: of our passwords at carriers and keys at speech services; without it a part with one is refused. note: why,
    for the versions of flow documents.
    """

    store: Store
    append: Callable[[Sequence[Event]], object]
    pseudonym: Pseudonym
    by: str = "system"
    tenant: str = DEFAULT_TENANT
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    draw: IdSource = new_id
    realm: str = REALM
    sealer: Sealer | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Applied:
    """What was done, or would be. version: the one in force then. lines: for people; none if nothing changes."""

    version: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Plan:
    base: int
    centre: Centre
    changes: list[Change]
    secrets: list[tuple[PartOf, Secrets]]
    had: Mapping[str, Mapping[Kind, str]]

    def lines(self) -> tuple[str, ...]:
        return (*lines(self.changes), *(f"~ {part}: password set" for part, _ in self.secrets))


def apply_file(path: Path, target: Target, now: int, dry_run: bool = False) -> Applied:
    """Apply the centre in a YAML file. now: µs UTC. dry_run: only say what would change.

    Raises CentreError (all mistakes of the file), StartError `config_password_missing`, YingdaError `config_stale`.
    """
    return apply_centre(read_centre(path), target, now, dry_run)


def apply_centre(
    centre: Centre, target: Target, now: int, dry_run: bool = False, made_from: int | None = None
) -> Applied:
    """Apply a centre; parts without ids get them. Applying the same again changes nothing.

    made_from: the version that the centre is a change of, so that nobody else's change is written over; None for a
    centre that says everything by itself, as a file does. Raises as `apply_file`, and `config_stale` for a version
    that is not in force any more.
    """
    plan = _plan(centre, target)
    if made_from not in (None, plan.base):
        raise versions.stale(plan.base, made_from)
    if dry_run or not (plan.changes or plan.secrets):
        return Applied(plan.base, plan.lines())
    with writing(target.store.business) as connection:
        version = _write(connection, plan, target, now)
        target.append(_events(plan, version, target, now))
    return Applied(version, plan.lines())


def export(store: Store, tenant: str = DEFAULT_TENANT) -> str:
    """The version in force as YAML text. Raises YingdaError `config_none` before the first."""
    with reading(store.business) as connection:
        version = versions.current(connection, tenant)
    if version is None:
        raise YingdaError("config_none", "No centre has been applied yet.", todo="Run: yingda apply FILE")
    return to_yaml(version.centre)


def _plan(centre: Centre, target: Target) -> _Plan:
    with reading(target.store.business) as connection:
        version = versions.current(connection, target.tenant)
        had = credentials.read(connection, None, target.tenant)
    previous = version.centre if version else None
    whole = give_ids(centre, previous, target.draw)
    secrets = _new_secrets(whole, had, target)
    return _Plan(version.version if version else versions.NONE_YET, whole, compare(previous, whole), secrets, had)


def _new_secrets(centre: Centre, had: Mapping[str, Mapping[Kind, str]], target: Target) -> list[tuple[PartOf, Secrets]]:
    """Secrets that differ from those at hand. A variable that is not set is refused only where nothing is at hand."""
    found: list[tuple[PartOf, Secrets]] = []
    missing: list[str] = []
    for part in parts_of(centre):
        variable = part.fields.get("password_env")
        if variable is None:
            continue
        password, known = target.environment.get(variable), had.get(part.id, {})
        if password:
            if (secrets := _secrets(part, password, known, target)) is not None:
                found.append((part, secrets))
        elif not known:
            missing.append(f"{part}: the environment variable {variable}, which holds the password, is not set")
    if missing:
        raise StartError("config_password_missing", "\n".join(missing))
    return found


def _secrets(part: PartOf, password: str, known: Mapping[Kind, str], target: Target) -> Secrets | None:
    """What is to be kept of the password, or None if the same is kept already."""
    try:
        if part.entity == "device":
            secrets = credentials.sip_secrets(part.key, target.realm, password)
            return None if secrets == known else secrets
        if part.entity in SEALED:
            return _sealed_secrets(part, password, known, target.sealer)
        return None if credentials.fits(known, password) else credentials.password_secrets(password)
    except YingdaError as error:
        raise StartError(error.code, error.sentence, where=f"{part} ({part.fields['password_env']})") from error


def _sealed_secrets(part: PartOf, password: str, known: Mapping[Kind, str], sealer: Sealer | None) -> Secrets | None:
    """A secret sealed under another key counts as another one."""
    kind, make = SEALED[part.entity]
    if sealer is None:
        raise YingdaError("no_sealer", f"A {part.entity}'s password can only be set where the centre's key is.")
    try:
        same = sealer.open(known.get(kind, ""), part.id) == password
    except YingdaError:
        same = False
    return None if same else make(part.id, password, sealer)


def _write(connection: sa.Connection, plan: _Plan, target: Target, now: int) -> int:
    version = plan.base
    if plan.changes:
        version = versions.publish(connection, plan.centre, plan.base, target.by, now, target.tenant, target.note)
        removed = [change.part.id for change in plan.changes if change.how is How.REMOVED]
        credentials.forget(connection, removed, target.tenant)
    for part, secrets in plan.secrets:
        credentials.store(connection, part.id, secrets, now, target.tenant)
    return version


def _events(plan: _Plan, version: int, target: Target, now: int) -> list[Event]:
    events = changed_events(plan.changes, version, target.by, now, target.pseudonym, target.tenant)
    for part, secrets in plan.secrets:
        data = {
            "entity": "credential",
            "id": part.id,
            "version": version,
            "before": _kinds(plan.had.get(part.id, {})),
            "after": _kinds(secrets),
        }
        events.append(Event(kind="config.changed", at=now, by=target.by, tenant=target.tenant, data=data))
    return events


def _kinds(secrets: Mapping[Kind, str]) -> dict[str, Any] | None:
    """That a secret is there, and of which kinds: never the secret."""
    return {"kinds": sorted(kind.value for kind in secrets)} if secrets else None
