"""A whole centre keeps recordings: whom an agent consults outside, in a file apart (archived: `test_elsewhere`)."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bench.peers.baresip import Phone
from bench.peers.ports import PortBlock
from bench.sound import FULL_SCALE, RATE, Samples, level, read_wav
from numpy.typing import NDArray

from tests.media.test_successor import children
from tests.planes.house import CENTRE, CUSTOMER_HZ, TONES, House, house, needs, until, wait_for_event
from tests.planes.test_parties import hears

pytestmark = pytest.mark.peer

OUTSIDE, OUTSIDE_HZ = "13900002222", 600
AGENT_HZ = TONES["8101"]
BEEP_HZ = 1_000
PIECE = RATE // 10
LOUD_DB = -38.0
"""Against a full scale: voices are at −12, music at about −20, G.711's own noise beside a voice at −50."""


def apart(far_port: int) -> str:
    """The centre with a trunk that leads to an outside number's phone, and its consultations recorded."""
    rules = "centre: {name: Test centre, language: en, recordings: {consultations: true}}"
    trunk = f"hosts: [127.0.0.1], port: {far_port}}}\nroutes:\n  - {{name: all, via: [callers]}}"
    given = CENTRE.replace("{name: sales, ", "{name: sales, opening: [beep], ").replace("hosts: [127.0.0.2]}", trunk)
    return "\n".join((rules, *given.splitlines()[1:]))


def test_an_outside_number_is_recorded_apart_from_the_talk_it_is_consulted_about(tmp_path: Path) -> None:
    """Who is in which file is told by the tones; in the middle of the consultation media is killed."""
    needs("baresip")

    async def scene() -> None:
        with PortBlock.take() as far:
            port = far.one()
            async with house(tmp_path, centre=apart(port)) as centre:
                outside = await centre.stranger(tmp_path / "outside", OUTSIDE, port, OUTSIDE_HZ)
                await _consulted_and_swapped(centre, tmp_path, outside)
                (record,) = await centre.records(1)
                whole = await (await centre.person("leader")).get(f"/calls/{record['interaction_id']}")
            _judge(centre.data / "recordings", whole)

    asyncio.run(scene())


async def _consulted_and_swapped(centre: House, folder: Path, outside: Phone) -> None:
    """The agent consults, media dies, all go on; he swaps to the customer and dismisses the other."""
    phone, agent = await centre.phone("8101", folder / "8101"), await centre.person("1001")
    await agent.post("/desk/sign-in", {"extension": "8101", "ready": True})
    customer, rings, called = await centre.customer(folder / "customer"), phone.events(), outside.events()
    await customer.dial(f"sip:4008001000@127.0.0.1:{centre.sip}")
    await wait_for_event(rings, "CALL_INCOMING")
    await phone.answer()
    await hears(phone, CUSTOMER_HZ)
    await agent.post("/desk/consult", {"to": {"kind": "number", "id": OUTSIDE}})
    await wait_for_event(called, "CALL_INCOMING")
    await outside.answer()
    await hears(outside, AGENT_HZ)
    await hears(customer)
    written = (centre.data / "recordings").rglob
    await until(
        "a second of both files", lambda: [f.stat().st_size > 2 * RATE for f in written("*.wav")] == [True] * 2, 10
    )
    nursery = centre.planes()["media"]
    (worker,) = children(nursery)
    os.kill(worker, signal.SIGKILL)
    await until("its successor", lambda: children(nursery) not in ([], [worker]), 10)
    await agent.post("/desk/swap")
    await hears(customer, AGENT_HZ)
    await agent.post("/desk/consult/cancel")
    await wait_for_event(called, "CALL_CLOSED")
    await customer.hang_up()


def _judge(folder: Path, whole: dict[str, Any]) -> None:
    talk, aside = sorted(whole["recordings"], key=lambda one: bool(one["consultation"]))
    assert (talk["leg_id"], talk["consultation"], aside["consultation"]) == (None, False, True)
    assert aside["leg_id"] in {leg["leg_id"] for leg in whole["legs"] if leg["role"] == "outside"}
    assert {one["state"] for one in (talk, aside)} == {"ended"}
    resumed = [event["data"] for event in whole["timeline"] if event["kind"] == "recording.resumed"]
    assert {one["recording_id"]: one.get("leg_id") for one in resumed} == {
        talk["recording_id"]: None, aside["recording_id"]: aside["leg_id"]
    }  # fmt: skip
    (own,) = folder.rglob(f"{talk['handling_id']}.wav")
    beside = own.with_name(f"{aside['handling_id']}-{aside['leg_id']}.wav")
    assert b"cue " in own.read_bytes() and b"cue " in beside.read_bytes()
    left, right = read_wav(own).channels
    assert _voices(left) == {CUSTOMER_HZ}
    assert _voices(right) == {AGENT_HZ}
    assert max(level(one, BEEP_HZ) for one in _pieces(right[: 2 * RATE])) > LOUD_DB  # he is told that it is recorded
    assert sum(_rest(right, AGENT_HZ) > LOUD_DB) > 10  # a second of music while he was held
    said, heard = read_wav(beside).channels
    assert abs(len(said) * 1_000 / RATE - aside["duration_ms"]) < 20
    assert _voices(said) == {OUTSIDE_HZ} and np.median(_rest(said, OUTSIDE_HZ)) < LOUD_DB
    assert _voices(heard) == {AGENT_HZ}
    assert np.median(_rest(heard[:RATE], AGENT_HZ)) < LOUD_DB  # the agent alone: not the music that the customer hears


def _pieces(sound: Samples) -> Samples:
    """Tenths of a second: pieces × samples."""
    return sound[: len(sound) // PIECE * PIECE].reshape(-1, PIECE)


def _voices(sound: Samples) -> set[int]:
    """Who is heard anywhere in it. The splash of a tone that is cut off spreads over all others, but for one piece."""
    return {hz for hz in (CUSTOMER_HZ, AGENT_HZ, OUTSIDE_HZ) if _longest([level(p, hz) for p in _pieces(sound)]) > 1}


def _longest(levels: list[float]) -> int:
    """So many pieces on end are loud."""
    return max(len(run) for run in "".join("x" if one > LOUD_DB else " " for one in levels).split(" "))


def _rest(sound: Samples, hz: int) -> NDArray[np.float64]:
    """What is not this tone (dBFS), in each tenth of a second."""
    turn = 2 * np.pi * hz / RATE * np.arange(PIECE)
    basis = np.linalg.qr(np.column_stack((np.sin(turn), np.cos(turn))))[0]
    pieces = _pieces(sound).astype(np.float64)
    power = ((pieces - pieces @ basis @ basis.T) ** 2).mean(axis=1)
    return np.asarray(10 * np.log10(np.maximum(power, 1e-3) / (FULL_SCALE**2 / 2)))
