"""SRGS 1.0 in its XML form, inline in a flow or in a file of its own."""

from __future__ import annotations

from typing import Final
from urllib.parse import urljoin

from yingda.ivr.grammar.model import (
    ENDLESS,
    Expansion,
    Grammar,
    GrammarError,
    Mode,
    OneOf,
    Reference,
    Repeat,
    Rule,
    Special,
    Tag,
    TagFormat,
    Token,
    sequence,
)
from yingda.ivr.grammar.words import tokens
from yingda.ivr.voicexml.xml import Element, Text

_PARTS: Final = frozenset({"item", "one-of", "ruleref", "tag", "token"})


def from_element(root: Element) -> Grammar:
    """The grammar of a `<grammar>` element. Raises GrammarError with the place."""
    if root.tag != "grammar":
        raise GrammarError(f"A grammar begins with <grammar>, not <{root.tag}>.", str(root.place))
    mode = Mode.DTMF if root.get("mode") == "dtmf" else Mode.VOICE
    reader = _Reader(mode, root.base)
    rules: dict[str, Rule] = {}
    for element in root.elements("rule"):
        name = element.get("id")
        if not name or name in Special.__members__:
            raise GrammarError("A rule needs an id other than NULL, VOID and GARBAGE.", str(element.place))
        if name in rules:
            raise GrammarError(f"The rule {name} is defined twice.", str(element.place))
        rules[name] = Rule(name, reader.content(element), element.get("scope") == "public")
    start = root.get("root") or (next(iter(rules)) if len(rules) == 1 else "")
    if root.get("root") and start not in rules:
        raise GrammarError(f"The root rule {start} is not defined.", str(root.place))
    _check_local(rules, root)
    return Grammar(
        rules,
        start,
        mode,
        root.language,
        tag_format(root.get("tag-format"), str(root.place)),
        tuple(element.text() for element in root.elements("tag")),
    )


def tag_format(value: str, where: str = "") -> TagFormat:
    """The tag format by its name; scripts where none is given. Raises GrammarError."""
    if not value:
        return TagFormat.SCRIPT
    for known in TagFormat:
        if value == known.value:
            return known
    known_names = " or ".join(known.value for known in TagFormat)
    raise GrammarError(f"The tag format {value} is not known; expected: {known_names}.", where)


def _check_local(rules: dict[str, Rule], root: Element) -> None:
    for element in root.walk():
        uri = element.get("uri")
        if element.tag == "ruleref" and uri.startswith("#") and uri[1:] not in rules:
            raise GrammarError(f"The rule {uri[1:]} is not defined.", str(element.place))


class _Reader:
    def __init__(self, mode: Mode, base: str) -> None:
        self._mode, self._base = mode, base

    def content(self, element: Element) -> Expansion:
        parts: list[Expansion] = []
        for child in element.children:
            if isinstance(child, Text):
                parts.extend(Token(word) for word in tokens(child.value, self._mode))
            elif isinstance(child, Element) and child.tag in _PARTS:
                parts.append(self._part(child))
            elif isinstance(child, Element) and child.tag != "example" and not child.tag.startswith("{"):
                raise GrammarError(f"<{child.tag}> is not allowed in a rule.", str(child.place))
        return sequence(parts)

    def _part(self, element: Element) -> Expansion:
        if element.tag == "item":
            return self._item(element)
        if element.tag == "one-of":
            items = list(element.elements("item"))
            if not items:
                return Special.VOID
            return OneOf(tuple(self._item(item) for item in items), tuple(_weight(item) for item in items))
        if element.tag == "tag":
            return Tag(element.text())
        if element.tag == "token":
            return sequence([Token(word) for word in tokens(element.text(), self._mode)])
        return self._reference(element)

    def _item(self, element: Element) -> Expansion:
        inner = self.content(element)
        repeat = element.get("repeat")
        if not repeat:
            return inner
        least, most = repeat_range(repeat, str(element.place))
        return Repeat(inner, least, most)

    def _reference(self, element: Element) -> Expansion:
        special, uri = element.get("special"), element.get("uri")
        if special and not uri and special in Special.__members__:
            return Special[special]
        if not uri or special:
            raise GrammarError("A reference needs a uri, or one of NULL, VOID and GARBAGE.", str(element.place))
        address, _, rule = uri.partition("#")
        return Reference(urljoin(element.base, address) if address else "", rule)


def repeat_range(value: str, where: str = "") -> tuple[int, int]:
    """`3` is (3, 3), `2-5` (2, 5), `2-` (2, endless). Raises GrammarError."""
    least, dash, most = value.partition("-")
    try:
        low = int(least)
        high = int(most) if most.strip() else ENDLESS if dash else low
    except ValueError as error:
        raise GrammarError(f"The repeat {value} is not a count or a range.", where) from error
    if not 0 <= low <= high:
        raise GrammarError(f"The repeat {value} runs backwards.", where)
    return low, high


def _weight(element: Element) -> float:
    try:
        return float(element.get("weight") or 1)
    except ValueError as error:
        raise GrammarError(f"The weight {element.get('weight')} is not a number.", str(element.place)) from error
