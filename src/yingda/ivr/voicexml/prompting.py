"""Prompts: which of an item's are said, what they draw from the flow, and how they may be interrupted (section 4.1)."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence

from yingda.ivr.script.engine import UNDEFINED, ScriptError, Undefined
from yingda.ivr.ssml.pieces import Manner, transcript
from yingda.ivr.ssml.render import Node, Renderer
from yingda.ivr.voicexml import values
from yingda.ivr.voicexml.context import Context
from yingda.ivr.voicexml.jumps import Thrown, refuse_faulty
from yingda.ivr.voicexml.machine import Prompt
from yingda.ivr.voicexml.model import Item
from yingda.ivr.voicexml.xml import Comment, Element, Text


class Prompter:
    """Queues prompts of one context."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._renderer = Renderer(self)

    def queue_for(self, item: Item) -> None:
        """The prompts of an item by its prompt counter, which then goes up (4.1.6)."""
        visit = self._context.form.visit(item)
        fit = [prompt for prompt in item.prompts if self._context.scopes.truth(prompt.get("cond"))]
        counts = [_count(prompt) for prompt in fit if _count(prompt) <= visit.prompts]
        visit.prompts += 1
        for prompt in fit:
            if counts and _count(prompt) == max(counts):
                self.queue(prompt)

    def queue(self, prompt: Element) -> None:
        """Queue one prompt; its condition holds already."""
        properties = self._context.properties
        for inner in prompt.walk():
            refuse_faulty(inner)
        self.check_language(prompt.language)
        manner = Manner(prompt.language)
        barge_in = prompt.get("bargein") or properties.text("bargein")
        kind = prompt.get("bargeintype") or properties.text("bargeintype")
        self._context.machine.queue(
            Prompt(
                self._renderer.render(_trimmed(prompt.children), manner),
                barge_in == "true",
                kind == "hotword",
                values.milliseconds(prompt.get("timeout")),
            )
        )

    def say(self, text: str, language: str) -> None:
        """Queue a sentence of the platform's own."""
        pieces = self._renderer.render([Text(text, self._context.document.element.place)], Manner(language))
        self._context.machine.queue(Prompt(pieces, True, False, None))

    # what the renderer asks

    def check_language(self, tag: str) -> None:
        if tag.lower().partition("-")[0] not in self._context.platform.spoken:
            raise Thrown("error.unsupported.language", tag)

    def text(self, expr: str) -> str:
        return self._context.scopes.text(expr)

    def address(self, element: Element) -> str | None:
        if "src" in element.attributes:
            return self._context.address(element.get("src"), element.base)
        value = self._context.scopes.value(element.get("expr"))
        if isinstance(value, Undefined) or value is None:
            return None
        return self._context.address(str(value), element.base)

    def rounds(self, foreach: Element) -> Generator[None, None, None]:
        yield from rounds(self._context, foreach)

    def choices(self, enumerate_element: Element) -> Generator[Sequence[Node], None, None]:
        """2.2.4: the template once for each choice, with _prompt and _dtmf; without one, what each choice says."""
        scopes = self._context.scopes
        found = list(numbered_choices(self._context.item))
        if not found:
            raise Thrown("error.semantic", "<enumerate> stands where there are no choices.")
        template = [child for child in enumerate_element.children if not isinstance(child, Comment)]
        spoken = any(isinstance(child, Element) or child.value.strip() for child in template)
        for choice, keys in found:
            content = [child for child in choice.children if not is_grammar(child)]
            if not spoken:
                yield content
                continue
            with scopes.block() as block:
                said = self.said(choice, content)
                scopes.engine.put(block, "_prompt", said)
                scopes.engine.put(block, "_dtmf", keys or UNDEFINED)
                yield template

    def said(self, choice: Element, content: Sequence[Node]) -> str:
        """What a choice says, as a text."""
        if all(isinstance(child, Text) for child in content):
            return " ".join(choice.text().split())
        return transcript(self._renderer.render(content, Manner(choice.language)))


def rounds(context: Context, foreach: Element) -> Generator[None, None, None]:
    """The steps of a <foreach> (2.1, 6): over a copy of the array, the item as a variable where it stands."""
    scopes, array, item = context.scopes, foreach.get("array"), foreach.get("item")
    with scopes.aside() as aside:
        try:
            length = scopes.engine.snapshot(aside, "copy", scopes.chain, array)
            for index in range(length):
                context.machine.step()
                scopes.engine.element(aside, "copy", index, scopes.here, item)
                yield
        except ScriptError as error:
            raise Thrown("error.semantic", error.sentence) from error


def numbered_choices(item: Item | None) -> Iterator[tuple[Element, str]]:
    """The choices of a menu or options of a field with their keys; a menu with `dtmf` numbers its own (2.2.1)."""
    if item is None:
        return
    automatic = item.kind == "menu" and item.element.get("dtmf") == "true"
    number = 0
    for choice in item.element.elements("choice", "option"):
        keys = values.keys(choice.get("dtmf"))
        if not keys and automatic:
            number += 1
            keys = str(number) if number <= 9 else ""
        yield choice, keys


def check_keys(menu: Item) -> None:
    """A menu that numbers its choices leaves them none but *, # and 0 of their own (2.2.1)."""
    if menu.element.get("dtmf") != "true":
        return
    for choice in menu.element.elements("choice"):
        keys = values.keys(choice.get("dtmf"))
        if keys not in {"", "*", "#", "0"}:
            raise Thrown("error.badfetch", f"The menu numbers its choices: {keys} is no key for one ({choice.place}).")


def _count(prompt: Element) -> int:
    return int(prompt.get("count") or 1)


def is_grammar(node: Node) -> bool:
    """Whether a child of a choice is not for the ear: a grammar or a comment."""
    return isinstance(node, Comment) or (isinstance(node, Element) and node.tag == "grammar")


def _trimmed(nodes: Iterable[Node]) -> list[Node]:
    return [node for node in nodes if not isinstance(node, Comment)]
