"""Ears on the wire: what comes to somebody's UDP port is captured, and listened to while the scene goes on."""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from bench.peers.capture import Capture
from bench.peers.keypad import EVENT_TYPE, KEYS
from bench.peers.pcap import Datagram, datagrams, heard, rtp
from bench.sound import FULL_SCALE, RATE, Samples, level
from numpy.typing import NDArray

from tests.browser.stage import PATIENCE_S

LISTENED_US = 1_200_000
"""So long on end it must be so."""
QUIET_US = 3_000_000
"""So late the capture may be written at most: who has brought nothing for as long has fallen silent."""
SETTLES_US = 400_000
"""What was on its way when an order was given."""
LOOKS_S = 0.2
LOUD, QUIET = -40.0, -55.0
ALONE = -45.0
"""What voices leave beside them of quantising and coding."""
VOICE_HZ = 40


def now() -> int:
    return time.time_ns() // 1_000


@dataclass
class Ear:
    """What comes to somebody's UDP port."""

    name: str
    port: int
    wire: Capture
    keys: str = ""
    """What must have been pressed to him."""

    async def hears(self, *hertz: int, but_not: tuple[int, ...] = (), alone: bool = False) -> tuple[int, int]:
        """Wait until he hears these voices for a while on end, and nothing else if `alone`. When that was (µs UTC).

        The others, `but_not`, he must not hear from now on: a phone may begin to talk late, a leak stays a leak.
        """
        ordered, due = now(), time.monotonic() + PATIENCE_S
        while True:
            await asyncio.sleep(LOOKS_S)
            began, ended = self._window()
            if began >= ordered:
                wrong = self._wrong(self.samples(began, ended), hertz, alone)
                if not wrong:
                    self._spared(ordered + SETTLES_US, ended, but_not)
                    return began, ended
                assert time.monotonic() < due, f"{self.name}: {wrong}"

    def _spared(self, began: int, ended: int, but_not: tuple[int, ...]) -> None:
        for at in range(began, ended, LISTENED_US):
            samples = self.samples(at, min(at + LISTENED_US, ended))
            for one in but_not:
                heard_at = (at - began) / 1_000_000
                assert level(samples, one) < QUIET, f"{self.name}: hears {one} Hz, {heard_at:.1f} s after it was over"

    def _window(self) -> tuple[int, int]:
        """The last while of which everything is written."""
        ended = max([now() - QUIET_US, *(one.at for one in self._came())])
        return ended - LISTENED_US, ended

    def _wrong(self, samples: Samples, hertz: tuple[int, ...], alone: bool) -> list[str]:
        said = [f"does not hear {one} Hz" for one in hertz if level(samples, one) <= LOUD]
        return [*said, "hears something else"] if alone and rest(samples, hertz) > ALONE else said

    def _came(self) -> list[Datagram]:
        return [one for one in datagrams(self.wire.file) if one.target[1] == self.port]

    def samples(self, began: int, ended: int) -> Samples:
        return heard([packet for one in self._came() if (packet := rtp(one)) is not None], began, ended)

    def pressed(self) -> str:
        """Keys that came as RFC 4733 events: one a timestamp."""
        events: dict[int, str] = {}
        for one in self._came():
            data = one.payload
            if len(data) >= 16 and data[0] >> 6 == 2 and data[1] & 0x7F == EVENT_TYPE:
                events.setdefault(struct.unpack_from("!I", data, 4)[0], KEYS[data[12]])
        return "".join(events.values())


@asynccontextmanager
async def ear(name: str, port: int, folder: Path) -> AsyncIterator[Ear]:
    folder.mkdir(parents=True, exist_ok=True)
    wire = await Capture.start(folder / f"{name}.pcap", (port, port))
    one = Ear(name, port, wire)
    try:
        yield one
    finally:
        await wire.stop()
    assert one.pressed() == one.keys, f"{name}: other keys"


def loudness(samples: NDArray[np.int16] | NDArray[np.float64]) -> float:
    """RMS in dB of full scale."""
    power = float(np.mean(np.square(samples.astype(np.float64)))) if len(samples) else 0.0
    return 10 * float(np.log10(power / FULL_SCALE**2 + 1e-12))


def rest(samples: Samples, hertz: tuple[int, ...]) -> float:
    """What is left without these voices: RMS in dB of full scale."""
    if len(samples) == 0:
        return loudness(samples)
    found = np.fft.rfft(samples * np.hanning(len(samples)))
    at = np.fft.rfftfreq(len(samples), 1 / RATE)
    for one in hertz:
        found[np.abs(at - one) < VOICE_HZ] = 0
    return loudness(np.fft.irfft(found, len(samples)))
