"""A caller's way through a flow: the object that takes inputs and the time, and returns effects. No I/O, no clock.

interpreter = Interpreter(library, engine, session={"connection": {…}})
effects = interpreter.start("flow:greeting", now)
effects = interpreter.receive(Key("1"), now)      # and so on, until an Exit
interpreter.next_timer()                          # when to call handle_timer, in µs, or None
"""

from __future__ import annotations

from typing import Final

from yingda.ivr.script.engine import ScriptEngine, ScriptError, Value
from yingda.ivr.voicexml.actions import Actions
from yingda.ivr.voicexml.answers import Answer
from yingda.ivr.voicexml.context import Context, Platform
from yingda.ivr.voicexml.effects import Effect, Exit
from yingda.ivr.voicexml.form import FormRun, Parameters
from yingda.ivr.voicexml.inputs import Input, TimedOut
from yingda.ivr.voicexml.jumps import Ended, Request, Returned, Thrown, refuse_faulty
from yingda.ivr.voicexml.loading import Loaded, Loader
from yingda.ivr.voicexml.machine import Machine, Steps
from yingda.ivr.voicexml.model import Item, Library
from yingda.ivr.voicexml.prompting import Prompter

SPOKEN: Final = frozenset({"zh", "cmn", "en"})
DEEPEST: Final = 8  # subdialogs within one another


class Interpreter:
    """One session.

    session: what `session.…` shows the flow: connection (its `originator` names the party, local or remote, that it
    then is), caller, attached data. language: of documents that name none.
    spoken: the languages that can be said, as the first parts of their tags.
    """

    def __init__(
        self,
        library: Library,
        engine: ScriptEngine,
        session: dict[str, Value] | None = None,
        language: str = "zh-CN",
        spoken: frozenset[str] = SPOKEN,
    ) -> None:
        self._engine = engine
        self._machine = Machine()
        self._platform = Platform(self._machine, engine, library, language, spoken)
        self._steps: Steps[None] | None = None
        self.ended = False
        engine.open("session", "session")
        for name, value in (session or {}).items():
            engine.put("session", name, value)
        connection = (session or {}).get("connection")
        if isinstance(connection, dict) and (party := connection.get("originator")) in ("local", "remote"):
            engine.assign(("session",), "session.connection.originator", f"session.connection.{party}")

    def start(self, uri: str, now: int) -> list[Effect]:
        """Begin with the document, and the dialog, of an address. now: µs."""
        self._machine.now = now
        self._steps = self._run(uri)
        return self._advance(None)

    def receive(self, event: Input, now: int) -> list[Effect]:
        """Something happened. Nothing follows once the flow has ended."""
        self._machine.now = now
        if self.ended or self._steps is None:
            return []
        return self._advance(event)

    def next_timer(self) -> int | None:
        """When `handle_timer` wants to be called, in µs."""
        return None if self.ended else self._machine.deadline

    def handle_timer(self, now: int) -> list[Effect]:
        """The time has come."""
        deadline = self._machine.deadline
        if deadline is None or now < deadline:
            return []
        return self.receive(TimedOut(), now)

    def _advance(self, event: Input | None) -> list[Effect]:
        assert self._steps is not None
        self._engine.begin()
        try:
            if event is None:
                next(self._steps)
            else:
                self._steps.send(event)
        except StopIteration:
            self.ended = True
        return self._machine.taken()

    def _run(self, uri: str) -> Steps[None]:
        """The whole session. What is queued at the end is still heard (5.3.9)."""
        context = Context(self._platform, 0)
        try:
            loaded = yield from Loader(context).dialog(Request(uri, uri))
            yield from self._dialogs(context, loaded, {})
        except Ended as end:
            yield from self._machine.flush()
            self._machine.emit(Exit(end.values, end.event, end.message))
        except Thrown as thrown:  # before any document ran, nobody could catch it
            self._machine.emit(Exit((), thrown.event, thrown.message or ""))
        except ScriptError as error:  # no memory is left even for a handler
            self._machine.emit(Exit((), "error.semantic", error.sentence))

    def _dialogs(self, context: Context, loaded: Loaded, parameters: Parameters) -> Steps[None]:
        """One dialog after the other. Leaves by raising Ended or Returned."""
        answer: Answer | None = None
        while True:
            form = FormRun(context, lambda item: self._subdialog(context, item))
            context.enter(loaded.document, loaded.root, loaded.dialog)
            loaded, answer = yield from form.run(self._enter(context, loaded), parameters, answer)
            parameters = {}

    def _enter(self, context: Context, loaded: Loaded) -> Steps[None]:
        """Scopes and declarations of a document and, where the application is new, of its root (1.5.2)."""
        if not loaded.fresh:
            return
        actions = Actions(context, Loader(context), Prompter(context))
        scopes, is_root = context.scopes, loaded.root is None
        if loaded.new_application:
            scopes.open_application()
            scopes.open_document(True)
            if loaded.root is not None:
                yield from actions.content(list(loaded.root.declarations))
                refuse_faulty(loaded.root)
        scopes.open_document(is_root)
        if not is_root or loaded.new_application:
            yield from actions.content(list(loaded.document.declarations))
        refuse_faulty(loaded.document)

    # subdialogs

    def _subdialog(self, caller: Context, item: Item) -> Steps[None]:
        """2.3.4: a context of its own; its values become properties of the item variable, its event is thrown here."""
        if caller.depth >= DEEPEST:
            raise Thrown("error.semantic", f"More than {DEEPEST} subdialogs run within one another.")
        element, loader = item.element, Loader(caller)
        uri = element.get("src") or caller.scopes.text(element.get("srcexpr"))
        fields = caller.scopes.named(element.get("namelist"))
        parameters = dict(loader.parameters(element))
        address = f"{caller.document.uri}{uri}" if uri.startswith("#") else caller.address(uri, element.base)
        method = element.get("method", "get")
        request = Request(address, element.base, method, element.get("enctype"), fields, element.attributes)
        inner = Context(self._platform, caller.depth + 1)
        if uri.startswith("#"):
            dialog = caller.document.dialog(uri[1:])
            if dialog is None:
                raise Thrown("error.badfetch", f"{caller.document.uri} has no dialog {uri[1:]}.")
            loaded = Loaded(caller.document, dialog, caller.root, True, True)
        else:
            loaded = yield from Loader(inner).dialog(request)
        try:
            yield from self._dialogs(inner, loaded, parameters)
        except Returned as returned:
            if returned.event:
                raise Thrown(returned.event, returned.message) from None
            values: dict[str, Value] = dict(returned.values)
            self._engine.put(caller.scopes.dialog, item.name, values)
