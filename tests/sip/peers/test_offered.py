"""Agents' phones that are offered a caller, on the wire (sipp as the phones): one that sends him elsewhere is not
followed (302), and those that lose the race are told that somebody else has answered (RFC 3326 section 2)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.peers.sipp import expect, reply, reply_in_dialog, scenario
from tests.planes.house import CENTRE, house, needs, until
from tests.sip.peers.desk_phone import desk_phone, signed_in, told, went_well

pytestmark = pytest.mark.e2e

AGENTS = (("1001", "8101"), ("1002", "8102"))
RINGS_ALL = CENTRE.replace("{name: sales,", "{name: sales, strategy: ring_all,")
TAKES_IT = scenario(
    expect("INVITE"), reply(180, "Ringing"), reply(200, "OK", sdp=True), expect("ACK"), expect("BYE"),
    reply_in_dialog(200, "OK"),
)  # fmt: skip
ELSEWHERE_SAID = (
    '<recv request="CANCEL"><action>'
    '<ereg regexp="SIP;cause=200;text=.Call completed elsewhere." search_in="hdr" header="Reason:" check_it="true"'
    ' assign_to="why"/></action></recv><Reference variables="why"/>'
)
LOSES = scenario(
    expect("INVITE"),
    reply(180, "Ringing"),
    ELSEWHERE_SAID,
    reply(200, "OK"),
    reply(487, "Request Terminated").replace("[last_CSeq:]", "CSeq: 1 INVITE"),
    expect("ACK"),
)


def diverting(port: int) -> str:
    """It answers 302: call that port instead."""
    moved = reply(302, "Moved Temporarily").replace(
        "Contact: <sip:[local_ip]:[local_port];transport=[transport]>", f"Contact: <sip:8199@127.0.0.1:{port}>"
    )
    return scenario(expect("INVITE"), moved, expect("ACK"))


@contextmanager
def elsewhere() -> Iterator[socket.socket]:
    """Where the 302 points to: what comes there is kept."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as place:
        place.bind(("127.0.0.1", 0))
        place.setblocking(False)
        yield place


def test_a_phone_that_diverts_is_not_followed(tmp_path: Path) -> None:
    """The caller goes on to the next agent; nobody calls where the phone points to."""
    needs("sipp")

    async def scene() -> None:
        with elsewhere() as place:
            async with house(tmp_path) as centre:
                diverts = await desk_phone(centre, tmp_path / "1", "8101", diverting(place.getsockname()[1]))
                takes = await desk_phone(centre, tmp_path / "2", "8102", TAKES_IT)
                _, second = await signed_in(centre, *AGENTS)
                (await centre.caller(tmp_path / "caller", stay_s=60)).dial()
                await centre.state(second, "talking")
                await second.post("/desk/hang-up", {})
                await went_well(diverts, takes)
                (record,) = await centre.records(1)
                assert record["outcome"] == "answered"
                assert [one["outcome"] for one in told(centre, "offer.ended")] == ["declined", "accepted"]
                (entered,) = told(centre, "queue.entered")
                assert {one["entry_id"] for one in told(centre, "offer.made")} == {entered["entry_id"]}
            with pytest.raises(BlockingIOError):
                place.recv(1)

    asyncio.run(scene())


def test_phones_that_lose_are_told_of_the_answer(tmp_path: Path) -> None:
    """All ring; one answers; the other's CANCEL says that the call was completed elsewhere: no missed call there."""
    needs("sipp", "baresip")

    async def scene() -> None:
        async with house(tmp_path, centre=RINGS_ALL) as centre:
            loses = await desk_phone(centre, tmp_path / "1", "8101", LOSES)
            wins = await centre.phone("8102", tmp_path / "2")
            _, winner = await signed_in(centre, *AGENTS)
            (await centre.caller(tmp_path / "caller", stay_s=60)).dial()
            await until("both to ring", lambda: len(told(centre, "offer.alerting")) == 2, 20)
            await wins.answer()
            await went_well(loses)
            await centre.state(winner, "talking")
            await winner.post("/desk/hang-up", {})
            await centre.records(1)
            outcomes = sorted(one["outcome"] for one in told(centre, "offer.ended"))
            assert outcomes == ["accepted", "answered_elsewhere"]

    asyncio.run(scene())
