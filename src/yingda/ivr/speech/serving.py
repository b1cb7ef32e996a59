"""The inner side of `engine_process`: reads requests, writes answers, tells once why an engine cannot start."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any, BinaryIO, TypeAlias

Answer: TypeAlias = Callable[[bytes], tuple[dict[str, Any], bytes]]


class Refusal(Exception):  # noqa: N818 (an answer, not a fault of the program)
    """What is said back instead of audio."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


def serve(load: Callable[[], Answer], source: BinaryIO, out: int) -> None:
    """Load an engine and answer every line of `source` until it ends. out: a file descriptor."""
    with os.fdopen(out, "wb", buffering=0) as file:

        def write(data: bytes) -> None:
            view = memoryview(data)
            while view:
                view = view[file.write(view) :]

        try:
            answer = load()
        except Refusal as refusal:
            write(_line({"error": refusal.code, "sentence": refusal.sentence}))
            return
        except (OSError, RuntimeError, ValueError) as error:
            write(_line({"error": "speech_failed", "sentence": f"The engine does not start: {error}"}))
            return
        for line in source:
            header, audio = answer(line)
            write(_line(header) + audio)


def _line(header: dict[str, Any]) -> bytes:
    return json.dumps(header).encode() + b"\n"
