"""The command socket: what nobody waits for is held for the next that somebody does, and never for long."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.media.lab import Lab
from yingda.kernel.bus.frames import Decoder, Failure, Message, Reply, Request, encode
from yingda.kernel.clock import MS
from yingda.media.protocol import CreateLeg, DestroyLeg, LegLost, StockLegs
from yingda.media.protocol.commands import Command, ResumeReports
from yingda.media.server import HELD, CommandServer


class Line:
    """A client's socket, and the server behind it, a turn at a time."""

    def __init__(self, lab: Lab, path: Path) -> None:
        self._epoll, self.lab, self._decoder, self._asked = select.epoll(), lab, Decoder(), 0
        self.server = CommandServer(path, lab.engine, lab.commands, self._epoll, lambda: lab.now)
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._socket.setblocking(False)
        self.turn()  # it is let in

    def ask(self, *commands: Command) -> list[Message]:
        """Written at once, and what comes back of it at once."""
        for command in commands:
            self._asked += 1
            self._socket.send(encode(Request(self._asked, str(command.__struct_config__.tag), command)))
        return self.turn()

    def turn(self) -> list[Message]:
        for fd, mask in self._epoll.poll(1):
            self.server.handle(fd, mask)
        return self.read()

    def read(self) -> list[Message]:
        try:
            return self._decoder.receive(self._socket.recv(1 << 16))
        except BlockingIOError:
            return []

    def wait(self, us: int) -> list[Message]:
        self.lab.now += us
        self.server.handle_timer(self.lab.now)
        return self.read()

    def close(self) -> None:
        self._socket.close()
        self.server.close()
        self._epoll.close()


@pytest.fixture
def line(lab: Lab, tmp_path: Path) -> Iterator[Line]:
    one = Line(lab, tmp_path / "media.sock")
    yield one
    one.close()


def numbers(messages: list[Message]) -> list[int]:
    return [message.id for message in messages if isinstance(message, Reply)]


def test_an_answer_nobody_waits_for_comes_with_the_next_that_somebody_does(line: Line) -> None:
    assert line.ask(CreateLeg(leg_id="a", unhurried=True)) == []
    assert numbers(line.ask(CreateLeg(leg_id="b", unhurried=True), CreateLeg(leg_id="c"))) == [1, 2, 3]
    assert line.wait(HELD) == []


def test_it_is_not_held_for_long(line: Line) -> None:
    assert line.ask(CreateLeg(leg_id="a", unhurried=True)) == []
    assert line.wait(HELD - MS) == []
    assert numbers(line.wait(MS)) == [1]


def test_a_refusal_is_news(line: Line) -> None:
    (refusal,) = line.ask(DestroyLeg(leg_id="nobody", unhurried=True))
    assert isinstance(refusal, Failure) and refusal.id == 1


def test_a_report_takes_it_along(line: Line) -> None:
    assert numbers(line.ask(ResumeReports())) == [1]
    assert line.ask(StockLegs(order=1, more=1, unhurried=True)) == []
    lost = LegLost(number=1, measured_at=0, leg_id="a", reason="")
    line.lab.engine.reports.add(lambda _: lost)
    assert numbers(line.read()) == [2]


def test_legs_in_stock_end_with_the_connection_they_were_asked_for_on(line: Line) -> None:
    line.ask(ResumeReports(), StockLegs(order=1, more=3))
    assert line.lab.network.used == 3
    line._socket.close()
    line.server.handle(*line._epoll.poll(1)[0])
    assert line.lab.network.used == 0
