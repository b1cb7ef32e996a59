"""All that is wrong with a flow's text while it is being written: line, column, what was expected, in both languages.

What `voicexml.checks` refuses is an error here too, and so are scripts and grammars that would fail at their first use.
What points to a document that the centre has not (yet) is a warning: documents are published one by one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urljoin
from xml.parsers import expat

from yingda.ivr.grammar import abnf
from yingda.ivr.grammar.model import GrammarError
from yingda.ivr.grammar.srgs_xml import from_element
from yingda.ivr.running.documents import address, named
from yingda.ivr.speech.recorded import SCHEME
from yingda.ivr.voicexml import checks, xml
from yingda.ivr.voicexml.catalogue import KINDS
from yingda.ivr.voicexml.xml import Element, Place, XmlError
from yingda.ivr.writing import chinese
from yingda.ivr.writing.syntax import Syntax

Severity = Literal["error", "warning"]
MOST: Final = 200
"""More problems than anybody reads are not told."""

ENGLISH: Final = {
    "flow_xml": "The XML is broken: {about}; expected: {expected}.",
    "flow_xml_doctype": "A document type with declarations of its own is not read; expected: {expected}.",
    "flow_xml_entity": "Entities may not be declared or fetched; expected: {expected}.",
    "flow_xml_deep": "Too many elements stand within one another; expected: {expected}.",
    "flow_xml_long": "The document is too long; expected: {expected}.",
    "flow_script": "The script in {about} cannot be read; expected: {expected}.",
    "flow_grammar": "The grammar cannot be read: {about}; expected: {expected}.",
    "flow_document_unknown": "There is no published document {about}; expected: {expected}.",
    "flow_phrase_unknown": "Nobody has recorded the phrase {about}; expected: {expected}.",
    "tests_yaml": "The tests are not YAML: {about}; expected: {expected}.",
    "tests_shape": "{about} does not have the form of a test; expected: {expected}.",
    "tests_key": "A test has no {about}; expected: {expected}.",
    "tests_twice": "Two tests are called {about}; expected: {expected}.",
}
CHINESE: Final = {
    "flow_xml": "XML 有误：{about}；应为：{expected}。",
    "flow_xml_doctype": "不读取自带声明的文档类型；应为：{expected}。",
    "flow_xml_entity": "不允许声明或引用外部实体；应为：{expected}。",
    "flow_xml_deep": "元素嵌套过深；应为：{expected}。",
    "flow_xml_long": "文档过长；应为：{expected}。",
    "flow_script": "{about} 中的脚本无法识别；应为：{expected}。",
    "flow_grammar": "语法无法识别：{about}；应为：{expected}。",
    "flow_document_unknown": "没有已发布的文档 {about}；应为：{expected}。",
    "flow_phrase_unknown": "语音 {about} 还没有录制；应为：{expected}。",
    "tests_yaml": "测试不是 YAML：{about}；应为：{expected}。",
    "tests_shape": "{about} 不合测试的格式；应为：{expected}。",
    "tests_key": "测试没有 {about} 项；应为：{expected}。",
    "tests_twice": "两个测试同名 {about}；应为：{expected}。",
}
_WANTED: Final = {
    "flow_xml": "well-formed XML",
    "flow_xml_doctype": "no <!DOCTYPE … [ ]>",
    "flow_xml_entity": "&lt; &gt; &amp; &quot; &apos;",
    "flow_xml_deep": f"{xml.DEEPEST}",
    "flow_xml_long": f"{xml.LONGEST}",
}
POINTING: Final = {
    "vxml": ("application",),
    "goto": ("next",),
    "choice": ("next",),
    "link": ("next",),
    "submit": ("next",),
    "subdialog": ("src",),
    "script": ("src",),
    "grammar": ("src",),
    "data": ("src",),
}
"""Elements and the attributes of theirs that name another document."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong. part: where it stands; about, expected: the words of its sentence."""

    line: int
    column: int
    code: str
    about: str
    expected: str
    severity: Severity = "error"
    part: Literal["flow", "tests"] = "flow"

    @property
    def en(self) -> str:
        """The sentence in English."""
        table = {**checks.SENTENCES, **ENGLISH}
        return table[self.code].format(about=self.about, expected=self.expected)

    @property
    def zh(self) -> str:
        """The sentence in Chinese."""
        table = {**checks.CHINESE, **CHINESE}
        about = chinese.complaint(self.about)
        return table[self.code].format(about=about, expected=chinese.expected(self.expected))

    def as_dict(self) -> dict[str, str | int]:
        """The shape that crosses the API."""
        place: dict[str, str | int] = {"part": self.part, "line": self.line, "column": self.column}
        words = {"about": self.about, "expected": self.expected, "en": self.en, "zh": self.zh}
        return {**place, "severity": self.severity, "code": self.code, **words}


