"""Scripted tests of a flow: what they say in YAML, and what comes of them when the real interpreter plays them.

    - says: 按 0 转人工                     what the test shows
      session: {customer: {name: 王芳}}     (optional) what the flow knows of the caller
      do: ["0", silence]                    steps in the words of `voicexml.rehearsal`
      see: [play 您好。, exit]              everything the flow does, a line each

The same text stands beside the templates, in a centre's documents, and in the second tab of the page.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import yaml

from yingda.ivr.writing.problems import Finding

MOST_TESTS: Final = 200
MOST_STEPS: Final = 200
DEEPEST: Final = 12
_KEYS: Final = ("says", "session", "do", "see")
_NOTHING: Final = {"", "~", "null"}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of `do` or `see` and where it stands in the tests' text."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Script:
    """One test. session: laid over what every rehearsal knows of its caller."""

    says: str
    line: int
    session: Mapping[str, Any]
    do: tuple[Line, ...]
    see: tuple[Line, ...]


class _Mark(Protocol):
    """A place in YAML, from 0."""

    @property
    def line(self) -> int: ...

    @property
    def column(self) -> int: ...


class _WrongError(Exception):
    """A test that cannot be read, with its finding."""

    def __init__(self, mark: _Mark | None, code: str, about: str, expected: str) -> None:
        super().__init__(code)
        self.finding = _finding(mark, code, about, expected)


def read(text: str) -> tuple[list[Script], list[Finding]]:
    """The tests of a text, and what is wrong with it; whatever is in order is read all the same."""
    try:
        _guard(text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except _WrongError as wrong:
        return [], [wrong.finding]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return [], [_finding(mark, "tests_yaml", error.problem or "", "YAML")]
    except yaml.YAMLError as error:
        return [], [_finding(None, "tests_yaml", str(error).partition("\n")[0], "YAML")]
    if root is None:
        return [], []
    if not isinstance(root, yaml.SequenceNode) or len(root.value) > MOST_TESTS:
        return [], [_finding(root.start_mark, "tests_shape", "tests", f"- says: … (1–{MOST_TESTS})")]
    scripts: list[Script] = []
    findings: list[Finding] = []
    for node in root.value:
        try:
            scripts.append(_script(node))
        except _WrongError as wrong:
            findings.append(wrong.finding)
    return scripts, [*findings, *_twice(scripts)]


def _guard(text: str) -> None:
    """Refuse what would grow when it is read: aliases, and lists within lists without end."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise _WrongError(event.start_mark, "tests_yaml", "*", "YAML without aliases")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise _WrongError(event.start_mark, "tests_yaml", "[[…", f"at most {DEEPEST} levels")


def _script(node: yaml.Node) -> Script:
    if not isinstance(node, yaml.MappingNode):
        raise _WrongError(node.start_mark, "tests_shape", "-", ", ".join(_KEYS))
    parts: dict[str, yaml.Node] = {}
    for key, value in node.value:
        if key.value not in _KEYS:
            raise _WrongError(key.start_mark, "tests_key", str(key.value), ", ".join(_KEYS))
        parts[key.value] = value
    says = _text(parts.get("says", node), "says") if "says" in parts else ""
    if not says:
        raise _WrongError(node.start_mark, "tests_shape", "says", "says: …")
    line = node.start_mark.line + 1
    return Script(says, line, _session(parts.get("session")), tuple(_lines(parts, "do")), tuple(_lines(parts, "see")))


def _session(node: yaml.Node | None) -> dict[str, Any]:
    """What JSON can say: it crosses into the script engine that way."""
    if node is None:
        return {}
    try:
        value = json.loads(json.dumps(yaml.SafeLoader("").construct_object(node, deep=True), allow_nan=False))
    except (yaml.YAMLError, ValueError, TypeError, OverflowError) as error:
        raise _WrongError(node.start_mark, "tests_shape", "session", "session: {name: value}") from error
    if not isinstance(value, dict):
        raise _WrongError(node.start_mark, "tests_shape", "session", "session: {name: value}")
    return value


def _lines(parts: Mapping[str, yaml.Node], key: str) -> Iterator[Line]:
    node = parts.get(key)
    if node is None or (isinstance(node, yaml.ScalarNode) and node.value in _NOTHING):
        return
    if not isinstance(node, yaml.SequenceNode) or len(node.value) > MOST_STEPS:
        raise _WrongError(node.start_mark, "tests_shape", key, f"{key}: [ … ] (≤ {MOST_STEPS})")
    for one in node.value:
        yield Line(_text(one, key), one.start_mark.line + 1)


def _text(node: yaml.Node, key: str) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise _WrongError(node.start_mark, "tests_shape", key, '"…"')
    return str(node.value)


def _twice(scripts: list[Script]) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for script in scripts:
        if script.says in seen:
            yield Finding(script.line, 1, "tests_twice", script.says, f"≠ {seen[script.says]}", part="tests")
        seen.setdefault(script.says, script.line)


def _finding(mark: _Mark | None, code: str, about: str, expected: str) -> Finding:
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    return Finding(line, column, code, about, expected, part="tests")
