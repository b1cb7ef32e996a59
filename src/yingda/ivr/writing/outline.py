"""The picture of a document: its dialogs with their form items, and the ways that lead from one to another or away.

Drawn from what the interpreter itself compiles, so an item is called here as it is in the ledger (`dialog/item`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urldefrag, urljoin

from yingda.ivr.running.documents import address, named
from yingda.ivr.voicexml.catalogue import HANDLER_TAGS
from yingda.ivr.voicexml.checks import FlowError
from yingda.ivr.voicexml.model import Dialog, Document, Item, compile_document
from yingda.ivr.voicexml.xml import Element, XmlError

LEADING: Final = {
    "goto": "next",
    "submit": "next",
    "choice": "next",
    "link": "next",
    "subdialog": "src",
    "transfer": "dest",
}
"""Elements that lead somewhere, and the attribute that says where."""
ENDING: Final = ("exit", "disconnect", "return")
LONGEST_WORDS: Final = 40


@dataclass(frozen=True, slots=True)
class Node:
    """One form item. words: how its first prompt begins. line: where it stands, from 1."""

    node: str
    dialog: str
    name: str
    kind: str
    words: str
    line: int


@dataclass(frozen=True, slots=True)
class Edge:
    """A way out of a node. target: a node of this document; else `away`: another document, a destination, or how it
    ends; both empty: decided by a script. label: the key, or the event, that leads there."""

    source: str
    target: str
    away: str
    kind: str
    label: str
    line: int


@dataclass(frozen=True, slots=True)
class Outline:
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def outline(text: str, name: str) -> Outline | None:
    """The picture of a text; None while it is not in order."""
    try:
        document = compile_document(text, address(name))
    except (XmlError, FlowError):
        return None
    pairs = [(dialog, item) for dialog in document.dialogs for item in dialog.items]
    return Outline(tuple(_node(*pair) for pair in pairs), tuple(_edges(document)))


def _edges(document: Document) -> Iterator[Edge]:
    for dialog in document.dialogs:
        for item in dialog.items:
            yield from _ways(document, dialog, item.element, _name(dialog, item))
        if dialog.items and not dialog.is_menu:
            shared = [*dialog.filled, *(handler.body for handler in dialog.handlers), *dialog.links]
            for element in shared:
                yield from _ways(document, dialog, element, _name(dialog, dialog.items[-1]))


def _ways(document: Document, dialog: Dialog, root: Element, source: str) -> Iterator[Edge]:
    """Every way out of an element and those within it."""
    for element, handled in _walk(root, ""):
        label, line = element.get("dtmf") or element.get("event") or handled, element.place.line
        if element.tag in ENDING:
            yield Edge(source, "", element.tag, element.tag, label, line)
        elif element.tag in LEADING:
            target, away = _target(document, dialog, element)
            if target or away or element.get("expr") or element.get("srcexpr") or element.get("destexpr"):
                yield Edge(source, target, away, element.tag, label, line)


def _target(document: Document, dialog: Dialog, element: Element) -> tuple[str, str]:
    """(node here, or where else)."""
    if element.tag == "goto" and element.get("nextitem"):
        there = dialog.item(element.get("nextitem"))
        return (_name(dialog, there), "") if there is not None else ("", "")
    uri = element.get(LEADING[element.tag])
    if element.tag == "transfer" or not uri:
        return "", uri
    place, fragment = urldefrag(urljoin(element.base, uri))
    if place not in ("", document.uri):
        return "", named(place) or place
    found = document.dialog(fragment)
    return (_name(found, found.items[0]), "") if found is not None and found.items else ("", "")


def _walk(element: Element, handled: str) -> Iterator[tuple[Element, str]]:
    """This element and all below, each with the event whose handler it stands in."""
    if element.tag in HANDLER_TAGS:
        handled = element.get("event") or element.tag
    yield element, handled
    for child in element.elements():
        yield from _walk(child, handled)


def _node(dialog: Dialog, item: Item) -> Node:
    element = item.element
    kind = "menu" if dialog.is_menu else element.tag
    words = next((text for prompt in item.prompts if (text := _words(prompt))), "" if item.prompts else _words(element))
    return Node(_name(dialog, item), dialog.name, element.get("name") or item.name, kind, words, element.place.line)


def _words(element: Element) -> str:
    prompts = [one for one in element.walk() if one.tag == "prompt"]
    words = " ".join(" ".join(one.text().split()) for one in prompts).strip()
    return words if len(words) <= LONGEST_WORDS else f"{words[:LONGEST_WORDS]}…"


def _name(dialog: Dialog, item: Item) -> str:
    """As the interpreter says where a caller is."""
    return f"{dialog.name}/{item.element.get('name') or item.name}"
