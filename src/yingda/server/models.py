"""Tables of the web plane, in the business store."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from yingda.kernel.store.base import BusinessBase


class WebSession(BusinessBase):
    """Somebody signed in to the screens. The cookie's token is known to the browser alone; here stands its SHA-256.

    Times are µs UTC. `expires` is the end whatever happens; `last_seen` moves at most once a minute.
    """

    __tablename__ = "web_session"

    session_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), index=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(36))
    user_id: Mapped[str] = mapped_column(sa.String(36))
    created: Mapped[int] = mapped_column(sa.BigInteger)
    last_seen: Mapped[int] = mapped_column(sa.BigInteger)
    expires: Mapped[int] = mapped_column(sa.BigInteger, index=True)
    address: Mapped[str] = mapped_column(sa.String(64))
    user_agent: Mapped[str] = mapped_column(sa.String(256))


class AuditLine(BusinessBase):
    """Who changed or saw what (glossary: audit log, 操作日志). `who` is user:ID, or "nobody" before signing in."""

    __tablename__ = "audit_log"
    __table_args__ = (
        sa.Index("ix_audit_log_tenant_id_at", "tenant_id", "at"),
        sa.Index("ix_audit_log_tenant_id_who_action_object_at", "tenant_id", "who", "action", "object", "at"),
    )

    audit_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(36))
    at: Mapped[int] = mapped_column(sa.BigInteger)
    who: Mapped[str] = mapped_column(sa.String(64))
    action: Mapped[str] = mapped_column(sa.String(64))
    object: Mapped[str] = mapped_column(sa.String(128))
    address: Mapped[str] = mapped_column(sa.String(64))


class HandlingNote(BusinessBase):
    """What an agent noted about his part of a contact. Free text is personal data: it stands here and never in the
    ledger, so that it can be erased."""

    __tablename__ = "handling_note"

    tenant_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    handling_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    agent_id: Mapped[str] = mapped_column(sa.String(36))
    at: Mapped[int] = mapped_column(sa.BigInteger)
    note: Mapped[str] = mapped_column(sa.Text)
