"""Real ports: one that somebody else holds is stepped over, an address that is not ours is refused."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator

import pytest

from yingda.kernel.errors import YingdaError
from yingda.media.ports import PortRange
from yingda.media.sockets import SocketNetwork

FIRST, LAST = 30_100, 30_119


@pytest.fixture
def epoll() -> Iterator[select.epoll]:
    with select.epoll() as one:
        yield one


def close(network: SocketNetwork) -> None:
    for one, _, _ in network.watched.values():
        one.close()


def test_a_held_port_is_stepped_over(epoll: select.epoll) -> None:
    network = SocketNetwork(PortRange(FIRST, LAST), "127.0.0.1", epoll)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", FIRST + 1))  # the odd port of the first pair
        opened = network.open("a", None, False, 0)
        assert opened.address[1] >= FIRST + 2
        assert opened.address[1] % 2 == 0
        with pytest.raises(YingdaError) as refused:
            network.open("b", None, False, 0, wanted=FIRST)
        assert refused.value.code in ("port_taken", "ports_exhausted")
    close(network)


def test_an_address_that_is_not_ours_is_refused(epoll: select.epoll) -> None:
    network = SocketNetwork(PortRange(FIRST, LAST), "127.0.0.1", epoll)
    for host in ("203.0.113.1", "not an address"):
        with pytest.raises(YingdaError) as refused:
            network.open("a", host, False, 0)
        assert refused.value.code == "address_wrong"
    assert network.watched == {}
    assert network.used == 0


def test_the_advertised_address_is_told_and_the_own_one_bound(epoll: select.epoll) -> None:
    network = SocketNetwork(PortRange(FIRST, LAST), "127.0.0.1", epoll, advertised="198.51.100.200")
    assert network.open("a", None, True, 0).address[0] == "198.51.100.200"
    assert network.open("b", "127.0.0.1", True, 0).address[0] == "127.0.0.1"
    close(network)


@pytest.mark.parametrize(("host", "level", "option"), [
    ("127.0.0.1", socket.IPPROTO_IP, socket.IP_TOS),
    ("::1", socket.IPPROTO_IPV6, socket.IPV6_TCLASS),
])  # fmt: skip
def test_sound_asks_the_network_to_go_first(epoll: select.epoll, host: str, level: int, option: int) -> None:
    network = SocketNetwork(PortRange(FIRST, LAST), "127.0.0.1", epoll)
    network.open("a", host, False, 0)
    marks = {one.getsockopt(level, option) >> 2 for one, _, _ in network.watched.values()}
    assert marks == {46}  # expedited forwarding (RFC 3246), RTCP too
    close(network)
