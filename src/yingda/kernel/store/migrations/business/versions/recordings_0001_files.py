"""What each recording is by now: path, form, key, checksum."""

import sqlalchemy as sa
from alembic import op

revision = "recordings_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recording_file",
        sa.Column("tenant_id", sa.String(36), nullable=False),
        sa.Column("recording_id", sa.String(36), nullable=False),
        sa.Column("form", sa.String(8), nullable=False),
        sa.Column("path", sa.String(255), nullable=True),
        sa.Column("key_id", sa.String(16), nullable=True),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("superseded", sa.String(255), nullable=True),
        sa.Column("ended", sa.BigInteger(), nullable=False),
        sa.Column("checked", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "recording_id", name="pk_recording_file"),
    )
    op.create_index("ix_recording_file_tenant_id_form_ended", "recording_file", ["tenant_id", "form", "ended"])
    op.create_index("ix_recording_file_tenant_id_checked", "recording_file", ["tenant_id", "checked"])
    op.create_index("ix_recording_file_superseded", "recording_file", ["superseded"])


def downgrade() -> None:
    op.drop_table("recording_file")
