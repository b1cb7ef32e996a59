"""The scopes of one execution context (5.1.2): session, application, document, dialog, one for each running block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from yingda.ivr.script.engine import UNDEFINED, Chain, ScriptEngine, ScriptError, Undefined, Value
from yingda.ivr.voicexml.jumps import Thrown


def guarded(error: ScriptError) -> Thrown:
    """The event a failed script becomes."""
    return Thrown("error.semantic", error.sentence)


class Scopes:
    """The chain of scopes, and every evaluation in it. A failed script is thrown as error.semantic."""

    def __init__(self, engine: ScriptEngine, depth: int) -> None:
        self.engine = engine
        self._prefix = f"{depth}:" if depth else ""
        self._blocks = 0
        self.session = "session"
        self.application = f"{self._prefix}application"
        self.document = self.application
        self.dialog = f"{self._prefix}dialog"
        self._chain: Chain = (self.session, self.application)

    @property
    def chain(self) -> Chain:
        """The scopes from the outermost to where the flow stands."""
        return self._chain

    @property
    def here(self) -> str:
        """The innermost scope, where <var> declares."""
        return self._chain[-1]

    def open_application(self) -> None:
        """A new application: everything but the session is forgotten."""
        self.engine.open(self.application, "application")
        self.engine.put(self.application, "lastresult$", UNDEFINED)
        self._chain = (self.session, self.application)

    def open_document(self, is_root: bool) -> None:
        """A new document; in a root document `document` and `application` are the same (5.1.2)."""
        if is_root:
            self.document = self.application
            self.engine.alias(self.application, "document", self.application)
        else:
            self.document = f"{self._prefix}document"
            self.engine.open(self.document, "document")
        self._chain = tuple(dict.fromkeys((self.session, self.application, self.document)))

    def open_dialog(self) -> None:
        """A new dialog."""
        self.engine.open(self.dialog, "dialog")
        self._chain = (*dict.fromkeys((self.session, self.application, self.document)), self.dialog)

    @contextmanager
    def block(self) -> Iterator[str]:
        """An anonymous scope around executable content."""
        before = self._chain
        self._blocks += 1
        name = f"{self._prefix}block:{self._blocks}"
        self.engine.open(name)
        self._chain = (*before, name)
        try:
            yield name
        finally:
            self.engine.close(name)
            self._chain = before

    @contextmanager
    def aside(self) -> Iterator[str]:
        """A place for values that no expression of the flow sees."""
        self._blocks += 1
        name = f"{self._prefix}aside:{self._blocks}"
        self.engine.open(name)
        try:
            yield name
        finally:
            self.engine.close(name)

    def value(self, source: str) -> Value | Undefined:
        """An expression's value."""
        try:
            return self.engine.value(self._chain, source)
        except ScriptError as error:
            raise guarded(error) from error

    def truth(self, source: str) -> bool:
        """A condition; an empty one holds."""
        try:
            return not source or self.engine.truth(self._chain, source)
        except ScriptError as error:
            raise guarded(error) from error

    def text(self, source: str) -> str:
        """An expression as a string."""
        try:
            return self.engine.text(self._chain, source)
        except ScriptError as error:
            raise guarded(error) from error

    def declare(self, name: str, source: str | None) -> None:
        """<var> (5.3.1), in the innermost scope; a name that says another is an error.semantic."""
        if "." in name:
            raise Thrown("error.semantic", f"A variable is declared where it stands, not as {name}.")
        try:
            self.engine.declare(self.here, name, self._chain, source)
        except ScriptError as error:
            raise guarded(error) from error

    def assign(self, target: str, source: str) -> None:
        """<assign> (5.3.2). Session variables are read only (5.1.2)."""
        if target.startswith("session."):
            raise Thrown("error.semantic", f"{target} cannot be assigned.")
        try:
            self.engine.assign(self._chain, target, source)
        except ScriptError as error:
            raise guarded(error) from error

    def run(self, source: str) -> None:
        """<script> (5.3.12)."""
        try:
            self.engine.run(self.here, self._chain, source)
        except ScriptError as error:
            raise guarded(error) from error

    def named(self, names: str) -> tuple[tuple[str, Value], ...]:
        """The variables of a namelist with their values. A name that is not declared is an error.semantic (5.3.8)."""
        found: list[tuple[str, Value]] = []
        for name in names.split():
            value = self.value(name)
            if not isinstance(value, Undefined):
                found.append((name, value))
        return tuple(found)
