"""What a name is found by: itself, its pinyin, its initials (ui.md section 1: zj, lilei, 1023)."""

from __future__ import annotations

import unicodedata


def keys_of(*texts: str) -> str:
    """The words to search in, a line each: 王芳 gives 王芳, wangfang and wf."""
    words: dict[str, None] = {}
    for text in filter(None, map(plain, texts)):
        initials = _spelled(text, initials=True)
        for word in (text, pinyin(text), initials.replace(" ", "")):
            words[word] = None
    return "\n".join(words)


def pinyin(text: str) -> str:
    """As Chinese names are written in Latin letters, and put in order: 售后 is shouhou. Other letters stay."""
    return _spelled(plain(text), initials=False).replace(" ", "")


def _spelled(text: str, *, initials: bool) -> str:
    """The tables of pinyin are the largest thing a plane loads: only when there is something to spell."""
    if text.isascii():
        return text
    from pypinyin import Style, lazy_pinyin

    return "".join(lazy_pinyin(text, style=Style.FIRST_LETTER if initials else Style.NORMAL))


def warm() -> None:
    """Load the tables (a quarter of a second), so that nobody's first search waits for them."""
    _spelled("应答", initials=False)


def plain(text: str) -> str:
    """Without differences of case, width or spacing."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
