"""A dead media process's legs in its successor: same ports, same lines, what they heard, played and recorded.

A browser's leg is reported lost (its SRTP keys died with the process). A recording goes on in its file as a second
part, where the clock says, with a cue point at the seam. A player begins anew, a tap connects anew.
"""

from __future__ import annotations

import logging
from typing import Any

import msgspec

from yingda.kernel.errors import YingdaError
from yingda.media.commands import Commands
from yingda.media.engine import Engine
from yingda.media.protocol import OpenTap, Play

log = logging.getLogger(__name__)


def take_over(engine: Engine, commands: Commands, states: list[dict[str, Any]], now: int) -> None:
    """states: as `survival.left_behind` or `Engine.to_state` gives them."""
    adopted = [state for state in states if _readopt(engine, state, now)]
    entries = [(str(state["leg_id"]), str(source), float(gain)) for state in adopted for source, gain in state["row"]]
    known = [entry for entry in entries if entry[0] in engine.legs and entry[1] in engine.legs]
    engine.phases.reroute(engine.matrix.change(known))
    for state in adopted:
        leg = engine.legs[str(state["leg_id"])]
        for recording in state["recordings"]:
            engine.recordings.resume(recording, leg, now)
        for tap in state["taps"]:
            commands.reopen(msgspec.convert(tap, OpenTap))
        if state["play"] is not None:
            commands.replay(msgspec.convert(state["play"], Play), now)
    if states:
        log.warning("%d of %d legs of the process before were taken over", len(adopted), len(states))


def _readopt(engine: Engine, state: dict[str, Any], now: int) -> bool:
    try:
        return engine.readopt(state, now)
    except YingdaError as error:
        log.error("leg %s is not taken over: %s", state["leg_id"], error)
        return False
