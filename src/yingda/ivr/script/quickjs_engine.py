"""The script engine on quickjs-ng: 10 ms of CPU a script, 16 MB a session, no callables of the host, no modules."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

import quickjs

from yingda.ivr.script.engine import UNDEFINED, Chain, ScriptError, Undefined, Value

TIME_LIMIT_S = 0.010
MEMORY_LIMIT = 16 * 1024 * 1024  # bytes
STACK_LIMIT = 256 * 1024  # bytes

_Crossing: TypeAlias = "str | bool | int | float | None"
_PRELUDE = Path(__file__).with_name("prelude.js")


@lru_cache(maxsize=1)
def _prelude() -> str:
    return _PRELUDE.read_text("utf-8")


@lru_cache(maxsize=512)
def _chain(names: Chain) -> str:
    return json.dumps(names)


class QuickJs:
    """One session's variables. Not for use from two threads."""

    def __init__(self, time_limit_s: float = TIME_LIMIT_S) -> None:
        self._context = quickjs.Context()
        self._context.set_memory_limit(MEMORY_LIMIT)
        self._context.set_max_stack_size(STACK_LIMIT)
        self._function: Callable[[str], Callable[..., _Crossing]] = self._context.eval(_prelude())
        self._functions: dict[str, Callable[..., _Crossing]] = {}
        self._context.set_time_limit(time_limit_s)

    def _call(self, name: str, *values: _Crossing) -> _Crossing:
        function = self._functions.get(name)
        if function is None:
            function = self._functions[name] = self._function(name)
        try:
            return function(*values)
        except (quickjs.JSException, quickjs.StackOverflow) as error:
            raise ScriptError(_sentence(error)) from None

    def open(self, scope: str, alias: str = "") -> None:
        self._call("open", scope, alias)

    def alias(self, scope: str, alias: str, target: str) -> None:
        self._call("alias", scope, alias, target)

    def close(self, scope: str) -> None:
        self._call("close", scope)

    def value(self, chain: Chain, source: str) -> Value | Undefined:
        return _value(self._call("value", _chain(chain), source))

    def truth(self, chain: Chain, source: str) -> bool:
        return bool(self._call("truth", _chain(chain), source))

    def text(self, chain: Chain, source: str) -> str:
        return str(self._call("text", _chain(chain), source))

    def declare(self, scope: str, name: str, chain: Chain, source: str | None) -> None:
        if source is None:
            self._call("declare", scope, name, _chain(chain))
        else:
            self._call("declare", scope, name, _chain(chain), source)

    def assign(self, chain: Chain, target: str, source: str) -> None:
        self._call("assign", _chain(chain), target.strip(), source)

    def put(self, scope: str, name: str, value: Value | Undefined) -> None:
        self._call("put", scope, name, *_crossing(value))

    def put_path(self, chain: Chain, path: str, value: Value | Undefined) -> None:
        self._call("putPath", _chain(chain), path, *_crossing(value))

    def get(self, scope: str, name: str) -> Value | Undefined:
        return _value(self._call("get", scope, name))

    def declared(self, chain: Chain, name: str) -> bool:
        return bool(self._call("declaredIn", _chain(chain), name))

    def is_undefined(self, scope: str, name: str) -> bool:
        return bool(self._call("isUndefined", scope, name))

    def run(self, scope: str, chain: Chain, source: str) -> None:
        self._call("run", scope, _chain(chain), source)

    def snapshot(self, scope: str, name: str, chain: Chain, source: str) -> int:
        length = self._call("size", _chain(chain), source)
        self._call("snapshot", scope, name, _chain(chain), source)
        return int(length or 0)

    def element(self, scope: str, name: str, index: int, item: str) -> None:
        self._call("element", scope, name, index, item)

    def last_result(self, scope: str, results: list[Value]) -> None:
        self._call("lastResult", scope, json.dumps(results))

    def document(self, scope: str, name: str, tree: Value) -> None:
        self._call("dom", scope, name, json.dumps(tree))

    def interpret(self, match: Value, scripts: list[Value]) -> Value | Undefined:
        return _value(self._call("interpret", json.dumps(match), json.dumps(scripts)))


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
