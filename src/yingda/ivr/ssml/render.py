"""SSML 1.0 as VoiceXML uses it: a prompt's markup to pieces. What depends on a running flow is asked of a `Source`."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Final, Protocol

from yingda.ivr.ssml.pieces import Manner, Mark, Pause, Phrases, Piece, Say, Sound
from yingda.ivr.ssml.say_as import read_as
from yingda.ivr.voicexml import values
from yingda.ivr.voicexml.xml import Comment, Element, Text

_STRENGTHS: Final = {"none": 0, "x-weak": 100, "weak": 200, "medium": 400, "strong": 700, "x-strong": 1_000}
_ORDINARY_BREAK_MS: Final = 400
_SENTENCE_MS: Final = 300
_PARAGRAPH_MS: Final = 600

Node = Element | Text | Comment


class Source(Protocol):
    """What a prompt draws from the flow it stands in."""

    def text(self, expr: str) -> str:
        """The text of an expression."""
        ...

    def check_language(self, tag: str) -> None:
        """Raise where a language cannot be spoken."""
        ...

    def address(self, element: Element) -> str | None:
        """Where the sound of an <audio> is; None where its expression is undefined, which drops the element."""
        ...

    def rounds(self, foreach: Element) -> Generator[None, None, None]:
        """One step for each item of a <foreach>, whose variable is set before it."""
        ...

    def choices(self, enumerate_element: Element) -> Generator[Sequence[Node], None, None]:
        """One step for each choice of an <enumerate>, with what is to be said for it."""
        ...


class Renderer:
    """Turns the markup of one prompt into pieces."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def render(self, nodes: Iterable[Node], manner: Manner) -> tuple[Piece, ...]:
        """The pieces of some content, speech in one manner gathered. Raises what the source raises."""
        return tuple(_gathered(self._nodes(nodes, manner)))

    def _nodes(self, nodes: Iterable[Node], manner: Manner) -> Iterator[Piece]:
        for node in nodes:
            if isinstance(node, Text):
                yield Say(node.value, manner)
            elif isinstance(node, Element):
                yield from self._element(node, manner)

    def _element(self, element: Element, manner: Manner) -> Iterator[Piece]:
        inner = _manner(element, manner)
        if inner.language != manner.language:
            self._source.check_language(inner.language)
        match element.tag:
            case "value":
                yield Say(self._source.text(element.get("expr")), manner, private=True)
            case "audio":
                yield from self._audio(element, inner)
            case "break":
                yield Pause(_break_ms(element))
            case "mark":
                name = element.get("name")
                yield Mark(name or self._source.text(element.get("nameexpr")))
            case "say-as":
                yield from self._say_as(element, inner)
            case "sub":
                yield Say(element.get("alias"), manner)
            case "foreach":
                with closing(self._source.rounds(element)) as rounds:
                    for _ in rounds:
                        yield from self._nodes(element.children, inner)
            case "enumerate":
                with closing(self._source.choices(element)) as choices:
                    for content in choices:
                        yield from self._nodes(content, inner)
                        yield Pause(_SENTENCE_MS)
            case "desc" | "lexicon" | "meta" | "metadata":
                return
            case _:
                yield from self._nodes(element.children, inner)
                if element.tag in {"p", "s"}:
                    yield Pause(_PARAGRAPH_MS if element.tag == "p" else _SENTENCE_MS)

    def _audio(self, element: Element, manner: Manner) -> Iterator[Piece]:
        address = self._source.address(element)
        otherwise = self.render(element.children, manner)
        if address is None:
            return
        if address:
            yield Sound(address, otherwise, values.milliseconds(element.get("fetchtimeout")), manner.language)
        else:
            yield from otherwise

    def _say_as(self, element: Element, manner: Manner) -> Iterator[Piece]:
        said = [piece for piece in self._nodes(element.children, manner) if isinstance(piece, Say)]
        text, private = "".join(piece.text for piece in said).strip(), any(piece.private for piece in said)
        kind, form, detail = (element.get(name) for name in ("interpret-as", "format", "detail"))
        words = read_as(kind, form, detail, text, manner.language)
        yield Say(text, manner, private) if words is None else Phrases(words, manner, private)


def _manner(element: Element, manner: Manner) -> Manner:
    if "xml:lang" in element.attributes:
        manner = replace(manner, language=element.get("xml:lang"))
    if element.tag == "voice":
        return replace(manner, voice=element.get("name"), gender=element.get("gender"))
    if element.tag == "prosody":
        changes = {name: element.get(name) for name in ("rate", "pitch", "volume") if name in element.attributes}
        return replace(manner, **changes)
    return manner


def _break_ms(element: Element) -> int:
    time = values.milliseconds(element.get("time"))
    if time is not None:
        return time
    return _STRENGTHS.get(element.get("strength"), _ORDINARY_BREAK_MS)


def _gathered(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Texts in the same manner joined, white space folded, empty ones dropped."""
    said: list[Say] = []
    for piece in pieces:
        if isinstance(piece, Say) and ((said and piece.manner == said[0].manner) or not piece.text.strip()):
            said.append(piece)
            continue
        yield from _folded(said)
        said = [piece] if isinstance(piece, Say) else []
        if not isinstance(piece, Say):
            yield piece
    yield from _folded(said)


def _folded(said: list[Say]) -> Iterator[Say]:
    text = " ".join("".join(piece.text for piece in said).split())
    if text:
        manner = next(piece.manner for piece in said if piece.text.strip())
        yield Say(text, manner, any(piece.private for piece in said))
