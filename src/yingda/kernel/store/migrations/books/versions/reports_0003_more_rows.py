"""The rows anew: trunks, call-backs, missed calls, gauges, ways through flows. What they hold is derived from the
events, and since none of it is noted in `projections`, the worker derives it again at its start.
"""

import sqlalchemy as sa
from alembic import op

revision = "reports_0003"
down_revision = "reports_0002"
branch_labels = None
depends_on = None

_TYPES = {"t": sa.String, "i": sa.BigInteger, "b": sa.Boolean}

_REPLACED = (
    "contacts",
    "handlings",
    "runs",
    "queue_quarters",
    "work_quarters",
    "contact_quarters",
    "node_quarters",
)

_TABLES = {  # table: (primary key, columns as name:type with ? where it may be unknown)
    "contacts": (
        "interaction_id",
        "interaction_id:t tenant_id:t medium:t direction:t started:i last_at:i party_ref:t? withheld:b "
        "dialled:t? trunk_id:t? campaign_id:t? parent_id:t? relation:t? call_type:t? test:b repeat:b again:b "
        "ended:i? ended_by:t? reason:t? release_code:i? outcome:t? verdict:t? merged_into:t? open:i entries:i "
        "waiting:i runs:i inside:i handled:i direct:b first_queue_id:t? first_agent_id:t? first_entered:i? "
        "first_target_us:i first_short_us:i first_connected:i? last_left:i? last_outcome:t? last_short:b "
        "last_exit:t? goal_at:i? person_at:i? self_service_us:i wait_us:i talking_us:i holding_us:i "
        "occupied_us:i",
    ),
    "handlings": (
        "handling_id",
        "handling_id:t tenant_id:t interaction_id:t agent_id:t session_id:t? queue_id:t medium:t role:t "
        "origin:t started:i since:i phase:t entry_id:t? after_handling_id:t? test:b consult:b connected:i? "
        "released:i? released_by:t? over:i? ended_how:t? extended_ms:i consults:i transfers:i transfer_how:t? "
        "transfer_target:t? codes:t? resolved:b? case_id:t? disposed_seq:i dialling_us:i talking_us:i "
        "holding_us:i consulting_us:i assisting_us:i internal_us:i wrapup_us:i",
    ),
    "runs": (
        "run_id",
        "run_id:t tenant_id:t interaction_id:t flow_id:t version:i self_service:b entered:i test:b node_id:t? "
        "node_since:i nodes:i goal:t? goal_at:i? person_at:i? left:i? exit:t?",
    ),
    "callbacks": (
        "callback_id",
        "callback_id:t tenant_id:t source:t requested:i last_at:i promised_by:i window:t? interaction_id:t? "
        "entry_id:t? queue_id:t? party_ref:t? test:b attempts:i calling:b first_attempt:i? last_result:t? "
        "closed:i? result:t?",
    ),
    "missed": (
        "tenant_id party_ref",
        "tenant_id:t party_ref:t first_at:i last_at:i interaction_id:t outcome:t queue_id:t? dialled:t? "
        "calls:i attempts:i tried_at:i? cleared:i? cleared_how:t? cleared_by:t?",
    ),
    "report_settings": (
        "tenant_id name",
        "tenant_id:t name:t value:i",
    ),
    "queue_quarters": (
        "tenant_id queue_id medium quarter",
        "tenant_id:t queue_id:t medium:t quarter:i offered:i cause_first:i cause_again:i cause_transfer:i "
        "cause_returned:i cause_agent_lost:i cause_overflow:i cause_moved:i cause_callback:i cause_campaign:i "
        "answered:i abandoned:i overflowed:i callback:i diverted:i turned_away:i failed:i short:i "
        "abandoned_in_target:i hit:i miss:i void:i wait_answered_us:i wait_abandoned_us:i "
        "wait_overflowed_us:i wait_callback_us:i wait_diverted_us:i wait_turned_away_us:i wait_failed_us:i "
        "wait_short_us:i served_home:i served_elsewhere:i served_for_others:i overflow_in:i overflow_out:i "
        "announced:i fast_clear_down:i estimates:i estimate_error_us:i estimate_error_abs_us:i area_us:i "
        "waited_us:i waiting_start:i waiting_low:i waiting_high:i longest_wait_us:i left_here:i",
    ),
    "work_quarters": (
        "tenant_id agent_id queue_id medium quarter",
        "tenant_id:t agent_id:t queue_id:t medium:t quarter:i offers:i accepted:i declined:i no_answer:i "
        "customer_left:i answered_elsewhere:i recalled:i device_failed:i agent_lost:i ring_us:i handled:i "
        "origin_offer:i origin_pickup:i origin_direct:i origin_transfer:i origin_takeover:i origin_consult:i "
        "origin_conference:i origin_dial:i origin_internal:i transferred:i transferred_blind:i "
        "transferred_attended:i transferred_takeover:i consults:i assisted:i call_us:i dialling_us:i "
        "talking_us:i holding_us:i consulting_us:i assisting_us:i internal_us:i wrapup_us:i",
    ),
    "contact_quarters": (
        "tenant_id medium direction quarter",
        "tenant_id:t medium:t direction:t quarter:i contacts:i queued:i merged:i answered:i abandoned:i "
        "overflowed:i callback:i diverted:i turned_away:i self_served:i message_left:i forwarded:i "
        "left_in_flow:i direct_missed:i refused:i failed:i reached:i not_reached:i internal:i "
        "abandoned_short:i hit:i miss:i void:i connected:i delay_us:i occupied_us:i short_call:i "
        "self_service:i self_helped:i contained:i self_kept:i repeat_call:i",
    ),
    "node_quarters": (
        "tenant_id flow_id version node_id quarter",
        "tenant_id:t flow_id:t version:i node_id:t quarter:i visits:i passed:i left:i hangups:i errors:i time_us:i",
    ),
    "edge_quarters": (
        "tenant_id flow_id version node_id edge quarter",
        "tenant_id:t flow_id:t version:i node_id:t edge:t quarter:i passed:i",
    ),
    "trunk_quarters": (
        "tenant_id trunk_id direction quarter",
        "tenant_id:t trunk_id:t direction:t quarter:i attempts:i seized:i answered:i refused_no_channel:i "
        "refused_limit:i refused_down:i refused_carrier:i",
    ),
    "callback_quarters": (
        "tenant_id source quarter",
        "tenant_id:t source:t quarter:i requested:i reached:i exhausted:i expired:i cancelled_by_customer:i "
        "cancelled_by_staff:i superseded:i on_time:i late:i attempts:i attempt_connected:i attempt_busy:i "
        "attempt_no_answer:i attempt_rejected:i attempt_invalid:i attempt_agent_no_answer:i",
    ),
    "gauge_quarters": (
        "tenant_id gauge thing quarter",
        "tenant_id:t gauge:t thing:t quarter:i start:i low:i high:i area_us:i",
    ),
    "gauge_lines": (
        "tenant_id gauge thing",
        "tenant_id:t gauge:t thing:t value:i at:i",
    ),
    "projections": ("name", "name:t version:i"),
}

