"""Sealed files: AES-256-GCM in frames of 64 KiB, each bound to its place and to whether it is the last (REC-16).

    header   magic 8 | key id 8 | salt 32
    frames   ciphertext of 65 536 bytes, the last one of 0 to 65 536 | tag 16

The STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015): HKDF-SHA-256 makes of the key and the salt a key and
seven bytes of nonce for this file alone; a frame's nonce is those, its number in four bytes and 1 if it is the last.
The header is associated data of every frame. A byte changed, a frame moved and an end cut off are all found; the last
frame is looked at before anything is given out, so the length is known to be true.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from yingda.kernel.errors import YingdaError

MAGIC = b"YDSEAL1\n"
KEY_ID_BYTES, SALT_BYTES, KEY_BYTES, PREFIX_BYTES, TAG = 8, 32, 32, 7, 16
HEADER = len(MAGIC) + KEY_ID_BYTES + SALT_BYTES
FRAME = 64 * 1024
SEALED = FRAME + TAG


@dataclass(frozen=True, slots=True)
class Key:
    """key_id: 16 hexadecimal digits. secret: 32 bytes."""

    key_id: str
    secret: bytes


class _Cipher:
    """The frames of one file."""

    def __init__(self, key: Key, header: bytes) -> None:
        salt = header[-SALT_BYTES:]
        made = HKDF(SHA256(), KEY_BYTES + PREFIX_BYTES, salt, b"yingda recording").derive(key.secret)
        self._aead, self._prefix, self._header = AESGCM(made[:KEY_BYTES]), made[KEY_BYTES:], header

    def _nonce(self, number: int, last: bool) -> bytes:
        return self._prefix + struct.pack(">I?", number, last)

    def seal(self, number: int, last: bool, plain: bytes) -> bytes:
        return self._aead.encrypt(self._nonce(number, last), plain, self._header)

    def open(self, number: int, last: bool, sealed: bytes) -> bytes:
        try:
            return self._aead.decrypt(self._nonce(number, last), sealed, self._header)
        except InvalidTag:
            raise damaged(f"frame {number}") from None


def damaged(where: str) -> YingdaError:
    return YingdaError(
        "sealed_damaged",
        "A sealed recording was changed or cut off.",
        where=where,
        todo="Restore the file from a backup.",
    )


def seal(source: BinaryIO, target: BinaryIO, key: Key) -> None:
    """Write what is left of `source`, sealed, to `target`."""
    header = MAGIC + bytes.fromhex(key.key_id) + os.urandom(SALT_BYTES)
    cipher = _Cipher(key, header)
    target.write(header)
    plain, number = source.read(FRAME), 0
    while following := source.read(FRAME):
        target.write(cipher.seal(number, False, plain))
        plain, number = following, number + 1
    target.write(cipher.seal(number, True, plain))


class SealedFile:
    """Reads any part of a sealed file. `size`: bytes of plain text, known to be true.

    handle: a file descriptor; whoever opened it closes it. Raises YingdaError: sealed_damaged, or key_unknown.
    """

    def __init__(self, handle: int, keys: Mapping[str, Key]) -> None:
        self._handle = handle
        header = os.pread(handle, HEADER, 0)
        if len(header) < HEADER or not header.startswith(MAGIC):
            raise damaged("header")
        self.key_id = header[len(MAGIC) : len(MAGIC) + KEY_ID_BYTES].hex()
        if self.key_id not in keys:
            todo = "Put the key back into keys/recordings.json from a backup."
            raise YingdaError(
                "key_unknown", "The key of a sealed recording is not there.", where=self.key_id, todo=todo
            )
        self._cipher = _Cipher(keys[self.key_id], header)
        self._body = os.fstat(handle).st_size - HEADER
        self._last = max(0, self._body - 1) // SEALED
        self._opened = (self._last, self._open(self._last))
        self.size = self._last * FRAME + len(self._opened[1])

    def read(self, at: int, count: int) -> bytes:
        """Plain bytes from `at`; fewer at the end, at most those up to the end of the frame that holds `at`."""
        if at >= self.size:
            return b""
        number, offset = divmod(at, FRAME)
        if self._opened[0] != number:
            self._opened = (number, self._open(number))
        return self._opened[1][offset : offset + count]

    def _open(self, number: int) -> bytes:
        begin = number * SEALED
        sealed = os.pread(self._handle, min(SEALED, self._body - begin), HEADER + begin)
        if len(sealed) < TAG:
            raise damaged(f"frame {number}")
        return self._cipher.open(number, number == self._last, sealed)
