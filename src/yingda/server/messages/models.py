"""Tables of the messages between seats, in the business store. Times are µs UTC."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from yingda.kernel.store.base import BusinessBase


class SeatMessage(BusinessBase):
    """What somebody wrote. told: to whom, as he chose it, for people ("一班, 1023 李雷").

    sender: a user; empty for a text that came by telephone from no user of ours: then `number` says from where.
    """

    __tablename__ = "seat_message"
    __table_args__ = (sa.Index("ix_seat_message_tenant_id_sender_at", "tenant_id", "sender", "at"),)

    message_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(36))
    sender: Mapped[str] = mapped_column(sa.String(36))
    told: Mapped[str] = mapped_column(sa.Text)
    text: Mapped[str] = mapped_column(sa.Text)
    urgent: Mapped[bool] = mapped_column(sa.Boolean)
    at: Mapped[int] = mapped_column(sa.BigInteger)
    number: Mapped[str | None] = mapped_column(sa.Text)


class SeatDelivery(BusinessBase):
    """The message at one recipient. visible: from then on (a deputy gets it later); read: when he said so.

    deputy_of: the recipient in whose place it is shown; it is not if that one has read it in time.
    """

    __tablename__ = "seat_delivery"
    __table_args__ = (sa.Index("ix_seat_delivery_tenant_id_user_id_visible", "tenant_id", "user_id", "visible"),)

    tenant_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    message_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    user_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    visible: Mapped[int] = mapped_column(sa.BigInteger)
    read: Mapped[int | None] = mapped_column(sa.BigInteger)
    deputy_of: Mapped[str | None] = mapped_column(sa.String(36))
