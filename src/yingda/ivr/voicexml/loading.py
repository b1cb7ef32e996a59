"""Documents, grammars, scripts and data from elsewhere (VoiceXML 2.0, 1.5.2, 5.3.7, 5.3.8, 6.1; 2.1, 2 and 5)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final
from urllib.parse import urldefrag

from yingda.ivr.grammar import abnf
from yingda.ivr.grammar.builtin import builtin
from yingda.ivr.grammar.matching import Matcher
from yingda.ivr.grammar.model import Grammar, GrammarError, Mode, Reference, references
from yingda.ivr.grammar.srgs_xml import from_element
from yingda.ivr.script.engine import Undefined, Value
from yingda.ivr.voicexml import values, xml
from yingda.ivr.voicexml.checks import FlowError
from yingda.ivr.voicexml.context import Context
from yingda.ivr.voicexml.data import Data, read_data
from yingda.ivr.voicexml.effects import Fetch
from yingda.ivr.voicexml.inputs import Fetched
from yingda.ivr.voicexml.jumps import Request, Thrown, refuse_faulty
from yingda.ivr.voicexml.machine import Steps
from yingda.ivr.voicexml.model import Dialog, Document
from yingda.ivr.voicexml.xml import Element, XmlError

MOST_IMPORTS: Final = 16
_FORMATS: Final = frozenset({"", "application/srgs+xml", "application/srgs", "text/xml", "application/xml"})


@dataclass(frozen=True, slots=True)
class Loaded:
    """A dialog ready to be entered. fresh: its document was loaded, or must begin anew."""

    document: Document
    dialog: Dialog
    root: Document | None
    fresh: bool
    new_application: bool


class Loader:
    """Loads for one context."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def fetch(self, what: str, request: Request) -> Steps[Fetched]:
        """What an address holds. Raises Thrown error.badfetch…"""
        context, machine = self._context, self._context.machine
        properties, given = context.properties, request.attributes
        audio = given.get("fetchaudio") or (properties.text("fetchaudio") if what != "grammar" else "")
        if audio:
            yield from machine.flush()
        number = machine.request()
        timeout = values.milliseconds(given.get("fetchtimeout", ""))
        machine.emit(
            Fetch(
                number,
                what,
                request.uri,
                request.method,
                request.enctype,
                request.fields,
                properties.ms("fetchtimeout") if timeout is None else timeout,
                _seconds(given.get("maxage"), properties.seconds(f"{what}maxage")),
                _seconds(given.get("maxstale"), properties.seconds(f"{what}maxstale")),
                context.address(audio, request.base) if audio else "",
                properties.ms("fetchaudiodelay"),
                properties.ms("fetchaudiominimum"),
            )
        )
        answer = yield from machine.await_answer(number, Fetched)
        assert isinstance(answer, Fetched)
        if answer.error:
            raise Thrown(answer.error, answer.message)
        return answer

    # documents

    def dialog(self, request: Request) -> Steps[Loaded]:
        """The dialog a jump leads to. Raises Thrown error.badfetch, error.semantic."""
        context = self._context
        address, fragment = urldefrag(request.uri)
        if not address:  # with an address, even its own, a document begins anew (5.3.7)
            return self._local(context.document, fragment)
        if context.root is not None and address == context.root.uri and not request.submits:
            return self._chosen(context.root, fragment, None, new_application=False)
        answer = yield from self.fetch("document", replace(request, uri=address))
        document = self._compiled(answer, address)
        root = yield from self._root(document)
        kept = (
            root is not None
            and context.started
            and root.uri
            in (
                context.root.uri if context.root else "",
                context.document.uri,
            )
        )
        return self._chosen(document, fragment, root, new_application=not kept)

    def _local(self, document: Document, fragment: str) -> Loaded:
        loaded = self._chosen(document, fragment, self._context.root, new_application=False)
        return Loaded(loaded.document, loaded.dialog, loaded.root, False, False)

    def _chosen(self, document: Document, fragment: str, root: Document | None, *, new_application: bool) -> Loaded:
        dialog = document.dialog(fragment)
        if dialog is None:
            name = f"dialog {fragment}" if fragment else "dialog"
            raise Thrown("error.badfetch", f"{document.uri} has no {name}.")
        return Loaded(document, dialog, root, True, new_application)

    def _root(self, document: Document) -> Steps[Document | None]:
        """The root document, as it is if it is loaded already (1.5.2)."""
        context, uri = self._context, document.application
        if not uri:
            return None
        if context.started:
            if context.root is not None and context.root.uri == uri:
                return context.root
            if context.root is None and context.document.uri == uri:
                return context.document
        answer = yield from self.fetch("document", Request(uri, document.uri))
        root = self._compiled(answer, uri)
        if root.application:
            raise Thrown("error.semantic", f"The root document {uri} names a root document itself.")
        return root

    def _compiled(self, answer: Fetched, uri: str) -> Document:
        platform = self._context.platform
        try:
            return platform.library.document(answer.text, answer.uri or uri, platform.language)
        except (XmlError, FlowError) as error:
            raise Thrown("error.badfetch", str(error)) from error

    # grammars

    def grammar(self, element: Element, document: Document) -> Steps[tuple[Grammar, str]]:
        """The grammar of a <grammar> element and the rule to begin with. Raises Thrown."""
        refuse_faulty(element)
        if element.get("type") not in _FORMATS:
            raise Thrown("error.unsupported.format", f"Grammars of the type {element.get('type')} are not read.")
        try:
            if "src" in element.attributes or "srcexpr" in element.attributes:
                grammar, rule = yield from self._external(element)
            else:
                grammar, rule = (yield from self._complete(self._inline(element, document))), ""
            if element.get("mode", grammar.mode.value) != grammar.mode.value:
                raise GrammarError(f"The grammar is of the mode {grammar.mode.value}.", "mode")
            try_out(grammar, rule)
            return grammar, rule
        except GrammarError as error:
            place = f"{document.uri}, {element.place}"
            raise Thrown("error.badfetch", f"{error.sentence} ({place}: {error.where})") from error

    def _inline(self, element: Element, document: Document) -> Grammar:
        if any(element.elements("rule")):
            return document.grammar(element)
        text = element.text()
        if not abnf.is_abnf(text):
            raise Thrown("error.unsupported.format", f"The grammar at {element.place} is neither SRGS form.")
        return read_grammar(text, element.base, element.language)

    def _external(self, element: Element) -> Steps[tuple[Grammar, str]]:
        mode = Mode.DTMF if element.get("mode") == "dtmf" else Mode.VOICE
        uri = element.get("src") or self._context.scopes.text(element.get("srcexpr"))
        if uri.startswith("builtin:"):
            return named_builtin(uri, mode, element.language), ""
        address, rule = urldefrag(self._context.address(uri, element.base))
        grammar = yield from self._fetched(address, element)
        if rule:  # from outside only a public rule is seen
            Grammar({}, "", imports={address: grammar}).rule(Reference(address, rule))
        return (yield from self._complete(grammar)), rule

    def _fetched(self, uri: str, element: Element | None) -> Steps[Grammar]:
        attributes = element.attributes if element else {}
        answer = yield from self.fetch("grammar", Request(uri, uri, attributes=attributes))
        return read_grammar(answer.text, answer.uri or uri, self._context.platform.language)

    def _complete(self, grammar: Grammar) -> Steps[Grammar]:
        """Load the grammars it refers to, and those they refer to."""
        loaded: dict[str, Grammar] = {}
        waiting = [grammar]
        while waiting:
            current = waiting.pop()
            for uri in references(current) - current.imports.keys():
                if len(loaded) >= MOST_IMPORTS:
                    raise GrammarError(f"A grammar refers to more than {MOST_IMPORTS} others.")
                if uri.startswith("builtin:"):
                    loaded[uri] = named_builtin(uri, current.mode, current.language)
                elif uri not in loaded:
                    loaded[uri] = yield from self._fetched(uri, None)
                    waiting.append(loaded[uri])
                current.imports[uri] = loaded[uri]
        return grammar

    # scripts and data

    def script(self, element: Element) -> Steps[str]:
        """The text of a <script>."""
        if "src" not in element.attributes and "srcexpr" not in element.attributes:
            return element.text()
        request = self._request(element)
        answer = yield from self.fetch("script", request)
        return answer.text

    def data(self, element: Element) -> Steps[Data]:
        """<data> (2.1, 5). Raises Thrown."""
        fields = self._context.scopes.named(element.get("namelist"))
        answer = yield from self.fetch("data", self._request(element, fields))
        return read_data(answer, self._context.document.uri)

    def _request(self, element: Element, fields: tuple[tuple[str, Value], ...] = ()) -> Request:
        context = self._context
        uri = element.get("src") or context.scopes.text(element.get("srcexpr"))
        address = context.address(uri, element.base)
        method, enctype = element.get("method", "get"), element.get("enctype")
        return Request(address, element.base, method, enctype, fields, element.attributes)

    def parameters(self, element: Element) -> tuple[tuple[str, Value], ...]:
        """The <param> of an element (6.4)."""
        found: list[tuple[str, Value]] = []
        for param in element.elements("param"):
            expr = param.attributes.get("expr")
            value = param.get("value") if expr is None else self._context.scopes.value(expr)
            found.append((param.get("name"), None if isinstance(value, Undefined) else value))
        return tuple(found)


def named_builtin(uri: str, mode: Mode, language: str) -> Grammar:
    """`builtin:digits?length=4`, `builtin:dtmf/digits`, `builtin:grammar/boolean`. Raises Thrown."""
    name = uri.removeprefix("builtin:")
    kind, slash, rest = name.partition("/")
    if slash:
        mode, name = (Mode.DTMF if kind == "dtmf" else Mode.VOICE), rest
    try:
        return builtin(name, mode, language)
    except GrammarError as error:
        raise Thrown("error.unsupported.builtin", error.sentence) from error


@lru_cache(maxsize=256)
def read_grammar(text: str, uri: str, language: str) -> Grammar:
    """A grammar's text in either form, compiled once. Raises GrammarError."""
    if abnf.is_abnf(text):
        return abnf.parse(text, uri, language)
    try:
        return from_element(xml.read(text, uri, language))
    except XmlError as error:
        raise GrammarError(error.sentence, error.where) from error


@lru_cache(maxsize=1_024)
def try_out(grammar: Grammar, rule: str) -> None:
    """Raises GrammarError where a grammar has no such rule, or its rules lead round without a word."""
    Matcher(grammar, rule)


def _seconds(given: str | None, otherwise: int | None) -> int | None:
    return int(given) if given else otherwise
