"""Personal data, apart from the ledger (metrics.md, law 5): events name a person by reference only.

A reference is a keyed hash of the canonical value: the same customer has the same reference, nobody can turn it back
without the key, and erasing the row erases the person while every figure stands.
Control must not wait for SQL on a call's path: it appends to a spool with one write(2), and the worker carries that
into the table. A spool line that was carried twice changes nothing.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterable
from pathlib import Path

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from yingda.kernel.event import DEFAULT_TENANT
from yingda.kernel.key_file import key_at
from yingda.kernel.store.base import BusinessBase, OfTenant
from yingda.kernel.store.engines import reading, writing

_CARRY_AT_ONCE = 1_000


KNOWN = 20_000
"""Values remembered as written: a bound on memory, for one that is written twice is harmless."""


class PersonalValue(OfTenant, BusinessBase):
    """One erasable value. kind: number, name or text."""

    __tablename__ = "personal_value"
    __table_args__ = (
        sa.Index(
            "ix_personal_value_tenant_id_value",
            "tenant_id",
            "value",
            sqlite_where=sa.text("kind = 'number'"),
            postgresql_where=sa.text("kind = 'number'"),
        ),
    )

    tenant_id: Mapped[str] = mapped_column(sa.String, primary_key=True)
    ref: Mapped[str] = mapped_column(sa.String, primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String)
    value: Mapped[str] = mapped_column(sa.Text)


class Spooled(msgspec.Struct, frozen=True):
    """A line of the spool."""

    tenant: str
    ref: str
    kind: str
    value: str


def load_key(folder: Path) -> bytes:
    """The centre's key for references: made once, readable by the server's user alone."""
    return key_at(folder / "personal.key")


def reference(key: bytes, kind: str, value: str, tenant: str = DEFAULT_TENANT) -> str:
    """The pseudonym of a value: HMAC-SHA-256 over tenant, kind and value, 128 bits as hex."""
    return hmac.digest(key, f"{tenant}\0{kind}\0{value}".encode(), "sha256").hex()[:32]


class PersonalSpool:
    """Where a process leaves personal values: one file a start in a folder of its own, so nobody races with it.

    folder: the spool's root. owner: the process, as it is called in the ledger. start: µs, later at each start.
    """

    def __init__(self, folder: Path, key: bytes, start: int, owner: str = "control") -> None:
        (folder / owner).mkdir(mode=0o700, parents=True, exist_ok=True)
        self._key = key
        self._path = folder / owner / f"{start:020d}.jsonl"
        self._handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._known: set[str] = set()

    def put(self, kind: str, value: str, tenant: str = DEFAULT_TENANT) -> str:
        """Keep a value and return its reference. Values already written since the start are not written again."""
        ref = reference(self._key, kind, value, tenant)
        if ref not in self._known:
            os.write(self._handle, msgspec.json.encode(Spooled(tenant, ref, kind, value)) + b"\n")
            if len(self._known) >= KNOWN:
                self._known.clear()
            self._known.add(ref)
        return ref

    def close(self) -> None:
        os.close(self._handle)


class PersonalCarrier:
    """The worker's side: carries spool lines into the table; removes files that no process writes any more."""

    def __init__(self, folder: Path, engine: sa.Engine) -> None:
        self._folder = folder
        self._engine = engine
        self._offsets: dict[Path, int] = {}

    def step(self) -> int:
        """Carry what is new; returns the number of values."""
        owners = sorted(self._folder.iterdir()) if self._folder.exists() else []
        return sum(self._step(owner) for owner in owners)

    def _step(self, owner: Path) -> int:
        files = sorted(owner.glob("*.jsonl"))
        carried = sum(self._carry(path) for path in files)
        for path in files[:-1]:  # only the newest file of an owner has a writer
            self._offsets.pop(path, None)
            path.unlink(missing_ok=True)
        return carried

    def _carry(self, path: Path) -> int:
        offset = self._offsets.get(path, 0)
        with path.open("rb") as handle:
            handle.seek(offset)
            body = handle.read()
        whole = body[: body.rfind(b"\n") + 1]
        values = [msgspec.json.decode(line, type=Spooled) for line in whole.splitlines()]
        for start in range(0, len(values), _CARRY_AT_ONCE):
            self._store(values[start : start + _CARRY_AT_ONCE])
        self._offsets[path] = offset + len(whole)
        return len(values)

    def _store(self, values: list[Spooled]) -> None:
        wanted = {(value.tenant, value.ref): value for value in values}
        with writing(self._engine) as connection:
            present = connection.execute(
                sa.select(PersonalValue.tenant_id, PersonalValue.ref).where(
                    PersonalValue.ref.in_([ref for _, ref in wanted])
                )
            )
            for tenant, ref in present:
                wanted.pop((tenant, ref), None)
            if wanted:
                rows = [
                    {"tenant_id": value.tenant, "ref": value.ref, "kind": value.kind, "value": value.value}
                    for value in wanted.values()
                ]
                connection.execute(sa.insert(PersonalValue), rows)


def lookup(engine: sa.Engine, refs: Iterable[str], tenant: str = DEFAULT_TENANT) -> dict[str, str]:
    """The values behind references; erased ones are missing."""
    wanted = sorted(set(refs))
    if not wanted:
        return {}
    query = sa.select(PersonalValue.ref, PersonalValue.value).where(
        PersonalValue.tenant_id == tenant, PersonalValue.ref.in_(wanted)
    )
    with reading(engine) as connection:
        return {row.ref: row.value for row in connection.execute(query)}
