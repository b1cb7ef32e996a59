"""How the shape of an event kind is declared, checked and shown.

A kind is declared by one line of field names, as metrics.md section 3 writes them: `"entry_id outcome to?"`; `?` marks
a field that may be left out (or be null). A field's type follows from its name (`TYPES`, text where it is not listed),
so the same word means the same thing everywhere; words from a closed list are given per kind.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union

import msgspec

from yingda.kernel.errors import YingdaError

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FieldType:
    """A type as msgspec checks it and as the table calls it."""

    check: Any
    shown: str


TEXT = FieldType(str, "text")
BOOL = FieldType(bool, "yes/no")
BOOL_OR_UNKNOWN = FieldType(bool | None, "yes/no, or null: not known")
COUNT = FieldType(int, "integer")
_FINITE = Annotated[float, msgspec.Meta(ge=-1e300, le=1e300)]
NUMBER = FieldType(_FINITE, "number")
NUMBER_OR_UNKNOWN = FieldType(_FINITE | None, "number, or null: not measured")
TIME = FieldType(int, "µs UTC")
TEXTS = FieldType(list[str], "list of texts")
JSON = FieldType(object, "JSON")

TYPES: dict[str, FieldType] = {
    **dict.fromkeys(("test", "withheld", "self_service", "one_way", "estimated", "host"), BOOL),
    **dict.fromkeys(("resolved", "right_party", "converted"), BOOL_OR_UNKNOWN),
    **dict.fromkeys(("release_code", "received", "lost", "channels", "version", "priority", "position"), COUNT),
    **dict.fromkeys(("attempt", "extended_ms", "duration_ms", "gap_ms", "target_seq", "since"), COUNT),
    **dict.fromkeys(("target_s", "short_s", "estimate_s", "ring_limit_s"), NUMBER),
    **dict.fromkeys(("mos", "jitter_ms", "value"), NUMBER_OR_UNKNOWN),
    **dict.fromkeys(("arrived_at", "promised_by", "until", "measured_at", "recorded_at"), TIME),
    **dict.fromkeys(("keys", "codes"), TEXTS),
    **dict.fromkeys(("needs", "decision", "window", "answers", "before", "after"), JSON),
    **dict.fromkeys(("waits_for", "announce", "load"), JSON),
}

ON_EVERY_KIND = ("estimated", "measured_at")
"""Fields any kind may carry: `estimated` (section 9, closed after a crash), `measured_at` (law 2, media's own time)."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a kind. words: the closed list of its values, if it has one."""

    name: str
    type: FieldType
    words: Words
    optional: bool

    def shown(self) -> str:
        mark = "?" if self.optional else ""
        if self.words:
            return f"`{self.name}`{mark}: {', '.join(self.words)}"
        return f"`{self.name}`{mark}: {self.type.shown}"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of event in its present version. ids: its fields that name things (`*_id`), for finding causes."""

    name: str
    version: int
    fields: tuple[Field, ...]
    ids: tuple[str, ...]
    struct: type[msgspec.Struct]
    """The compiled check: a struct of the same fields that refuses unknown ones."""


def declare(name: str, fields: str, **given: Words | FieldType) -> Kind:
    """The kind `name`, version 1. `given`: a field's closed list of words, or a type other than its usual one.

    A field that is a Python keyword is given with a trailing underscore (`from_`).
    """
    made = [_field(word, given) for word in fields.split()]
    made += [Field(extra, TYPES[extra], (), True) for extra in ON_EVERY_KIND]
    ids = tuple(field.name for field in made if field.name.endswith("_id"))
    return Kind(name, 1, tuple(made), ids, _compile(name, made))


def _field(word: str, given: Mapping[str, Words | FieldType]) -> Field:
    name = word.rstrip("?")
    extra = given.get(name, given.get(f"{name}_", TYPES.get(name, TEXT)))
    words, type_ = (extra, TEXT) if isinstance(extra, tuple) else ((), extra)
    return Field(name, type_, words, word.endswith("?"))


def _compile(kind: str, fields: list[Field]) -> type[msgspec.Struct]:
    specs: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    for number, field in enumerate(fields):
        check: Any = Literal[field.words] if field.words else field.type.check
        slot = f"f{number}"  # `from` is no Python name, so slots are numbered and renamed
        specs.append((slot, Union[check, None], None) if field.optional else (slot, check))  # noqa: UP007 (built at run time)
    return msgspec.defstruct(
        f"{kind.title().replace('.', '').replace('_', '')}Data",
        specs,
        rename={f"f{number}": field.name for number, field in enumerate(fields)},
        forbid_unknown_fields=True,
        kw_only=True,
        gc=False,
    )


def check(kind: Kind, data: Mapping[str, Any]) -> None:
    """Raise YingdaError("event_refused") that names kind and field if `data` is not of this kind."""
    try:
        msgspec.convert(data, kind.struct)
    except msgspec.ValidationError as error:
        raise refused(kind.name, _in_words(str(error))) from None


def refused(kind: str, why: str) -> YingdaError:
    return YingdaError("event_refused", f"The event {kind} is refused: {why}.")


def _in_words(message: str) -> str:
    """msgspec's message with the field's name in front."""
    if missing := re.match(r"Object missing required field `(.*?)`", message):
        return f"the field {missing[1]} is missing"
    if unknown := re.match(r"Object contains unknown field `(.*?)`", message):
        return f"it has no field {unknown[1]}"
    if wrong := re.match(r"(.*) - at `\$\.(.*?)`$", message, re.DOTALL):
        return f"the field {wrong[2]} is wrong: {wrong[1][:1].lower()}{wrong[1][1:]}"
    return message
