"""`python -m bench.ivr`: one JSON object. Exit code 1 if a caller met an error."""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import uvloop

from bench.ivr.place import CALLED, PROMPT_S, byte_of, running
from bench.machine import machine
from bench.peers.keypad import Keypad
from bench.peers.process import PeerError
from bench.sip.centre import HOST, Place

CALLERS, WILD = 300, 10
SECONDS = 30.0
PAUSE_S = (1.0, 3.0)
"""Between what a caller hears and his next key."""
LOOKUPS = 0.2
"""Share of the keys that lead to a look-up."""
DIALLED_A_SECOND = 25
AIM_MS = 80


@dataclass
class Heard:
    """What all callers of a phase measured, ms."""

    prompts: list[float] = field(default_factory=list)
    lookups: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        return {
            "keys": len(self.prompts) + len(self.lookups),
            "digit_to_prompt_ms_p50": _percentile(self.prompts, 50),
            "digit_to_prompt_ms_p99": _percentile(self.prompts, 99),
            "lookup_to_prompt_ms_p99": _percentile(self.lookups, 99),
        }


async def converse(caller: Keypad, heard: Heard, until: float, dice: random.Random) -> None:
    """Press keys through the menus until the time is over; every prompt that comes is timed."""
    menu = "a"
    await caller.hears(byte_of("a"), 0)
    while time.monotonic() < until:
        await asyncio.sleep(PROMPT_S + dice.uniform(*PAUSE_S))
        if dice.random() < LOOKUPS:
            pressed = await caller.press("2")
            heard.lookups.append((await caller.hears(byte_of("c"), pressed) - pressed) * 1000)
            await asyncio.sleep(PROMPT_S + 0.2)
            pressed, menu = await caller.press("1"), "a"
        else:
            pressed, menu = await caller.press("1"), "b" if menu == "a" else "a"
        heard.prompts.append((await caller.hears(byte_of(menu), pressed) - pressed) * 1000)


async def phase(callers: list[Keypad], seconds: float, seed: int) -> Heard:
    heard, until = Heard(), time.monotonic() + seconds

    async def one(number: int, caller: Keypad) -> None:
        try:
            await converse(caller, heard, until, random.Random(seed * 10_000 + number))
        except PeerError as error:
            heard.errors.append(str(error))

    await asyncio.gather(*(one(number, caller) for number, caller in enumerate(callers)))
    return heard


async def dialled(place: Place, count: int, first: int) -> list[Keypad]:
    callers = []
    for number in range(first, first + count):
        caller = Keypad((HOST, place.sip), CALLED, str(13_700_000_000 + number), quiet=True)
        await caller.dial()
        callers.append(caller)
        await asyncio.sleep(1 / DIALLED_A_SECOND)
    return callers


async def bench(count: int, seconds: float, folder: Path) -> dict[str, Any]:
    place = Place(folder / "run", recording=False)
    async with running(place) as centre:
        callers = await dialled(place, count, 0)
        try:
            before = centre.used()
            calm = await phase(callers, seconds, 1)
            spent, rss = centre.used().since(before), centre.used().rss_mb
            wild = await dialled(place, WILD, count)
            callers += wild
            for caller in wild:
                await caller.hears(byte_of("a"), 0)
                await caller.press("3")
            for caller in callers[:count]:  # everybody is at the first menu again, whatever he heard last
                caller.heard.clear()
            beside = await phase_again(callers[:count], seconds)
        finally:
            await asyncio.gather(*(caller.hang_up() for caller in callers))
    errors = calm.errors + beside.errors
    for error in errors[:5]:
        print(error, file=sys.stderr)
    return {
        "calls": count,
        "errors": len(errors),
        **calm.told(),
        "cpu_percent": round(spent.all_ms / spent.seconds / 10, 1),
        "cpu_percent_by_process": {role: round(ms / spent.seconds / 10, 1) for role, ms in sorted(spent.ms.items())},
        "rss_mb": round(rss),
        "beside_wild": {"wild": WILD, **beside.told()},
        "aim_ms_p99": AIM_MS,
        "machine": machine(),
    }


async def phase_again(callers: list[Keypad], seconds: float) -> Heard:
    """The same once more; each caller first finds out in which menu he is."""

    async def settle(caller: Keypad) -> None:
        pressed = await caller.press("2")
        await caller.hears(byte_of("c"), pressed)
        await asyncio.sleep(PROMPT_S + 0.2)
        await caller.press("1")

    await asyncio.gather(*(settle(caller) for caller in callers))
    return await phase(callers, seconds, 2)


def _percentile(values: list[float], share: float) -> float | None:
    return round(float(np.percentile(values, share)), 1) if values else None


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.ivr", description=__doc__)
    parser.add_argument("--callers", type=int, default=CALLERS)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each of the two phases (default: 30)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep data and logs in this new folder")
    options = parser.parse_args()
    folder = options.keep.absolute() if options.keep else Path(tempfile.mkdtemp(prefix="ydi-"))
    folder.mkdir(exist_ok=True)
    try:
        result = uvloop.run(bench(options.callers, options.seconds, folder))
    except PeerError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    finally:
        if options.keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(result))
    return 0 if result["errors"] == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
