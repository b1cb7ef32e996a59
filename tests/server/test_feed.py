"""The feed over a real WebSocket, a real server and a real bus."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, MutableMapping
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.deadline import within
from tests.server.centre import Place
from tests.server.control import DEADLINE_S, Control
from tests.server.live import MASKED, NUMBER, busy_day, call_doc
from yingda.kernel.config import versions
from yingda.kernel.store import reading, writing
from yingda.server.feed import api, attendance
from yingda.server.feed.browser import Browser
from yingda.server.sessions.service import COOKIE

pytestmark = pytest.mark.anyio


class Feed:
    """A browser's end: the documents, kept by the messages alone."""

    def __init__(self, socket_: ClientConnection) -> None:
        self.socket = socket_
        self.docs: dict[str, dict[str, Any]] = {}
        self.since = ""
        self.kinds: list[str] = []

    async def message(self) -> dict[str, Any]:
        """The next message, taken in."""
        async with asyncio.timeout(DEADLINE_S):
            message: dict[str, Any] = json.loads(await self.socket.recv())
        self.kinds.append(message["type"])
        if message["type"] == "snapshot":
            self.docs, self.since = message["docs"], f"{message['epoch']}:{message['seq']}"
        elif message["type"] == "patch":
            for kind, ident, doc in message["set"]:
                self.docs.setdefault(kind, {})[ident] = doc
            for kind, ident in message["del"]:
                del self.docs[kind][ident]
        self.since = f"{self.since.rpartition(':')[0]}:{message['seq']}"
        return message

    async def until(self, kind: str) -> dict[str, Any]:
        """The next message of this kind; a sign of life in between is no matter."""
        while True:
            message = await self.message()
            if message["type"] == kind:
                return message
            assert message["type"] == "alive", message

    async def end(self) -> tuple[int, str]:
        """How it ends."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                try:
                    await self.message()
                except ConnectionClosed as closed:
                    assert closed.rcvd is not None
                    return closed.rcvd.code, closed.rcvd.reason


@contextlib.asynccontextmanager
async def feed(place: Place, url: str, username: str, since: str = "", **headers: str) -> AsyncIterator[Feed]:
    async with place.signed_in(username) as browser:
        cookie = {"Cookie": f"{COOKIE}={browser.cookies[COOKIE]}", **headers}
    async with connect(f"ws://{url}/api/v1/feed?since={since}", additional_headers=cookie) as socket_:
        yield Feed(socket_)


async def test_a_snapshot_then_patches_for_each_as_he_may_see(place: Place, url: str) -> None:
    place.control.change(busy_day(place))
    await place.control.followed(place.app.state.house.hub)
    async with feed(place, url, "lilei") as agent, feed(place, url, "wang") as leader:
        first = await agent.until("snapshot")
        assert (first["seq"], first["now"]) == (1, place.clock.now())
        assert {ident: doc["caller"] for ident, doc in agent.docs["calls"].items()} == {"c1": NUMBER, "c2": MASKED}
        await leader.until("snapshot")
        assert set(leader.docs["calls"]) == {"c1", "c2", "c3"}
        assert "alarms" not in agent.docs
        place.control.change({("calls", "c4"): call_doc("c4", place.queue("售后").id)}, gone=(("calls", "c2"),))
        for end in (agent, leader):
            patch = await end.until("patch")
            assert (patch["seq"], patch["del"]) == (2, [["calls", "c2"]])
        assert agent.docs["calls"]["c4"]["caller"] == MASKED
        assert leader.docs["calls"]["c4"]["caller"] == NUMBER


async def test_a_call_becomes_his_own_when_it_is_offered_to_him(place: Place, url: str) -> None:
    docs = busy_day(place)
    place.control.change(docs)
    await place.control.followed(place.app.state.house.hub)
    async with feed(place, url, "hanmei") as end:
        await end.until("snapshot")
        assert end.docs["calls"]["c2"]["caller"] == MASKED
        key = ("agents", place.agent("hanmei").id)
        place.control.change({key: {**docs[key], "state": "ringing", "offer": {"interaction_id": "c2"}}})
        await end.until("patch")
        assert end.docs["calls"]["c2"]["caller"] == NUMBER  # though the call's own document has not changed


async def test_a_browser_that_comes_back_resumes(place: Place, url: str) -> None:
    place.control.change(busy_day(place))
    await place.control.followed(place.app.state.house.hub)
    async with feed(place, url, "lilei") as end:
        await end.until("snapshot")
        held, since = end.docs, end.since
    place.control.change({("calls", "c5"): call_doc("c5", place.queue("售后").id)})
    place.control.change(gone=(("calls", "c2"),))
    await place.control.followed(place.app.state.house.hub)
    async with feed(place, url, "lilei", since) as back, feed(place, url, "lilei") as fresh:
        back.docs, back.since = held, since
        assert (await back.message())["type"] == "resumed"
        await back.until("patch")
        await fresh.until("snapshot")
        assert back.docs == fresh.docs
        assert back.since == fresh.since


@pytest.mark.parametrize("since", ["other:1", "e1~agent~x:1", "nonsense", ":", "e1:99999999999999999999", "%00:-1"])
async def test_what_cannot_be_resumed_gets_a_snapshot(place: Place, url: str, since: str) -> None:
    async with feed(place, url, "lilei", since) as end:
        assert (await end.message())["type"] == "snapshot"


async def test_signs_of_life_while_nothing_happens(place: Place, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "ALIVE_S", 0.02)
    async with feed(place, url, "lilei") as end:
        kinds = [(await end.message())["type"] for _ in range(4)]
    assert kinds == ["snapshot", "alive", "alive", "alive"]


async def test_control_goes_away_and_comes_back_the_same(
    place: Place, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.app.state.house.hub._look_after_s = 0.02
    place.control.change(busy_day(place))
    await place.control.followed(place.app.state.house.hub)
    async with feed(place, url, "lilei") as end:
        await end.until("snapshot")
        await place.control.stop()
        await end.until("patch")
        assert end.docs["planes"]["control"] == {"up": False, "since": place.clock.now()}
        assert end.docs["calls"]["c1"]["caller"] == NUMBER  # what was known stays
        place.control.change_untold(gone=(("calls", "c2"),))
        await place.control.start(place.options.socket("control"))
        while end.docs["planes"]["control"]["up"] is False or "c2" in end.docs["calls"]:
            await end.until("patch")
    assert "snapshot" not in end.kinds[1:]


async def test_another_control_means_a_new_snapshot(place: Place, url: str) -> None:
    place.app.state.house.hub._look_after_s = 0.02
    place.control.change(busy_day(place))
    await place.control.followed(place.app.state.house.hub)
    successor = Control(epoch="e2", since=2)
    successor.change_untold({("calls", "c9"): call_doc("c9", place.queue("售后").id)})
    async with feed(place, url, "wang") as end:
        await end.until("snapshot")
        await place.control.stop()
        await successor.start(place.options.socket("control"))
        try:
            while end.kinds.count("snapshot") < 2:
                await end.message()
            assert set(end.docs["calls"]) == {"c9"}
            assert end.docs["planes"]["control"] == {"up": True, "since": 2}
        finally:
            await successor.stop()


async def test_a_lost_message_is_asked_for_again(place: Place, url: str) -> None:
    async with feed(place, url, "wang") as end:
        await end.until("snapshot")
        place.control.change_untold({("calls", "c1"): call_doc("c1", "q")})
        place.control.change({("calls", "c2"): call_doc("c2", "q")})
        while set(end.docs.get("calls", ())) != {"c1", "c2"}:
            await end.until("patch")


async def test_signing_out_ends_the_feed(place: Place, url: str) -> None:
    async with place.signed_in("lilei") as browser:
        cookie = {"Cookie": f"{COOKIE}={browser.cookies[COOKIE]}"}
        async with connect(f"ws://{url}/api/v1/feed", additional_headers=cookie) as socket_:
            end = Feed(socket_)
            await end.until("snapshot")
            await browser.delete("/api/v1/session")
            assert await end.end() == (4401, "signed out")


async def test_a_session_that_ended_elsewhere_ends_the_feed(
    place: Place, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attendance, "LOOK_AGAIN_S", 0.02)
    monkeypatch.setattr(api, "ALIVE_S", 0.02)
    async with feed(place, url, "lilei") as end:
        await end.until("snapshot")
        place.clock.advance_to(place.clock.now() + 10**12)
        assert await end.end() == (4401, "the session has ended")


async def test_another_scope_ends_the_feed_and_a_database_that_fails_does_not(
    place: Place, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attendance, "LOOK_AGAIN_S", 0.02)
    sessions = place.app.state.house.sessions
    answer, asked = sessions.again, asyncio.Event()
    loop = asyncio.get_running_loop()

    def away(_session_ids: object) -> None:
        loop.call_soon_threadsafe(asked.set)
        raise OSError("the database is away")

    monkeypatch.setattr(sessions, "again", away)
    async with feed(place, url, "lilei") as end:
        await end.until("snapshot")
        await within(DEADLINE_S, asked.wait())
        await end.until("alive")
        monkeypatch.setattr(sessions, "again", answer)
        with reading(place.store.business) as connection:
            version = versions.current(connection)
        assert version is not None
        users = [user.model_copy(update={"scope": "team"}) for user in version.centre.users]
        wider = version.centre.model_copy(update={"users": users})
        with writing(place.store.business) as connection:
            versions.publish(connection, wider, version.version, "system", place.clock.now())
        assert await end.end() == (4409, "what this user may see has changed")


async def test_a_browser_that_does_not_read_is_let_go(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below the WebSocket everything has a buffer, so the socket here is one that never takes anything."""
    monkeypatch.setattr(api, "SLOW_S", 0.02)
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if not sent:
            return {"type": "websocket.connect"}
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)
        if message["type"] == "websocket.send":
            await asyncio.Event().wait()

    async with place.signed_in("lilei") as browser:
        cookie = f"{COOKIE}={browser.cookies[COOKIE]}".encode()
    scope: dict[str, Any] = {
        "type": "websocket",
        "path": "/api/v1/feed",
        "raw_path": b"/api/v1/feed",
        "query_string": b"",
        "scheme": "ws",
        "headers": [(b"cookie", cookie), (b"host", b"a")],
        "client": ("127.0.0.1", 1),
        "subprotocols": [],
    }
    async with asyncio.timeout(DEADLINE_S):
        await place.app(scope, receive, send)
    assert [message["type"] for message in sent] == ["websocket.accept", "websocket.send", "websocket.close"]
    assert (sent[-1]["code"], sent[-1]["reason"]) == (4408, "the browser was too slow")
    assert place.app.state.house.hub.browsers == set()


async def test_without_a_session_or_from_another_page_there_is_no_feed(place: Place, url: str) -> None:
    with pytest.raises(InvalidStatus) as nobody:
        async with connect(f"ws://{url}/api/v1/feed"):
            pass
    assert nobody.value.response.status_code == 401
    assert json.loads(nobody.value.response.body)["code"] == "not_signed_in"
    with pytest.raises(InvalidStatus) as foreign:
        async with feed(place, url, "lilei", Origin="https://evil.example"):
            pass
    assert foreign.value.response.status_code == 403
    async with feed(place, url, "lilei", Origin=f"http://{url}") as end:
        await end.until("snapshot")


async def test_a_browser_that_leaves_is_forgotten(place: Place, url: str) -> None:
    browsers = place.app.state.house.hub.browsers
    gone = asyncio.Event()
    leave = place.app.state.house.hub.leave

    def noted(browser: Browser) -> None:
        leave(browser)
        gone.set()

    place.app.state.house.hub.leave = noted
    async with feed(place, url, "lilei") as end:
        await end.until("snapshot")
        await end.socket.send("anything that a browser might say")
        assert len(browsers) == 1
    async with asyncio.timeout(DEADLINE_S):
        await gone.wait()
    assert browsers == set()
