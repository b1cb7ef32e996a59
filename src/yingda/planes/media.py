"""The media plane: the media processes with the centre's folders and ports, under their nursery."""

from __future__ import annotations

from yingda.media.nursery import Nursery
from yingda.media.process import MediaConfig
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
        state=options.run / "media",
    )
    Nursery([config], setup.leash).run(lifeline.ready)
    return 0
