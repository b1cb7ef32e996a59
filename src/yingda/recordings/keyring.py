"""The keys of sealed recordings: one seals, all ever made open (keys/recordings.json, for the server's user alone)."""

from __future__ import annotations

import base64
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from yingda.kernel.errors import YingdaError
from yingda.recordings.frames import KEY_BYTES, KEY_ID_BYTES, Key


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    key: str
    made: int


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    current: str
    keys: dict[str, _Entry]


@dataclass(frozen=True, slots=True)
class KeyRing:
    """current: what seals, None before the first `rotate`. made: µs UTC, by key id, the oldest first."""

    current: Key | None = None
    keys: dict[str, Key] = field(default_factory=dict)
    made: dict[str, int] = field(default_factory=dict)


def ring_path(data: Path) -> Path:
    """The key ring of a data folder."""
    return data / "keys" / "recordings.json"


def load(path: Path) -> KeyRing:
    """An empty ring if there is no file yet. Raises YingdaError `key_ring`."""
    document = _read(path)
    if document is None:
        return KeyRing()
    keys = {key_id: Key(key_id, base64.b64decode(entry.key)) for key_id, entry in document.keys.items()}
    oldest_first = sorted(document.keys.items(), key=lambda item: item[1].made)
    return KeyRing(keys[document.current], keys, {key_id: entry.made for key_id, entry in oldest_first})


def rotate(path: Path, now: int) -> Key:
    """Make a new key (µs: when), which seals from now on. The older ones stay. Raises YingdaError `key_ring`."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(path.parent):
        document = _read(path) or _Document("", {})
        key = Key(os.urandom(KEY_ID_BYTES).hex(), os.urandom(KEY_BYTES))
        document.keys[key.key_id] = _Entry(base64.b64encode(key.secret).decode(), now)
        document.current = key.key_id
        _replace(path, msgspec.json.format(msgspec.json.encode(document)))
    return key


def _read(path: Path) -> _Document | None:
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise _unusable(path, "others may read it", "Take the rights from everybody else (chmod 600).")
        document = msgspec.json.decode(path.read_bytes(), type=_Document)
        sound = document.current in document.keys and all(map(_whole, document.keys, document.keys.values()))
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError, ValueError) as error:
        raise _unusable(path, str(error)) from error
    if not sound:
        raise _unusable(path, "its entries are no keys")
    return document


def _whole(key_id: str, entry: _Entry) -> bool:
    return len(bytes.fromhex(key_id)) == KEY_ID_BYTES and len(base64.b64decode(entry.key, validate=True)) == KEY_BYTES


def _unusable(path: Path, why: str, todo: str = "Restore it from a backup.") -> YingdaError:
    return YingdaError("key_ring", f"The keys of the recordings cannot be used: {why}.", where=str(path), todo=todo)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two who rotate take turns."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _replace(path: Path, text: bytes) -> None:
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        owner = path.parent.stat()
        os.fchown(file.fileno(), owner.st_uid, owner.st_gid)  # whoever rotates, the server's user reads
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
