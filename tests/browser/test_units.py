"""Pure parts of the web client, in Node: a script's text, numbers picked from the screen, the fuzzy search."""

from __future__ import annotations

import os
import subprocess

from tests.node import NODE, PACKAGE

WEB = PACKAGE.parent.parent


def test_the_pure_parts_of_the_client() -> None:
    done = subprocess.run(
        [str(NODE), "--test", "--test-reporter=spec", "test/*.test.ts"],
        cwd=WEB, env=dict(os.environ), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
