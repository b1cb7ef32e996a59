"""Texts that came by telephone, from numbers that are no user's."""

import sqlalchemy as sa
from alembic import op

revision = "messages_0002"
down_revision = "messages_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("seat_message", sa.Column("number", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("seat_message", "number")
