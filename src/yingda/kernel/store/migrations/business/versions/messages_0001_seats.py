"""Messages between seats."""

import sqlalchemy as sa
from alembic import op

revision = "messages_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "seat_message",
        sa.Column("message_id", sa.String(36), nullable=False),
        sa.Column("tenant_id", sa.String(36), nullable=False),
        sa.Column("sender", sa.String(36), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name="pk_seat_message"),
    )
    op.create_index("ix_seat_message_tenant_id_sender_at", "seat_message", ["tenant_id", "sender", "at"])
    op.create_table(
        "seat_delivery",
        sa.Column("tenant_id", sa.String(36), nullable=False),
        sa.Column("message_id", sa.String(36), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("visible", sa.BigInteger(), nullable=False),
        sa.Column("read", sa.BigInteger(), nullable=True),
        sa.Column("deputy_of", sa.String(36), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "message_id", "user_id", name="pk_seat_delivery"),
    )
    op.create_index("ix_seat_delivery_tenant_id_user_id_visible", "seat_delivery", ["tenant_id", "user_id", "visible"])


def downgrade() -> None:
    op.drop_table("seat_delivery")
    op.drop_table("seat_message")
