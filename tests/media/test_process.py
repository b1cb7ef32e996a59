"""The real process: two RTP phones on loopback, control's connection cut and taken up again."""

from __future__ import annotations

import asyncio
import itertools
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.media.lab import EVENT_PT, level, sine
from tests.media.peers import control, hears, media_process, phone, until
from yingda.kernel.bus.aio import BusClient
from yingda.kernel.errors import StartError, YingdaError
from yingda.media.g711 import Law, decode
from yingda.media.protocol import AnyReport, DigitHeard, LegAlive, PlayEnded, SnapshotResult
from yingda.media.sound import read_wav

pytestmark = pytest.mark.peer  # real processes in real time: nothing else may run beside them

A_HZ, B_HZ = 440.0, 1_000.0


def still(snapshot: SnapshotResult) -> dict[str, object]:
    """A snapshot without what moves by itself."""
    legs = [{key: value for key, value in leg.items() if key != "statistics"} for leg in snapshot.legs]
    return {"legs": legs, "matrix": snapshot.matrix, "players": snapshot.players, "recorders": snapshot.recorders}


def test_a_call_survives_its_control(tmp_path: Path) -> None:
    async def scene(path: Path) -> None:
        reports: list[AnyReport] = []
        async with (
            control(path, 1, reports) as first,
            phone(first, "customer", sine(A_HZ, -12, 1)) as one,
            phone(first, "agent", sine(B_HZ, -12, 1)) as two,
        ):
            await first.set_gain([("customer", "agent", 1.0), ("agent", "customer", 1.0)])
            await first.start_recording("r", "customer", "t/r.wav")
            await until(lambda: len(one.heard) > 50 and len(two.heard) > 50)
            before = still(await first.snapshot())
            await first.close()
            gone = time.monotonic()
            await until(lambda: one.heard[-1][0] > gone + 1.0)
            seen: list[AnyReport] = []
            async with control(path, 2, seen) as second:
                assert still(await second.snapshot()) == before
                await asyncio.gather(hears(one, {B_HZ: -12}, [A_HZ]), hears(two, {A_HZ: -12}, [B_HZ]))
                with pytest.raises(YingdaError) as refused:
                    async with control(path, 1) as stale:
                        await stale.set_gain([("customer", "agent", 0.0)])
                assert refused.value.code == "epoch_old"
                done = await second.stop_recording("r")
                samples = (len((tmp_path / "recordings/t/r.wav").read_bytes()) - 58) // 2
                assert abs(samples - done.duration_ms * 8) < 8  # less than a ms
                statistics = await second.destroy_leg("customer")
                assert statistics.lost == 0
                assert statistics.mos > 4
            for hearer in (one, two):
                sequences = [packet[1] for _, packet in hearer.heard if packet[0] & 0x7F == 0]
                steps = {(later - earlier) & 0xFFFF for earlier, later in itertools.pairwise(sequences)}
                assert steps == {1}
        alive = [report.leg_id for report in reports if isinstance(report, LegAlive)]
        assert sorted(alive) == ["agent", "customer"]

    with media_process(tmp_path) as (path, _):
        asyncio.run(scene(path))


def test_reports_wait_for_control_and_come_once(tmp_path: Path) -> None:
    """Digits pressed while nobody listens are heard by the next control, numbered without a gap."""

    async def scene(path: Path) -> None:
        reports: list[AnyReport] = []
        async with control(path, 1, reports) as client, phone(client, "leg", sine(A_HZ, -12, 1)) as one:
            await until(lambda: any(isinstance(report, LegAlive) for report in reports))
            await client.close()
            for digit in range(3):
                stamp = one.timestamp
                for step in (1, 2, 3):
                    event = bytes([digit, 0x8A if step == 3 else 0x0A]) + (160 * step).to_bytes(2)
                    one.emit(event, EVENT_PT, 0, stamp)
                    await asyncio.sleep(0.02)
            later: list[AnyReport] = []
            async with control(path, 2, later):
                await until(lambda: sum(isinstance(report, DigitHeard) for report in later) == 3)
            digits = [report.digit for report in later if isinstance(report, DigitHeard)]
            assert digits == ["0", "1", "2"]
            numbers = [report.number for report in later]
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
            assert not {report.number for report in reports} & set(numbers)

    with media_process(tmp_path) as (path, _):
        asyncio.run(scene(path))


