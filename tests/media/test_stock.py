"""Legs in stock: given out once, never of a dead process, within their share of the ports; and none when none is left.

Control's stock and media's engine are the real ones; between them lie two queues that can break at any message, as the
socket does, and what media/client.py does then: what was given out is told again, first of all.
"""

from __future__ import annotations

import select
import socket
import tempfile
from collections import deque
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.media.lab import START, STOCK, FakeNetwork, Lab
from yingda.kernel.clock import MS, SECOND
from yingda.kernel.errors import YingdaError
from yingda.media.ports import PortRange
from yingda.media.protocol import (
    CreateLeg,
    DestroyLeg,
    LegCreated,
    LegsStocked,
    ReadyLeg,
    StockLegs,
)
from yingda.media.sockets import SocketNetwork
from yingda.media.stock import AT_ONCE, LEAST, MOST, WINDOW, WORTH, Stock
from yingda.media.successor import take_over
from yingda.media.survival import left_behind

ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("use"), st.integers(1, 6)),
        st.tuples(st.just("media"), st.integers(1, 8)),
        st.tuples(st.just("answers"), st.integers(1, 8)),
        st.tuples(st.just("end"), st.integers(0, 9)),
        st.tuples(st.just("wait"), st.integers(1, 400)),
        st.tuples(st.sampled_from(["break", "die"]), st.just(0)),
    ),
    max_size=40,
)


