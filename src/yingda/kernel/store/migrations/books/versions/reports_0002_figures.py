"""The rows of figures, one a quarter hour."""

import sqlalchemy as sa
from alembic import op

revision = "reports_0002"
down_revision = "reports_0001"
branch_labels = None
depends_on = None

_TYPES = {"t": sa.String, "i": sa.BigInteger, "b": sa.Boolean}

_TABLES = {  # table: (primary key, columns as name:type with ? where it may be unknown)
    "queue_quarters": (
        "tenant_id queue_id medium quarter",
        "tenant_id:t queue_id:t medium:t quarter:i offered:i cause_first:i cause_again:i cause_transfer:i "
        "cause_returned:i cause_agent_lost:i cause_overflow:i cause_moved:i cause_callback:i cause_campaign:i "
        "answered:i abandoned:i overflowed:i callback:i diverted:i turned_away:i failed:i short:i "
        "abandoned_in_target:i hit:i miss:i void:i wait_answered_us:i wait_abandoned_us:i "
        "wait_overflowed_us:i wait_callback_us:i wait_diverted_us:i wait_turned_away_us:i wait_failed_us:i "
        "wait_short_us:i max_answered_us:i max_abandoned_us:i max_overflowed_us:i max_callback_us:i "
        "max_diverted_us:i max_turned_away_us:i max_failed_us:i served_home:i served_elsewhere:i "
        "served_for_others:i overflow_in:i overflow_out:i announced:i fast_clear_down:i estimates:i "
        "estimate_error_us:i estimate_error_abs_us:i area_us:i waited_us:i waiting_start:i left_here:i",
    ),
    "queue_lines": (
        "tenant_id queue_id medium",
        "tenant_id:t queue_id:t medium:t length:i at:i",
    ),
    "work_quarters": (
        "tenant_id agent_id queue_id medium quarter",
        "tenant_id:t agent_id:t queue_id:t medium:t quarter:i offers:i accepted:i declined:i no_answer:i "
        "customer_left:i answered_elsewhere:i recalled:i device_failed:i agent_lost:i ring_us:i handled:i "
        "origin_offer:i origin_pickup:i origin_direct:i origin_transfer:i origin_takeover:i origin_consult:i "
        "origin_conference:i origin_dial:i origin_internal:i transferred:i call_us:i dialling_us:i "
        "talking_us:i holding_us:i consulting_us:i assisting_us:i internal_us:i wrapup_us:i",
    ),
    "agent_quarters": (
        "tenant_id agent_id quarter",
        "tenant_id:t agent_id:t quarter:i signed_in_us:i",
    ),
    "state_quarters": (
        "tenant_id agent_id quarter state state_class reason test",
        "tenant_id:t agent_id:t quarter:i state:t state_class:t reason:t test:b reason_class:t time_us:i",
    ),
    "contact_quarters": (
        "tenant_id medium direction quarter",
        "tenant_id:t medium:t direction:t quarter:i contacts:i queued:i merged:i answered:i abandoned:i "
        "overflowed:i callback:i diverted:i turned_away:i self_served:i message_left:i forwarded:i "
        "left_in_flow:i direct_missed:i refused:i failed:i reached:i not_reached:i internal:i "
        "abandoned_short:i hit:i miss:i void:i connected:i delay_us:i occupied_us:i short_call:i "
        "self_service:i self_helped:i contained:i",
    ),
    "flow_quarters": (
        "tenant_id flow_id version quarter",
        "tenant_id:t flow_id:t version:i quarter:i runs:i exit_done:i exit_queue:i exit_transfer:i "
        "exit_message:i exit_callback:i exit_agent:i exit_hangup:i exit_error:i exit_limit:i goals:i "
        "persons:i time_us:i",
    ),
    "node_quarters": (
        "tenant_id flow_id version node_id quarter",
        "tenant_id:t flow_id:t version:i node_id:t quarter:i visits:i passed:i left:i hangups:i errors:i",
    ),
}


def upgrade() -> None:
    for name, (key, spec) in _TABLES.items():
        columns = [_column(word) for word in spec.split()]
        op.create_table(name, *columns, sa.PrimaryKeyConstraint(*key.split(), name=f"pk_{name}"))


def _column(word: str) -> sa.Column[object]:
    name, kind = word.split(":")
    return sa.Column(name, _TYPES[kind[0]](), autoincrement=False, nullable=kind.endswith("?"))


def downgrade() -> None:
    for name in reversed(_TABLES):
        op.drop_table(name)
