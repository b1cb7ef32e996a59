"""Real phones that speak G.722 or Opus call the queue: they and their agents hear each other, and the recording both.

What counts as sent is what a phone encoded, by its own dump: its resampler changes levels before that.
"""

from __future__ import annotations

import asyncio
import wave
from pathlib import Path

import httpx
import numpy as np
import pytest

from tests.conftest import skip_or_fail
from tests.media.lab import Wave, level
from tests.peers.baresip import Baresip, baresip_missing, start_baresip
from tests.planes.house import CENTRE, PASSWORD, House, house, until
from yingda.media.g711 import Law, decode

pytestmark = [pytest.mark.peer, pytest.mark.e2e]

AGENT_HZ, CALLER_HZ = 700, 900
SPEAKS = {"g722": "G722/16000/1", "opus": "opus/48000/2", "g711": "PCMA"}


@pytest.mark.parametrize(("caller", "agent"), [("g722", "g711"), ("g722", "g722"), ("opus", "g722"), ("opus", "opus")])
def test_a_caller_and_an_agent_hear_each_other_and_the_recording_both(tmp_path: Path, caller: str, agent: str) -> None:
    if reason := baresip_missing():
        skip_or_fail(reason)
    devices = CENTRE.replace('extension: "8101",', f'extension: "8101", codec: {agent},')
    devices = devices.replace('extension: "8102",', f'extension: "8102", codec: {caller},')

    async def scene() -> None:
        async with house(tmp_path, centre=devices) as centre:
            said, answered = await talk(centre, tmp_path, caller, agent)
            left, right = await recorded(centre)
            assert level(left, CALLER_HZ) == pytest.approx(said, abs=0.5)
            assert level(right, AGENT_HZ) == pytest.approx(answered, abs=0.5)
            assert level(left, AGENT_HZ) < -50 and level(right, CALLER_HZ) < -50

    asyncio.run(scene())


async def talk(centre: House, folder: Path, caller: str, agent: str) -> tuple[float, float]:
    """How loud the caller's tone and the agent's were; each is heard as loud at the other end."""
    server = ("127.0.0.1", centre.sip)
    wished = {"8101": SPEAKS[agent], "8102": SPEAKS[caller]}
    async with (
        start_baresip(
            folder, "8101", server=server, password=PASSWORD, tone=AGENT_HZ, answer="auto", codecs=wished["8101"]
        ) as desk,
        start_baresip(
            folder, "8102", server=server, password=PASSWORD, tone=CALLER_HZ, codecs=wished["8102"]
        ) as phone,
    ):  # fmt: skip
        await desk.event("REGISTER_OK")
        await phone.event("REGISTER_OK")
        person = await centre.person("1001")
        await person.post("/desk/sign-in", {"extension": "8101", "ready": True})
        await phone.command("dial", f"sip:4008001000@127.0.0.1:{centre.sip}")
        await centre.state(person, "talking")
        await until("a talk of four seconds", lambda: min(said_s(desk, "dec"), said_s(phone, "dec")) > 4, 20)
        await phone.command("hangup")
        await desk.event("CALL_CLOSED")
        for one, extension in ((desk, "8101"), (phone, "8102")):
            assert f"Set audio encoder: {wished[extension].split('/')[0]}" in one.log(), one.log()
    said, answered = loudness(phone, "enc", CALLER_HZ), loudness(desk, "enc", AGENT_HZ)
    assert loudness(desk, "dec", CALLER_HZ) == pytest.approx(said, abs=0.5)
    assert loudness(phone, "dec", AGENT_HZ) == pytest.approx(answered, abs=0.5)
    return said, answered


def said_s(phone: Baresip, side: str) -> float:
    """Seconds of what the phone encoded (`enc`) or decoded (`dec`) that are in its dump, which may still be written."""
    for dump in phone.dumps.glob(f"*-{side}.wav"):
        head = dump.read_bytes()[:36]
        if len(head) == 36:
            return (dump.stat().st_size - 44) / int.from_bytes(head[28:32], "little")
    return 0.0


def loudness(phone: Baresip, side: str, hertz: float) -> float:
    """dBFS of the tone in the last but one second of what the phone encoded (`enc`) or decoded (`dec`)."""
    (dump,) = phone.dumps.glob(f"*-{side}.wav")
    with wave.open(str(dump)) as file:
        rate, channels = file.getframerate(), file.getnchannels()
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")[::channels].astype(np.float64)
    second = samples[-2 * rate : -rate]
    amplitude = 2 * abs(np.mean(second * np.exp(-2j * np.pi * hertz * np.arange(rate) / rate)))
    return float(20 * np.log10(max(amplitude, 1e-3) / 32_124))


async def recorded(centre: House) -> tuple[Wave, Wave]:
    """Two seconds of what is on file, the customer's side and the other."""
    (record,) = await centre.records(1)
    (recording,) = record["recordings"]
    leader = await centre.person("leader")
    async with httpx.AsyncClient(headers={"Cookie": leader.cookie}) as client:
        answer = await client.get(f"{centre.url}/api/v1/recordings/{recording['recording_id']}")
    assert answer.status_code == 200
    data = answer.content[58:]
    left, right = (decode(data[side::2], Law.MU).astype(np.float64) for side in (0, 1))
    return left[8_000:24_000], right[8_000:24_000]
