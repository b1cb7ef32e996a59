"""The form interpretation algorithm (VoiceXML 2.0, appendix C), until the form is left.

initialise   variables, scripts and item variables in document order; counters at their beginning
select       the item of a <goto nextitem>, else the first whose variable is undefined and whose condition holds
collect      its prompts, unless the last round ended in a handler without <reprompt>; then the input
process      an event to its handler; an answer into its items, then every <filled> it completes
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from yingda.ivr.script.engine import UNDEFINED, ScriptError, Value
from yingda.ivr.voicexml.actions import Actions
from yingda.ivr.voicexml.activation import Activation
from yingda.ivr.voicexml.answers import Active, Answer, Owner
from yingda.ivr.voicexml.context import Context
from yingda.ivr.voicexml.effects import Entered
from yingda.ivr.voicexml.events import Default, count, select
from yingda.ivr.voicexml.filling import fill, forget_last_result, set_last_result, set_unmatched
from yingda.ivr.voicexml.items import Items
from yingda.ivr.voicexml.jumps import Ended, Request, Thrown, ToDialog, ToItem, Unmatched, refuse_faulty
from yingda.ivr.voicexml.listening import Listener
from yingda.ivr.voicexml.loading import Loaded, Loader
from yingda.ivr.voicexml.machine import EVENT_COST, Steps
from yingda.ivr.voicexml.model import Item, statements
from yingda.ivr.voicexml.prompting import Prompter, check_keys
from yingda.ivr.voicexml.scopes import guarded
from yingda.ivr.voicexml.xml import Element

Parameters: TypeAlias = "dict[str, Value]"


class FormRun:
    """One run through the dialog a context stands at. subdialog: runs a <subdialog> item in a context of its own."""

    def __init__(self, context: Context, subdialog: Callable[[Item], Steps[None]]) -> None:
        self._context = context
        self._scopes = context.scopes
        self._loader = Loader(context)
        self._prompter = Prompter(context)
        self._actions = Actions(context, self._loader, self._prompter)
        self._items = Items(context, self._loader)
        self._subdialog = subdialog
        self._next: Item | None = None

    def run(
        self, prepare: Steps[None], parameters: Parameters, answer: Answer | None
    ) -> Steps[tuple[Loaded, Answer | None]]:
        """Until the form is left: the dialog that follows, with the answer that led there. Raises Ended, Returned.

        prepare: what the document declares, run first, so that the document's own handlers see it fail.
        """
        context = self._context
        phases = iter((prepare, self._initialise(parameters)))
        pending: Thrown | None = None
        while True:
            try:
                if pending:
                    event, pending = pending, None
                    yield from self._handle(event)
                elif phase := next(phases, None):
                    yield from phase
                elif answer is not None:
                    given, answer = answer, None
                    yield from self._process(given)
                else:
                    answer = yield from self._round()
            except Thrown as event:
                pending = event
            except ScriptError as error:
                pending = guarded(error)
            except ToItem as jump:
                self._next = context.dialog.item(jump.name)
            except ToDialog as jump:
                try:
                    return (yield from self._loader.dialog(jump.request)), jump.answer
                except Thrown as event:
                    pending = event

    # initialise

    def _initialise(self, parameters: Parameters) -> Steps[None]:
        context, left = self._context, dict(parameters)
        self._scopes.open_dialog()
        items = {item.element: item for item in context.dialog.items}
        if context.dialog.is_menu:
            self._declare_item(context.dialog.items[0])
            check_keys(context.dialog.items[0])
        for element in context.dialog.element.elements():
            if element in items:
                self._declare_item(items[element])
            elif element in context.dialog.declarations:
                name = element.get("name")
                if element.tag == "var" and name in left:
                    value = left.pop(name)
                    context.engine.put(self._scopes.dialog, name, UNDEFINED if value is None else value)
                else:
                    yield from self._actions.content([element])
        if left:
            raise Thrown("error.semantic", f"The subdialog has no variable for the parameter {next(iter(left))}.")

    def _declare_item(self, item: Item) -> None:
        expr = item.element.attributes.get("expr") if item.kind != "menu" else None
        self._context.engine.put(self._scopes.dialog, item.name, UNDEFINED)
        if expr is not None:
            self._scopes.declare(item.name, expr)

    # select and collect

    def _select(self) -> Item | None:
        if self._next is not None:
            chosen, self._next = self._next, None
            return chosen
        for item in self._context.dialog.items:
            undefined = self._context.engine.is_undefined(self._scopes.dialog, item.name)
            cond = item.element.get("cond") if item.kind != "menu" else ""
            if undefined and self._scopes.truth(cond):
                return item
        return None

    def _round(self) -> Steps[Answer | None]:
        """One turn: the answer to process, or None where the item has seen to everything."""
        context = self._context
        context.machine.step()
        context.item = None
        item = self._select()
        if item is None:
            raise Ended()
        context.item = item
        context.machine.emit(Entered(context.document.uri, context.dialog.name, item.element.get("name") or item.name))
        refuse_faulty(item.element)
        prompting, context.form.prompting = context.form.prompting, True
        if item.kind == "block":
            context.engine.put(self._scopes.dialog, item.name, True)
            yield from self._actions.run(item.element)
            return None
        if prompting:
            self._prompter.queue_for(item)
        if item.kind in {"field", "initial", "menu"}:
            return (yield from self._listen(item))
        answer = yield from self._collect(item)
        if answer is None:
            yield from self._filled([item])
        return answer

    def _gather(self, item: Item) -> Steps[list[Active]]:
        forget_last_result(self._context)
        return (yield from Activation(self._context, self._loader, self._prompter).gather(item))

    def _listen(self, item: Item) -> Steps[Answer]:
        context = self._context
        actives = yield from self._gather(item)
        language = item.element.language
        listener = Listener(context.machine, context.engine, actives, context.properties, language)
        if not listener.has_grammars:  # 3.1.4
            raise Thrown("error.semantic", "Input is expected, and no grammar is active.")
        try:
            return (yield from listener.listen())
        except Unmatched as event:
            set_unmatched(context, event)
            raise

    def _collect(self, item: Item) -> Steps[Answer | None]:
        """Input items whose input is not words or keys."""
        if item.kind == "subdialog":
            yield from self._subdialog(item)
        elif item.kind == "object":
            yield from self._items.object(item)
        else:
            actives = yield from self._gather(item)
            collect = self._items.record if item.kind == "record" else self._items.transfer
            return (yield from collect(item, actives))
        return None

    # process

    def _process(self, answer: Answer) -> Steps[None]:
        """What the matched grammar belongs to decides (2.2, 2.5, 3.1.4)."""
        context, active = self._context, answer.best.active
        set_last_result(context, answer)
        match active.owner:
            case Owner.LINK | Owner.CHOICE:
                raise self._followed(active)
            case Owner.UNIVERSAL:
                raise Thrown(active.event)
            case Owner.DIALOG if active.dialog is not context.dialog:
                assert active.dialog is not None
                assert active.document is not None
                address = "" if active.document is context.document else active.document.uri
                raise ToDialog(Request(f"{address}#{active.dialog.name}", ""), answer)
            case Owner.DIALOG if context.dialog.is_menu:
                raise self._followed(active)
        yield from self._filled(fill(context, answer))

    def _followed(self, active: Active) -> Thrown | ToDialog:
        """The jump or the event of a link or a choice; `#dialog` is one of the document it stands in."""
        element, document = active.element, active.document
        assert element is not None
        if "event" in element.attributes or "eventexpr" in element.attributes:
            return self._actions.thrown(element)
        request = self._actions.request(element)
        if request.uri.startswith("#") and document is not None and document is not self._context.document:
            request = replace(request, uri=f"{document.uri}{request.uri}")
        return ToDialog(request)

    def _filled(self, just: list[Item]) -> Steps[None]:
        """Every <filled> that these items complete, in document order (2.4)."""
        context = self._context
        items = {item.element: item for item in context.dialog.items}
        for element in context.dialog.element.elements():
            item = items.get(element)
            if item is not None and item in just:
                context.item = item
                for filled in item.filled:
                    yield from self._actions.run(filled)
            elif element in context.dialog.filled and self._completes(element, just):
                context.item = None
                yield from self._actions.run(element)

    def _completes(self, filled: Element, just: list[Item]) -> bool:
        context = self._context
        names = filled.get("namelist").split()
        meant = [item for item in context.dialog.items if (item.name in names if names else item.is_input)]
        if not any(item in just for item in meant):
            return False
        if filled.get("mode") == "any":
            return True
        return not any(context.engine.is_undefined(self._scopes.dialog, item.name) for item in meant)

    # events

    def _handle(self, thrown: Thrown) -> Steps[None]:
        """The handler runs as if it stood where the event was thrown (5.2.4), in a scope with _event and _message."""
        context = self._context
        context.machine.step(EVENT_COST)
        context.form.prompting = False
        with self._scopes.block() as block:
            context.engine.put(block, "_event", thrown.event)
            context.engine.put(block, "_message", UNDEFINED if thrown.message is None else thrown.message)
            counters = context.form.visit(context.item).events
            count(counters, thrown.event)
            handler = select(context, thrown.event, counters)
            if isinstance(handler, Default):
                self._default(handler, thrown)
                return
            with context.inheriting(handler):
                yield from self._actions.content(statements(handler.body))

    def _default(self, default: Default, thrown: Thrown) -> None:
        language = self._context.document.element.language
        text = default.english if language.startswith("en") else default.chinese
        if text:
            self._prompter.say(text, language)
        if default.exit:
            expected = default.event in {"exit", "connection.disconnect"}
            raise Ended(event="" if expected else thrown.event, message=thrown.message or "")
        self._context.form.prompting = default.reprompt
