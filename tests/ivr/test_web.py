"""Flows and the servers they come from: documents, submissions, cookies, sounds, what is heard while one waits."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from tests.deadline import within
from yingda.calls import flow_protocol as messages
from yingda.ivr.running.documents import Documents
from yingda.ivr.running.lookups import Lookups
from yingda.ivr.running.meanwhile import Marks
from yingda.ivr.running.objects import Objects
from yingda.ivr.running.session import Session
from yingda.ivr.running.sounds import Prompts
from yingda.ivr.running.web import Web
from yingda.ivr.running.web_sounds import WebSounds
from yingda.ivr.script.quickjs_engine import QuickJs
from yingda.ivr.speech.cache import PromptCache
from yingda.ivr.speech.tts import Language, from_wav, to_wav
from yingda.ivr.voicexml.model import Library
from yingda.kernel.errors import YingdaError
from yingda.media.g711 import Law, encode

Act = TypeVar("Act")
Reply = tuple[int, dict[str, str], bytes]
OPENING = '<vxml version="2.1" xmlns="http://www.w3.org/2001/vxml" xml:lang="en">'


class Mute:
    """Speaks a tenth of a second of nothing."""

    name = "mute"

    def synthesise(self, text: str, language: Language, voice: str | None = None, rate: int = 160) -> bytes:
        return to_wav(np.zeros(800, np.int16))

    def close(self) -> None:
        """Nothing to end."""


@dataclass
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Server:
    """An application server: `pages` answer by path; asked: every request, in order."""

    pages: dict[str, Callable[[Asked], Reply]]
    asked: list[Asked] = field(default_factory=list)
    url: str = ""

    def answer(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        page = self.pages.get(asked.path.partition("?")[0])
        return page(asked) if page else (404, {}, b"")


@contextmanager
def serving(pages: dict[str, Callable[[Asked], Reply]]) -> Iterator[Server]:
    server = Server(pages)

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            status, more, content = server.answer(Asked(self.command, self.path, headers, body))
            self.send_response(status)
            for name, value in {**more, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _answer  # noqa: N815 (the names that the class asks for)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is printed."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{http.server_port}/app/"
    thread = threading.Thread(target=http.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


def page(body: str, **headers: str) -> Callable[[Asked], Reply]:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: (200, told, f"{OPENING}{body}</vxml>".encode())


@dataclass
class Caller:
    session: Session
    acts: asyncio.Queue[messages.AnyAct] = field(default_factory=asyncio.Queue)

    async def gets(self, kind: type[Act]) -> Act:
        while True:
            act = await within(10, self.acts.get())
            if isinstance(act, kind):
                return act

    async def ends(self) -> messages.Exit:
        """Everything is heard to its end, the last words too."""
        while True:
            act = await within(10, self.acts.get())
            if isinstance(act, messages.Exit):
                return act
            if isinstance(act, messages.Play):
                self.session.happened(messages.Played(request=act.request))

    async def hears(self) -> messages.Play:
        """The next prompt, to its end."""
        play = await self.gets(messages.Play)
        self.session.happened(messages.Played(request=play.request))
        return play


@asynccontextmanager
async def calling(folder: Path, server: Server, body: str) -> AsyncIterator[Caller]:
    """A caller in a flow that may use the server."""
    acts: asyncio.Queue[messages.AnyAct] = asyncio.Queue()

    def tell(told: list[messages.AnyAct]) -> None:
        for act in told:
            acts.put_nowait(act)

    documents = Documents(1, {"home": f"{OPENING}{body}</vxml>".replace("APP/", server.url)}, (server.url,))
    start = messages.Start(session_id="s", document="home", language="en", session={})
    prompts = Prompts(folder / "prompts", PromptCache(folder / "prompts", Mute(), memory=None), folder / "recordings")
    session = Session(start, Library(), QuickJs(), prompts, documents, Objects(Lookups((), {})), tell)
    session.begin()
    try:
        yield Caller(session, acts)
    finally:
        session.close()


def test_a_flow_of_an_application_server_submits_with_cookies_and_values(tmp_path: Path) -> None:
    second = page(
        "<form><block><var name='n' expr='4'/><var name='yes' expr='true'/><var name='word' expr='\"查 &amp; 询\"'/>"
        "<submit next='third' method='post' namelist='n yes word'/></block></form>"
    )
    third = page(
        "<form><block><var name='n' expr='{a: [1]}'/>"
        "<submit next='fourth' method='post' enctype='application/json' namelist='n'/></block></form>"
    )
    last = page("<form><block><exit expr=\"'done'\"/></block></form>")
    pages = {
        "/app/first": page("<form><block><goto next='second?x=1'/></block></form>", Set_Cookie="sid=7; Path=/app"),
        "/app/second": second, "/app/third": third, "/app/fourth": last,
    }  # fmt: skip

    async def scene(server: Server) -> None:
        body = "<form><block><var name='q' expr='3'/><submit next='APP/first' namelist='q'/></block></form>"
        async with calling(tmp_path, server, body) as caller:
            assert (await caller.ends()).fault == ""

    with serving(pages) as server:
        asyncio.run(scene(server))
    first, *others = server.asked
    assert (first.method, first.path) == ("GET", "/app/first?q=3") and "cookie" not in first.headers
    assert [one.headers["cookie"] for one in others] == ["sid=7"] * 3
    assert others[1].body.decode() == "n=4&yes=true&word=%E6%9F%A5+%26+%E8%AF%A2"
    assert json.loads(others[2].body) == {"n": {"a": [1]}}


@pytest.mark.parametrize(
    ("asked_for", "name", "law"),
    [("", "m.wav", None), ("audio/wav", "m.wav", None), ("audio/basic", "m.ulaw", Law.MU),
     ("audio/x-alaw-basic", "m.alaw", Law.A)],
)  # fmt: skip
def test_a_recording_is_submitted_whole_as_it_was_asked_for(
    tmp_path: Path, asked_for: str, name: str, law: Law | None
) -> None:
    (tmp_path / "recordings").mkdir()
    sound = to_wav(np.arange(8_000, dtype=np.int16))
    (tmp_path / "recordings" / "m.wav").write_bytes(sound)
    body = f"""<form><record name='said' maxtime='9s' type='{asked_for}'/>
    <block><var name='who' expr="'张' + said$.size"/>
    <submit next='APP/keep' method='post' enctype='multipart/form-data' namelist='said who'/></block></form>"""

    async def scene(server: Server) -> None:
        async with calling(tmp_path, server, body) as caller:
            record = await caller.gets(messages.Record)
            caller.session.happened(
                messages.Recorded(
                    request=record.request, uri="recording:1", path="m.wav", duration_ms=1_000, size=len(sound),
                    ended_by="silence",
                )
            )  # fmt: skip
            assert (await caller.ends()).fault == ""

    with serving({"/app/keep": page("<form><block><exit/></block></form>")}) as server:
        asyncio.run(scene(server))
    (asked,) = server.asked
    kind = asked.headers["content-type"]
    boundary = kind.partition("boundary=")[2].encode()
    said, who = [part.strip(b"\r\n") for part in asked.body.split(b"--" + boundary)[1:-1]]
    head, _, content = said.partition(b"\r\n\r\n")
    assert f'name="said"; filename="{name}"'.encode() in head
    assert f"Content-Type: {asked_for or 'audio/x-wav'}".encode() in head
    made = sound if law is None else encode(from_wav(sound), law)
    assert content == made.rstrip(b"\r\n")
    assert who.endswith(f"张{len(made)}".encode()) and b'name="who"' in who


@pytest.mark.parametrize(
    ("reply", "event"),
    [
        ((500, {}, b""), "error.badfetch.http.500"),
        ((302, {"Location": "http://127.0.0.1:1/elsewhere"}, b""), "error.badfetch"),
        ((200, {}, b"<html>"), "error.badfetch"),
        ((200, {"Content-Type": "text/xml; charset=nowhere"}, b"\xff"), "error.badfetch"),
    ],
)
def test_what_cannot_be_fetched_is_an_event(reply: Reply, event: str, tmp_path: Path) -> None:
    async def scene(server: Server) -> None:
        async with calling(tmp_path, server, "<form><block><goto next='APP/x'/></block></form>") as caller:
            assert (await caller.ends()).fault.partition(":")[0] == event

    with serving({"/app/x": lambda _: reply}) as server:
        asyncio.run(scene(server))


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=utf-8", "application/hal+json"])
def test_data_is_json_by_its_content_type(kind: str, tmp_path: Path) -> None:
    body = "<form><block><data name='d' src='APP/order'/><exit expr='d.state + d.lines.length'/></block></form>"

    async def scene(server: Server) -> messages.Exit:
        async with calling(tmp_path, server, body) as caller:
            return await caller.ends()

    told = '{"state": "已发货", "lines": [1, 2]}'.encode()
    with serving({"/app/order": lambda _: (200, {"Content-Type": kind}, told)}) as server:
        left = asyncio.run(scene(server))
    assert (left.fault, left.values) == ("", {"": "已发货2"})


def test_sounds_of_a_server_are_played_and_kept_as_long_as_it_says(tmp_path: Path) -> None:
    """Raw G.711 by its type; fresh for an hour; asked for again by its ETag; others are not on the list."""
    raw, tag = bytes(range(256)) * 4, '"v1"'

    def old(asked: Asked) -> Reply:
        return (304, {"ETag": tag}, b"") if asked.headers.get("if-none-match") == tag else (200, {"ETag": tag}, raw)

    pages: dict[str, Callable[[Asked], Reply]] = {
        "/app/fresh.wav": lambda _: (200, {"Content-Type": "audio/basic", "Cache-Control": "max-age=3600"}, raw),
        "/app/old.alaw": old,
        "/app/broken.wav": lambda _: (200, {}, b"RIFF nothing"),
    }
    with serving(pages) as server:
        sounds, web = WebSounds(PromptCache(tmp_path, Mute(), memory=None)), Web((server.url,))
        for name in ("fresh.wav", "old.alaw"):
            once, again = (sounds.path(web, server.url + name, None) for _ in range(2))
            assert once == again and from_wav(once.read_bytes()).size == len(raw)
        assert [one.path for one in server.asked] == ["/app/fresh.wav", "/app/old.alaw", "/app/old.alaw"]
        for web_, uri, code in (
            (web, server.url + "broken.wav", "prompt_format"),
            (web, server.url + "missing.wav", "prompt_missing"),
            (Web(), server.url + "fresh.wav", "prompt_missing"),
        ):
            with pytest.raises(YingdaError) as refused:
                sounds.path(web_, uri, None)
            assert refused.value.code == code


def test_a_caller_hears_fetchaudio_until_the_answer_is_there(tmp_path: Path) -> None:
    let_go = threading.Event()

    def slow(_: Asked) -> Reply:
        assert let_go.wait(10)
        return page("<form><block><exit/></block></form>")(_)

    wav = to_wav(np.zeros(8_000, np.int16))
    body = """<property name='fetchaudiodelay' value='0s'/><property name='fetchaudiominimum' value='0s'/>
    <form><block><goto next='APP/slow' fetchaudio='APP/wait.wav'/></block></form>"""

    async def scene(server: Server) -> None:
        async with calling(tmp_path, server, body) as caller:
            waiting = await caller.gets(messages.Play)
            assert waiting.request < 0 and len(waiting.items) == 1
            let_go.set()
            assert (await caller.gets(messages.Stop)).request == waiting.request
            assert (await caller.ends()).fault == ""

    with serving({"/app/slow": slow, "/app/wait.wav": lambda _: (200, {}, wav)}) as server:
        asyncio.run(scene(server))


def test_marks_that_were_passed_are_told(tmp_path: Path) -> None:
    body = """<form><field name='a' type='digits?length=1'>
    <prompt>one<mark name='first'/>two<mark name='last'/></prompt></field>
    <block><exit expr="application.lastresult$.markname + ' ' + (a$.marktime &gt;= 0)"/></block></form>"""

    async def scene(server: Server) -> None:
        async with calling(tmp_path, server, body) as caller:
            await caller.hears()
            caller.session.happened(messages.Key(key="4"))
            assert (await caller.ends()).values == {"": "last true"}

    with serving({}) as server:
        asyncio.run(scene(server))


def test_marks_come_in_time_and_not_after_the_prompt_was_stopped() -> None:
    async def scene() -> None:
        told: asyncio.Queue[tuple[int, str]] = asyncio.Queue()
        marks = Marks(lambda request, name: told.put_nowait((request, name)))
        marks.begin(1, [(0, "a"), (5, "b"), (3_600_000, "never")])
        assert [await within(5, told.get()) for _ in "ab"] == [(1, "a"), (1, "b")]
        marks.drop()
        marks.end()
        marks.begin(2, [(3_600_000, "c")])
        marks.end()
        assert told.get_nowait() == (2, "c") and told.empty()

    asyncio.run(scene())
