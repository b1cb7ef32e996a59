"""Two real media processes as one: a bridge in one of them, links between them, nobody hears the difference."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from tests.media.lab import EVENT_PT, sine
from tests.media.peers import RtpPhone, hears, media_process, phone, until
from yingda.kernel.errors import YingdaError
from yingda.media.g711 import Law
from yingda.media.pool import MediaPool
from yingda.media.protocol import AnyReport, Codec, CreateLeg, DestroyLeg, DigitHeard

pytestmark = pytest.mark.peer  # real processes in real time: nothing else may run beside them

HZ = (440.0, 700.0, 1_000.0, 1_700.0)
Scene = Callable[[list[Path]], Coroutine[None, None, None]]


def run(folder: Path, scene: Scene) -> None:
    with (
        media_process(folder / "0", first_port=20_000, last_port=21_999) as (one, _),
        media_process(folder / "1", first_port=22_000, last_port=23_999) as (other, _),
    ):
        asyncio.run(scene([one, other]))


@asynccontextmanager
async def pooled(paths: list[Path], epoch: int = 1, reports: list[AnyReport] | None = None) -> AsyncIterator[MediaPool]:
    kept: list[AnyReport] = [] if reports is None else reports
    pool = MediaPool(paths, epoch, kept.append)
    await pool.start(10)
    try:
        yield pool
    finally:
        await pool.close()


async def legs_in(pool: MediaPool) -> list[int]:
    """How many legs each process holds, links too."""
    return [len((await member.client.snapshot()).legs) for member in pool._members]


def others(*own: float, dbfs: float = -12.0) -> dict[float, float]:
    """All tones but these."""
    return {tone: dbfs for tone in HZ if tone not in own}


def test_a_call_across_processes_goes_over_links_that_end_with_it(tmp_path: Path) -> None:
    async def scene(paths: list[Path]) -> None:
        reports: list[AnyReport] = []
        async with (
            pooled(paths, 1, reports) as pool,
            phone(pool, "one", sine(HZ[0], -12, 1)) as one,
            phone(pool, "two", sine(HZ[2], -12, 1), Law.A) as two,
        ):
            assert await legs_in(pool) == [1, 1]
            await pool.set_gain([("one", "two", 1.0), ("two", "one", 1.0)])
            await hears(one, {HZ[2]: -12.0}, others(HZ[2]), 1.0)
            await hears(two, {HZ[0]: -12.0}, others(HZ[0]), 1.0)
            assert await legs_in(pool) == [3, 3]
            assert {leg["leg_id"] for leg in (await pool.snapshot()).legs} == {"one", "two"}
            digit = bytes([7, 0x8A, 3, 0x20])
            one.emit(digit, EVENT_PT, 0)
            await until(lambda: any(packet[0] & 0x7F == EVENT_PT for _, packet in two.heard))
            assert [report.leg_id for report in reports if isinstance(report, DigitHeard)] == ["one"]
            await pool.set_gain([("one", "two", 0.0)])
            assert await legs_in(pool) == [2, 2]
            await pool.destroy_leg("one")
            assert await legs_in(pool) == [0, 1]
            assert not [report for report in reports if str(getattr(report, "leg_id", "")).startswith("link:")]

    run(tmp_path, scene)


@pytest.mark.e2e
def test_a_codec_that_is_handed_on_goes_over_links_byte_for_byte(tmp_path: Path) -> None:
    async def scene(paths: list[Path]) -> None:
        loop, codec = asyncio.get_running_loop(), Codec(name="G729", pt=18)
        async with pooled(paths) as pool, AsyncExitStack() as stack:
            phones = []
            for leg_id in ("one", "two"):  # they say nothing by themselves
                transport, made = await loop.create_datagram_endpoint(
                    lambda: RtpPhone(sine(HZ[0], -12, 1)), local_addr=("127.0.0.1", 0)
                )
                stack.callback(transport.close)
                made.target = (await pool.create_leg(leg_id)).address
                await pool.connect_leg(
                    leg_id, msgspec.structs.replace(made.describe(), send_codec=codec, receive_codecs=[codec])
                )
                phones.append(made)
            one, two = phones
            await pool.set_gain([("one", "two", 1.0), ("two", "one", 1.0)])
            assert await legs_in(pool) == [3, 3]
            said = [bytes([number]) * 20 for number in range(100)]
            for payload in said:
                one.emit(payload, 18)
                await asyncio.sleep(0.02)
            await until(lambda: any(packet[4] == said[-1] for _, packet in two.heard))
            heard = [packet[4] for _, packet in two.heard if packet[0] & 0x7F == 18]
            assert len(heard) >= 80 and heard == said[-len(heard) :]

    run(tmp_path, scene)


def test_a_leg_goes_where_its_partner_is(tmp_path: Path) -> None:
    async def scene(paths: list[Path]) -> None:
        async with pooled(paths) as pool:
            for number in range(3):
                await pool.create_leg(f"customer-{number}")
                await pool.execute(CreateLeg(leg_id=f"agent-{number}", near=f"customer-{number}"))
                await pool.set_gain([(f"customer-{number}", f"agent-{number}", 1.0)])
            assert sorted(await legs_in(pool)) == [2, 4]

    run(tmp_path, scene)


def test_a_conference_across_processes(tmp_path: Path) -> None:
    async def scene(paths: list[Path]) -> None:
        async with pooled(paths) as pool, AsyncExitStack() as stack:
            phones = [
                await stack.enter_async_context(phone(pool, f"p{number}", sine(hertz, -18, 1)))
                for number, hertz in enumerate(HZ)
            ]
            names = [f"p{number}" for number in range(len(HZ))]
            await pool.set_gain([(sink, source, 1.0) for sink, source in itertools.permutations(names, 2)])
            assert await legs_in(pool) == [6, 6]  # each process: two phones, two links out, two in
            await asyncio.gather(
                *(hears(one, others(hertz, dbfs=-18.0), [hertz], 1.0) for one, hertz in zip(phones, HZ, strict=True))
            )
            await pool.destroy_leg("p0")
            assert await legs_in(pool) == [4, 5]  # of the first one itself, its link out and its link in are gone
            await hears(phones[1], others(HZ[0], HZ[1], dbfs=-18.0), HZ[:2], 1.0)

    run(tmp_path, scene)


def test_plays_and_recordings_are_found_again_and_a_new_control_finds_everything(tmp_path: Path) -> None:
    async def scene(paths: list[Path]) -> None:
        async with (
            pooled(paths) as pool,
            phone(pool, "zero", sine(HZ[0], -12, 1)),
            phone(pool, "one", sine(HZ[1], -12, 1)),
        ):
            for name in ("zero", "one"):
                await pool.play(f"play-{name}", name, ["tone:dial"], loop=True)
                await pool.start_recording(f"rec-{name}", name, f"{name}.wav")
            await pool.set_gain([("zero", "one", 1.0)])
            metrics = await pool.metrics()
            assert (metrics["media_players"], metrics["media_recordings"], metrics["media_legs"]) == (2, 2, 4)
            for name in ("zero", "one"):
                await pool.stop_play(f"play-{name}")
                await pool.destroy_leg(name)
                assert (await pool.stop_recording(f"rec-{name}")).checksum
                assert (await pool.destroy_leg(name)).leg_id == name
            await pool.create_leg("left")
            await pool.create_leg("right")
            await pool.set_gain([("left", "right", 1.0)])
        async with pooled(paths, 2) as pool:
            found = {str(leg["leg_id"]) for leg in (await pool.snapshot()).legs}
            assert {"left", "right"} < found
            for name in found:
                await pool.execute(DestroyLeg(leg_id=name))
            assert await legs_in(pool) == [0, 0]
            with pytest.raises(YingdaError, match="no leg nobody"):
                await pool.set_cookie("nobody", b"")

    run(tmp_path, scene)
