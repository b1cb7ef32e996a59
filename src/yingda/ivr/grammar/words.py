"""Text cut into the tokens grammars are made of, and put together again.

Keys are tokens one by one. In speech each word is one, and each Chinese character and each digit by itself: recognisers
disagree where Chinese words begin and how they write numbers. A quoted or marked token of several words is those words.
Case and punctuation fall away.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from yingda.ivr.grammar.model import Mode

_KEY_NAMES: Final = {"STAR": "*", "POUND": "#", "HASH": "#"}
_SINGLE: Final = re.compile(r"([\u3007\u3400-\u9fff\uf900-\ufaff]|[0-9])")
_DROPPED: Final = re.compile(r'[\s",!?;:，。！？；：、…()（）“”]+|\.(?!\d)')


def tokens(text: str, mode: Mode) -> list[str]:
    """The tokens of a stretch of grammar or of an utterance."""
    if mode is Mode.DTMF:
        return _keys(text)
    plain = _DROPPED.sub(" ", unicodedata.normalize("NFKC", text).lower())
    return _SINGLE.sub(r" \1 ", plain).split()


def joined(found: Iterable[str]) -> str:
    """Tokens as a text: spaces between words only."""
    text = ""
    for token in found:
        apart = text and not (_SINGLE.match(token) or _SINGLE.match(text[-1]) or not token.isalnum())
        text += f" {token}" if apart else token
    return text


def _keys(text: str) -> list[str]:
    found: list[str] = []
    for word in text.replace('"', " ").upper().split():
        found.extend(_KEY_NAMES.get(word, word))
    return found
