"""A skip fails on CI, whether a test or a whole module says it; elsewhere it stays a skip."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = """
import pytest
def test_runs(): pass
def test_skips(): pytest.skip("no sipp here")
@pytest.mark.xfail(strict=True)
def test_known(): assert False
"""


def run_pytest(folder: Path, source: str, ci: str, *extra: str) -> tuple[int, str]:
    """Exit code and output of a pytest with our plug-in alone: to load every installed one takes longer."""
    (folder / "test_sample.py").write_text(source)
    environment = os.environ | {"CI": ci, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-m", "pytest", "-p", "tests.ci_plugin", "-p", "no:cacheprovider", "-rA", *extra]
    done = subprocess.run(
        [*command, "--rootdir", str(folder), str(folder)], cwd=folder, env=environment, capture_output=True, text=True
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("extra", [(), ("-p", "xdist", "-n", "1")], ids=["alone", "xdist"])
def test_skip_fails_on_ci(tmp_path: Path, extra: tuple[str, ...]) -> None:
    code, output = run_pytest(tmp_path, SAMPLE, "true", *extra)
    assert code == 1
    assert "1 failed, 1 passed, 1 xfailed" in output
    assert "no sipp here" in output


def test_skip_is_allowed_elsewhere(tmp_path: Path) -> None:
    code, output = run_pytest(tmp_path, SAMPLE, "")
    assert code == 0
    assert "1 passed, 1 skipped, 1 xfailed" in output


def test_skipped_module_fails_on_ci(tmp_path: Path) -> None:
    code, output = run_pytest(tmp_path, "import pytest\npytest.importorskip('no_such_module_here')\n", "true")
    assert code != 0
    assert "skipped, which CI does not allow" in output