def check_flow(text: str, name: str, known: Collection[str], phrases: Collection[str] | None = None) -> list[Finding]:
    """Everything wrong with a document, in its order. known: names of the centre's documents, its own too.

    phrases: names of those that were recorded; None where nobody knows.
    """
    try:
        root = xml.read(text, address(name))
    except XmlError as error:
        return [_unreadable(error)]
    found = [Finding(one.place.line, one.place.column, one.code, one.about, one.expected) for one in checks.check(root)]
    if not found:  # names and scripts of a document that is not in order would be guesses
        found = [*_scripts(root), *_grammars(root), *_pointers(root, known), *_phrases(root, phrases)]
    return sorted(found, key=lambda one: (one.line, one.column))[:MOST]


def pointers(root: Element) -> Iterator[tuple[Element, str]]:
    """(element, name of another document of the centre) for all that names one."""
    for element in root.walk():
        for attribute in POINTING.get(element.tag, ()):
            uri = element.get(attribute)
            target = named(urljoin(element.base, uri))
            if uri and not uri.startswith("#") and target is not None:
                yield element, target


def pointed_at(text: str, name: str) -> frozenset[str]:
    """The documents that a document names; none for one that cannot be read."""
    try:
        root = xml.read(text, address(name))
    except XmlError:
        return frozenset()
    return frozenset(target for _, target in pointers(root)) - {name}


def _unreadable(error: XmlError) -> Finding:
    cause = error.__cause__
    about = expat.ErrorString(cause.code) if isinstance(cause, expat.ExpatError) else ""
    return Finding(error.place.line, error.place.column, error.code, about or "", _WANTED[error.code])


def _at(place: Place, code: str, about: str, expected: str, severity: Severity = "error") -> Finding:
    return Finding(place.line, place.column, code, about, expected, severity)


def _scripts(root: Element) -> Iterator[Finding]:
    """Expressions and <script> that ECMAScript cannot read."""
    syntax = Syntax()
    for element in root.walk():
        kind = KINDS.get(element.tag)
        for name, value in element.attributes.items():
            attribute = kind.attributes.get(name) if kind is not None else None
            if attribute is not None and attribute.kind == "expr" and (fault := syntax.of_expression(value)):
                yield _at(element.place, "flow_script", f'{name}="{value}"', fault)
        if element.tag == "script" and (fault := syntax.of_script(element.text())):
            yield _at(element.place, "flow_script", "<script>", fault)


def _grammars(root: Element) -> Iterator[Finding]:
    """Inline grammars that cannot be compiled."""
    for element in root.walk():
        if element.tag != "grammar" or {"src", "srcexpr"} & element.attributes.keys():
            continue
        try:
            if any(element.elements("rule")):
                from_element(element)
            elif abnf.is_abnf(element.text()):
                abnf.parse(element.text(), element.base, element.language)
            else:
                yield _at(element.place, "flow_grammar", "<grammar>", "<rule>, #ABNF 1.0 …;")
        except GrammarError as error:
            yield _at(element.place, "flow_grammar", error.sentence.rstrip("."), "SRGS 1.0")


def _pointers(root: Element, known: Collection[str]) -> Iterator[Finding]:
    names = ", ".join(sorted(known)[:8])
    for element, target in pointers(root):
        if target not in known:
            yield _at(element.place, "flow_document_unknown", target, names or "–", "warning")


def _phrases(root: Element, phrases: Collection[str] | None) -> Iterator[Finding]:
    """<audio> of phrases that nobody has recorded."""
    if phrases is None:
        return
    names = ", ".join(sorted(phrases)[:8]) or "–"
    for element in root.walk():
        name = element.get("src").removeprefix(SCHEME)
        if element.tag == "audio" and element.get("src") != name and name not in phrases:
            yield _at(element.place, "flow_phrase_unknown", name, names, "warning")
