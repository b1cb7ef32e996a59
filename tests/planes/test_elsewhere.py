"""The same centre elsewhere: on a LAN address with HTTPS; on PostgreSQL, reconfigured while it runs; on a full disk."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from bench.peers.baresip import Phone
from bench.peers.process import Child
from websockets.asyncio.client import connect

from tests.conftest import skip_or_fail
from tests.planes.house import CENTRE, House, house, needs, run_yingda, until
from yingda.kernel.bus import BusClient
from yingda.server.certificates import CERTIFICATE

pytestmark = pytest.mark.peer

SERVER, CLIENT = "10.213.77.1", "10.213.77.2"


@contextmanager
def network(name: str) -> Iterator[str]:
    """Another host: a network namespace joined to this one by a cable (veth)."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        skip_or_fail("network namespaces need root and iproute2")
    cable = f"yv{os.getpid() % 10_000}"
    commands = (
        f"netns add {name}",
        f"link add {cable} type veth peer name {cable}p netns {name}",
        f"addr add {SERVER}/30 dev {cable}",
        f"link set {cable} up",
        f"-n {name} addr add {CLIENT}/30 dev {cable}p",
        f"-n {name} link set {cable}p up",
        f"-n {name} link set lo up",
    )
    try:
        for command in commands:
            subprocess.run(["ip", *command.split()], check=True, capture_output=True)
        yield name
    finally:
        subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)
        subprocess.run(["ip", "link", "del", cable], check=False, capture_output=True)


def test_on_a_lan_address_it_serves_https_with_its_own_certificate(tmp_path: Path) -> None:
    needs("curl", "openssl")

    async def scene(name: str) -> None:
        async with house(tmp_path, "--host", SERVER) as centre:
            certificate = centre.data / "certificates" / CERTIFICATE
            there = ["ip", "netns", "exec", name]
            page = f"https://{SERVER}:{centre.web}/healthz"
            code, said = await _run(tmp_path, [*there, "curl", "-sS", "--cacert", str(certificate), page])
            assert code == 0 and '"status":"ok"' in said, said
            code, said = await _run(tmp_path, [*there, "curl", "-sS", f"http://{SERVER}:{centre.web}/"])
            assert code != 0, "plain HTTP was answered on a LAN address"
            where = f"{SERVER}:{centre.websocket}"
            command = [
                *there,
                "openssl",
                "s_client",
                "-connect",
                where,
                "-CAfile",
                str(certificate),
                "-verify_return_error",
            ]
            code, said = await _run(tmp_path, command)
            assert "Verify return code: 0 (ok)" in said, said

    with network(f"yingda{os.getpid()}") as name:
        asyncio.run(scene(name))


ARCHIVES = "centre: {name: Test centre, language: en, recordings: {archive_after_h: 0, format: opus, encrypt: true}}"
KEPT = "\n".join((ARCHIVES, *CENTRE.splitlines()[1:]))
ARCHIVED_WITHIN_S = 60


def test_a_centre_with_everything_kept_in_postgresql(tmp_path: Path, postgresql_url: str) -> None:
    """A call; a new version, without a restart; a phone that leaves; and meanwhile the recording has been archived."""
    needs("sipp", "baresip")
    database = ("--database", postgresql_url)

    async def scene() -> None:
        async with house(tmp_path, *database, centre=KEPT) as centre:
            before = centre.planes()
            _, phone, caller = await centre.answered_call(tmp_path, stay_s=2)
            assert await caller.finished(20) == 0
            (record,) = await centre.records(1)
            assert (record["outcome"], record["caller"]) == ("answered", "+8613800001111")
            await _phone_leaves(centre, phone)
            await _reconfigured(centre, tmp_path, database)
            await _archived(centre, record["recordings"][0]["recording_id"])
            assert centre.planes() == before
            assert await centre.stop() == 0
            assert not list(centre.data.glob("*.sqlite"))
        code, said = await run_yingda("verify", "--data", str(centre.data), *database, data=centre.data)
        assert code == 0, said

    asyncio.run(scene())


