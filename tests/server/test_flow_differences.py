"""What differs between two texts: lines that were altered know each other, and the words that changed stand out."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from yingda.server.flows.differences import diff, pairs, parts

LINES = st.lists(st.text(alphabet="ab <>好🙂", max_size=6), max_size=8).map("\n".join)


def marked(found: list[dict[str, str | bool]]) -> str:
    """With what changed in brackets."""
    return "".join(f"[{one['text']}]" if one["changed"] else str(one["text"]) for one in found)


def test_words_that_changed_within_a_line_are_marked() -> None:
    before, after = parts('<goto next="a.vxml"/>', '<goto next="b.vxml"/>')
    assert (marked(before), marked(after)) == ('<goto next="[a].vxml"/>', '<goto next="[b].vxml"/>')
    before, after = parts("您好，欢迎致电。", "您好，感谢致电。")
    assert (marked(before), marked(after)) == ("您好，[欢迎]致电。", "您好，[感谢]致电。")


def test_an_altered_line_is_paired_past_an_inserted_one() -> None:
    old = ['<prompt bargein="true">one two three</prompt>']
    new = ["<exit/>", '<prompt bargein="false">one two three</prompt>']
    assert pairs(old, new) == [(0, 1)]
    (rows,) = diff(old[0], "\n".join(new))
    assert [(row["kind"], row["before"], row["after"], row["pair"]) for row in rows] == [
        ("removed", 1, None, 2),
        ("added", None, 1, None),
        ("added", None, 2, 1),
    ]


def test_lines_with_nothing_in_common_are_no_pair() -> None:
    assert pairs(["abc def"], ["uvw xyz"]) == []


def test_all_lines_stand_around_where_that_is_wanted() -> None:
    before, after = "\n".join("abcdefghijk"), "\n".join("abcdeXghijk")
    assert [len(group) for group in diff(before, after)] == [8]
    assert [len(group) for group in diff(before, after, around=100)] == [12]
    assert diff(before, before, around=100) == []


@given(LINES, LINES)
@settings(max_examples=60)
def test_either_side_can_be_read_off_the_rows(before: str, after: str) -> None:
    rows = [row for group in diff(before, after, around=100) for row in group]
    if before.splitlines() == after.splitlines():
        assert rows == []
        return
    assert [row["text"] for row in rows if row["before"]] == before.splitlines()
    assert [row["text"] for row in rows if row["after"]] == after.splitlines()
    for row in rows:
        if row["parts"]:
            assert "".join(part["text"] for part in row["parts"]) == row["text"]
    forth = {row["before"]: row["pair"] for row in rows if row["kind"] == "removed" and row["pair"]}
    back = {row["pair"]: row["after"] for row in rows if row["kind"] == "added" and row["pair"]}
    assert forth == back and list(forth.values()) == sorted(forth.values())
