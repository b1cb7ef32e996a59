"""The stage is set once for all browser tests: starting a centre and a browser takes seconds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from bench.peers.ports import PortBlock

from tests.browser.stage import Stage, WideStage
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


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WideStage]:
    """A centre of its own with a line to the outside, flows that ask, a script and skills."""
    needs("sipp", "dumpcap", "baresip")
    with PortBlock.take() as ports:
        stage = WideStage(tmp_path_factory.mktemp("wide"), ports.one())
        stage.open()
        try:
            yield stage
        finally:
            stage.close()
