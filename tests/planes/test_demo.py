"""The demo centre as a newcomer meets it: one command, a sign-in that is printed and works, kept for the next start."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import httpx
import pytest
from bench.peers.ports import PortBlock
from bench.peers.process import Child

from tests.planes.house import YINGDA, ended_with, ends

pytestmark = pytest.mark.peer  # whole centres: one at a time


async def demo(
    folder: Path, ports: PortBlock, name: str, *arguments: str, **environment: str
) -> tuple[Child, str, str]:
    """A started demo: the process, its web address, the password it printed."""
    media = ends(ports.row(40))
    command = [
        *(*YINGDA, "serve", "--demo", "--data", str(folder / "data"), "--sip-port", str(ports.one())),
        *("--web-port", str(ports.one()), "--websocket-port", str(ports.one())),
        *("--media-ports", f"{media[0]}-{media[1]}", *arguments),
    ]
    child = await Child.start(name, command, folder / f"{name}.log", env=environment)
    await child.says("Stop ", 60)
    said = child.printed()
    found = re.search(r"Sign in +(http://\S+)\n.*password: (\S+)", said)
    assert found is not None, said
    return child, found[1], found[2]


async def may_sign_in(url: str, username: str, password: str) -> bool:
    async with httpx.AsyncClient(base_url=url) as client:
        answer = await client.post("/api/v1/session", json={"username": username, "password": password})
        return answer.status_code == httpx.codes.OK


def test_the_printed_sign_in_works_and_is_kept(tmp_path: Path) -> None:
    async def scene() -> None:
        with PortBlock.take() as ports:
            first, url, password = await demo(tmp_path, ports, "first")
            try:
                for username in ("1001", "1002", "1003", "leader", "admin"):
                    assert await may_sign_in(url, username, password)
                assert (tmp_path / "data" / "demo-password").stat().st_mode & 0o777 == 0o600
            finally:
                await first.stop(15)
            second, url, again = await demo(tmp_path, ports, "second", "--role", "worker")
            try:
                assert again == password
            finally:
                await second.stop(15)
            third, url, chosen = await demo(tmp_path, ports, "third", YINGDA_DEMO_PASSWORD="chosen-by-me")
            try:
                assert chosen == "chosen-by-me"
                assert await may_sign_in(url, "1001", "chosen-by-me")
                assert not await may_sign_in(url, "1002", password)
            finally:
                await third.stop(15)

    asyncio.run(scene())


def test_a_folder_with_a_centre_of_its_own_gets_no_demo(tmp_path: Path) -> None:
    async def scene() -> None:
        file = tmp_path / "own.yaml"
        file.write_text("centre: {name: Own}\n")
        place = ("--data", str(tmp_path / "data"))
        apply = await Child.start("apply", [*YINGDA, "apply", str(file), *place], tmp_path / "apply.log")
        assert await apply.ended(30) == 0, apply.printed()
        serve = await Child.start("serve", [*YINGDA, "serve", "--demo", *place], tmp_path / "serve.log")
        await ended_with(serve, 2, "already holds a centre of its own")

    asyncio.run(scene())
