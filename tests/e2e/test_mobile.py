"""An agent on the move: a customer's call rings his mobile over a trunk, his key takes it, tones go both ways."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest
from bench.peers.baresip import Phone, PhoneSettings
from bench.peers.process import until

from tests.peers.ports import free_port
from tests.planes.house import CENTRE, CUSTOMER_HZ, TONES, house, needs, run_yingda, wait_for_event
from tests.planes.test_parties import hears
from yingda.kernel.ledger.reader import merged

pytestmark = pytest.mark.e2e

ROAMS = "13900001111"
MOBILE_HZ = TONES["8102"]
MEDIA_PORTS = 20
SPOKEN = 2_000  # of 32 767


def roaming(port: int) -> str:
    """The test centre; agent 1001 has a mobile behind the line by which customers call, too."""
    lines = f"  - {{name: line, hosts: [127.0.0.1], port: {port}}}\nroutes:\n  - {{name: all, via: [line]}}\n"
    device = f'      - {{kind: mobile, extension: "8201", number: "{ROAMS}"}}\n'
    whole = CENTRE.replace("  - {name: callers, hosts: [127.0.0.2]}\n", lines).replace(
        "ring_limit_s: 10", "ring_limit_s: 25"
    )
    return whole.replace('      - {kind: browser, extension: "8001"}\n', device)


def settings(port: int) -> PhoneSettings:
    first = free_port(even=True)
    return PhoneSettings(
        extension=ROAMS, password="", registrar="127.0.0.1:9", sip_port=port, control_port=free_port(),
        media_ports=(first, first + MEDIA_PORTS), tone_hz=MOBILE_HZ, registers=False,
    )  # fmt: skip


async def asked(phone: Phone, seconds: float = 10) -> None:
    """Wait until the phone hears words that ask for the key."""
    await until(
        "words in the mobile", lambda: any(loudest(one.read_bytes()) > SPOKEN for one in phone.dumps()), seconds
    )


def loudest(sound: bytes) -> int:
    """Of a WAV that is still being written."""
    samples = np.frombuffer(sound[44 : 44 + (len(sound) - 44) // 2 * 2], dtype="<i2")
    return int(np.abs(samples.astype(int)).max(initial=0))


def test_a_customer_talks_with_an_agent_at_his_mobile(tmp_path: Path) -> None:
    needs("baresip")

    async def scene() -> None:
        port = free_port()
        async with house(tmp_path, centre=roaming(port)) as centre:
            mobile = await Phone.start(settings(port), tmp_path / "mobile")
            centre.stack.push_async_callback(mobile.stop)
            agent = await centre.person("1001")
            (device,) = [one for one in (await agent.get("/session"))["agent"]["devices"] if one["kind"] == "mobile"]
            assert device["number"] == "139****1111"
            await agent.post("/desk/sign-in", {"extension": "8201", "ready": True})
            customer = await centre.customer(tmp_path / "customer")
            rung = mobile.events()
            await customer.dial(f"sip:4008001000@127.0.0.1:{centre.sip}")
            await wait_for_event(rung, "CALL_INCOMING")
            await mobile.answer()
            await wait_for_event(rung, "CALL_ESTABLISHED")
            await centre.state(agent, "ringing")
            await asked(mobile)
            await mobile.press("1")
            await centre.state(agent, "talking")
            await hears(mobile, CUSTOMER_HZ)
            await hears(customer, MOBILE_HZ)
            await agent.post("/desk/hold")
            await hears(customer)
            await agent.post("/desk/retrieve")
            await hears(customer, MOBILE_HZ)
            await agent.post("/desk/hang-up")
            await wait_for_event(rung, "CALL_CLOSED")
            await centre.state(agent, "idle")
            await agent.post("/desk/dial", {"to": {"kind": "number", "id": "13800002222"}})
            await wait_for_event(rung, "CALL_INCOMING")
            await agent.post("/desk/hang-up")  # he thinks better of it before his mobile is answered
            await wait_for_event(rung, "CALL_CLOSED")
            await centre.state(agent, "idle")
            await centre.records(2)
        events = list(merged(centre.data / "ledger"))
        legs = [event.data for event in events if event.kind == "leg.created" and event.data.get("device") == "8201"]
        assert [("trunk_id" in leg, leg["role"]) for leg in legs] == [(True, "agent")] * 2
        assert not any(ROAMS[1:] in str(dict(event.data)) for event in events if event.kind != "config.changed")
        code, said = await run_yingda("verify", "--data", str(centre.data), data=centre.data)
        assert code == 0, said

    asyncio.run(scene())
