"""What every table of the house is declared on.

The habit of a room with tables:

* `models.py` declares them on `BooksBase` (projections of the ledger: no autoincrement, nothing that is not derived
  from events) or `BusinessBase` (configuration, people, sessions).
* `kernel/store/migrations/{books,business}/versions/` gets `<room>_0001_<what>.py`, with `revision = "<room>_0001"` and
  `down_revision = None`, then `<room>_0002_…` upon it: each room has a chain of its own. A migration that needs another
  room's table names that revision in `depends_on`. A released migration is never edited.
* Every table has `tenant_id`, and so has every primary key and unique constraint, unless it is one id (`*_id`,
  `*_hash`) that is unique by itself. A table that belongs to no tenant says why:
  `__table_args__ = {"info": {"no_tenant": "the reason"}}`.

A test holds all of this against SQLite and PostgreSQL.
"""

from __future__ import annotations

from sqlalchemy import MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from yingda.kernel.event import DEFAULT_TENANT

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class BooksBase(DeclarativeBase):
    """Tables of the books: the events and what is derived from them."""

    metadata = MetaData(naming_convention=_NAMES)


class BusinessBase(DeclarativeBase):
    """Tables of the business data."""

    metadata = MetaData(naming_convention=_NAMES)


class OfTenant:
    """A table whose rows belong to a tenant. Put `tenant_id` into its unique constraints."""

    tenant_id: Mapped[str] = mapped_column(String, default=DEFAULT_TENANT)
