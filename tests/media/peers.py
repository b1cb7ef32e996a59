"""A real media process, and RTP phones on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import cast

import msgspec
import numpy as np

from tests.media.lab import EVENT_PT, NAMES, Wave, level
from yingda.media import rtp
from yingda.media.client import MediaClient, MediaCommands
from yingda.media.g711 import FRAME, Law, decode, encode
from yingda.media.process import MediaConfig, prefer_this_thread
from yingda.media.protocol import Address, AnyReport, Codec, LegCreated, RemoteMedia

MAIN = """
import sys, msgspec
from yingda.media.process import MediaConfig, run
run(msgspec.json.decode(sys.argv[1], type=MediaConfig, dec_hook=lambda kind, text: kind(text)))
"""


NURSERY = """
import sys, msgspec
from yingda.media.nursery import Nursery
from yingda.media.process import MediaConfig
config = msgspec.json.decode(sys.argv[1], type=MediaConfig, dec_hook=lambda kind, text: kind(text))
Nursery([config]).run(lambda: None)
"""


def media_config(folder: Path, **settings: object) -> str:
    """A configuration as the programs above take it."""
    fields = {"first_port": 17_000, "last_port": 18_999, **settings}
    config = MediaConfig(
        socket=folder / "run" / "media.sock", recordings=folder / "recordings", prompts=folder / "prompts",
        **fields,  # type: ignore[arg-type]
    )  # fmt: skip
    return msgspec.json.encode(config, enc_hook=str).decode()


@contextmanager
def media_process(folder: Path, main: str = MAIN, **settings: object) -> Iterator[tuple[Path, subprocess.Popen[bytes]]]:
    """The command socket's path and the process."""
    path = folder / "run" / "media.sock"
    text = media_config(folder, **settings)
    process = subprocess.Popen([sys.executable, "-c", main, text], env={**os.environ, "OPENBLAS_NUM_THREADS": "1"})
    try:
        deadline = time.monotonic() + 20
        while not path.exists():
            assert process.poll() is None, "the media process ended"
            assert time.monotonic() < deadline, "the media process does not listen"
            time.sleep(0.02)
        yield path, process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


class Pace:
    """Has phones say 20 ms each 20 ms, in a thread of its own that goes before all others where that is allowed: what
    the judge is busy with in its thread must make no gaps in their voices."""

    def __init__(self) -> None:
        self._phones: list[RtpPhone] = []
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @contextmanager
    def of(self, one: RtpPhone) -> Iterator[None]:
        with self._lock:
            self._phones.append(one)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                self._phones.remove(one)

    def _run(self) -> None:
        prefer_this_thread()
        due = time.monotonic()
        while True:
            with self._lock:
                if not self._phones:
                    self._thread = None
                    return
                for one in self._phones:
                    one.speak()
            due += 0.02
            time.sleep(max(0.0, due - time.monotonic()))


PACE = Pace()


class RtpPhone(asyncio.DatagramProtocol):
    """Talks its wave every 20 ms from a real socket; keeps (when, packet) of what it hears."""

    def __init__(self, wave: Wave, law: Law = Law.MU) -> None:
        self.law = law
        self.heard: list[tuple[float, rtp.Parsed]] = []
        self.target: Address | None = None
        self.sequence, self.timestamp, self.ssrc = 100, 1_000, int.from_bytes(os.urandom(4))
        looped = np.tile(wave, 2)
        self._frames = [
            encode(np.rint(looped[at : at + FRAME]).astype(np.int16), law) for at in range(0, len(wave), FRAME)
        ]
        self._said = 0
        self._transport: asyncio.DatagramTransport | None = None
        self._socket: socket.socket | None = None  # the same one, for any thread
        self._lock = threading.Lock()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)
        self._socket = socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno()))

    def connection_lost(self, error: Exception | None) -> None:
        if self._socket is not None:
            self._socket.close()

    def datagram_received(self, data: bytes, address: Address) -> None:
        packet = rtp.parse(data)
        if packet is not None and not 72 <= packet[0] & 0x7F <= 76:
            self.heard.append((time.monotonic(), packet))

    @property
    def address(self) -> Address:
        assert self._transport is not None
        host, port = self._transport.get_extra_info("sockname")
        return str(host), int(port)

    def describe(self) -> RemoteMedia:
        name, number = NAMES[self.law]
        codec = Codec(name=name, pt=number)
        return RemoteMedia(
            address=self.address, send_codec=codec, send_event_pt=EVENT_PT,
            receive_codecs=[codec, Codec(name="telephone-event", pt=EVENT_PT)],
        )  # fmt: skip

    def emit(self, payload: bytes, second: int, advance: int = FRAME, timestamp: int | None = None) -> None:
        """Send a packet, whatever becomes of it. timestamp: of an event that lasts while the voice goes on."""
        assert self._socket is not None
        with self._lock:
            stamp = self.timestamp if timestamp is None else timestamp
            if self.target is not None:
                with contextlib.suppress(OSError):
                    self._socket.sendto(rtp.build(second, self.sequence, stamp, self.ssrc, payload), self.target)
            self.sequence = (self.sequence + 1) & 0xFFFF
            self.timestamp += advance

    def speak(self) -> None:
        """The next 20 ms."""
        self.emit(self._frames[self._said % len(self._frames)], NAMES[self.law][1])
        self._said += 1

    def audio(self, last_s: float) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
        """The last seconds of what was heard, by timestamp."""
        packets = [packet for _, packet in self.heard if packet[0] & 0x7F == NAMES[self.law][1]]
        start = packets[0][2]
        offsets = [(packet[2] - start) & 0xFFFF_FFFF for packet in packets]
        samples = np.zeros(max(offsets) + FRAME, np.int16)
        for offset, packet in zip(offsets, packets, strict=True):
            samples[offset : offset + len(packet[4])] = decode(packet[4], self.law)
        return samples[-round(8_000 * last_s) :]


@asynccontextmanager
async def phone(client: MediaCommands, leg_id: str, wave: Wave, law: Law = Law.MU) -> AsyncIterator[RtpPhone]:
    """A phone with its leg made and connected, talking."""
    loop = asyncio.get_running_loop()
    transport, one = await loop.create_datagram_endpoint(lambda: RtpPhone(wave, law), local_addr=("127.0.0.1", 0))
    created: LegCreated = await client.create_leg(leg_id, cookie=b"v1:" + leg_id.encode())
    one.target = created.address
    await client.connect_leg(leg_id, one.describe())
    try:
        with PACE.of(one):
            yield one
    finally:
        transport.close()


async def until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)


async def hears(
    one: RtpPhone, wanted: Mapping[float, float], silent: Iterable[float] = (), within_db: float = 0.5
) -> None:
    """From now on, a whole second of these tones (Hz to dBFS) and nothing of the others comes.

    When is not asked: phones and judge share a core with others, and what a phone says late is a gap in its voice.
    """

    def found() -> bool:
        if len(one.heard) < before + 70:
            return False
        second = one.audio(1.0)
        loud = all(abs(level(second, tone) - dbfs) < within_db for tone, dbfs in wanted.items())
        return loud and all(level(second, tone) < -60 for tone in silent)

    before = len(one.heard)
    await until(found)


@asynccontextmanager
async def control(socket: Path, epoch: int = 1, reports: list[AnyReport] | None = None) -> AsyncIterator[MediaClient]:
    kept: list[AnyReport] = [] if reports is None else reports
    client = MediaClient(socket, epoch, kept.append)
    await client.start(10)
    try:
        yield client
    finally:
        await client.close()
