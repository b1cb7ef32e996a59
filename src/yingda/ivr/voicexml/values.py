"""The values attributes and properties hold: times, booleans, event names … (VoiceXML 2.0, 6.5 and the DTD)."""

from __future__ import annotations

import re
from typing import Final

_TIME: Final = re.compile(r"\+?(\d+(?:\.\d*)?|\.\d+)(ms|s)$")
_KEYS: Final = re.compile(r"[0-9*#A-Da-d]+(\s+[0-9*#A-Da-d]+)*$")

SHAPES: Final = {
    "accept": (re.compile(r"(exact|approximate)$"), "exact or approximate"),
    "bargein": (re.compile(r"(speech|hotword)$"), "speech or hotword"),
    "boolean": (re.compile(r"(true|false)$"), "true or false"),
    "count": (re.compile(r"[1-9]\d*$"), "a whole number from 1"),
    "emphasis": (re.compile(r"(strong|moderate|none|reduced)$"), "strong, moderate, none or reduced"),
    "enctype": (
        re.compile(r"(application/x-www-form-urlencoded|multipart/form-data|application/json)$"),
        "application/x-www-form-urlencoded, multipart/form-data or application/json",
    ),
    "declared": (
        re.compile(r"((session|application|document|dialog)\.)?(?!\d)[\w$]+$"),
        "the name of a variable",
    ),
    "event": (re.compile(r"[\w-]+(\.[\w-]+)*$"), "the name of an event, such as nomatch or com.example.late"),
    "events": (re.compile(r"\.?$|[\w-]+(\.[\w-]+)*\.?(\s+[\w-]+(\.[\w-]+)*\.?)*$"), "names of events between spaces"),
    "gender": (re.compile(r"(male|female|neutral)$"), "male, female or neutral"),
    "hint": (re.compile(r"(prefetch|safe)$"), "prefetch or safe"),
    "id": (re.compile(r"[^\s#]+$"), "a name without spaces and #"),
    "inputmode": (re.compile(r"(voice|dtmf)$"), "voice or dtmf"),
    "keys": (_KEYS, "keys: 0 to 9, *, #"),
    "language": (re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$"), "a language tag such as zh-CN"),
    "method": (re.compile(r"(get|post)$"), "get or post"),
    "mode": (re.compile(r"(all|any)$"), "all or any"),
    "number": (re.compile(r"\d+(\.\d*)?$|\.\d+$"), "a number from 0"),
    "repeat": (re.compile(r"\d+(-\d*)?$"), "a count such as 3, 1-4 or 2-"),
    "rulescope": (re.compile(r"(private|public)$"), "private or public"),
    "scope": (re.compile(r"(dialog|document)$"), "dialog or document"),
    "seconds": (re.compile(r"\d+$"), "seconds as a whole number"),
    "slot": (re.compile(r"(?!\d)[\w$]+(\.(?!\d)[\w$]+)*$"), "a property's name, such as city or address.city"),
    "special": (re.compile(r"(NULL|VOID|GARBAGE)$"), "NULL, VOID or GARBAGE"),
    "strength": (re.compile(r"(none|x-weak|weak|medium|strong|x-strong)$"), "none, x-weak … x-strong"),
    "target": (re.compile(r"(?!\d)[\w$]+([.\[].*)?$", re.S), "a variable, or a property of one"),
    "time": (_TIME, "a time such as 5s or 300ms"),
    "transfer": (re.compile(r"(bridge|blind|consultation)$"), "bridge, blind or consultation"),
    "valuetype": (re.compile(r"(data|ref)$"), "data or ref"),
    "variable": (re.compile(r"(?!\d)[\w$]+$"), "the name of a variable"),
    "variables": (re.compile(r"((?!\d)[\w$][\w$.]*(\s+(?!\d)[\w$][\w$.]*)*)?$"), "names of variables between spaces"),
    "version": (re.compile(r"2\.[01]$"), "2.0 or 2.1"),
}


def fits(kind: str, value: str) -> bool:
    """Whether a value has the shape of its type. Types without a shape (`expr`, `uri`, `text`) take anything."""
    shape = SHAPES.get(kind)
    return shape is None or shape[0].match(value.strip()) is not None


def milliseconds(value: str) -> int | None:
    """`5s`, `1.5s`, `300ms` in ms; None for anything else."""
    found = _TIME.match(value.strip())
    if not found:
        return None
    return round(float(found[1]) * (1_000 if found[2] == "s" else 1))


def keys(value: str) -> str:
    """The keys of a `dtmf` attribute, spaces taken out."""
    return "".join(value.split()).upper()


def event_matches(pattern: str, event: str) -> bool:
    """Whether a catch for `pattern` takes `event`: the same name, or the leading part of one up to a dot (5.2.4)."""
    pattern = pattern.rstrip(".")
    return not pattern or event == pattern or event.startswith(pattern + ".")
