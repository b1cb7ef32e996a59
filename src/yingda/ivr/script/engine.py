"""What the interpreter asks of a script engine.

Values cross as JSON: nothing of the host is ever within a script's reach.
"""

from __future__ import annotations

from typing import Final, Protocol, TypeAlias

from yingda.kernel.errors import YingdaError

Value: TypeAlias = "bool | int | float | str | list[Value] | dict[str, Value] | None"
Chain: TypeAlias = tuple[str, ...]


class Undefined:
    """ECMAScript's undefined, which JSON does not know."""

    _only: Undefined | None = None

    def __new__(cls) -> Undefined:
        if cls._only is None:
            cls._only = super().__new__(cls)
        return cls._only

    def __repr__(self) -> str:
        return "undefined"

    def __bool__(self) -> bool:
        return False


UNDEFINED: Final = Undefined()


class ScriptError(YingdaError):
    """A script that threw, or went over its time or memory: `flow_script`."""

    def __init__(self, sentence: str) -> None:
        super().__init__("flow_script", sentence)


class ScriptEngine(Protocol):
    """The variables of one session, in named scopes, and what is computed with them.

    chain: names of scopes, outermost first. An unqualified name is looked for from the innermost outwards. Every method
    that runs text of a flow raises ScriptError.
    """

    def begin(self) -> None:
        """An input came: what all scripts together may take until the next one begins anew."""
        ...

    def open(self, scope: str, alias: str = "") -> None:
        """A new, empty scope. alias: the name by which expressions call it, such as `dialog`."""
        ...

    def alias(self, scope: str, alias: str, target: str) -> None:
        """Give another scope a name within `scope`."""
        ...

    def close(self, scope: str) -> None:
        """Forget a scope."""
        ...

    def value(self, chain: Chain, source: str) -> Value | Undefined:
        """An expression's value."""
        ...

    def truth(self, chain: Chain, source: str) -> bool:
        """An expression as a condition."""
        ...

    def text(self, chain: Chain, source: str) -> str:
        """An expression as a string."""
        ...

    def declare(self, scope: str, name: str, chain: Chain, source: str | None) -> None:
        """A new variable with an expression's value; undefined without one."""
        ...

    def assign(self, chain: Chain, target: str, source: str) -> None:
        """Change a declared variable, or a property of one."""
        ...

    def put(self, scope: str, name: str, value: Value | Undefined) -> None:
        """Set a variable from outside."""
        ...

    def get(self, scope: str, name: str) -> Value | Undefined:
        """A variable of one scope."""
        ...

    def is_undefined(self, scope: str, name: str) -> bool:
        """Whether a variable of one scope is undefined."""
        ...

    def run(self, scope: str, chain: Chain, source: str) -> None:
        """A script: what it declares becomes variables of `scope`, the last of the chain."""
        ...

    def snapshot(self, scope: str, name: str, chain: Chain, source: str) -> int:
        """A shallow copy of an array as a variable; how long it is."""
        ...

    def element(self, source: str, name: str, index: int, scope: str, item: str) -> None:
        """Set the variable `item` of a scope to one element of the array `name` of the scope `source`."""
        ...

    def last_result(self, scope: str, results: list[Value]) -> None:
        """`lastresult$`: the results, which also has the properties of the best one (5.1.5)."""
        ...

    def document(self, scope: str, name: str, tree: Value) -> None:
        """A variable that is a read-only DOM (2.1, appendix D)."""
        ...

    def interpret(self, match: Value, scripts: list[Value]) -> Value | Undefined:
        """What a match of a grammar means (SISR 1.0)."""
        ...
