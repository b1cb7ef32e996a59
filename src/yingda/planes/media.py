"""The media plane: the media processes with the centre's folders and ports, under their nursery."""

from __future__ import annotations

import contextlib
import os
import stat
from hashlib import sha256
from pathlib import Path

from yingda.media.nursery import Nursery
from yingda.media.process import MediaConfig
from yingda.planes.child import Lifeline, Setup
from yingda.planes.options import Options

SHARED_MEMORY = Path("/dev/shm")


def run(setup: Setup, lifeline: Lifeline) -> int:
    """Run the plane until it is told to stop; returns the exit code."""
    options = setup.options
    memory = memory_folder(options.run)
    configs = [_config(options, memory, number, socket) for number, socket in enumerate(options.media_sockets)]
    Nursery(configs, setup.leash).run(lifeline.ready)
    if memory != options.run:
        with contextlib.suppress(OSError):  # something is left for a successor
            memory.rmdir()
    return 0


def memory_folder(run: Path) -> Path:
    """Where the legs of a data folder outlive a killed process: in shared memory, a folder that is ours alone.

    A mapped file on a disk would do, but on a busy one a first touch of a page can wait half a second for the file
    system's journal, and the packets with it. Where shared memory cannot be used it has to: `run` itself.
    """
    folder = SHARED_MEMORY / f"yingda-{sha256(str(run.resolve()).encode()).hexdigest()[:24]}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
    except OSError:
        return run
    ours = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o077
    return folder if ours else run


def _config(options: Options, memory: Path, number: int, socket: Path) -> MediaConfig:
    """Process `number` of several: its own socket, its own share of the ports, its own memory of its legs."""
    first, last = options.media_ports
    share = (last - first + 1) // options.media_processes // 2 * 2
    return MediaConfig(
        socket=socket,
        recordings=options.recordings,
        prompts=options.prompts,
        host=options.host,
        advertised=options.advertised_host,
        first_port=first + number * share,
        last_port=first + (number + 1) * share - 1,
        state=memory / socket.stem,
    )
