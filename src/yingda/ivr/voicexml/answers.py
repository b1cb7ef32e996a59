"""What the caller gave: matched against the active grammars, best reading first (3.1.6, 5.1.5)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from yingda.ivr.grammar.model import Grammar, Mode
from yingda.ivr.script.engine import Undefined, Value
from yingda.ivr.voicexml.model import Dialog, Document, Item
from yingda.ivr.voicexml.xml import Element


class Owner(Enum):
    """To whom a grammar belongs: what happens when it matches."""

    ITEM = "item"
    FORM = "form"
    LINK = "link"
    CHOICE = "choice"
    UNIVERSAL = "universal"
    DIALOG = "dialog"  # a form or menu elsewhere in the document or its root


@dataclass(frozen=True, slots=True, eq=False)
class Active:
    """A grammar that is listened to. rank: smaller is nearer to the item, and wins (3.1.4).

    value: what the match means, where the grammar is generated (menus, options). hold: the choice, link or dialog.
    """

    grammar: Grammar
    owner: Owner
    rank: int
    rule: str = ""
    item: Item | None = None
    element: Element | None = None
    dialog: Dialog | None = None
    document: Document | None = None
    value: Value = None
    weight: float = 1.0
    event: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """One interpretation of an input."""

    active: Active
    utterance: str
    confidence: float
    mode: Mode
    interpretation: Value | Undefined

    def as_result(self) -> dict[str, Value]:
        """One element of application.lastresult$."""
        result: dict[str, Value] = {
            "confidence": self.confidence,
            "utterance": self.utterance,
            "inputmode": self.mode.value,
        }
        if not isinstance(self.interpretation, Undefined):
            result["interpretation"] = self.interpretation
        return result


@dataclass(frozen=True, slots=True)
class Unfit:
    """An input that no grammar took."""

    utterance: str
    confidence: float
    mode: Mode


@dataclass(frozen=True, slots=True)
class Answer:
    """The readings of one input, best first, and the last mark heard before it."""

    readings: tuple[Reading, ...]
    mark: str = ""
    mark_age_ms: int = 0
    recording: tuple[str, int, int] | None = None  # address, bytes, ms (2.1, 7.1)

    @property
    def best(self) -> Reading:
        """The reading that counts."""
        return self.readings[0]

    def extras(self) -> dict[str, Value]:
        """What results and shadow variables have besides the reading: the mark, the recording."""
        found: dict[str, Value] = {}
        if self.mark:
            found["markname"], found["marktime"] = self.mark, self.mark_age_ms
        if self.recording:
            found["recording"], found["recordingsize"], found["recordingduration"] = self.recording
        return found
