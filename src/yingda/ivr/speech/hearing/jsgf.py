"""Our grammars as engines want them: JSGF 1.0 for pocketsphinx, lists of words for Vosk and services."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from yingda.ivr.grammar.model import (
    ENDLESS,
    Expansion,
    Grammar,
    GrammarError,
    OneOf,
    Reference,
    Repeat,
    Sequence,
    Special,
    Tag,
    Token,
)

MOST_REPEATS = 30
MOST_WORDS = 2_000


def jsgf(grammars: Iterable[Grammar], known: Callable[[str], bool]) -> str | None:
    """One JSGF grammar for all of these; what has a word that is not `known` is left out. None: nothing is left.

    Raises GrammarError where a rule refers to nothing.
    """
    writer = _Writer(known)
    roots = [root for grammar in grammars if (root := writer.rule(grammar, grammar.root)) is not None]
    if not roots:
        return None
    rules = "".join(f"{name} = {text};\n" for name, text in writer.rules.items() if text is not None)
    return f"#JSGF V1.0;\ngrammar flow;\npublic <utterance> = {' | '.join(roots)};\n{rules}"


class _Writer:
    def __init__(self, known: Callable[[str], bool]) -> None:
        self._known = known
        self._names: dict[tuple[int, str], str] = {}
        self.rules: dict[str, str | None] = {}

    def rule(self, grammar: Grammar, name: str) -> str | None:
        """The reference to a rule; None where nothing of it can be said."""
        place = (id(grammar), name)
        if place not in self._names:
            own = self._names[place] = f"<r{len(self._names)}>"
            if name not in grammar.rules:
                raise GrammarError(f"The grammar has no rule {name}.")
            self.rules[own] = own  # while it is written, it refers to itself
            self.rules[own] = self._text(grammar, grammar.rules[name].expansion)
        own = self._names[place]
        return own if self.rules[own] is not None else None

    def _text(self, grammar: Grammar, part: Expansion) -> str | None:
        match part:
            case Token(word):
                return word if self._known(word) else None
            case Tag() | Special.NULL:
                return "<NULL>"
            case Sequence(parts):
                inner = [self._text(grammar, one) for one in parts]
                words = " ".join(text for text in inner if text is not None and text != "<NULL>")
                return None if None in inner else f"({words})" if words else "<NULL>"
            case OneOf(options, _):
                able = [text for one in options if (text := self._text(grammar, one)) is not None]
                return f"({' | '.join(able)})" if able else None
            case Repeat(inner_part, least, most):
                return self._repeat(self._text(grammar, inner_part), least, most)
            case Reference():
                other, rule = grammar.rule(part)
                return self.rule(other, rule.name)
            case _:
                return None

    @staticmethod
    def _repeat(text: str | None, least: int, most: int) -> str | None:
        if text is None or text == "<NULL>":
            return "<NULL>" if least == 0 or text else None
        fixed = [text] * min(least, MOST_REPEATS)
        if most >= ENDLESS or most > MOST_REPEATS:
            return f"({' '.join([*fixed, f'({text})*'])})"
        optional = ""
        for _ in range(most - least):
            optional = f"[{text} {optional}]" if optional else f"[{text}]"
        return f"({' '.join(fixed)} {optional})"


def vocabulary(grammars: Iterable[Grammar]) -> list[str]:
    """Every word that these grammars know, sorted; nothing where one takes anything, or they know too many."""
    words: set[str] = set()
    seen: set[int] = set()
    waiting = list(grammars)
    while waiting:
        grammar = waiting.pop()
        if id(grammar) in seen:
            continue
        seen.add(id(grammar))
        waiting.extend(grammar.imports.values())
        for rule in grammar.rules.values():
            for part in _parts(rule.expansion):
                if part is Special.GARBAGE:
                    return []
                if isinstance(part, Token):
                    words.add(part.text)
    return sorted(words) if len(words) <= MOST_WORDS else []


def _parts(expansion: Expansion) -> Iterator[Expansion]:
    yield expansion
    match expansion:
        case Sequence(parts) | OneOf(parts, _):
            for part in parts:
                yield from _parts(part)
        case Repeat(inner, _, _):
            yield from _parts(inner)
        case _:
            return
