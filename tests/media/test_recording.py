"""Recordings: length, what is on which side, and what happens when the disk does not want."""

from __future__ import annotations

import errno
import hashlib
import os
import random
from pathlib import Path

import numpy as np
import pytest

from tests.media.lab import Lab, level, sine
from yingda.kernel.errors import YingdaError
from yingda.media.g711 import FRAME, Law, decode, encode
from yingda.media.protocol import (
    DestroyLeg,
    MoveRecording,
    PauseRecording,
    Play,
    RecordingFailed,
    RecordingFinished,
    StartRecording,
    StopRecording,
)
from yingda.media.recorder import Recorder
from yingda.media.recording_file import HEADER_SIZE, RecordingFile, checked_path, header
from yingda.media.sound import read_wav

A_HZ, B_HZ = 440.0, 1_000.0


def sides(path: Path) -> tuple[np.ndarray, np.ndarray]:
    raw = path.read_bytes()
    assert raw[:HEADER_SIZE] == header(len(raw) - HEADER_SIZE)
    body = raw[HEADER_SIZE:]
    return decode(body[0::2], Law.MU), decode(body[1::2], Law.MU)


@pytest.mark.parametrize("law", list(Law))
def test_left_is_the_customer_right_is_what_he_hears(lab: Lab, tmp_path: Path, law: Law) -> None:
    lab.phone("customer", sine(A_HZ, -12, 1), law)
    lab.phone("agent", sine(B_HZ, -12, 1))
    lab.bridge("customer", "agent")
    lab.run(500)
    lab.do(StartRecording(recording_id="r", leg_id="customer", path="default/2026/11/21/i/h.wav"))
    lab.run(5_000)
    done = lab.do(StopRecording(recording_id="r"))
    assert isinstance(done, RecordingFinished)
    path = tmp_path / "recordings/default/2026/11/21/i/h.wav"
    left, right = sides(path)
    assert done.duration_ms == 5_000
    assert len(left) == len(right) == 40_000
    assert done.checksum == hashlib.sha256(path.read_bytes()).hexdigest()
    for side, own, other in ((left, A_HZ, B_HZ), (right, B_HZ, A_HZ)):
        assert abs(level(side[8_000:32_000], own) + 12) < 0.5
        assert level(side[8_000:32_000], other) < -60
    assert lab.engine.phases.mixed_rows == 0


def test_a_recording_goes_on_with_the_leg_that_took_the_place(lab: Lab, tmp_path: Path) -> None:
    lab.phone("customer", sine(A_HZ, -12, 1))
    lab.phone("agent", sine(B_HZ, -12, 1))
    lab.bridge("customer", "agent")
    lab.run(500)
    lab.do(StartRecording(recording_id="r", leg_id="customer", path="a.wav"))
    lab.run(2_000)
    lab.phone("other", sine(2 * A_HZ, -12, 1))
    lab.bridge("other", "agent")
    for _ in range(2):  # repeated, it changes nothing
        lab.do(MoveRecording(recording_id="r", leg_id="other"))
    lab.do(DestroyLeg(leg_id="customer"))
    lab.run(2_000)
    lab.do(PauseRecording(recording_id="r"))
    lab.do(MoveRecording(recording_id="r", leg_id="agent"))
    lab.run(1_000)
    done = lab.do(StopRecording(recording_id="r"))
    assert isinstance(done, RecordingFinished) and done.duration_ms == 5_000
    left, right = sides(tmp_path / "recordings/a.wav")
    for begin, tone in ((4_000, A_HZ), (20_000, 2 * A_HZ)):
        assert abs(level(left[begin : begin + 8_000], tone) + 12) < 0.5
        assert abs(level(right[begin : begin + 8_000], B_HZ) + 12) < 0.5
    assert not left[34_000:].any() and not right[34_000:].any()  # a pause goes along


