"""A checked document as the interpreter runs it: dialogs, items and handlers, sorted once and shared by all calls."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urldefrag, urljoin

from yingda.ivr.grammar.model import Grammar
from yingda.ivr.grammar.srgs_xml import from_element
from yingda.ivr.voicexml.catalogue import FORM_ITEMS, HANDLER_TAGS, INPUT_ITEMS, SPEECH_TAGS
from yingda.ivr.voicexml.checks import read_runnable
from yingda.ivr.voicexml.values import event_matches
from yingda.ivr.voicexml.xml import Element, Text

KEPT: Final = 256  # compiled documents


@dataclass(frozen=True, slots=True, eq=False)
class Handler:
    """A catch, or one of its shorthands. events: what it takes; "" takes everything."""

    events: tuple[str, ...]
    count: int
    cond: str
    body: Element

    def takes(self, event: str) -> bool:
        """Whether the event's name fits (5.2.4)."""
        return any(event_matches(pattern, event) for pattern in self.events)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What an element of any level may bring along for itself and those inside."""

    element: Element
    handlers: tuple[Handler, ...]
    links: tuple[Element, ...]
    grammars: tuple[Element, ...]
    properties: dict[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Item(Part):
    """A form item; a menu is one item of the kind `menu`."""

    kind: str
    name: str
    prompts: tuple[Element, ...]
    filled: tuple[Element, ...]

    @property
    def is_input(self) -> bool:
        """Whether the item is filled by input, and so counted by form-level <filled>."""
        return self.kind in INPUT_ITEMS

    @property
    def slot(self) -> str:
        """The property of an interpretation that fills it."""
        return self.element.get("slot") or self.name


@dataclass(frozen=True, slots=True, eq=False)
class Dialog(Part):
    """A form or a menu."""

    name: str
    items: tuple[Item, ...]
    declarations: tuple[Element, ...]  # var, script, data, in document order
    filled: tuple[Element, ...]

    @property
    def is_menu(self) -> bool:
        """Whether it is a menu."""
        return self.element.tag == "menu"

    def item(self, name: str) -> Item | None:
        """The form item of a name."""
        return next((item for item in self.items if item.name == name), None)


@dataclass(frozen=True, slots=True, eq=False)
class Document(Part):
    """A whole document. application: address of its root document, "" without one. fault: what in it cannot be run."""

    uri: str
    application: str
    dialogs: tuple[Dialog, ...]
    declarations: tuple[Element, ...]
    fault: str = ""
    grammar_cache: dict[Element, Grammar] = field(default_factory=dict)

    def dialog(self, name: str) -> Dialog | None:
        """The dialog of a name; the first for ""."""
        if not name:
            return self.dialogs[0] if self.dialogs else None
        return next((dialog for dialog in self.dialogs if dialog.name == name), None)

    def grammar(self, element: Element) -> Grammar:
        """An inline XML grammar, compiled at its first use. Raises GrammarError."""
        known = self.grammar_cache.get(element)
        if known is None:
            known = self.grammar_cache[element] = from_element(element)
        return known


def compile_document(text: str, uri: str, language: str = "zh-CN") -> Document:
    """Read, check and sort a document that can be run. Raises XmlError, FlowError."""
    root = read_runnable(text, uri, language)
    dialogs = tuple(_dialog(child, index) for index, child in enumerate(root.elements("form", "menu")))
    application = urldefrag(urljoin(root.base, root.get("application"))).url if root.get("application") else ""
    declarations = tuple(root.elements("var", "script", "data"))
    fault = next((element.fault for element in root.walk() if element.fault), "")
    return Document(*_part(root), uri, application, dialogs, declarations, fault)


class Library:
    """Compiled documents, shared by the sessions of a process; the least used go first."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._documents: OrderedDict[tuple[str, str, str], Document] = OrderedDict()

    def document(self, text: str, uri: str, language: str) -> Document:
        """The compiled document of a text. Raises XmlError, FlowError."""
        key = (uri, text, language)
        known = self._documents.get(key)
        if known is None:
            known = self._documents[key] = compile_document(text, uri, language)
            if len(self._documents) > self._kept:
                self._documents.popitem(last=False)
        self._documents.move_to_end(key)
        return known


def _part(
    element: Element,
) -> tuple[Element, tuple[Handler, ...], tuple[Element, ...], tuple[Element, ...], dict[str, str]]:
    handlers = tuple(_handler(child) for child in element.elements(*HANDLER_TAGS))
    properties = {child.get("name"): child.get("value") for child in element.elements("property")}
    return element, handlers, tuple(element.elements("link")), tuple(element.elements("grammar")), properties


def _handler(element: Element) -> Handler:
    names = element.get("event").split() if element.tag == "catch" else [element.tag]
    return Handler(tuple(names) or ("",), int(element.get("count") or 1), element.get("cond"), element)


def _dialog(element: Element, index: int) -> Dialog:
    name = element.get("id") or f"dialog {index}"
    if element.tag == "menu":
        item = Item(*_part(element), "menu", "", _prompts(element), ())
        return Dialog(element, (), (), (), {}, name, (item,), (), ())
    items = tuple(_item(child, index) for index, child in enumerate(element.elements(*FORM_ITEMS)))
    declarations = tuple(element.elements("var", "script", "data"))
    return Dialog(*_part(element), name, items, declarations, tuple(element.elements("filled")))


def _item(element: Element, index: int) -> Item:
    prompts = () if element.tag == "block" else _prompts(element)
    # an item without a name has a variable no script can write down (2.3: "an inaccessible name")
    name = element.get("name") or f"{element.tag} {index}"
    return Item(*_part(element), element.tag, name, prompts, tuple(element.elements("filled")))


def _prompts(element: Element) -> tuple[Element, ...]:
    """The prompts of an item; text outside of one is a prompt too (4.1)."""
    return tuple(part for part in statements(element) if part.tag == "prompt")


def statements(element: Element) -> list[Element]:
    """The content as elements to execute; speech that stands free is gathered into prompts."""
    found: list[Element] = []
    free: list[Element | Text] = []
    for child in element.children:
        if isinstance(child, Text):
            if child.value.strip():
                free.append(child)
        elif isinstance(child, Element):
            if child.tag in SPEECH_TAGS and child.tag != "foreach":
                free.append(child)
                continue
            found.extend(_gathered(element, free))
            free = []
            found.append(child)
    found.extend(_gathered(element, free))
    return found


def _gathered(parent: Element, free: list[Element | Text]) -> list[Element]:
    if not free:
        return []
    return [Element("prompt", {}, free[0].place, parent.language, parent.base, [*free])]
