"""The script engine on quickjs-ng: no callables of the host, no modules, and limits on CPU and memory.

10 ms a script, 60 ms for all scripts between two inputs of the caller, 8 MB a session. guards.js sees to native calls.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

import quickjs

from yingda.ivr.script.engine import UNDEFINED, Chain, ScriptError, Undefined, Value

TIME_LIMIT_S = 0.010
BUDGET_S = 0.060
MEMORY_LIMIT = 8 * 1024 * 1024  # bytes
STACK_LIMIT = 256 * 1024  # bytes

_Crossing: TypeAlias = "str | bool | int | float | None"
_BIGINT = re.compile(r"(?<![\w$])(?:0[xXbBoO][\da-fA-F_]+|\d[\d_]*)n\b")  # guards.js has the same for eval
_FOLDER = Path(__file__).parent


@lru_cache(maxsize=2)
def _own(name: str) -> str:
    """A script of ours."""
    return (_FOLDER / name).read_text("utf-8")


@lru_cache(maxsize=512)
def _chain(names: Chain) -> str:
    return json.dumps(names)


class QuickJs:
    """One session's variables. Not for use from two threads."""

    def __init__(self, time_limit_s: float = TIME_LIMIT_S) -> None:
        self._context = quickjs.Context()
        self._context.set_memory_limit(MEMORY_LIMIT)
        self._context.set_max_stack_size(STACK_LIMIT)
        self._function: Callable[[str], Callable[..., _Crossing]] = self._context.eval(_own("prelude.js"))
        self._context.eval(_own("guards.js"))
        self._functions: dict[str, Callable[..., _Crossing]] = {}
        self._context.set_time_limit(time_limit_s)
        self._spent_s = 0.0

    @property
    def spent_s(self) -> float:
        """CPU seconds of scripts since the last input."""
        return self._spent_s

    def begin(self) -> None:
        self._spent_s = 0.0

    def _call(self, name: str, *values: _Crossing) -> _Crossing:
        function = self._functions.get(name)
        if function is None:
            function = self._functions[name] = self._function(name)
        began = time.thread_time()
        try:
            return function(*values)
        except (quickjs.JSException, quickjs.StackOverflow) as error:
            raise ScriptError(_sentence(error)) from None
        finally:
            self._spent_s += time.thread_time() - began

    def _checked(self, source: str) -> str:
        """Refuse what one native step could take seconds for, and all scripts once the time is used up."""
        if self._spent_s > BUDGET_S:
            raise ScriptError("The scripts of the flow ran too long together.")
        if _BIGINT.search(source):
            raise ScriptError("The script failed: BigInt is not available.")
        return source

    def open(self, scope: str, alias: str = "") -> None:
        self._call("open", scope, alias)

    def alias(self, scope: str, alias: str, target: str) -> None:
        self._call("alias", scope, alias, target)

    def close(self, scope: str) -> None:
        self._call("close", scope)

    def value(self, chain: Chain, source: str) -> Value | Undefined:
        return _value(self._call("value", _chain(chain), self._checked(source)))

    def truth(self, chain: Chain, source: str) -> bool:
        return bool(self._call("truth", _chain(chain), self._checked(source)))

    def text(self, chain: Chain, source: str) -> str:
        return str(self._call("text", _chain(chain), self._checked(source)))

    def declare(self, scope: str, name: str, chain: Chain, source: str | None) -> None:
        if source is None:
            self._call("declare", scope, name, _chain(chain))
        else:
            self._call("declare", scope, name, _chain(chain), self._checked(source))

    def assign(self, chain: Chain, target: str, source: str) -> None:
        self._call("assign", _chain(chain), target.strip(), self._checked(source))

    def put(self, scope: str, name: str, value: Value | Undefined) -> None:
        self._call("put", scope, name, *_crossing(value))

    def get(self, scope: str, name: str) -> Value | Undefined:
        return _value(self._call("get", scope, name))

    def is_undefined(self, scope: str, name: str) -> bool:
        return bool(self._call("isUndefined", scope, name))

    def run(self, scope: str, chain: Chain, source: str) -> None:
        self._call("run", scope, _chain(chain), self._checked(source))

    def snapshot(self, scope: str, name: str, chain: Chain, source: str) -> int:
        length = self._call("size", _chain(chain), self._checked(source))
        self._call("snapshot", scope, name, _chain(chain), self._checked(source))
        return int(length or 0)

    def element(self, source: str, name: str, index: int, scope: str, item: str) -> None:
        self._call("element", source, name, index, scope, item)

    def last_result(self, scope: str, results: list[Value]) -> None:
        self._call("lastResult", scope, json.dumps(results))

    def document(self, scope: str, name: str, tree: Value) -> None:
        self._call("dom", scope, name, json.dumps(tree))

    def interpret(self, match: Value, scripts: list[Value]) -> Value | Undefined:
        return _value(self._call("interpret", self._checked(json.dumps(match)), json.dumps(scripts)))


def _value(raw: _Crossing) -> Value | Undefined:
    if not isinstance(raw, str):
        return UNDEFINED
    value: Value = json.loads(raw)
    return value


def _crossing(value: Value | Undefined) -> tuple[str, ...]:
    return () if isinstance(value, Undefined) else (json.dumps(value),)


def _sentence(error: Exception) -> str:
    """The engine's own words, without the places inside its wrapping."""
    line = str(error).partition("\n")[0]
    if "interrupted" in line:
        return "The script ran too long."
    if "out of memory" in line:
        return "The script needed too much memory."
    return f"The script failed: {line}"
