"""Sealed recordings: every part readable, every change found, keys that come and stay."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yingda.kernel.errors import YingdaError
from yingda.media.vault import FRAME, HEADER, TAG, KeyRing, open_recording, seal, sealed_with

SIZES = [0, 1, FRAME - 1, FRAME, FRAME + 1, 3 * FRAME + 777]


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    made = KeyRing(tmp_path / "keys")
    made.rotate()
    return made


def written(folder: Path, size: int) -> tuple[Path, bytes]:
    plain = random.Random(size).randbytes(size)
    path = folder / "a.wav"
    path.write_bytes(plain)
    return path, plain


def read(path: Path, ring: KeyRing) -> bytes:
    with open_recording(path, ring.keys) as file:
        return file.read()


@pytest.mark.parametrize("size", SIZES)
def test_what_was_sealed_is_read_again(tmp_path: Path, ring: KeyRing, size: int) -> None:
    path, plain = written(tmp_path, size)
    path.chmod(0o640)
    assert read(path, ring) == plain
    assert seal(path, ring)
    assert not seal(path, ring)
    assert read(path, ring) == plain
    assert path.stat().st_size == HEADER + size + TAG * -(-size // FRAME)
    assert path.stat().st_mode & 0o777 == 0o640
    assert size < 40 or plain[:40] not in path.read_bytes()
    assert [one.name for one in tmp_path.iterdir() if one.is_file()] == ["a.wav"]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_part_is_the_plain_files(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("v")
    ring = KeyRing(folder / "keys")
    ring.rotate()
    path, plain = written(folder, data.draw(st.sampled_from(SIZES)))
    seal(path, ring)
    with open_recording(path, ring.keys) as file:
        assert file.seek(0, os.SEEK_END) == len(plain)
        for _ in range(5):
            start = data.draw(st.integers(0, len(plain) + 10))
            count = data.draw(st.integers(0, 2 * FRAME))
            assert file.seek(start) == start
            assert file.read(count) == plain[start : start + count]


def test_a_key_is_rotated_and_old_files_stay_readable(tmp_path: Path, ring: KeyRing) -> None:
    path, plain = written(tmp_path, 100_000)
    seal(path, ring)
    assert (sealed_with(path), ring.rotate()) == (1, 2)
    again = KeyRing(tmp_path / "keys")
    assert again.newest == 2
    assert read(path, again) == plain
    assert seal(path, again)
    assert sealed_with(path) == 2
    assert read(path, again) == plain
    assert {(file.stat().st_mode & 0o777) for file in (tmp_path / "keys").iterdir()} == {0o600}


def test_two_files_of_the_same_sound_look_different(tmp_path: Path, ring: KeyRing) -> None:
    path, _ = written(tmp_path, 1_000)
    other = tmp_path / "b.wav"
    other.write_bytes(path.read_bytes())
    seal(path, ring)
    seal(other, ring)
    assert path.read_bytes()[HEADER:] != other.read_bytes()[HEADER:]


@pytest.mark.parametrize("at", [5, 10, 18, HEADER + 3, HEADER + FRAME + TAG + 9, -1])
def test_every_changed_byte_is_found(tmp_path: Path, ring: KeyRing, at: int) -> None:
    path, _ = written(tmp_path, 2 * FRAME)
    seal(path, ring)
    raw = bytearray(path.read_bytes())
    raw[at] ^= 1
    path.write_bytes(raw)
    with pytest.raises(YingdaError) as refused:
        read(path, ring)
    assert refused.value.code in ("recording_damaged", "key_missing")


def test_frames_exchanged_or_cut_off_are_found_and_the_rest_is_readable(tmp_path: Path, ring: KeyRing) -> None:
    path, plain = written(tmp_path, 3 * FRAME)
    seal(path, ring)
    raw = path.read_bytes()
    frames = [raw[HEADER + n * (FRAME + TAG) : HEADER + (n + 1) * (FRAME + TAG)] for n in range(3)]
    path.write_bytes(raw[:HEADER] + frames[1] + frames[0] + frames[2])
    with open_recording(path, ring.keys) as file:
        file.seek(2 * FRAME)
        assert file.read() == plain[2 * FRAME :]
        file.seek(0)
        with pytest.raises(YingdaError, match="Part 1"):
            file.read(10)
    for cut in (len(raw) - 1, HEADER + FRAME, HEADER - 4):
        path.write_bytes(raw[:cut])
        with pytest.raises(YingdaError):
            read(path, ring)


def test_without_the_key_there_is_a_sentence_and_without_keys_nothing_is_sealed(tmp_path: Path, ring: KeyRing) -> None:
    path, plain = written(tmp_path, 1_000)
    empty = KeyRing(tmp_path / "none")
    assert not seal(path, empty)
    seal(path, ring)
    with pytest.raises(YingdaError, match="key 1"):
        open_recording(path, empty.keys)
    (tmp_path / "keys" / "7.key").write_bytes(b"short")
    with pytest.raises(YingdaError, match="32 bytes"):
        KeyRing(tmp_path / "keys")
    assert read(path, ring) == plain
