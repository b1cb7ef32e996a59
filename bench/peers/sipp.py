"""A caller: sipp with a scenario of its own, its own tone, and a trigger that lets it dial at an exact moment.

sipp is started with a call rate of zero and dials when told through its control port, so that two callers can dial
within the same millisecond. Where a few hundredths of a second are no matter, it is only started when it is to dial:
that saves a second. It writes every SIP message with its time (`messages.log`).
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from bench.peers.ports import udp_ports_in_use
from bench.peers.process import Child, PeerError, needed, until
from bench.sound import Law, encode, tone

WARM_UP_S = 1.2
"""sipp looks at its control port about a second after its start for the first time, from then on every few ms."""

HELD = ("sh", "-c", 'read go <gate && exec "$@"', "sh")
"""Before a command: it begins when a line comes through the named pipe `gate`, and never if that is closed without."""

PAYLOAD_TYPES: dict[Law, int] = {"PCMU": 0, "PCMA": 8}


@dataclass(frozen=True)
class CallerSettings:
    """target: host:port of the server. stay_s: it hangs up so long after being answered, unless the other side does."""

    number: str
    called: str
    target: str
    sip_port: int
    media_port: int
    control_port: int
    tone_hz: int
    codec: Law
    stay_s: float
    host: str = "127.0.0.2"


_HEADERS = """\
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:{number}@[local_ip]:[local_port]>;tag=[pid]c[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
Max-Forwards: 70
"""

_SCENARIO = """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE scenario SYSTEM "sipp.dtd">
<scenario name="caller {number}">
  <send retrans="500"><![CDATA[
INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
{first_headers}CSeq: 1 INVITE
Contact: <sip:{number}@[local_ip]:[local_port]>
Allow: INVITE, ACK, CANCEL, BYE, OPTIONS
Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [rtpstream_audio_port] RTP/AVP {payload} 101
a=rtpmap:{payload} {codec}/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=ptime:20
]]></send>
  <recv response="100" optional="true"/>
  <recv response="180" optional="true"/>
  <recv response="183" optional="true"/>
  <recv response="200" rrs="true" timeout="20000"/>
  <send><![CDATA[
ACK [next_url] SIP/2.0
{headers}CSeq: 1 ACK
Content-Length: 0

]]></send>
  <nop><action><exec rtp_stream="{voice},-1,{payload},{codec}/8000"/></action></nop>
  <recv request="BYE" timeout="{stay_ms}" ontimeout="hang_up"/>
  <send next="over"><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
  <label id="hang_up"/>
  <send retrans="500"><![CDATA[
BYE [next_url] SIP/2.0
{headers}CSeq: 2 BYE
Content-Length: 0

]]></send>
  <recv response="200" timeout="8000"/>
  <label id="over"/>
</scenario>
"""


def scenario(settings: CallerSettings, voice: Path) -> str:
    headers = _HEADERS.format(number=settings.number)
    return _SCENARIO.format(
        number=settings.number,
        headers=headers,
        first_headers=headers.replace("[peer_tag_param]", ""),
        payload=PAYLOAD_TYPES[settings.codec],
        codec=settings.codec,
        voice=voice,
        stay_ms=round(settings.stay_s * 1000),
    )


class Caller:
    """A sipp that waits for its moment. Exit code 0 means: the scenario went through."""

    def __init__(self, settings: CallerSettings, folder: Path, child: Child, *, exact: bool) -> None:
        self.settings, self.folder = settings, folder
        self._child, self._exact = child, exact
        self._started = time.monotonic()
        self._gate: int | None = None

    @classmethod
    async def start(cls, settings: CallerSettings, folder: Path, *, exact: bool = True) -> Caller:
        """Start it without dialling; its files (scenario, voice, messages, errors) live in `folder`. exact: it dials
        within a millisecond of being told, else about 25 ms later, and is ready a second earlier."""
        program = needed("sipp", "sip-tester")
        folder.mkdir(parents=True, exist_ok=True)
        voice = folder / f"voice.{settings.codec.lower()}"
        voice.write_bytes(encode(tone(settings.tone_hz, 1), settings.codec))
        (folder / "scenario.xml").write_text(scenario(settings, voice))
        command = [program, settings.target, *_options(settings, folder, rate=0 if exact else 1000)]
        if not exact:
            (folder / "gate").unlink(missing_ok=True)
            os.mkfifo(folder / "gate")
        child = await Child.start(
            f"sipp {settings.number}",
            command if exact else [*HELD, *command],
            folder / "sipp.log",
            env={"TERM": "dumb"},
            cwd=folder,
        )
        return cls(settings, folder, child, exact=exact)

    async def ready(self, seconds: float = 5) -> None:
        """Wait until it can be told to dial: it has warmed up, its control port and its SIP port are open."""
        if not self._exact:
            await until(f"{self._child.name} to wait at its gate", self._at_gate, seconds)
            return
        await asyncio.sleep(max(0.0, self._started + WARM_UP_S - time.monotonic()))
        ports = {self.settings.control_port, self.settings.sip_port}

        def open_or_dead() -> bool:
            return ports <= udp_ports_in_use() or self._child.code is not None

        await until(f"{self._child.name} to be ready", open_or_dead, seconds)
        if self._child.code is not None:
            raise PeerError(f"{self._child.name} ended at its start:\n{self._child.last_words()}")

    def _at_gate(self) -> bool:
        """A named pipe can be opened for writing, without waiting, once somebody reads."""
        try:
            self._gate = os.open(self.folder / "gate", os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            return False
        return True

    def dial(self) -> None:
        """Let it dial now."""
        if self._gate is not None:
            os.write(self._gate, b"\n")
            self._close_gate()
            return
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trigger:
            trigger.sendto(b"cset rate 1000", (self.settings.host, self.settings.control_port))

    async def finished(self, seconds: float) -> int:
        """Its exit code; PeerError with the last it said and was told if it does not end in time."""
        try:
            return await self._child.ended(seconds)
        except PeerError as error:
            messages = self.folder / "messages.log"
            last = messages.read_text(errors="replace")[-2_000:] if messages.exists() else "none"
            raise PeerError(f"{error}\nIts last messages:\n{last}") from None

    async def stop(self) -> None:
        self._close_gate()
        await self._child.stop()

    def _close_gate(self) -> None:
        if self._gate is not None:
            os.close(self._gate)
            self._gate = None


def _options(settings: CallerSettings, folder: Path, *, rate: int) -> list[str]:
    options = {
        "-sf": folder / "scenario.xml",
        "-s": settings.called,
        "-i": settings.host,
        "-p": settings.sip_port,
        "-mi": settings.host,
        "-mp": settings.media_port,
        "-cp": settings.control_port,
        "-r": rate,
        "-m": 1,
        "-timer_resol": 1,
        "-message_file": folder / "messages.log",
        "-error_file": folder / "errors.log",
    }
    pairs = [part for name, value in options.items() for part in (name, str(value))]
    return [*pairs, "-nostdin", "-trace_msg", "-trace_err"]


async def dial_together(callers: list[Caller]) -> None:
    """Let all of them dial within the same millisecond."""
    await asyncio.gather(*(caller.ready() for caller in callers))
    for caller in callers:
        caller.dial()
