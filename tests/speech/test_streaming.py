"""The beginning of a prompt is heard while a slow voice still makes the rest: a session with a real HTTP voice."""

from __future__ import annotations

import asyncio
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, TypeVar

import pytest
from tests.deadline import within
from tests.speech.test_voices import big_endian
from tests.speech.voices import service, tone

from yingda.calls import flow_protocol as messages
from yingda.ivr.running.documents import Documents
from yingda.ivr.running.lookups import Lookups
from yingda.ivr.running.objects import Objects
from yingda.ivr.running.session import Session
from yingda.ivr.running.sounds import Prompts
from yingda.ivr.script.quickjs_engine import QuickJs
from yingda.ivr.speech.cache import PromptCache
from yingda.ivr.speech.http_voice import HttpVoice
from yingda.ivr.speech.sentences import sentences
from yingda.ivr.speech.tts import from_wav
from yingda.ivr.voicexml.model import Library

pytestmark = pytest.mark.anyio
TEXT = "Your order has left. It comes tomorrow. Goodbye now."
FLOW = f"""<vxml version="2.1" xmlns="http://www.w3.org/2001/vxml" xml:lang="en">
  <form><block><prompt>{TEXT}</prompt></block></form>
</vxml>"""
Act = TypeVar("Act", bound=messages.Act)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Voice:
    """Says a second of a tone for each text, half of it at once; the other half when it is let."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.let = threading.Semaphore(0)

    def answer(self, request: dict[str, Any], handler: BaseHTTPRequestHandler) -> None:
        self.asked.append(request["text"])
        half = big_endian(tone(500, 8_000, 0.5))
        handler.send_response(200)
        handler.send_header("Content-Type", "audio/L16;rate=8000")
        handler.end_headers()
        handler.wfile.write(half)
        handler.wfile.flush()
        assert self.let.acquire(timeout=20)
        handler.wfile.write(half)


class Listener:
    def __init__(self, folder: Path, url: str) -> None:
        self.acts: asyncio.Queue[messages.AnyAct] = asyncio.Queue()
        prompts = Prompts(folder, PromptCache(folder, HttpVoice(url, "", 20), memory=None))
        start = messages.Start(session_id="s", document="flow", language="en")
        documents, objects = Documents(1, {"flow": FLOW}), Objects(Lookups((), {}))
        self.session = Session(start, Library(), QuickJs(), prompts, documents, objects, self._tell)

    def _tell(self, acts: list[messages.AnyAct]) -> None:
        for act in acts:
            self.acts.put_nowait(act)

    async def gets(self, kind: type[Act]) -> Act:
        while True:
            act = await within(20, self.acts.get())
            if isinstance(act, kind):
                return act


def samples(items: list[str]) -> int:
    return sum(from_wav(Path(item.removeprefix("file:")).read_bytes()).size for item in items)


async def test_the_first_words_are_heard_while_the_voice_is_still_at_them(tmp_path: Path) -> None:
    voice = Voice()
    with service(voice.answer) as url:
        listener = Listener(tmp_path, url)
        listener.session.begin()
        play = await listener.gets(messages.Play)
        assert play.more and samples(play.items) >= 3_200, "half of the first sentence"
        assert voice.asked == ["Your order has left."], "nobody has asked for the second yet"
        heard, count = samples(play.items), len(play.items)
        for _ in range(3):
            voice.let.release()
        while True:
            more = await listener.gets(messages.PlayMore)
            assert (more.request, more.after) == (play.request, count)
            heard, count = heard + samples(more.items), count + len(more.items)
            if more.last:
                break
        assert heard == 3 * 8_000 and voice.asked == sentences(TEXT)
        listener.session.happened(messages.Played(request=play.request))
        await listener.gets(messages.Exit)
        listener.session.close()

        again = Listener(tmp_path, url)  # all of it is kept now
        again.session.begin()
        play = await again.gets(messages.Play)
        assert not play.more and samples(play.items) == 3 * 8_000 and len(voice.asked) == 3
        again.session.close()


async def test_a_caller_who_goes_on_stops_what_is_heard_and_what_is_made(tmp_path: Path) -> None:
    voice = Voice()
    with service(voice.answer) as url:
        listener = Listener(tmp_path, url)
        listener.session.begin()
        play = await listener.gets(messages.Play)
        assert play.more
        listener.session.happened(messages.HungUp())
        voice.let.release()
        await listener.gets(messages.Exit)
        assert voice.asked == ["Your order has left."]
        for _ in range(3):
            voice.let.release()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("您好，欢迎致电。您的余额是三元五角！请按一。", ["您好，欢迎致电。", "您的余额是三元五角！", "请按一。"]),
        ("It costs 3.50 today. Dr. Smith calls you.", ["It costs 3.50 today.", "Dr. Smith calls you."]),
        ("No. 5 is free, i.e. no charge! Bye.", ["No. 5 is free, i.e. no charge!", "Bye."]),
        ("您好", ["您好"]),
        ("“好的。”他说完就走了。再见，谢谢您。", ["“好的。”", "他说完就走了。", "再见，谢谢您。"]),
    ],
)
def test_where_a_text_is_cut(text: str, found: list[str]) -> None:
    assert sentences(text) == found
