"""What `<data>` fetched (2.1, 5): XML as a tree for the script engine's DOM, or JSON as a plain value of ECMAScript.

JSON is an addition to the recommendation, which knows XML alone: it is told by the content type of the answer. XML may
say by `<?access-control?>` in its prolog which hosts' flows may read it (W3C Note of 13 June 2005); where it says
nothing, the centre's list of allowed addresses has decided already.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from yingda.ivr.script.engine import Value
from yingda.ivr.voicexml import xml
from yingda.ivr.voicexml.inputs import Fetched
from yingda.ivr.voicexml.jumps import Thrown
from yingda.ivr.voicexml.xml import Comment, Element, Text, XmlError

ACCESS: Final = "access-control"
_JSON: Final = re.compile(r"(application|text)/([\w.!#$&^-]+\+)?json")
_PSEUDO: Final = re.compile(r"""([A-Za-z]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")


@dataclass(frozen=True, slots=True)
class Data:
    """value: JSON as it is, or (tree) an element as the prelude's DOM reads it."""

    value: Value
    tree: bool


def read_data(answer: Fetched, reader: str) -> Data:
    """reader: the address of the document that asked. Raises Thrown error.badfetch, error.noauthorization."""
    if _JSON.fullmatch(answer.media_type):
        return Data(_json(answer), tree=False)
    try:
        root, instructions = xml.read_with_prolog(answer.text, answer.uri)
    except XmlError as error:
        raise Thrown("error.badfetch", str(error)) from error
    host = urlsplit(reader).hostname or ""
    if not readable_by(host, [text for name, text in instructions if name == ACCESS]):
        raise Thrown("error.noauthorization", f"{answer.uri} is not for flows of {host}.")
    return Data(dom(root), tree=True)


def _json(answer: Fetched) -> Value:
    def refuse(constant: str) -> Value:
        raise ValueError(f"{constant} is no JSON")

    try:
        found: Value = json.loads(answer.text, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise Thrown("error.badfetch", f"{answer.uri} is no JSON: {error}.") from error
    return found


def readable_by(host: str, instructions: list[str]) -> bool:
    """Whether the instructions (allow="…" deny="…") let a host's documents read. The nearest pattern decides, of two
    that are alike the one that denies; who is named by none may not."""
    if not instructions:
        return True
    nearest, allowed = -1, False
    for text in instructions:
        for kind, double, single in _PSEUDO.findall(text):
            for pattern in (double or single).split():
                rank = _rank(pattern.lower(), host.lower()) if kind in ("allow", "deny") else -1
                if rank > nearest or (rank == nearest and kind == "deny"):
                    nearest, allowed = rank, kind == "allow"
    return nearest >= 0 and allowed


def _rank(pattern: str, host: str) -> int:
    """How near a pattern is to a host: -1 does not fit, 0 all hosts, else by its length, a whole name before all."""
    if pattern == "*":
        return 0
    if pattern.startswith("*."):
        return len(pattern) if host.endswith(pattern[1:]) else -1
    return 1_000 if pattern == host else -1


def dom(element: Element) -> Value:
    """An element as the prelude's DOM reads it."""
    namespace, _, local = element.tag.rpartition("}")
    children: list[Value] = []
    for child in element.children:
        if isinstance(child, Element):
            children.append(dom(child))
        elif isinstance(child, Text):
            children.append({"type": 3, "name": "#text", "value": child.value})
        elif isinstance(child, Comment):
            children.append({"type": 8, "name": "#comment", "value": child.value})
    return {
        "type": 1,
        "name": local,
        "local": local,
        "namespace": namespace.lstrip("{") or None,
        "attributes": dict(element.attributes),
        "children": children,
    }
