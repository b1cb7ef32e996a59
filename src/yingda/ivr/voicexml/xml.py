"""A document as read: elements with their places, comments and foreign namespaces kept, nothing fetched or expanded.

The parser is expat, because it knows lines *and columns*. A document type may name the W3C's own; one with an internal
subset, and every entity beyond XML's five, is refused before it is looked at, and no file or address is ever opened.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urljoin
from xml.parsers import expat

from yingda.kernel.errors import YingdaError

VXML: Final = "http://www.w3.org/2001/vxml"
SRGS: Final = "http://www.w3.org/2001/06/grammar"
SSML: Final = "http://www.w3.org/2001/10/synthesis"
XML: Final = "http://www.w3.org/XML/1998/namespace"
NATIVE: Final = frozenset({"", VXML, SRGS, SSML})

LONGEST = 1_000_000  # characters
DEEPEST = 100  # elements within one another


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: line and column count from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}"


@dataclass(frozen=True, slots=True)
class Text:
    """Characters between two tags."""

    value: str
    place: Place


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment, kept for those who edit the document."""

    value: str
    place: Place


@dataclass(eq=False, slots=True)
class Element:
    """One element. `tag` is the local name in the namespaces of VoiceXML, SRGS and SSML, `{namespace}name` in others.

    attributes: by name, `xml:lang` and `xml:base` under these names, foreign ones as `{namespace}name`.
    language, base: in force here, inherited. fault: what is wrong with it, where only running it fails (`checks`).
    """

    tag: str
    attributes: dict[str, str]
    place: Place
    language: str
    base: str
    children: list[Element | Text | Comment] = field(default_factory=list)
    fault: str = ""

    def get(self, name: str, default: str = "") -> str:
        """An attribute's value."""
        return self.attributes.get(name, default)

    def elements(self, *tags: str) -> Iterator[Element]:
        """The child elements, all or those of the given names, in document order."""
        for child in self.children:
            if isinstance(child, Element) and (not tags or child.tag in tags):
                yield child

    def text(self) -> str:
        """The characters directly inside."""
        return "".join(child.value for child in self.children if isinstance(child, Text))

    def walk(self) -> Iterator[Element]:
        """This element and all below, in document order."""
        yield self
        for child in self.elements():
            yield from child.walk()


class XmlError(YingdaError):
    """A document that cannot be read. `place` says where."""

    def __init__(self, code: str, sentence: str, uri: str, place: Place) -> None:
        super().__init__(code, sentence, where=f"{uri}:{place.line}:{place.column}")
        self.place = place


class _Reader:
    """Builds the tree from expat's calls."""

    def __init__(self, uri: str, language: str) -> None:
        self.root: Element | None = None
        self.prolog: list[tuple[str, str]] = []
        self._uri, self._language = uri, language
        self._open: list[Element] = []
        self._text: list[str] = []
        self._text_place = Place(1, 1)
        self._parser = expat.ParserCreate("utf-8", " ")  # whatever a text says of its encoding
        self._parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.CommentHandler = self._comment
        self._parser.ProcessingInstructionHandler = self._instruction
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.EntityDeclHandler = self._entity
        self._parser.SkippedEntityHandler = self._skipped
        self._parser.ExternalEntityRefHandler = self._external

    def read(self, text: str) -> Element:
        """Raises XmlError."""
        try:
            self._parser.Parse(text.encode(), True)
        except expat.ExpatError as error:
            place = Place(error.lineno, error.offset + 1)
            sentence = f"The XML is broken: {expat.ErrorString(error.code)}."
            raise XmlError("flow_xml", sentence, self._uri, place) from error
        assert self.root is not None  # expat refuses a document without an element
        return self.root

    def _place(self) -> Place:
        return Place(self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1)

    def _refuse(self, code: str, sentence: str) -> None:
        raise XmlError(code, sentence, self._uri, self._place())

    def _start(self, name: str, raw: dict[str, str]) -> None:
        self._end_text()
        if len(self._open) >= DEEPEST:
            self._refuse("flow_xml_deep", f"More than {DEEPEST} elements stand within one another.")
        parent = self._open[-1] if self._open else None
        attributes = {_attribute(key): value for key, value in raw.items()}
        base = parent.base if parent else self._uri
        element = Element(
            _tag(name),
            attributes,
            self._place(),
            attributes.get("xml:lang") or (parent.language if parent else self._language),
            urljoin(base, attributes["xml:base"]) if "xml:base" in attributes else base,
        )
        if parent:
            parent.children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def _end(self, name: str) -> None:
        self._end_text()
        self._open.pop()

    def _characters(self, value: str) -> None:
        if not self._text:
            self._text_place = self._place()
        self._text.append(value)

    def _end_text(self) -> None:
        """expat hands out texts in parts, a line each or less."""
        if self._text:
            self._open[-1].children.append(Text("".join(self._text), self._text_place))
            self._text.clear()

    def _comment(self, value: str) -> None:
        self._end_text()
        if self._open:
            self._open[-1].children.append(Comment(value, self._place()))

    def _instruction(self, target: str, text: str) -> None:
        if self.root is None:
            self.prolog.append((target, text))

    def _doctype(self, name: str, system: str | None, public: str | None, internal: int) -> None:
        if internal:
            self._refuse("flow_xml_doctype", "A document type with declarations of its own is not read.")

    def _entity(self, *_declaration: object) -> None:
        self._refuse("flow_xml_entity", "Entities may not be declared.")

    def _skipped(self, name: str, parameter: int) -> None:
        self._refuse("flow_xml_entity", f"The entity &{name}; is not known; only XML's own five are.")

    def _external(self, *_reference: object) -> int:
        self._refuse("flow_xml_entity", "External entities are not read.")
        return 0


def _tag(name: str) -> str:
    namespace, _, local = name.rpartition(" ")
    return local if namespace in NATIVE else f"{{{namespace}}}{local}"


def _attribute(name: str) -> str:
    namespace, _, local = name.rpartition(" ")
    if not namespace:
        return local
    return f"xml:{local}" if namespace == XML else f"{{{namespace}}}{local}"


def read_with_prolog(text: str, uri: str = "") -> tuple[Element, list[tuple[str, str]]]:
    """The root element of data, and the processing instructions before it (target, text). Raises XmlError as `read`."""
    if len(text) > LONGEST:
        raise _too_long(uri)
    reader = _Reader(uri, "")
    return reader.read(text), reader.prolog


def read(text: str, uri: str = "", language: str = "zh-CN") -> Element:
    """The root element of an XML document. language: in force where no `xml:lang` says otherwise.

    Raises XmlError `flow_xml`, `flow_xml_doctype`, `flow_xml_entity`, `flow_xml_deep`, `flow_xml_long`.
    """
    if len(text) > LONGEST:
        raise _too_long(uri)
    return _Reader(uri, language).read(text)


def _too_long(uri: str) -> XmlError:
    return XmlError("flow_xml_long", f"The document is longer than {LONGEST} characters.", uri, Place(1, 1))
