"""More calls than the machine serves (TEL-38), on the wire: control gets a fifth of a core, a carrier brings hundreds
of calls a second. New calls get 503 with Retry-After, who talks goes on talking, and afterwards all is as it was."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import threading
import time
import wave
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from bench.call.centre import Person

from tests.peers.baresip import tone_share
from tests.planes.house import CENTRE, CUSTOMER_HZ, House, house, needs, until
from yingda.kernel.bus.aio import BusClient
from yingda.kernel.clock import SECOND
from yingda.sip import message
from yingda.sip.message import Request, Response

pytestmark = [pytest.mark.peer, pytest.mark.e2e]

CARRIER = "127.0.0.2"
PER_SECOND = 400
TURN_S, SHARE = 0.1, 0.2  # of each turn control runs for this share
SHUT_WITHIN_S, CALM_WITHIN_S = 40.0, 20.0
CALL = """\
INVITE sip:4008001000@127.0.0.1:{to} SIP/2.0
Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bK-over{number};rport
Max-Forwards: 70
From: <sip:1380000{number:04}@{host}>;tag=o{number}
To: <sip:4008001000@127.0.0.1:{to}>
Call-ID: over{number}
CSeq: 1 INVITE
Contact: <sip:caller@{host}:{port}>
Content-Type: application/sdp

v=0
o=- 1 1 IN IP4 {host}
s=-
c=IN IP4 {host}
t=0 0
m=audio 40000 RTP/AVP 8
"""


class Carrier:
    """Brings calls as fast as asked, acknowledges every answer, and hangs up at once where it is served.

    told: final codes, "shed" for a 503 with Retry-After.
    """

    def __init__(self, sip: int) -> None:
        self.told: Counter[int | str] = Counter()
        self.sent = 0
        self._sip, self._over = sip, threading.Event()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self._socket.bind((CARRIER, 0))
        self._socket.settimeout(0.05)
        self._threads = [threading.Thread(target=work) for work in (self._calls, self._hears)]

    def __enter__(self) -> Carrier:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
        self._socket.close()

    def _calls(self) -> None:
        host, port = self._socket.getsockname()
        begin = time.monotonic()
        while not self._over.is_set():
            self.sent += 1
            text = CALL.format(to=self._sip, host=host, port=port, number=self.sent)
            self._say(text.replace("\n", "\r\n").encode())
            ahead = begin + self.sent / PER_SECOND - time.monotonic()
            if ahead > 0:
                self._over.wait(ahead)

    def _hears(self) -> None:
        while not self._over.is_set():
            try:
                data = self._socket.recv(65_535)
            except TimeoutError:
                continue
            heard = message.parse(data)
            if isinstance(heard, Request):
                self._say(message.response_to(heard, 200).to_bytes())
            elif heard.code >= 200 and heard.cseq[1] == "INVITE":
                self._acknowledge(heard)

    def _acknowledge(self, final: Response) -> None:
        shed = final.code == 503 and final.get("Retry-After") == "10"
        self.told["shed" if shed else final.code] += 1
        if final.code >= 300:
            branch = re.search(r"branch=([^;]+)", final.get("Via"))
            assert branch is not None
            self._inside(final, "ACK", 1, branch[1])
        else:
            self._inside(final, "ACK", 1, f"z9hG4bK-ack{final.call_id}")
            self._inside(final, "BYE", 2, f"z9hG4bK-bye{final.call_id}")

    def _inside(self, final: Response, method: str, cseq: int, branch: str) -> None:
        host, port = self._socket.getsockname()
        lines = [
            f"{method} sip:4008001000@127.0.0.1:{self._sip} SIP/2.0",
            f"Via: SIP/2.0/UDP {host}:{port};branch={branch};rport",
            "Max-Forwards: 70",
            f"From: {final.get('From')}",
            f"To: {final.get('To')}",
            f"Call-ID: {final.call_id}",
            f"CSeq: {cseq} {method}",
            "Content-Length: 0",
        ]
        self._say("\r\n".join([*lines, "", ""]).encode())

    def _say(self, data: bytes) -> None:
        self._socket.sendto(data, ("127.0.0.1", self._sip))


@contextmanager
def slowed(pid: int) -> Iterator[None]:
    """A process that runs for a share of the time only, as on a machine so much slower."""
    over = threading.Event()

    def turns() -> None:
        while not over.is_set():
            os.kill(pid, signal.SIGSTOP)
            time.sleep(TURN_S * (1 - SHARE))
            os.kill(pid, signal.SIGCONT)
            time.sleep(TURN_S * SHARE)

    thread = threading.Thread(target=turns)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


async def alarmed(centre: House) -> bool:
    client = BusClient(centre.data / "run" / "control.sock")
    await client.start(5)
    docs = (await client.call("live.snapshot", {}))["docs"]
    await client.close()
    return any(alarm["kind"] == "overloaded" for alarm in docs["alarms"].values())


def refusals(centre: House) -> int:
    """Calls that the books say were shed."""
    segments = (centre.data / "ledger" / "control").glob("*.seg")
    return sum(segment.read_text().count("More calls come in than can be served") for segment in segments)


def seconds_of(sound: Path) -> float:
    with wave.open(str(sound)) as file:
        return float(file.getnframes() / file.getframerate())


async def until_calm(centre: House) -> None:
    deadline = time.monotonic() + CALM_WITHIN_S
    while await alarmed(centre):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.2)


async def calls_until_it_sheds(centre: House, agent: Person) -> Carrier:
    """The flood; whoever works at a desk meanwhile gets his answers."""
    with slowed(centre.planes()["control"]), Carrier(centre.sip) as carrier:
        deadline = time.monotonic() + SHUT_WITHIN_S
        while carrier.told["shed"] < PER_SECOND:
            assert time.monotonic() < deadline, (carrier.sent, carrier.told)
            assert (await agent.get("/desk"))["agent"]["state"] == "talking"
            await asyncio.sleep(0.5)
        assert await alarmed(centre)
    return carrier


def test_new_calls_give_way_and_who_talks_goes_on_talking(tmp_path: Path) -> None:
    needs("sipp", "baresip")

    async def scene() -> None:
        document = CENTRE.replace("hosts: [127.0.0.2]}", "hosts: [127.0.0.2], max_calls: 10000}")
        async with house(tmp_path, centre=document) as centre:
            agent, phone, _ = await centre.answered_call(tmp_path, stay_s=600)
            begin = time.monotonic()
            carrier = await calls_until_it_sheds(centre, agent)
            talked = time.monotonic() - begin
            print(f"{carrier.sent} calls in {talked:.1f} s: {dict(carrier.told)}")
            assert (await agent.get("/desk"))["agent"]["state"] == "talking"
            await until_calm(centre)
            await phone.hang_up()
            await centre.state(agent, "wrapup", 10)
            leader = await centre.person("leader")
            (record,) = [one for one in await leader.every("/calls") if one["outcome"] == "answered"]
            assert record["talking_us"] >= talked * SECOND
            (heard,) = phone.dumps()
            assert seconds_of(heard) > 0.95 * talked and tone_share(heard, CUSTOMER_HZ) > 0.8
            await until("the refusals to stand in the books", lambda: refusals(centre) >= carrier.told["shed"], 10)
            served = await centre.caller(tmp_path / "later", stay_s=1, number="13800002222")
            served.dial()
            assert await served.finished(20) == 0

    asyncio.run(scene())
