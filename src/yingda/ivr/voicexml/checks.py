"""What is wrong with a document, before any caller meets it: each problem with its line, column and what was expected.

The tables are `catalogue`; here is how they are held against a document, and the rules no table can say.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from yingda.ivr.grammar.builtin import BUILTIN
from yingda.ivr.voicexml import values, xml
from yingda.ivr.voicexml.catalogue import FORM_ITEMS, INPUT_ITEMS, KINDS, SPEECH_TAGS, Attribute, Kind
from yingda.ivr.voicexml.xml import Element, Place, Text
from yingda.kernel.errors import YingdaError


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong. code: stable, for the sentence in other languages with `about` and `expected` as its words.

    element: what throws error.badfetch when it is run, while the document can be (None: no document at all).
    """

    place: Place
    code: str
    about: str
    expected: str
    element: Element | None = field(default=None, compare=False, repr=False)

    @property
    def sentence(self) -> str:
        """The sentence in English."""
        return SENTENCES[self.code].format(about=self.about, expected=self.expected)

    def as_dict(self) -> dict[str, str | int]:
        """The shape that crosses the API."""
        return {
            "line": self.place.line,
            "column": self.place.column,
            "code": self.code,
            "about": self.about,
            "expected": self.expected,
            "sentence": self.sentence,
        }


_PARTS = (SPEECH_TAGS - {"foreach", "audio", "mark", "value"}) | {
    "param",
    "rule",
    "item",
    "one-of",
    "ruleref",
    "token",
    "tag",
}
"""Elements that are not run by themselves."""

SENTENCES = {
    "flow_root": "The document begins with <{about}>; <vxml> in the namespace {expected} was expected.",
    "flow_element": "The element <{about}> is not allowed here; expected: {expected}.",
    "flow_text": "Characters are not allowed directly in <{about}>; expected: {expected}.",
    "flow_attribute": "The attribute {about} is not known; expected: {expected}.",
    "flow_attribute_missing": "<{about}> lacks an attribute; expected: {expected}.",
    "flow_attribute_value": "The value of {about} does not fit; expected: {expected}.",
    "flow_attributes_clash": "<{about}> has attributes that exclude one another; expected: {expected}.",
    "flow_duplicate": "The name {about} is given twice; expected: {expected}.",
    "flow_target": "There is no dialog or form item {about}; expected: {expected}.",
    "flow_content": "<{about}> has both a source and content, or neither; expected: {expected}.",
    "flow_order": "<{about}> stands at the wrong place; expected: {expected}.",
    "flow_no_dialog": "The document has nothing to run in <{about}>; expected: {expected}.",
}
CHINESE = {
    "flow_root": "文档以 <{about}> 开头；应为命名空间 {expected} 中的 <vxml>。",
    "flow_element": "此处不允许元素 <{about}>；应为：{expected}。",
    "flow_text": "<{about}> 中不允许直接出现文字；应为：{expected}。",
    "flow_attribute": "未知属性 {about}；应为：{expected}。",
    "flow_attribute_missing": "<{about}> 缺少属性；应为：{expected}。",
    "flow_attribute_value": "{about} 的值不合要求；应为：{expected}。",
    "flow_attributes_clash": "<{about}> 含有互斥的属性；应为：{expected}。",
    "flow_duplicate": "名称 {about} 重复；应为：{expected}。",
    "flow_target": "没有名为 {about} 的对话或表单项；应为：{expected}。",
    "flow_content": "<{about}> 的来源与内容同时存在或都不存在；应为：{expected}。",
    "flow_order": "<{about}> 的位置不对；应为：{expected}。",
    "flow_no_dialog": "<{about}> 中没有可运行的内容；应为：{expected}。",
}


class FlowError(YingdaError):
    """A document that is refused, with all its problems."""

    def __init__(self, uri: str, problems: list[Problem]) -> None:
        first = problems[0]
        more = f" {len(problems) - 1} more problems follow." if len(problems) > 1 else ""
        where = f"{uri}:{first.place.line}:{first.place.column}"
        super().__init__(first.code, first.sentence + more, where=where)
        self.problems = problems


