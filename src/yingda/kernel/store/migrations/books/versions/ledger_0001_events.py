"""The events and the positions of the import."""

import sqlalchemy as sa
from alembic import op

revision = "ledger_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "events",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("writer", sa.String(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("stamp", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("v", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by_", sa.String(), nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("config", sa.BigInteger(), nullable=False),
        sa.Column("interaction_id", sa.String(), nullable=True),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("cause_writer", sa.String(), nullable=True),
        sa.Column("cause_n", sa.BigInteger(), nullable=True),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_events"),
        sa.UniqueConstraint("writer", "n", name="uq_events_writer_n"),
    )
    op.create_index("ix_events_interaction_id", "events", ["interaction_id"])
    op.create_index("ix_events_tenant_id_kind_at", "events", ["tenant_id", "kind", "at"])
    op.create_table(
        "import_position",
        sa.Column("writer", sa.String(), nullable=False),
        sa.Column("segment", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("stamp", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("writer", name="pk_import_position"),
    )


def downgrade() -> None:
    op.drop_table("import_position")
    op.drop_table("events")
