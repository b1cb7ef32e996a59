"""Who has taken a missed call upon himself: a note for colleagues and no figure; it goes when the number is served."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from yingda.kernel.store.base import BusinessBase


class MissedClaim(BusinessBase):
    """contact_id: the missed contact it was made for; a later one of the same number is unclaimed again."""

    __tablename__ = "missed_claim"

    tenant_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    contact_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    user_id: Mapped[str] = mapped_column(sa.String(36))
    at: Mapped[int] = mapped_column(sa.BigInteger)
