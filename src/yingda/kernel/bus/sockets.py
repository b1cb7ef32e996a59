"""The Unix socket a plane listens on: private, and taking over from a dead predecessor but never from a living one."""

from __future__ import annotations

import os
import socket
import struct
from pathlib import Path

from yingda.kernel.errors import YingdaError

_PROBE_S = 1.0


def listening_socket(path: Path) -> socket.socket:
    """A listening socket at `path`, mode 0600, non-blocking. A stale file there is replaced.

    Raises YingdaError: bus_in_use if somebody answers there, bus_path if the place cannot be used.
    """
    if _answers(path):
        raise YingdaError("bus_in_use", "Another process already listens here.", where=str(path), todo="Stop it first.")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    fresh = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh.unlink(missing_ok=True)
        listener.bind(str(fresh))
        fresh.chmod(0o600)  # before anybody can find it under its name
        listener.listen(128)
        fresh.rename(path)
    except OSError as error:
        listener.close()
        raise YingdaError("bus_path", f"The bus cannot listen: {error.strerror or error}.", where=str(path)) from error
    listener.setblocking(False)
    return listener


def credentials(connection: socket.socket) -> tuple[int, int]:
    """(pid, uid) of the process at the other end."""
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    pid, uid, _ = struct.unpack("3i", raw)
    return pid, uid


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(_PROBE_S)
        try:
            probe.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
            return False
        except TimeoutError:
            return True  # nobody accepts, but somebody listens
        except OSError:
            return False  # too long a path and the like: binding says so
        return True
