"""Taps with a real WebSocket server: a phone's tone arrives there, the server's tone is heard at the phone."""

from __future__ import annotations

import asyncio
import http.server
import itertools
import json
import os
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from http import HTTPStatus
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from tests.deadline import within
from tests.media.lab import level, sine
from tests.media.peers import control, hears, media_process, phone, until
from tests.media.test_playing import mp3
from tests.peers.ports import free_port
from yingda.media.protocol import AnyReport, TapChanged, TapSaid

pytestmark = pytest.mark.peer

MANY, MANY_S = 20, 4.0


def pcm(hertz: float, rate: int, seconds: float) -> bytes:
    time_ = np.arange(round(rate * seconds)) / rate
    return np.rint(32_124 * 10 ** (-12 / 20) * np.sin(2 * np.pi * hertz * time_)).astype("<i2").tobytes()


def loudness(sound: bytes, hertz: float, rate: int) -> NDArray[np.float64]:
    """dBFS of a tone in each 50 ms. Over longer pieces a jitter buffer that widens by 20 ms, as it shall where packets
    come late, would turn the phase and look like less sound."""
    pieces = np.frombuffer(sound, "<i2").astype(np.float64).reshape(-1, rate // 20)
    turn = np.exp(-2j * np.pi * hertz / rate * np.arange(rate // 20))
    return np.asarray(20 * np.log10(2 * np.abs((pieces * turn).mean(axis=1)) / 32_124 + 1e-9))


class Bot:
    """A server of one kind of conversation. answer: sent as soon as it is greeted."""

    def __init__(self, answer: list[bytes | str] | None = None) -> None:
        self.answer = answer or []
        self.heard: dict[str, bytearray] = {}
        self.texts: list[dict[str, object]] = []
        self.heard_at: list[int] = []  # how many bytes of its tap before each of these texts
        self.connections: list[ServerConnection] = []
        self.headers: list[str | None] = []

    def level(self, tap_id: str, hertz: float, rate: int) -> float:
        """dBFS in the last second of a tap, by its power: a gap counts."""
        return float(10 * np.log10(np.mean(10 ** (self._levels(tap_id, hertz, rate) / 10))))

    def silent(self, tap_id: str, hertz: float, rate: int) -> bool:
        """Nothing of it in the last second; where the buffer widened, another tone's seam sounds like anything."""
        return float(np.percentile(self._levels(tap_id, hertz, rate), 90)) < -60

    def _levels(self, tap_id: str, hertz: float, rate: int) -> NDArray[np.float64]:
        return loudness(bytes(self.heard[tap_id])[-2 * rate :], hertz, rate)

    async def serve(self, connection: ServerConnection) -> None:
        self.connections.append(connection)
        assert connection.request is not None
        self.headers.append(connection.request.headers.get("Authorization"))
        start = json.loads(await connection.recv())
        self.texts.append(start)
        self.heard_at.append(0)
        kept = self.heard.setdefault(str(start["tap"]), bytearray())
        for message in self.answer:
            await connection.send(message)
        async for message in connection:
            if isinstance(message, bytes):
                kept += message
            else:
                self.texts.append(json.loads(message))
                self.heard_at.append(len(kept))


@asynccontextmanager
async def serving(bot: Bot, port: int = 0) -> AsyncIterator[tuple[Server, str]]:
    async with serve(bot.serve, "127.0.0.1", port, compression=None) as server:
        bound = next(iter(server.sockets)).getsockname()[1]
        yield server, f"ws://127.0.0.1:{bound}/"


class Strict:
    """Lets nobody in; counts who asked."""

    asked = 0

    def __call__(self, connection: ServerConnection, request: Request) -> Response:
        self.asked += 1
        return connection.respond(HTTPStatus.FORBIDDEN, "not you")


def run(tmp_path: Path, scene: Callable[[Path, int], object]) -> None:
    with media_process(tmp_path) as (path, process):
        asyncio.run(within(60, scene(path, process.pid)))  # type: ignore[arg-type]


@pytest.mark.parametrize("rate", [8_000, pytest.param(16_000, marks=pytest.mark.e2e)])
def test_tones_both_ways_a_mark_and_barge_in(tmp_path: Path, rate: int) -> None:
    async def scene(path: Path, pid: int) -> None:
        reports: list[AnyReport] = []
        long: list[bytes | str] = [
            pcm(600, rate, 30),
            json.dumps({"type": "mark", "name": "said"}),
            json.dumps({"understood": "是"}),
        ]
        bot = Bot(long)
        async with (
            serving(bot) as (_, url),
            control(path, 1, reports) as client,
            phone(client, "a", sine(440, -12, 1)) as one,
        ):
            await client.open_tap("t", "a", url, rate=rate, headers={"Authorization": "Bearer x"})
            await until(lambda: len(bot.heard.get("t", b"")) > 3 * rate)
            await until(lambda: any(isinstance(report, TapSaid) for report in reports))
            assert bot.headers == ["Bearer x"]
            assert bot.texts[0]["rate"] == rate
            assert bot.level("t", 440, rate) == pytest.approx(-12, abs=0.5)
            assert bot.silent("t", 600, rate)  # its own voice does not come back to it
            await hears(one, {600: -12})
            assert not any(text.get("type") == "mark" for text in bot.texts)
            await client.flush_tap("t")
            before = len(bot.heard["t"])
            mark: dict[str, object] = {"type": "mark", "name": "said"}
            await until(lambda: mark in bot.texts)
            after = bot.heard_at[bot.texts.index(mark)] - before
            assert after / (2 * rate) < 3  # by the tap's own time: 25 s of speech and more were ahead
            one.heard.clear()
            await until(lambda: len(one.heard) > 60)
            assert level(one.audio(1), 600) < -60
            await client.close_tap("t")
            await until(lambda: any(isinstance(r, TapChanged) and r.state == "closed" for r in reports))
        states = [report.state for report in reports if isinstance(report, TapChanged)]
        assert states == ["open", "closed"]

    run(tmp_path, scene)


def test_a_connection_that_breaks_is_made_again_and_one_that_is_refused_fails(tmp_path: Path) -> None:
    async def scene(path: Path, pid: int) -> None:
        reports: list[AnyReport] = []
        bot = Bot()

        def states(tap_id: str) -> list[str]:
            return [r.state for r in reports if isinstance(r, TapChanged) and r.tap_id == tap_id]

        async with control(path, 1, reports) as client, phone(client, "a", sine(440, -12, 1)) as one:
            await client.open_tap("nobody", "a", f"ws://127.0.0.1:{free_port()}/")
            one.heard.clear()
            async with serving(bot) as (_, url):
                await client.open_tap("t", "a", url)
                await until(lambda: len(bot.heard.get("t", b"")) > 8_000)
                bot.connections[0].transport.abort()
                await until(lambda: len(bot.connections) == 2 and states("t") == ["open", "interrupted", "open"])
                await bot.connections[1].close(1000)
                await until(lambda: states("t")[-1] == "closed")
            strict = Strict()
            async with serve(bot.serve, "127.0.0.1", 0, process_request=strict) as server:
                port = next(iter(server.sockets)).getsockname()[1]
                await client.open_tap("forbidden", "a", f"ws://127.0.0.1:{port}/")
                await until(lambda: states("forbidden") == ["failed"])
                assert strict.asked == 1  # to ask again would be in vain
            await until(lambda: states("nobody") == ["failed"], 40)
            assert len(one.heard) > 400  # eight seconds and more: the call never noticed

    run(tmp_path, scene)


def test_the_death_of_the_streaming_process_interrupts_and_no_more(tmp_path: Path) -> None:
    async def scene(path: Path, pid: int) -> None:
        reports: list[AnyReport] = []
        bot = Bot()
        async with (
            serving(bot) as (_, url),
            control(path, 1, reports) as client,
            phone(client, "a", sine(440, -12, 1)),
        ):
            await client.open_tap("t", "a", url)
            await until(lambda: len(bot.heard.get("t", b"")) > 8_000)
            os.kill(_child(pid), signal.SIGKILL)
            await until(lambda: len(bot.connections) == 2)
            states = [report.state for report in reports if isinstance(report, TapChanged)]
            assert states[:2] == ["open", "interrupted"]
            before = len(bot.heard["t"])
            await until(lambda: len(bot.heard["t"]) > before + 16_000)

    run(tmp_path, scene)


def _child(pid: int) -> int:
    """The streaming process of a media process."""
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


def test_twenty_streams_beside_calls_lose_nothing(tmp_path: Path) -> None:
    async def scene(path: Path, pid: int) -> None:
        bot = Bot([pcm(600, 8_000, 30)])
        async with serving(bot) as (_, url), control(path) as client, AsyncExitStack() as stack:
            phones = [
                await stack.enter_async_context(phone(client, f"p{n}", sine(440, -12, 1))) for n in range(MANY + 2)
            ]
            await client.set_gain([(f"p{MANY}", f"p{MANY + 1}", 1.0), (f"p{MANY + 1}", f"p{MANY}", 1.0)])
            for number in range(MANY):
                await client.open_tap(f"t{number}", f"p{number}", url)
            await until(lambda: len(bot.heard) == MANY and all(len(kept) > 8_000 for kept in bot.heard.values()))
            sizes = {name: len(kept) for name, kept in bot.heard.items()}
            for one in phones:
                one.heard.clear()
            start = time.monotonic()
            await until(lambda: all(len(kept) - sizes[name] > 16_000 * MANY_S for name, kept in bot.heard.items()))
            assert time.monotonic() - start > MANY_S - 0.5  # in their own time
            for name in bot.heard:
                assert bot.level(name, 440, 8_000) == pytest.approx(-12, abs=0.5)
            await asyncio.gather(*(hears(one, {600: -12}) for one in phones[:MANY]))
            for one in phones:
                numbers = [packet[1] for _, packet in one.heard]
                assert {(b - a) & 0xFFFF for a, b in itertools.pairwise(numbers)} == {1}
            figures = await client.metrics()
            assert (figures["media_taps"], figures["media_tap_frames_lost_total"]) == (MANY, 0)

    run(tmp_path, scene)


class Broadcaster(http.server.BaseHTTPRequestHandler):
    """An MP3 of 600 Hz; anything else is not there."""

    sound = b""

    def do_GET(self) -> None:
        if self.path != "/music.mp3":
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", "audio/mpeg")
        self.end_headers()
        self.wfile.write(self.sound)

    def log_message(self, *_: object) -> None:
        """Quiet."""


def test_sound_over_http_is_heard_to_its_end(tmp_path: Path) -> None:
    Broadcaster.sound = mp3(tmp_path / "music.mp3", sine(600, -12, 4), 8_000).read_bytes()

    async def scene(path: Path, pid: int) -> None:
        reports: list[AnyReport] = []

        def states(tap_id: str) -> list[str]:
            return [r.state for r in reports if isinstance(r, TapChanged) and r.tap_id == tap_id]

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Broadcaster) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            base = f"http://127.0.0.1:{server.server_port}"
            async with control(path, 1, reports) as client, phone(client, "a", sine(440, -12, 1)) as one:
                await client.open_tap("radio", "a", f"{base}/music.mp3")
                await client.open_tap("nothing", "a", f"{base}/nothing")
                await until(lambda: states("nothing") == ["failed"])
                await until(lambda: states("radio") == ["open", "closed"])
                sound = np.abs(one.audio(6).astype(float))
                sounding_s = np.count_nonzero(sound.reshape(-1, 80).max(axis=1) > 1_000) / 100
                assert 3.9 < sounding_s < 4.2  # to its very end
                await client.open_tap("again", "a", f"{base}/music.mp3")
                await hears(one, {600: -12.5})
                await client.close_tap("again")  # while its thread waits for room
                await until(lambda: states("again") == ["open", "closed"])
            server.shutdown()

    run(tmp_path, scene)
