"""Control's client and a media process's engine on one loop: what is given out of the stock, and that it is kept."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.deadline import within
from tests.media.lab import Lab
from tests.media.peers import until
from yingda.kernel.bus.aio import BusServer, Peer
from yingda.kernel.errors import YingdaError
from yingda.media.client import MediaClient
from yingda.media.protocol import (
    AnyReport,
    AnyResult,
    CreateLeg,
    DestroyLeg,
    LegCreated,
    LegLost,
    ReportsResumed,
    ResumeReports,
)
from yingda.media.server import _command

Answers = list[AnyResult | YingdaError]


class Process:
    """An engine behind the bus; `end` is its death."""

    def __init__(self, path: Path, lab: Lab) -> None:
        self.lab, self._server = lab, BusServer(path, self._answer)

    async def _answer(self, method: str, body: object, _peer: Peer) -> object:
        command = _command(method, body)
        if isinstance(command, ResumeReports):
            self.lab.engine.control_present(True, self.lab.now)
            return ReportsResumed(instance=self.lab.engine.reports.instance, last=0)
        return self.lab.do(command)

    async def start(self) -> None:
        await self._server.start()

    async def end(self) -> None:
        await self._server.close()


def told(answers: Answers) -> list[LegCreated]:
    return [answer for answer in answers if isinstance(answer, LegCreated)]


def test_a_leg_in_stock_is_given_out_before_ask_returns_and_media_is_told(tmp_path: Path) -> None:
    async def scene() -> None:
        lab, answers = Lab(tmp_path), Answers()
        process = Process(tmp_path / "media.sock", lab)
        await process.start()
        client = MediaClient(tmp_path / "media.sock", 1, lambda _: None)
        await client.start(5)
        await until(lambda: len(lab.engine.ahead) > 0 and len(client._stock) == len(lab.engine.ahead))
        for name in ("a", "b"):
            client.ask(CreateLeg(leg_id=name), answers.append)
        client.ask(CreateLeg(leg_id="browser", kind="webrtc"), answers.append)
        assert [answer.leg_id for answer in told(answers)] == ["a", "b"]
        await until(lambda: len(answers) == 3)
        for answer in told(answers):
            assert lab.engine.legs[answer.leg_id].address == answer.address
        for name in ("a", "b", "browser"):
            await client.execute(DestroyLeg(leg_id=name))
        await client.close()
        await process.end()

    asyncio.run(within(10, scene()))


def test_given_out_by_a_process_that_is_dead_it_is_the_successors_or_lost(tmp_path: Path) -> None:
    """One of the two ports belongs to somebody else when the successor is asked for it."""

    async def scene() -> None:
        path, reports, answers = tmp_path / "media.sock", list[AnyReport](), Answers()
        first = Process(path, Lab(tmp_path))
        await first.start()
        client = MediaClient(path, 1, reports.append)
        await client.start(5)
        await until(lambda: len(client._stock) > 1)
        for name in ("kept", "lost"):
            client.ask(CreateLeg(leg_id=name), answers.append)
        kept, lost = told(answers)
        await first.end()  # before it has read of them
        assert not first.lab.engine.legs
        await until(lambda: not client.is_connected)
        client.ask(CreateLeg(leg_id="late"), answers.append)
        assert len(answers) == 2, "nothing is given out of what a dead process had"
        lab = Lab(tmp_path, seed=2)
        lab.network.ports.take_exactly(lost.address[1])
        second = Process(path, lab)
        await second.start()
        await until(lambda: len(answers) == 3 and len(reports) == 1 and len(client._stock) > 0)
        (report,) = reports
        assert isinstance(report, LegLost) and report.leg_id == "lost"
        assert lab.engine.legs.keys() == {"kept", "late"}
        assert (lab.engine.legs["kept"].address, lab.engine.legs["kept"].line.ssrc) == (kept.address, kept.ssrc)
        await client.close()
        await second.end()

    asyncio.run(within(10, scene()))