def test_the_right_side_is_the_mix_and_not_one_of_its_sources(lab: Lab, tmp_path: Path) -> None:
    customer = lab.phone("customer", sine(A_HZ, -12, 1))
    lab.phone("agent", sine(B_HZ, -20, 1))
    lab.bridge("customer", "agent")
    lab.do(Play(play_id="p", leg_id="customer", items=["tone:dial"], loop=True))
    lab.run(500)
    lab.do(StartRecording(recording_id="r", leg_id="customer", path="a.wav"))
    lab.run(3_000)
    lab.do(StopRecording(recording_id="r"))
    left, right = sides(tmp_path / "recordings/a.wav")
    assert len(right) == 24_000
    for side, tone, dbfs in ((left, A_HZ, -12), (right, B_HZ, -20), (right, 450, -13.17)):
        assert abs(level(side[4_000:20_000], tone) - dbfs) < 0.5
    assert level(right[4_000:20_000], A_HZ) < -60
    assert abs(level(customer.audio(1.0), 450) + 13.17) < 0.5


def test_the_file_is_playable_at_every_moment(lab: Lab, tmp_path: Path) -> None:
    lab.phone("customer", sine(A_HZ, -12, 1))
    lab.do(StartRecording(recording_id="r", leg_id="customer", path="a.wav"))
    for second in range(1, 5):
        lab.run(1_300)
        left, _ = sides(tmp_path / "recordings/a.wav")
        assert len(left) >= (second * 1.3 - 1.6) * 8_000
    assert len(read_wav(tmp_path / "recordings/a.wav")) > 0


def test_pauses_and_jitter_do_not_change_the_length(lab: Lab, tmp_path: Path) -> None:
    customer = lab.phone("customer", sine(A_HZ, -12, 1))
    lab.do(StartRecording(recording_id="r", leg_id="customer", path="a.wav"))
    lab.run(2_000)
    customer.talking = False
    lab.run(3_000)
    customer.talking = True
    lab.run(2_015)
    lab.do(StopRecording(recording_id="r"))
    left, _ = sides(tmp_path / "recordings/a.wav")
    assert len(left) == 7_015 * 8
    assert abs(level(left[4_000:12_000], A_HZ) + 12) < 0.5
    assert np.abs(left[18_000:38_000]).max() < 50
    assert abs(level(left[44_000:52_000], A_HZ) + 12) < 0.5


@pytest.mark.parametrize(("skew_ppm", "seed"), [(200, 1), (-200, 2), (1_000, 3)])
def test_ten_minutes_of_skew_and_jitter_stay_aligned(skew_ppm: int, seed: int) -> None:
    """Packets up to 100 ms late, reordered, from a clock that runs wrong: each lies within 150 ms of its true time."""
    rng = random.Random(seed)
    recorder = Recorder("r", "leg", "r.wav", 0)
    token = object()
    seconds = 600
    packets = []
    for index in range(seconds * 50):
        true = index * 20_000 * 1_000_000 // (1_000_000 + skew_ppm)
        tick = encode(np.full(FRAME, 8_000 if index % 50 == 0 else 0, np.int16), Law.MU)
        packets.append((true + rng.randrange(100_000), token, index * FRAME, 0, tick))
    packets.sort(key=lambda packet: packet[0])
    body = bytearray()
    due = 1_000_000
    for packet in packets:
        while packet[0] > due:
            body += recorder.flush(due)
            due += 1_000_000
        recorder.left.taps.append(packet)
    body += recorder.stop(seconds * 1_000_000)
    assert len(body) == seconds * 16_000
    left = decode(bytes(body[0::2]), Law.MU)
    marks = np.flatnonzero((left[1:] > 4_000) & (left[:-1] < 4_000)) / 8_000
    expected = np.arange(seconds) * 1_000_000 / (1_000_000 + skew_ppm)
    nearest = np.abs(marks[:, None] - expected[None, :]).min(axis=1)
    assert len(marks) > 0.97 * seconds
    assert nearest.max() < 0.150


