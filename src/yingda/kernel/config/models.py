"""Tables of the configuration, in the business store. Times are µs UTC."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from yingda.kernel.store.base import BusinessBase


class ConfigVersion(BusinessBase):
    """One published document. Rows are added and never changed; checksum is the SHA-256 of the document's bytes."""

    __tablename__ = "config_version"

    tenant_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    version: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[int] = mapped_column(sa.BigInteger)
    by_: Mapped[str] = mapped_column(sa.String(64))
    document: Mapped[str] = mapped_column(sa.Text)
    checksum: Mapped[str] = mapped_column(sa.String(64))


class Credential(BusinessBase):
    """A secret of a user or a device, never in plain text. kind: see `credentials.Kind`."""

    __tablename__ = "credential"

    tenant_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    subject_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    value: Mapped[str] = mapped_column(sa.String(255))
    updated_at: Mapped[int] = mapped_column(sa.BigInteger)


class FlowVersion(BusinessBase):
    """One version of a flow's document, as it was published. Rows are added and never changed.

    tests: its scripted tests (YAML). checksum: see `flow_versions.checksum`. by_: as in an event. config_version: the
    version of the centre that brought it.
    """

    __tablename__ = "flow_version"

    tenant_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    document_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    number: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(sa.String(64))
    text: Mapped[str] = mapped_column(sa.Text)
    tests: Mapped[str] = mapped_column(sa.Text)
    checksum: Mapped[str] = mapped_column(sa.String(64))
    at: Mapped[int] = mapped_column(sa.BigInteger)
    by_: Mapped[str] = mapped_column(sa.String(64))
    note: Mapped[str] = mapped_column(sa.Text)
    config_version: Mapped[int] = mapped_column(sa.BigInteger)


class FlowDraft(BusinessBase):
    """What somebody is writing. revision: raised by every save, which names the one it was made from.

    owner: who saved it last (user id). base: the number of the version that it was made from, 0 for a new document.
    """

    __tablename__ = "flow_draft"
    __table_args__ = (sa.UniqueConstraint("tenant_id", "name"),)

    tenant_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    document_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(64))
    text: Mapped[str] = mapped_column(sa.Text)
    tests: Mapped[str] = mapped_column(sa.Text)
    owner: Mapped[str] = mapped_column(sa.String(36))
    revision: Mapped[int] = mapped_column(sa.BigInteger)
    base: Mapped[int] = mapped_column(sa.BigInteger)
    at: Mapped[int] = mapped_column(sa.BigInteger)
