"""The rows of things: contacts, legs, entries, offers, handlings, sessions, runs, recordings."""

import sqlalchemy as sa
from alembic import op

revision = "reports_0001"
down_revision = None
branch_labels = None
depends_on = None

_TYPES = {"t": sa.String, "i": sa.BigInteger, "b": sa.Boolean}

_TABLES = {  # table: (primary key, columns as name:type with ? where it may be unknown)
    "contacts": (
        "interaction_id",
        "interaction_id:t tenant_id:t medium:t direction:t started:i last_at:i party_ref:t? withheld:b "
        "dialled:t? trunk_id:t? campaign_id:t? parent_id:t? relation:t? call_type:t? test:b ended:i? "
        "ended_by:t? reason:t? release_code:i? outcome:t? verdict:t? merged_into:t? open:i entries:i "
        "waiting:i runs:i inside:i handled:i direct:b first_queue_id:t? first_agent_id:t? first_entered:i? "
        "first_target_us:i first_short_us:i first_connected:i? last_left:i? last_outcome:t? last_short:b "
        "last_exit:t? goal_at:i? person_at:i? self_service_us:i wait_us:i talking_us:i holding_us:i "
        "occupied_us:i",
    ),
    "legs": (
        "leg_id",
        "leg_id:t tenant_id:t interaction_id:t role:t direction:t device:t? trunk_id:t? created:i alerting:i? "
        "answered:i? ended:i? ended_by:t? release_code:i? received:i? lost:i? mos_milli:i? one_way:b",
    ),
    "entries": (
        "entry_id",
        "entry_id:t tenant_id:t interaction_id:t queue_id:t medium:t cause:t entered:i arrived_at:i "
        "priority:i target_us:i short_us:i from_entry_id:t? test:b also_queues:i announced:i position:i? "
        "estimate_us:i? announced_at:i? offers:i accepted:i handlings:i successors:i left:i? outcome:t? "
        "verdict:t? short:b served_queue_id:t? handling_id:t? to_target:t?",
    ),
    "offers": (
        "offer_id",
        "offer_id:t tenant_id:t interaction_id:t entry_id:t agent_id:t queue_id:t medium:t device:t? made:i "
        "test:b alerting:i? ended:i? outcome:t?",
    ),
    "handlings": (
        "handling_id",
        "handling_id:t tenant_id:t interaction_id:t agent_id:t session_id:t? queue_id:t medium:t role:t "
        "origin:t started:i since:i phase:t entry_id:t? after_handling_id:t? test:b consult:b connected:i? "
        "released:i? released_by:t? over:i? ended_how:t? extended_ms:i transfers:i transfer_how:t? "
        "transfer_target:t? codes:t? resolved:b? case_id:t? disposed_seq:i dialling_us:i talking_us:i "
        "holding_us:i consulting_us:i assisting_us:i internal_us:i wrapup_us:i",
    ),
    "sessions": (
        "session_id",
        "session_id:t tenant_id:t agent_id:t signed_in:i last_at:i device:t? signed_out:i? why:t? state:t? "
        "spans:i spans_us:i",
    ),
    "state_spans": (
        "tenant_id session_id number",
        "tenant_id:t session_id:t number:i agent_id:t state:t started:i reason:t? reason_class:t? why:t? "
        "handling_id:t? offer_id:t? ended:i? state_class:t? test:b",
    ),
    "runs": (
        "run_id",
        "run_id:t tenant_id:t interaction_id:t flow_id:t version:i self_service:b entered:i test:b node_id:t? "
        "nodes:i goal:t? goal_at:i? person_at:i? left:i? exit:t?",
    ),
    "recordings": (
        "recording_id",
        "recording_id:t tenant_id:t interaction_id:t? handling_id:t started:i state:t test:b pauses:i "
        "ended:i? duration_ms:i? checksum:t? reason:t?",
    ),
    "planes": (
        "plane",
        "plane:t version:t state:t since:i alive:i",
    ),
    "anomalies": (
        "tenant_id writer n",
        "tenant_id:t writer:t n:i seq:i at:i kind:t code:t sentence:t",
    ),
}

_INDEXES = (
    ("contacts", "open"),
    ("contacts", "tenant_id party_ref"),
    ("contacts", "tenant_id started"),
    ("legs", "interaction_id"),
    ("entries", "interaction_id"),
    ("entries", "tenant_id queue_id entered"),
    ("offers", "interaction_id"),
    ("offers", "tenant_id agent_id made"),
    ("handlings", "interaction_id"),
    ("handlings", "tenant_id agent_id started"),
    ("sessions", "signed_out"),
    ("sessions", "tenant_id agent_id signed_in"),
    ("state_spans", "tenant_id agent_id started"),
    ("runs", "interaction_id"),
    ("recordings", "interaction_id"),
)


def upgrade() -> None:
    for name, (key, spec) in _TABLES.items():
        columns = [_column(word) for word in spec.split()]
        op.create_table(name, *columns, sa.PrimaryKeyConstraint(*key.split(), name=f"pk_{name}"))
    for name, words in _INDEXES:
        op.create_index(f"ix_{name}_{words.replace(' ', '_')}", name, words.split())


def _column(word: str) -> sa.Column[object]:
    name, kind = word.split(":")
    return sa.Column(name, _TYPES[kind[0]](), autoincrement=False, nullable=kind.endswith("?"))


def downgrade() -> None:
    for name in reversed(_TABLES):
        op.drop_table(name)
