"""Control's side of the flows plane: messages to it in order, what it answers, and what happens when it is gone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from yingda.calls.effects import FlowRequest
from yingda.calls.flow_protocol import Acts, AnyAct
from yingda.kernel.bus import BusClient
from yingda.kernel.errors import YingdaError

log = logging.getLogger(__name__)

LOOK_S, LOOKS = 0.25, 8
"""A flows plane that gives no sign of life for so many looks in a row has lost its sessions: callers go to people.
Looks are counted, not the clock: a moment in which control itself was held up is one look."""
MOST_PATIENCE_S = 10.0
"""So long one message may wait for its answer while the plane is at work: a burst of callers takes its time."""
LOOK_EVERY_S = 0.5


class FlowsLink:
    """acts: what a session asks for; lost: a session (None: all of them) that cannot go on, with the reason."""

    def __init__(
        self,
        socket: Path,
        acts: Callable[[str, Sequence[AnyAct]], None],
        lost: Callable[[str | None, str], None],
    ) -> None:
        self._bus = BusClient(socket)
        self._acts, self._lost = acts, lost
        self._since: int | None = None
        self._away = False
        self._signs = 0  # of life
        self._tasks: set[asyncio.Task[None]] = set()
        self._watch: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to follow it; it may come later, and go."""
        self._bus.subscribe("flow", self._told)
        await self._bus.start()
        self._watch = asyncio.get_running_loop().create_task(self._look())

    async def close(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
        for task in self._tasks:
            task.cancel()
        await self._bus.close()

    def ask(self, request: FlowRequest) -> None:
        """Send a message. They arrive in the order in which they are sent: one connection, one writer."""
        task = asyncio.get_running_loop().create_task(self._send(request))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def published(self) -> None:
        """Another configuration is in force: the next session runs its documents."""
        try:
            await self._bus.call("config.published", {}, MOST_PATIENCE_S)
        except YingdaError as error:
            log.warning("the flows plane was not told of the new configuration: %s", error)

    async def _send(self, request: FlowRequest) -> None:
        try:
            await self._bus.call(request.method, request.body, MOST_PATIENCE_S)
            self._signs += 1
        except YingdaError as error:
            if request.method != "flow.end":
                self._lost(request.session_id, error.sentence)

    def _told(self, message: Mapping[str, Any]) -> None:
        self._signs += 1
        try:
            answer = msgspec.convert(message, Acts)
        except msgspec.ValidationError:
            log.exception("a message of the flows plane cannot be read")
            return
        self._acts(answer.session_id, answer.acts)

    async def _look(self) -> None:
        """Notice a flows plane that is gone, hangs, or was started anew: its sessions are gone."""
        while True:
            try:
                since = int((await self._ping())["since"])
            except YingdaError as error:
                if self._since is not None and not self._away:
                    self._lost(None, error.sentence)
                self._away = True
            else:
                if self._since not in (None, since) and not self._away:
                    self._lost(None, "the flows plane was started again")
                self._since, self._away = since, False
            await asyncio.sleep(LOOK_EVERY_S)

    async def _ping(self) -> Any:
        """Its answer, waited for as long as it gives other signs of life. Raises YingdaError."""
        ping = asyncio.get_running_loop().create_task(self._bus.call("ping", {}, MOST_PATIENCE_S))
        quiet = 0
        try:
            while quiet < LOOKS:
                before = self._signs
                await asyncio.wait([ping], timeout=LOOK_S)
                if ping.done():
                    return ping.result()
                quiet = quiet + 1 if self._signs == before else 0
            raise YingdaError("plane_timeout", "The flows plane does not answer.")
        finally:
            ping.cancel()
