"""Call-backs kept on disk, so that what was promised to a customer outlives whatever happens to the plane.

The file holds numbers in clear; the ledger has them by reference.
"""

from __future__ import annotations

from pathlib import Path

from yingda.planes.whole_file import WholeFile

NAME = "callbacks.json"


class PromiseFile(WholeFile):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder / NAME, "the open call-backs")
