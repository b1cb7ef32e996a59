"""Which grammars are active at an item, and in what order they win (VoiceXML 2.0, 2.2, 2.3.1, 2.5, 3.1.3, 3.1.4)."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Final

from yingda.ivr.grammar.model import Expansion, Grammar, Mode, OneOf, Repeat, Rule, Sequence, Token
from yingda.ivr.grammar.words import tokens
from yingda.ivr.voicexml import values
from yingda.ivr.voicexml.answers import Active, Owner
from yingda.ivr.voicexml.context import Context
from yingda.ivr.voicexml.jumps import Thrown, refuse_faulty
from yingda.ivr.voicexml.loading import Loader, named_builtin
from yingda.ivr.voicexml.machine import Steps
from yingda.ivr.voicexml.model import Dialog, Document, Item
from yingda.ivr.voicexml.prompting import Prompter, is_grammar, numbered_choices
from yingda.ivr.voicexml.xml import Element

UNIVERSALS: Final = {
    "help": {"zh": "帮助", "en": "help"},
    "cancel": {"zh": "取消", "en": "cancel"},
    "exit": {"zh": "退出", "en": "exit"},
}


class Activation:
    """Gathers the active grammars of one moment."""

    def __init__(self, context: Context, loader: Loader, prompter: Prompter) -> None:
        self._context = context
        self._loader = loader
        self._prompter = prompter
        self._found: list[Active] = []
        self._spoken = "voice" in context.properties.words("inputmodes")

    def gather(self, item: Item) -> Steps[list[Active]]:
        """The grammars active at an item, the nearest first; only its own where it is modal (2.3.1)."""
        context = self._context
        self._found = []
        modal = item.element.get("modal") or ("true" if item.kind == "record" else "false")
        yield from self._item(item)
        if modal == "true":
            return self._found
        yield from self._links(item.links, context.document)
        yield from self._form(context.dialog, context.document)
        yield from self._links(context.dialog.links, context.document)
        for document in (context.document, context.root):
            if document is not None:
                yield from self._elsewhere(document)
        self._universals()
        return self._found

    def _add(self, active: Active) -> None:
        self._found.append(replace(active, rank=len(self._found)))

    # the item's own

    def _item(self, item: Item) -> Steps[None]:
        document = self._context.document
        yield from self._elements(item.grammars, document, Active(_NOTHING, Owner.ITEM, 0, item=item))
        kind = item.element.get("type") if item.kind == "field" else ""
        if kind:
            for mode in (Mode.DTMF, Mode.VOICE):
                grammar = named_builtin(kind, mode, item.element.language)
                self._add(Active(grammar, Owner.ITEM, 0, item=item))
        yield from self._choices(item, document)

    def _elements(self, elements: tuple[Element, ...], document: Document, like: Active) -> Steps[None]:
        for element in elements:
            grammar, rule = yield from self._loader.grammar(element, document)
            self._add(replace(like, grammar=grammar, rule=rule, weight=float(element.get("weight") or 1)))

    def _choices(self, item: Item, document: Document) -> Steps[None]:
        """Menus and options generate their grammars (2.2.1, 2.2.5, 2.3.1.3)."""
        for choice, keys in numbered_choices(item):
            refuse_faulty(choice)
            text = self._text(choice)
            owner = Owner.CHOICE if choice.tag == "choice" else Owner.ITEM
            like = Active(_NOTHING, owner, 0, item=item, element=choice, document=document)
            if choice.tag == "option":
                like = replace(like, value=choice.get("value") or text or keys)
            if keys:
                self._add(replace(like, grammar=key_grammar(keys)))
            own = tuple(choice.elements("grammar"))
            if own:
                yield from self._elements(own, document, like)
            elif text and self._spoken:
                accept = choice.get("accept") or item.element.get("accept") or "exact"
                self._add(replace(like, grammar=phrase_grammar(text, choice.language, accept == "approximate")))

    def _text(self, choice: Element) -> str:
        return self._prompter.said(choice, [child for child in choice.children if not is_grammar(child)]).strip()

    # what lies around

    def _links(self, links: tuple[Element, ...], document: Document) -> Steps[None]:
        for link in links:
            refuse_faulty(link)
            like = Active(_NOTHING, Owner.LINK, 0, element=link, document=document)
            if link.get("dtmf"):
                self._add(replace(like, grammar=key_grammar(values.keys(link.get("dtmf")))))
            yield from self._elements(tuple(link.elements("grammar")), document, like)

    def _form(self, dialog: Dialog, document: Document) -> Steps[None]:
        like = Active(_NOTHING, Owner.FORM, 0, dialog=dialog, document=document)
        yield from self._elements(dialog.grammars, document, like)

    def _elsewhere(self, document: Document) -> Steps[None]:
        """A document's links, and its dialogs that listen beyond themselves."""
        yield from self._links(document.links, document)
        for dialog in document.dialogs:
            if dialog is self._context.dialog:
                continue
            wide = dialog.element.get("scope") == "document"
            like = Active(_NOTHING, Owner.DIALOG, 0, dialog=dialog, document=document)
            if dialog.is_menu and wide:
                before = len(self._found)
                yield from self._choices(dialog.items[0], document)
                self._found[before:] = [
                    replace(active, owner=Owner.DIALOG, dialog=dialog) for active in self._found[before:]
                ]
            chosen = tuple(g for g in dialog.grammars if (g.get("scope") == "document" if g.get("scope") else wide))
            yield from self._elements(chosen, document, like)

    def _universals(self) -> None:
        wanted = self._context.properties.words("universals")
        language = "en" if self._context.document.element.language.startswith("en") else "zh"
        for event, words in UNIVERSALS.items():
            if "all" in wanted or event in wanted:
                grammar = phrase_grammar(words[language], language, False)
                self._add(Active(grammar, Owner.UNIVERSAL, 0, event=event))


@lru_cache(maxsize=1_024)
def key_grammar(keys: str) -> Grammar:
    """The grammar of one sequence of keys."""
    rule = Rule("main", Sequence(tuple(Token(key) for key in keys)))
    return Grammar({"main": rule}, "main", Mode.DTMF)


@lru_cache(maxsize=4_096)
def phrase_grammar(text: str, language: str, approximate: bool) -> Grammar:
    """The grammar of a phrase, or of any of its words in order (2.2.5)."""
    words: list[Expansion] = [Token(word) for word in tokens(text, Mode.VOICE)]
    if not words:
        raise Thrown("error.semantic", "A choice has nothing to say and no key.")
    expansion: Expansion = Sequence(tuple(words))
    if approximate:
        heads = [Sequence((word, *(Repeat(rest, 0, 1) for rest in words[at + 1 :]))) for at, word in enumerate(words)]
        expansion = OneOf(tuple(heads), (1.0,) * len(heads))
    return Grammar({"main": Rule("main", expansion)}, "main", Mode.VOICE, language)


_NOTHING: Final = Grammar({"main": Rule("main", Sequence(()))}, "main")
