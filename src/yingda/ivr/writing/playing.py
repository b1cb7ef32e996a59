"""A draft played by the real interpreter, step by step: what was heard, and where in which document the caller stood.

The tests that gate publishing run here, and so does the rehearsal in which an author presses the keys himself. Nothing
is kept between two requests: a rehearsal is played anew from its first step, which makes it the same every time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from yingda.ivr.running.documents import address, named
from yingda.ivr.script.quickjs_engine import QuickJs
from yingda.ivr.voicexml import effects
from yingda.ivr.voicexml.effects import Effect
from yingda.ivr.voicexml.model import Library
from yingda.ivr.voicexml.rehearsal import Rehearsal
from yingda.ivr.writing.scripts import Line, Script
from yingda.kernel.errors import YingdaError

CALLER: Final[Mapping[str, Any]] = {"connection": {"remote": {"uri": "tel:13812345678"}, "local": {"uri": "tel:95588"}}}
"""What every rehearsal knows of its caller."""
LONGEST_S: Final = 5.0
"""All tests of a document together; what is left then has failed."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What a rehearsal plays. texts: every document that can be reached, by name, the draft among them."""

    name: str
    texts: Mapping[str, str]
    language: str = "zh-CN"


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing the flow did. text: in the words of `rehearsal.line`. document, line: of the form item he is at."""

    text: str
    document: str
    line: int


@dataclass(frozen=True, slots=True)
class Step:
    """A step and what followed. step: "" for the arrival. line: of the tests' text, 0 in a free rehearsal."""

    step: str
    line: int
    seen: tuple[Seen, ...]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One test. differs: the first line of `see` that was not seen so (or too much was seen), None if all were."""

    says: str
    line: int
    steps: tuple[Step, ...]
    differs: Difference | None

    @property
    def passed(self) -> bool:
        """Whether everything was seen, nothing else, and no step failed."""
        return self.differs is None and not any(step.fault for step in self.steps)


@dataclass(frozen=True, slots=True)
class Difference:
    """index: of the line seen, from 0; line: of the tests' text. expected, seen: "" where there was nothing."""

    index: int
    line: int
    expected: str
    seen: str


@dataclass
class _Watched(Rehearsal):
    """A rehearsal that knows where its caller stands."""

    places: list[Seen] = field(default_factory=list)
    at: tuple[str, int] = ("", 0)

    def note(self, effect: Effect) -> None:
        if isinstance(effect, effects.Entered):
            self.at = self._place(effect)
        before = len(self.seen)
        super().note(effect)
        self.places.extend(Seen(text, *self.at) for text in self.seen[before:])

    def _place(self, entered: effects.Entered) -> tuple[str, int]:
        """(document, line) of a form item; where the caller was before, if it is not one of the centre's."""
        name, text = named(entered.uri), self.files.get(entered.uri)
        dialog = self.library.document(text, entered.uri, self.language).dialog(entered.dialog) if text else None
        if name is None or dialog is None:
            return self.at
        items = (item for item in dialog.items if entered.item in (item.name, item.element.get("name")))
        return name, next(items, dialog).element.place.line


def play(scene: Scene, do: Sequence[Line], session: Mapping[str, Any], library: Library) -> list[Step]:
    """Play steps until one cannot be done; the arrival is a step of its own.

    Whatever a document or a step does wrong is the fault of its step, never an exception.
    """
    files = {address(name): text for name, text in scene.texts.items()}
    call = _Watched(address(scene.name), files, library, QuickJs(), {**CALLER, **session}, scene.language)
    hold = bool(do) and do[0].text == "hold"
    played = [_step(call, Line("", 0), lambda: call.begin(hold=hold))]
    for line in do:
        if played[-1].fault:
            break
        played.append(_step(call, line, partial(call.step, line.text)))
    return played


def run(scene: Scene, scripts: Iterable[Script], library: Library) -> list[Outcome]:
    """Every test of a document, in order."""
    until = time.monotonic() + LONGEST_S
    found: list[Outcome] = []
    for script in scripts:
        if time.monotonic() > until:
            late = Step("", script.line, (), f"All tests together took longer than {LONGEST_S:g} s.")
            found.append(Outcome(script.says, script.line, (late,), None))
            continue
        steps = play(scene, script.do, script.session, library)
        seen = [one.text for step in steps for one in step.seen]
        found.append(Outcome(script.says, script.line, tuple(steps), _difference(script, seen)))
    return found


def _step(call: _Watched, line: Line, act: Callable[[], None]) -> Step:
    before, fault = len(call.places), ""
    try:
        act()
    except YingdaError as error:
        fault = error.sentence
    except (ValueError, RecursionError) as error:  # a step with the wrong words, a document without an end
        fault = f"The step {line.text!r} cannot be done: {error}."
    return Step(line.text, line.line, tuple(call.places[before:]), fault)


def _difference(script: Script, seen: Sequence[str]) -> Difference | None:
    for index in range(max(len(seen), len(script.see))):
        wanted = script.see[index] if index < len(script.see) else None
        present = seen[index] if index < len(seen) else ""
        if wanted is None or wanted.text != present:
            line = wanted.line if wanted is not None else script.line
            return Difference(index, line, wanted.text if wanted is not None else "", present)
    return None
