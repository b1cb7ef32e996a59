"""Pin the whole closure of the dependencies: `make constraints` writes constraints.txt.

pip resolves pyproject.toml's dependencies (with the extras dev, build and soak, and the build backend) once for each
supported Python, wheels only. Where all agree a pin stands alone; where they differ it carries a marker. Only names
and versions are written: where they come from is the business of the machine's own pip.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ("3.11", "3.12", "3.13")
HEADER = (
    "# Every package `make` installs, by exact version. Written by `make constraints`; not edited by hand.\n"
    f"# Resolved for CPython {', '.join(PYTHONS)} on Linux.\n"
)


def wanted() -> list[str]:
    """All requirements the project states, the build backend's among them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"]
    return [
        *project["build-system"]["requires"],
        *project["project"]["dependencies"],
        *extras["dev"],
        *extras["build"],
        *extras["soak"],
        "pip",
    ]


def resolve(python: str) -> dict[str, str]:
    """Name (normalised) → version of the closure for one Python."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        pip = [sys.executable, "-m", "pip", "--quiet", "install", "--dry-run", "--ignore-installed"]
        only = ["--only-binary=:all:", "--python-version", python, "--target", folder]
        subprocess.run([*pip, *only, "--report", str(report), *wanted()], check=True)
        found = json.loads(report.read_text())["install"]
    return {
        re.sub(r"[-_.]+", "-", item["metadata"]["name"]).lower(): item["metadata"]["version"].split("+")[0]
        for item in found
    }


def pins(closures: dict[str, dict[str, str]]) -> list[str]:
    """One line a package; with a marker where a Python differs or does without it."""
    lines: list[str] = []
    for name in sorted({name for closure in closures.values() for name in closure}):
        versions = {python: closure.get(name) for python, closure in closures.items()}
        if len(set(versions.values())) == 1:
            lines.append(f"{name}=={versions[PYTHONS[0]]}")
            continue
        lines += [
            f'{name}=={version} ; python_version == "{python}"'
            for python, version in versions.items()
            if version is not None
        ]
    return lines


def main() -> None:
    closures: dict[str, dict[str, str]] = {}
    for python in PYTHONS:
        print(f"resolving for Python {python} …", file=sys.stderr)
        closures[python] = resolve(python)
    lines = pins(closures)
    (ROOT / "constraints.txt").write_text(HEADER + "\n".join(lines) + "\n")
    print(f"constraints.txt: {len(lines)} pins", file=sys.stderr)


if __name__ == "__main__":
    main()
