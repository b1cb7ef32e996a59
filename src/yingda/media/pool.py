"""Several media processes as one: legs are spread, and what hears across processes is joined by internal link legs.

A leg goes where the leg it will be joined with is (`near`), else where the fewest are; one bridge lies in one process
that way. When a sink hears a source of another process (attended transfer, conference merge), the source's sound is
carried over by a link: a leg beside the source that hears it and sends to a leg beside the sink, plain RTP on the
loopback. One link serves all sinks of a process, and ends with the last.

    link     by                                  next
    absent   the first entry across              OPENING: both legs made, connected, the source's entry set
    OPENING  its end                             OPEN: the sinks' entries are set
    OPEN     its last entry became 0, source end CLOSING: both legs destroyed, then absent
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from yingda.kernel.errors import YingdaError
from yingda.media import protocol
from yingda.media.client import Answered, MediaClient, MediaCommands
from yingda.media.links import Link, ends
from yingda.media.protocol import AnyCommand, AnyReport, AnyResult

log = logging.getLogger(__name__)

LINK = "link:"
REMEMBERED = 100_000


@dataclass
class Member:
    """One process: its client, and the legs it holds."""

    client: MediaClient
    legs: set[str] = field(default_factory=set)
    up: bool = False


class MediaPool(MediaCommands):
    """paths: a socket a process. `connected` once all are there, `lost` when one goes; otherwise as MediaClient."""

    def __init__(
        self, paths: Sequence[Path], epoch: int, on_report: Callable[[AnyReport], None], *,
        connected: Callable[[], None] | None = None, lost: Callable[[], None] | None = None, timeout: float = 5.0,
    ) -> None:  # fmt: skip
        self._on_report, self._on_connected, self._on_lost = on_report, connected, lost
        self._members: list[Member] = []
        for number, path in enumerate(paths):
            client = MediaClient(
                path, epoch, self._reported, timeout=timeout,
                connected=lambda n=number: self._came(n), lost=lambda n=number: self._went(n),  # type: ignore[misc]
            )  # fmt: skip
            self._members.append(Member(client))
        self._where: OrderedDict[str, int] = OrderedDict()  # by leg, play and recording, also when it has ended
        self._codecs: dict[str, protocol.Codec] = {}  # what a leg's far end sends
        self._links: dict[tuple[str, int], Link] = {}
        self._turn = asyncio.Lock()  # links are opened and closed one after the other
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def is_connected(self) -> bool:
        return all(member.client.is_connected for member in self._members)

    async def start(self, timeout: float | None = None) -> None:
        """Connect to all. With a timeout (s), wait for the first time and learn what they hold."""
        await asyncio.gather(*(member.client.start(timeout) for member in self._members))
        if timeout is not None:
            await self.snapshot()

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(member.client.close() for member in self._members))

    # ---- commands --------------------------------------------------------------------------------------------------

    def ask(self, command: AnyCommand, answered: Answered) -> None:
        """As MediaClient.ask; only what concerns several processes takes a task."""
        number = self._single(command)
        if number is None:
            task = asyncio.get_running_loop().create_task(self._ask_several(command, answered))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            self._members[number].client.ask(command, answered)

    async def _ask_several(self, command: AnyCommand, answered: Answered) -> None:
        result: AnyResult | YingdaError
        try:
            result = await self.execute(command)
        except YingdaError as error:
            result = error
        answered(result)

    async def _call(self, command: AnyCommand) -> Any:
        number = self._single(command)
        if number is not None:
            return await self._members[number].client.execute(command)
        if isinstance(command, protocol.SetGain):
            return await self._gain(command)
        if isinstance(command, protocol.DestroyLeg):
            return await self._destroy(command)
        results = [await member.client.execute(command) for member in self._members]
        if isinstance(command, protocol.Snapshot):
            return self._snapshot([_as(protocol.SnapshotResult, result) for result in results])
        if isinstance(command, protocol.Metrics):
            return _sum([_as(protocol.MetricsResult, result) for result in results])
        return results[0]

    def _single(self, command: AnyCommand) -> int | None:
        """The one process that a command concerns; None when it may be several."""
        if len(self._members) == 1:
            return 0
        if isinstance(command, protocol.CreateLeg):
            return self._place(command)
        if isinstance(command, protocol.SetGain):
            places = {self._of(name) for sink, source, _ in command.entries for name in (sink, source)}
            linked = any((source, self._of(sink)) in self._links for sink, source, _ in command.entries)
            return places.pop() if len(places) == 1 and not linked else None
        if isinstance(command, protocol.DestroyLeg):
            return None if self._links else self._leave(command.leg_id)
        if isinstance(command, protocol.Snapshot | protocol.Metrics | protocol.Acknowledge | protocol.Configure):
            return None
        if isinstance(command, protocol.ConnectLeg) and command.remote.receive_codecs:
            self._codecs[command.leg_id] = command.remote.receive_codecs[0]
        return self._follow(command)

    def _follow(self, command: AnyCommand) -> int:
        """The process of what the command names; a play, a recording and a tap are where their leg is."""
        body = msgspec.structs.asdict(command)
        name = body.get("leg_id") or body.get("play_id") or body.get("recording_id") or body.get("tap_id") or ""
        place = self._of(str(name))
        for key in ("play_id", "recording_id", "tap_id"):
            if key in body and "leg_id" in body:
                self._learn(str(body[key]), place)
        return place

    def _learn(self, name: str, place: int) -> None:
        """Commands are repeated after an end too, so ends are remembered for a while."""
        self._where[name] = place
        self._where.move_to_end(name)
        while len(self._where) > REMEMBERED:
            oldest, held = self._where.popitem(last=False)
            if oldest in self._members[held].legs:
                self._where[oldest] = held

    def place_of(self, leg_id: str) -> int:
        """The number of the process that holds a leg."""
        return self._of(leg_id)

    def _of(self, name: str) -> int:
        """An unknown name is asked of the first process, which refuses it with a sentence."""
        return self._where.get(name, 0)

    def _place(self, command: protocol.CreateLeg) -> int:
        known = self._where.get(command.leg_id, self._where.get(command.near))
        if known is None:
            known = min(range(len(self._members)), key=lambda number: len(self._members[number].legs))
        self._enter(command.leg_id, known)
        return known

    def _enter(self, leg_id: str, number: int) -> None:
        self._learn(leg_id, number)
        self._members[number].legs.add(leg_id)

    def _leave(self, leg_id: str) -> int:
        number = self._of(leg_id)
        self._members[number].legs.discard(leg_id)
        self._codecs.pop(leg_id, None)
        return number

    # ---- entries across --------------------------------------------------------------------------------------------

    async def _gain(self, command: protocol.SetGain) -> protocol.Done:
        """Each process its own entries; what hears across gets a link first."""
        async with self._turn:
            parts: dict[int, list[tuple[str, str, float]]] = {}
            for sink, source, gain in command.entries:
                place = self._of(sink)
                if place == self._of(source):
                    parts.setdefault(place, []).append((sink, source, gain))
                else:
                    link = await self._linked(source, place, gain)
                    if link is not None:
                        link.sinks[sink] = gain
                        parts.setdefault(place, []).append((sink, link.near_sink, gain))
            for place, entries in parts.items():
                await self._members[place].client.set_gain(entries)
            await self._tidy()
            return protocol.Done()

    async def _linked(self, source: str, place: int, gain: float) -> Link | None:
        """The link that carries `source` to a process; None when there is none and none is needed."""
        link = self._links.get((source, place))
        if link is not None or not gain:
            return link
        link = Link(source, place)
        one, other = self._members[self._of(source)].client, self._members[place].client
        here, there = await ends(link, one, other, self._codecs.get(source))
        self._enter(here, self._of(source))
        self._enter(there, place)
        self._links[source, place] = link
        return link

    async def _tidy(self) -> None:
        """Links that nobody hears end."""
        for key, link in list(self._links.items()):
            if not any(link.sinks.values()):
                del self._links[key]
                for leg_id in (link.near_source, link.near_sink):
                    number = self._leave(leg_id)
                    del self._where[leg_id]
                    await self._members[number].client.destroy_leg(leg_id)

    async def _destroy(self, command: protocol.DestroyLeg) -> AnyResult:
        async with self._turn:
            for (source, _), link in self._links.items():
                if source == command.leg_id:
                    link.sinks.clear()
                link.sinks.pop(command.leg_id, None)
            result = await self._members[self._leave(command.leg_id)].client.execute(command)
            await self._tidy()
            return result

    # ---- what they say ---------------------------------------------------------------------------------------------

    def _snapshot(self, parts: list[protocol.SnapshotResult]) -> protocol.SnapshotResult:
        """All legs but those of our links (a control before us may have left others); where they are is learnt anew."""
        ours = {name for link in self._links.values() for name in (link.near_source, link.near_sink)}
        for number, part in enumerate(parts):
            for leg in part.legs:
                self._enter(str(leg["leg_id"]), number)
            for key, things in (("play_id", part.players), ("recording_id", part.recorders), ("tap_id", part.taps)):
                for thing in things:
                    self._learn(str(thing[key]), number)
        return protocol.SnapshotResult(
            legs=[leg for part in parts for leg in part.legs if leg["leg_id"] not in ours],
            matrix=[entry for part in parts for entry in part.matrix if not {entry[0], entry[1]} & ours],
            players=[player for part in parts for player in part.players],
            recorders=[recorder for part in parts for recorder in part.recorders],
            taps=[tap for part in parts for tap in part.taps],
            last_report=max(part.last_report for part in parts),
        )

    def _reported(self, report: AnyReport) -> None:
        if not str(getattr(report, "leg_id", "")).startswith(LINK):
            self._on_report(report)

    def _came(self, number: int) -> None:
        before = all(member.up for member in self._members)
        self._members[number].up = True
        if not before and all(member.up for member in self._members) and self._on_connected is not None:
            self._on_connected()

    def _went(self, number: int) -> None:
        before = all(member.up for member in self._members)
        self._members[number].up = False
        if before and self._on_lost is not None:
            self._on_lost()


Kind = TypeVar("Kind")


def _as(kind: type[Kind], result: object) -> Kind:
    assert isinstance(result, kind)
    return result


def _sum(parts: list[protocol.MetricsResult]) -> protocol.MetricsResult:
    names = parts[0].values
    return protocol.MetricsResult({name: sum(part.values.get(name, 0.0) for part in parts) for name in names})
