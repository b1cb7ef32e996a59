"""What must hold of the agents' devices before a centre is saved; each mistake with its place. Works on plain data,
like `checks`. Whether a mobile's number may be dialled needs the routes: `calls.trunks.mobiles` judges that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from yingda.kernel.config.document import Document, parts
from yingda.kernel.config.problems import Path, Problem, describe
from yingda.kernel.numbers import canonical

OF_PHONES = {"password_env": None, "srtp": "optional", "codec": "g711", "nailed": False}
"""What only a device that registers has, and how it stands where nobody has written it."""


def check(document: Document) -> list[Problem]:
    """Every problem of devices in `document` (a Centre as plain data)."""
    country = _country(document)
    centres = {canonical(number, country): number for number in _texts(document, "numbers")}
    seen: dict[str, Path] = {}
    found: list[Problem] = []
    for path, device in parts(document, "devices"):
        if device.get("kind") == "mobile":
            found += _mobile(document, path, device)
            found += _given_once(document, path, device, seen, centres, country)
        elif device.get("number"):
            words = f"{describe(document, path)}: only a device of kind mobile has a `number`"
            found.append(Problem((*path, "number"), "config_value", words))
    return found


def _country(document: Document) -> str:
    centre = document.get("centre")
    country = centre.get("country") if isinstance(centre, Mapping) else None
    return country if isinstance(country, str) else "CN"


def _texts(document: Document, kind: str) -> list[str]:
    return [part["number"] for _, part in parts(document, kind) if isinstance(part.get("number"), str)]


def _mobile(document: Document, path: Path, device: Mapping[str, Any]) -> Iterator[Problem]:
    who = describe(document, path)
    if not device.get("number"):
        yield Problem((*path, "number"), "config_value", f"{who}: a mobile needs the `number` it is rung at")
    for field, usual in OF_PHONES.items():
        if device.get(field, usual) not in (usual, str(usual).lower()):
            words = f"{who}: a mobile does not register with us, so it has no `{field}`"
            yield Problem((*path, field), "config_value", words)


def _given_once(
    document: Document,
    path: Path,
    device: Mapping[str, Any],
    seen: dict[str, Path],
    centres: Mapping[str, str],
    country: str,
) -> Iterator[Problem]:
    """A number rings one agent, and does not lead back into the centre."""
    number = device.get("number")
    if not isinstance(number, str) or not number:
        return
    who, whole = describe(document, path), canonical(number, country)
    if whole in centres:
        words = f"{who}: {number} is a number of the centre itself, so a call to it would come back"
        yield Problem((*path, "number"), "config_value", words)
    if whole in seen:
        words = f"{who}: {number} is there twice; first in {describe(document, seen[whole])}"
        yield Problem((*path, "number"), "config_duplicate", words)
    seen.setdefault(whole, path)
