"""Personal values by reference."""

import sqlalchemy as sa
from alembic import op

revision = "personal_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "personal_value",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "ref", name="pk_personal_value"),
    )


def downgrade() -> None:
    op.drop_table("personal_value")
