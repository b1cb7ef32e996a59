"""Recognisers that run here: each engine with the user's model in a process of its own (`worker`), one for all callers.

Messages are MessagePack with their length before them (four bytes, little-endian). A process that dies or hangs costs
the utterances in it; the next one starts another, later and later if that goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import sys
import time
from collections.abc import Sequence
from typing import Any

import msgspec

from yingda.ivr.speech.engine_process import BackOff
from yingda.ivr.speech.hearing import wire
from yingda.ivr.speech.hearing.recogniser import Partial, Task
from yingda.ivr.voicexml.inputs import Hypothesis
from yingda.kernel.errors import YingdaError

PROGRAM = (sys.executable, "-m", "yingda.ivr.speech.hearing.worker")
LOADING_S = 20.0
"""So long the first callers may wait for a model that is still being loaded."""


class LocalRecogniser:
    """A Recogniser. engine: pocketsphinx, sherpa or vosk. program: what to run (tests put another in its place)."""

    def __init__(
        self, name: str, engine: str, model: str, rate: int, patience: float, program: Sequence[str] = PROGRAM
    ) -> None:
        self.name, self.rate, self.patience = name, rate, patience
        self._command = (*program, engine, model, str(rate))
        self.back_off = BackOff()
        self._process: asyncio.subprocess.Process | None = None
        self._starting: asyncio.Task[asyncio.subprocess.Process] | None = None
        self._reader: asyncio.Task[None] | None = None
        self._numbers = itertools.count(1)
        self._utterances: dict[int, _Utterance] = {}
        self.loaded = asyncio.Event()

    @property
    def pid(self) -> int | None:
        """The process in use, if one runs."""
        return self._process.pid if self._process is not None else None

    def prepare(self) -> None:
        """Start the process, which loads the model."""
        if self._starting is None:
            self._starting = asyncio.get_running_loop().create_task(self._start())
            self._starting.add_done_callback(_seen)

    def begin(self, task: Task, partial: Partial) -> _Utterance:
        self.back_off.check(self.name, time.monotonic())
        utterance = _Utterance(self, next(self._numbers), partial)
        self._utterances[utterance.number] = utterance
        grammars = msgspec.msgpack.encode(wire.plain(task.grammars))
        self.send(wire.Begin(utterance.number, task.language, task.nbest, grammars))
        return utterance

    async def close(self) -> None:
        for utterance in list(self._utterances.values()):
            utterance.fail(YingdaError("recogniser_failed", "The recogniser was closed."))
        await self._end()

    def send(self, message: wire.Message) -> None:
        """In order; while the process starts, messages wait for it."""
        self.prepare()
        assert self._starting is not None
        self._starting.add_done_callback(lambda started: self._write(started, message))

    def _write(self, started: asyncio.Task[asyncio.subprocess.Process], message: wire.Message) -> None:
        if started.cancelled() or started.exception() is not None:
            return  # `_start` has told everybody
        process = started.result()
        if process.stdin is not None and not process.stdin.is_closing():
            process.stdin.write(wire.pack(message))

    async def _start(self) -> asyncio.subprocess.Process:
        pipe, nowhere = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        try:
            process = await asyncio.create_subprocess_exec(*self._command, stdin=pipe, stdout=pipe, stderr=nowhere)
        except OSError as error:
            self._broken(YingdaError("recogniser_failed", f"The recogniser does not start: {error.strerror}."))
            raise
        self._process = process
        self._reader = asyncio.get_running_loop().create_task(self._read(process))
        return process

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        refusal = YingdaError("recogniser_failed", "The recogniser's process ended.")
        try:
            while True:
                size = int.from_bytes(await process.stdout.readexactly(wire.HEAD), "little")
                message = wire.decode(await process.stdout.readexactly(size))
                if isinstance(message, wire.Ready):
                    self.loaded.set()
                elif isinstance(message, wire.Unable):
                    refusal = YingdaError(message.code, message.sentence)
                elif (utterance := self._utterances.get(message.number)) is not None:
                    utterance.take(message)
        except (asyncio.IncompleteReadError, ConnectionError, msgspec.DecodeError):
            self._broken(refusal)
            await _hung_up(process)

    def _broken(self, error: YingdaError) -> None:
        self.back_off.failed(time.monotonic())
        self._starting, self._reader = None, None
        self.loaded.clear()
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        for utterance in list(self._utterances.values()):
            utterance.fail(error)

    def hang(self) -> None:
        """It does not answer: its process is ended, and everybody in it is told."""
        self._broken(YingdaError("recogniser_failed", f"The recogniser did not answer in {self.patience:g} s."))

    def forget(self, number: int) -> None:
        if self._utterances.pop(number, None) is not None and self._process is not None:
            self.send(wire.Drop(number))

    async def _end(self) -> None:
        reader, process, starting = self._reader, self._process, self._starting
        self._reader = self._process = self._starting = None
        self.loaded.clear()
        for task in filter(None, (starting, reader)):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await task
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            await _hung_up(process)


async def _hung_up(process: asyncio.subprocess.Process) -> None:
    """Wait for the pipe to an ended process to close. If it broke while something was being written, that has been told
    already; a loop of CPython 3.11 reports it as an error that nobody looked at."""
    if process.stdin is not None:
        process.stdin.close()
        with contextlib.suppress(OSError):
            await process.stdin.wait_closed()


def _seen(started: asyncio.Task[asyncio.subprocess.Process]) -> None:
    """That it could not start was told already."""
    if not started.cancelled():
        started.exception()


class _Utterance:
    def __init__(self, recogniser: LocalRecogniser, number: int, partial: Partial) -> None:
        self.number = number
        self._recogniser, self._partial = recogniser, partial
        self._result: asyncio.Future[tuple[Hypothesis, ...]] = asyncio.get_running_loop().create_future()

    def feed(self, samples: bytes) -> None:
        if not self._result.done():
            self._recogniser.send(wire.Sound(self.number, samples))

    async def finish(self) -> tuple[Hypothesis, ...]:
        recogniser = self._recogniser
        if not self._result.done():
            recogniser.send(wire.Finish(self.number))
        patience = recogniser.patience if recogniser.loaded.is_set() else LOADING_S
        done, _ = await asyncio.wait([self._result], timeout=patience)
        if not done:
            recogniser.hang()
        found = self._result.result()
        recogniser.back_off.worked()
        return found

    def close(self) -> None:
        self._recogniser.forget(self.number)
        if self._result.done() and not self._result.cancelled():
            self._result.exception()  # seen: nobody asks for it any more
        self._result.cancel()

    def take(self, message: Any) -> None:
        if isinstance(message, wire.Partial):
            self._partial(message.text)
        elif isinstance(message, wire.Final) and not self._result.done():
            self._result.set_result(tuple(Hypothesis(text, confidence) for text, confidence in message.readings))
        elif isinstance(message, wire.Failed):
            self.fail(YingdaError("recogniser_failed", message.sentence))

    def fail(self, error: YingdaError) -> None:
        if not self._result.done():
            self._result.set_exception(error)
