"""What must hold of trunks, trunk groups, routes and service classes before a centre is saved; each mistake with its
place. Works on plain data, like `checks`."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import Any

from yingda.kernel.config.dial_patterns import compiled
from yingda.kernel.config.document import Document, each_once, listed, names, parts, texts
from yingda.kernel.config.problems import Path, Problem, describe
from yingda.kernel.config.trunks import SERVICE_PREFIX, host_and_port

HOST_NAME = re.compile(
    r"^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$"
)

Found = Iterator[Problem]
YES = frozenset({"true", "yes", "on", "1", "y", "t"})


def check(document: Document) -> list[Problem]:
    """Every problem of trunks in `document` (a Centre as plain data)."""
    return [
        *_hosts(document),
        *_accounts(document),
        *_limits(document),
        *_groups(document),
        *_routes(document),
        *_centre(document),
    ]


def _is_on(value: Any) -> bool:
    """A switch as YAML's text or as a value."""
    return value is True or (isinstance(value, str) and value.lower() in YES)


# ---- trunks ----------------------------------------------------------------------------------------------------------


def _hosts(document: Document) -> Found:
    for path, trunk in parts(document, "trunks"):
        for place, host in texts((*path, "hosts"), trunk.get("hosts")):
            if not _is_host(host):
                words = f"{describe(document, path)}: {host} is neither an address, a network nor a host name"
                yield Problem(place, "config_value", words)
        registrar = trunk.get("registrar")
        if isinstance(registrar, str) and registrar and not _is_host(registrar):
            words = f"{describe(document, path)}: {registrar} is neither an address nor a host name"
            yield Problem((*path, "registrar"), "config_value", words)


def _is_host(text: str) -> bool:
    if text.lower().startswith(SERVICE_PREFIX):
        return HOST_NAME.match(text[len(SERVICE_PREFIX) :]) is not None
    text, port = host_and_port(text)
    if port is not None and not 1 <= port <= 65_535:
        return False
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        looks_numeric = re.fullmatch(r"[0-9./:]+", text) is not None
        return not looks_numeric and HOST_NAME.match(text) is not None
    return True


def _accounts(document: Document) -> Found:
    """An account needs a name and a secret; one that registers or proves itself needs to be told from all others."""
    extensions = names(document, "devices", "extension")
    proving: dict[str, Path] = {}
    for path, trunk in parts(document, "trunks"):
        who, username = describe(document, path), trunk.get("username")
        for field in ("registers", "authenticates"):
            if _is_on(trunk.get(field)) and not (username and trunk.get("password_env")):
                words = f"{who}: with `{field}` it needs `username` and `password_env`"
                yield Problem((*path, field), "config_value", words)
        if trunk.get("password_env") and not username:
            yield Problem((*path, "password_env"), "config_value", f"{who}: a password needs a `username` too")
        if _is_on(trunk.get("registers")) and not (trunk.get("registrar") or _somewhere(trunk)):
            words = f"{who}: to register it needs a `registrar`, or `hosts` that are no networks"
            yield Problem((*path, "registers"), "config_value", words)
        if not (_is_on(trunk.get("authenticates")) and isinstance(username, str)):
            continue
        if username in extensions:
            yield Problem((*path, "username"), "config_duplicate", f"{who}: {username} is the extension of a device")
        elif username in proving:
            first = describe(document, proving[username])
            yield Problem((*path, "username"), "config_duplicate", f"{who}: {username} is the username of {first}")
        proving.setdefault(username, path)


def _somewhere(trunk: Mapping[str, Any]) -> bool:
    """Has it a host that a request can be sent to?"""
    return any(isinstance(host, str) and "/" not in host for host in listed(trunk.get("hosts")))


def _limits(document: Document) -> Found:
    for path, trunk in parts(document, "trunks"):
        most = _number(trunk.get("max_calls", 60))
        for field in ("max_inbound", "max_outbound"):
            limit = _number(trunk.get(field))
            if most is not None and limit is not None and limit > most:
                words = f"{describe(document, path)}: `{field}` is above `max_calls`, which is {most}"
                yield Problem((*path, field), "config_value", words)


def _number(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


# ---- groups, routes, classes -----------------------------------------------------------------------------------------


def _groups(document: Document) -> Found:
    trunks = names(document, "trunks")
    for path, group in parts(document, "trunk_groups"):
        who, name = describe(document, path), group.get("name")
        if name in trunks:
            yield Problem((*path, "name"), "config_duplicate", f"{who}: a trunk has this name")
        if not listed(group.get("members")):
            yield Problem((*path, "members"), "config_value", f"{who}: it needs at least one member")
        yield from each_once(document, path, "members", "trunk", group, trunks)


def _routes(document: Document) -> Found:
    ways = names(document, "trunks") | names(document, "trunk_groups")
    taken: dict[str, Path] = {}
    for path, route in parts(document, "routes"):
        who = describe(document, path)
        if not listed(route.get("via")):
            yield Problem((*path, "via"), "config_value", f"{who}: `via` needs at least one trunk or trunk group")
        for place, name in texts((*path, "via"), route.get("via")):
            if name not in ways:
                yield Problem(place, "config_dangling", f"{who}: there is no trunk or trunk group {name}")
        for place, pattern in texts((*path, "patterns"), route.get("patterns")):
            if compiled(pattern) is None:
                words = f"{who}: {pattern} is no pattern; write digits, X, Z, N, [2-5], and a point at the end"
                yield Problem(place, "config_value", words)
        for place, beginning in _beginnings(path, route):
            if beginning in taken:
                first = describe(document, taken[beginning])
                said = beginning or "every number"
                yield Problem(place, "config_duplicate", f"{who}: {said} is routed twice; first in {first}")
            taken.setdefault(beginning, path)


def _beginnings(path: Path, route: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """What a route claims; the empty text: all that nobody else takes."""
    claims = [*texts((*path, "prefixes"), route.get("prefixes")), *texts((*path, "patterns"), route.get("patterns"))]
    return iter(claims or [(path, "")])


def _centre(document: Document) -> Found:
    centre = document.get("centre")
    name = centre.get("service_class") if isinstance(centre, Mapping) else None
    if isinstance(name, str) and name not in names(document, "service_classes"):
        yield Problem(("centre", "service_class"), "config_dangling", f"centre: there is no service class {name}")
