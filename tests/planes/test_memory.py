"""Where legs outlive a killed media process: a folder in shared memory that nobody else could have laid there."""

from __future__ import annotations

from pathlib import Path

import pytest

from yingda.planes import media


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "shm"
    folder.mkdir()
    monkeypatch.setattr(media, "SHARED_MEMORY", folder)
    return folder


def test_each_data_folder_has_its_own_and_finds_it_again(shared: Path, tmp_path: Path) -> None:
    one, other = media.memory_folder(tmp_path / "one"), media.memory_folder(tmp_path / "other")
    assert one.parent == other.parent == shared
    assert one != other
    assert one.stat().st_mode & 0o777 == 0o700
    assert media.memory_folder(tmp_path / "one") == one


def test_what_others_could_read_or_have_laid_there_is_not_used(shared: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    media.memory_folder(run).chmod(0o755)
    assert media.memory_folder(run) == run
    found = next(shared.iterdir())
    found.rmdir()
    found.symlink_to(tmp_path)
    assert media.memory_folder(run) == run


def test_without_shared_memory_the_run_folder_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "SHARED_MEMORY", tmp_path / "nowhere")
    assert media.memory_folder(tmp_path) == tmp_path
