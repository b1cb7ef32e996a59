"""A media process is killed: its successor goes on with the same calls, on the same ports, in the same files."""

from __future__ import annotations

import asyncio
import os
import signal
import struct
import subprocess
import sys
import time
from multiprocessing import get_context
from pathlib import Path

import pytest
from bench.media import generator
from bench.media.scene import forward_scene, set_up

from tests.media.lab import Lab, level, sine
from tests.media.peers import NURSERY, control, media_config, media_process, until
from yingda.kernel.clock import SECOND
from yingda.kernel.errors import YingdaError
from yingda.media.client import MediaClient
from yingda.media.g711 import Law, decode
from yingda.media.protocol import (
    AnyReport,
    AnyResult,
    CreateLeg,
    DestroyLeg,
    LegCreated,
    LegLost,
    Play,
    RecordingFailed,
    RecordingFinished,
    RecordingResumed,
    SetCookie,
    StartRecording,
    StopPlay,
    StopRecording,
)
from yingda.media.recording_file import HEADER_SIZE, seams
from yingda.media.sound import read_wav
from yingda.media.successor import take_over
from yingda.media.survival import DESCRIPTIONS, HALF, HEAD, left_behind

pytestmark = pytest.mark.peer  # real processes in real time: nothing else may run beside them

A_HZ, B_HZ = 440.0, 1_000.0


def killed(lab: Lab, folder: Path, away_ms: int = 400) -> Lab:
    """The lab's engine is gone at this very moment; a new one takes its place with the same phones."""
    successor = Lab(folder, seed=2)
    successor.now = lab.now + away_ms * 1_000
    take_over(successor.engine, successor.commands, left_behind(folder / "state", successor.now), successor.now)
    successor.engine.survive(folder / "state")
    for phone in lab.phones.values():
        phone.lab = successor
        phone.timestamp += 8 * away_ms
        phone.sequence += away_ms // 20
        successor.phones[phone.leg_id] = successor.by_port[phone.local[1]] = phone
    return successor


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    made = Lab(tmp_path)
    made.engine.survive(tmp_path / "state")
    return made


def test_the_lines_go_on(lab: Lab, tmp_path: Path) -> None:
    one, two = lab.phone("one", sine(A_HZ, -12, 1)), lab.phone("two", sine(B_HZ, -12, 1), Law.A)
    lab.bridge("one", "two")
    lab.run(2_000)
    marks = {phone.leg_id: len(phone.heard) for phone in (one, two)}
    after = killed(lab, tmp_path)
    after.run(1_000)
    for phone, hertz in ((one, B_HZ), (two, A_HZ)):
        last, first = phone.heard[marks[phone.leg_id] - 1], phone.heard[marks[phone.leg_id]]
        assert first[3] == last[3]
        assert 0 < (first[1] - last[1]) & 0xFFFF < 100
        assert 8 * 380 < (first[2] - last[2]) & 0xFFFF_FFFF < 8 * 700
        assert abs(level(phone.audio(0.5), hertz) + 12) < 0.5


def test_mixing_and_music_go_on(lab: Lab, tmp_path: Path) -> None:
    one = lab.phone("one")
    lab.phone("two", sine(B_HZ, -20, 1))
    lab.gains(("one", "two", 0.5))
    lab.do(Play(play_id="p", leg_id="one", items=["tone:dial"], loop=True))
    lab.run(1_000)
    after = killed(lab, tmp_path)
    after.run(2_000)
    heard = one.audio(1.0)
    assert abs(level(heard, B_HZ) + 26) < 0.5
    assert abs(level(heard, 450) + 13.17) < 0.5
    after.do(Play(play_id="p", leg_id="one", items=["tone:dial"], loop=True))  # repeated: known
    after.do(StopPlay(play_id="p"))
    after.run(1_000)
    assert level(one.audio(0.5), 450) < -60


