"""One caller's ear: what he says while the flow listens, as inputs of the interpreter.

    state      by                                             next
    DEAF       the flow listens                               WAITING
    WAITING    speech has begun: SpeechStarted                HEARING
    HEARING    silence (complete, incomplete timeout)         READING
    HEARING    maxspeechtimeout: Heard, too long              WAITING
    READING    the recogniser's result: Heard                 WAITING (a match ends the listening, a hotword may not)
    any        the flow listens no longer, or the end         DEAF

What was said is personal: it goes to the flow and nowhere else, into no log.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from enum import Enum
from typing import TypeAlias

import numpy as np

from yingda.ivr.grammar.matching import match
from yingda.ivr.grammar.model import GrammarError, Mode
from yingda.ivr.grammar.words import tokens
from yingda.ivr.speech.hearing.endpoint import FRAME_MS, Endpointer, level
from yingda.ivr.speech.hearing.recogniser import Recogniser, Recognition, Task
from yingda.ivr.speech.tts import wav_of
from yingda.ivr.voicexml import values
from yingda.ivr.voicexml.effects import Listen
from yingda.ivr.voicexml.inputs import Heard, Hypothesis, SpeechStarted
from yingda.kernel.errors import YingdaError
from yingda.media.taps.rates import Halver

log = logging.getLogger(__name__)

BEFORE = 20
"""Frames before speech was noticed that the recogniser gets too: its beginning."""

LEAST_SILENCE_MS = 100
"""A shorter pause may lie within a word."""

Tell: TypeAlias = Callable[[SpeechStarted | Heard], None]
Keep: TypeAlias = Callable[[bytes, str], tuple[str, int]]
"""Keeps a WAV file of what was said, as a sound of this media type, for as long as its session lasts; returns its
address ("" where it cannot) and its bytes."""


class State(Enum):
    DEAF = "deaf"
    WAITING = "waiting"
    HEARING = "hearing"
    READING = "reading"


NEXT: dict[State, frozenset[State]] = {
    State.DEAF: frozenset({State.WAITING}),
    State.WAITING: frozenset({State.HEARING, State.DEAF}),
    State.HEARING: frozenset({State.READING, State.WAITING, State.DEAF}),
    State.READING: frozenset({State.WAITING, State.DEAF}),
}


class Ear:
    """rate: of the frames that `take` gets. candidates: the recognisers of a language, best first. keep: for flows that
    want what was said itself (`recordutterance`)."""

    def __init__(
        self, rate: int, candidates: Callable[[str], Sequence[Recogniser]], tell: Tell, keep: Keep | None = None
    ) -> None:
        self._rate, self._candidates, self._tell, self._keep = rate, candidates, tell, keep
        self.state = State.DEAF
        self._endpointer = Endpointer()
        self._before: deque[bytes] = deque(maxlen=BEFORE)
        self._listen: Listen | None = None
        self._recognition: Recognition | None = None
        self._rest: list[Recogniser] = []
        self._name = ""
        self._sound: list[bytes] = []  # of this utterance
        self._halver: Halver | None = None
        self._said = ""
        self._spoken_ms = 0
        self._reading: asyncio.Task[None] | None = None

    def _become(self, state: State) -> None:
        if state is self.state:
            return
        if state not in NEXT[self.state]:
            raise AssertionError(f"an ear cannot go from {self.state.value} to {state.value}")
        self.state = state

    def listen(self, listen: Listen) -> bool:
        """From now on what the caller says is for this request; False where nobody understands its language."""
        self.close()
        if not self._candidates(listen.language):
            return False
        self._listen = listen
        self._endpointer.sensitivity = float(dict(listen.properties).get("sensitivity", "0.5"))
        self._endpointer.reset()
        self._before.clear()
        self._become(State.WAITING)
        return True

    def stop(self, request: int) -> None:
        """The flow listens no longer."""
        if self._listen is not None and self._listen.request == request:
            self.close()

    def close(self) -> None:
        """Hear nothing more; harmless at any time."""
        self._forget()
        self._listen = None
        self._become(State.DEAF)

    def take(self, frame: bytes) -> None:
        """The next 20 ms of the caller."""
        self._endpointer.take(level(frame))
        if self.state is State.WAITING:
            self._before.append(frame)
            if self._endpointer.speaking:
                self._begin()
        elif self.state is State.HEARING:
            self._hear(frame)

    # ---- an utterance ----------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        listen = self._listen
        assert listen is not None
        self._become(State.HEARING)
        self._said, self._spoken_ms = "", 0
        self._sound = list(self._before)
        self._rest = list(self._candidates(listen.language))
        self._recognition = self._next(listen)
        self._tell(SpeechStarted(listen.request))

    def _next(self, listen: Listen) -> Recognition | None:
        """The next recogniser that can listen, with everything that was said so far."""
        task = Task(listen.language, listen.grammars, listen.nbest)
        while self._rest:
            recogniser = self._rest.pop(0)
            try:
                recognition = recogniser.begin(task, self.partial)
            except YingdaError as error:
                log.warning("the recogniser %s cannot listen: %s", recogniser.name, error.sentence)
                continue
            self._name = recogniser.name
            self._halver = Halver() if recogniser.rate < self._rate else None
            for frame in self._sound:
                recognition.feed(self._fitted(frame))
            return recognition
        return None

    def partial(self, text: str) -> None:
        """A recogniser tells what was said so far."""
        self._said = text

    def _fitted(self, frame: bytes) -> bytes:
        """A frame at the recogniser's rate."""
        if self._halver is None:
            return frame
        samples = self._halver.take(np.frombuffer(frame, "<i2").astype(np.float64))
        fitted: bytes = np.clip(np.rint(samples), -32_768, 32_767).astype("<i2").tobytes()
        return fitted

    def _hear(self, frame: bytes) -> None:
        listen = self._listen
        assert listen is not None
        self._sound.append(frame)
        if self._recognition is not None:
            self._recognition.feed(self._fitted(frame))
        self._spoken_ms += FRAME_MS
        if self._spoken_ms >= listen.maximum_ms:
            self._forget()
            self._become(State.WAITING)
            self._endpointer.reset()
            self._tell(Heard(listen.request, (), too_long=True))
        elif self._endpointer.silence_ms >= self._patience_ms(listen):
            self._become(State.READING)
            self._reading = asyncio.get_running_loop().create_task(self._read(listen))

    def _patience_ms(self, listen: Listen) -> int:
        """The silence that ends the utterance: shorter where what was understood is all that could be said."""
        properties = dict(listen.properties)
        name = "completetimeout" if self._said and _complete(listen, self._said) else "incompletetimeout"
        return max(LEAST_SILENCE_MS, values.milliseconds(properties.get(name, "")) or 0)

    async def _read(self, listen: Listen) -> None:
        hypotheses = (await self._readings(listen))[: max(1, listen.nbest)]
        self._reading = None
        kept = self._kept(listen) if hypotheses else ("", 0, 0)
        self._sound = []
        self._endpointer.reset()
        self._before.clear()
        self._become(State.WAITING)
        self._tell(Heard(listen.request, hypotheses, False, *kept))

    def _kept(self, listen: Listen) -> tuple[str, int, int]:
        """Address, size and length (ms) of what was said, where the flow wants it (VoiceXML 2.1, 7)."""
        wanted = dict(listen.properties)
        if self._keep is None or wanted.get("recordutterance") != "true":
            return "", 0, 0
        wav = wav_of(b"".join(self._sound), self._rate)
        return *self._keep(wav, wanted.get("recordutterancetype", "")), len(self._sound) * FRAME_MS

    async def _readings(self, listen: Listen) -> tuple[Hypothesis, ...]:
        """By the first recogniser that does not fail. When all do, nothing was understood: the flow says so, and keys
        go on working."""
        while self._recognition is not None:
            try:
                return await self._recognition.finish()
            except YingdaError as error:
                log.warning("the recogniser %s failed: %s", self._name, error.sentence)
            finally:
                self._recognition.close()
            self._recognition = self._next(listen)
        return ()

    def _forget(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None
        if self._recognition is not None:
            self._recognition.close()
            self._recognition = None


def _complete(listen: Listen, text: str) -> bool:
    """Whether what was said so far is a whole match of a grammar."""
    said = tokens(text, Mode.VOICE)
    for grammar in listen.grammars:
        try:
            if match(grammar, said) is not None:
                return True
        except GrammarError:
            continue
    return False
