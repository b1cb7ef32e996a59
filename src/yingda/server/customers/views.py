"""A customer as one viewer may see him, and what people write of him held against the configuration."""

from __future__ import annotations

from datetime import date
from typing import Any

from yingda.customers.service import Draft, Record
from yingda.kernel.config.centre import CustomerCard, CustomerField
from yingda.kernel.errors import YingdaError
from yingda.server.customers.schemas import CustomerIn
from yingda.server.masking import masked, sees_numbers
from yingda.server.sessions.viewer import Viewer


def shown(record: Record, in_hand: frozenset[str], viewer: Viewer) -> dict[str, Any]:
    """Numbers are whole for leaders, and for the agent who is in contact with the customer; else masked."""
    whole = sees_numbers(viewer.role) or any(number["number"] in in_hand for number in record["numbers"])
    if whole:
        return record
    numbers = [{**number, "number": masked(number["number"])} for number in record["numbers"]]
    return {**record, "numbers": numbers}


def draft_of(written: CustomerIn, card: CustomerCard) -> Draft:
    """What is to be kept. Raises unknown_grade, unknown_field, bad_field."""
    if written.grade and written.grade not in card.grades:
        known = ", ".join(card.grades)
        raise YingdaError("unknown_grade", f"There is no grade {written.grade}; there is {known}.", where="grade")
    fields = {field.key: field for field in card.fields}
    for key, value in written.fields.items():
        if key not in fields:
            raise YingdaError("unknown_field", f"Customers have no field {key}.", where=f"fields.{key}")
        _refuse_unfit(fields[key], value)
    kept = {key: value for key, value in written.fields.items() if value}
    return Draft(written.name.strip(), written.grade, tuple(dict.fromkeys(written.tags)), written.note, kept)


def _refuse_unfit(field: CustomerField, value: str) -> None:
    if not value or field.kind == "text":
        return
    if field.kind == "choice" and value not in field.choices:
        expected = "one of " + ", ".join(field.choices)
    elif field.kind == "number" and not _is_number(value):
        expected = "a number"
    elif field.kind == "date" and not _is_date(value):
        expected = "a date such as 2026-05-31"
    else:
        return
    raise YingdaError("bad_field", f"{field.label} has to be {expected}.", where=f"fields.{field.key}")


def _is_number(value: str) -> bool:
    whole, _, part = value.removeprefix("-").partition(".")
    return whole.isdecimal() and whole.isascii() and (part == "" or (part.isdecimal() and part.isascii()))


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
