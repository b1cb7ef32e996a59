"""Messages that callers leave. What it holds is derived from the events, as `reports.rebuild` sees to."""

import sqlalchemy as sa
from alembic import op

revision = "reports_0004"
down_revision = "reports_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "left_messages",
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("interaction_id", sa.String(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("received", "recorded_at", "duration_ms")),
        sa.Column("queue_id", sa.String(), nullable=True),
        sa.Column("agent_id", sa.String(), nullable=True),
        sa.Column("heard", sa.BigInteger(), nullable=True),
        sa.Column("cleared", sa.BigInteger(), nullable=True),
        sa.Column("cleared_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("message_id", name="pk_left_messages"),
    )
    op.create_index("ix_left_messages_tenant_id_received", "left_messages", ["tenant_id", "received"])
    op.create_index("ix_left_messages_interaction_id", "left_messages", ["interaction_id"])


def downgrade() -> None:
    op.drop_table("left_messages")
