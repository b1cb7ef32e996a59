"""The files of `deploy/` name what there is: commands that the command line reads, files, targets, ports."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from yingda.cli import command_line
from yingda.planes.options import Options

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
DEFAULTS = Options(data="data")


def lines_of(name: str, word: str) -> list[str]:
    """What follows `word` in the lines of a file that begin with it."""
    text = (DEPLOY / name).read_text(encoding="utf-8")
    return re.findall(rf"^{word}[ =](.+)$", text, re.MULTILINE)


def given(words: list[str]) -> list[str]:
    """With what an environment would put in for ${NAME:?why}."""
    return [re.sub(r"\${[^}]*}", "192.0.2.10", word) for word in words]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    return loaded


def test_compose_starts_a_centre_with_its_database(compose: dict[str, Any]) -> None:
    centre, database = compose["services"]["yingda"], compose["services"]["database"]
    parsed = command_line().parse_args(given(centre["command"]))
    assert (parsed.data, parsed.host) == ("/var/lib/yingda", "192.0.2.10")
    user, name = database["environment"]["POSTGRES_USER"], database["environment"]["POSTGRES_DB"]
    assert re.fullmatch(rf"postgresql://{user}:[^@]+@127\.0\.0\.1:5432/{name}", parsed.database)
    build = centre["build"]
    assert (DEPLOY / build["context"] / build["dockerfile"]).is_file()
    named = {volume.split(":")[0] for one in (centre, database) for volume in one["volumes"]} - {"./"}
    assert named == set(compose["volumes"])


def test_the_image_is_built_of_what_a_checkout_has() -> None:
    for copied in lines_of("Dockerfile", "COPY"):
        words = shlex.split(copied)
        if not words[0].startswith("--"):
            assert [one for one in words[:-1] if not (ROOT / one).exists()] == []
    (make,) = (line for line in lines_of("Dockerfile", "RUN") if line.startswith("make "))
    targets = shlex.split(make.partition("&&")[0])[1:]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8").replace("$(STAMPS)", ".venv/stamps")
    static = "src/yingda/server/static/index.html"
    assert targets == [".venv/stamps/run", static] and f"STATIC := {static}" in makefile
    assert re.search(r"^\.venv/stamps/run:", makefile, re.MULTILINE)
    (default,) = lines_of("Dockerfile", "CMD")
    assert command_line().parse_args(yaml.safe_load(default)).data == "/var/lib/yingda"


def test_the_image_opens_the_ports_that_the_server_listens_on() -> None:
    (exposed,) = lines_of("Dockerfile", "EXPOSE")
    sip = DEFAULTS.sip_port
    expected = {
        f"{sip}/udp",
        f"{sip}/tcp",
        f"{sip + 1}/tcp",
        f"{DEFAULTS.websocket_port}/tcp",
        f"{DEFAULTS.web_port}/tcp",
    }
    assert set(exposed.split()) == expected
    first, last = DEFAULTS.media_ports
    assert f"{first}–{last} UDP" in (DEPLOY / "README.md").read_text(encoding="utf-8")


def test_the_unit_starts_the_command_there_is() -> None:
    (start,) = lines_of("yingda.service", "ExecStart")
    program, *words = shlex.split(start.replace("$YINGDA_OPTIONS", ""))
    (folder,) = lines_of("yingda.service", "WorkingDirectory")
    assert program == f"{folder}/.venv/bin/yingda"
    assert command_line().parse_args(words).data == "/var/lib/yingda"
