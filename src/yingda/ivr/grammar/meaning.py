"""What a match means: Semantic Interpretation for Speech Recognition 1.0, scripts and literals."""

from __future__ import annotations

from yingda.ivr.grammar.matching import Matched
from yingda.ivr.grammar.model import Mode, Tag, TagFormat
from yingda.ivr.grammar.words import joined
from yingda.ivr.script.engine import ScriptEngine, Undefined, Value


def text_of(match: Matched) -> str:
    """The words or keys that were matched."""
    found = match.tokens()
    return "".join(found) if match.grammar.mode is Mode.DTMF else joined(found)


def meaning(match: Matched, engine: ScriptEngine) -> Value | Undefined:
    """The value of the root rule. Raises ScriptError where a tag fails."""
    if all(isinstance(part, str) for part in match.parts):
        return text_of(match)
    literal = match.grammar.tag_format is TagFormat.LITERALS
    if literal and all(isinstance(part, str | Tag) for part in match.parts):
        return [part.content for part in match.parts if isinstance(part, Tag)][-1]
    return engine.interpret(_plain(match), list(match.grammar.scripts))


def _plain(match: Matched) -> Value:
    """The match as the prelude's `meaning` reads it."""
    literal = match.grammar.tag_format is TagFormat.LITERALS
    parts: list[Value] = []
    for part in match.parts:
        if isinstance(part, str):
            parts.append(part)
        elif isinstance(part, Tag):
            parts.append({"tag": part.content, "literal": literal})
        else:
            parts.append(_plain(part))
    tagged = any(isinstance(part, Tag) for part in match.parts)
    return {"rule": match.rule, "text": text_of(match), "tags": tagged, "parts": parts}
