"""Executable content (VoiceXML 2.0, 5.3; 2.1, 5 and 6): one method an element, found by its name."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Final

from yingda.ivr.script.engine import UNDEFINED, Undefined, Value
from yingda.ivr.ssml.pieces import Manner, transcript
from yingda.ivr.ssml.render import Renderer
from yingda.ivr.voicexml.context import Context
from yingda.ivr.voicexml.effects import Disconnect, Log
from yingda.ivr.voicexml.jumps import Ended, Request, Returned, Thrown, ToDialog, ToItem, refuse_faulty
from yingda.ivr.voicexml.loading import Loader
from yingda.ivr.voicexml.machine import HANG_UP, Steps
from yingda.ivr.voicexml.model import statements
from yingda.ivr.voicexml.prompting import Prompter, rounds
from yingda.ivr.voicexml.xml import Comment, Element


class Actions:
    """Executes content in one context."""

    def __init__(self, context: Context, loader: Loader, prompter: Prompter) -> None:
        self._context = context
        self._scopes = context.scopes
        self._loader = loader
        self._prompter = prompter

    def run(self, element: Element) -> Steps[None]:
        """The content of a block, a handler, <filled> …, in an anonymous scope of its own (5.1.2)."""
        with self._scopes.block():
            yield from self.content(statements(element))

    def content(self, elements: list[Element]) -> Steps[None]:
        """Elements one after the other, in the scope that is open."""
        for element in elements:
            self._context.machine.step()
            refuse_faulty(element)
            at_once, waiting = _AT_ONCE.get(element.tag), _WAITING.get(element.tag)
            if at_once is not None:
                at_once(self, element)
            elif waiting is not None:
                yield from waiting(self, element)
            elif not element.tag.startswith("{"):
                raise Thrown(f"error.unsupported.{element.tag}")

    # variables

    def var(self, element: Element) -> None:
        self._scopes.declare(element.get("name"), element.attributes.get("expr"))

    def assign(self, element: Element) -> None:
        self._scopes.assign(element.get("name"), element.get("expr"))

    def clear(self, element: Element) -> None:
        """Variables become undefined; form items may be visited again with their counters reset (5.3.3)."""
        context = self._context
        names = element.get("namelist").split() or [item.name for item in context.dialog.items]
        for name in names:
            item = context.dialog.item(name.removeprefix("dialog."))
            if item is None:
                self._scopes.assign(name, "undefined")
            else:
                context.engine.put(self._scopes.dialog, item.name, UNDEFINED)
                context.form.visits.pop(item, None)

    def script(self, element: Element) -> Steps[None]:
        text = yield from self._loader.script(element)
        self._scopes.run(text)

    def data(self, element: Element) -> Steps[None]:
        data = yield from self._loader.data(element)
        engine, name = self._context.engine, element.get("name")
        if name:
            (engine.document if data.tree else engine.put)(self._scopes.here, name, data.value)

    # flow of control

    def if_(self, element: Element) -> Steps[None]:
        """5.3.4: the first branch whose condition holds. `else` and `elseif` part the content."""
        chosen: list[Element] = []
        taken = self._scopes.truth(element.get("cond"))
        done = taken
        for child in statements(element):
            if child.tag in {"else", "elseif"}:
                taken = not done and self._scopes.truth(child.get("cond"))
                done = done or taken
            elif taken:
                chosen.append(child)
        yield from self.content(chosen)

    def foreach(self, element: Element) -> Steps[None]:
        body = statements(element)
        with closing(rounds(self._context, element)) as steps:
            for _ in steps:
                yield from self.content(body)

    def throw(self, element: Element) -> None:
        raise self.thrown(element)

    def thrown(self, element: Element) -> Thrown:
        """The event and message of an element (5.2.1)."""
        event = element.get("event") or self._scopes.text(element.get("eventexpr"))
        message = element.attributes.get("message")
        if "messageexpr" in element.attributes:
            message = self._scopes.text(element.get("messageexpr"))
        return Thrown(event, message)

    def reprompt(self, element: Element) -> None:
        self._context.form.prompting = True

    def goto(self, element: Element) -> None:
        """5.3.7: to an item of this form, or to a dialog."""
        item = element.get("nextitem")
        if "expritem" in element.attributes:
            item = self._scopes.text(element.get("expritem"))
        if item:
            if self._context.dialog.item(item) is None:
                raise Thrown("error.badfetch", f"The form has no item {item}.")
            raise ToItem(item)
        raise ToDialog(self.request(element))

    def submit(self, element: Element) -> None:
        """5.3.8: named variables, or those of all named input items, go along."""
        names = element.get("namelist")
        if "namelist" not in element.attributes:
            items = self._context.dialog.items
            names = " ".join(item.name for item in items if item.is_input and item.element.get("name"))
        raise ToDialog(self.request(element, self._scopes.named(names), submits=True))

    def request(
        self, element: Element, fields: tuple[tuple[str, Value], ...] = (), *, submits: bool = False
    ) -> Request:
        """Where `next` or `expr` of an element leads."""
        uri = element.get("next") or self._scopes.text(element.get("expr"))
        if not uri.startswith("#"):
            uri = self._context.address(uri, element.base)
        method, enctype = element.get("method", "get"), element.get("enctype", "application/x-www-form-urlencoded")
        return Request(uri, element.base, method, enctype, fields, element.attributes, submits)

    def exit(self, element: Element) -> None:
        """5.3.9."""
        values = self._scopes.named(element.get("namelist"))
        if "expr" in element.attributes:
            value = self._scopes.value(element.get("expr"))
            values = () if isinstance(value, Undefined) else (("", value),)
        raise Ended(values)

    def return_(self, element: Element) -> None:
        """5.3.10: only from a subdialog."""
        if not self._context.depth:
            raise Thrown("error.semantic", "<return> stands outside of a subdialog.")
        if "event" in element.attributes or "eventexpr" in element.attributes:
            thrown = self.thrown(element)
            raise Returned(event=thrown.event, message=thrown.message)
        raise Returned(self._scopes.named(element.get("namelist")))

    def disconnect(self, element: Element) -> Steps[None]:
        """5.3.11 and 2.1, 8: what is queued is heard, then the line goes, and the flow is told."""
        values = self._scopes.named(element.get("namelist"))
        machine = self._context.machine
        yield from machine.flush()
        if not machine.hung_up:
            machine.emit(Disconnect(values))
        machine.hang_up()
        raise Thrown(HANG_UP)

    # speech and log

    def prompt(self, element: Element) -> None:
        if self._scopes.truth(element.get("cond")):
            self._prompter.queue(element)

    def log(self, element: Element) -> None:
        """5.3.13."""
        nodes = [child for child in element.children if not isinstance(child, Comment)]
        text = transcript(Renderer(self._prompter).render(nodes, Manner(element.language)))
        if "expr" in element.attributes:
            text = f"{text} {self._scopes.text(element.get('expr'))}".strip()
        self._context.machine.emit(Log(element.get("label"), text))


_AT_ONCE: Final[dict[str, Callable[[Actions, Element], None]]] = {
    "assign": Actions.assign,
    "clear": Actions.clear,
    "exit": Actions.exit,
    "goto": Actions.goto,
    "log": Actions.log,
    "prompt": Actions.prompt,
    "reprompt": Actions.reprompt,
    "return": Actions.return_,
    "submit": Actions.submit,
    "throw": Actions.throw,
    "var": Actions.var,
}
_WAITING: Final[dict[str, Callable[[Actions, Element], Steps[None]]]] = {
    "data": Actions.data,
    "disconnect": Actions.disconnect,
    "foreach": Actions.foreach,
    "if": Actions.if_,
    "script": Actions.script,
}
