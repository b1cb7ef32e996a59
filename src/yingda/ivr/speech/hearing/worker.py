"""An engine's process: `python -m yingda.ivr.speech.hearing.worker ENGINE MODEL RATE`, asked as `wire` says.

The engine's package is loaded here alone. One utterance after the other gets its turn; a result is a tenth of the
speech's length away on one core.
"""

from __future__ import annotations

import os
import sys
from typing import BinaryIO

from yingda.ivr.speech.hearing import wire
from yingda.ivr.speech.hearing.engines import Engine, Stream, load
from yingda.ivr.speech.serving import Refusal

FAULTS = (RuntimeError, ValueError, OSError, KeyError, TypeError)


class Worker:
    """Messages in, answers out."""

    def __init__(self, engine: Engine, out: BinaryIO) -> None:
        self._engine, self._out = engine, out
        self._streams: dict[int, Stream] = {}

    def take(self, message: wire.Message) -> None:
        try:
            self._do(message)
        except FAULTS as error:
            self._streams.pop(message.number, None)
            self._say(wire.Failed(message.number, f"The recogniser failed: {error}"[:300]))

    def _do(self, message: wire.Message) -> None:
        if isinstance(message, wire.Begin):
            grammars = wire.grammars_of(message.grammars)
            self._streams[message.number] = self._engine.begin(grammars, message.language, message.nbest)
        elif isinstance(message, wire.Drop):
            self._streams.pop(message.number, None)
        elif (stream := self._streams.get(message.number)) is not None:
            if isinstance(message, wire.Sound):
                if (text := stream.feed(message.samples)) is not None:
                    self._say(wire.Partial(message.number, text))
            else:
                del self._streams[message.number]
                self._say(wire.Final(message.number, stream.finish()))

    def _say(self, answer: wire.Answer) -> None:
        self._out.write(wire.pack(answer))
        self._out.flush()


def serve(engine: str, model: str, rate: int, source: BinaryIO, out: BinaryIO) -> None:
    """Until `source` ends."""
    try:
        worker = Worker(load(engine, model, rate), out)
    except Refusal as refusal:
        out.write(wire.pack(wire.Unable(refusal.code, refusal.sentence)))
        return
    out.write(wire.pack(wire.Ready()))
    out.flush()
    while len(head := source.read(wire.HEAD)) == wire.HEAD:
        worker.take(wire.decode_message(source.read(int.from_bytes(head, "little"))))


def main(engine: str, model: str, rate: str) -> None:
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not get between the answers
    with out:
        serve(engine, model, int(rate), sys.stdin.buffer, out)


if __name__ == "__main__":
    main(*sys.argv[1:])
