"""First-contact resolution: random customers, cases, forms and surveys against a slow plain recount."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.reports.test_persist import opened
from yingda.kernel.ledger.metrics import values
from yingda.kernel.store import Store, writing
from yingda.reports.customer_rows import Survey
from yingda.reports.models import TABLES
from yingda.reports.rows import Contact, Handling
from yingda.reports.sheets.adding import Wanted
from yingda.reports.sheets.first_contacts import AFTER, BEFORE, DAY, FIELDS
from yingda.reports.sheets.others import contact_sheet
from yingda.reports.sheets.periods import intervals

TENANT = "default"
FROM, TO = date(2026, 3, 1), date(2026, 4, 20)
SPAN = intervals("UTC", FROM, TO, "day")
Facts = dict[str, Any]


def some_contacts(rng: random.Random, count: int) -> list[Facts]:
    """Everything that the figures look at. forms: (case, resolved) in the order in which they were written."""
    return [
        {
            "id": f"c{number}",
            "started": SPAN[0].start + rng.randrange(0, (TO - FROM).days * 8) * DAY // 8 + number,
            "party": rng.choice(("a", "b", "c", "d", "e", "f", None)),
            "type": rng.choice((None, None, "退货")),
            "test": rng.random() < 0.1,
            "answered": rng.random() < 0.7,
            "direction": "inbound" if rng.random() < 0.85 else "outbound",
            "forms": [
                (rng.choice((None, None, "case-1", "case-2")), rng.choice((True, True, False, None)))
                for _ in range(rng.choice((0, 1, 1, 2)))
            ],
            "said": rng.choice((None, None, None, True, False)),
        }
        for number in range(count)
    ]


def keep(store: Store, contacts: list[Facts]) -> None:
    rows: list[Any] = []
    for one in contacts:
        at, name = one["started"], one["id"]
        known = {"party_ref": one["party"], "withheld": one["party"] is None, "call_type": one["type"]}
        connected = at + 9 if one["answered"] else None
        rows.append(Contact(name, TENANT, "voice", one["direction"], at, at, **known, test=one["test"], open=0,
                            first_connected=connected))  # fmt: skip
        for place, (case, resolved) in enumerate(one["forms"], 1):
            ids = (f"{name}-{place}", TENANT, name, "agent", "session", "queue", "voice", "primary", "offer")
            rows.append(Handling(*ids, at, at, case_id=case, resolved=resolved, disposed_seq=place))
        if one["said"] is not None:
            of = (f"{name}-s", TENANT, name, f"{name}-1", "agent", "queue", "voice", at)
            rows.append(Survey(*of, ended=at, result="answered", resolved=one["said"]))
    with writing(store.books) as connection:
        for row in rows:
            connection.execute(sa.insert(TABLES[type(row)]), asdict(row))


def about_the_same(one: Facts, other: Facts) -> bool:
    case = one["forms"][-1][0] if one["forms"] else None
    if case is not None:
        return case in [form[0] for form in other["forms"]]
    return one["party"] is not None and (one["party"], one["type"]) == (other["party"], other["type"])


def recount(contacts: list[Facts], now: int) -> Counter[str]:
    """metrics.md, read line by line."""
    counted = Counter(dict.fromkeys(FIELDS, 0))
    inbound = [one for one in contacts if one["direction"] == "inbound" and not one["test"]]
    for one in inbound:
        others = [
            other["started"] - one["started"] for other in inbound if other is not one and about_the_same(one, other)
        ]
        if not one["answered"] or any(-BEFORE <= apart < 0 for apart in others):
            continue
        case, claimed = one["forms"][-1] if one["forms"] else (None, None)
        again = any(0 < apart < AFTER for apart in others)
        known = claimed if case is not None or one["party"] is not None else None
        if one["said"] is not None:
            verdict = one["said"]
        elif again:
            verdict = False
        else:
            verdict = known
        counted["first_contacts"] += 1
        counted["first_resolved"] += verdict is True
        counted["first_unknown"] += verdict is None
        counted["first_claimed"] += claimed is True
        counted["first_provisional"] += one["said"] is None and now - one["started"] < AFTER
    return counted


@pytest.mark.parametrize("seed", range(6))
def test_the_sheet_agrees_with_a_plain_recount(tmp_path: Path, seed: int) -> None:
    contacts, now = some_contacts(random.Random(seed), 90), SPAN[-1].end
    store = opened(str(tmp_path))
    try:
        keep(store, contacts)
        lines, whole = contact_sheet(store, Wanted(TENANT, "UTC", SPAN, now, frozenset({"inbound"}), firsts=True))
        bare, _ = contact_sheet(store, Wanted(TENANT, "UTC", SPAN, now))
    finally:
        store.close()
    expected = recount(contacts, now)
    assert {name: whole[name] for name in FIELDS} == expected and expected["first_resolved"]
    assert sum(line.sums["first_contacts"] for line in lines) == whole["first_contacts"]
    assert values("contact", whole)["fcr"] == expected["first_resolved"] / expected["first_contacts"]
    assert "fcr" not in values("contact", bare[0].sums), "who asks for none pays for none"
