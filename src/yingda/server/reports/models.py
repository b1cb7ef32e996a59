"""Who has taken a missed call, or a left message, upon himself: a note for colleagues and no figure."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from yingda.kernel.store.base import BusinessBase


class MissedClaim(BusinessBase):
    """contact_id: the missed contact it was made for (a later one of its number is unclaimed again), or a message."""

    __tablename__ = "missed_claim"

    tenant_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    contact_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    user_id: Mapped[str] = mapped_column(sa.String(36))
    at: Mapped[int] = mapped_column(sa.BigInteger)
