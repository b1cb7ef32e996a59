"""sipp as an agent's desk phone: one run registers it, the next answers at the same port as its scenario says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.call.centre import Person

from tests.peers.ports import free_port
from tests.peers.sipp import Sipp, expect, request, scenario, start_sipp
from tests.planes.house import PASSWORD, House
from yingda.kernel.ledger.reader import merged

REGISTERS = scenario(request("REGISTER", 1), expect(401, auth=True), request("REGISTER", 2, auth=True), expect(200))

OURS = ";tag=[pid]SIPpTag01[call_number]"


def remembered(what: str = "") -> str:
    """A <recv> of an INVITE to which it may reply later (`reply_to_invite`). what: "" for the one that made the call,
    in whose dialog the called may ask (`request_of_called`); any other name for one within a dialog."""
    names = {"Via": f"{what}via", "From": f"{what}from", "To": f"{what}to", "CSeq": f"{what}cseq"}
    kept = "".join(
        f'<ereg regexp=".*" search_in="hdr" header="{header}:" assign_to="{name}"/>' for header, name in names.items()
    )
    unused = f'<Reference variables="{",".join(names.values())}"/>'
    return f'<recv request="INVITE"><action>{kept}</action></recv>{unused}'


def described(port: str | int = "[media_port]") -> str:
    """The body of a message, its length before it: PCMA at this port."""
    return (
        "Content-Type: application/sdp\nContent-Length: [len]\n\nv=0\no=user 1 [clock_tick] IN IP4 [local_ip]\ns=-\n"
        f"c=IN IP4 [media_ip]\nt=0 0\nm=audio {port} RTP/AVP 8 101\na=rtpmap:8 PCMA/8000\n"
        "a=rtpmap:101 telephone-event/8000\n"
    )


NO_BODY = "Content-Length: 0\n\n"


def request_of_called(method: str, cseq: int, body: str = NO_BODY, branch: str = "[branch]") -> str:
    """A <send> of a request by the called in the dialog that it `remembered`. branch: of 3 steps ago: `[branch-3]`."""
    text = (
        f"{method} sip:[remote_ip]:[remote_port] SIP/2.0\n"
        f"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch={branch}\n"
        f"From:[$to]{OURS}\nTo:[$from]\n[last_Call-ID:]\nCSeq: {cseq} {method}\n"
        f"Contact: <sip:[local_ip]:[local_port]>\nMax-Forwards: 70\n{body}"
    )
    again = "" if method == "ACK" else ' retrans="500"'
    return f"<send{again}><![CDATA[\n{text}]]></send>"


def reply_to_invite(line: str, headers: str = "", body: str = NO_BODY, what: str = "") -> str:
    """A <send> of a reply to a `remembered` INVITE, whatever came since. headers: whole lines."""
    text = (
        f"SIP/2.0 {line}\nVia:[${what}via]\nFrom:[${what}from]\nTo:[${what}to]{'' if what else OURS}\n"
        f"[last_Call-ID:]\nCSeq:[${what}cseq]\nContact: <sip:[local_ip]:[local_port]>\n{headers}{body}"
    )
    return f"<send><![CDATA[\n{text}]]></send>"


def with_headers(step: str, *headers: str) -> str:
    """A step of the scenario parts, with these headers too."""
    return step.replace("\nContact: ", "".join(f"\n{one}" for one in headers) + "\nContact: ", 1)


def having(step: str, header: str, pattern: str) -> str:
    """A <recv> that fails unless the header is like this (a regular expression)."""
    name = header.lower().replace("-", "_")
    return (
        f'{step.removesuffix("</recv>")}<action><ereg regexp="{pattern}" search_in="hdr" header="{header}:"'
        f' check_it="true" assign_to="{name}"/></action></recv><Reference variables="{name}"/>'
    )


async def desk_phone(centre: House, folder: Path, extension: str, steps: str, deadline: float = 60) -> Sipp:
    """A phone registered as this extension, which takes its one call as `steps` say. Stopped with the centre."""
    port, server = free_port(), ("127.0.0.1", centre.sip)
    registering = await start_sipp(
        REGISTERS, folder / "register", server=server, service=extension, username=extension, password=PASSWORD,
        port=port,
    )  # fmt: skip
    registered = await registering.done()
    assert registered.ok, registered.report
    phone = await start_sipp(
        steps, folder / "phone", server=server, port=port, deadline=deadline,
        extra=("-trace_msg", "-message_file", str(folder / "phone" / "wire.log")),
    )  # fmt: skip
    centre.stack.push_async_callback(phone.stop)
    return phone


async def signed_in(centre: House, *agents: tuple[str, str]) -> list[Person]:
    """Agents (number, extension) sign in, ready, in this order: the first is idle for longest."""
    people = [await centre.person(number) for number, _ in agents]
    for person, (_, extension) in zip(people, agents, strict=True):
        await person.post("/desk/sign-in", {"extension": extension, "ready": True})
    return people


async def went_well(*phones: Sipp) -> None:
    """Every call of theirs went as their scenarios want."""
    for phone in phones:
        run = await phone.done()
        assert run.ok, run.report


def told(centre: House, kind: str) -> list[dict[str, Any]]:
    """What the ledger says of one kind, in its order."""
    return [dict(event.data) for event in merged(centre.data / "ledger") if event.kind == kind]
