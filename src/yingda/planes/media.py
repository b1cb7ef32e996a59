"""The media plane: the media process with the centre's folders and ports."""

from __future__ import annotations

import signal

from yingda.media.process import MediaConfig, MediaProcess
from yingda.planes.child import Lifeline, Setup


def run(setup: Setup, lifeline: Lifeline) -> int:
    """Run the plane until it is told to stop; returns the exit code."""
    options = setup.options
    first, last = options.media_ports
    config = MediaConfig(
        socket=options.socket("media"),
        recordings=options.recordings,
        prompts=options.prompts,
        host=options.host,
        advertised=options.advertised_host,
        first_port=first,
        last_port=last,
    )
    process = MediaProcess(config)
    lifeline.ready()
    lifeline.watch(process.stop)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: process.stop())
    process.run()
    return 0
