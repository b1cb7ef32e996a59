"""One execution context: the session's first, and one more for each subdialog inside another (VoiceXML 2.0, 2.3.4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urljoin

from yingda.ivr.script.engine import ScriptEngine
from yingda.ivr.voicexml.machine import Machine
from yingda.ivr.voicexml.model import Dialog, Document, Handler, Item, Library, Part
from yingda.ivr.voicexml.properties import Properties
from yingda.ivr.voicexml.scopes import Scopes


@dataclass(slots=True)
class Visit:
    """What a form item counts while its form is active (2.1.6): prompts from 1, events by name."""

    prompts: int = 1
    events: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class FormState:
    """What changes while a dialog runs."""

    visits: dict[Item | None, Visit] = field(default_factory=dict)
    prompting: bool = True  # whether the next collection queues its prompts (appendix C)

    def visit(self, item: Item | None) -> Visit:
        """The counters of an item; those of the form itself for None."""
        return self.visits.setdefault(item, Visit())


@dataclass(frozen=True, slots=True)
class Platform:
    """What all contexts of a session share. language: of documents that name none; spoken: those that can be said."""

    machine: Machine
    engine: ScriptEngine
    library: Library
    language: str
    spoken: frozenset[str]


class Context:
    """Where a flow stands: document, root document, dialog and item, and what is in force there."""

    def __init__(self, platform: Platform, depth: int) -> None:
        self.platform = platform
        self.machine = platform.machine
        self.engine = platform.engine
        self.depth = depth
        self.scopes = Scopes(platform.engine, depth)
        self.root: Document | None = None
        self.form = FormState()
        self.item: Item | None = None
        self._inheriting = False
        self._document: Document | None = None
        self._dialog: Dialog | None = None

    @property
    def document(self) -> Document:
        """The document that runs."""
        assert self._document is not None
        return self._document

    @property
    def started(self) -> bool:
        """Whether any document runs yet."""
        return self._document is not None

    @property
    def dialog(self) -> Dialog:
        """The dialog that runs."""
        assert self._dialog is not None
        return self._dialog

    def enter(self, document: Document, root: Document | None, dialog: Dialog) -> None:
        """Stand at the beginning of a dialog."""
        self._document, self.root, self._dialog = document, root, dialog
        self.item = None
        self.form = FormState()

    def levels(self) -> list[Part]:
        """The elements around, the nearest first: item, dialog, document, root document."""
        parts: list[Part | None] = [self.item, self._dialog, self._document, self.root]
        return [part for part in parts if part is not None]

    @property
    def properties(self) -> Properties:
        """The properties in force."""
        return Properties(part.properties for part in self.levels())

    def handlers(self) -> list[Handler]:
        """All handlers in scope, the nearest first, in document order within each scope."""
        return [handler for part in self.levels() for handler in part.handlers]

    def address(self, uri: str, base: str) -> str:
        """An address made absolute. Handlers of a root document are executed as if they stood here (5.2.4)."""
        return urljoin(self.document.uri if self._inheriting else base, uri)

    @contextmanager
    def inheriting(self, handler: Handler) -> Iterator[None]:
        """While a handler runs: whether it comes from the root document."""
        before = self._inheriting
        self._inheriting = self.root is not None and handler in self.root.handlers
        try:
            yield
        finally:
            self._inheriting = before
