"""The table of tasks, in the business store. Times are µs UTC."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from yingda.kernel.store.base import BusinessBase


class DeskTask(BusinessBase):
    """owner: the user whose task it is; author: who gave it to him, or he himself. state: open, done, cancelled."""

    __tablename__ = "desk_task"
    __table_args__ = (sa.Index("ix_desk_task_tenant_id_owner_state", "tenant_id", "owner", "state"),)

    task_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(36))
    owner: Mapped[str] = mapped_column(sa.String(36))
    author: Mapped[str] = mapped_column(sa.String(36))
    title: Mapped[str] = mapped_column(sa.Text)
    note: Mapped[str] = mapped_column(sa.Text)
    customer_id: Mapped[str | None] = mapped_column(sa.String(36))
    due: Mapped[int | None] = mapped_column(sa.BigInteger)
    state: Mapped[str] = mapped_column(sa.String(16))
    created: Mapped[int] = mapped_column(sa.BigInteger)
    closed: Mapped[int | None] = mapped_column(sa.BigInteger)
