"""A whole centre calls out: an agent dials at the desk, past a failing and a dead carrier, and may not dial abroad."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from bench.peers.process import PeerError

from tests.conftest import skip_or_fail
from tests.peers.baresip import baresip_missing, start_baresip
from tests.peers.ports import free_port
from tests.peers.sipp import sipp_missing, start_sipp
from tests.planes.house import CENTRE, PASSWORD, house, run_yingda
from tests.trunks.test_peers import ANSWERS, REFUSES
from yingda.kernel.ledger.reader import merged

pytestmark = pytest.mark.peer
PATIENT = 120
"""The carriers wait until a whole centre has started, be the machine as busy as it may (s)."""


@pytest.fixture(autouse=True)
def _needs_peers() -> None:
    if reason := sipp_missing() or baresip_missing():
        skip_or_fail(reason)


def test_an_agent_dials_past_what_fails_and_hears_of_nothing(tmp_path: Path) -> None:
    async def scene() -> None:
        nobody = ("127.0.0.1", 9)
        refusing = await start_sipp(REFUSES, tmp_path / "refuses", server=nobody, host="127.0.0.4", deadline=PATIENT)
        answering = await start_sipp(ANSWERS, tmp_path / "answers", server=nobody, host="127.0.0.3", deadline=PATIENT)
        document = CENTRE.replace("  - {name: callers, hosts: [127.0.0.2]}\n", lines(refusing.port, answering.port))
        async with house(tmp_path, centre=document) as centre:
            phone = start_baresip(tmp_path, "8101", server=("127.0.0.1", centre.sip), password=PASSWORD, answer="auto")
            async with phone as desk_phone:
                await desk_phone.event("REGISTER_OK")
                agent = await centre.person("1001")
                await agent.post("/desk/sign-in", {"extension": "8101", "ready": False})
                with pytest.raises(PeerError, match=r"number_forbidden.*may not dial international numbers"):
                    await agent.post("/desk/dial", {"to": {"kind": "number", "id": "00442079460000"}})
                await agent.post("/desk/dial", {"to": {"kind": "number", "id": "13800001111"}})
                await centre.state(agent, "talking")
                await agent.post("/desk/hang-up")
                assert (await refusing.done()).ok and (await answering.done()).ok
                (record,) = await centre.records(1)
                assert record["direction"] == "outbound"
        refused = [event.data["cause"] for event in merged(centre.data / "ledger") if event.kind == "trunk.refused"]
        assert refused == ["carrier", "carrier"]
        code, said = await run_yingda("verify", "--data", str(centre.data), data=centre.data)
        assert code == 0, said

    asyncio.run(scene())


def lines(refusing: int, answering: int) -> str:
    dead = free_port()
    return f"""\
  - {{name: failing, hosts: [127.0.0.4], port: {refusing}}}
  - {{name: dead, hosts: [127.0.0.2], port: {dead}, reply_s: 0.4}}
  - {{name: good, hosts: [127.0.0.3], port: {answering}}}
routes:
  - {{name: all, via: [failing, dead, good]}}
"""
