"""Numbers found by what they are: who calls, and what contacts a customer had."""

import sqlalchemy as sa
from alembic import op

revision = "personal_0002"
down_revision = "personal_0001"
branch_labels = None
depends_on = None

NUMBERS = sa.text("kind = 'number'")


def upgrade() -> None:
    op.create_index(
        "ix_personal_value_tenant_id_value",
        "personal_value",
        ["tenant_id", "value"],
        sqlite_where=NUMBERS,
        postgresql_where=NUMBERS,
    )


def downgrade() -> None:
    op.drop_index("ix_personal_value_tenant_id_value", "personal_value")
