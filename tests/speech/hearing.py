"""Callers of tones for the tests of hearing: what they say, and an ear that gets it as fast as it can be read."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from tests.speech.tone_server import WORDS

from yingda.ivr.grammar.abnf import parse
from yingda.ivr.grammar.model import Grammar
from yingda.ivr.speech.hearing.ear import Ear, State
from yingda.ivr.speech.hearing.recogniser import Recogniser
from yingda.ivr.voicexml.effects import Listen
from yingda.ivr.voicexml.inputs import Heard, SpeechStarted

FRAME_MS = 20
HZ = {word: hz for hz, word in WORDS.items()}
RATE = 8_000


@contextmanager
def tone_server() -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A recogniser in a process of its own: its address, and the process whose output tells what it was asked."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.speech.tone_server"], stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    try:
        assert process.stdout is not None
        yield f"ws://127.0.0.1:{process.stdout.readline().strip()}/", process
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def tones(*hz: int, ms: int = 300, rate: int = RATE, level: float = 6_000) -> bytes:
    """Bursts of tones, 80 ms apart."""
    gap = bytes(2 * rate * 80 // 1_000)
    time = np.arange(rate * ms // 1_000) / rate
    return gap.join(np.rint(level * np.sin(2 * np.pi * one * time)).astype("<i2").tobytes() for one in hz)


def said(*words: str, rate: int = RATE) -> bytes:
    """Words as this caller says them."""
    return tones(*(HZ[word] for word in words), rate=rate)


def silence(ms: int, rate: int = RATE, seed: int = 1) -> bytes:
    """The noise of a quiet line."""
    noise = np.random.default_rng(seed).normal(0, 8, rate * ms // 1_000)
    quiet: bytes = np.rint(noise).astype("<i2").tobytes()
    return quiet


def grammar(text: str) -> Grammar:
    return parse(f"#ABNF 1.0; root $main; $main = {text};", "test")


def listen(
    *grammars: Grammar, maximum_ms: int = 20_000, nbest: int = 1, hotword: bool = False, language: str = "en"
) -> Listen:
    properties = (("sensitivity", "0.5"), ("completetimeout", "300ms"), ("incompletetimeout", "900ms"))
    return Listen(1, grammars, language, maximum_ms, nbest, hotword, properties)


class Listening:
    """An ear and what it told."""

    def __init__(self, *recognisers: Recogniser, rate: int = RATE) -> None:
        self.rate = rate
        self.told: list[SpeechStarted | Heard] = []
        self.frames = 0
        self.read_at: int | None = None
        self._more = asyncio.Event()
        self._partly = asyncio.Event()
        self.kept: list[bytes] = []
        self.ear = Ear(rate, lambda language: recognisers, self._tell, self._keep)
        known = self.ear.partial

        def partial(text: str) -> None:
            known(text)
            self._partly.set()

        self.ear.partial = partial  # type: ignore[method-assign]  # to wait for it

    def _keep(self, wav: bytes, kind: str) -> tuple[str, int]:
        self.kept.append(wav)
        return f"utterance:{len(self.kept)}", len(wav)

    def _tell(self, event: SpeechStarted | Heard) -> None:
        self.told.append(event)
        self._more.set()

    async def hears(self, sound: bytes) -> None:
        """Frame by frame; others get their turn between them, as between packets."""
        size = 2 * self.rate * FRAME_MS // 1_000
        for start in range(0, len(sound) - size + 1, size):
            self.ear.take(sound[start : start + size])
            self.frames += 1
            if self.read_at is None and self.ear.state is State.READING:
                self.read_at = self.frames
            await asyncio.sleep(0.001)

    async def understood_something(self) -> None:
        """A partial result is there."""
        async with asyncio.timeout(20):
            await self._partly.wait()

    async def heard(self, count: int = 1) -> Heard:
        """The so-manieth result."""
        async with asyncio.timeout(20):
            while True:
                found = [event for event in self.told if isinstance(event, Heard)]
                if len(found) >= count:
                    return found[count - 1]
                self._more.clear()
                await self._more.wait()

    @property
    def kinds(self) -> Sequence[str]:
        return [type(event).__name__ for event in self.told]
