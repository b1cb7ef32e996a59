"""Whether ECMAScript can read a piece of script: it is compiled in an engine of its own, and never run.

A text that breaks out of the function around it meets an empty engine with the limits of any flow.
"""

from __future__ import annotations

import json

import quickjs

from yingda.ivr.script.quickjs_engine import MEMORY_LIMIT, STACK_LIMIT, TIME_LIMIT_S

_EXPECTED = "ECMAScript"


class Syntax:
    """One engine for one look at a document. Not for use from two threads."""

    def __init__(self) -> None:
        self._context = quickjs.Context()
        self._context.set_memory_limit(MEMORY_LIMIT)
        self._context.set_max_stack_size(STACK_LIMIT)
        self._context.set_time_limit(TIME_LIMIT_S)

    def of_expression(self, source: str) -> str:
        """What is wrong with an expression; "" if nothing is."""
        return self._fault(f"return (\n{source}\n);")

    def of_script(self, source: str) -> str:
        """What is wrong with the statements of a <script>; "" if nothing is."""
        return self._fault(source)

    def _fault(self, body: str) -> str:
        try:
            self._context.eval(f"new Function({json.dumps(body)}); undefined")
        except (quickjs.JSException, quickjs.StackOverflow) as error:
            first = str(error).partition("\n")[0].removeprefix("SyntaxError: ")
            return f"{_EXPECTED} ({first})"
        return ""
