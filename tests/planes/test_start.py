"""Starting and stopping: two commands, one sentence for what goes wrong, exit code 2."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from pathlib import Path

import httpx
import pytest
from bench.peers.process import Child

from tests.planes.house import CENTRE, PASSWORD, YINGDA, House, ended_with, house, run_yingda
from yingda.cli import main
from yingda.kernel.errors import StartError
from yingda.planes.addresses import concrete

pytestmark = pytest.mark.peer  # whole centres: one at a time


def test_a_centre_starts_answers_stops_cleanly_and_starts_again(tmp_path: Path) -> None:
    async def scene() -> None:
        async with house(tmp_path, start=False) as centre:
            first = await _start(centre)
            async with httpx.AsyncClient(base_url=centre.url) as client:
                health = (await client.get("/healthz")).json()
                assert set(health["planes"]) == {"control", "flows", "media", "web", "worker"}
                assert all(plane["up"] for plane in health["planes"].values())
                metrics = (await client.get("/metrics")).text
                assert "yingda_sip_live" in metrics
            assert set(centre.planes()) == {"control", "flows", "media", "web", "worker"}
            child = await Child.start("serve", centre.serve_command(), tmp_path / "log")
            await ended_with(child, 2, "already running from this folder")
            assert await centre.stop() == 0
            # The aim is 3 s on a quiet machine; tests run beside others, so this only catches a start gone wrong: the
            # first made keys, tables and prompts.
            assert await _start(centre) < 2 * first + 1
            assert await centre.stop() == 0
        code, said = await run_yingda("verify", "--data", str(centre.data), data=centre.data)
        assert code == 0, said

    asyncio.run(scene())


async def _start(centre: House) -> float:
    """How long it took (s)."""
    began = asyncio.get_running_loop().time()
    await centre.start()
    return asyncio.get_running_loop().time() - began


@pytest.mark.parametrize(("which", "kind"), [("sip", socket.SOCK_DGRAM), ("web", socket.SOCK_STREAM)])
def test_a_busy_port_is_named(tmp_path: Path, which: str, kind: socket.SocketKind) -> None:
    async def scene() -> None:
        async with house(tmp_path, start=False) as centre:
            port = getattr(centre, which)
            with socket.socket(socket.AF_INET, kind) as taken:
                taken.bind(("127.0.0.1", port))
                if kind is socket.SOCK_STREAM:
                    taken.listen()
                child = await Child.start("serve", centre.serve_command(), tmp_path / "log")
                await ended_with(child, 2, rf"port {port} is in use .* --{which}-port")

    asyncio.run(scene())


def test_planes_can_be_run_apart(tmp_path: Path) -> None:
    """As units of their own on one machine: media and worker under one supervisor, control and web under another."""

    async def scene() -> None:
        async with house(tmp_path, start=False) as centre:
            first = [*centre.serve_command(), "--role", "media", "--role", "worker", "--role", "flows"]
            child = await Child.start("media and worker", first, tmp_path / "first.log")
            centre.stack.push_async_callback(child.stop, 15.0)
            await child.says("Ready in", 40)
            centre.arguments = ("--role", "control", "--role", "web")
            await centre.start()
            assert set(centre.planes()) == {"control", "web"}
            await centre.healthy()
            again = await Child.start(
                "worker", [*centre.serve_command()[:-4], "--role", "worker"], tmp_path / "again.log"
            )
            await ended_with(again, 2, "worker plane is already running")
            assert await centre.stop() == 0

    asyncio.run(scene())


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    async def scene() -> None:
        file = tmp_path / "file"
        file.touch()
        child = await Child.start("serve", [*YINGDA, "serve", "--data", str(file)], tmp_path / "log")
        await ended_with(child, 2, "data folder cannot be used")

    asyncio.run(scene())


def test_an_address_of_another_machine_is_refused(tmp_path: Path) -> None:
    async def scene() -> None:
        command = [*YINGDA, "serve", "--data", str(tmp_path / "data"), "--host", "192.0.2.1"]
        child = await Child.start("serve", command, tmp_path / "log")
        await ended_with(child, 2, r"192\.0\.2\.1")

    asyncio.run(scene())


@pytest.mark.parametrize("given", ["127.0.0.1", "192.0.2.7", "pbx.example"])
def test_an_address_that_is_one_is_taken_as_it_is(given: str) -> None:
    assert concrete(given) == given


def test_any_address_becomes_one_that_peers_can_be_told() -> None:
    try:
        host = concrete("0.0.0.0")
    except StartError as error:
        assert "no address" in error.sentence  # a machine without a network
    else:
        assert not ipaddress.ip_address(host).is_unspecified


def test_apply_names_every_mistake_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "centre.yaml"
    wrong = CENTRE.replace("queue: sales}", "queue: slaes}").replace("wrapup_s: 1", "wrapup: 1")
    file.write_text(wrong)
    code, said = command(capsys, "apply", str(file), "--data", str(tmp_path / "data"))
    assert code == 2
    assert "Traceback" not in said
    assert "slaes" in said and "wrapup" in said
    assert said.count(f"{file.name}:") == 2, said


def test_apply_export_and_diff_agree(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_PASSWORD", PASSWORD)
    file, exported = tmp_path / "centre.yaml", tmp_path / "exported.yaml"
    file.write_text(CENTRE)
    place = ("--data", str(tmp_path / "data"))
    code, said = command(capsys, "apply", str(file), *place, "--diff")
    assert code == 0 and "Nothing was changed" in said
    code, said = command(capsys, "apply", str(file), *place)
    assert code == 0 and "Version 1 is in force" in said, said
    code, said = command(capsys, "export", *place)
    assert code == 0
    exported.write_text(said)
    code, said = command(capsys, "apply", str(exported), *place)
    assert code == 0 and "Nothing to change" in said, said


def command(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """A command of the command line, in this process: exit code and everything it printed."""
    code = main(arguments)
    printed = capsys.readouterr()
    return code, printed.out + printed.err
