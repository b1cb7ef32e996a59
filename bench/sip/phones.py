"""400 SIP phones: registered by digest from one socket, then played by one sipp on the same port.

A phone rings, answers, sends 100 ms of sound (a call is joined when its agent is heard), and hangs up a second after
the ACK.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
from collections.abc import AsyncIterator
from typing import cast

from bench.peers.process import Child, PeerError, needed
from bench.sip.centre import AGENTS, HOST, PASSWORD, Place, extension

TALK_MS = 1_000
SOUND_S = 0.1
_REGISTER_S = 20.0

_CHALLENGE = re.compile(rb'realm="([^"]+)".*?nonce="([^"]+)"|nonce="([^"]+)".*?realm="([^"]+)"')

SCENARIO = """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE scenario SYSTEM "sipp.dtd">
<scenario name="phones">
  <recv request="INVITE" crlf="true"/>
  <send><![CDATA[
SIP/2.0 180 Ringing
[last_Via:]
[last_From:]
[last_To:];tag=[pid]p[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port]>
Content-Length: 0

]]></send>
  <send retrans="500"><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:];tag=[pid]p[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port]>
Content-Type: application/sdp
Content-Length: [len]

v=0
o=- [call_number] 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [rtpstream_audio_port] RTP/AVP 8
a=rtpmap:8 PCMA/8000
]]></send>
  <recv request="ACK" crlf="true">
    <action>
      <ereg regexp=".*" search_in="hdr" header="From:" assign_to="peer"/>
      <ereg regexp=".*" search_in="hdr" header="To:" assign_to="self"/>
    </action>
  </recv>
  <nop><action><exec rtp_stream="SOUND,1,8,PCMA/8000"/></action></nop>
  <pause milliseconds="TALK"/>
  <send retrans="500"><![CDATA[
BYE sip:SERVER SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From:[$self]
To:[$peer]
[last_Call-ID:]
CSeq: 1 BYE
Max-Forwards: 70
Content-Length: 0

]]></send>
  <recv response="200"/>
</scenario>
"""


class Phones:
    """The registered phones of a running centre."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._sipp: Child | None = None

    @classmethod
    @contextlib.asynccontextmanager
    async def running(cls, place: Place) -> AsyncIterator[Phones]:
        phones = cls(place)
        await phones._register()
        await phones._start()
        try:
            yield phones
        finally:
            if phones._sipp is not None:
                await phones._sipp.stop()

    def answer_calls(self) -> None:
        """Raises PeerError if the phones are not there any more."""
        if self._sipp is None or self._sipp.code is not None:
            words = self._sipp.last_words() if self._sipp is not None else ""
            raise PeerError(f"The sipp that plays the phones ended:\n{words}")

    async def _register(self) -> None:
        loop = asyncio.get_running_loop()
        where, server = (HOST, self._place.phones), (HOST, self._place.sip)
        transport, protocol = await loop.create_datagram_endpoint(Registering, where, server)
        try:
            for number in range(AGENTS):
                async with asyncio.timeout(_REGISTER_S):
                    await protocol.register(extension(number), self._place.phones)
        except TimeoutError:
            raise PeerError("A phone's REGISTER was not answered.") from None
        finally:
            transport.close()
            await protocol.closed

    async def _start(self) -> None:
        folder = self._place.folder
        sound = folder / "phone.pcma"
        sound.write_bytes(b"\xd5" * round(8_000 * SOUND_S))
        text = SCENARIO.replace("SOUND", str(sound)).replace("TALK", str(TALK_MS))
        text = text.replace("SERVER", f"{HOST}:{self._place.sip}")
        (folder / "phones.xml").write_text(text)
        options = {
            "-sf": folder / "phones.xml",
            "-i": HOST,
            "-p": self._place.phones,
            "-mi": HOST,
            "-mp": self._place.phone_media[0],
            "-timer_resol": 1,
        }
        command = [needed("sipp", "sip-tester"), *(str(part) for pair in options.items() for part in pair), "-nostdin"]
        self._sipp = await Child.start("sipp phones", command, folder / "phones.log", env={"TERM": "dumb"}, cwd=folder)
        await asyncio.sleep(0.5)


class Registering(asyncio.DatagramProtocol):
    """One socket that registers phone after phone (RFC 3261 section 10, RFC 7616)."""

    def __init__(self) -> None:
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._answer: asyncio.Future[bytes] | None = None
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)  # the loop's own is no subclass

    def connection_lost(self, error: Exception | None) -> None:
        self.closed.set_result(None)

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        if self._answer is not None and not self._answer.done() and not data.startswith(b"SIP/2.0 100"):
            self._answer.set_result(data)

    async def register(self, user: str, port: int, password: str = PASSWORD) -> None:
        challenge = await self._ask(user, port, 1, "")
        found = _CHALLENGE.search(challenge)
        if found is None:
            raise PeerError(f"Extension {user} was not challenged: {challenge[:80]!r}")
        realm, nonce = ((found[1] or found[4]).decode(), (found[2] or found[3]).decode())
        ha1, ha2 = (_md5(text) for text in (f"{user}:{realm}:{password}", f"REGISTER:sip:{HOST}"))
        response = _md5(f"{ha1}:{nonce}:00000001:c:auth:{ha2}")
        value = f'Digest username="{user}", realm="{realm}", nonce="{nonce}", uri="sip:{HOST}", response="{response}"'
        value += ', algorithm=MD5, qop=auth, nc=00000001, cnonce="c"'
        answer = await self._ask(user, port, 2, f"Authorization: {value}\r\n")
        if not answer.startswith(b"SIP/2.0 200"):
            raise PeerError(f"Extension {user} could not register: {answer[:80]!r}")

    async def _ask(self, user: str, port: int, number: int, more: str) -> bytes:
        self._answer = asyncio.get_running_loop().create_future()
        lines = (
            f"REGISTER sip:{HOST} SIP/2.0\r\nVia: SIP/2.0/UDP {HOST}:{port};branch=z9hG4bK{user}n{number};rport\r\n"
            f"From: <sip:{user}@{HOST}>;tag=f{user}\r\nTo: <sip:{user}@{HOST}>\r\nCall-ID: register-{user}\r\n"
            f"CSeq: {number} REGISTER\r\nMax-Forwards: 70\r\nContact: <sip:{user}@{HOST}:{port}>\r\nExpires: 3600\r\n"
            f"{more}Content-Length: 0\r\n\r\n"
        )
        assert self._transport is not None
        self._transport.sendto(lines.encode())
        return await self._answer


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
