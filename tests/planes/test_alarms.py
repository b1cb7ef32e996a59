"""Alarms that one plane tells another, over the real bus."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.planes.house import house
from yingda.kernel.bus import BusClient
from yingda.kernel.errors import YingdaError

pytestmark = pytest.mark.peer


def test_another_planes_alarm_stands_until_it_is_taken_back(tmp_path: Path) -> None:
    async def scene() -> None:
        async with house(tmp_path) as centre:
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
