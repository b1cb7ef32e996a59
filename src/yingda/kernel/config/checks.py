"""What a schema cannot say about a centre: names that lead somewhere, and names that are given once.

Works on plain data, so that a document with wrong values elsewhere still gets all of its problems told at once;
whatever has the wrong shape is passed over here, because the schema has spoken of it already.
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from yingda.kernel.config import device_checks, routing_checks, site_checks, speech_checks, trunk_checks
from yingda.kernel.config.document import Document, parts, texts
from yingda.kernel.config.problems import ENTITY_OF, NAMED_BY, Path, Problem, describe
from yingda.kernel.config.trunks import SERVICE_PREFIX, host_and_port

VARIABLE = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")

# list, field → the list whose names it must lead to
REFERENCES: tuple[tuple[str, str, str], ...] = (
    ("flows", "queue", "queues"),
    ("flows", "document", "documents"),
    ("lookups", "documents", "documents"),
    ("lookups", "flows", "flows"),
    ("numbers", "flow", "flows"),
    ("numbers", "room", "rooms"),
    ("agents", "user", "users"),
    ("agents", "team", "teams"),
    ("users", "leads", "teams"),
    ("agents", "queues", "queues"),
    ("agents", "shift", "calendars"),
    ("queues", "calendar", "calendars"),
    ("queues", "survey", "flows"),
    ("agents", "service_class", "service_classes"),
    ("teams", "service_class", "service_classes"),
)


def check(document: Document) -> list[Problem]:
    """Every problem of names in `document` (a Centre as plain data), in no particular order."""
    return [
        *_duplicates(document),
        *_dangling(document),
        *_prompts(document),
        *_time_zones(document),
        *_variables(document),
        *_noise(document),
        *routing_checks.check(document),
        *trunk_checks.check(document),
        *speech_checks.check(document),
        *device_checks.check(document),
        *site_checks.check(document),
    ]


def _repeated(found: Iterator[tuple[Path, str]], sentence: str, document: Document) -> Iterator[Problem]:
    """A problem for each value after its first; `sentence` takes {value} and {first}, where the first stands."""
    first: dict[str, Path] = {}
    for path, value in found:
        if value in first:
            words = sentence.format(value=value, first=describe(document, first[value]))
            yield Problem(path, "config_duplicate", words)
        else:
            first[value] = path


def _values(document: Document, kind: str, field: str) -> Iterator[tuple[Path, str]]:
    """Every text of one field, over all parts of a list, with its path."""
    for path, part in parts(document, kind):
        yield from texts((*path, field), part.get(field))


def _duplicates(document: Document) -> Iterator[Problem]:
    for kind, field in NAMED_BY.items():
        yield from _repeated(_values(document, kind, field), f"{ENTITY_OF[kind]} {{value}} is there twice", document)
    ids = (found for kind in NAMED_BY for found in _values(document, kind, "id") if found[1])
    yield from _repeated(ids, "id {value} is there twice; first in {first}", document)
    yield from _repeated(_values(document, "agents", "user"), "user {value} is there twice; first in {first}", document)
    yield from _repeated(_lines(document), "host {value} is there twice; first in {first}", document)
    for path, agent in parts(document, "agents"):
        queues = texts((*path, "queues"), agent.get("queues"))
        yield from _repeated(queues, "queue {value} is listed twice for this agent", document)
    yield from _numbers_that_are_extensions(document)


def _lines(document: Document) -> Iterator[tuple[Path, str]]:
    """Where calls of trunks come from; those with an account are told apart by that."""
    for path, trunk in parts(document, "trunks"):
        if not trunk.get("username"):
            for place, text in texts((*path, "hosts"), trunk.get("hosts")):
                yield place, _line(text, trunk.get("port", 5060))


def _line(text: str, usual: object) -> str:
    """A host with its port, by which trunks of one address are told apart. Networks and `srv:` names have none."""
    if "/" in text or text.lower().startswith(SERVICE_PREFIX):
        return text
    host, port = host_and_port(text)
    return f"{f'[{host}]' if ':' in host else host}:{port or usual}"


def _numbers_that_are_extensions(document: Document) -> Iterator[Problem]:
    extensions = {extension for _, extension in _values(document, "devices", "extension")}
    for path, part in parts(document, "numbers"):
        if isinstance(part.get("number"), str) and part["number"] in extensions:
            yield Problem(
                (*path, "number"), "config_duplicate", f"number {part['number']} is also the extension of a device"
            )


def _dangling(document: Document) -> Iterator[Problem]:
    for kind, field, target in REFERENCES:
        known = {name for _, name in _values(document, target, NAMED_BY[target])}
        for path, part in parts(document, kind):
            for place, name in texts((*path, field), part.get(field)):
                if name not in known:
                    who = describe(document, path)
                    yield Problem(place, "config_dangling", f"{who}: there is no {ENTITY_OF[target]} {name}")
    centre, flows = document.get("centre"), {name for _, name in _values(document, "flows", "name")}
    survey = centre.get("survey") if isinstance(centre, Mapping) else None
    if isinstance(survey, str) and survey not in flows:
        yield Problem(("centre", "survey"), "config_dangling", f"the centre's survey: there is no flow {survey}")


_PROMPTS: tuple[tuple[str, Path], ...] = (
    ("flows", ("greeting",)),
    ("trunks", ("full_announcement",)),
    ("queues", ("music",)),
    ("queues", ("holding", "announce")),
    ("rooms", ("music",)),
    *(("queues", ("waiting", field)) for field in ("welcome", "busy", "closed", "emergency", "comfort")),
    ("queues", ("escalations", "overflow", "announce")),
)
"""Where prompts stand; lists on the way are gone through."""


def _prompts(document: Document) -> Iterator[Problem]:
    for kind, steps in _PROMPTS:
        for path, part in parts(document, kind):
            for place, prompt in _along(path, part, steps):
                yield from _prompt(document, place, prompt)


def _along(path: Path, value: Any, steps: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Every map at the end of these steps."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _along((*path, index), item, steps)
    elif isinstance(value, Mapping):
        if not steps:
            yield path, value
        else:
            yield from _along((*path, steps[0]), value.get(str(steps[0])), steps[1:])


def _prompt(document: Document, place: Path, prompt: Mapping[str, Any]) -> Iterator[Problem]:
    who = describe(document, place)
    if bool(prompt.get("file")) == bool(prompt.get("say")):
        yield Problem(place, "config_value", f"{who}: give either `file` or `say`")
    file = prompt.get("file")
    if isinstance(file, str) and (PurePosixPath(file).is_absolute() or ".." in PurePosixPath(file).parts):
        yield Problem((*place, "file"), "config_value", f"{who}: `file` must be a path below the prompts' folder")


def _time_zones(document: Document) -> Iterator[Problem]:
    centre = document.get("centre")
    places: list[tuple[Path, Mapping[str, Any]]] = [*parts(document, "queues"), *parts(document, "calendars")]
    if isinstance(centre, Mapping):
        places.append((("centre",), centre))
    for path, part in places:
        zone = part.get("time_zone")
        if isinstance(zone, str) and not _is_time_zone(zone):
            place: Path = (*path, "time_zone")
            yield Problem(
                place, "config_value", f"{describe(document, place)}: {zone} is not a time zone such as Asia/Shanghai"
            )


def _is_time_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _noise(document: Document) -> Iterator[Problem]:
    centre = document.get("centre")
    rules = centre.get("recordings") if isinstance(centre, Mapping) else None
    wanted = isinstance(rules, Mapping) and rules.get("reduce_noise") in (True, "true")
    if wanted and isinstance(rules, Mapping) and rules.get("format", "wav") == "wav":
        words = "the centre's recordings: reduce_noise is for `format: opus` and mp3; WAV stays as it was recorded"
        yield Problem(("centre", "recordings", "reduce_noise"), "config_value", words)


def _variables(document: Document) -> Iterator[Problem]:
    for kind in ("users", "devices", "trunks", "voices", "recognisers"):
        for path, part in parts(document, kind):
            name = part.get("password_env")
            if isinstance(name, str) and not VARIABLE.match(name):
                place: Path = (*path, "password_env")
                words = f"{describe(document, place)} must name an environment variable, not hold the password"
                yield Problem(place, "config_value", words)
