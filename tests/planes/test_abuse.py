"""What comes in from outside is not always meant well: a running centre answers as the RFCs say, or not at all.

The same centre shows what its planes owe one another: an alarm handed over, an end in common.
"""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Iterator
from contextlib import AsyncExitStack

import httpx
import pytest

from tests.planes.house import House, alive, house, until
from yingda.kernel.bus import BusClient
from yingda.kernel.errors import YingdaError

pytestmark = pytest.mark.peer  # whole centres: one at a time

OPTIONS = (
    "OPTIONS sip:yingda@127.0.0.1 SIP/2.0\r\n"
    "Via: SIP/2.0/{transport} 127.0.0.1:{port};branch=z9hG4bK{branch}\r\n"
    "Max-Forwards: 70\r\nFrom: <sip:tester@127.0.0.1>;tag=t\r\nTo: <sip:yingda@127.0.0.1>\r\n"
    "Call-ID: {branch}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
)
INVITE = (
    "INVITE sip:{called}@127.0.0.1 SIP/2.0\r\n"
    "Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bK{branch}\r\n"
    "Max-Forwards: 70\r\nFrom: <sip:{caller}@127.0.0.1>;tag=t{branch}\r\nTo: <sip:{called}@127.0.0.1>\r\n"
    "Contact: <sip:{caller}@{host}:{port}>\r\nCall-ID: {branch}\r\nCSeq: 1 INVITE\r\n"
    "{extra}Content-Length: {length}\r\n\r\n{body}"
)


EVS = "a=rtpmap:96 EVS/16000\r\n"  # nobody here speaks it, and it is not handed on


def udp(host: str) -> socket.socket:
    here = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    here.bind((host, 0))
    here.settimeout(10)
    return here


def asks(here: socket.socket, to: int, text: str) -> str:
    """Send a request and return its first final reply's status line (provisional ones, and what others were told
    before and nobody acknowledged, are passed over)."""
    here.sendto(text.encode(), ("127.0.0.1", to))
    call = text.partition("Call-ID: ")[2].partition("\r\n")[0]
    while True:
        reply = here.recv(65_535).decode()
        if f"Call-ID: {call}\r\n" in reply and not reply.startswith("SIP/2.0 1"):
            return reply.partition("\r\n")[0]


def options(here: socket.socket, to: int, branch: str) -> str:
    return asks(here, to, OPTIONS.format(transport="UDP", port=here.getsockname()[1], branch=branch))


def invite(here: socket.socket, to: int, called: str, caller: str, *, body: str = "", extra: str = "") -> str:
    host, port = here.getsockname()
    branch = f"{called}{caller}{len(body)}{len(extra)}"
    text = INVITE.format(
        called=called, caller=caller, host=host, port=port, branch=branch, body=body, length=len(body), extra=extra
    )
    return asks(here, to, text)


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory, loop: asyncio.Runner) -> Iterator[House]:
    """One for all that comes in, on a loop of its own; none of it may have left a traceback, or a plane away."""
    stack = AsyncExitStack()
    built = loop.run(stack.enter_async_context(house(tmp_path_factory.mktemp("abuse"))))
    try:
        yield built
        loop.run(built.healthy())
        assert loop.run(built.stop()) == 0
        assert not [log for log in built.data.parent.glob("serve-*.log") if "Traceback" in log.read_text()]
    finally:
        loop.run(stack.aclose())


def test_noise_on_every_port_disturbs_nobody(centre: House) -> None:
    rng = random.Random(7)
    with udp("127.0.0.1") as here:
        for _ in range(300):
            here.sendto(rng.randbytes(rng.randrange(1, 1500)), ("127.0.0.1", centre.sip))
        for cut in range(1, 300, 7):
            whole = OPTIONS.format(transport="UDP", port=here.getsockname()[1], branch=f"cut{cut}")
            here.sendto(whole[:cut].encode(), ("127.0.0.1", centre.sip))
    for port in (centre.sip, centre.websocket, centre.web):
        for size in (1, 100, 70_000):
            with socket.create_connection(("127.0.0.1", port), timeout=10) as stream:
                try:
                    stream.sendall(rng.randbytes(size))
                except OSError:
                    continue  # it hung up on us: right
    with udp("127.0.0.1") as here:
        assert options(here, centre.sip, "after") == "SIP/2.0 200 OK"


def test_refusals_on_the_wire(centre: House) -> None:
    sdp = "v=0\r\no=- 1 1 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\nm=audio 40000 RTP/AVP {}\r\n"
    kind = "Content-Type: application/sdp\r\n"
    with udp("127.0.0.2") as trunk, udp("127.0.0.1") as stranger:
        unknown = invite(trunk, centre.sip, "999", "1", extra=kind, body=sdp.format(8))
        assert unknown == "SIP/2.0 404 Number Not In Service"
        only_evs = invite(trunk, centre.sip, "4008001000", "2", extra=kind, body=sdp.format(96) + EVS)
        assert only_evs.startswith("SIP/2.0 488")
        assert invite(trunk, centre.sip, "4008001000", "3", extra="Require: time-travel\r\n").startswith("SIP/2.0 420")
        assert invite(stranger, centre.sip, "4008001000", "4").startswith("SIP/2.0 401")
        assert invite(trunk, centre.sip, "4008001000", "8101").startswith("SIP/2.0 401")


def test_passwords_cannot_be_tried_for_ever(centre: House) -> None:
    with httpx.Client(base_url=f"{centre.url}/api/v1") as client:
        codes = []
        for _ in range(12):
            answer = client.post("/session", json={"username": "leader", "password": "wrong"})
            codes.append(answer.status_code)
            assert answer.json()["sentence"]
        assert codes[0] == 401
        assert codes[-1] == 429


def test_another_planes_alarm_stands_until_it_is_taken_back(centre: House) -> None:
    async def scene() -> None:
        bus = BusClient(centre.data / "run" / "control.sock")
        await bus.start(timeout=5)

        async def told(sentence: str | None) -> tuple[str, int] | None:
            await bus.call("alarm.raise", {"key": "recordings_absent", "sentence": sentence})
            alarms = (await bus.call("live.snapshot", {}))["docs"]["alarms"]
            doc = alarms.get("recordings_absent")
            return None if doc is None else (doc["sentence"], doc["since"])

        assert await told(None) is None
        first = await told("One is gone.")
        assert first is not None and first[0] == "One is gone."
        assert await told("One is gone.") == first, "said again, it keeps the time of its beginning"
        second = await told("Two are gone.")
        assert second is not None and second > first
        assert await told(None) is None
        for bad in ({"key": "a::b", "sentence": None}, {"key": "a"}, {"key": "a", "sentence": ""}):
            with pytest.raises(YingdaError) as caught:
                await bus.call("alarm.raise", bad)
            assert caught.value.code == "bad_command"
        await bus.close()

    asyncio.run(scene())


def test_planes_do_not_outlive_their_supervisor(centre: House, loop: asyncio.Runner) -> None:
    """The last of these: it starts the centre again."""

    async def scene() -> None:
        planes = centre.planes()
        await centre.kill_supervisor()
        await until("the planes to end by themselves", lambda: not any(map(alive, planes.values())), 15)
        await centre.start()
        await centre.healthy()

    loop.run(scene())
