"""What a schema cannot say about a scenario: lists as long as the day, names that lead somewhere, breaks that fit.

Works on plain data, like the checks of a centre, so that all mistakes are told at once. Expressions, escalations and
queues that nobody could serve are judged by the centre's own checks, to which a group is one agent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from yingda.kernel.config import routing_checks
from yingda.kernel.config.document import Document, listed, parts
from yingda.kernel.config.problems import Path, Problem, describe
from yingda.kernel.errors import YingdaError
from yingda.kernel.language import needs

MOST_CALLS: Final = 1_000_000
"""In one replication."""

Found = Iterator[Problem]


def check(document: Document) -> list[Problem]:
    """Every problem of names, lengths and times in `document` (a Scenario as plain data)."""
    return [
        *_repeated(document),
        *_dangling(document),
        *_lengths(document),
        *_volume(document),
        *_precision(document),
        *_breaks(document),
        *_ringing(document),
        *_asked(document),
        *_routing(document),
    ]


def _repeated(document: Document) -> Found:
    for kind in ("queues", "call_types", "groups"):
        seen: set[str] = set()
        for path, part in parts(document, kind):
            name = part.get("name")
            if isinstance(name, str):
                if name in seen:
                    yield Problem((*path, "name"), "config_duplicate", f"{_who(document, path)} is there twice")
                seen.add(name)


def _dangling(document: Document) -> Found:
    queues = _names(document)
    for path, call_type in parts(document, "call_types"):
        name = call_type.get("queue")
        if isinstance(name, str) and name not in queues:
            words = f"{_who(document, path)}: there is no queue {name}"
            yield Problem((*path, "queue"), "config_dangling", words)
    for path, group in parts(document, "groups"):
        for index, name in enumerate(listed(group.get("queues"))):
            if isinstance(name, str) and name not in queues:
                words = f"{_who(document, path)}: there is no queue {name}"
                yield Problem((*path, "queues", index), "config_dangling", words)


def _lengths(document: Document) -> Found:
    intervals = _whole(document.get("intervals"))
    if intervals is None:
        return
    for kind, field in (("call_types", "calls"), ("groups", "agents")):
        for path, part in parts(document, kind):
            count = len(listed(part.get(field)))
            if count not in (0, 1, intervals):
                words = f"{_who(document, path)}: {field} has {count} numbers for {intervals} intervals"
                yield Problem((*path, field), "config_value", words)
    warm_up = _whole(document.get("warm_up", "0"))
    if warm_up is not None and warm_up >= intervals:
        yield Problem(("warm_up",), "config_value", f"warm_up leaves none of the {intervals} intervals to be counted")


def _volume(document: Document) -> Found:
    intervals = _whole(document.get("intervals")) or 1
    total = 0.0
    for _, call_type in parts(document, "call_types"):
        calls = [_number(text) or 0.0 for text in listed(call_type.get("calls"))]
        total += calls[0] * intervals if len(calls) == 1 else sum(calls)
    if total > MOST_CALLS:
        words = f"{total:,.0f} calls in one replication are too many; at most {MOST_CALLS:,}"
        yield Problem(("call_types",), "config_value", words)
    elif total == 0 and any(parts(document, "call_types")):
        yield Problem(("call_types",), "config_value", "nobody calls: every number of calls is 0")


def _precision(document: Document) -> Found:
    precision = document.get("precision")
    if isinstance(precision, Mapping):
        least, most = _whole(precision.get("least", "30")), _whole(precision.get("most", "200"))
        if least is not None and most is not None and least > most:
            yield Problem(("precision",), "config_value", f"precision: least ({least}) is above most ({most})")


def _breaks(document: Document) -> Found:
    intervals, length = _whole(document.get("intervals")), _whole(document.get("interval_s", "1800"))
    begins = _time(document.get("begins", "08:00"))
    if not intervals or not length or begins is None:
        return
    for path, group in parts(document, "groups"):
        staff = [_whole(text) for text in listed(group.get("agents"))]
        for index, pause in enumerate(listed(group.get("breaks"))):
            at = _time(pause.get("at")) if isinstance(pause, Mapping) else None
            if at is None:
                continue
            place, who = (*path, "breaks", index), _who(document, path)
            interval = (at - begins) % 1_440 * 60 // length
            if interval >= intervals:
                yield Problem((*place, "at"), "config_value", f"{who}: the break at {pause['at']} is outside the day")
                continue
            here = 0 if len(staff) == 1 else interval
            there = staff[here] if here < len(staff) else None
            going = _whole(pause.get("agents"))
            if there is not None and going is not None and going > there:
                words = f"{who}: {going} agents cannot go at {pause['at']}, when {there} are staffed"
                yield Problem((*place, "agents"), "config_value", words)


def _ringing(document: Document) -> Found:
    """An agent who needs longer than the ring limit never answers."""
    limits = [_number(queue.get("ring_limit_s", "20")) for _, queue in parts(document, "queues")]
    shortest = min((limit for limit in limits if limit is not None), default=None)
    for path, group in parts(document, "groups"):
        answer = _number(group.get("answer_s", "0"))
        if shortest is not None and answer is not None and answer >= shortest:
            words = f"{_who(document, path)}: answer_s must be below the ring limit of every queue ({shortest:g} s)"
            yield Problem((*path, "answer_s"), "config_value", words)


def _asked(document: Document) -> Found:
    """What call types need besides their queue: readable, and known skills."""
    known = _skills(document)
    for path, call_type in parts(document, "call_types"):
        text = call_type.get("needs")
        if not isinstance(text, str):
            continue
        who, place = _who(document, path), (*path, "needs")
        try:
            read = needs.parse(text)
        except YingdaError as error:
            yield Problem(place, "config_value", f"{who}: {error.sentence}")
            continue
        for skill in dict.fromkeys((*(term.skill for term in read.asked), *read.barred)):
            if skill not in known:
                yield Problem(place, "config_dangling", f"{who}: no group has the skill {skill}")


def _routing(document: Document) -> Found:
    as_centre = {
        "queues": [_named(queue) for queue in listed(document.get("queues"))],
        "skills": [{"name": skill} for skill in sorted(_skills(document))],
        "agents": [_as_agent(group) for group in listed(document.get("groups"))],
    }
    for problem in routing_checks.check(as_centre):
        if problem.path[0] == "agents":
            words = problem.sentence.replace("agent ", "group ", 1)
            yield Problem(("groups", *problem.path[1:]), problem.code, words)
        else:
            yield problem


def _named(part: Any) -> Any:
    """Without a name that is none: the schema has spoken of it."""
    if not isinstance(part, Mapping) or isinstance(part.get("name"), str):
        return part
    return {**part, "name": None}


def _as_agent(group: Any) -> Any:
    """A group as an agent of a centre, every line at its place, with what is well formed in it."""
    if not isinstance(group, Mapping):
        return group
    lines = [
        line if isinstance(line, Mapping) and isinstance(line.get("skill"), str) else {}
        for line in listed(group.get("skills"))
    ]
    queues = [name if isinstance(name, str) else None for name in listed(group.get("queues"))]
    return {"number": _named(group).get("name"), "queues": queues, "skills": lines}


# -- plain data as far as it goes ----------------------------------------------------------------------------------


def _who(document: Document, path: Path) -> str:
    part = next(part for place, part in parts(document, str(path[0])) if place == path)
    noun = {"queues": "queue", "call_types": "call type", "groups": "group"}[str(path[0])]
    name = part.get("name")
    return f"{noun} {name}" if isinstance(name, str) else describe(document, path)


def _names(document: Document) -> set[str]:
    return {queue["name"] for _, queue in parts(document, "queues") if isinstance(queue.get("name"), str)}


def _skills(document: Document) -> set[str]:
    lines = [line for _, group in parts(document, "groups") for line in listed(group.get("skills"))]
    return {line["skill"] for line in lines if isinstance(line, Mapping) and isinstance(line.get("skill"), str)}


def _number(value: Any) -> float | None:
    if not isinstance(value, str) or not re.fullmatch(r"\d{1,12}(\.\d{1,12})?", value):
        return None
    return float(value)


def _whole(value: Any) -> int | None:
    return int(value) if isinstance(value, str) and re.fullmatch(r"\d{1,9}", value) else None


def _time(value: Any) -> int | None:
    """Minutes of the day."""
    if not isinstance(value, str) or not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        return None
    return int(value[:2]) * 60 + int(value[3:])
