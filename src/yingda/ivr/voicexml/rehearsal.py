"""A flow played through by a script: what the caller and the world do, and what the flow did, a line each.

Flow tests that gate publishing are such scripts, and so is the conformance suite. In `do`, one step a line:

    12#              keys                       say TEXT [0.8][; TEXT 0.5]   speech with its confidence
    silence          the timer runs out         heard                       the running prompt ends (it does by itself,
    talks            speech begins              hold                        unless the script says `hold`)
    hangup           the caller is gone         raise EVENT [MESSAGE]       an outside event
    recorded URI MS SIZE WHY                    transferred RESULT MS       object JSON · object! EVENT
    wait MS          time passes                mark NAME                   a mark is passed
    too long         speech beyond its limit    kept URI SIZE MS TEXT       speech that was recorded

What is seen are the effects in the words of `line`. `files` answer fetches; what they lack is a 404.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from yingda.ivr.script.engine import ScriptEngine, Value
from yingda.ivr.ssml.pieces import Mark, transcript
from yingda.ivr.voicexml import effects, inputs
from yingda.ivr.voicexml.effects import Effect
from yingda.ivr.voicexml.inputs import Input
from yingda.ivr.voicexml.interpreter import Interpreter
from yingda.ivr.voicexml.model import Library
from yingda.kernel.errors import YingdaError

MOST_ROUNDS = 200
"""So often the world answers a flow within one step: more is taken for a loop between documents."""
SHOWN = frozenset({"play", "log", "exit", "disconnect", "record", "transfer", "invoke"})


class RehearsalError(YingdaError):
    """A step that cannot be done where the flow stands: `flow_rehearsal`."""

    def __init__(self, step: str, reason: str) -> None:
        super().__init__("flow_rehearsal", f"The step {step!r} cannot be done: {reason}.")


@dataclass
class Rehearsal:
    """One call. start: address of the flow, one of `files`; seen: the lines so far."""

    start: str
    files: dict[str, str]
    library: Library
    engine: ScriptEngine
    session: dict[str, Value] = field(default_factory=dict)
    language: str = "en"
    shown: frozenset[str] = SHOWN
    seen: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.now = 1_000_000
        self.interpreter = Interpreter(self.library, self.engine, self.session, self.language)
        self._playing: int | None = None
        self._request: dict[str, int] = {}
        self._hold = False
        self._mark = ""
        self._current, self._rounds = "", 0

    def run(self, steps: list[str]) -> list[str]:
        """Play the whole script; the lines seen."""
        self.begin(hold=steps[:1] == ["hold"])
        for step in steps:
            self.step(str(step))
        return self.seen

    def begin(self, *, hold: bool = False) -> None:
        """The call arrives. hold: its first prompt is not heard to the end by itself."""
        self._hold = hold
        self._take(self.interpreter.start(self.start, self.now))

    def step(self, step: str) -> None:
        """One step of a script. Raises RehearsalError where it cannot be done, or what follows has no end."""
        self._current, self._rounds = step, 0
        word, _, rest = step.partition(" ")
        for event in self._events(word, rest, step):
            self._give(event)

    def _give(self, event: Input) -> None:
        self._take(self.interpreter.receive(event, self.now))

    def _take(self, found: list[Effect]) -> None:
        """Note effects; answer those the world answers by itself."""
        self._rounds += 1
        if self._rounds > MOST_ROUNDS:
            raise RehearsalError(self._current, "the flow runs in circles")
        fetches: list[effects.Fetch] = []
        for effect in found:
            self.note(effect)
            if isinstance(effect, effects.Fetch):
                fetches.append(effect)
        for fetch in fetches:
            self.now += 20_000
            self._give(self._fetched(fetch))
        while self._playing is not None and not self._hold:
            playing, self._playing = self._playing, None
            self.now += 1_000_000
            self._give(inputs.PlayEnded(playing, self._mark))
            self._mark = ""

    def note(self, effect: Effect) -> None:
        """Something the flow does; who watches more closely adds to this."""
        words = line(effect)
        if words and words.partition(" ")[0] in self.shown:
            self.seen.append(words)
        match effect:
            case effects.Play(request, pieces, _):
                self._playing = request
                marks = [piece.name for piece in pieces if isinstance(piece, Mark)]
                self._mark = marks[-1] if marks else ""
            case effects.StopPlaying(request) if request == self._playing:
                self._playing = None
            case effects.Listen(request=request):
                self._request["listen"] = request
            case effects.Record(request=request):
                self._request["record"] = request
            case effects.Transfer(request=request):
                self._request["transfer"] = request
            case effects.Invoke(request=request):
                self._request["object"] = request

    def _open(self, what: str, step: str) -> int:
        """The number of the last request of a kind."""
        if what not in self._request:
            raise RehearsalError(step, f"there is no {what} to answer")
        return self._request[what]

    def _fetched(self, fetch: effects.Fetch) -> inputs.Fetched:
        text = self.files.get(fetch.uri)
        if text is None:
            return inputs.Fetched(fetch.request, "", error="error.badfetch.http.404", message=fetch.uri)
        media_type = "application/json" if fetch.uri.partition("?")[0].endswith(".json") else ""
        return inputs.Fetched(fetch.request, text, fetch.uri, media_type=media_type)

    def _events(self, word: str, rest: str, step: str) -> Iterator[Input]:
        match word:
            case "silence":
                timer = self.interpreter.next_timer()
                if timer is None:
                    raise RehearsalError(step, "no timer runs")
                self.now = max(self.now, timer)
                self._take(self.interpreter.handle_timer(self.now))
            case "wait":
                self.now += int(rest) * 1_000
                self._take(self.interpreter.handle_timer(self.now))
            case "hold":
                self._hold = True
            case "heard":
                self._hold = False
                playing, self._playing = self._playing, None
                if playing is None:
                    raise RehearsalError(step, "nothing plays")
                yield inputs.PlayEnded(playing, self._mark)
            case "mark":
                if self._playing is None:
                    raise RehearsalError(step, "nothing plays")
                yield inputs.Passed(self._playing, rest)
            case "hangup":
                yield inputs.HungUp()
            case "talks":
                yield inputs.SpeechStarted(self._open("listen", step))
            case "too":
                yield inputs.Heard(self._open("listen", step), (), too_long=True)
            case "say":
                yield inputs.Heard(self._open("listen", step), hypotheses(rest))
            case "kept":
                uri, size, ms, words = rest.split(" ", 3)
                yield inputs.Heard(self._open("listen", step), hypotheses(words), False, uri, int(size), int(ms))
            case "raise":
                event, _, message = rest.partition(" ")
                yield inputs.Raised(event, message)
            case "recorded":
                uri, ms, size, why = rest.split()
                yield inputs.RecordingEnded(self._open("record", step), uri, int(ms), int(size), why)
            case "transferred":
                result, ms = rest.split()
                yield inputs.TransferEnded(self._open("transfer", step), result, int(ms))
            case "object":
                yield inputs.ObjectEnded(self._open("object", step), json.loads(rest))
            case "object!":
                yield inputs.ObjectEnded(self._open("object", step), None, rest)
            case _:
                for key in step.replace(" ", ""):
                    self.now += 200_000
                    yield inputs.Key(key)


def hypotheses(text: str) -> tuple[inputs.Hypothesis, ...]:
    """`yes 0.9; guess 0.4`; 0.9 where no number stands."""
    found = []
    for part in text.split(";"):
        scored = re.fullmatch(r"\s*(.*?)\s+([01](?:\.\d+)?)\s*", part)
        words, confidence = (scored[1], float(scored[2])) if scored else (part.strip(), 0.9)
        found.append(inputs.Hypothesis(words, confidence))
    return tuple(hypothesis for hypothesis in found if hypothesis.text)


def line(effect: Effect) -> str:
    """An effect as one line."""
    match effect:
        case effects.Play(_, pieces, _):
            return f"play {transcript(pieces)}"
        case effects.StopPlaying():
            return "stop"
        case effects.Log(label, text):
            return f"log {label}: {text}" if label else f"log {text}"
        case effects.Exit(values, event, _):
            return f"exit {event or _values(values)}".strip()
        case effects.Disconnect(values):
            return f"disconnect {_values(values)}".strip()
        case effects.Record(_, beep, patience, maximum, silence, media):
            return f"record beep={beep} within={patience} max={maximum} silence={silence} {media}".strip()
        case effects.Transfer(_, kind, destination, connect, maximum, audio, attached):
            return f"transfer {kind} {destination} {connect} {maximum} {audio} {attached}".strip()
        case effects.Invoke(_, uri, data, media, parameters):
            return f"invoke {uri} {data} {media} {_values(parameters)}".strip()
        case effects.Listen(_, grammars, language, maximum, nbest, hotword, _):
            return f"listen {len(grammars)} {language} {maximum} {nbest} {hotword}"
        case effects.StopListening():
            return "deaf"
        case effects.EndTransfer():
            return "endtransfer"
        case effects.StopRecording():
            return "stoprecording"
        case effects.Entered(_, dialog, item):
            return f"at {dialog} {item}"
        case effects.Fetch():
            fields = _values(effect.fields)
            return f"fetch {effect.what} {effect.method} {effect.uri} {fields}".strip()


def _values(values: tuple[tuple[str, Value], ...]) -> str:
    texts = [(name, json.dumps(value, ensure_ascii=False)) for name, value in values]
    return " ".join(f"{name}={text}" if name else text for name, text in texts)
