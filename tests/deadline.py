"""A scene with real peers has a deadline: what hangs fails, and says where it stood."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

Result = TypeVar("Result")


async def within(seconds: float, scene: Awaitable[Result]) -> Result:
    async with asyncio.timeout(seconds):
        return await scene
