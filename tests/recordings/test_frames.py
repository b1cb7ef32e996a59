"""Sealed recordings: whatever is done to the file is found, and every part can be read by itself."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingda.cli import main
from yingda.kernel.errors import YingdaError
from yingda.recordings.frames import FRAME, HEADER, SEALED, TAG, Key, SealedFile, seal
from yingda.recordings.keyring import KeyRing, load, ring_path, rotate

KEY = Key("00112233445566ff", bytes(range(32)))
SIZES = st.sampled_from([0, 1, 100, FRAME - 1, FRAME, FRAME + 1, 2 * FRAME, 3 * FRAME + 17]) | st.integers(0, 3 * FRAME)


def text(size: int) -> bytes:
    return (b"0123456789abcdefghijklmnopqrstuvwxyz-" * (size // 37 + 1))[:size]


def sealed(plain: bytes, key: Key = KEY) -> bytes:
    target = io.BytesIO()
    seal(io.BytesIO(plain), target, key)
    return target.getvalue()


@contextmanager
def opened(raw: bytes, keys: dict[str, Key] | None = None) -> Iterator[SealedFile]:
    handle = os.memfd_create("sealed")
    try:
        os.write(handle, raw)
        yield SealedFile(handle, {KEY.key_id: KEY} if keys is None else keys)
    finally:
        os.close(handle)


def whole(file: SealedFile) -> bytes:
    parts = []
    at = 0
    while part := file.read(at, FRAME):
        parts.append(part)
        at += len(part)
    return b"".join(parts)


def refused(raw: bytes) -> str:
    with pytest.raises(YingdaError) as caught, opened(raw) as file:
        whole(file)
    return caught.value.code


@given(SIZES)
def test_what_was_sealed_is_read(size: int) -> None:
    raw = sealed(text(size))
    assert size < 16 or text(size)[:64] not in raw
    with opened(raw) as file:
        assert (file.size, file.key_id) == (size, KEY.key_id)
        assert whole(file) == text(size)


@given(SIZES, st.data())
def test_any_part_can_be_read(size: int, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, size + 5))
    count = data.draw(st.integers(1, FRAME))
    with opened(sealed(text(size))) as file:
        part = file.read(at, count)
    assert part == text(size)[at : at + len(part)]
    assert len(part) == min(count, max(0, size - at), FRAME - at % FRAME)


@given(st.sampled_from([0, 10, FRAME, FRAME + 9, 2 * FRAME + 1]), st.data())
def test_any_bit_flipped_is_found(size: int, data: st.DataObject) -> None:
    raw = bytearray(sealed(text(size)))
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= 1 << data.draw(st.integers(0, 7))
    in_key_id = 8 <= place < 16
    assert refused(bytes(raw)) == ("key_unknown" if in_key_id else "sealed_damaged")


@given(st.sampled_from([1, FRAME, FRAME + 9, 3 * FRAME]), st.data())
def test_an_end_cut_off_is_found_before_anything_is_given_out(size: int, data: st.DataObject) -> None:
    raw = sealed(text(size))
    borders = [HEADER + n * SEALED for n in range(4) if HEADER + n * SEALED < len(raw)]
    cut = data.draw(st.sampled_from(borders) | st.integers(0, len(raw) - 1))
    with pytest.raises(YingdaError, match="cut off"), opened(raw[:cut]):
        pass
    assert refused(raw + raw[-TAG:]) == "sealed_damaged"


@given(st.permutations(range(4)))
def test_frames_in_another_order_are_found(order: list[int]) -> None:
    raw = sealed(text(4 * FRAME))
    frames = [raw[HEADER + n * SEALED :][:SEALED] for n in order]
    mixed = raw[:HEADER] + b"".join(frames)
    if order == [0, 1, 2, 3]:
        assert mixed == raw
    else:
        assert refused(mixed) == "sealed_damaged"


def test_a_frame_of_another_file_with_the_same_key_is_found() -> None:
    one, other = sealed(text(2 * FRAME)), sealed(text(2 * FRAME))
    assert one != other
    assert refused(one[: HEADER + SEALED] + other[HEADER + SEALED :]) == "sealed_damaged"


# the key ring


def test_old_keys_open_what_they_sealed(tmp_path: Path) -> None:
    path = ring_path(tmp_path)
    assert load(path) == KeyRing()
    first = rotate(path, 1)
    raw = sealed(b"before", first)
    second = rotate(path, 2)
    ring = load(path)
    assert (ring.current, set(ring.keys)) == (second, {first.key_id, second.key_id})
    with opened(raw, ring.keys) as file:
        assert whole(file) == b"before"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_the_command_line_rotates_and_lists_without_a_secret(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ["--data", str(tmp_path)]
    assert main(["keys", "list", *place]) == 0 and capsys.readouterr().out == ""
    assert main(["keys", "rotate", *place]) == 0 and main(["keys", "rotate", *place]) == 0
    told = capsys.readouterr().out
    ring = load(ring_path(tmp_path))
    assert ring.current is not None and len(ring.keys) == 2 and all(key_id in told for key_id in ring.keys)
    assert main(["keys", "list", *place]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(ring.made)
    assert [line.endswith("seals") for line in lines] == [False, True] and lines[1].startswith(ring.current.key_id)
    secrets = {base64.b64encode(key.secret).decode() for key in ring.keys.values()}
    assert not any(secret in told + "".join(lines) for secret in secrets)
    ring_path(tmp_path).chmod(0o644)
    assert main(["keys", "rotate", *place]) == 2 and "chmod 600" in capsys.readouterr().err


def test_a_new_key_after_a_rotation_that_broke_off(tmp_path: Path) -> None:
    path = ring_path(tmp_path)
    first = rotate(path, 1)
    path.with_suffix(".new").write_bytes(b"half a")
    assert load(path).current == first
    assert load(path).current != rotate(path, 2)
    assert len(load(path).keys) == 2


@pytest.mark.parametrize(
    "written",
    ["", "{}", '{"current": "a", "keys": {}}', '{"current": "zz", "keys": {"zz": {"key": "AAAA", "made": 1}}}'],
)
def test_a_ring_that_is_none_is_refused(tmp_path: Path, written: str) -> None:
    path = tmp_path / "recordings.json"
    path.touch(0o600)
    path.write_text(written)
    with pytest.raises(YingdaError) as caught:
        load(path)
    assert caught.value.code == "key_ring"


def test_a_ring_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = ring_path(tmp_path)
    rotate(path, 1)
    path.chmod(0o640)
    with pytest.raises(YingdaError, match="others may read"):
        load(path)
