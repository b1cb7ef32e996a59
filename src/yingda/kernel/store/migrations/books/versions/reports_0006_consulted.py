"""Whose consultation a recording is. Nothing written before tells of one, so the rows stand as they are."""

import sqlalchemy as sa
from alembic import op

revision = "reports_0006"
down_revision = "reports_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("recordings", sa.Column("leg_id", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("recordings", "leg_id")