def test_a_packet_more_than_200_ms_late_is_dropped_and_counted() -> None:
    recorder = Recorder("r", "leg", "r.wav", 0)
    token = object()
    loud = encode(np.full(FRAME, 8_000, np.int16), Law.MU)
    recorder.left.taps.append((0, token, 0, 0, loud))
    recorder.left.taps.append((40_000, token, 320, 0, loud))
    first = recorder.flush(1_000_000)
    recorder.left.taps.append((1_000_000, token, 160, 0, loud))  # 960 ms late: taken as a new position, now
    second = recorder.flush(2_000_000)
    assert first[2 * 320 : 2 * 480 : 2] == loud
    assert recorder.left.concealed == 160  # its place was made up
    assert second.count(loud[0]) == 160


@pytest.mark.parametrize("path", ["../x.wav", "/etc/x.wav", "a/../../x.wav", "", "a\0b.wav"])
def test_a_path_cannot_leave_the_folder(lab: Lab, path: str) -> None:
    lab.phone("customer")
    with pytest.raises(YingdaError) as refused:
        lab.do(StartRecording(recording_id="r", leg_id="customer", path=path))
    assert refused.value.code == "path_refused"


def test_a_folder_that_links_elsewhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root/out").symlink_to(tmp_path)
    with pytest.raises(YingdaError):
        checked_path(tmp_path / "root", "out/x.wav")


def test_an_unwritable_folder_is_reported_and_the_call_goes_on(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "recordings").write_text("a file where a folder should be")
    customer = lab.phone("customer")
    lab.phone("agent", sine(B_HZ, -12, 1))
    lab.bridge("customer", "agent")
    lab.do(StartRecording(recording_id="r", leg_id="customer", path="a.wav"))
    lab.run(1_000)
    (failed,) = lab.of_kind(RecordingFailed)
    assert isinstance(failed, RecordingFailed)
    assert failed.recording_id == "r"
    assert abs(level(customer.audio(0.5), B_HZ) + 12) < 0.5
    with pytest.raises(YingdaError, match="stopped"):
        lab.do(StopRecording(recording_id="r"))


def test_a_full_disk_leaves_what_was_written(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's own refusal, injected at the system call."""
    lab.phone("customer", sine(A_HZ, -12, 1))
    lab.do(StartRecording(recording_id="r", leg_id="customer", path="a.wav"))
    lab.run(2_100)

    def full(fd: int, block: bytes, at: int) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "pwrite", full)
    lab.run(1_000)
    (failed,) = lab.of_kind(RecordingFailed)
    assert isinstance(failed, RecordingFailed)
    assert "no space left" in failed.reason
    left, _ = sides(tmp_path / "recordings/a.wav")
    assert len(left) == failed.duration_ms * 8 >= 8_000
    assert lab.engine.recordings.running == 0
    lab.run(2_000)
    assert len(lab.of_kind(RecordingFailed)) == 1


def test_an_existing_file_is_never_overwritten(lab: Lab, tmp_path: Path) -> None:
    lab.phone("customer")
    RecordingFile(tmp_path / "recordings/a.wav").finish()
    lab.do(StartRecording(recording_id="r", leg_id="customer", path="a.wav"))
    (failed,) = lab.of_kind(RecordingFailed)
    assert isinstance(failed, RecordingFailed)
    assert "exists" in failed.reason


def test_the_end_of_a_leg_ends_its_recording(lab: Lab, tmp_path: Path) -> None:
    lab.phone("customer", sine(A_HZ, -12, 1))
    lab.do(StartRecording(recording_id="r", leg_id="customer", path="a.wav"))
    lab.run(1_000)
    lab.do(DestroyLeg(leg_id="customer"))
    done = lab.do(StopRecording(recording_id="r"))
    assert isinstance(done, RecordingFinished)
    assert done.duration_ms == 1_000
    assert len(sides(tmp_path / "recordings/a.wav")[0]) == 8_000
