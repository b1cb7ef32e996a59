"""How a plane's process lives under the supervisor: its options, its inherited sockets, its word, its leash.

The supervisor starts `python -m yingda.planes PLANE` with three things in the environment: the options as JSON, the
numbers of inherited listening sockets, and two pipes. The plane writes one line to the *word* pipe when it is ready or
cannot start. The *leash* pipe never carries anything: when it closes, the supervisor is gone and the plane ends too.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable

import msgspec

from yingda.planes.options import Options

ENVIRONMENT = "YINGDA_PLANE"


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """What a plane's process is told at its start."""

    options: Options
    sockets: dict[str, int]
    word: int
    leash: int
    epoch: int


class Word(msgspec.Struct, frozen=True):
    """What a plane says once: ready, or the sentence for which it cannot start (exit code 2)."""

    ready: bool
    sentence: str = ""


def setup_from_environment() -> Setup:
    return msgspec.json.decode(os.environ[ENVIRONMENT], type=Setup)


class Lifeline:
    """A plane's end of the pipes."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup

    def ready(self) -> None:
        self._say(Word(True))

    def cannot_start(self, sentence: str) -> None:
        self._say(Word(False, sentence))

    def watch(self, ended: Callable[[], object]) -> None:
        """Call `ended` from a thread when the supervisor is gone."""

        def wait() -> None:
            os.read(self._setup.leash, 1)
            ended()

        threading.Thread(target=wait, name="leash", daemon=True).start()

    def _say(self, word: Word) -> None:
        os.write(self._setup.word, msgspec.json.encode(word) + b"\n")
        os.close(self._setup.word)


def inherited(setup: Setup, name: str) -> socket.socket:
    """The listening socket `name` that the supervisor holds; it stays open there when this process ends."""
    return socket.socket(fileno=setup.sockets[name])
