"""The setup's own tools: what they say, where they say it, and how they end."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STEP = ROOT / "tools" / "step"
VENV = ROOT / "tools" / "venv.sh"


def run(*command: str | Path, path: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = os.environ | ({"PATH": path} if path else {})
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=environment)


def test_a_step_is_one_line_on_standard_error() -> None:
    done = run(STEP, "Doing a thing", "echo", "noise")
    assert (done.returncode, done.stdout) == (0, "")
    assert re.fullmatch(r"• Doing a thing +\d+ s\n", done.stderr)


def test_a_failed_step_shows_its_output_and_keeps_its_code() -> None:
    done = run(STEP, "Doing a thing", "bash", "-c", "echo first; echo why >&2; exit 7")
    assert (done.returncode, done.stdout) == (7, "")
    assert "failed" in done.stderr
    assert "first\nwhy\n" in done.stderr


def fake_python(folder: Path, old: bool) -> None:
    """A python3 that is too old, or one without ensurepip, virtualenv and pip."""
    script = folder / "python3"
    refused = "exit 1" if old else 'case "$*" in *ensurepip*|*virtualenv*|*"import pip"*) exit 1;; esac'
    answer = 'case "$*" in *version_info\\[:2\\]*) echo 3.9; exit 0;; esac\n' if old else ""
    script.write_text(f'#!/bin/bash\n{answer}{refused}\nexec {sys.executable} "$@"\n')
    script.chmod(0o755)


@pytest.mark.parametrize(
    ("old", "sentence"),
    [
        (True, "Yingda needs Python 3.11 or newer, and this machine's python3 is: 3.9.\n"),
        (False, "This Python cannot make a virtual environment; please run: apt install python3-venv\n"),
    ],
)
def test_what_cannot_work_is_one_sentence(tmp_path: Path, old: bool, sentence: str) -> None:
    (tmp_path / "bin").mkdir()
    fake_python(tmp_path / "bin", old)
    done = run(VENV, tmp_path / "venv", tmp_path / "bin" / "python3")
    assert done.returncode == 2
    assert done.stdout.replace(str(tmp_path / "bin") + "/", "") == sentence
    assert not (tmp_path / "venv").exists()
    shown = run(STEP, "Making .venv", VENV, tmp_path / "venv", tmp_path / "bin" / "python3")
    assert shown.returncode == 2
    assert shown.stderr.endswith(done.stdout)


def test_a_virtual_environment_has_pip(tmp_path: Path) -> None:
    done = run(VENV, tmp_path / "venv", sys.executable)
    assert done.returncode == 0, done.stdout + done.stderr
    assert run(tmp_path / "venv" / "bin" / "python", "-m", "pip", "--version").returncode == 0


def test_the_distribution_s_python_comes_first_where_it_can(tmp_path: Path) -> None:
    ours = Path("/usr/bin/python3")
    able = (
        ours.exists() and not run(ours, "-c", "import ensurepip, sys; sys.exit(sys.version_info < (3, 11))").returncode
    )
    done = run(VENV, tmp_path / "venv")
    assert done.returncode == 0, done.stdout + done.stderr
    made_by = dict(line.split(" = ") for line in (tmp_path / "venv" / "pyvenv.cfg").read_text().splitlines())
    assert not able or made_by["home"] == "/usr/bin"
    assert run(tmp_path / "venv" / "bin" / "python", "-m", "pip", "--version").returncode == 0


def test_nothing_committed_says_where_packages_come_from() -> None:
    pins = (ROOT / "constraints.txt").read_text()
    lock = (ROOT / "web" / "package-lock.json").read_text()
    assert "://" not in pins
    assert all(
        re.match(r"#|[a-z0-9-]+==[0-9a-z.]+( ; python_version == \"3\.1\d\")?$", line) for line in pins.splitlines()
    )
    assert not [name for name, part in json.loads(lock)["packages"].items() if "resolved" in part]


def test_every_requirement_is_pinned() -> None:
    pinned = {line.split("==")[0] for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line}
    text = (ROOT / "pyproject.toml").read_text()
    named = re.findall(r'^    "([A-Za-z0-9-]+)>=', text, flags=re.MULTILINE)
    assert len(named) > 20
    assert {name.lower() for name in named} <= pinned
