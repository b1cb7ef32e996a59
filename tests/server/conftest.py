"""Applications to talk to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

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
