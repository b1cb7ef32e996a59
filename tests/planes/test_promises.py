"""The file of open call-backs: whole or not there, for our eyes only, never the reason why something stops."""

from __future__ import annotations

from pathlib import Path

from yingda.planes.promises import PromiseFile


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    file = PromiseFile(tmp_path)
    assert file.load() == []
    file.save([{"callback_id": "c"}])
    assert file.load() == [{"callback_id": "c"}]
    assert (tmp_path / "callbacks.json").stat().st_mode & 0o077 == 0


def test_a_damaged_file_is_put_aside(tmp_path: Path) -> None:
    (tmp_path / "callbacks.json").write_text("[{")
    assert PromiseFile(tmp_path).load() == []
    assert (tmp_path / "callbacks.damaged").exists()


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    PromiseFile(tmp_path / "nowhere").save([])
