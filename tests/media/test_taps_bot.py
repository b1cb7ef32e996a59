"""A bot in Python at the far end of a tap: it hears a phone, answers into its ear, and learns when that was heard."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.media.lab import level, sine
from tests.media.peers import control, phone, until
from tests.media.test_taps_peer import loudness, pcm, run
from yingda.media.protocol import AnyReport, TapChanged, TapSaid
from yingda.media.taps.bot import Digit, Heard, Mark, Talk, Told, listening

START = json.dumps({"type": "start", "tap": "t", "leg": "a", "rate": 8_000, "side": "said"})

THERE = -20
"""dB: a tone of −12 is there, with gaps where the machine was busy. How loud exactly is test_taps_peer's."""


async def nobody(talk: Talk) -> None:
    raise AssertionError(talk.tap)


def test_what_comes_is_told_apart() -> None:
    async def scene() -> list[Heard]:
        heard: list[Heard] = []

        async def keep(talk: Talk) -> None:
            assert (talk.tap, talk.leg, talk.rate, talk.side) == ("t", "a", 8_000, "said")
            async for one in talk:
                heard.append(one)

        async with listening(keep) as url, connect(url) as tap:
            await tap.send(START)
            await tap.send(bytes(320))
            await tap.send('{"type":"digit","digit":"5","duration_ms":120}')
            await tap.send('{"type":"mark","name":"完"}')
            for text in ('{"type":"digit"}', '["say"]', "no JSON"):
                await tap.send(text)
        return heard

    assert asyncio.run(scene()) == [
        bytes(320), Digit("5", 120), Mark("完"), Told('{"type":"digit"}'), Told('["say"]'), Told("no JSON"),
    ]  # fmt: skip


@pytest.mark.parametrize("first", ["no JSON", "{}", "[]", '{"tap":"t","leg":"a","rate":"fast","side":"said"}'])
def test_who_does_not_begin_like_a_tap_is_sent_away(first: str) -> None:
    async def scene() -> int | None:
        async with listening(nobody) as url, connect(url) as stranger:
            await stranger.send(first)
            with pytest.raises(ConnectionClosed) as closed:
                await stranger.recv()
            return closed.value.rcvd.code if closed.value.rcvd is not None else None

    assert asyncio.run(scene()) == 1002


def test_without_the_token_nobody_comes_in() -> None:
    async def scene() -> None:
        async with listening(nobody, token="secret") as url:
            for headers in ({}, {"Authorization": "Bearer guess"}):
                with pytest.raises(InvalidStatus) as refused:
                    await connect(url, additional_headers=headers)
                assert refused.value.response.status_code == 401

    asyncio.run(scene())


@pytest.mark.peer
def test_a_bot_hears_answers_and_hangs_up(tmp_path: Path) -> None:
    rate, sound = 16_000, bytearray()

    async def answer(talk: Talk) -> None:
        assert talk.rate == rate
        async for heard in talk:
            if isinstance(heard, bytes):
                sound.extend(heard)
                if len(sound) == 50 * len(heard):
                    await talk.say(pcm(600, rate, 3))
                    await talk.mark("said")
            elif heard == Mark("said"):
                await talk.tell("done")
                return

    async def scene(path: Path, _pid: int) -> None:
        reports: list[AnyReport] = []
        async with (
            listening(answer, token="secret") as url,
            control(path, 1, reports) as client,
            phone(client, "a", sine(440, -12, 1)) as one,
        ):
            await client.open_tap("t", "a", url, rate=rate, headers={"Authorization": "Bearer secret"})
            await until(lambda: len(one.heard) > 60 and level(one.audio(0.5), 600) > THERE)
            await until(lambda: any(isinstance(report, TapSaid) and report.text == "done" for report in reports))
            await until(lambda: any(isinstance(report, TapChanged) and report.state == "closed" for report in reports))
            assert loudness(bytes(sound[-2 * rate :]), 440, rate).mean() > THERE

    run(tmp_path, scene)