def test_a_missing_file_ends_the_play_and_not_the_call(tmp_path: Path) -> None:
    async def scene(path: Path) -> None:
        reports: list[AnyReport] = []
        async with control(path, 1, reports) as client, phone(client, "leg", sine(A_HZ, -12, 1)) as one:
            await client.play("p", "leg", ["file:nowhere.wav"])
            await until(lambda: any(isinstance(report, PlayEnded) for report in reports))
            (ended,) = [report for report in reports if isinstance(report, PlayEnded)]
            assert ended.why == "failed"
            assert "no such file" in ended.reason
            await client.play("q", "leg", ["tone:dial"], loop=True)
            await hears(one, {450: -13.17})
            metrics = await client.metrics()
            assert metrics["media_legs"] == 1
            assert metrics["media_players"] == 1

    with media_process(tmp_path) as (path, _):
        asyncio.run(scene(path))


def test_orphans_end(tmp_path: Path) -> None:
    async def scene(path: Path) -> None:
        async with control(path, 1) as before:
            await before.create_leg("leg")
            async with control(path, 2) as client:  # in time, however slow the machine
                assert len((await client.snapshot()).legs) == 1
        watcher = BusClient(path)  # who only looks is not control
        await watcher.start(5)
        deadline = time.monotonic() + 20
        while (await watcher.call("metrics", {}))["values"]["media_legs"]:
            assert time.monotonic() < deadline, "the orphan lives on"
            await asyncio.sleep(0.05)
        await watcher.close()
        async with control(path, 3) as client:
            assert (await client.snapshot()).legs == []
            with pytest.raises(YingdaError) as refused:
                await client.set_cookie("leg", b"x")
            assert refused.value.code == "leg_ended"

    with media_process(tmp_path, orphan_after_s=1) as (path, _):
        asyncio.run(scene(path))


def test_a_connection_that_talks_nonsense_is_cut_and_nobody_else_notices(tmp_path: Path) -> None:
    async def scene(path: Path) -> None:
        async with control(path, 1) as client:
            with socket.socket(socket.AF_UNIX) as stranger:
                stranger.settimeout(5)
                stranger.connect(str(path))
                stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")
                assert stranger.recv(100) == b""
            assert (await client.snapshot()).legs == []

    with media_process(tmp_path) as (path, _):
        asyncio.run(scene(path))


def test_a_second_process_on_the_socket_is_refused(tmp_path: Path) -> None:
    with media_process(tmp_path) as (path, _):
        from yingda.media.process import MediaConfig, MediaProcess

        with pytest.raises(StartError) as refused:
            MediaProcess(MediaConfig(socket=path, recordings=tmp_path, prompts=tmp_path))
        assert refused.value.code == "bus_in_use"


def test_the_room_imports_little() -> None:
    """A successor must be there at once: what media needs of others is these packages and no more."""
    code = (
        "import sys; there = set(sys.modules); import yingda.media.process; "
        "print(*{name.partition('.')[0] for name in sys.modules if name not in there})"
    )
    imported = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    others = {name for name in imported.stdout.split() if not name.startswith("_")} - sys.stdlib_module_names
    assert others <= {"OpenSSL", "cryptography", "msgspec", "numpy", "pylibsrtp", "typing_extensions", "yingda"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_end_of_the_process_leaves_a_playable_recording(tmp_path: Path, number: signal.Signals) -> None:
    """An orderly end writes everything; a crash what the last header admits, at most 1.5 s less."""

    async def scene(path: Path, process: subprocess.Popen[bytes]) -> tuple[float, float]:
        """The least and the most that it lasted: when a process heeds a command or a signal is the machine's affair."""
        async with control(path, 1) as client, phone(client, "leg", sine(A_HZ, -12, 1)) as one:
            await until(lambda: len(one.heard) > 10)
            asked = time.monotonic()
            await client.start_recording("r", "leg", "a.wav")
            begun = time.monotonic()
            await until(lambda: time.monotonic() > begun + 2.6)
            told = time.monotonic()
            process.send_signal(number)
            await until(lambda: process.poll() is not None)
            return told - begun, time.monotonic() - asked

    with media_process(tmp_path) as (path, process):
        least, most = asyncio.run(scene(path, process))
    sound = read_wav(tmp_path / "recordings/a.wav")
    lost = 0.0 if number is signal.SIGTERM else 1.7
    assert least - lost - 0.01 < len(sound) / 8_000 < most + 0.01
    assert level(decode(sound.laws[Law.MU], Law.MU)[2_000:8_000], A_HZ) > -19  # both channels, one of them silent
