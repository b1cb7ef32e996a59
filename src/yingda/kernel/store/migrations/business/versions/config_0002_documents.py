"""Versions of flow documents and their drafts; the documents in force become the first versions."""

import hashlib
import json

import sqlalchemy as sa
from alembic import op

revision = "config_0002"
down_revision = "config_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    versions = op.create_table(
        "flow_version",
        sa.Column("tenant_id", sa.String(36), nullable=False),
        sa.Column("document_id", sa.String(36), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("tests", sa.Text(), nullable=False),
        sa.Column("checksum", sa.String(64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by_", sa.String(64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("config_version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "document_id", "number", name="pk_flow_version"),
    )
    op.create_table(
        "flow_draft",
        sa.Column("tenant_id", sa.String(36), nullable=False),
        sa.Column("document_id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("tests", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(36), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("base", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "document_id", name="pk_flow_draft"),
        sa.UniqueConstraint("tenant_id", "name", name="uq_flow_draft_tenant_id_name"),
    )
    op.bulk_insert(versions, _in_force())


def _in_force() -> list[dict[str, object]]:
    """The documents of every tenant's newest centre."""
    query = sa.text(
        "SELECT tenant_id, version, at, by_, document FROM config_version AS one WHERE version = "
        "(SELECT max(version) FROM config_version AS other WHERE other.tenant_id = one.tenant_id)"
    )
    found: list[dict[str, object]] = []
    for row in op.get_bind().execute(query):
        for document in json.loads(row.document).get("documents", ()):
            checksum = hashlib.sha256(f"{document['text']}\0".encode()).hexdigest()
            own = {"document_id": document["id"], "name": document["name"], "text": document["text"]}
            said = {"at": row.at, "by_": row.by_, "note": "", "tests": "", "checksum": checksum, "number": 1}
            found.append({"tenant_id": row.tenant_id, "config_version": row.version, **own, **said})
    return found


def downgrade() -> None:
    op.drop_table("flow_draft")
    op.drop_table("flow_version")
