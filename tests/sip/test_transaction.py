"""The four machines against the RFC's own timer tables (RFC 3261 section 17, RFC 6026)."""

from __future__ import annotations

import pytest

from tests.sip.wire import wire
from yingda.kernel.clock import SECOND
from yingda.sip import message
from yingda.sip.flow import Flow
from yingda.sip.message import Request, Response
from yingda.sip.timers import TimerQueue
from yingda.sip.transaction import LIFE, ClientTransaction, ServerTransaction, State
from yingda.sip.transactions import Transactions

UDP = Flow("udp", ("192.0.2.1", 5060), ("192.0.2.2", 5060))
TCP = Flow("tcp", ("192.0.2.1", 5060), ("192.0.2.2", 5060), "c")


def request(method: str) -> Request:
    text = f"""
{method} sip:b@192.0.2.2 SIP/2.0
Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx
From: <sip:a@192.0.2.1>;tag=1
To: <sip:b@192.0.2.2>
Call-ID: c
CSeq: 1 {method}
"""
    read = message.parse(wire(text))
    assert isinstance(read, Request)
    return read


def reply(method: str, code: int, tag: str = "t") -> Response:
    return message.response_to(request(method), code, to_tag=tag)


class Bench:
    """One transaction under a clock; what it sends, with the second it did."""

    def __init__(self, method: str, flow: Flow, *, client: bool) -> None:
        self.timers = TimerQueue()
        self.table = Transactions(self.timers)
        self.now, self.timed_out = 0, False
        self.sent: list[tuple[float, str]] = []
        self.flow, self.method = flow, method
        self.machine: ClientTransaction | ServerTransaction
        if client:
            self.machine, packet = self.table.send(request(method), flow, "user", 0)
            self.sent.append((0.0, packet[0].split()[0].decode()))
        else:
            self.machine = self.table.accept(request(method), flow)

    def run(self, seconds: float) -> None:
        until = int(seconds * SECOND)
        while (due := self.timers.next()) is not None and due <= until:
            self.now = due
            for key, name in self.timers.pop_due(due):
                packet, timed_out = self.table.handle_timer(key, name, due)
                self.timed_out |= timed_out is not None
                self._note(packet[0] if packet else None)
        self.now = until

    def hear(self, code: int, tag: str = "t") -> bool:
        transaction, packet = self.table.receive_response(reply(self.method, code, tag), self.flow, self.now)
        self._note(packet[0] if packet else None)
        return transaction is not None

    def say(self, code: int) -> None:
        assert isinstance(self.machine, ServerTransaction)
        self._note(self.table.respond(self.machine, reply(self.method, code), self.now)[0])

    def repeat(self) -> None:
        assert isinstance(self.machine, ServerTransaction)
        self._note(self.machine.on_request())

    def _note(self, data: bytes | None) -> None:
        if data is not None:
            first = data.split()[0].decode()
            self.sent.append((self.now / SECOND, data.split()[1].decode() if first == "SIP/2.0" else first))

    def times(self, what: str) -> list[float]:
        return [time for time, sent in self.sent if sent == what]

    @property
    def state(self) -> State:
        return self.machine.state


