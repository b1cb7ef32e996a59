"""Applications to talk to."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import uvicorn

from tests.server.centre import Place, copy_data, make_data, running
from tests.server.control import Control


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def data_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    make_data(folder)
    return folder


@pytest.fixture
async def place(data_template: Path, tmp_path: Path) -> AsyncIterator[Place]:
    control = Control()
    folder = copy_data(data_template, tmp_path / "data")
    async with running(Place(folder, control)) as place:
        yield place


@pytest.fixture
async def url(place: Place) -> AsyncIterator[str]:
    """host:port of a real server around the application; `place` keeps its lifespan."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(place.app, lifespan="off", log_config=None))
    task = asyncio.create_task(server.serve([listener]))
    yield f"127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    await task
