"""Control's side of the media socket, for asyncio: one method a command, reports in order without gaps or doubles.

Commands are repeated over a reconnection until their time is up; they are idempotent, so that is safe. Reports are
acknowledged after the callback has returned; one that came before the connection broke is not delivered again.
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from yingda.kernel.bus.aio import BusClient
from yingda.kernel.clock import SECOND, SystemClock
from yingda.kernel.errors import YingdaError
from yingda.kernel.ids import new_id
from yingda.media import protocol
from yingda.media.protocol import REPORTS_TOPIC, AnyCommand, AnyReport, AnyResult, RemoteMedia
from yingda.media.stock import Stock

log = logging.getLogger(__name__)

Result = TypeVar("Result")
Answered = Callable[[AnyResult | YingdaError], None]

ACKNOWLEDGE_AFTER_S = 0.1
"""One word for all the reports of so long: media keeps what it said a moment longer."""


class _Result(msgspec.Struct, frozen=True):
    """A union inside a struct: msgspec keeps what it knows of structs, and works a bare union out anew every time."""

    value: AnyResult


class _Report(msgspec.Struct, frozen=True):
    value: AnyReport


def _result(raw: Any) -> AnyResult:
    return msgspec.convert({"value": raw}, _Result).value


def _tag(command: AnyCommand | protocol.ResumeReports) -> str:
    return str(command.__struct_config__.tag)


def _now() -> int:
    """µs of the loop's clock: for differences."""
    return int(asyncio.get_running_loop().time() * SECOND)


def _acknowledged(_result: Any, refusal: YingdaError | None) -> None:
    if refusal is not None:
        log.warning("media did not take an acknowledgement: %s", refusal)


class MediaCommands(ABC):
    """A method a command. Each raises YingdaError: what media refused, or `plane_unreachable` when its time is up."""

    @abstractmethod
    async def _call(self, command: AnyCommand) -> Any:
        """The result, not yet converted."""

    async def execute(self, command: AnyCommand) -> AnyResult:
        """Any command; its result as protocol.py says. The epoch is filled in."""
        return _result(await self._call(command))

    async def configure(self, country: str) -> None:
        await self._ask(protocol.Configure(country=country), protocol.Done)

    async def create_leg(
        self, leg_id: str, kind: str = "rtp", cookie: bytes = b"", host: str | None = None
    ) -> protocol.LegCreated:
        command = protocol.CreateLeg(leg_id=leg_id, kind=kind, cookie=cookie, host=host)
        return await self._ask(command, protocol.LegCreated)

    async def connect_leg(self, leg_id: str, remote: RemoteMedia) -> None:
        await self._ask(protocol.ConnectLeg(leg_id=leg_id, remote=remote), protocol.Done)

    async def set_cookie(self, leg_id: str, cookie: bytes) -> None:
        await self._ask(protocol.SetCookie(leg_id=leg_id, cookie=cookie), protocol.Done)

    async def destroy_leg(self, leg_id: str) -> protocol.LegStatistics:
        return await self._ask(protocol.DestroyLeg(leg_id=leg_id), protocol.LegStatistics)

    async def set_gain(self, entries: list[tuple[str, str, float]]) -> None:
        await self._ask(protocol.SetGain(entries=entries), protocol.Done)

    async def play(
        self,
        play_id: str,
        leg_id: str,
        items: list[str],
        *,
        loop: bool = False,
        barge_in: bool = False,
        speech_barge_in: bool = False,
        from_ms: int = 0,
        gain: float = 1,
    ) -> None:
        command = protocol.Play(
            play_id=play_id, leg_id=leg_id, items=items, loop=loop, barge_in=barge_in,
            speech_barge_in=speech_barge_in, from_ms=from_ms, gain=float(gain),
        )  # fmt: skip
        await self._ask(command, protocol.Done)

    async def pause_play(self, play_id: str) -> None:
        await self._ask(protocol.PausePlay(play_id=play_id), protocol.Done)

    async def resume_play(self, play_id: str) -> None:
        await self._ask(protocol.ResumePlay(play_id=play_id), protocol.Done)

    async def seek_play(self, play_id: str, to_ms: int) -> None:
        await self._ask(protocol.SeekPlay(play_id=play_id, to_ms=to_ms), protocol.Done)

    async def stop_play(self, play_id: str) -> None:
        await self._ask(protocol.StopPlay(play_id=play_id), protocol.Done)

    async def send_digits(self, leg_id: str, digits: str, duration_ms: int = 100) -> None:
        command = protocol.SendDigits(leg_id=leg_id, digits=digits, duration_ms=duration_ms, request_id=new_id())
        await self._ask(command, protocol.Done)

    async def start_recording(self, recording_id: str, leg_id: str, path: str) -> None:
        command = protocol.StartRecording(recording_id=recording_id, leg_id=leg_id, path=path)
        await self._ask(command, protocol.Done)

    async def pause_recording(self, recording_id: str, blank: bool = False, digits: bool = False) -> None:
        command = protocol.PauseRecording(recording_id=recording_id, blank=blank, digits=digits)
        await self._ask(command, protocol.Done)

    async def resume_recording(self, recording_id: str) -> None:
        await self._ask(protocol.ResumeRecording(recording_id=recording_id), protocol.Done)

    async def stop_recording(self, recording_id: str) -> protocol.RecordingFinished:
        return await self._ask(protocol.StopRecording(recording_id=recording_id), protocol.RecordingFinished)

    async def open_tap(
        self, tap_id: str, leg_id: str, url: str, *, rate: int = 8_000, side: str = "said", gain: float = 1.0,
        headers: dict[str, str] | None = None,
    ) -> None:  # fmt: skip
        command = protocol.OpenTap(
            tap_id=tap_id, leg_id=leg_id, url=url, rate=rate, side=side, gain=gain, headers=headers or {}
        )
        await self._ask(command, protocol.Done)

    async def flush_tap(self, tap_id: str) -> None:
        await self._ask(protocol.FlushTap(tap_id=tap_id), protocol.Done)

    async def tell_tap(self, tap_id: str, text: str) -> None:
        await self._ask(protocol.TellTap(tap_id=tap_id, text=text), protocol.Done)

    async def close_tap(self, tap_id: str) -> None:
        await self._ask(protocol.CloseTap(tap_id=tap_id), protocol.Done)

    async def snapshot(self) -> protocol.SnapshotResult:
        return await self._ask(protocol.Snapshot(), protocol.SnapshotResult)

    async def metrics(self) -> dict[str, float]:
        return (await self._ask(protocol.Metrics(), protocol.MetricsResult)).values

    async def _ask(self, command: AnyCommand, kind: type[Result]) -> Result:
        return msgspec.convert(await self._call(command), kind)


