"""Does what has come so far fit a grammar, may more come, and what was it? For keys one by one, for speech at once.

A grammar is walked as a set of states: what is still to match, as a linked list, and the trail of what was passed.
The states after each token are kept, so a further key costs one step. A state reached twice is kept once, with its
heavier trail; so ambiguity does not multiply.
"""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from yingda.ivr.grammar.model import (
    ENDLESS,
    Expansion,
    Grammar,
    GrammarError,
    OneOf,
    Reference,
    Repeat,
    Sequence,
    Special,
    Tag,
    Token,
)

DEEPEST = 400  # rules within one another before a token: more is a rule that begins with itself
MOST_STATES = 20_000


@dataclass(frozen=True, slots=True)
class Matched:
    """One rule as it was passed: tokens, tags and inner rules in order."""

    grammar: Grammar
    rule: str
    parts: tuple[str | Tag | Matched, ...]

    def tokens(self) -> list[str]:
        """The tokens below, in order."""
        found: list[str] = []
        for part in self.parts:
            if isinstance(part, str):
                found.append(part)
            elif isinstance(part, Matched):
                found.extend(part.tokens())
        return found


class _Enter(NamedTuple):
    grammar: Grammar
    rule: str


class _Leave(NamedTuple):
    """Marks the end of a rule in the list of what is to match: from here on tokens belong to `grammar` again."""

    grammar: Grammar


_Mark: TypeAlias = str | Tag | _Enter | _Leave


class _Todo(NamedTuple):
    part: Expansion | _Leave
    then: _Todo | None
    depth: int


class _Trail(NamedTuple):
    mark: _Mark
    before: _Trail | None


class _State(NamedTuple):
    todo: _Todo | None
    grammar: Grammar
    trail: _Trail | None
    weight: float


class Matcher:
    """Follows one grammar through an input."""

    def __init__(self, grammar: Grammar, rule: str = "") -> None:
        name = rule or grammar.root
        if name not in grammar.rules:
            raise GrammarError(f"The grammar has no rule {name or 'to begin with'}.")
        todo = _Todo(grammar.rules[name].expansion, _Todo(_Leave(grammar), None, 0), 1)
        first = _State(todo, grammar, _Trail(_Enter(grammar, name), None), 1.0)
        self._states, self._done = _close([first])

    @property
    def viable(self) -> bool:
        """Whether the input so far is a match, or the beginning of one."""
        return bool(self._states) or self._done is not None

    @property
    def complete(self) -> bool:
        """Whether the input so far is a match."""
        return self._done is not None

    @property
    def extendable(self) -> bool:
        """Whether further tokens could still be part of a match."""
        return bool(self._states)

    def after(self, token: str) -> Matcher:
        """The matcher one token further; this one stays where it is."""
        after: list[_State] = []
        for state in self._states:
            todo = state.todo
            assert todo is not None
            if todo.part is Special.GARBAGE:
                after.append(state)
                after.append(state._replace(todo=todo.then))
            elif isinstance(todo.part, Token) and todo.part.text == token:
                trail = _Trail(token, state.trail)
                after.append(state._replace(todo=todo.then, trail=trail))
        further = Matcher.__new__(Matcher)
        further._states, further._done = _close(after)
        return further

    def result(self) -> Matched:
        """What was matched, by the heaviest way."""
        assert self._done is not None
        return _tree(self._done.trail)


def match(grammar: Grammar, tokens: Many[str], rule: str = "") -> Matched | None:
    """A whole input against a grammar. Raises GrammarError where the grammar cannot be walked."""
    matcher = Matcher(grammar, rule)
    for token in tokens:
        matcher = matcher.after(token)
        if not matcher.viable:
            return None
    return matcher.result() if matcher.complete else None


def _close(states: list[_State]) -> tuple[list[_State], _State | None]:
    """Walk every state up to a token. Returns those that wait for one, and the best that is through."""
    waiting: dict[tuple[_Todo | None, int], _State] = {}
    best: _State | None = None
    seen: dict[tuple[_Todo | None, int], float] = {}
    stack = states[::-1]
    while stack:
        state = stack.pop()
        key = (state.todo, id(state.grammar))
        if seen.get(key, -1.0) >= state.weight:
            continue
        seen[key] = state.weight
        if len(seen) > MOST_STATES:
            raise GrammarError("The grammar is too ambiguous to be followed.")
        if state.todo is None:
            best = state if best is None or state.weight > best.weight else best
        elif isinstance(state.todo.part, Token) or state.todo.part is Special.GARBAGE:
            waiting[key] = state
            if state.todo.part is Special.GARBAGE:
                stack.append(state._replace(todo=state.todo.then))
        else:
            stack.extend(reversed(_step(state, state.todo)))
    return list(waiting.values()), best


def _step(state: _State, todo: _Todo) -> list[_State]:
    """The states one expansion further, heaviest way first, without taking a token."""
    part, then = todo.part, todo.then
    match part:
        case Tag():
            return [state._replace(todo=then, trail=_Trail(part, state.trail))]
        case Sequence(parts):
            rest = then
            for inner in reversed(parts):
                rest = _Todo(inner, rest, todo.depth)
            return [state._replace(todo=rest)]
        case OneOf(options, weights):
            total = max(weights)
            return [
                state._replace(todo=_Todo(option, then, todo.depth), weight=state.weight * weight / total)
                for option, weight in zip(options, weights, strict=True)
                if weight > 0
            ]
        case Repeat(inner, least, most):
            return _repeat(state, todo, inner, least, most)
        case Reference():
            return [_enter(state, todo, part)]
        case _Leave(grammar):
            return [state._replace(todo=then, grammar=grammar, trail=_Trail(part, state.trail))]
        case _:  # NULL goes on, VOID nowhere
            return [state._replace(todo=then)] if part is Special.NULL else []


def _repeat(state: _State, todo: _Todo, inner: Expansion, least: int, most: int) -> list[_State]:
    ways: list[_State] = []
    if most > 0 and todo.depth <= DEEPEST:
        left = Repeat(inner, max(least - 1, 0), most if most >= ENDLESS else most - 1)
        again = _Todo(left, todo.then, todo.depth) if left.most > 0 else todo.then
        ways.append(state._replace(todo=_Todo(inner, again, todo.depth)))
    if least == 0:
        ways.append(state._replace(todo=todo.then))
    return ways


def _enter(state: _State, todo: _Todo, reference: Reference) -> _State:
    if todo.depth > DEEPEST:
        raise GrammarError(f"The rule {reference.rule} begins with itself.")
    grammar, rule = state.grammar.rule(reference)
    back = _Todo(_Leave(state.grammar), todo.then, todo.depth)
    inner = _Todo(rule.expansion, back, todo.depth + 1)
    return state._replace(todo=inner, grammar=grammar, trail=_Trail(_Enter(grammar, rule.name), state.trail))


def _tree(trail: _Trail | None) -> Matched:
    """The trail, which is kept backwards, as a tree."""
    marks: list[_Mark] = []
    while trail is not None:
        marks.append(trail.mark)
        trail = trail.before
    open_rules: list[tuple[_Enter, list[str | Tag | Matched]]] = []
    for mark in reversed(marks):
        if isinstance(mark, _Enter):
            open_rules.append((mark, []))
        elif isinstance(mark, _Leave):
            enter, parts = open_rules.pop()
            done = Matched(enter.grammar, enter.rule, tuple(parts))
            if not open_rules:
                return done
            open_rules[-1][1].append(done)
        else:
            open_rules[-1][1].append(mark)
    raise AssertionError("a trail always ends by leaving its first rule")
