"""Tables of the customers, in the business store. Times are µs UTC. All of it is personal data: erased with the row."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from yingda.kernel.store.base import BusinessBase


class Customer(BusinessBase):
    """Somebody who contacts us. `version` rises with every change; `search` holds what he is found by (`search.py`).

    tags: a JSON list; fields: a JSON object, the centre's own fields by key.
    """

    __tablename__ = "customer"
    __table_args__ = (sa.Index("ix_customer_tenant_id_changed", "tenant_id", "changed"),)

    customer_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(36))
    name: Mapped[str] = mapped_column(sa.String(128))
    search: Mapped[str] = mapped_column(sa.Text)
    grade: Mapped[str] = mapped_column(sa.String(64))
    tags: Mapped[str] = mapped_column(sa.Text)
    note: Mapped[str] = mapped_column(sa.Text)
    fields: Mapped[str] = mapped_column(sa.Text)
    version: Mapped[int] = mapped_column(sa.BigInteger)
    created: Mapped[int] = mapped_column(sa.BigInteger)
    created_by: Mapped[str] = mapped_column(sa.String(64))
    changed: Mapped[int] = mapped_column(sa.BigInteger)
    changed_by: Mapped[str] = mapped_column(sa.String(64))


class CustomerNumber(BusinessBase):
    """A number of one customer, in its canonical form; no two customers have the same."""

    __tablename__ = "customer_number"
    __table_args__ = (sa.UniqueConstraint("tenant_id", "number"),)

    number_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(36))
    number: Mapped[str] = mapped_column(sa.String(32))
    customer_id: Mapped[str] = mapped_column(sa.String(36), index=True)
    label: Mapped[str] = mapped_column(sa.String(32))