def test_invite_client_retransmits_and_gives_up() -> None:
    bench = Bench("INVITE", UDP, client=True)
    bench.run(31.9)
    assert bench.times("INVITE") == [0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    assert bench.state is State.CALLING
    bench.run(32)
    assert bench.timed_out and len(bench.table) == 0


def test_invite_client_on_tcp_does_not_retransmit() -> None:
    bench = Bench("INVITE", TCP, client=True)
    bench.run(32)
    assert bench.times("INVITE") == [0] and bench.timed_out


def test_invite_client_waits_as_long_as_it_rings() -> None:
    bench = Bench("INVITE", UDP, client=True)
    assert bench.hear(180) and bench.state is State.PROCEEDING
    bench.run(1000)
    assert bench.times("INVITE") == [0] and not bench.timed_out


def test_invite_client_acknowledges_a_refusal_every_time_for_timer_d() -> None:
    bench = Bench("INVITE", UDP, client=True)
    assert bench.hear(486)
    bench.run(10)
    assert not bench.hear(486) and bench.times("ACK") == [0, 10]
    bench.run(31.9)
    assert bench.state is State.COMPLETED
    bench.run(32)
    assert len(bench.table) == 0 and not bench.timed_out


def test_invite_client_on_tcp_ends_with_the_refusal() -> None:
    bench = Bench("INVITE", TCP, client=True)
    assert bench.hear(486) and bench.times("ACK") == [0] and len(bench.table) == 0


def test_invite_client_passes_every_2xx_up_for_timer_m() -> None:
    """RFC 6026 section 7.2; also those of other branches of a fork."""
    bench = Bench("INVITE", UDP, client=True)
    assert bench.hear(200, "one") and bench.state is State.ACCEPTED
    bench.run(5)
    assert bench.hear(200, "two")
    assert not bench.hear(486, "three") and bench.times("ACK") == []
    bench.run(31.9)
    assert len(bench.table) == 1
    bench.run(32)
    assert len(bench.table) == 0 and not bench.hear(200, "one")


def test_invite_client_repeats_the_stored_ack() -> None:
    bench = Bench("INVITE", UDP, client=True)
    bench.hear(200)
    assert isinstance(bench.machine, ClientTransaction)
    bench.machine.acks["t"] = (b"ACK x SIP/2.0\r\n\r\n", UDP)
    assert not bench.hear(200) and bench.times("ACK") == [0]


def test_other_client_retransmits_up_to_t2_and_gives_up() -> None:
    bench = Bench("BYE", UDP, client=True)
    bench.run(32)
    assert bench.times("BYE") == [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert bench.timed_out and len(bench.table) == 0


def test_other_client_slows_down_after_a_provisional() -> None:
    bench = Bench("BYE", UDP, client=True)
    bench.run(0.1)
    bench.hear(100)
    bench.run(32)
    assert bench.times("BYE") == [0, 4.1, 8.1, 12.1, 16.1, 20.1, 24.1, 28.1] and bench.timed_out


@pytest.mark.parametrize(("flow", "stays"), [(UDP, 1), (TCP, 0)])
def test_other_client_absorbs_repeated_finals_for_timer_k(flow: Flow, stays: int) -> None:
    bench = Bench("BYE", flow, client=True)
    assert bench.hear(200) and not bench.hear(200)
    assert len(bench.table) == stays
    bench.run(5)
    assert len(bench.table) == 0 and not bench.timed_out


def test_invite_server_repeats_its_provisional() -> None:
    bench = Bench("INVITE", UDP, client=False)
    bench.repeat()
    bench.say(180)
    bench.repeat()
    assert bench.sent == [(0, "180"), (0, "180")]


def test_invite_server_repeats_a_refusal_until_the_ack() -> None:
    bench = Bench("INVITE", UDP, client=False)
    bench.say(486)
    bench.run(31.9)
    assert bench.times("486") == [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert isinstance(bench.machine, ServerTransaction)
    bench.table.on_ack(bench.machine, bench.now)
    assert bench.state is State.CONFIRMED
    bench.repeat()
    bench.run(36.8)
    assert len(bench.times("486")) == 11 and len(bench.table) == 1
    bench.run(36.9)
    assert len(bench.table) == 0 and not bench.timed_out


def test_invite_server_gives_up_without_ack() -> None:
    for flow, repeats in ((UDP, 11), (TCP, 1)):
        bench = Bench("INVITE", flow, client=False)
        bench.say(486)
        bench.run(32)
        assert bench.timed_out and len(bench.table) == 0 and len(bench.times("486")) == repeats


def test_invite_server_stays_accepted_for_timer_l() -> None:
    """RFC 6026 section 7.1: the repeated INVITE is absorbed, the user repeats the 2xx."""
    bench = Bench("INVITE", TCP, client=False)
    bench.say(200)
    bench.repeat()
    assert bench.times("200") == [0] and bench.state is State.ACCEPTED
    bench.run(31.9)
    assert len(bench.table) == 1
    bench.run(32)
    assert len(bench.table) == 0


@pytest.mark.parametrize(("flow", "stays"), [(UDP, 1), (TCP, 0)])
def test_other_server_answers_repetitions_for_timer_j(flow: Flow, stays: int) -> None:
    bench = Bench("BYE", flow, client=False)
    bench.repeat()
    assert bench.sent == []
    bench.say(200)
    assert len(bench.table) == stays
    bench.repeat()
    bench.run(LIFE / SECOND)
    assert bench.times("200") == [0, 0] and len(bench.table) == 0


def test_a_final_reply_cannot_follow_another() -> None:
    bench = Bench("BYE", UDP, client=False)
    bench.say(200)
    with pytest.raises(RuntimeError):
        bench.say(180)
