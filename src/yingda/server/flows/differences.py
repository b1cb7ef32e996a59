"""Two texts beside each other: groups of lines that differ, each with its number on either side, and the words in it
that changed. A line that was altered knows the line that it became."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import groupby
from typing import Any, Final

AROUND: Final = 3
ALIKE: Final = 0.5
"""Lines that share less than this of their words were replaced, not altered."""
MOST_PAIRS: Final = 40_000
"""So many pairs of lines are tried for their likeness; longer stretches are paired in their order."""
LONGEST_LINE: Final = 4_000
"""Longer lines are not looked into."""
_WORDS = re.compile(r"[A-Za-z0-9_]+|\s+|.", re.DOTALL)
Row = dict[str, Any]
Part = dict[str, str | bool]
Code = tuple[str, int, int, int, int]


def diff(before: str, after: str, around: int = AROUND) -> list[list[Row]]:
    """Groups of rows (kind, before, after, text, pair, parts) with `around` unchanged lines at either end; none for
    equal texts. pair: the number, on the other side, of the line that this one became or was. parts: its text in
    order, each part with whether it `changed`; none for a line without a pair."""
    old, new = before.splitlines(), after.splitlines()
    groups = SequenceMatcher(None, old, new).get_grouped_opcodes(around) if before != after else ()
    return [[row for code in group for row in _rows(code, old, new)] for group in groups]


def _rows(code: Code, old: list[str], new: list[str]) -> list[Row]:
    kind, first, last, begin, end = code
    if kind == "equal":
        numbers = zip(range(first, last), range(begin, end), strict=True)
        return [_row("same", i + 1, j + 1, old[i]) for i, j in numbers]
    gone = {i: _row("removed", i + 1, None, old[i]) for i in range(first, last)}
    come = {j: _row("added", None, j + 1, new[j]) for j in range(begin, end)}
    for i, j in pairs(old[first:last], new[begin:end]):
        left, right = gone[first + i], come[begin + j]
        left["pair"], right["pair"] = right["after"], left["before"]
        left["parts"], right["parts"] = parts(left["text"], right["text"])
    return [*gone.values(), *come.values()]


def _row(kind: str, before: int | None, after: int | None, text: str) -> Row:
    return {"kind": kind, "before": before, "after": after, "text": text, "pair": None, "parts": []}


def pairs(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Which line became which, in order and without crossing: the way with most words kept."""
    if len(old) * len(new) > MOST_PAIRS:
        return [(i, i) for i in range(min(len(old), len(new))) if _likeness(_bag(old[i]), _bag(new[i])) >= ALIKE]
    left, right = [_bag(line) for line in old], [_bag(line) for line in new]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    likeness = [[_likeness(one, other) for other in right] for one in left]
    for i in reversed(range(len(old))):
        for j in reversed(range(len(new))):
            here = likeness[i][j]
            taken = here + best[i + 1][j + 1] if here >= ALIKE else 0.0
            best[i][j] = max(taken, best[i + 1][j], best[i][j + 1])
    return list(_walked(best, likeness))


def _walked(best: list[list[float]], likeness: list[list[float]]) -> Iterator[tuple[int, int]]:
    i = j = 0
    while i < len(likeness) and j < len(likeness[0]):
        here = likeness[i][j]
        if here >= ALIKE and best[i][j] == here + best[i + 1][j + 1]:
            yield i, j
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1


def _bag(line: str) -> Counter[str]:
    return Counter(word for word in _WORDS.findall(line[:LONGEST_LINE]) if not word.isspace())


def _likeness(one: Counter[str], other: Counter[str]) -> float:
    """Share of the words that both have; two empty lines are the same."""
    words = one.total() + other.total()
    return 2 * (one & other).total() / words if words else 1.0


def parts(before: str, after: str) -> tuple[list[Part], list[Part]]:
    """Both lines, cut where they begin and cease to differ."""
    if max(len(before), len(after)) > LONGEST_LINE:
        return [{"text": before, "changed": True}], [{"text": after, "changed": True}]
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    left = [(kind != "equal", "".join(old[first:last])) for kind, first, last, _, _ in codes]
    right = [(kind != "equal", "".join(new[begin:end])) for kind, _, _, begin, end in codes]
    return _merged(left), _merged(right)


def _merged(found: list[tuple[bool, str]]) -> list[Part]:
    """Neighbours of one kind as one part."""
    kept = [one for one in found if one[1]]
    runs = groupby(kept, key=lambda one: one[0])
    return [{"text": "".join(text for _, text in run), "changed": changed} for changed, run in runs]