def test_a_recording_goes_on_as_a_second_part_at_its_place_in_time(lab: Lab, tmp_path: Path) -> None:
    lab.phone("one", sine(A_HZ, -12, 1))
    lab.phone("two", sine(B_HZ, -12, 1))
    lab.bridge("one", "two")
    lab.do(StartRecording(recording_id="r", leg_id="one", path="a.wav"))
    lab.run(4_000)
    after = killed(lab, tmp_path, 600)
    after.run(3_400)
    finished = after.do(StopRecording(recording_id="r"))
    assert isinstance(finished, RecordingFinished)
    assert finished.duration_ms == 8_000
    (resumed,) = after.of_kind(RecordingResumed)
    assert isinstance(resumed, RecordingResumed)
    assert 600 <= resumed.gap_ms <= 600 + 1_500
    raw = (tmp_path / "recordings/a.wav").read_bytes()
    seam = struct.unpack_from("<I", raw, raw.index(b"cue ") + 12 + 4)[0]
    assert seam == 8 * (4_600 - resumed.gap_ms)
    assert struct.unpack_from("<I", raw, 4)[0] == len(raw) - 8
    left = decode(raw[HEADER_SIZE : HEADER_SIZE + 2 * 64_000 : 2], Law.MU)
    right = decode(raw[HEADER_SIZE + 1 : HEADER_SIZE + 2 * 64_000 : 2], Law.MU)
    for part in (slice(800, 16_800), slice(8 * 5_000, 8 * 7_800)):
        assert abs(level(left[part], A_HZ) + 12) < 0.5
        assert abs(level(right[part], B_HZ) + 12) < 0.5
    assert not left[seam + 1_600 : 8 * 4_590].any()
    assert len(read_wav(tmp_path / "recordings/a.wav")) == 64_000


def test_a_second_death_leaves_three_parts(lab: Lab, tmp_path: Path) -> None:
    lab.phone("one", sine(A_HZ, -12, 1))
    lab.do(StartRecording(recording_id="r", leg_id="one", path="a.wav"))
    current = lab
    for _ in range(2):
        current.run(3_000)
        current = killed(current, tmp_path)
    current.run(2_000)
    current.do(DestroyLeg(leg_id="one"))
    raw = (tmp_path / "recordings/a.wav").read_bytes()
    at = raw.index(b"cue ")
    assert struct.unpack_from("<I", raw, at + 8)[0] == 2
    assert raw.endswith(b"part 3\0\0")


def test_a_browser_and_a_file_that_is_gone_are_reported(lab: Lab, tmp_path: Path) -> None:
    lab.do(CreateLeg(leg_id="browser", kind="webrtc"))
    lab.phone("one")
    lab.do(StartRecording(recording_id="r", leg_id="one", path="a.wav"))
    lab.run(500)
    (tmp_path / "recordings/a.wav").unlink()
    after = killed(lab, tmp_path)
    assert [report.leg_id for report in after.reports if isinstance(report, LegLost)] == ["browser"]
    assert {type(report) for report in after.reports} == {LegLost, RecordingFailed}


def test_what_has_ended_what_is_old_and_what_is_torn_comes_not_back(lab: Lab, tmp_path: Path) -> None:
    for name in ("one", "two", "three"):
        lab.phone(name)
    lab.run(500)
    lab.do(DestroyLeg(leg_id="one"))
    state = tmp_path / "state"
    raw = (state / DESCRIPTIONS).read_bytes()
    (state / DESCRIPTIONS).write_bytes(raw.replace(b'"leg_id":"two"', b'"leg_id":"t-o"'))
    (found,) = left_behind(state, lab.now)
    assert found["leg_id"] == "three"
    assert left_behind(state, lab.now) == []
    lab.run(500)
    assert left_behind(state, lab.now + 61 * SECOND) == []
    assert left_behind(tmp_path / "nowhere", lab.now) == []


def test_a_description_that_was_being_written_leaves_the_one_before_it(lab: Lab, tmp_path: Path) -> None:
    lab.phone("one")
    lab.run(500)
    described = tmp_path / "state" / DESCRIPTIONS
    raw = bytearray(described.read_bytes())
    halves = {HEAD.unpack_from(raw, at)[0]: at for at in (0, HALF)}
    at = halves[max(halves)]
    raw[at + HEAD.size + 10 : at + HALF] = bytes(HALF - HEAD.size - 10)
    described.write_bytes(raw)
    (found,) = left_behind(tmp_path / "state", lab.now)
    assert found["leg_id"] == "one" and min(halves) == max(halves) - 1


def test_a_description_without_room_costs_only_the_successor(lab: Lab, tmp_path: Path) -> None:
    lab.phone("one")
    lab.do(SetCookie(leg_id="one", cookie=bytes(HALF)))
    assert left_behind(tmp_path / "state", lab.now) == []
    lab.do(SetCookie(leg_id="one", cookie=b""))
    lab.run(100)


