"""What the OpenAPI document says is what the server does: requests made from it find no 500 and no unknown answer.

The slice of every test run asks what the web plane answers by itself; all of it, with control and media behind, is in
tests/e2e/test_openapi.py.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import uvicorn

from tests.server.centre import PASSWORD, Place, copy_data, running
from tests.server.control import Control
from tests.server.fuzz import Fuzz

OF_CONTROL = ("/desk", "/floor", "/feed", "/missed", "/callbacks", "/healthz")
"""Where control answers: the stand-in would have to invent it."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The application on a port of its own, in a thread of its own."""
    ready, stop = threading.Event(), asyncio.Event()
    found: list[str] = []
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        async with running(Place(folder, Control())) as place:
            server = uvicorn.Server(uvicorn.Config(place.app, lifespan="off", log_config=None))
            task = asyncio.create_task(server.serve([listener]))
            found.append(f"http://127.0.0.1:{listener.getsockname()[1]}")
            ready.set()
            await stop.wait()
            server.should_exit = True
            await task

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    assert ready.wait(20), "the application did not start"
    try:
        yield found[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(20)
        loop.close()


def sign_in(url: str, username: str, password: str) -> Mapping[str, str]:
    """The headers of a new session."""
    answer = httpx.post(f"{url}/api/v1/session", json={"username": username, "password": password}, timeout=20)
    answer.raise_for_status()
    cookies = "; ".join(f"{name}={value}" for name, value in answer.cookies.items())
    return {"X-CSRF-Token": answer.json()["csrf"], "Cookie": cookies}


def test_the_web_planes_own_routes_answer_as_documented(data_template: Path, tmp_path: Path) -> None:
    with served(copy_data(data_template, tmp_path / "data")) as url:
        fuzz = Fuzz(url, lambda: sign_in(url, "root", PASSWORD), examples=2, skip=OF_CONTROL, every=4)
        fuzz.run()
    assert fuzz.found == {}
    assert fuzz.statuses[200] and fuzz.statuses[422] and sum(fuzz.statuses.values()) > 20, fuzz.statuses
