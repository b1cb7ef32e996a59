"""sipp as a peer: scenarios are XML texts, one run is one process.

done = await run_sipp(scenario_text, tmp_path, server=("127.0.0.1", 5060), calls=1)
assert done.ok, done.report
"""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.peers.ports import free_port


def sipp_missing() -> str | None:
    """Why sipp cannot run here, or None."""
    return None if shutil.which("sipp") else "sipp (Debian package sip-tester) is not installed"


@dataclass(frozen=True)
class SippRun:
    """ok: every call went as the scenario wants. report: the end of its screen and its errors."""

    ok: bool
    report: str


@dataclass(frozen=True)
class Sipp:
    """A sipp that runs: its SIP address, and the way to wait for its end."""

    process: asyncio.subprocess.Process
    port: int
    folder: Path
    deadline: float

    async def done(self) -> SippRun:
        try:
            async with asyncio.timeout(self.deadline):
                output, _ = await self.process.communicate()
        except TimeoutError:
            self.process.kill()
            output, _ = await self.process.communicate()
        report = output.decode(errors="replace")[-3000:] + "\n" + self.errors()[-4000:]
        return SippRun(self.process.returncode == 0, report)

    async def stop(self) -> None:
        """End it, if it still runs."""
        if self.process.returncode is None:
            self.process.kill()
            await self.process.communicate()

    def errors(self) -> str:
        """What it has complained of so far."""
        return "\n".join(path.read_text(errors="replace") for path in self.folder.glob("*errors.log"))


async def start_sipp(
    scenario: str,
    folder: Path,
    *,
    server: tuple[str, int],
    calls: int = 1,
    rate: float = 10,
    transport: str = "u1",
    service: str = "4008",
    username: str = "",
    password: str = "",
    port: int = 0,
    rtp_port: int = 0,
    extra: tuple[str, ...] = (),
    deadline: float = 30.0,
    host: str = "127.0.0.1",
) -> Sipp:
    """transport: sipp's -t (u1 one UDP socket, t1 one TCP connection). extra: further arguments. host: its own."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "scenario.xml"
    path.write_text(scenario)
    port = port or free_port()
    arguments = [
        f"{server[0]}:{server[1]}", "-sf", str(path), "-i", host, "-p", str(port), "-m", str(calls),
        "-r", str(rate), "-t", transport, "-s", service, "-nostdin", "-trace_err", "-error_file",
        str(folder / "errors.log"), "-timeout", str(int(deadline)), "-timeout_error", "-mp",
        str(rtp_port or free_port(even=True)),
    ]  # fmt: skip
    if username:
        arguments += ["-au", username, "-ap", password]
    process = await asyncio.create_subprocess_exec(
        "sipp", *arguments, *extra, cwd=folder, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    return Sipp(process, port, folder, deadline + 5)


async def run_sipp(
    scenario: str,
    folder: Path,
    *,
    server: tuple[str, int],
    calls: int = 1,
    transport: str = "u1",
    service: str = "4008",
    username: str = "",
    password: str = "",
    extra: tuple[str, ...] = (),
) -> SippRun:
    """Start and wait for the end."""
    sipp = await start_sipp(
        scenario, folder, server=server, calls=calls, transport=transport, service=service,
        username=username, password=password, extra=extra,
    )  # fmt: skip
    return await sipp.done()


# ---- scenario parts ----

_SDP = """\
v=0
o=user 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 8 101
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
"""


def scenario(*steps: str) -> str:
    """A scenario of these steps."""
    return '<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="s">\n' + "\n".join(steps) + "\n</scenario>\n"


def request(
    method: str, cseq: int, *, to_tag: bool = False, auth: bool = False, sdp: bool = False, uri: str = ""
) -> str:
    """A <send> of a request as the caller [field user] sipp is."""
    uri = uri or "sip:[service]@[remote_ip]:[remote_port]"
    to = (
        "<sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]"
        if to_tag
        else "<sip:[service]@[remote_ip]:[remote_port]>"
    )
    lines = [
        f"{method} {uri} SIP/2.0",
        "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]",
        "From: <sip:[service]@[local_ip]:[local_port]>;tag=[pid]SIPpTag00[call_number]",
        f"To: {to}",
        "Call-ID: [call_id]",
        f"CSeq: {cseq} {method}",
        "Contact: <sip:[service]@[local_ip]:[local_port];transport=[transport]>",
        "Max-Forwards: 70",
    ]
    if auth:
        lines.append("[authentication]")
    body = _SDP if sdp else ""
    if sdp:
        lines.append("Content-Type: application/sdp")
    lines.append("Content-Length: [len]")
    text = "\n".join(lines) + "\n\n" + body
    return f"<send{'' if method == 'ACK' else ' retrans=' + chr(34) + '500' + chr(34)}><![CDATA[\n{text}]]></send>"


def reply(code: int, phrase: str, *, sdp: bool = False) -> str:
    """A <send> of a reply to the last request, as the called."""
    lines = [
        f"SIP/2.0 {code} {phrase}",
        "[last_Via:]",
        "[last_From:]",
        "[last_To:];tag=[pid]SIPpTag01[call_number]" if code > 100 else "[last_To:]",
        "[last_Call-ID:]",
        "[last_CSeq:]",
        "Contact: <sip:[local_ip]:[local_port];transport=[transport]>",
    ]
    if sdp:
        lines.append("Content-Type: application/sdp")
    lines.append("Content-Length: [len]")
    return "<send><![CDATA[\n" + "\n".join(lines) + "\n\n" + (_SDP if sdp else "") + "]]></send>"


def reply_in_dialog(code: int, phrase: str) -> str:
    """As `reply`, to a request whose To has our tag already."""
    return reply(code, phrase).replace(";tag=[pid]SIPpTag01[call_number]", "")


def expect(what: str | int, *, optional: bool = False, auth: bool = False) -> str:
    """A <recv> of a request (name) or reply (code)."""
    kind = "response" if isinstance(what, int) else "request"
    flags = (' optional="true"' if optional else "") + (' auth="true"' if auth else "")
    return f'<recv {kind}="{what}"{flags}></recv>'


def pause(milliseconds: int) -> str:
    return f'<pause milliseconds="{milliseconds}"/>'