_INDEXES = (
    ("contacts", "open"),
    ("contacts", "tenant_id party_ref"),
    ("contacts", "tenant_id started"),
    ("handlings", "interaction_id"),
    ("handlings", "tenant_id agent_id started"),
    ("runs", "interaction_id"),
    ("callbacks", "interaction_id"),
    ("callbacks", "tenant_id closed promised_by"),
    ("missed", "tenant_id cleared last_at"),
    ("state_spans", "handling_id"),
    ("state_spans", "offer_id"),
)


def upgrade() -> None:
    for name in _REPLACED:
        op.drop_table(name)
    for name, (key, spec) in _TABLES.items():
        columns = [_column(word) for word in spec.split()]
        op.create_table(name, *columns, sa.PrimaryKeyConstraint(*key.split(), name=f"pk_{name}"))
    for table, names in _INDEXES:
        op.create_index(f"ix_{table}_{'_'.join(names.split())}", table, names.split())


def _column(word: str) -> sa.Column[object]:
    name, kind = word.split(":")
    return sa.Column(name, _TYPES[kind[0]](), autoincrement=False, nullable=kind.endswith("?"))


def downgrade() -> None:
    for table, names in _INDEXES:
        if table not in _TABLES:
            op.drop_index(f"ix_{table}_{'_'.join(names.split())}", table_name=table)
    for name in reversed(_TABLES):
        op.drop_table(name)
    for name in _REPLACED:  # the revision before drops them; what they held can be derived again
        op.create_table(name, sa.Column("unused", sa.String()))
