"""Ways out of what is being executed, as exceptions: an event, a jump, the end. None is an error of the program."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from yingda.ivr.script.engine import Value
from yingda.ivr.voicexml.answers import Answer, Unfit


class Way(Exception):  # noqa: N818 - control flow, as StopIteration is
    """Anything that ends the running content."""


class Thrown(Way):
    """An event on its way to a handler (5.2.1). `message` becomes `_message`; None is undefined."""

    def __init__(self, event: str, message: str | None = None) -> None:
        super().__init__(event)
        self.event = event
        self.message = message


class Faulty(Protocol):
    """What may be written so that it cannot be run: an element, or the document that holds one."""

    @property
    def fault(self) -> str: ...


def refuse_faulty(part: Faulty) -> None:
    """Raises Thrown error.badfetch for what cannot be run as it is written (5.2.6)."""
    if part.fault:
        raise Thrown("error.badfetch", part.fault)


class Unmatched(Thrown):
    """nomatch. results: what was heard or pressed all the same, for application.lastresult$ (5.1.5)."""

    def __init__(self, results: tuple[Unfit, ...]) -> None:
        super().__init__("nomatch")
        self.results = results


class ToItem(Way):
    """<goto nextitem> (5.3.7)."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, slots=True)
class Request:
    """A document asked for by goto, submit, choice, link or subdialog, and how."""

    uri: str
    base: str
    method: str = "get"
    enctype: str = ""
    fields: tuple[tuple[str, Value], ...] = ()
    attributes: dict[str, str] = field(default_factory=dict)  # the element's fetch attributes
    submits: bool = False


class ToDialog(Way):
    """A jump to a dialog of this or another document. answer: input that matched there already (2.1.4)."""

    def __init__(self, request: Request, answer: Answer | None = None) -> None:
        super().__init__(request.uri)
        self.request = request
        self.answer = answer


class Returned(Way):
    """<return> (5.3.10). event: thrown at the caller instead of the values."""

    def __init__(self, values: tuple[tuple[str, Value], ...] = (), event: str = "", message: str | None = None) -> None:
        super().__init__(event)
        self.values = values
        self.event = event
        self.message = message


class Ended(Way):
    """<exit>, an event nobody caught, or the end of a dialog that leads nowhere."""

    def __init__(self, values: tuple[tuple[str, Value], ...] = (), event: str = "", message: str = "") -> None:
        super().__init__(event)
        self.values = values
        self.event = event
        self.message = message
