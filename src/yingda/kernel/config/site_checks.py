"""What must hold of sister centres and of the rules that send callers there: each mistake with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from yingda.kernel.config.document import Document, each_once, listed, names, parts
from yingda.kernel.config.problems import Path, Problem, describe

Found = Iterator[Problem]


def check(document: Document) -> list[Problem]:
    """Every problem of sites in `document` (a Centre as plain data)."""
    return [*_lines(document), *_rules(document)]


def _lines(document: Document) -> Found:
    """Each queue of a site is one of ours, and given once."""
    known = names(document, "queues")
    for path, site in parts(document, "sites"):
        yield from each_once(document, path, "queues", "queue", site, known)


def _rules(document: Document) -> Found:
    """A rule that sends callers to a site needs one that has a line for its queue, and names no other."""
    lines = {name: set(_own_queues(site)) for _, site, name in _named(document, "sites")}
    for path, queue, its_name in _named(document, "queues"):
        for index, rule in enumerate(listed(queue.get("escalations"))):
            overflow = rule.get("overflow") if isinstance(rule, Mapping) else None
            if not isinstance(overflow, Mapping):
                continue
            place: Path = (*path, "escalations", index, "overflow")
            who = describe(document, place)
            named = [name for name in listed(overflow.get("sites")) if isinstance(name, str)]
            if overflow.get("then") != "site":
                if named:
                    yield Problem((*place, "sites"), "config_value", f"{who}: give `sites` with `then: site` only")
                continue
            for name in named:
                if name not in lines:
                    yield Problem((*place, "sites"), "config_dangling", f"{who}: there is no site {name}")
                elif its_name not in lines[name]:
                    words = f"{who}: the site {name} has no line for this queue"
                    yield Problem((*place, "sites"), "config_value", words)
            if not named and not any(its_name in its for its in lines.values()):
                yield Problem(place, "config_value", f"{who}: no site has a line for this queue")


def _named(document: Document, kind: str) -> Iterator[tuple[Path, Mapping[str, Any], str]]:
    """The parts of a kind that have a name; what is wrong with the others is said elsewhere."""
    for path, part in parts(document, kind):
        if isinstance(name := part.get("name"), str):
            yield path, part, name


def _own_queues(site: Mapping[str, Any]) -> list[str]:
    lines = [line for line in listed(site.get("queues")) if isinstance(line, Mapping)]
    return [line["queue"] for line in lines if isinstance(line.get("queue"), str)]
