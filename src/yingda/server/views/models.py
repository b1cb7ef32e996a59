"""The table of saved views, in the business store."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from yingda.kernel.store.base import BusinessBase


class SavedView(BusinessBase):
    """query: the room's address after the question mark. shared: everybody may use it; its owner alone changes it."""

    __tablename__ = "saved_view"
    __table_args__ = (sa.UniqueConstraint("tenant_id", "owner", "room", "name"),)

    view_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(36))
    owner: Mapped[str] = mapped_column(sa.String(36))
    room: Mapped[str] = mapped_column(sa.String(16))
    name: Mapped[str] = mapped_column(sa.String(64))
    query: Mapped[str] = mapped_column(sa.Text)
    shared: Mapped[bool] = mapped_column(sa.Boolean)
    changed: Mapped[int] = mapped_column(sa.BigInteger)
