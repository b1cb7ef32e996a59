"""Where a text may be cut, so that its beginning is heard while the rest is still being made (IVR-29)."""

from __future__ import annotations

import re
from typing import Final

SHORTEST: Final = 4
"""Characters: less than that is said together with what follows."""
_END: Final = re.compile(r"[。！？；…]+[”’」』）]*|[.!?;]+[\"')\]]*(?=\s)|\n+")
_ABBREVIATION: Final = re.compile(
    r"(?:^|[\s(])(?:[A-Za-z]|Mr|Mrs|Ms|Dr|St|No|Nos|vs|etc|e\.g|i\.e|approx|Inc|Ltd|Co)\.$"
)


def sentences(text: str) -> list[str]:
    """The text in order, cut behind its sentences; none of them without a word."""
    found, begun = list[str](), 0
    for end in _END.finditer(text):
        sentence = text[begun : end.end()].strip()
        if len(sentence) >= SHORTEST and not _ABBREVIATION.search(sentence):
            found.append(sentence)
            begun = end.end()
    rest = text[begun:].strip()
    if not found or len(rest) >= SHORTEST:
        return [*found, rest] if rest else found
    return [*found[:-1], f"{found[-1]} {rest}".strip()]
