"""Node's own test runner for the headless client: the wheel's node beside this Python."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

NODE = Path(sys.executable).parent / "node"
PACKAGE = Path(__file__).resolve().parent.parent / "web" / "packages" / "desk"


def node_test(file: str, environment: Mapping[str, str], seconds: float = 60) -> str:
    """Run test/FILE of the package; what it printed. Fails with everything it said."""
    done = subprocess.run(
        [str(NODE), "--test", "--test-reporter=spec", f"test/{file}"],
        cwd=PACKAGE, env={**os.environ, **environment}, capture_output=True, text=True, timeout=seconds, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
