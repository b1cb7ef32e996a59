"""Sessions of the screens, the audit log, notes on handlings."""

import sqlalchemy as sa
from alembic import op

revision = "server_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "web_session",
        sa.Column("session_id", sa.String(36), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("tenant_id", sa.String(36), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("last_seen", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("user_agent", sa.String(256), nullable=False),
        sa.PrimaryKeyConstraint("session_id", name="pk_web_session"),
    )
    op.create_index("ix_web_session_token_hash", "web_session", ["token_hash"])
    op.create_index("ix_web_session_expires", "web_session", ["expires"])
    op.create_table(
        "audit_log",
        sa.Column("audit_id", sa.String(36), nullable=False),
        sa.Column("tenant_id", sa.String(36), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("object", sa.String(128), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("audit_id", name="pk_audit_log"),
    )
    op.create_index("ix_audit_log_tenant_id_at", "audit_log", ["tenant_id", "at"])
    op.create_index(
        "ix_audit_log_tenant_id_who_action_object_at", "audit_log", ["tenant_id", "who", "action", "object", "at"]
    )
    op.create_table(
        "handling_note",
        sa.Column("tenant_id", sa.String(36), nullable=False),
        sa.Column("handling_id", sa.String(36), nullable=False),
        sa.Column("agent_id", sa.String(36), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "handling_id", name="pk_handling_note"),
    )


def downgrade() -> None:
    op.drop_table("handling_note")
    op.drop_table("audit_log")
    op.drop_table("web_session")
