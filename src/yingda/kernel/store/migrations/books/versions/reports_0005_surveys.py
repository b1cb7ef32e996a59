"""Surveys and their figures. What they hold is derived from the events, as `reports.rebuild` sees to."""

import sqlalchemy as sa
from alembic import op

revision = "reports_0005"
down_revision = "reports_0004"
branch_labels = None
depends_on = None

_FIGURES = ("surveys", "survey_answered", "survey_declined", "survey_none", "satisfied", "scored", "score_points")


def upgrade() -> None:
    texts = ("survey_id", "tenant_id", "interaction_id", "handling_id", "agent_id", "queue_id", "medium")
    op.create_table(
        "surveys",
        *(sa.Column(name, sa.String(), nullable=False) for name in texts),
        sa.Column("offered", sa.BigInteger(), nullable=False),
        sa.Column("test", sa.Boolean(), nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=True),
        sa.Column("result", sa.String(), nullable=True),
        sa.Column("score", sa.BigInteger(), nullable=True),
        sa.Column("resolved", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("survey_id", name="pk_surveys"),
    )
    op.create_index("ix_surveys_interaction_id", "surveys", ["interaction_id"])
    key = ("tenant_id", "agent_id", "queue_id", "medium")
    op.create_table(
        "survey_quarters",
        *(sa.Column(name, sa.String(), nullable=False) for name in key),
        sa.Column("quarter", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _FIGURES),
        sa.PrimaryKeyConstraint(*key, "quarter", name="pk_survey_quarters"),
    )


def downgrade() -> None:
    op.drop_table("survey_quarters")
    op.drop_table("surveys")
