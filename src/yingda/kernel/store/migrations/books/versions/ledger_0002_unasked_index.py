"""The events' index by tenant, kind and time goes: nothing asks by it, and every event was put into it."""

from alembic import op

revision = "ledger_0002"
down_revision = "ledger_0001"
branch_labels = None
depends_on = None

NAME = "ix_events_tenant_id_kind_at"


def upgrade() -> None:
    op.drop_index(NAME, table_name="events")


def downgrade() -> None:
    op.create_index(NAME, "events", ["tenant_id", "kind", "at"])
