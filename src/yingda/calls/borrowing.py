"""Legs of calls that have no sound of their own: what the switch asks of media for them is asked for the nailed-up line
that they borrow, and what comes back is told of them (`nailed`).

Requests of our own have negative numbers. A borrowed leg's figures are the line's between its beginning and its end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from yingda.calls.effects import MediaRequest
from yingda.calls.media_answers import Result
from yingda.media import protocol as media
from yingda.media.protocol import AnyCommand, LegCreated, LegStatistics

NOWHERE = ("0.0.0.0", 0)


class Borrowed(msgspec.Struct):
    """heard: entries of the matrix that the switch has set for the leg. before: the line's figures at its beginning.
    play_id: what the switch has played into it."""

    line_id: str
    heard: set[tuple[str, str]] = msgspec.field(default_factory=set)
    before: LegStatistics | None = None
    play_id: str = ""


class Borrowing:
    def __init__(self) -> None:
        self._borrowed: dict[str, Borrowed] = {}
        self._requests = 0
        self._asked: dict[int, AnyCommand] = {}
        self._baselines: dict[int, str] = {}
        self._ending: dict[int, tuple[str, Borrowed]] = {}
        self._plays: dict[str, str] = {}  # what we play into a line
        self.ready: list[tuple[int, Result]] = []

    def __len__(self) -> int:
        return len(self._borrowed) + len(self._asked) + len(self._baselines) + len(self._ending)

    def has(self, leg_id: str) -> bool:
        return leg_id in self._borrowed

    def take_ready(self) -> list[tuple[int, Result]]:
        """Results of requests that media need not be asked for."""
        ready, self.ready = self.ready, []
        return ready

    # ---- state ----------------------------------------------------------------------------------------------------

    def to_state(self) -> dict[str, Any]:
        """Plain data, between two inputs (nothing is ready then)."""
        state: dict[str, Any] = msgspec.to_builtins(
            {
                "borrowed": self._borrowed,
                "requests": self._requests,
                "asked": list(self._asked.items()),
                "baselines": list(self._baselines.items()),
                "ending": [[request, *ending] for request, ending in self._ending.items()],
                "plays": self._plays,
            }
        )
        return state

    def restore(self, state: Mapping[str, Any]) -> None:
        self._borrowed = msgspec.convert(state["borrowed"], dict[str, Borrowed])
        self._requests = state["requests"]
        self._asked = dict(msgspec.convert(state["asked"], list[tuple[int, AnyCommand]]))
        self._baselines = dict(msgspec.convert(state["baselines"], list[tuple[int, str]]))
        ending = msgspec.convert(state["ending"], list[tuple[int, str, Borrowed]])
        self._ending = {request: (leg_id, borrowed) for request, leg_id, borrowed in ending}
        self._plays = dict(state["plays"])

    # ---- for a line itself ----------------------------------------------------------------------------------------

    def ask(self, command: AnyCommand) -> MediaRequest:
        self._requests -= 1
        self._asked[self._requests] = command
        return MediaRequest(self._requests, command)

    def play(self, play_id: str, line_id: str, items: list[str], *, loop: bool) -> MediaRequest:
        """It replaces what the line plays."""
        self._plays[line_id] = play_id
        return self.ask(media.Play(play_id=play_id, leg_id=line_id, items=items, loop=loop))

    def plays(self, play_id: str) -> bool:
        """Is this a play of ours?"""
        return play_id in self._plays.values()

    def silence(self, line_id: str) -> MediaRequest:
        """End what we play into a line."""
        return self.ask(media.StopPlay(play_id=self._plays.pop(line_id, "")))

    def answered(self, request: int, result: Result) -> AnyCommand | None:
        """What was asked under this number of ours."""
        leg_id = self._baselines.pop(request, "")
        borrowed = self._borrowed.get(leg_id)
        if borrowed is not None and isinstance(result, LegStatistics):
            borrowed.before = result
        command = self._asked.pop(request, None)
        if isinstance(command, media.DestroyLeg):
            self._plays.pop(command.leg_id, None)
        return command

    # ---- for legs that borrow one ---------------------------------------------------------------------------------

    def begin(self, request: int, leg_id: str, line_id: str, local: LegCreated | None) -> list[MediaRequest]:
        """The leg has the line from now on; nothing is opened for it."""
        self._borrowed[leg_id] = Borrowed(line_id)
        place = LegCreated(leg_id=leg_id, address=NOWHERE, ssrc=0, cname="")
        self.ready.append((request, msgspec.structs.replace(local, leg_id=leg_id) if local is not None else place))
        if local is None:
            return []
        measure = self.ask(media.MeasureLeg(leg_id=line_id))
        self._baselines[measure.request] = leg_id
        return [measure]

    def end(self, request: int, leg_id: str) -> list[MediaRequest]:
        """The leg is over, the line stays: it hears nobody, and nobody hears it."""
        borrowed = self._borrowed.pop(leg_id)
        self._ending[request] = leg_id, borrowed
        entries = [(sink, source, 0.0) for sink, source in sorted(borrowed.heard)]
        silent = [self.ask(media.SetGain(entries=entries))] if entries else []
        silent += [self.ask(media.StopPlay(play_id=borrowed.play_id))] if borrowed.play_id else []
        return [*silent, MediaRequest(request, media.MeasureLeg(leg_id=borrowed.line_id))]

    def result(self, request: int, result: Result) -> Result:
        """The same result as the switch should have it."""
        leg_id, borrowed = self._ending.pop(request, ("", None))
        if borrowed is None or not isinstance(result, LegStatistics):
            return result
        before = borrowed.before or LegStatistics(leg_id=leg_id)
        return msgspec.structs.replace(
            result,
            leg_id=leg_id,
            received=max(0, result.received - before.received),
            sent=max(0, result.sent - before.sent),
            lost=max(0, result.lost - before.lost),
        )

    def translate(self, asked: MediaRequest) -> list[MediaRequest]:
        """The same for the lines that its legs borrow."""
        if not self._borrowed:
            return [asked]
        command = asked.command
        if isinstance(command, media.SetGain):
            return [
                MediaRequest(asked.request, media.SetGain(entries=[self._entry(*entry) for entry in command.entries]))
            ]
        borrowed = self._borrowed.get(getattr(command, "leg_id", ""))
        if borrowed is None:
            return [asked]
        if isinstance(command, media.Play):
            borrowed.play_id = command.play_id
        if isinstance(command, media.ConnectLeg):  # the line is connected
            self.ready.append((asked.request, media.Done()))
            return []
        return [MediaRequest(asked.request, msgspec.structs.replace(command, leg_id=borrowed.line_id))]

    def _entry(self, sink: str, source: str, gain: float) -> tuple[str, str, float]:
        entry = self._at_media(sink), self._at_media(source)
        for leg_id in (sink, source):
            if (borrowed := self._borrowed.get(leg_id)) is not None:
                (borrowed.heard.add if gain else borrowed.heard.discard)(entry)
        return *entry, gain

    def _at_media(self, leg_id: str) -> str:
        borrowed = self._borrowed.get(leg_id)
        return borrowed.line_id if borrowed is not None else leg_id
