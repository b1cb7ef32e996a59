"""The ledger's tables in the books: the events in their global order, and how far each writer's folder is imported."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from yingda.kernel.store.base import BooksBase, OfTenant


class StoredEvent(OfTenant, BooksBase):
    """An event. (writer, n) is unique over all tenants: a process writes for every tenant it serves. data: JSON."""

    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint("writer", "n"),
        Index(None, "interaction_id"),
    )

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    writer: Mapped[str] = mapped_column(String)
    n: Mapped[int] = mapped_column(BigInteger)
    stamp: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String)
    v: Mapped[int] = mapped_column(Integer)
    at: Mapped[int] = mapped_column(BigInteger)
    by_: Mapped[str] = mapped_column(String)
    node: Mapped[str] = mapped_column(String)
    config: Mapped[int] = mapped_column(BigInteger)
    interaction_id: Mapped[str | None] = mapped_column(String)
    data: Mapped[str] = mapped_column(Text)
    cause_writer: Mapped[str | None] = mapped_column(String)
    cause_n: Mapped[int | None] = mapped_column(BigInteger)


class ImportPosition(BooksBase):
    """Where the importer goes on in a writer's folder: the fields of `ledger.reader.Position`."""

    __tablename__ = "import_position"
    __table_args__ = {"info": {"no_tenant": "a writer's folder holds the events of all tenants"}}  # noqa: RUF012 (SQLAlchemy's way)

    writer: Mapped[str] = mapped_column(String, primary_key=True)
    segment: Mapped[int] = mapped_column(Integer)
    offset: Mapped[int] = mapped_column(BigInteger)
    n: Mapped[int] = mapped_column(BigInteger)
    stamp: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String)
