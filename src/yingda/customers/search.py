"""What a name is found by: itself, its pinyin, its initials (ui.md section 1: zj, lilei, 1023)."""

from __future__ import annotations

import unicodedata

from pypinyin import Style, lazy_pinyin


def keys_of(*texts: str) -> str:
    """The words to search in, a line each: 王芳 gives 王芳, wangfang and wf."""
    words: dict[str, None] = {}
    for text in filter(None, map(plain, texts)):
        initials = "".join(lazy_pinyin(text, style=Style.FIRST_LETTER))
        for word in (text, pinyin(text), initials.replace(" ", "")):
            words[word] = None
    return "\n".join(words)


def pinyin(text: str) -> str:
    """As Chinese names are written in Latin letters, and put in order: 售后 is shouhou. Other letters stay."""
    return "".join(lazy_pinyin(plain(text), style=Style.NORMAL)).replace(" ", "")


def plain(text: str) -> str:
    """Without differences of case, width or spacing."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
