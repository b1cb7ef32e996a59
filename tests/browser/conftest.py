"""The stage is set once for all browser tests: starting a centre and a browser takes seconds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.stage import Stage
from tests.planes.house import needs


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    needs("sipp", "dumpcap")
    stage = Stage(tmp_path_factory.mktemp("stage"))
    stage.open()
    try:
        yield stage
    finally:
        stage.close()
