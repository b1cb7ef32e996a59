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
