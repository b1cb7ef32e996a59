"""One call over the bus without a loop: for the command line and for threads."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import Any

from yingda.kernel.bus.frames import Decoder, Failure, Reply, Request, encode
from yingda.kernel.errors import YingdaError

_ID = 1
_CHUNK = 1 << 16


def call_once(path: Path, method: str, body: object = None, timeout: float = 5.0) -> Any:
    """Connect to the server at `path`, call, and hang up; the result.

    Raises what the server raised, and YingdaError: plane_unreachable, plane_timeout after `timeout` s.
    """
    frame = encode(Request(_ID, method, body))
    deadline = time.monotonic() + timeout
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout)
        try:
            connection.connect(str(path))
            connection.sendall(frame)
            return _answer(connection, deadline)
        except TimeoutError:
            sentence = f"{method} was not answered within {timeout:g} s."
            raise YingdaError("plane_timeout", sentence, where=str(path)) from None
        except OSError as error:
            sentence = f"The plane cannot be reached: {error.strerror or error}."
            raise YingdaError("plane_unreachable", sentence, where=str(path)) from None


def _answer(connection: socket.socket, deadline: float) -> Any:
    decoder = Decoder()
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        connection.settimeout(left)
        data = connection.recv(_CHUNK)
        if not data:
            raise ConnectionError("the connection broke before the answer came")
        for message in decoder.receive(data):
            if isinstance(message, Failure):
                raise YingdaError.from_dict(message.error)
            if isinstance(message, Reply):
                return message.body