def check(root: Element) -> list[Problem]:
    """All that is wrong with a document, in document order."""
    if root.tag != "vxml":
        return [Problem(root.place, "flow_root", root.tag, xml.VXML)]
    problems = [*_element(root), *_names(root), *_targets(root)]
    runnable = {"form", "menu"}
    # a root document may hold nothing but what it shares
    if not any(root.elements(*runnable)) and not any(isinstance(child, Element) for child in root.children):
        problems.append(Problem(root.place, "flow_no_dialog", "vxml", "<form> or <menu>"))
    return sorted(problems, key=lambda problem: (problem.place.line, problem.place.column))


def read_checked(text: str, uri: str = "", language: str = "zh-CN") -> Element:
    """The root of a document that is in order. Raises XmlError, FlowError."""
    root = xml.read(text, uri, language)
    problems = check(root)
    if problems:
        raise FlowError(uri, problems)
    return root


def read_runnable(text: str, uri: str = "", language: str = "zh-CN") -> Element:
    """The root of a document that can be run. Raises XmlError, FlowError.

    Attributes that exclude one another, sources that lack or are given twice throw error.badfetch (5.3, 2.1): for the
    document's own handlers, before it does anything, and again where they stand. So their elements get a `fault`.
    """
    root = xml.read(text, uri, language)
    problems = check(root)
    if any(problem.element is None for problem in problems):
        raise FlowError(uri, problems)
    faults = {id(one.element): f"{one.sentence} ({one.place})" for one in problems if one.code != "flow_target"}
    _mark(root, root, faults)
    return root


def _mark(element: Element, runs: Element, faults: Mapping[int, str]) -> None:
    """runs: what is run when the element's turn comes: itself, or what it is a part of."""
    runs = runs if element.tag in _PARTS else element
    runs.fault = runs.fault or faults.get(id(element), "")
    for child in element.elements():
        _mark(child, runs, faults)


def _element(element: Element) -> Iterator[Problem]:
    kind = KINDS[element.tag]
    yield from _attributes(element, kind)
    yield from _groups(element, kind)
    yield from _rules(element)
    yield from _narrow(element)
    yield from _spoken(element)
    if "*" in kind.children:
        return
    for child in element.children:
        if isinstance(child, Text):
            if child.value.strip() and not kind.characters:
                yield Problem(child.place, "flow_text", element.tag, _tags(kind.children))
        elif isinstance(child, Element) and not child.tag.startswith("{"):
            if child.tag in kind.children:
                yield from _element(child)
            else:
                expected = _nearest(child.tag, kind.children)
                yield Problem(child.place, "flow_element", child.tag, _tags(expected))


def _attributes(element: Element, kind: Kind) -> Iterator[Problem]:
    for name, value in element.attributes.items():
        attribute = kind.attributes.get(name)
        if attribute is None:
            if not name.startswith("{") and name not in {"xml:base", "xml:lang"}:
                yield Problem(element.place, "flow_attribute", name, _words(_nearest(name, kind.attributes)))
        elif not _fits(attribute, value):
            shape = values.SHAPES.get(attribute.kind)
            yield Problem(
                element.place, "flow_attribute_value", f'{name}="{value}"', shape[1] if shape else _words(BUILTIN)
            )
    for attribute in kind.attributes.values():
        if attribute.required and attribute.name not in element.attributes:
            yield Problem(element.place, "flow_attribute_missing", element.tag, attribute.name)


def _fits(attribute: Attribute, value: str) -> bool:
    if attribute.kind == "builtin":
        name = value.removeprefix("builtin:").rpartition("/")[2].partition("?")[0]
        return name in BUILTIN
    if attribute.kind == "count" and attribute.name in {"age", "variant"}:
        return value.isdigit()
    return values.fits(attribute.kind, value)


def _groups(element: Element, kind: Kind) -> Iterator[Problem]:
    for group in kind.groups:
        present = sum(name in element.attributes for name in group.names)
        expected = " or ".join(group.names)
        if present > 1:
            yield Problem(element.place, "flow_attributes_clash", element.tag, f"one of {expected}", element)
        elif group.needed and not present:
            yield Problem(element.place, "flow_attribute_missing", element.tag, expected, element)


