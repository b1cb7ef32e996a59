"""What is kept of an account besides its password, in the business store."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from yingda.kernel.store.base import BusinessBase


class AccountState(BusinessBase):
    """One user's account. No row: nothing out of the ordinary. Times are µs UTC.

    totp: the sealed secret, confirmed if `totp_since` is set; totp_step: the last time step used, so that a code is
    good once. recovery: SHA-256 of the codes not yet used, a line each. failures: wrong passwords or codes in a row.
    must_change: the password was set by somebody else.
    """

    __tablename__ = "account_state"

    tenant_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    user_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    totp: Mapped[str | None] = mapped_column(sa.Text)
    totp_since: Mapped[int | None] = mapped_column(sa.BigInteger)
    totp_step: Mapped[int] = mapped_column(sa.BigInteger)
    recovery: Mapped[str] = mapped_column(sa.Text)
    failures: Mapped[int] = mapped_column(sa.BigInteger)
    locked_until: Mapped[int] = mapped_column(sa.BigInteger)
    must_change: Mapped[bool] = mapped_column(sa.Boolean)
