"""200 sipp callers over 50 sipp agents: the centre, the phones (one sipp), the callers (four: patient, and less so)."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.peers.ports import udp_ports_in_use
from bench.peers.process import Child, needed
from bench.sip.phones import SCENARIO as PHONE
from bench.sip.phones import Registering
from bench.sip.step import SCENARIO as CALLER

from tests.planes.house import PASSWORD, House
from yingda.kernel.bus import BusClient

AGENTS, CALLED, QUEUE = 50, "4008001000", "sales"
TARGET_S, SHORT_S, WRAPUP_S = 20, 5, 2
TALK_MS = (40_000, 90_000)
ARRIVALS_S = 200
DRAIN_S = 240


@dataclass(frozen=True)
class Crowd:
    """Callers of one kind. stay_s: so long they stay, served or not, unless an agent hangs up first."""

    name: str
    first: int
    count: int
    stay_s: int


CROWDS = (
    Crowd("patient", 0, 170, 600),
    Crowd("in-a-hurry", 1_000, 10, 4),
    Crowd("impatient", 2_000, 10, 12),
    Crowd("weary", 3_000, 10, 25),
)
CALLERS = sum(crowd.count for crowd in CROWDS)


def extension(number: int) -> str:
    return str(8_100 + number)


def document() -> str:
    numbers = range(AGENTS)
    users = "".join(f'  - {{username: "u{n}", display_name: Agent {n}}}\n' for n in numbers)
    agents = "".join(
        f'  - {{number: "{1_000 + n}", user: "u{n}", queues: [{QUEUE}], devices: '
        f'[{{kind: sip, extension: "{extension(n)}", password_env: TEST_PASSWORD}}]}}\n'
        for n in numbers
    )
    return (
        "centre: {name: Two hundred callers, language: en}\n"
        "trunks:\n  - {name: callers, hosts: [127.0.0.2], max_calls: 1000}\n"
        f"queues:\n  - {{name: {QUEUE}, target_s: {TARGET_S}, short_s: {SHORT_S}, wrapup_s: {WRAPUP_S}}}\n"
        f"flows:\n  - {{name: main, queue: {QUEUE}}}\n"
        f'numbers:\n  - {{number: "{CALLED}", flow: main}}\n'
        "users:\n  - {username: leader, display_name: Leader, role: admin, password_env: TEST_PASSWORD}\n"
        f"{users}agents:\n{agents}"
    )


def media_ports(count: int) -> tuple[int, int]:
    """A row where nothing listens, below what the kernel gives away."""
    used = udp_ports_in_use()
    for base in range(30_000, 32_768 - count, 200):
        if not any(base <= port < base + count for port in used):
            return base, base + count - 1
    raise AssertionError(f"no {count} free UDP ports in a row")


class Floor:
    """The phones and callers of a running house; everything started ends with the stack."""

    def __init__(self, house: House, folder: Path, stack: AsyncExitStack) -> None:
        self._house, self._folder, self._stack = house, folder, stack
        self._phones_port = house.ports.one()

    async def open(self, agent_ids: list[str]) -> None:
        """Register all phones, play them, sign everybody in, ready."""
        await self._register()
        await self._play_phones()
        control = BusClient(self._house.data / "run" / "control.sock")
        try:
            await control.start(5)
            for number, agent_id in enumerate(agent_ids):
                order = {"agent_id": agent_id, "extension": extension(number), "ready": True}
                await control.call("desk.sign_in", {**order, "by": f"agent:{agent_id}"}, 5)
        finally:
            await control.close()

    async def _register(self) -> None:
        loop = asyncio.get_running_loop()
        where, server = ("127.0.0.1", self._phones_port), ("127.0.0.1", self._house.sip)
        transport, protocol = await loop.create_datagram_endpoint(Registering, where, server)
        try:
            for number in range(AGENTS):
                async with asyncio.timeout(10):
                    await protocol.register(extension(number), self._phones_port, PASSWORD)
        finally:
            transport.close()
            await protocol.closed

    async def _play_phones(self) -> None:
        sound = self._folder / "phone.pcma"
        sound.write_bytes(b"\xd5" * 8_000)
        # A phone that says nothing for a minute is taken for lost: this one goes on until the call is over.
        text = PHONE.replace("SOUND,1,", f"{sound},-1,").replace("SERVER", f"127.0.0.1:{self._house.sip}")
        least, most = TALK_MS
        text = text.replace(
            '<pause milliseconds="TALK"/>', f'<pause distribution="uniform" min="{least}" max="{most}"/>'
        )
        await self._sipp("phones", text, ["-i", "127.0.0.1", "-p", str(self._phones_port)], media_ports(400)[0])
        await asyncio.sleep(0.5)

    async def _sipp(self, name: str, text: str, more: list[str], media: int) -> Child:
        (self._folder / f"{name}.xml").write_text(text)
        options = ["-sf", str(self._folder / f"{name}.xml"), "-mp", str(media), "-timer_resol", "1", "-nostdin"]
        options += ["-trace_msg", "-message_file", str(self._folder / f"{name}.messages"), "-trace_err"]
        options += ["-error_file", str(self._folder / f"{name}.errors"), *more]
        command = [needed("sipp", "sip-tester"), *options]
        child = await Child.start(
            f"sipp {name}", command, self._folder / f"{name}.log", env={"TERM": "dumb"}, cwd=self._folder
        )
        self._stack.push_async_callback(child.stop)
        return child

    async def call(self) -> None:
        """All crowds dial, each evenly over ARRIVALS_S; until everybody is gone."""
        children = [await self._dial(crowd) for crowd in CROWDS]
        for child in children:
            await child.ended(ARRIVALS_S + DRAIN_S)

    async def _dial(self, crowd: Crowd) -> Child:
        numbers = "\n".join(str(13_900_000_000 + crowd.first + index) for index in range(crowd.count))
        (self._folder / f"{crowd.name}.csv").write_text(f"SEQUENTIAL\n{numbers}\n")
        bye = f'<recv request="BYE" timeout="{crowd.stay_s * 1_000}" ontimeout="hang_up"/>'
        text = CALLER.replace('<recv request="BYE" timeout="15000"/>', bye)
        assert bye in text
        text = text.replace("]]></send>\n</scenario>", _HANG_UP)
        options = ["-inf", str(self._folder / f"{crowd.name}.csv"), "-s", CALLED, "-i", "127.0.0.2"]
        options += ["-p", str(self._house.ports.one()), "-m", str(crowd.count), "-l", "500"]
        options += ["-r", str(crowd.count), "-rp", str(ARRIVALS_S * 1_000), f"127.0.0.1:{self._house.sip}"]
        return await self._sipp(crowd.name, text, options, self._house.ports.row(4)[0])

    @property
    def caller_logs(self) -> list[Path]:
        return [self._folder / f"{crowd.name}.messages" for crowd in CROWDS]

    @property
    def phone_log(self) -> Path:
        return self._folder / "phones.messages"


_HANG_UP = """]]></send>
  <nop next="over"/>
  <label id="hang_up"/>
  <send retrans="500"><![CDATA[
BYE [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]c[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 2 BYE
Max-Forwards: 70
Content-Length: 0

]]></send>
  <recv response="200" timeout="8000"/>
  <label id="over"/>
</scenario>"""
