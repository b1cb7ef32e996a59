"""A place to keep recordings in."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.recordings.centre import Place


@pytest.fixture
def place(migrated_folder: Path, tmp_path: Path) -> Iterator[Place]:
    place = Place(Path(shutil.copytree(migrated_folder, tmp_path / "data")))
    yield place
    place.store.close()