class MediaClient(MediaCommands):
    """One media process. epoch: of this control; a higher one replaces it. on_report must not raise. timeout: s."""

    def __init__(
        self,
        path: Path,
        epoch: int,
        on_report: Callable[[AnyReport], None],
        *,
        connected: Callable[[], None] | None = None,
        lost: Callable[[], None] | None = None,
        timeout: float = 5.0,
    ) -> None:
        self._epoch, self._on_report, self._timeout = epoch, on_report, timeout
        self._on_connected, self._on_lost = connected, lost
        self._bus = BusClient(path, connected=self._resume_soon, lost=self._lost)
        self._bus.subscribe(REPORTS_TOPIC, self._reported)
        self._instance, self._last = "", 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._acknowledging = False
        self._stock = Stock()
        self._replenishing = False
        self._surplus: asyncio.TimerHandle | None = None

    @property
    def is_connected(self) -> bool:
        return self._bus.is_connected

    async def start(self, timeout: float | None = None) -> None:
        """Connect, and stay connected. With a timeout (s), wait for the first time."""
        await self._bus.start(timeout)

    async def close(self) -> None:
        if self._acknowledging:
            self._acknowledge()
        if self._surplus is not None:
            self._surplus.cancel()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._bus.close()

    # ---- commands ---------------------------------------------------------------------------------------------------

    def ask(self, command: AnyCommand, answered: Answered) -> None:
        """`execute` for a busy control, without a task: `answered` gets the result or the refusal.

        A plain leg comes from the stock if it can: then `answered` is called before this returns.
        """
        if isinstance(command, protocol.CreateLeg) and command.kind == "rtp" and command.host is None:
            self._create(command, answered)
        else:
            self._send(command, answered)

    def _create(self, command: protocol.CreateLeg, answered: Answered) -> None:
        ready = self._stock.take(_now()) if self._bus.is_connected else None
        self._replenish_soon()
        if ready is None:
            self._send(command, answered)
            return
        taken = msgspec.structs.replace(command, ready=(ready.address[1], ready.ssrc), unhurried=True)
        self._send(taken, partial(self._taken, command.leg_id))
        answered(protocol.LegCreated(leg_id=command.leg_id, address=ready.address, ssrc=ready.ssrc, cname=ready.cname))

    def _taken(self, leg_id: str, result: AnyResult | YingdaError) -> None:
        """Media has the leg that was given out. If not, it is lost: its ports may be anybody's."""
        if isinstance(result, YingdaError):
            log.error("leg %s was given out, and media has it not: %s", leg_id, result)
            lost = protocol.LegLost(number=0, measured_at=SystemClock().now(), leg_id=leg_id, reason=str(result))
            self._on_report(lost)

    def _send(self, command: AnyCommand, answered: Answered) -> None:
        def done(result: Any, refusal: YingdaError | None) -> None:
            if refusal is None:
                answered(_result(result))
            elif refusal.code == "plane_unreachable":
                self._spawn(self._ask_again(command, answered))
            else:
                answered(refusal)

        try:
            body = msgspec.structs.replace(command, epoch=self._epoch)
            self._bus.request(_tag(command), body, done, self._timeout)
        except YingdaError as error:
            if error.code != "plane_unreachable":
                raise
            self._spawn(self._ask_again(command, answered))

    async def _ask_again(self, command: AnyCommand, answered: Answered) -> None:
        result: AnyResult | YingdaError
        try:
            result = await self.execute(command)
        except YingdaError as error:
            result = error
        answered(result)

    async def _call(self, command: AnyCommand) -> Any:
        """Once, or again after a reconnection, until the time is up."""
        loop = asyncio.get_running_loop()
        due = loop.time() + self._timeout
        body = msgspec.structs.replace(command, epoch=self._epoch)
        while True:
            await self._bus.wait_connected(max(0.01, due - loop.time()))
            try:
                return await self._bus.call(_tag(command), body, max(0.01, due - loop.time()))
            except YingdaError as error:
                if error.code != "plane_unreachable" or loop.time() >= due:
                    raise

    # ---- stock -------------------------------------------------------------------------------------------------------

    def _replenish_soon(self) -> None:
        """At the end of this turn, so that the order goes in one write with what the turn asks."""
        if not self._replenishing:
            self._replenishing = True
            asyncio.get_running_loop().call_soon(self._replenish)

    def _replenish(self) -> None:
        self._replenishing = False
        if self._bus.is_connected and (order := self._stock.order(_now())) is not None:
            body = msgspec.structs.replace(order, epoch=self._epoch, unhurried=True)
            self._bus.request(_tag(order), body, partial(self._stocked, order.order), self._timeout)

    def _stocked(self, order: int, result: Any, refusal: YingdaError | None) -> None:
        if refusal is not None:
            self._stock.refused(order)
        else:
            stocked = msgspec.convert(result, protocol.LegsStocked)
            self._stock.arrived(order, stocked.legs, stocked.most)
        self._await_surplus()

    def _await_surplus(self) -> None:
        """Fewer calls make no use that would lead to an order."""
        due = self._stock.next_timer()
        if due is not None and self._surplus is None:
            delay = max(0, due - _now()) / SECOND
            self._surplus = asyncio.get_running_loop().call_later(delay, self._give_back)

    def _give_back(self) -> None:
        self._surplus = None
        self._replenish()
        self._await_surplus()

    def _lost(self) -> None:
        self._stock.close()
        if self._on_lost is not None:
            self._on_lost()

    # ---- reports ----------------------------------------------------------------------------------------------------

    def _resume_soon(self) -> None:
        self._spawn(self._resume())

    async def _resume(self) -> None:
        """Ask for the reports from where we stand; then control may take its snapshot."""
        command = protocol.ResumeReports(epoch=self._epoch, instance=self._instance, after=self._last)
        try:
            await self._bus.call(_tag(command), command, self._timeout)
        except YingdaError as error:
            log.error("media does not resume its reports: %s", error)
            return
        self._stock.open()
        self._replenish()
        if self._on_connected is not None:
            self._on_connected()

    def _reported(self, body: dict[str, Any]) -> None:
        instance = str(body["instance"])
        if instance != self._instance:  # another life of media counts anew
            self._instance, self._last = instance, 0
        report = msgspec.convert({"value": body["report"]}, _Report).value
        if report.number <= self._last:
            return
        self._on_report(report)
        self._last = report.number
        if not self._acknowledging:
            self._acknowledging = True
            asyncio.get_running_loop().call_later(ACKNOWLEDGE_AFTER_S, self._acknowledge)

    def _acknowledge(self) -> None:
        """Tell media how far we are; what is not told is sorted out by number after a reconnection."""
        self._acknowledging = False
        if self._bus.is_connected:
            command = protocol.Acknowledge(epoch=self._epoch, upto=self._last, unhurried=True)
            self._bus.request(_tag(command), command, _acknowledged, self._timeout)

    def _spawn(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
