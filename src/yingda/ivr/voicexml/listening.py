"""The waiting state: prompts play, the caller presses keys, speaks, or is silent (VoiceXML 2.0, 4.1.5–4.1.8, D)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from yingda.ivr.grammar.matching import Matched, match
from yingda.ivr.grammar.meaning import meaning, text_of
from yingda.ivr.grammar.model import GrammarError, Mode
from yingda.ivr.grammar.words import tokens
from yingda.ivr.script.engine import ScriptEngine, ScriptError
from yingda.ivr.voicexml.answers import Active, Answer, Reading, Unfit
from yingda.ivr.voicexml.effects import Listen, StopListening
from yingda.ivr.voicexml.formats import recorded_as
from yingda.ivr.voicexml.inputs import (
    Heard,
    HungUp,
    Hypothesis,
    Input,
    Key,
    Passed,
    PlayEnded,
    Raised,
    SpeechStarted,
    TimedOut,
)
from yingda.ivr.voicexml.jumps import Thrown, Unmatched
from yingda.ivr.voicexml.keys import KeyCollector, Timing, Verdict
from yingda.ivr.voicexml.machine import Group, Machine, Steps
from yingda.ivr.voicexml.properties import Properties

_RECOGNISER: Final = ("sensitivity", "speedvsaccuracy", "completetimeout", "incompletetimeout")
_RECORDER: Final = ("recordutterance", "recordutterancetype")


@dataclass(slots=True)
class _Playing:
    request: int
    group: Group


class Listener:
    """One input collection."""

    def __init__(
        self, machine: Machine, engine: ScriptEngine, actives: list[Active], properties: Properties, language: str
    ) -> None:
        self._machine = machine
        self._engine = engine
        self._properties = properties
        self._language = language
        modes = properties.words("inputmodes")
        self._spoken = [a for a in actives if a.grammar.mode is Mode.VOICE and "voice" in modes]
        keyed = [a for a in actives if a.grammar.mode is Mode.DTMF and "dtmf" in modes]
        self._keys_wanted = "dtmf" in modes
        self.has_grammars = bool(self._spoken or keyed)
        self._keys = KeyCollector(keyed, Timing.of(properties))
        self._playing: _Playing | None = None
        self._groups: list[Group] = []
        self._silence_ms = 0
        self._listening: int | None = None
        self._mark: tuple[str, int] = ("", 0)

    def listen(self) -> Steps[Answer]:
        """The caller's answer. Raises Thrown: noinput, nomatch, maxspeechtimeout, a hang-up or an outside event."""
        machine = self._machine
        machine.enter_waiting()
        machine.forget_mark()
        self._groups, self._silence_ms = machine.take_queue(self._properties.ms("timeout"))
        self._next_group()
        try:
            while True:
                kinds = (SpeechStarted, Heard, PlayEnded, Passed, TimedOut, HungUp, Raised)
                event = yield from machine.wait(*kinds, *((Key,) if self._accepting else ()))
                answer = self._receive(event)
                if answer is not None:
                    return answer
        finally:
            self._finish()

    @property
    def _accepting(self) -> bool:
        """Whether keys count now; while a prompt that must be heard out plays they are dropped at its end."""
        return self._playing is None or self._playing.group.barge_in

    def _next_group(self) -> None:
        machine = self._machine
        if self._playing and not self._playing.group.barge_in:
            machine.drop_keys()
        self._playing = None
        if self._groups and machine.typed_ahead and self._groups[0].barge_in:
            self._groups = []  # typed ahead: the caller knows what is asked
        if self._groups:
            group = self._groups.pop(0)
            self._playing = _Playing(machine.play(group), group)
        if self._accepting:
            self._hear()
        if self._playing is None and not self._keys.keys:
            machine.arm(self._silence_ms)

    def _hear(self) -> None:
        """Turn the recogniser on, once."""
        if not self._spoken or self._listening is not None:
            return
        properties = self._properties
        if properties.text("recordutterance") == "true":
            recorded_as(properties.text("recordutterancetype"))
        self._listening = self._machine.request()
        self._machine.emit(
            Listen(
                self._listening,
                tuple(active.grammar for active in self._spoken),
                self._language,
                properties.ms("maxspeechtimeout"),
                int(properties.number("maxnbest")),
                self._playing is not None and self._playing.group.hotword,
                tuple((name, properties.text(name)) for name in (*_RECOGNISER, *_RECORDER)),
            )
        )

    def _finish(self) -> None:
        self._machine.arm(None)
        self._silence()
        if self._listening is not None:
            self._machine.emit(StopListening(self._listening))

    def _silence(self) -> None:
        """Barge-in: what plays stops, and what was to follow is not played (4.1.5)."""
        if self._playing:
            self._machine.stop(self._playing.request)
        self._playing = None
        self._groups = []

    def _receive(self, event: Input) -> Answer | None:
        match event:
            case Key(key):
                return self._press(key)
            case PlayEnded(request):
                if self._playing and self._playing.request == request:
                    self._next_group()
            case TimedOut():
                return self._time_out()
            case SpeechStarted(request) if request == self._listening:
                self._speech_started()
            case Heard(request) if request == self._listening:
                return self._heard(event)
            case HungUp():
                self._playing = None
                self._machine.enter_waiting()
            case Raised(name, message):
                raise Thrown(name, message)
        return None

    # keys

    @property
    def _hotword(self) -> bool:
        return self._playing is not None and self._playing.group.hotword

    def _press(self, key: str) -> Answer | None:
        if not self._keys_wanted:
            return None
        self._note_mark()
        hotword = self._hotword
        if not hotword:
            self._silence()
        self._machine.arm(None)
        verdict = self._keys.press(key)
        if verdict is Verdict.WAIT:
            self._machine.arm(self._keys.wait_ms)
            return None
        if verdict is Verdict.NO_MATCH and hotword:
            self._keys.reset()  # only a match interrupts (4.1.5.1)
            return None
        return self._settle(verdict)

    def _time_out(self) -> Answer | None:
        self._machine.arm(None)
        if not self._keys.keys:
            raise Thrown("noinput")
        verdict = self._keys.expire()
        if verdict is Verdict.NO_MATCH and self._hotword:
            self._keys.reset()
            return None
        return self._settle(verdict)

    def _settle(self, verdict: Verdict) -> Answer:
        if self._keys.spare:
            self._machine.give_back(self._keys.spare)
        if verdict is Verdict.NO_MATCH:
            raise Unmatched((Unfit(self._keys.keys, 1.0, Mode.DTMF),))
        keys = self._keys.keys
        readings = [self._reading(active, found, keys, 1.0, Mode.DTMF) for active, found in self._keys.matches()]
        return self._answer(readings[:1], None)

    # speech

    def _speech_started(self) -> None:
        self._note_mark()
        if not self._hotword:
            self._silence()
        if not self._keys.keys:
            self._machine.arm(None)

    def _heard(self, heard: Heard) -> Answer | None:
        self._speech_started()
        if heard.too_long:
            raise Thrown("maxspeechtimeout")
        threshold = self._properties.number("confidencelevel")
        readings: list[Reading] = []
        for hypothesis in heard.hypotheses:
            if hypothesis.confidence >= threshold:
                readings.extend(self._understood(hypothesis))
        readings.sort(key=lambda reading: (-reading.confidence, reading.active.rank))
        kept = (heard.recording, heard.recording_size, heard.recording_ms) if heard.recording else None
        if readings:
            return self._answer(readings[: int(self._properties.number("maxnbest"))], kept)
        if self._hotword:
            return None
        likely = sorted(heard.hypotheses, key=lambda hypothesis: -hypothesis.confidence)
        most = int(self._properties.number("maxnbest"))
        raise Unmatched(tuple(Unfit(each.text, each.confidence, Mode.VOICE) for each in likely[:most]))

    def _understood(self, hypothesis: Hypothesis) -> list[Reading]:
        """The hypothesis by the nearest grammar that has it."""
        said = tokens(hypothesis.text, Mode.VOICE)
        for active in sorted(self._spoken, key=lambda active: (active.rank, -active.weight)):
            try:
                found = match(active.grammar, said, active.rule)
            except GrammarError as error:
                raise Thrown("error.badfetch", error.sentence) from error
            if found:
                return [self._reading(active, found, hypothesis.text, hypothesis.confidence, Mode.VOICE)]
        return []

    def _reading(self, active: Active, found: Matched, said: str, confidence: float, mode: Mode) -> Reading:
        if active.value is not None:
            return Reading(active, said, confidence, mode, active.value)
        try:
            interpretation = meaning(found, self._engine)
        except ScriptError as error:
            raise Thrown("error.semantic", error.sentence) from error
        utterance = text_of(found) if mode is Mode.DTMF else said
        return Reading(active, utterance, confidence, mode, interpretation)

    def _note_mark(self) -> None:
        """The mark at the moment the caller began (2.1, 4)."""
        if not self._mark[0]:
            self._mark = (self._machine.mark, self._machine.mark_age_ms)

    def _answer(self, readings: list[Reading], recording: tuple[str, int, int] | None) -> Answer:
        return Answer(tuple(readings), *self._mark, recording)
