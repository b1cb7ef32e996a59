"""What must hold of skills, needs, conditions and overflows before a centre is saved; each mistake with its place.

An expression must be readable and name only what there is; overflows must not lead in a circle; every queue that asks
for skills must have somebody who could serve it; nobody is let go without a word (ACD-55): the ends of a wait that a
centre does not word itself have the house's words (`planes.waiting_sounds`), a rule that ends one must say something.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from yingda.kernel.config.document import Document, listed, names, parts
from yingda.kernel.config.problems import Path, Problem, describe
from yingda.kernel.errors import YingdaError
from yingda.kernel.language import conditions, needs

PLAIN_FACTS: Final = frozenset({"hour", "minute", "weekday", "day", "month", "priority", "waited_s"})
QUEUE_FACTS: Final = frozenset({"waiting", "idle", "staffed", "oldest_s"})
CALENDAR_FACTS: Final = frozenset({"open"})
"""What conditions may ask (`routing.facts` answers)."""

_DEEDS: Final = ("also", "needs", "move", "turn_away", "overflow")

Found = Iterator[Problem]


def check(document: Document) -> list[Problem]:
    """Every problem of routing in `document` (a Centre as plain data)."""
    return [
        *_skills_of_agents(document),
        *_queues(document),
        *_numbers(document),
        *_rooms(document),
        *_circles(document),
        *_calendars(document),
        *_keys(document),
        *_unserved(document),
    ]


def _inner(path: Path, part: Mapping[str, Any], field: str) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    for index, item in enumerate(listed(part.get(field))):
        if isinstance(item, Mapping):
            yield (*path, field, index), item


def _skills_of_agents(document: Document) -> Found:
    known = names(document, "skills")
    for path, agent in parts(document, "agents"):
        seen: set[str] = set()
        for place, line in _inner(path, agent, "skills"):
            skill = line.get("skill")
            who = describe(document, path)
            if isinstance(skill, str) and skill not in known:
                yield Problem((*place, "skill"), "config_dangling", f"{who}: there is no skill {skill}")
            elif isinstance(skill, str) and skill in seen:
                yield Problem((*place, "skill"), "config_duplicate", f"{who}: the skill {skill} is given twice")
            if isinstance(skill, str):
                seen.add(skill)


def _queues(document: Document) -> Found:
    numbers = names(document, "agents", "number")
    for path, queue in parts(document, "queues"):
        yield from _needs(document, (*path, "needs"), queue.get("needs"))
        for index, number in enumerate(listed(queue.get("order"))):
            if isinstance(number, str) and number not in numbers:
                words = f"{describe(document, path)}: there is no agent {number}"
                yield Problem((*path, "order", index), "config_dangling", words)
        for place, rule in _inner(path, queue, "arrivals"):
            yield from _needs(document, (*place, "first"), rule.get("first"))
            yield from _condition(document, (*place, "when"), rule.get("when"))
        for place, rule in _inner(path, queue, "escalations"):
            yield from _escalation(document, place, rule, queue.get("name"))


def _numbers(document: Document) -> Found:
    flows = names(document, "flows")
    for path, number in parts(document, "numbers"):
        if (number.get("flow") is None) == (number.get("room") is None):
            yield Problem(path, "config_value", f"{describe(document, path)}: give either `flow` or `room`")
        if number.get("room") is not None and (number.get("choices") or number.get("ring_s")):
            words = f"{describe(document, path)}: choices and ring_s are for numbers that lead to a flow"
            yield Problem(path, "config_value", words)
        for place, choice in _inner(path, number, "choices"):
            yield from _condition(document, (*place, "when"), choice.get("when"))
            if isinstance(flow := choice.get("flow"), str) and flow not in flows:
                yield Problem(
                    (*place, "flow"), "config_dangling", f"{describe(document, path)}: there is no flow {flow}"
                )


def _rooms(document: Document) -> Found:
    agents = names(document, "agents", "number")
    for path, room in parts(document, "rooms"):
        who, pins = describe(document, path), (room.get("pin"), room.get("host_pin"))
        if pins[0] and pins[0] == pins[1]:
            yield Problem((*path, "host_pin"), "config_value", f"{who}: `pin` and `host_pin` must differ")
        if room.get("waits_for_host") in (True, "true") and not pins[1] and not room.get("hosts"):
            words = f"{who}: nobody could be its host: give `host_pin` or `hosts`"
            yield Problem((*path, "waits_for_host"), "config_value", words)
        for index, number in enumerate(listed(room.get("hosts"))):
            if isinstance(number, str) and number not in agents:
                place: Path = (*path, "hosts", index)
                yield Problem(place, "config_dangling", f"{who}: there is no agent {number}")


def _escalation(document: Document, place: Path, rule: Mapping[str, Any], own: Any) -> Found:
    yield from _condition(document, (*place, "when"), rule.get("when"))
    yield from _needs(document, (*place, "needs"), rule.get("needs"))
    who = describe(document, place)
    if sum(rule.get(deed) not in (None, False, "false") for deed in _DEEDS) != 1:
        yield Problem(place, "config_value", f"{who}: give exactly one of also, needs, move, turn_away, overflow")
    overflow = rule.get("overflow")
    if isinstance(overflow, Mapping) and (overflow.get("then") == "number") != bool(overflow.get("number")):
        words = f"{describe(document, (*place, 'overflow'))}: give `number` with `then: number`, and only then"
        yield Problem((*place, "overflow"), "config_value", words)
    if isinstance(overflow, Mapping) and not overflow.get("announce"):
        then = overflow.get("then", "wait")
        if then in ("wait", "end"):
            why = "it would do nothing" if then == "wait" else "callers would be let go without a word"
            words = f"{describe(document, (*place, 'overflow'))}: without `announce` {why}"
            yield Problem((*place, "overflow"), "config_value", words)
    for field in ("also", "move"):
        target = rule.get(field)
        if isinstance(target, str) and target not in names(document, "queues"):
            yield Problem((*place, field), "config_dangling", f"{who}: there is no queue {target}")
        elif target is not None and target == own:
            yield Problem((*place, field), "config_value", f"{who}: a queue cannot overflow into itself")


def _needs(document: Document, place: Path, text: Any) -> Found:
    if not isinstance(text, str):
        return
    where = describe(document, place)
    try:
        read = needs.parse(text)
    except YingdaError as error:
        yield Problem(place, "config_value", f"{where}: {error.sentence}")
        return
    known = names(document, "skills")
    for skill in dict.fromkeys((*(term.skill for term in read.asked), *read.barred)):
        if skill not in known:
            yield Problem(place, "config_dangling", f"{where}: there is no skill {skill}")


def _condition(document: Document, place: Path, text: Any) -> Found:
    if not isinstance(text, str):
        return
    where = describe(document, place)
    try:
        read = conditions.parse(text)
    except YingdaError as error:
        yield Problem(place, "config_value", f"{where}: {error.sentence}")
        return
    stranger = conditions.unknown(read, PLAIN_FACTS, QUEUE_FACTS | CALENDAR_FACTS)
    if stranger is not None:
        yield Problem(place, "config_value", f"{where}: nobody can answer {stranger.name}")
    queues, calendars = names(document, "queues"), names(document, "calendars")
    for name in read.names:
        if name.of is None:
            continue
        kind, known = ("calendar", calendars) if name.name in CALENDAR_FACTS else ("queue", queues)
        if name.of not in known:
            yield Problem(place, "config_dangling", f"{where}: there is no {kind} {name.of}")


def _circles(document: Document) -> Found:
    """Moves that lead back: each circle is told once, at the queue that stands first in the document."""
    leads: dict[str, list[str]] = {}
    places: dict[str, Path] = {}
    for path, queue in parts(document, "queues"):
        name = queue.get("name")
        if isinstance(name, str):
            targets = [rule.get("move") for _, rule in _inner(path, queue, "escalations")]
            leads[name] = [target for target in targets if isinstance(target, str) and target != name]
            places.setdefault(name, path)
    told: set[str] = set()
    for name, path in places.items():
        circle = _circle(name, leads)
        if circle and not told.intersection(circle):
            told.update(circle)
            words = f"{describe(document, path)}: overflows lead in a circle: {' → '.join((*circle, name))}"
            yield Problem((*path, "escalations"), "config_value", words)


def _circle(start: str, leads: Mapping[str, list[str]]) -> list[str]:
    """The queues on a way from `start` back to it, or nothing. No recursion: a document may be long."""
    came_from: dict[str, str] = {}
    ahead = [start]
    while ahead:
        here = ahead.pop()
        for target in leads.get(here, ()):
            if target == start:
                way = [here]
                while way[-1] != start:
                    way.append(came_from[way[-1]])
                return way[::-1]
            if target not in came_from:
                came_from[target] = here
                ahead.append(target)
    return []


def _calendars(document: Document) -> Found:
    """Hours that end before they begin, and days that do not exist."""
    for path, calendar in parts(document, "calendars"):
        for place, hours in _all_hours(path, calendar):
            begin, end = hours.get("begin"), hours.get("end")
            if isinstance(begin, str) and isinstance(end, str) and end <= begin:
                words = f"{describe(document, place)}: ends at {end}, before it begins at {begin}"
                yield Problem(place, "config_value", words)
        for place, day in _inner(path, calendar, "special"):
            if isinstance(day.get("date"), str) and not _is_date(day["date"]):
                words = f"{describe(document, place)}: there is no day {day['date']}"
                yield Problem((*place, "date"), "config_value", words)


def _all_hours(path: Path, calendar: Mapping[str, Any]) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    yield from _inner(path, calendar, "week")
    for place, day in _inner(path, calendar, "special"):
        yield from _inner(place, day, "hours")


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _keys(document: Document) -> Found:
    """One key cannot do two things."""
    for path, queue in parts(document, "queues"):
        waiting = queue.get("waiting")
        if not isinstance(waiting, Mapping):
            continue
        key = waiting.get("message_key")
        if key and key == waiting.get("callback_key"):
            place: Path = (*path, "waiting", "message_key")
            words = f"{describe(document, place)}: the key {key} asks for a call-back already"
            yield Problem(place, "config_duplicate", words)


def _unserved(document: Document) -> Found:
    """Queues that have agents to choose from and nobody for them. Score mode takes levels and NOT as matters of degree.
    A centre without agents is only being set up."""
    served = (name for _, agent in parts(document, "agents") for name in listed(agent.get("queues")))
    listing = {name for name in served if isinstance(name, str)}
    resumes = [_levels(agent) for _, agent in parts(document, "agents")]
    for path, queue in parts(document, "queues"):
        text = queue.get("needs")
        if not isinstance(text, str) or not text.strip():
            if resumes and isinstance(queue.get("name"), str) and queue["name"] not in listing:
                words = f"{describe(document, path)}: no agent serves it, and it asks for no skills"
                yield Problem(path, "config_value", words)
            continue
        try:
            read = needs.parse(text)
        except YingdaError:
            continue
        if queue.get("strategy") == "skill_score":
            resumes_met = (all(term.skill in has for term in read.asked) for has in resumes)
        else:
            resumes_met = (read.met_by(has) for has in resumes)
        if not any(resumes_met):
            place: Path = (*path, "needs")
            words = f"{describe(document, place)}: no agent has these skills, so nobody could serve the queue"
            yield Problem(place, "config_value", words)


def _levels(agent: Mapping[str, Any]) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in listed(agent.get("skills")):
        if (
            isinstance(line, Mapping)
            and isinstance(line.get("skill"), str)
            and line.get("exclude") in (None, False, "false")
        ):
            level = str(line.get("level", 1))
            found[line["skill"]] = int(level) if level.isdigit() else 1
    return found
