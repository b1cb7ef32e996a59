"""Callers who press keys: sipp with digits of its own (RFC 4733), and a witness who sees both ways on the loopback.

async with Witness() as witness:
    caller = await Dialler.start(folder, witness, ports, server=("127.0.0.1", 5060), steps=[keys("1"), bye_comes()])
    await caller.hears(level)        # a prompt, known by its byte
    await caller.go_on()             # sipp goes on with its next step
    assert (await caller.done()).ok

A scenario waits before each step for a cue, a MESSAGE within its dialog: it presses nothing by the clock, but when the
prompt is there that a person would answer. What the caller hears and presses is read off the wire.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
from bench.peers.ports import PortBlock
from bench.sound import encode

from tests.peers.sipp import Sipp, SippRun, scenario, sipp_missing, start_sipp

HOST: Final = "127.0.0.2"
KEYS: Final = "0123456789*#ABCD"
PATIENCE_S: Final = 45.0
"""For what has to come: a machine on which much else runs may take so long to start all peers."""
VOICE_TYPE, EVENT_TYPE = 8, 96
"""A-law; the number that sipp gives its digits."""
FRAME: Final = 160
SILENCE: Final = 0xD5
"""A-law of zero, as it is sent."""

_ETHERNET, _UDP, _SENT = 14, 17, 4
_RCVBUFFORCE, _BUFFER = 33, 64 << 20
"""socket(7): beyond the ordinary limit, so that a busy machine costs the witness no packet."""
_TIMESTAMPS = 35
"""socket(7), SO_TIMESTAMPNS: when a packet passed, however late the witness looks."""
_HEADERS = """\
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:{number}@[local_ip]:[local_port]>;tag=[pid]k[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
Max-Forwards: 70
"""
_DIAL = """\
<send retrans="500"><![CDATA[
INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
{first}CSeq: 1 INVITE
Contact: <sip:{number}@[local_ip]:[local_port]>
Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 8 96
a=rtpmap:8 PCMA/8000
a=rtpmap:96 telephone-event/8000
a=fmtp:96 0-15
]]></send>
<recv response="100" optional="true"/>
<recv response="180" optional="true"/>
<recv response="183" optional="true"/>
<recv response="200" rrs="true" timeout="20000"/>
<send><![CDATA[
ACK [next_url] SIP/2.0
{headers}CSeq: 1 ACK
Content-Length: 0

]]></send>"""
_BYE = """\
<send retrans="500"><![CDATA[
BYE [next_url] SIP/2.0
{headers}CSeq: 2 BYE
Content-Length: 0

]]></send>
<recv response="200" timeout="8000"/>"""
_CUE = '<recv request="MESSAGE" timeout="150000"/>'
_OK = """\
<send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>"""


def keying_missing() -> str | None:
    """Why such callers cannot run here, or None: sipp sends its digits, and the witness sees, through raw sockets."""
    if reason := sipp_missing():
        return reason
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()
    except PermissionError:
        return "the right to raw sockets (CAP_NET_RAW)"
    return None


def keys(digits: str) -> str:
    """Press keys, a fifth of a second each."""
    return f'<nop><action><exec play_dtmf="{digits}"/></action></nop>'


def sound(file: Path) -> str:
    """Say what a file holds (`write_sound`)."""
    return f'<nop><action><exec play_pcap_audio="{file}"/></action></nop>'


def hang_up() -> str:
    """Say BYE."""
    return _BYE


def bye_comes() -> str:
    """The centre says BYE."""
    return f'<recv request="BYE" timeout="30000"/>\n{_OK}'


def write_sound(file: Path, level: int, seconds: float) -> Path:
    """A capture of A-law packets of one constant level, for `sound`."""
    payload = encode(np.full(FRAME, level, dtype=np.int16), "PCMA")
    written = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 1)]
    for number in range(round(seconds * 50)):
        rtp = struct.pack("!BBHII", 0x80, VOICE_TYPE, number, number * FRAME, 0x5071) + payload
        udp = struct.pack("!HHHH", 4_000, 4_000, 8 + len(rtp), 0) + rtp
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), number, 0, 64, _UDP, 0, b"\x7f\0\0\1", b"\x7f\0\0\1")
        frame = bytes(12) + b"\x08\x00" + ip + udp
        second, rest = divmod(number * 20_000, 1_000_000)
        written.append(struct.pack("<IIII", second, rest, len(frame), len(frame)) + frame)
    file.write_bytes(b"".join(written))
    return file


@dataclass
class Line:
    """One caller's media port. heard: (time s, byte) at every change of what arrives; pressed: (time s, key) at every
    first packet with the end bit; spoken: packets of voice that were sent, the last one at spoken_at. Times are of
    `time.monotonic`, as the packets passed."""

    heard: list[tuple[float, int]] = field(default_factory=list)
    pressed: list[tuple[float, str]] = field(default_factory=list)
    spoken: int = 0
    spoken_at: float = 0.0
    last_event: tuple[int, int] = (0, 0)

    def since(self, byte: int, after: float) -> float | None:
        """When a level last began, at or after a time."""
        return next((at for at, heard in reversed(self.heard) if heard == byte and at >= after), None)

    def came(self, payload: bytes, at: float) -> None:
        if len(payload) >= 12 + FRAME and payload[1] & 0x7F == VOICE_TYPE:
            byte = payload[12 + FRAME // 2]
            if not self.heard or self.heard[-1][1] != byte:
                self.heard.append((at, byte))

    def went(self, payload: bytes, at: float) -> None:
        if len(payload) >= 12 + FRAME and payload[1] & 0x7F == VOICE_TYPE:
            self.spoken, self.spoken_at = self.spoken + 1, at
        if len(payload) < 16 or payload[1] & 0x7F != EVENT_TYPE or not payload[13] & 0x80:
            return
        event = struct.unpack_from("!I", payload, 4)[0], struct.unpack_from("!I", payload, 8)[0]
        if event != self.last_event:
            self.last_event = event
            self.pressed.append((at, KEYS[payload[12]]))


class Witness:
    """Sees the UDP packets of the ports that it watches, on the loopback. Needs the right to (CAP_NET_RAW)."""

    def __init__(self) -> None:
        self._lines: dict[tuple[bytes, int], Line] = {}
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
        self._socket.setsockopt(socket.SOL_SOCKET, _RCVBUFFORCE, _BUFFER)
        self._socket.bind(("lo", 0))
        self._socket.setsockopt(socket.SOL_SOCKET, _TIMESTAMPS, 1)
        self._socket.setblocking(False)

    def watch(self, port: int, host: str = HOST) -> Line:
        """The line of a media port."""
        return self._lines.setdefault((socket.inet_aton(host), port), Line())

    async def __aenter__(self) -> Self:
        asyncio.get_running_loop().add_reader(self._socket, self._read)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()

    def _read(self) -> None:
        for _ in range(200):
            try:
                frame, told, _, address = self._socket.recvmsg(2_048, 64)
            except BlockingIOError:
                return
            if address[2] != _SENT and frame[12:14] == b"\x08\x00" and frame[23] == _UDP:
                seconds, nanoseconds = struct.unpack("=qq", told[0][2])
                ago = time.time_ns() - (seconds * 1_000_000_000 + nanoseconds)
                self._datagram(frame[_ETHERNET:], time.monotonic() - ago / 1e9)

    def _datagram(self, packet: bytes, at: float) -> None:
        head = (packet[0] & 15) * 4
        source, target = struct.unpack_from("!HH", packet, head)
        if line := self._lines.get((packet[16:20], target)):
            line.came(packet[head + 8 :], at)
        if line := self._lines.get((packet[12:16], source)):
            line.went(packet[head + 8 :], at)


@dataclass
class Dialler:
    """One call of sipp's, led by cues."""

    sipp: Sipp
    line: Line
    call_id: str
    number: str
    _cues: int = 0

    @classmethod
    async def start(
        cls, folder: Path, witness: Witness, ports: PortBlock, *, server: tuple[str, int], steps: list[str],
        called: str = "4008001000", number: str = "13800001111", deadline: float = 60.0,
    ) -> Dialler:  # fmt: skip
        """Dial. Before each step it waits for `go_on`; a `bye_comes` is waited for at once."""
        headers = _HEADERS.format(number=number)
        first = headers.replace("[peer_tag_param]", "")
        parts = [_DIAL.format(number=number, first=first, headers=headers)]
        for step in steps:
            filled = step.replace("{headers}", headers)
            parts += [filled] if step == bye_comes() else [_CUE, filled]
        media = ports.row(4)[0]
        call_id = f"{number}-{media}@keys"
        sipp = await start_sipp(
            scenario(*parts), folder, server=server, service=called, port=ports.one(), rtp_port=media, host=HOST,
            deadline=deadline, extra=("-mi", HOST, "-cid_str", call_id),
        )  # fmt: skip
        return cls(sipp, witness.watch(media), call_id, number)

    async def hears(self, byte: int, after: float = 0.0, within_s: float = PATIENCE_S) -> float:
        """When a prompt of this level began, at or after a time."""
        await self._sees(f"hearing {byte:#x}", lambda: self.line.since(byte, after) is not None, within_s)
        return self.line.since(byte, after) or 0.0

    async def hears_nothing(self, for_s: float = 1.0, within_s: float = 60.0) -> None:
        """Wait until it has been silent for so long: what was said is over."""

        def silent() -> bool:
            at, byte = self.line.heard[-1] if self.line.heard else (0.0, -1)
            return byte == SILENCE and time.monotonic() - at >= for_s

        await self._sees(f"{for_s:g} s of silence", silent, within_s)

    async def says(self, packets: int, within_s: float = PATIENCE_S) -> None:
        """Let it do its next step, a `sound` of at least so many packets, and wait until they are sent."""
        before = self.line.spoken
        await self.go_on()
        await self._sees(f"{packets} packets of voice", lambda: self.line.spoken - before >= packets, within_s)

    async def _sees(self, what: str, true: Callable[[], bool], within_s: float) -> None:
        deadline = time.monotonic() + within_s
        while not true():
            if time.monotonic() > deadline or self.sipp.process.returncode is not None:
                told = [(round(at % 1_000, 3), hex(byte)) for at, byte in self.line.heard[-8:]]
                raise AssertionError(f"{self.number}: no {what}, but {told}, {self.line.pressed}; {self.sipp.errors()}")
            await asyncio.sleep(0.01)  # until the next packets are here

    async def go_on(self) -> None:
        """Let it do its next step."""
        self._cues += 1
        lines = [
            f"MESSAGE sip:{self.number}@{HOST} SIP/2.0",
            f"Via: SIP/2.0/UDP {HOST}:9;branch=z9hG4bKcue{self._cues}",
            "From: <sip:cue@test>;tag=cue",
            f"To: <sip:{self.number}@{HOST}>",
            f"Call-ID: {self.call_id}",
            f"CSeq: {self._cues} MESSAGE",
            "Content-Length: 0",
        ]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(("\r\n".join(lines) + "\r\n\r\n").encode(), (HOST, self.sipp.port))

    async def presses(self, digits: str, within_s: float = PATIENCE_S) -> float:
        """Let it do its next step, these keys; when the last one's first end packet was sent."""
        before = len(self.line.pressed)
        await self.go_on()
        await self._sees(f"keys {digits}", lambda: len(self.line.pressed) - before >= len(digits), within_s)
        assert "".join(key for _, key in self.line.pressed[before:]) == digits
        return self.line.pressed[-1][0]

    async def done(self) -> SippRun:
        return await self.sipp.done()
