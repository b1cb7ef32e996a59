"""Keys in files: one for all who ask at once, whole, and for the server's user alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from yingda.kernel.key_file import KEY_BYTES, key_at

ASKED_AT_ONCE = 8


def test_all_who_ask_at_the_same_moment_have_the_same_key(tmp_path: Path) -> None:
    together = Barrier(ASKED_AT_ONCE)

    def ask(path: Path) -> bytes:
        together.wait(10)
        return key_at(path)

    with ThreadPoolExecutor(ASKED_AT_ONCE) as people:
        for number in range(50):
            path = tmp_path / str(number) / "some.key"
            keys = set(people.map(ask, [path] * ASKED_AT_ONCE))
            assert keys == {path.read_bytes()} and len(path.read_bytes()) == KEY_BYTES
            assert path.stat().st_mode & 0o777 == 0o600
            assert [one.name for one in path.parent.iterdir()] == ["some.key"]