def _rules(element: Element) -> Iterator[Problem]:
    """What depends on more than names: sources and content, the order in <if>, the kinds of <choice>."""
    if element.tag in {"grammar", "script"}:
        sources = {"src", "srcexpr"} & element.attributes.keys()
        content = bool(element.text().strip()) or any(element.elements())
        if bool(sources) == content:
            yield Problem(element.place, "flow_content", element.tag, "either src or content", element)
    elif element.tag == "if":
        seen_else = False
        for child in element.elements("else", "elseif"):
            if seen_else:
                yield Problem(child.place, "flow_order", child.tag, "one <else>, and last")
            seen_else = seen_else or child.tag == "else"
    elif element.tag == "link" and not any(element.elements("grammar")) and "dtmf" not in element.attributes:
        yield Problem(element.place, "flow_attribute_missing", "link", "dtmf or <grammar>")


def _narrow(element: Element) -> Iterator[Problem]:
    """What is for one element alone names no others: <filled> of an input item (2.4), grammars below a form (3.1.3)."""
    if element.tag not in INPUT_ITEMS | {"link", "choice"}:
        return
    for child in element.elements("filled", "grammar"):
        for name in sorted(child.attributes.keys() & {"mode", "namelist", "scope"}):
            if child.tag == "filled" or name == "scope":
                yield Problem(child.place, "flow_attribute", name, f"none in the <{child.tag}> of <{element.tag}>")


def _spoken(element: Element) -> Iterator[Problem]:
    """In a prompt <foreach> holds what is said and nothing that is executed (2.1, 6)."""
    if element.tag != "prompt":
        return
    for inner in element.walk():
        for child in inner.elements() if inner.tag == "foreach" else ():
            if child.tag in KINDS and child.tag not in SPEECH_TAGS:
                yield Problem(child.place, "flow_element", child.tag, _tags(SPEECH_TAGS))


def _names(root: Element) -> Iterator[Problem]:
    yield from _twice(root.elements("form", "menu"), "id")
    for form in root.elements("form"):
        yield from _twice(form.elements(*FORM_ITEMS, "var"), "name")


def _twice(elements: Iterable[Element], attribute: str) -> Iterator[Problem]:
    seen: dict[str, Element] = {}
    for element in elements:
        name = element.get(attribute)
        if name in seen and not (element.tag == seen[name].tag == "var"):
            expected = f"a name other than that of line {seen[name].place.line}"
            yield Problem(element.place, "flow_duplicate", name, expected)
        elif name:
            seen[name] = element


def _targets(root: Element) -> Iterator[Problem]:
    """Jumps within the document that lead nowhere."""
    dialogs = {element.get("id") for element in root.elements("form", "menu")} - {""}
    for element in root.walk():
        for attribute in ("next", "src"):
            target = element.get(attribute)
            jumps = element.tag in {"goto", "choice", "link", "submit", "subdialog"}
            if jumps and target.startswith("#") and target[1:] not in dialogs:
                named = _words(f"#{name}" for name in sorted(dialogs))
                yield Problem(element.place, "flow_target", target, named, element)
    for form in root.elements("form"):
        items = {element.get("name") for element in form.elements(*FORM_ITEMS)} - {""}
        control = {element.get("name") for element in form.elements(*FORM_ITEMS - INPUT_ITEMS)} - {""}
        for filled in form.elements("filled"):
            for name in filled.get("namelist").split():
                if name in control:
                    yield Problem(filled.place, "flow_target", name, _words(sorted(items - control)))
        for element in form.walk():
            target = element.get("nextitem")
            if element.tag == "goto" and target and target not in items:
                yield Problem(element.place, "flow_target", target, _words(sorted(items)), element)


def _nearest(name: str, known: Iterable[str]) -> list[str]:
    """What was probably meant, or all there is."""
    options = sorted(known)
    return difflib.get_close_matches(name, options, 1, 0.7) or options


def _words(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _tags(names: Iterable[str]) -> str:
    return ", ".join(f"<{name}>" for name in sorted(names)) or "nothing"
