"""What `local` and its engines' processes say to each other: MessagePack with the length before it."""

from __future__ import annotations

import struct
from typing import Any, TypeAlias

import msgspec

from yingda.ivr.grammar.model import Expansion, Grammar, Mode, OneOf, Reference, Repeat, Rule, Sequence, Special, Token

HEAD = 4


class Begin(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """An utterance begins. grammars: `plain` ones, packed."""

    number: int
    language: str
    nbest: int
    grammars: bytes


class Sound(msgspec.Struct, frozen=True, array_like=True, tag=2):
    number: int
    samples: bytes


class Finish(msgspec.Struct, frozen=True, array_like=True, tag=3):
    number: int


class Drop(msgspec.Struct, frozen=True, array_like=True, tag=4):
    number: int


class Ready(msgspec.Struct, frozen=True, array_like=True, tag=5):
    """The model is loaded."""


class Unable(msgspec.Struct, frozen=True, array_like=True, tag=6):
    """The engine cannot work; its process ends."""

    code: str
    sentence: str


class Partial(msgspec.Struct, frozen=True, array_like=True, tag=7):
    number: int
    text: str


class Final(msgspec.Struct, frozen=True, array_like=True, tag=8):
    """readings: text and confidence, best first."""

    number: int
    readings: list[tuple[str, float]]


class Failed(msgspec.Struct, frozen=True, array_like=True, tag=9):
    number: int
    sentence: str


Message: TypeAlias = Begin | Sound | Finish | Drop
Answer: TypeAlias = Ready | Unable | Partial | Final | Failed

_encoder = msgspec.msgpack.Encoder()
_messages: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(Message)
_answers: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)


def pack(message: Message | Answer) -> bytes:
    body = _encoder.encode(message)
    return struct.pack("<I", len(body)) + body


def decode(body: bytes) -> Answer:
    return _answers.decode(body)


def decode_message(body: bytes) -> Message:
    return _messages.decode(body)


# ---- grammars as plain data: what can be said, without its meaning --------------------------------------------------


def plain(grammars: tuple[Grammar, ...]) -> list[Any]:
    """Grammars of speech; tags are left out, rules of other grammars stand beside their own."""
    return [_grammar(grammar, {}) for grammar in grammars]


def _grammar(grammar: Grammar, seen: dict[int, int]) -> Any:
    """[root, {rule: expansion}, {address: grammar}]; one that is on the way already is its number."""
    if id(grammar) in seen:
        return seen[id(grammar)]
    seen[id(grammar)] = len(seen)
    rules = {name: _expansion(rule.expansion) for name, rule in grammar.rules.items()}
    return [grammar.root, rules, {uri: _grammar(other, seen) for uri, other in grammar.imports.items()}]


def _expansion(part: Expansion) -> Any:
    match part:
        case Token(text):
            return text
        case Sequence(parts):
            return ["all", *map(_expansion, parts)]
        case OneOf(options, _):
            return ["one", *map(_expansion, options)]
        case Repeat(inner, least, most):
            return ["repeat", _expansion(inner), least, most]
        case Reference(uri, rule):
            return ["rule", uri, rule]
        case Special():
            return [part.value]
        case _:
            return [Special.NULL.value]


def grammars_of(packed: bytes) -> list[Grammar]:
    """The way back."""
    return [_grammar_of(found, []) for found in msgspec.msgpack.decode(packed)]


def _grammar_of(found: Any, seen: list[Grammar]) -> Grammar:
    if isinstance(found, int):
        return seen[found]
    root, rules, imports = found
    kept = {name: Rule(name, _expansion_of(part), public=True) for name, part in rules.items()}
    grammar = Grammar(kept, root, Mode.VOICE)
    seen.append(grammar)
    grammar.imports.update({uri: _grammar_of(other, seen) for uri, other in imports.items()})
    return grammar


def _expansion_of(part: Any) -> Expansion:
    if isinstance(part, str):
        return Token(part)
    kind, *inner = part
    match kind:
        case "all":
            return Sequence(tuple(map(_expansion_of, inner)))
        case "one":
            return OneOf(tuple(map(_expansion_of, inner)), (1.0,) * len(inner))
        case "repeat":
            return Repeat(_expansion_of(inner[0]), inner[1], inner[2])
        case "rule":
            return Reference(inner[0], inner[1])
        case _:
            return Special(kind)
