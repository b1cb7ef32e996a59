"""Tasks of people, and the views that they saved."""

import sqlalchemy as sa
from alembic import op

revision = "desk_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "desk_task",
        sa.Column("task_id", sa.String(36), nullable=False),
        sa.Column("tenant_id", sa.String(36), nullable=False),
        sa.Column("owner", sa.String(36), nullable=False),
        sa.Column("author", sa.String(36), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.String(36), nullable=True),
        sa.Column("due", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("closed", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("task_id", name="pk_desk_task"),
    )
    op.create_index("ix_desk_task_tenant_id_owner_state", "desk_task", ["tenant_id", "owner", "state"])
    op.create_table(
        "saved_view",
        sa.Column("view_id", sa.String(36), nullable=False),
        sa.Column("tenant_id", sa.String(36), nullable=False),
        sa.Column("owner", sa.String(36), nullable=False),
        sa.Column("room", sa.String(16), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("view_id", name="pk_saved_view"),
        sa.UniqueConstraint("tenant_id", "owner", "room", "name", name="uq_saved_view_tenant_id_owner_room_name"),
    )


def downgrade() -> None:
    op.drop_table("saved_view")
    op.drop_table("desk_task")
