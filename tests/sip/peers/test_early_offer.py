"""A phone that changes its mind before it answers (RFC 3311): UPDATE with an offer in an early dialog, after a reliable
183 and its PRACK; the caller's sound goes where the last offer says (sipp as the phone)."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from tests.peers.sipp import expect, reply_in_dialog, scenario
from tests.planes.house import house, needs
from tests.sip.peers.desk_phone import (
    described,
    desk_phone,
    having,
    remembered,
    reply_to_invite,
    request_of_called,
    signed_in,
    went_well,
)

pytestmark = pytest.mark.e2e

RTP_ALAW = bytes([0x80, 8])


def changing(first: int, last: int) -> str:
    """It describes itself at one port, then at the other, and only then answers."""
    return scenario(
        remembered(),
        reply_to_invite("183 Session Progress", "Require: 100rel\nRSeq: 7\n", described(first)),
        having(expect("PRACK"), "RAck", "7 [0-9]+ INVITE"),
        reply_in_dialog(200, "OK"),
        request_of_called("UPDATE", 1, described(last)),
        having(expect(200), "Content-Type", "application/sdp"),
        reply_to_invite("200 OK"),
        expect("ACK"),
        expect("BYE"),
        reply_in_dialog(200, "OK"),
    )


def listening() -> socket.socket:
    """Where sound is to go."""
    place = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    place.bind(("127.0.0.1", 0))
    place.setblocking(False)
    return place


def test_an_offer_before_the_answer_moves_the_sound(tmp_path: Path) -> None:
    needs("sipp")

    async def scene() -> None:
        with listening() as first, listening() as last:
            async with house(tmp_path) as centre:
                steps = changing(first.getsockname()[1], last.getsockname()[1])
                phone = await desk_phone(centre, tmp_path / "8101", "8101", steps)
                (agent,) = await signed_in(centre, ("1001", "8101"))
                (await centre.caller(tmp_path / "caller", stay_s=60)).dial()
                await centre.state(agent, "talking")
                async with asyncio.timeout(10):
                    packet = await asyncio.get_running_loop().sock_recv(last, 2_048)
                assert packet[0] == RTP_ALAW[0] and packet[1] & 0x7F == RTP_ALAW[1]
                await agent.post("/desk/hang-up", {})
                await went_well(phone)

    asyncio.run(scene())
