"""Engines for tests that keep the real ones' contracts: an HTTP service of speech, a program with piper's options."""

from __future__ import annotations

import io
import json
import threading
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np

Answer = Callable[[dict[str, Any], BaseHTTPRequestHandler], None]


def tone(hz: float, rate: int, seconds: float = 0.5) -> bytes:
    """PCM16 of a tone."""
    time = np.arange(round(rate * seconds)) / rate
    raw: bytes = np.rint(8_000 * np.sin(2 * np.pi * hz * time)).astype("<i2").tobytes()
    return raw


def wav(raw: bytes, rate: int, channels: int = 1) -> bytes:
    body = io.BytesIO()
    with wave.open(body, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(raw)
    return body.getvalue()


@contextmanager
def service(answer: Answer) -> Iterator[str]:
    """A speech service on an ephemeral port; its address."""

    with _posted(lambda body, handler: answer(json.loads(body), handler)) as address:
        yield f"{address}/speak"


@contextmanager
def recogniser_service(answer: Callable[[bytes, BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """A service that gets utterances; its address."""
    with _posted(answer) as address:
        yield f"{address}/hear"


@contextmanager
def _posted(answer: Callable[[bytes, BaseHTTPRequestHandler], None]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            answer(self.rfile.read(int(self.headers["Content-Length"])), self)

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def reply(handler: BaseHTTPRequestHandler, kind: str, body: bytes, status: int = 200) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


PIPER = """#!{python}
import argparse, os, pathlib, sys, time
parser = argparse.ArgumentParser()
for option in ("--model", "--speaker", "--length-scale"):
    parser.add_argument(option)
parser.add_argument("--output-raw", action="store_true")
given = parser.parse_args()
with pathlib.Path({log!r}).open("a") as log:
    print("loaded", given.length_scale, given.speaker, file=log)
for line in sys.stdin:
    if "hang" in line: time.sleep(60)
    if "break" in line: sys.exit(1)
    sys.stdout.buffer.write(pathlib.Path(given.model).read_bytes() * len(line.split()))
"""


def piper_program(folder: Path, python: str) -> Path:
    """A program with piper's command line, whose "model" is the PCM of one word."""
    program = folder / "piper"
    program.write_text(PIPER.format(python=python, log=str(folder / "log")))
    program.chmod(0o755)
    return program