def test_seams_are_whole_chunks() -> None:
    assert seams(()) == b""
    for count in range(1, 5):
        raw, at, names = seams(range(count)), 0, []
        while at < len(raw):
            names.append(raw[at : at + 4])
            length = struct.unpack_from("<I", raw, at + 4)[0]
            at += 8 + length + length % 2
        assert at == len(raw)
        assert names == [b"cue ", b"LIST"]


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


async def _given_out_meanwhile(client: MediaClient) -> list[LegCreated]:
    """Calls go on coming in while the process is dead: the first find legs in stock, of which nobody knows yet that
    they died with it."""
    answers: list[AnyResult | YingdaError] = []
    for number in range(20):
        client.ask(CreateLeg(leg_id=f"late-{number}"), answers.append)
        if number < 2:
            assert len(answers) == number + 1, "a leg in stock is given out at once"
        else:
            await asyncio.sleep(0.02)
    await until(lambda: len(answers) == 20)
    return [answer for answer in answers if isinstance(answer, LegCreated)]


def test_fifty_calls_outlive_a_killed_process(tmp_path: Path) -> None:
    """Plain RTP: every far end hears again within a second, every recording is as long as its call, nothing ends."""
    calls, window_s = 50, 5.0
    reports: list[AnyReport] = []

    async def scene(path: Path, nursery: int) -> tuple[generator.Outcome, tuple[float, float]]:
        here, there = get_context("spawn").Pipe()
        phones = get_context("spawn").Process(target=generator.run, args=("127.0.0.1", there), daemon=True)
        phones.start()
        async with control(path, 1, reports) as client:
            sockets, fingerprint = await asyncio.to_thread(here.recv)
            asked = time.monotonic()
            talkers = await set_up(forward_scene(calls), client, sockets, fingerprint, "r")
            begun = time.monotonic()
            here.send((talkers, 1.0, window_s))
            await asyncio.to_thread(here.recv)
            await asyncio.sleep(3.0)
            (victim,) = children(nursery)
            os.kill(victim, signal.SIGKILL)
            given = await _given_out_meanwhile(client)
            outcome: generator.Outcome = await asyncio.to_thread(here.recv)
            here.send(None)
            legs = {leg["leg_id"]: leg for leg in (await client.snapshot()).legs}
            assert len(legs) == 2 * calls + len(given)
            for told in given:  # at once, or when the successor was there: each is what was said of it
                assert (legs[told.leg_id]["address"], legs[told.leg_id]["ssrc"]) == (list(told.address), told.ssrc)
            ending = time.monotonic()
            for leg in range(0, 2 * calls, 2):
                await client.stop_recording(f"r-{leg}")
            lasted = ending - begun, time.monotonic() - asked  # the least and the most: one after the other
        await asyncio.to_thread(phones.join, 10)
        return outcome, lasted

    with media_process(tmp_path, NURSERY, state=tmp_path / "state", first_port=17_000, last_port=18_999) as (path, one):
        outcome, (least, most) = asyncio.run(scene(path, one.pid))
    assert outcome.figures.longest_gap_ms < 1_000, outcome
    assert len([report for report in reports if isinstance(report, RecordingResumed)]) == calls
    assert not [report for report in reports if isinstance(report, LegLost)]
    lengths = [len(read_wav(file)) / 8_000 for file in (tmp_path / "recordings").rglob("*.wav")]
    assert len(lengths) == calls
    assert least - 0.01 < min(lengths) and max(lengths) < most + 0.01
    assert least > 1.0 + window_s


def test_a_nursery_says_why_its_first_child_cannot_start(tmp_path: Path) -> None:
    text = media_config(tmp_path, first_port=40_000, last_port=40_100)
    ended = subprocess.run([sys.executable, "-c", NURSERY, text], capture_output=True, text=True, timeout=30)
    assert ended.returncode == 1
    assert "The media port range 40000–40100 overlaps" in ended.stderr


def test_workers_end_with_their_nursery(tmp_path: Path) -> None:
    with media_process(tmp_path, NURSERY, state=tmp_path / "state") as (_, one):
        (worker,) = children(one.pid)
        one.kill()
        one.wait(10)
        deadline = time.monotonic() + 20
        while Path(f"/proc/{worker}").exists():
            assert time.monotonic() < deadline, "the worker lives on"
            time.sleep(0.01)
