"""A caller who listens and presses keys: a SIP call over UDP with RTP of its own, in Python, many to a process.

It sends silence, presses keys as RFC 4733 events, and notes when what it hears changes: prompts that are one constant
level are known by one byte of their packets, so that a prompt's first packet is seen at once and cheaply.
"""

from __future__ import annotations

import asyncio
import re
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.peers.process import PeerError

FRAME_S, FRAME = 0.02, 160
EVENT_TYPE, LAW_TYPE = 101, 8
SILENCE = 0xD5
"""A-law of zero."""
KEYS = "0123456789*#ABCD"
PRESS_FRAMES, END_PACKETS = 5, 3
_TAG = re.compile(rb"^To:.*?;tag=([^;\r\n]+)", re.MULTILINE | re.IGNORECASE)
_MEDIA = re.compile(rb"^c=IN IP4 (\S+).*?^m=audio (\d+)", re.MULTILINE | re.DOTALL)


@dataclass
class Keypad:
    """One call. heard: (time s, level byte) at every change of what arrives; times are of `time.monotonic`.

    quiet: after a second of silence it sends nothing but keys, as a phone with voice activity detection.
    """

    target: tuple[str, int]
    called: str
    number: str
    host: str = "127.0.0.2"
    quiet: bool = False
    heard: list[tuple[float, int]] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    changed: Callable[[float, int], None] | None = None

    async def dial(self, within_s: float = 10.0) -> None:
        """Call and be answered. Raises PeerError."""
        loop = asyncio.get_running_loop()
        self._answered: asyncio.Future[bytes] = loop.create_future()
        self._sip = await _open(_Receiver(self._on_sip), self.host)
        self._rtp = await _open(_Receiver(self._on_rtp), self.host)
        self._call_id = f"{self.number}-{time.monotonic_ns()}"
        self._sequence, self._timestamp, self._ssrc = 1, 1, int(self.number[-8:])
        self._send("INVITE", self._description())
        try:
            async with asyncio.timeout(within_s):
                answer = await self._answered
        except TimeoutError:
            raise PeerError(f"The call of {self.number} was not answered.") from None
        if not answer.startswith(b"SIP/2.0 200"):
            raise PeerError(f"The call of {self.number} was refused: {answer[:60]!r}")
        tag, media = _TAG.search(answer), _MEDIA.search(answer)
        assert tag is not None and media is not None
        self._tag = f";tag={tag[1].decode()}"
        self._media = (media[1].decode(), int(media[2]))
        self._send("ACK")
        self._sound = loop.create_task(self._silence())

    async def press(self, key: str) -> float:
        """Press a key for 100 ms; when the first packet with the end bit was sent (RFC 4733 section 2.5.1.3)."""
        if self.quiet:
            self._timestamp = round(time.monotonic() * 8_000) & 0xFFFFFFFF
        event, stamp = KEYS.index(key), self._timestamp
        for frame in range(1, PRESS_FRAMES + 1):
            self._event(event, False, frame * FRAME, stamp, marker=frame == 1)
            await asyncio.sleep(FRAME_S)
        first = time.monotonic()
        for _ in range(END_PACKETS):
            self._event(event, True, (PRESS_FRAMES + 1) * FRAME, stamp, marker=False)
        return first

    async def hears(self, level: int, after: float, within_s: float = 10.0) -> float:
        """When a prompt of this level began, at or after a time. Raises PeerError if it does not."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline and not self.ended.is_set():
            for at, heard in reversed(self.heard):
                if at < after:
                    break
                if heard == level:
                    return at
            await asyncio.sleep(0.005)
        told = [(round(at - after, 3), hex(heard)) for at, heard in self.heard[-6:]]
        raise PeerError(f"{self.number} did not hear {level:#x} in {within_s:g} s, but {told}.")

    async def hang_up(self) -> None:
        """End the call, if it has not been ended, and let go of the sockets."""
        if self._sip.is_closing():
            return
        if not self.ended.is_set():
            self._send("BYE")
        self._sound.cancel()
        await asyncio.sleep(0)
        self._sip.close()
        self._rtp.close()

    # ---- SIP ------------------------------------------------------------------------------------------------------

    def _on_sip(self, data: bytes) -> None:
        if data.startswith(b"BYE "):
            lines = [line for line in data.split(b"\r\n") if line.lower().startswith(_COPIED)]
            self._sip.sendto(
                b"SIP/2.0 200 OK\r\n" + b"\r\n".join(lines) + b"\r\nContent-Length: 0\r\n\r\n", self.target
            )
            self.ended.set()
        elif b"INVITE" in data and not data.startswith(b"SIP/2.0 1") and not self._answered.done():
            self._answered.set_result(data)

    def _send(self, method: str, body: str = "") -> None:
        host, port = self._sip.get_extra_info("sockname")
        uri = f"sip:{self.called}@{self.target[0]}:{self.target[1]}"
        number = 2 if method == "BYE" else 1
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bK{self._call_id}{method}",
            f"From: <sip:{self.number}@{host}:{port}>;tag=k{self.number}",
            f"To: <{uri}>{getattr(self, '_tag', '')}",
            f"Call-ID: {self._call_id}",
            f"CSeq: {number} {method}",
            f"Contact: <sip:{self.number}@{host}:{port}>",
            "Max-Forwards: 70",
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        self._sip.sendto(("\r\n".join(lines) + "\r\n\r\n" + body).encode(), self.target)

    def _description(self) -> str:
        host, port = self._rtp.get_extra_info("sockname")
        lines = [
            "v=0", f"o=- 1 1 IN IP4 {host}", "s=-", f"c=IN IP4 {host}", "t=0 0",
            f"m=audio {port} RTP/AVP {LAW_TYPE} {EVENT_TYPE}", f"a=rtpmap:{LAW_TYPE} PCMA/8000",
            f"a=rtpmap:{EVENT_TYPE} telephone-event/8000", "a=fmtp:101 0-15", "",
        ]  # fmt: skip
        return "\r\n".join(lines)

    # ---- RTP ------------------------------------------------------------------------------------------------------

    def _on_rtp(self, data: bytes) -> None:
        if len(data) < 12 + FRAME or data[1] & 0x7F != LAW_TYPE:
            return
        level = data[12 + FRAME // 2]
        if not self.heard or self.heard[-1][1] != level:
            now = time.monotonic()
            self.heard.append((now, level))
            if self.changed is not None:
                self.changed(now, level)

    async def _silence(self) -> None:
        frame = bytes([SILENCE]) * FRAME
        until = time.monotonic() + 1
        while not self.quiet or time.monotonic() < until:
            self._packet(LAW_TYPE, frame, self._timestamp, marker=False)
            self._timestamp += FRAME
            await asyncio.sleep(FRAME_S)

    def _event(self, event: int, end: bool, duration: int, stamp: int, *, marker: bool) -> None:
        self._packet(EVENT_TYPE, struct.pack("!BBH", event, 0x8A if end else 0x0A, duration), stamp, marker=marker)

    def _packet(self, kind: int, payload: bytes, stamp: int, *, marker: bool) -> None:
        head = struct.pack("!BBHII", 0x80, kind | (0x80 if marker else 0), self._sequence, stamp, self._ssrc)
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._rtp.sendto(head + payload, self._media)


_COPIED = (b"via:", b"from:", b"to:", b"call-id:", b"cseq:")


class _Receiver(asyncio.DatagramProtocol):
    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        self._take(data)


async def _open(receiver: _Receiver, host: str) -> asyncio.DatagramTransport:
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.bind((host, 0))
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: receiver, sock=listener)
    return transport