async def _phone_leaves(centre: House, phone: Phone) -> None:
    """It gets no more offers."""
    agent = await centre.person("1001")
    await centre.state(agent, "idle")
    await phone.stop()  # baresip unregisters when it is ended politely
    await centre.state(agent, "unreachable")


async def _reconfigured(centre: House, folder: Path, database: tuple[str, str]) -> None:
    """A version with a shorter wait, from the command line: the next caller is turned away by it."""
    file = folder / "second.yaml"
    file.write_text(KEPT.replace("name: sales,", "name: sales, longest_wait_s: 2,"))
    code, said = await run_yingda("apply", str(file), "--data", str(centre.data), *database, data=centre.data)
    assert code == 0 and "Version 2 is in force" in said, said
    caller = await centre.caller(folder / "second", stay_s=30, number="13800002222")
    caller.dial()
    records = await centre.records(2)
    assert [one["outcome"] for one in records if one["caller"] == "+8613800002222"] == ["turned_away"]


async def _archived(centre: House, recording_id: str) -> None:
    """By the worker, at its next round; it plays, and nothing is wrong."""
    folder = centre.data / "recordings"
    await until("the archive", lambda: _forms(folder) == [[".opus", ".sealed"]], ARCHIVED_WITHIN_S)
    leader = await centre.person("leader")
    async with httpx.AsyncClient(headers={"Cookie": leader.cookie}) as client:
        answer = await client.get(f"{centre.url}/api/v1/recordings/{recording_id}")
    assert (answer.status_code, answer.content[:4]) == (200, b"OggS")
    bus = BusClient(centre.data / "run" / "control.sock")
    await bus.start(timeout=5)
    try:
        assert not (await bus.call("live.snapshot", {}))["docs"].get("alarms")
    finally:
        await bus.close()


def _forms(folder: Path) -> list[list[str]]:
    return [file.suffixes for file in folder.rglob("*.*")]


def test_a_full_disk_stops_the_recording_with_an_alarm_and_nothing_else(tmp_path: Path) -> None:
    needs("sipp", "baresip", "mount")
    if os.geteuid() != 0:
        skip_or_fail("a small disk needs root")

    async def scene() -> None:
        async with house(tmp_path, start=False) as centre:
            with _small_disk(centre.data / "recordings", "1m"):
                await centre.start()
                _fill(centre.data / "recordings")
                agent, _, caller = await centre.answered_call(tmp_path, stay_s=60)
                await _alarm(centre, "recording_missing")
                assert (await agent.get("/desk"))["agent"]["state"] == "talking"
                await agent.post("/desk/hang-up")
                assert await caller.finished(20) == 0
                (record,) = await centre.records(1)
                assert record["outcome"] == "answered"
                assert [recording["state"] for recording in record["recordings"]] == ["missing"]
                await centre.stop()

    asyncio.run(scene())


async def _run(folder: Path, command: list[str]) -> tuple[int, str]:
    child = await Child.start(command[0], command, folder / "command.log")
    try:
        return await child.ended(20), child.printed()
    finally:
        await child.stop()


@contextmanager
def _small_disk(folder: Path, size: str) -> Iterator[None]:
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def _fill(folder: Path) -> None:
    """Leave no byte free."""
    with (folder / "filler").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            return


async def _alarm(centre: House, kind: str, seconds: float = 15) -> None:
    """Wait until an alarm of this kind stands on the leader's screen."""
    leader = await centre.person("leader")
    headers = {"Cookie": leader.cookie, "Origin": centre.url}
    url = centre.url.replace("http", "ws", 1) + "/api/v1/feed"
    async with asyncio.timeout(seconds), connect(url, additional_headers=headers) as feed:
        async for text in feed:
            message = json.loads(text)
            docs = list(message.get("docs", {}).get("alarms", {}).values())
            docs += [doc for collection, _, doc in message.get("set", []) if collection == "alarms"]
            if any(doc["kind"] == kind for doc in docs):
                return
    raise AssertionError("the feed ended")
