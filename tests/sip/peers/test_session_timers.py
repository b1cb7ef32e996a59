"""Session timers (RFC 4028) on the wire, with the shortest interval there is, 90 s, and re-INVITEs that meet (RFC 3261
section 14.1): sipp as carriers and as an agent's phone. What is waited for here is the protocol's own time."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime
from pathlib import Path

import pytest

from tests.peers.sipp import Sipp, expect, reply, reply_in_dialog, request, scenario, start_sipp
from tests.planes.house import House, house, needs
from tests.sip.peers.desk_phone import (
    described,
    desk_phone,
    having,
    remembered,
    reply_to_invite,
    request_of_called,
    signed_in,
    went_well,
    with_headers,
)

pytestmark = pytest.mark.e2e

DEADLINE_S = 110
ACK = request("ACK", 1, to_tag=True)
HANGS_UP = (request("BYE", 9, to_tag=True), expect(200))
IS_HUNG_UP_ON = (expect("BYE"), reply_in_dialog(200, "OK"))


def invite(wish: str, allow: str = "INVITE, ACK, BYE, CANCEL, UPDATE") -> str:
    """With a Session-Expires like this."""
    return with_headers(
        request("INVITE", 1, sdp=True), "Supported: timer", f"Allow: {allow}", f"Session-Expires: {wish}"
    )


def answered(wish: str) -> str:
    return having(expect(200), "Session-Expires", wish)


TOO_BRIEF = scenario(
    invite("60"), expect(100, optional=True), having(expect(422), "Min-SE", "90"),
    request("ACK", 1, to_tag=True).replace("[branch]", "[branch-3]"),
)  # fmt: skip
"""An interval that nobody has to bear."""
REFRESHES = scenario(
    invite("90;refresher=uac"), expect(100), answered("90;refresher=uac"), ACK,
    with_headers(request("UPDATE", 2, to_tag=True), "Supported: timer", "Session-Expires: 90;refresher=uac"),
    answered("90;refresher=uac"), *IS_HUNG_UP_ON,
)  # fmt: skip
"""He refreshes once and then never again: he is hung up on before the interval is over."""
IS_REFRESHED = scenario(
    invite("90;refresher=uas"), expect(100), answered("90;refresher=uas"), ACK, expect("UPDATE"),
    with_headers(reply_in_dialog(200, "OK"), "Session-Expires: 90;refresher=uac"), *HANGS_UP,
)  # fmt: skip
"""We refresh after half of the interval; he answers, and the call goes on until he ends it."""
IS_DEAD = scenario(
    invite("90;refresher=uas"), expect(100), answered("90;refresher=uas"), ACK, expect("UPDATE"), *IS_HUNG_UP_ON
)
"""We refresh, and no answer comes: we hang up when our UPDATE has gone out for the last time."""


async def carrier(centre: House, folder: Path, steps: str) -> Sipp:
    """A caller by the trunk; what it sends and hears is kept in `wire.log` in its folder."""
    caller = await start_sipp(
        steps, folder, server=("127.0.0.1", centre.sip), service="4008001000", host="127.0.0.2", deadline=DEADLINE_S,
        extra=("-trace_msg", "-message_file", str(folder / "wire.log")),
    )  # fmt: skip
    centre.stack.push_async_callback(caller.stop)
    return caller


def test_calls_are_refreshed_and_dead_ones_end(tmp_path: Path) -> None:
    needs("sipp")

    async def scene() -> None:
        async with house(tmp_path) as centre:
            steps = {"brief": TOO_BRIEF, "theirs": REFRESHES, "ours": IS_REFRESHED, "dead": IS_DEAD}
            callers = [await carrier(centre, tmp_path / name, one) for name, one in steps.items()]
            await went_well(*callers)
            ended = [one["ended_by"] for one in await centre.records(3)]
            assert sorted(ended) == ["customer", "system", "system"]

    asyncio.run(scene())


# ---- offers that meet ----

REFUSED = (reply_to_invite("491 Request Pending", what="their"), expect("ACK"), expect("INVITE"))
ACCEPTS = (with_headers(reply_in_dialog(200, "OK"), "Session-Expires: 90;refresher=uac")
           .replace("Content-Length: [len]\n\n", described()), expect("ACK"))  # fmt: skip
CALLERS_GLARE = scenario(
    invite("90;refresher=uas", allow="INVITE, ACK, BYE, CANCEL"), expect(100), answered("90;refresher=uas"), ACK,
    remembered("their"), request("INVITE", 2, to_tag=True, sdp=True), expect(491),
    request("ACK", 2, to_tag=True).replace("[branch]", "[branch-2]"), *REFUSED, *ACCEPTS,
    request("INVITE", 3, to_tag=True, sdp=True), expect(100), expect(200), request("ACK", 3, to_tag=True), *HANGS_UP,
)  # fmt: skip
PHONES_GLARE = scenario(
    remembered(), reply(180, "Ringing"),
    reply_to_invite("200 OK", "Require: timer\nSession-Expires: 90;refresher=uac\n", described()), expect("ACK"),
    remembered("their"), request_of_called("INVITE", 1, described()), expect(491),
    request_of_called("ACK", 1, branch="[branch-2]"), *REFUSED, *ACCEPTS, request_of_called("BYE", 2), expect(200),
)  # fmt: skip


def waited(log: Path) -> float:
    """Seconds from the 491 that it sent until our offer came again."""
    said = re.findall(r"^-+ (\S+ \S+?)\S{0,3}\n\S+ message (sent|received)[^\n]*\n\n(\S+ \S+)", log.read_text(), re.M)
    times = [(datetime.fromisoformat(at.replace("\t", " ")), how, line) for at, how, line in said]
    refused = next(at for at, how, line in times if how == "sent" and line == "SIP/2.0 491")
    again = next(at for at, how, line in times if how == "received" and line.startswith("INVITE") and at > refused)
    return (again - refused).total_seconds()


def test_offers_that_meet_are_made_again(tmp_path: Path) -> None:
    """Both refuse with 491. We offer again: at once or within two seconds where the call was theirs, after 2.1 to 4
    where it was ours, so that they do not meet again."""
    needs("sipp")

    async def scene() -> None:
        async with house(tmp_path) as centre:
            phone = await desk_phone(centre, tmp_path / "8101", "8101", PHONES_GLARE, deadline=DEADLINE_S)
            await signed_in(centre, ("1001", "8101"))
            (await centre.caller(tmp_path / "talks", stay_s=90)).dial()
            caller = await carrier(centre, tmp_path / "caller", CALLERS_GLARE)
            await went_well(caller, phone)
            assert waited(tmp_path / "8101" / "phone" / "wire.log") >= 2.1

    asyncio.run(scene())
