"""The files of the built web client, as the folder has them now."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

INDEX = "index.html"


class Client:
    """The files of one build, listed anew when the index page has changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._built = -1
        self._files: Mapping[str, Path] = {}

    def files(self) -> Mapping[str, Path]:
        """{address below /: file}; empty if there is no build."""
        index = self._folder / INDEX
        built = index.stat().st_mtime_ns if index.is_file() else 0
        if built != self._built:
            found = (file for file in self._folder.rglob("*") if file.is_file()) if built else ()
            self._files = {file.relative_to(self._folder).as_posix(): file for file in found}
            self._built = built
        return self._files