class Pair:
    """Control's side of a process, and the process."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.lab, self.stock = folder, Lab(folder), Stock()
        self.lab.engine.survive(folder / "state")
        self.told: dict[str, ReadyLeg] = {}  # given out, and not ended
        self.lost: set[str] = set()
        self.legs = 0
        self.there: deque[CreateLeg | DestroyLeg | StockLegs] = deque()
        self.back: deque[tuple[CreateLeg | DestroyLeg | StockLegs, object]] = deque()
        self.connect()

    def connect(self) -> None:
        """What waited for an answer goes first; only then is anything ordered."""
        unanswered = [command for command, _ in self.back] + list(self.there)
        self.there, self.back = deque(one for one in unanswered if not isinstance(one, StockLegs)), deque()
        self.stock.close()
        self.lab.engine.control_present(False, self.lab.now)
        self.media(len(self.there))
        self.lab.engine.control_present(True, self.lab.now)
        self.stock.open()
        self.order()

    def order(self) -> None:
        if (order := self.stock.order(self.lab.now)) is not None:
            self.there.append(order)

    def use(self, count: int) -> None:
        for _ in range(count):
            ready = self.stock.take(self.lab.now)
            if ready is not None:
                self.legs += 1
                name = f"leg-{self.legs}"
                self.told[name] = ready
                self.there.append(CreateLeg(leg_id=name, ready=(ready.address[1], ready.ssrc)))
        self.order()

    def media(self, count: int) -> None:
        for _ in range(min(count, len(self.there))):
            command = self.there.popleft()
            try:
                self.back.append((command, self.lab.do(command)))
            except YingdaError as refused:
                self.back.append((command, refused))

    def answers(self, count: int) -> None:
        for _ in range(min(count, len(self.back))):
            command, answer = self.back.popleft()
            if isinstance(command, StockLegs):
                assert isinstance(answer, LegsStocked)
                self.stock.arrived(command.order, answer.legs, answer.most)
            elif isinstance(command, CreateLeg) and isinstance(answer, YingdaError):
                self.lost.add(command.leg_id)

    def end(self, number: int) -> None:
        for name in list(self.told)[number : number + 1]:
            del self.told[name]
            self.there.append(DestroyLeg(leg_id=name))

    def die(self) -> None:
        """What media has not read is lost with it, what it has answered may be."""
        now = self.lab.now + 300 * MS
        self.lab = Lab(self.folder, seed=self.legs)
        self.lab.now = now
        take_over(self.lab.engine, self.lab.commands, left_behind(self.folder / "state", now), now)
        self.lab.engine.survive(self.folder / "state")
        self.connect()

    def check(self) -> None:
        living = [ready.address for name, ready in self.told.items() if name not in self.lost]
        assert len(set(living)) == len(living), "a leg was given out twice"
        assert len(self.lab.engine.ahead) <= STOCK
        assert self.lab.network.used == len(self.lab.engine.legs) + len(self.lab.engine.ahead)


@settings(max_examples=120, deadline=None)
@given(ACTS)
def test_what_is_given_out_is_that_leg_or_is_said_to_be_lost(acts: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        pair = Pair(Path(folder))
        for act, count in acts:
            match act:
                case "use" | "media" | "answers" | "end":
                    getattr(pair, act)(count)
                case "wait":
                    pair.lab.now += count * MS
                    pair.order()
                case "break":
                    pair.connect()
                case _:
                    pair.die()
            pair.check()
        while pair.there or pair.back:
            pair.media(99)
            pair.answers(99)
        pair.check()
        legs = pair.lab.engine.legs
        for name, ready in pair.told.items():
            if name not in pair.lost:
                assert (legs[name].address, legs[name].line.ssrc, legs[name].cname) == (
                    ready.address, ready.ssrc, ready.cname,
                )  # fmt: skip
        assert legs.keys() == pair.told.keys() - pair.lost
        for name in list(legs):
            pair.lab.do(DestroyLeg(leg_id=name))
        pair.lab.engine.control_present(False, pair.lab.now)
        assert pair.lab.network.used == 0


# ---- how many ------------------------------------------------------------------------------------------------------


def ready(port: int) -> ReadyLeg:
    return ReadyLeg(("192.0.2.1", port), port, str(port))


def carry_out(stock: Stock, order: StockLegs, most: int = MOST) -> None:
    stock.arrived(order.order, [ready(2 * (1_000 * order.order + number)) for number in range(order.more)], most)


def filled(now: int = 0, most: int = MOST) -> Stock:
    """As it is when nothing happens."""
    stock = Stock()
    stock.open()
    while (order := stock.order(now)) is not None:
        carry_out(stock, order, most)
    return stock


def test_a_centre_at_rest_has_a_few_and_looks_at_nothing() -> None:
    stock = filled()
    assert len(stock) == LEAST
    assert stock.next_timer() is None


@pytest.mark.parametrize("rate", [1, 20, 100, 200])
def test_calls_at_a_rate_find_a_leg_each_and_what_they_needed_is_given_back(rate: int) -> None:
    """Two legs a call; media answers after 10 ms, or with the next call."""
    stock, due, empty = filled(), deque[tuple[int, StockLegs]](), 0
    for number in range(2 * rate):
        now = SECOND + number * SECOND // rate
        while due and due[0][0] <= now:
            carry_out(stock, due.popleft()[1])
        empty += [stock.take(now), stock.take(now)].count(None)
        if (order := stock.order(now)) is not None:
            assert order.more <= AT_ONCE
            due.append((now + 10 * MS, order))
    assert empty == 0
    assert len(stock) <= min(MOST, LEAST + 2 * rate * WINDOW // SECOND + 2)
    for _, order in due:
        carry_out(stock, order)
    while (at := stock.next_timer()) is not None:
        now = max(now, at)
        order = stock.order(now)
        assert order is not None and not order.more and len(order.surplus) <= AT_ONCE
        carry_out(stock, order)
    assert len(stock) <= 2 * LEAST


def test_a_used_one_is_not_replaced_before_an_order_is_worth_it() -> None:
    stock = filled()
    orders = []
    for number in range(4 * WORTH):
        stock.take(number * WINDOW * 2)
        orders.append(stock.order(number * WINDOW * 2))
        if (order := orders[-1]) is not None:
            carry_out(stock, order)
    assert [order.more for order in orders if order is not None] == [WORTH] * (len(orders) // WORTH)


def test_an_empty_stock_gives_nothing_and_counts_the_use() -> None:
    stock = Stock()
    stock.open()
    assert stock.take(0) is None
    order = stock.order(0)
    assert order is not None and order.more == LEAST + 1
    assert stock.take(1) is None
    assert stock.order(1) is None, "one order at a time"


def test_the_share_that_media_allows_is_kept_to() -> None:
    for most in (0, 3):
        stock = Stock()
        stock.open()
        order = stock.order(0)  # media gives what it may
        assert order is not None
        stock.arrived(order.order, [ready(2 * number) for number in range(most)], most)
        assert stock.order(1) is None
    assert [PortRange(20_000, last).ahead for last in (20_007, 20_063, 20_255, 28_191)] == [0, 1, 4, 128]


def test_a_lost_connection_ends_it_and_what_it_had_ordered_comes_too_late() -> None:
    stock = filled()
    for _ in range(WORTH):
        stock.take(0)
    order = stock.order(0)
    assert order is not None
    stock.close()
    assert (len(stock), stock.take(0), stock.order(0)) == (0, None, None)
    carry_out(stock, order)
    assert len(stock) == 0
    stock.open()
    carry_out(stock, order)
    assert len(stock) == 0
    again = stock.order(0)
    assert again is not None and again.order > order.order
    carry_out(stock, order)
    assert len(stock) == 0


def test_what_nobody_knows_to_be_done_is_ordered_again() -> None:
    stock = Stock()
    stock.open()
    order = stock.order(0)
    assert order is not None
    stock.refused(order.order)
    assert stock.order(1) == order


# ---- media's side --------------------------------------------------------------------------------------------------


def stocked(lab: Lab, order: int, more: int) -> list[ReadyLeg]:
    answer = lab.do(StockLegs(order=order, more=more))
    assert isinstance(answer, LegsStocked) and answer.most == STOCK
    return answer.legs


def test_an_order_repeated_opens_nothing_and_one_too_large_gets_less(lab: Lab) -> None:
    first = stocked(lab, 1, 4)
    assert stocked(lab, 1, 4) == first
    assert len(stocked(lab, 2, 4)) == STOCK - 4
    lab.do(StockLegs(order=3, surplus=[first[0].address[1], 1]))
    assert lab.network.used == len(lab.engine.ahead) == STOCK - 1


def test_where_ports_are_short_there_is_no_stock(lab: Lab) -> None:
    lab.network = FakeNetwork(lab.take, PortRange(20_000, 20_003))
    lab.engine.network = lab.engine.ahead._network = lab.network
    lab.do(CreateLeg(leg_id="a"))
    assert len(stocked(lab, 1, 4)) == 1
    assert stocked(lab, 2, 4) == []


def test_it_is_no_leg_before_it_is_taken_and_one_like_any_other_then(lab: Lab) -> None:
    (one,) = stocked(lab, 1, 1)
    figures = lab.engine.metrics()
    assert (figures["media_legs"], figures["media_ports_used"], figures["media_legs_in_stock"]) == (0, 0, 1)
    assert lab.engine.to_state() == []
    lab.run(70_000)  # longer than legs live without anybody
    taken = lab.do(CreateLeg(leg_id="a", ready=(one.address[1], one.ssrc)))
    assert taken == LegCreated(leg_id="a", address=one.address, ssrc=one.ssrc, cname=one.cname)
    assert lab.do(CreateLeg(leg_id="a", ready=(one.address[1], one.ssrc))) == taken
    assert lab.network.names == {one.address[1]: "a"}
    figures = lab.engine.metrics()
    assert (figures["media_legs"], figures["media_ports_used"], figures["media_legs_in_stock"]) == (1, 1, 0)
    assert figures["media_legs_from_stock_total"] == 1


def test_one_leg_of_the_stock_is_nobody_elses(lab: Lab) -> None:
    (one,) = stocked(lab, 1, 1)
    port, ssrc = one.address[1], one.ssrc
    for command, code in (
        (CreateLeg(leg_id="b", ready=(port, ssrc + 1)), "port_taken"),
        (CreateLeg(leg_id="b", kind="webrtc", ready=(port, ssrc)), "leg_differs"),
        (CreateLeg(leg_id="b", host="127.0.0.1", ready=(port, ssrc)), "leg_differs"),
    ):
        with pytest.raises(YingdaError) as refused:
            lab.do(command)
        assert refused.value.code == code
    lab.do(CreateLeg(leg_id="a", ready=(port, ssrc)))
    with pytest.raises(YingdaError) as refused:
        lab.do(CreateLeg(leg_id="b", ready=(port, ssrc)))
    assert refused.value.code == "port_taken"


@pytest.mark.parametrize("present", [True, False])
def test_it_ends_with_the_connection_of_whoever_wanted_it(lab: Lab, present: bool) -> None:
    one, other = stocked(lab, 1, 2)
    lab.engine.control_present(present, lab.now)
    assert lab.network.used == 0
    taken = lab.do(CreateLeg(leg_id="a", ready=(one.address[1], one.ssrc)))  # it had been given out
    assert isinstance(taken, LegCreated) and (taken.address, taken.ssrc) == (one.address, one.ssrc)
    assert {leg.address for leg in stocked(lab, 1, 2)} & {one.address, other.address} == set()


def test_a_packet_that_comes_early_is_the_legs_when_it_is_taken_and_nobodys_before() -> None:
    """The process reads by `watched`: a pair in stock names no leg there."""
    with select.epoll() as epoll:
        network = SocketNetwork(PortRange(30_120, 30_127), "127.0.0.1", epoll)
        opened = network.open("", None, False, START)
        assert {(leg_id, control) for _, leg_id, control in network.watched.values()} == {("", False), ("", True)}
        network.name(opened, "a")
        assert {(leg_id, control) for _, leg_id, control in network.watched.values()} == {("a", False), ("a", True)}
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far:
            far.sendto(b"x", opened.address)
        ((fd, _),) = epoll.poll(5)
        assert network.watched[fd][1:] == ("a", False)
        network.close(opened, START)
        assert (network.watched, network.used) == ({}, 0)
