"""Callers who insist on reliable provisional replies (RFC 3262), as IMS trunks do, on the wire (sipp as the carrier).

He calls an agent's own number: 180 with RSeq and `Require: 100rel` while the agent's phone (baresip) rings, then 200.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.peers.sipp import expect, request, scenario, start_sipp
from tests.planes.house import CENTRE, house, needs, until
from tests.sip.peers.desk_phone import signed_in, went_well

pytestmark = pytest.mark.e2e

OWN = "4008001009"
CENTRE_WITH_OWN = CENTRE.replace('  - number: "1001"\n', f'  - number: "1001"\n    direct_number: "{OWN}"\n')
INSISTS = request("INVITE", 1, sdp=True).replace("Max-Forwards: 70", "Max-Forwards: 70\nRequire: 100rel")
NUMBERED = (
    '<recv response="180"><action>'
    '<ereg regexp="[0-9]+" search_in="hdr" header="RSeq:" check_it="true" assign_to="rseq"/>'
    '<ereg regexp="100rel" search_in="hdr" header="Require:" check_it="true" assign_to="required"/>'
    '</action></recv><Reference variables="required"/>'
)


def prack(cseq: int, number: str = "[$rseq]") -> str:
    """PRACK of the reliable reply with this number."""
    return request("PRACK", cseq, to_tag=True).replace("Max-Forwards: 70", f"Max-Forwards: 70\nRAck: {number} 1 INVITE")


HANGS_UP = (request("BYE", 9, to_tag=True), expect(200))
IN_TIME = scenario(
    INSISTS, expect(100), NUMBERED, prack(2), expect(200), prack(3), expect(481), expect(200),
    request("ACK", 1, to_tag=True), *HANGS_UP,
)  # fmt: skip
"""His PRACK is answered, and one more is refused: nothing is left to acknowledge."""
LATE = scenario(
    INSISTS, expect(100), NUMBERED, expect(200), request("ACK", 1, to_tag=True), prack(2), expect(200), *HANGS_UP
)
"""The 200 overtakes his PRACK, which is answered all the same (RFC 3262 section 3)."""


@pytest.mark.parametrize(
    ("steps", "until_here"), [(IN_TIME, "SIP/2.0 481"), (LATE, "SIP/2.0 180")], ids=["soon", "late"]
)
def test_a_caller_who_insists_gets_numbered_replies(tmp_path: Path, steps: str, until_here: str) -> None:
    needs("sipp", "baresip")

    async def scene() -> None:
        async with house(tmp_path, centre=CENTRE_WITH_OWN) as centre:
            phone = await centre.phone("8101", tmp_path / "8101")
            await signed_in(centre, ("1001", "8101"))
            wire = tmp_path / "caller" / "wire.log"
            caller = await start_sipp(
                steps, tmp_path / "caller", server=("127.0.0.1", centre.sip), service=OWN, host="127.0.0.2",
                extra=("-trace_msg", "-message_file", str(wire)),
            )  # fmt: skip
            await until(f"{until_here} at the caller", lambda: wire.exists() and until_here in wire.read_text(), 15)
            await phone.answer()
            await went_well(caller)

    asyncio.run(scene())
