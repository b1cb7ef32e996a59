"""What callers meet before any answer, on the wire: a centre's real media, and customers' phones (baresip, sipp).

Dynamic answer (TEL-36): 180 while all agents are busy, 200 when `ring_s` is over or somebody is free. Full lines
(TEL-39): 183 with the trunk's own words as sound, then 486 with its cause.
"""

from __future__ import annotations

import asyncio
import wave
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import numpy as np
import pytest
from bench.sound import tone, write_wav

from tests.conftest import skip_or_fail
from tests.peers.baresip import Baresip, baresip_missing, start_baresip, tone_share
from tests.peers.sipp import expect, request, scenario, start_sipp
from tests.planes.house import CENTRE, House, house, needs, until

pytestmark = pytest.mark.e2e

RING_S = 4
PATIENT, SOON = "4008001000", "4008001001"
NUMBERS = f"""\
numbers:
  - {{number: "{PATIENT}", flow: main, ring_s: 120}}
  - {{number: "{SOON}", flow: main, ring_s: {RING_S}}}
"""
BUSY_TALK = CENTRE.replace('numbers:\n  - {number: "4008001000", flow: main}\n', NUMBERS)
WORDS_HZ, WORDS_S = 1_000, 2
ONE_LINE = CENTRE.replace(
    "hosts: [127.0.0.2]",
    "hosts: [127.0.0.2], max_calls: 1, when_full: announcement, full_announcement: {file: full.wav}",
)
WITH_CAUSE = (
    '<recv response="486"><action>'
    '<ereg regexp="Q.850.*cause=[0-9]+" search_in="hdr" header="Reason:" check_it="true" assign_to="cause"/>'
    '<ereg regexp="All Channels Busy" search_in="hdr" header="Warning:" check_it="true" assign_to="said"/>'
    '</action></recv><Reference variables="cause,said"/>'
)
TOLD_WHY = scenario(
    request("INVITE", 1, sdp=True), expect(100), expect(183), WITH_CAUSE, request("ACK", 1, to_tag=True)
)


def customer(folder: Path, centre: House, number: str) -> AbstractAsyncContextManager[Baresip]:
    """A customer's phone. folder: a short one, for baresip cuts the names of its recordings off at 128 characters."""
    if reason := baresip_missing():
        skip_or_fail(reason)
    host = "127.0.0.2"
    return start_baresip(
        folder, number, server=("127.0.0.1", centre.sip), register=False, tone=600, host=host, interface=host
    )


async def dial(phone: Baresip, centre: House, called: str) -> None:
    await phone.command("dial", f"sip:{called}@127.0.0.1:{centre.sip}")


async def whole(phone: Baresip) -> Path:
    """What came to it in its one call, once the file is closed."""
    await until("the recording to be closed", lambda: len(phone.received()) == 1, 10)
    return phone.received()[0]


def heard(phone: Baresip) -> Sequence[str]:
    return [event["type"] for event in phone.events]


def test_while_all_are_busy_it_rings_and_is_answered_when_due(tmp_path: Path) -> None:
    needs("sipp")

    async def scene() -> None:
        async with (
            house(tmp_path, centre=BUSY_TALK) as centre,
            customer(tmp_path, centre, "13800002222") as soon,
            customer(tmp_path, centre, "13800003333") as patient,
        ):
            agent, desk_phone, _ = await centre.answered_call(tmp_path, stay_s=60)
            await until_due(centre, soon)
            await dial(patient, centre, PATIENT)
            await patient.event("CALL_RINGING")
            await agent.post("/desk/hang-up", {})  # somebody is free: long before his 120 s
            await patient.event("CALL_ESTABLISHED")
            await centre.state(agent, "ringing")
            await desk_phone.answer()
            await centre.state(agent, "talking")
            await patient.hears(3)
            await patient.command("hangup")
            await patient.event("CALL_CLOSED")
            records = {one["caller"][-4:]: one for one in await centre.records(3)}
            assert records["3333"]["outcome"] == "answered" and records["2222"]["outcome"] == "abandoned"
            dump = await whole(patient)
            assert tone_share(dump, 700, skip=seconds(dump) - 2) > 0.5  # the agent, after music

    asyncio.run(scene())


async def until_due(centre: House, phone: Baresip) -> None:
    """He rings for RING_S and no sound comes; then he is answered, and hears music."""
    loop = asyncio.get_running_loop()
    await dial(phone, centre, SOON)
    await phone.event("CALL_RINGING")
    since = loop.time()
    assert not phone.sound()
    await phone.event("CALL_ESTABLISHED")
    assert loop.time() - since > RING_S - 0.5
    assert "CALL_PROGRESS" not in heard(phone)
    await phone.hears(1)
    await phone.command("hangup")
    await phone.event("CALL_CLOSED")
    assert loudest(await whole(phone)) > 500


def test_full_lines_are_told_in_words_before_any_answer(tmp_path: Path) -> None:
    needs("sipp")

    async def scene() -> None:
        async with house(tmp_path, centre=ONE_LINE, start=False) as centre:
            (centre.data / "prompts").mkdir(exist_ok=True)
            write_wav(centre.data / "prompts" / "full.wav", tone(WORDS_HZ, WORDS_S))
            await centre.start()
            async with (
                customer(tmp_path, centre, "13800001111") as first,
                customer(tmp_path, centre, "13800002222") as told,
            ):
                await dial(first, centre, PATIENT)
                await first.event("CALL_ESTABLISHED")
                await dial(told, centre, PATIENT)
                await told.event("CALL_PROGRESS")
                closed = await told.event("CALL_CLOSED")
                assert "486" in closed["param"] and "CALL_ESTABLISHED" not in heard(told)
                assert tone_share(await whole(told), WORDS_HZ) > 0.9
                sipp = await start_sipp(
                    TOLD_WHY, tmp_path / "cause", server=("127.0.0.1", centre.sip), service=PATIENT, host="127.0.0.2"
                )
                run = await sipp.done()
                assert run.ok, run.report

    asyncio.run(scene())


def seconds(recording: Path) -> float:
    with wave.open(str(recording)) as file:
        return float(file.getnframes() / file.getframerate())


def loudest(recording: Path) -> int:
    """Its largest sample, of 32,767."""
    with wave.open(str(recording)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    return int(np.abs(samples.astype(int)).max(initial=0))
