"""The bus over real Unix sockets, on asyncio's own loop and on uvloop."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvloop

from yingda.kernel.bus import BusClient, BusServer, Peer
from yingda.kernel.bus import aio as aio_module
from yingda.kernel.bus.frames import Push, Reply, Subscribe, encode
from yingda.kernel.errors import YingdaError

DEADLINE_S = 10

Run = Callable[[Awaitable[None]], None]


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Iterator[Run]:
    """Run a coroutine to its end, within the deadline."""
    factory = asyncio.new_event_loop if request.param == "asyncio" else uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:

        async def limited(main: Awaitable[None]) -> None:
            async with asyncio.timeout(DEADLINE_S):
                await main

        yield lambda main: runner.run(limited(main))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.sock"


async def echo(method: str, body: Any, peer: Peer) -> object:
    match method:
        case "refuse":
            raise YingdaError("no_such_agent", "There is no such agent.", where="agent 7", todo="Look again.")
        case "break":
            raise ZeroDivisionError
        case "odd":
            return object()
        case "never":
            await asyncio.Event().wait()
        case "who":
            return {"pid": peer.pid, "uid": peer.uid}
    return {"method": method, "body": body}


async def refused(call: Awaitable[object]) -> YingdaError:
    with pytest.raises(YingdaError) as caught:
        await call
    return caught.value


def test_a_call_gets_its_own_result(run: Run, path: Path) -> None:
    async def main() -> None:
        server, client = BusServer(path, echo), BusClient(path)
        await server.start()
        await client.start(timeout=5)
        results = await asyncio.gather(*(client.call("m", {"n": n, "raw": b"x"}) for n in range(100)))
        assert [result["body"] for result in results] == [{"n": n, "raw": b"x"} for n in range(100)]
        assert await client.call("who") == {"pid": os.getpid(), "uid": os.getuid()}
        big = bytes(10 << 20)
        assert (await client.call("m", big))["body"] == big
        await client.close()
        await server.close()
        assert not path.exists()

    run(main())


def test_a_refusal_crosses_with_code_sentence_place_and_step(run: Run, path: Path) -> None:
    async def main() -> None:
        server, client = BusServer(path, echo), BusClient(path)
        await server.start()
        await client.start(timeout=5)
        assert (await refused(client.call("refuse"))).as_dict() == {
            "code": "no_such_agent",
            "sentence": "There is no such agent.",
            "where": "agent 7",
            "todo": "Look again.",
        }
        assert (await refused(client.call("break"))).code == "internal_error"
        assert (await refused(client.call("odd"))).code == "frame_refused"
        assert (await refused(client.call("never", timeout=0.01))).code == "plane_timeout"
        assert (await refused(client.call("m", object()))).code == "frame_refused"
        assert (await client.call("m", 1))["body"] == 1, "the connection took no harm"
        await client.close()
        await server.close()

    run(main())


def test_calls_begin_in_the_order_they_were_made(run: Run, path: Path) -> None:
    begun: list[int] = []

    async def note(method: str, body: Any, peer: Peer) -> object:
        begun.append(body)
        await asyncio.sleep(0)
        return None

    async def main() -> None:
        server, client = BusServer(path, note), BusClient(path)
        await server.start()
        await client.start(timeout=5)
        await asyncio.gather(*(client.call("m", n) for n in range(200)))
        assert begun == list(range(200))
        await client.close()
        await server.close()

    run(main())


def test_without_a_server_a_call_fails_at_once(run: Run, path: Path) -> None:
    async def main() -> None:
        client = BusClient(path)
        assert (await refused(client.start(timeout=0.01))).code == "plane_unreachable"
        assert (await refused(client.call("m", timeout=60))).code == "plane_unreachable"
        assert not client.is_connected
        await client.close()

    run(main())


def test_after_a_restart_calls_and_subscriptions_work_again(run: Run, path: Path) -> None:
    async def main() -> None:
        told: list[str] = []
        client = BusClient(path, connected=lambda: told.append("connected"), lost=lambda: told.append("lost"))
        client.subscribe("floor", lambda body: told.append(f"floor {body}"))
        for life in range(3):
            server = BusServer(path, echo)
            await server.start()
            await client.start(timeout=5)
            await client.call("m")  # the subscription is in force before any call is looked at
            server.publish("floor", life)
            server.publish("other", life)
            await client.call("m")
            pending = asyncio.create_task(refused(client.call("never")))
            await asyncio.sleep(0)
            await server.close()
            assert (await pending).code == "plane_unreachable"
            assert (await refused(client.call("m"))).code == "plane_unreachable"
        assert told == [word for life in range(3) for word in ("connected", f"floor {life}", "lost")]
        await client.close()

    run(main())


def test_pushes_reach_subscribers_in_order_and_nobody_else(run: Run, path: Path) -> None:
    async def main() -> None:
        server = BusServer(path, echo)
        await server.start()
        heard: dict[str, list[Any]] = {"a": [], "b": []}
        clients = {name: BusClient(path) for name in heard}
        for name, client in clients.items():
            await client.start(timeout=5)
            client.subscribe(name, heard[name].append)
            client.subscribe("all", heard[name].append)
            await client.call("m")
        for n in range(50):
            server.publish("a", n)
            server.publish("all", -n)
        for client in clients.values():
            await client.call("m")
        assert heard == {"a": [m for n in range(50) for m in (n, -n)], "b": [-n for n in range(50)]}
        with pytest.raises(YingdaError):
            server.publish("a", object())
        for client in clients.values():
            await client.close()
        await server.close()

    run(main())


def test_a_server_may_speak_to_one_peer_and_learns_when_it_leaves(run: Run, path: Path) -> None:
    peers: list[Peer] = []

    async def greet(method: str, body: Any, peer: Peer) -> object:
        peers.append(peer)
        peer.push("hello", body)
        return None

    async def main() -> None:
        gone: asyncio.Queue[Peer] = asyncio.Queue()
        heard: list[Any] = []
        server, client = BusServer(path, greet, gone=gone.put_nowait), BusClient(path)
        await server.start()
        client.subscribe("hello", heard.append)
        await client.start(timeout=5)
        await client.call("m", "you")
        assert heard == ["you"]
        await client.close()
        assert [await gone.get()] == peers
        peers[0].push("hello", "nobody hears this")
        await server.close()

    run(main())


def test_a_listener_that_fails_does_no_harm(run: Run, path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def fail(body: Any) -> None:
        raise ZeroDivisionError

    async def main() -> None:
        heard: list[Any] = []
        server, client = BusServer(path, echo), BusClient(path)
        await server.start()
        await client.start(timeout=5)
        client.subscribe("t", fail)
        client.subscribe("t", heard.append)
        await client.call("m")
        server.publish("t", 0)
        await client.call("m")
        assert heard == [0] and "listener" in caplog.text
        await client.close()
        await server.close()

    run(main())


def test_a_subscriber_that_does_not_read_is_cut_off(run: Run, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aio_module, "_LARGEST_BACKLOG", 1 << 20)

    async def main() -> None:
        gone: list[Peer] = []
        server = BusServer(path, echo, gone=gone.append)
        await server.start()
        with socket.socket(socket.AF_UNIX) as lazy:
            lazy.setblocking(False)
            await asyncio.get_running_loop().sock_connect(lazy, str(path))
            await asyncio.get_running_loop().sock_sendall(lazy, encode(Subscribe("t")))
            while not gone:
                server.publish("t", bytes(1 << 16))
                await asyncio.sleep(0)
        await server.close()

    run(main())


NOISE = [b"GET / HTTP/1.1\r\n\r\n", b"\0\0\0\x01\xc1", encode(Push("t")), encode(Reply(1))]


@pytest.mark.parametrize("noise", NOISE)
def test_noise_is_cut_off_and_others_are_not_disturbed(run: Run, path: Path, noise: bytes) -> None:
    async def main() -> None:
        server, client = BusServer(path, echo), BusClient(path)
        await server.start()
        await client.start(timeout=5)
        reader, writer = await asyncio.open_unix_connection(str(path))
        writer.write(noise)
        assert await reader.read() == b"", "the connection is closed without a word"
        writer.close()
        assert (await client.call("m", 1))["body"] == 1
        await client.close()
        await server.close()

    run(main())


def test_the_socket_is_private_and_a_stale_one_is_replaced(run: Run, path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))

    async def main() -> None:
        server = BusServer(path, echo)
        await server.start()
        mode = path.stat().st_mode
        assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o600
        second = BusServer(path, echo)
        assert (await refused(second.start())).code == "bus_in_use"
        await second.close()
        client = BusClient(path)
        await client.start(timeout=5)
        await client.call("m")
        await client.close()
        await server.close()
        assert list(path.parent.iterdir()) == []

    run(main())


def test_a_place_that_cannot_be_used_is_a_sentence(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    async def main() -> None:
        assert (await refused(BusServer(tmp_path / "file" / "x.sock", echo).start())).code == "bus_path"
        assert (await refused(BusServer(tmp_path / ("long" * 40), echo).start())).code == "bus_path"

    run(main())
