"""A grammar as a value: rules of tokens, sequences, choices and repeats (SRGS 1.0, section 2).

Every expansion is frozen and hashable by content, which is what lets the matcher recognise a state it was in before.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from yingda.kernel.errors import YingdaError

ENDLESS = 1_000_000


class Mode(Enum):
    """What a grammar listens to."""

    DTMF = "dtmf"
    VOICE = "voice"


class TagFormat(Enum):
    """What the tags of a grammar are (SISR 1.0, 1.3)."""

    SCRIPT = "semantics/1.0"
    LITERALS = "semantics/1.0-literals"


@dataclass(frozen=True, slots=True)
class Token:
    """One word, or one key."""

    text: str


@dataclass(frozen=True, slots=True)
class Tag:
    """What a passed place means: a script, or a literal."""

    content: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """Parts one after the other."""

    parts: tuple[Expansion, ...]


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of several; weights as given, 1 where none is."""

    options: tuple[Expansion, ...]
    weights: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part `least` to `most` times."""

    part: Expansion
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Reference:
    """Another rule. uri: "" for this grammar; rule: "" for the root of the other one."""

    uri: str
    rule: str


class Special(Enum):
    """NULL always matches and takes nothing, VOID never matches, GARBAGE takes anything up to the next part."""

    NULL = "NULL"
    VOID = "VOID"
    GARBAGE = "GARBAGE"


Expansion: TypeAlias = Token | Tag | Sequence | OneOf | Repeat | Reference | Special


def sequence(parts: list[Expansion]) -> Expansion:
    """Parts one after the other; a single one is itself."""
    return parts[0] if len(parts) == 1 else Sequence(tuple(parts))


@dataclass(frozen=True, slots=True)
class Rule:
    """A named expansion; private ones are not seen from other grammars."""

    name: str
    expansion: Expansion
    public: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Grammar:
    """A whole grammar. scripts: those of `<tag>` before the rules, run once for each interpretation."""

    rules: dict[str, Rule]
    root: str
    mode: Mode = Mode.VOICE
    language: str = ""
    tag_format: TagFormat = TagFormat.SCRIPT
    scripts: tuple[str, ...] = ()
    imports: dict[str, Grammar] = field(default_factory=dict)

    def rule(self, reference: Reference) -> tuple[Grammar, Rule]:
        """The grammar and rule a reference leads to. Raises GrammarError."""
        grammar = self if not reference.uri else self.imports.get(reference.uri)
        if grammar is None:
            raise GrammarError(f"The grammar {reference.uri} has not been loaded.")
        name = reference.rule or grammar.root
        rule = grammar.rules.get(name)
        if rule is None or (grammar is not self and not rule.public and name != grammar.root):
            raise GrammarError(f"The grammar has no rule {name} that can be referred to.")
        return grammar, rule


class GrammarError(YingdaError):
    """A grammar that cannot be used: `flow_grammar`."""

    def __init__(self, sentence: str, where: str = "") -> None:
        super().__init__("flow_grammar", sentence, where=where)


def references(grammar: Grammar) -> set[str]:
    """The other grammars this one needs, by address."""
    found: set[str] = set()
    waiting: list[Expansion] = [rule.expansion for rule in grammar.rules.values()]
    while waiting:
        part = waiting.pop()
        match part:
            case Sequence(parts):
                waiting.extend(parts)
            case OneOf(options, _):
                waiting.extend(options)
            case Repeat(inner, _, _):
                waiting.append(inner)
            case Reference(uri, _) if uri:
                found.add(uri)
            case _:
                pass
    return found
