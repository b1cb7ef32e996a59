"""What a speech recogniser is to the rest of the house: utterances in, readings out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from yingda.ivr.grammar.model import Grammar
from yingda.ivr.voicexml.inputs import Hypothesis


@dataclass(frozen=True, slots=True)
class Task:
    """What is listened for. nbest: how many readings are wanted."""

    language: str
    grammars: tuple[Grammar, ...] = ()
    nbest: int = 1


Partial = Callable[[str], None]
"""Told what was understood so far."""


class Recognition(Protocol):
    """One utterance. Only ever used on the event loop."""

    def feed(self, samples: bytes) -> None:
        """More sound: 16 bit, little-endian, at the recogniser's rate. Does not block."""
        ...

    async def finish(self) -> tuple[Hypothesis, ...]:
        """The utterance is over: its readings, best first; none if it was not understood.

        Raises YingdaError `recogniser_failed`, `recogniser_model`, `recogniser_package`.
        """
        ...

    def close(self) -> None:
        """Nobody waits for the result any more. Harmless after `finish`."""
        ...


class Recogniser(Protocol):
    """An engine. name: for people and logs; rate: samples a second that it wants."""

    @property
    def name(self) -> str: ...

    @property
    def rate(self) -> int: ...

    def prepare(self) -> None:
        """Load what takes long, before anybody speaks. Does not block."""
        ...

    def begin(self, task: Task, partial: Partial) -> Recognition:
        """An utterance begins. Raises YingdaError `recogniser_…` at once where nothing can be done."""
        ...

    async def close(self) -> None:
        """Let go of processes and connections."""
        ...


def readings(answer: Any, nbest: int) -> tuple[Hypothesis, ...]:
    """The readings in a service's answer, best first.

    {"text", "confidence"}, or Vosk's: {"text", "result": [{"conf"}]} and {"alternatives": [{"text", "confidence"}]},
    whose confidences are likelihoods without a scale and become shares of their sum. Raises ValueError for any other.
    """
    if not isinstance(answer, dict):
        raise ValueError("no readings")
    alternatives = answer.get("alternatives")
    if not isinstance(alternatives, list):
        return _reading(answer)
    found = [(str(one["text"]).strip(), float(one.get("confidence", 1.0))) for one in alternatives[:nbest]]
    scores = [score for _, score in found]
    if any(not 0 <= score <= 1 for score in scores):
        shares = _shares(scores)
        found = [(text, share) for (text, _), share in zip(found, shares, strict=True)]
    found.sort(key=lambda one: -one[1])
    return tuple(Hypothesis(text, score) for text, score in found if text)


def _reading(answer: dict[str, Any]) -> tuple[Hypothesis, ...]:
    text = str(answer.get("text", "")).strip()
    words = answer.get("result")
    confidence = float(answer.get("confidence", 1.0))
    if isinstance(words, list) and words and "confidence" not in answer:
        confidence = sum(float(word.get("conf", 1.0)) for word in words) / len(words)
    return (Hypothesis(text, min(1.0, max(0.0, confidence))),) if text else ()


def _shares(scores: Sequence[float]) -> list[float]:
    highest = max(scores)
    weights = [math.exp(score - highest) for score in scores]
    return [weight / sum(weights) for weight in weights]
