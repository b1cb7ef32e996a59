"""The media plane: the media processes with the centre's folders and ports, under their nursery."""

from __future__ import annotations

from pathlib import Path

from yingda.media.nursery import Nursery
from yingda.media.process import MediaConfig
from yingda.planes.child import Lifeline, Setup
from yingda.planes.options import Options


def run(setup: Setup, lifeline: Lifeline) -> int:
    """Run the plane until it is told to stop; returns the exit code."""
    options = setup.options
    configs = [_config(options, number, socket) for number, socket in enumerate(options.media_sockets)]
    Nursery(configs, setup.leash).run(lifeline.ready)
    return 0


def _config(options: Options, number: int, socket: Path) -> MediaConfig:
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
        state=options.run / socket.stem,
    )
