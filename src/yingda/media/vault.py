"""Recordings at rest, encrypted: AES-256-GCM in frames of 64 KiB, so that any part can be read without the rest.

    file    header (24 bytes): "YDV1", key number (4), length of the plain file (8), nonce prefix (8)
    frame   64 KiB of the plain file (the last one less), encrypted, and its tag of 16 bytes

A frame's nonce is the file's random prefix and the frame's number, each used once; its associated data are the header
and the number, so a frame moved, repeated, cut off or put into another file does not open. Keys have numbers: new files
take the newest, old ones are read with the one they name, and `seal` moves a file to the newest. No key is needed for
files that are not sealed: those are read as they are.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from yingda.kernel.errors import YingdaError

MAGIC = b"YDV1"
HEADER = 24
FRAME, TAG = 64 * 1024, 16
KEY_BYTES, PREFIX_BYTES = 32, 8


class KeyRing:
    """The centre's recording keys, as files NUMBER.key in a folder that only its user can read. Oldest first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._keys: dict[int, bytes] = {}
        for path in folder.glob("*.key"):
            if path.stem.isdecimal():
                key = path.read_bytes()
                if len(key) != KEY_BYTES:
                    raise YingdaError("key_wrong", f"A recording key has {KEY_BYTES} bytes.", where=str(path))
                self._keys[int(path.stem)] = key

    @property
    def newest(self) -> int:
        """Number of the key for new files; 0 when there is none: files stay as they are."""
        return max(self._keys, default=0)

    @property
    def keys(self) -> Mapping[int, bytes]:
        return self._keys

    def rotate(self) -> int:
        """Make a new key; from now on it is the newest. Old ones stay: files name them."""
        number = self.newest + 1
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = os.urandom(KEY_BYTES)
        handle = os.open(self._folder / f"{number}.key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        self._keys[number] = key
        return number


def sealed_with(path: Path) -> int:
    """The number of the key that a file is sealed with; 0 for a plain one. Raises OSError."""
    with path.open("rb") as file:
        head = file.read(HEADER)
    return int.from_bytes(head[4:8]) if len(head) == HEADER and head[:4] == MAGIC else 0


def seal(path: Path, ring: KeyRing) -> bool:
    """Encrypt a finished file in its place with the newest key, by rename; False when nothing was to be done.

    Raises OSError, and YingdaError for a file that does not open with the key it names.
    """
    number = ring.newest
    if not number or sealed_with(path) == number:
        return False
    draft = path.with_name(path.name + ".sealing")
    try:
        with open_recording(path, ring.keys) as plain, draft.open("wb") as target:
            _write(plain, target, number, ring.keys[number])
            target.flush()
            os.fsync(target.fileno())
        draft.chmod(path.stat().st_mode & 0o777)
        draft.replace(path)
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
    return True


def _write(plain: BinaryIO, target: BinaryIO, number: int, key: bytes) -> None:
    length = plain.seek(0, os.SEEK_END)
    plain.seek(0)
    prefix = os.urandom(PREFIX_BYTES)
    header = MAGIC + number.to_bytes(4) + length.to_bytes(8) + prefix
    target.write(header)
    cipher = AESGCM(key)
    for index in range(-(-length // FRAME)):
        place = index.to_bytes(4)
        target.write(cipher.encrypt(prefix + place, plain.read(FRAME), header + place))


def open_recording(path: Path, keys: Mapping[int, bytes]) -> BinaryIO:
    """A recording to read and seek in, sealed or not. Raises OSError, `key_missing`, `recording_damaged`."""
    raw = path.open("rb")
    head = raw.read(HEADER)
    if head[:4] != MAGIC:
        raw.seek(0)
        return raw
    number = int.from_bytes(head[4:8])
    if len(head) < HEADER or number not in keys:
        raw.close()
        code = "key_missing" if len(head) == HEADER else "recording_damaged"
        raise YingdaError(code, f"The recording cannot be opened (key {number}).", where=path.name)
    return io.BufferedReader(_Sealed(raw, head, keys[number], path.name), FRAME)


class _Sealed(io.RawIOBase):
    """The plain bytes behind the frames; holds one frame at a time."""

    def __init__(self, raw: BinaryIO, header: bytes, key: bytes, name: str) -> None:
        self._raw, self._header, self._name = raw, header, name
        self._cipher = AESGCM(key)
        self._length = int.from_bytes(header[8:16])
        self._at = 0
        self._held: tuple[int, bytes] = (-1, b"")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._length}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: object) -> int:
        """Bytes of one frame at most. Raises `recording_damaged`."""
        room = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        if self._at >= self._length:
            return 0
        index, within = divmod(self._at, FRAME)
        piece = self._frame(index)[within : within + len(room)]
        room[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def _frame(self, index: int) -> bytes:
        if self._held[0] != index:
            self._raw.seek(HEADER + index * (FRAME + TAG))
            wanted = min(FRAME, self._length - index * FRAME) + TAG
            place = index.to_bytes(4)
            try:
                plain = self._cipher.decrypt(self._header[16:] + place, self._raw.read(wanted), self._header + place)
            except InvalidTag as error:
                raise YingdaError(
                    "recording_damaged", f"Part {index + 1} of the recording is damaged.", where=self._name
                ) from error
            self._held = (index, plain)
        return self._held[1]

    def close(self) -> None:
        self._raw.close()
        super().close()
