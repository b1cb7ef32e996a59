"""Outside numbers that a flow calls for its caller, each a sipp of its own, and the stories that lead to them."""

from __future__ import annotations

from pathlib import Path

from bench.peers.ports import PortBlock

from tests.peers.keying import bye_comes, keys, sound, write_sound
from tests.peers.sipp import Sipp, expect, reply, reply_in_dialog, scenario, start_sipp
from tests.planes.flow_documents import byte_at, byte_of
from tests.planes.flow_stage import DEADLINE_S, PARTY_SAYS, Stage, Story, over

BYE = """\
<recv request="ACK"><action>
<ereg regexp=".*" search_in="hdr" header="From:" assign_to="centre"/>
<ereg regexp=".*" search_in="hdr" header="To:" assign_to="party"/>
</action></recv>
SOUND
<pause milliseconds="1200"/>
<send retrans="500"><![CDATA[
BYE [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From:[$party]
To:[$centre]
Call-ID: [call_id]
CSeq: 1 BYE
Max-Forwards: 70
Content-Length: 0

]]></send>
<recv response="200"/>"""
ANSWERS = (
    expect("INVITE").replace("<recv ", '<recv rrs="true" '),
    reply(100, "Trying"),
    reply(180, "Ringing"),
    reply(200, "OK", sdp=True),
)
HUNG_UP_ON = (expect("BYE"), reply_in_dialog(200, "OK"))
RINGS = (
    expect("INVITE"), reply(180, "Ringing"), expect("CANCEL"), reply(200, "OK"),
    reply(487, "Request Terminated").replace("[last_CSeq:]", "CSeq: 1 INVITE"), expect("ACK"),
)  # fmt: skip
PARTIES = {
    1: (expect("INVITE"), reply(486, "Busy Here"), expect("ACK")),
    2: RINGS,
    3: (expect("INVITE"), reply(503, "Service Unavailable"), expect("ACK")),
    4: (*ANSWERS, expect("ACK"), "SOUND", *HUNG_UP_ON),
    5: (*ANSWERS, BYE),
    6: (*ANSWERS, expect("ACK"), "SOUND", *HUNG_UP_ON),
    7: (expect("INVITE"), reply(404, "Not Found"), expect("ACK")),
    8: RINGS,
}
"""What the outside numbers 1390000000N do."""

ENDS = {
    "busy": (1, "busy 0", False),
    "noanswer": (2, "noanswer 0", False),
    "network_busy": (3, "network_busy 0", False),
    "near_end_disconnect": (4, "near_end_disconnect", True),
    "far_end_disconnect": (5, "far_end_disconnect", True),
    "maxtime_disconnect": (6, "maxtime_disconnect 5", True),
    "unknown number": (7, "error.connection.noroute", False),
}
"""Whom the flow calls, what it is told of it, and whether they talk."""


async def answer_calls(folder: Path, ports: PortBlock) -> dict[int, Sipp]:
    """The outside numbers, each a sipp of its own at 127.0.0.1N."""
    voice = sound(write_sound(folder / "party.pcap", PARTY_SAYS, 8))
    return {
        number: await start_sipp(
            scenario(*(step.replace("SOUND", voice) for step in steps)), folder / f"party{number}",
            server=("127.0.0.1", 9), host=f"127.0.0.1{number}", port=ports.one(), rtp_port=ports.row(4)[0],
            deadline=DEADLINE_S, extra=("-mi", f"127.0.0.1{number}"),
        )
        for number, steps in PARTIES.items()
    }  # fmt: skip


def bridge(end: str) -> Story:
    number, result, talks = ENDS[end]

    async def story(stage: Stage) -> None:
        key_ends_it = end == "near_end_disconnect"
        steps = [keys("*9")] if key_ends_it else []
        caller = await stage.in_menu(keys("3"), keys(str(number)), *steps, bye_comes())
        pressed = await caller.presses("3")
        await caller.hears(byte_of("one"), pressed)
        pressed = await caller.presses(str(number))
        if number in (2, 8):
            await caller.hears(byte_of("hold"), pressed)
        if talks:
            pressed = await caller.hears(byte_at(PARTY_SAYS), pressed)
        if key_ends_it:
            pressed = await caller.presses("*9")
        await caller.hears(byte_of("bye"), pressed)
        await over(caller)
        party = await stage.parties[number].done()
        assert party.ok, party.report
        (goal,) = await stage.told(caller, "flow.goal_reached")
        assert goal["goal"].startswith(result), goal
        (left,) = await stage.told(caller, "flow.left")
        assert left["exit"] == "done"

    return story
