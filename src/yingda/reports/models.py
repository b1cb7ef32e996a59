"""The tables of the books' rows, on the metadata of `(BooksBase)`: one column a field, so that the two cannot differ.

`rows.py` and `quarters.py` are the one definition of what is kept; the migrations write it down a second time, on
purpose, and a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from types import NoneType
from typing import Any, get_args, get_type_hints

from sqlalchemy import BigInteger, Boolean, Column, Index, String, Table
from sqlalchemy.types import TypeEngine

from yingda.kernel.store.base import BooksBase
from yingda.reports.customer_rows import Callback, LeftMessage, Missed, Survey
from yingda.reports.flow_quarters import EdgeQuarter, FlowQuarter, NodeQuarter
from yingda.reports.quarters import (
    AgentQuarter,
    CallbackQuarter,
    ContactQuarter,
    GaugeLine,
    GaugeQuarter,
    QueueLine,
    QueueQuarter,
    StateQuarter,
    SurveyQuarter,
    TrunkQuarter,
    WorkQuarter,
)
from yingda.reports.rows import (
    Anomaly,
    Contact,
    Entry,
    Handling,
    Leg,
    Offer,
    Plane,
    Recording,
    Row,
    Run,
    Session,
    Setting,
    StateSpan,
)

THINGS: tuple[type[Row], ...] = (
    *(Contact, Leg, Entry, Offer, Handling, Session, StateSpan, Run, Recording),
    *(Callback, LeftMessage, Missed, Survey, Setting, Plane, Anomaly),
)
FIGURES: tuple[type[Row], ...] = (
    *(QueueQuarter, QueueLine, WorkQuarter, AgentQuarter, StateQuarter),
    *(ContactQuarter, FlowQuarter, NodeQuarter, EdgeQuarter, TrunkQuarter, CallbackQuarter, GaugeQuarter, GaugeLine),
    SurveyQuarter,
)

_TYPES: Mapping[type, type[TypeEngine[Any]]] = {int: BigInteger, str: String, bool: Boolean}

_INDEXES: Mapping[type[Row], tuple[tuple[str, ...], ...]] = {
    Contact: (("tenant_id", "started"), ("tenant_id", "party_ref"), ("open",)),
    Leg: (("interaction_id",),),
    Entry: (("interaction_id",), ("tenant_id", "queue_id", "entered")),
    Offer: (("interaction_id",), ("tenant_id", "agent_id", "made")),
    Handling: (("interaction_id",), ("tenant_id", "agent_id", "started")),
    Session: (("tenant_id", "agent_id", "signed_in"), ("signed_out",)),
    StateSpan: (("tenant_id", "agent_id", "started"), ("handling_id",), ("offer_id",)),
    Run: (("interaction_id",),),
    Recording: (("interaction_id",),),
    Callback: (("tenant_id", "closed", "promised_by"), ("interaction_id",)),
    LeftMessage: (("tenant_id", "received"), ("interaction_id",)),
    Missed: (("tenant_id", "cleared", "last_at"),),
    Survey: (("interaction_id",),),
}

_NO_TENANT: Mapping[type[Row], str] = {Plane: "a plane serves every tenant"}


def _table(row: type[Row]) -> Table:
    hints = get_type_hints(row)
    columns: list[Column[Any]] = []
    for field in fields(row):  # type: ignore[arg-type]  # every row is a dataclass; the base only says what they share
        hint = hints[field.name]
        kinds = [kind for kind in get_args(hint) or (hint,) if kind is not NoneType]
        key = field.name in row.KEY
        columns.append(
            Column(
                field.name,
                _TYPES[kinds[0]],
                primary_key=key,
                autoincrement=False,
                nullable=not key and NoneType in get_args(hint),
            )
        )
    indexes = (Index(None, *names) for names in _INDEXES.get(row, ()))
    info = {"no_tenant": _NO_TENANT[row]} if row in _NO_TENANT else {}
    return Table(row.TABLE, BooksBase.metadata, *columns, *indexes, info=info)


PROJECTIONS = Table(
    "projections",
    BooksBase.metadata,
    Column("name", String, primary_key=True),
    Column("version", BigInteger, nullable=False),
    info={"no_tenant": "it tells of the tables, which hold every tenant's rows"},
)
"""By which version of the fold the rows were derived (`rebuild.py`)."""

TABLES: Mapping[type[Row], Table] = {row: _table(row) for row in (*THINGS, *FIGURES)}
"""Row → table."""
