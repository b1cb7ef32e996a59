"""The demo centre's self-service flow as the flows plane runs it: published documents, speech of the engine, acts."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from yingda.calls import flow_protocol as messages
from yingda.ivr.running.documents import Documents
from yingda.ivr.running.lookups import Lookups
from yingda.ivr.running.objects import Objects
from yingda.ivr.running.session import Session
from yingda.ivr.running.sounds import Prompts
from yingda.ivr.script.quickjs_engine import QuickJs
from yingda.ivr.speech.cache import PromptCache
from yingda.ivr.speech.tts import Language, to_wav
from yingda.ivr.ssml.pieces import Manner, Phrases
from yingda.ivr.voicexml.model import Library
from yingda.kernel.config.yaml_file import read_centre
from yingda.planes.documents import with_documents

Act = TypeVar("Act")
TEMPLATES = Path(__file__).parents[2] / "templates"


class Voice:
    """Speaks a tenth of a second of nothing, and keeps what it was asked to say."""

    name = "test"

    def __init__(self) -> None:
        self.said: list[str] = []

    def close(self) -> None:
        """Nothing to end."""

    def synthesise(self, text: str, language: Language, voice: str | None = None, rate: int = 160) -> bytes:
        self.said.append(text)
        return to_wav(np.zeros(800, np.int16))


async def arrived(acts: asyncio.Queue[messages.AnyAct], kind: type[Act]) -> Act:
    """The next act of a kind; others are passed over."""
    async with asyncio.timeout(10):
        while True:
            act = await acts.get()
            if isinstance(act, kind):
                return act


@pytest.fixture
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YINGDA_DEMO_PASSWORD", "correct horse battery")


def test_a_caller_of_the_demo_goes_through_the_menu_to_a_person(password: None, tmp_path: Path) -> None:
    centre = with_documents(read_centre(TEMPLATES / "demo.yaml"), TEMPLATES)
    texts = {document.name: document.text for document in centre.documents}
    flow = next(flow for flow in centre.flows if flow.document)
    voice = Voice()

    async def scene() -> None:
        acts: asyncio.Queue[messages.AnyAct] = asyncio.Queue()

        def tell(told: list[messages.AnyAct]) -> None:
            for act in told:
                acts.put_nowait(act)

        start = messages.Start(
            session_id="s",
            document=flow.document or "",
            language=centre.centre.language,
            session={"connection": {"remote": {"uri": "tel:13812345678"}}, "queue": flow.queue},
        )
        prompts = Prompts(tmp_path, PromptCache(tmp_path, voice))
        session = Session(start, Library(), QuickJs(), prompts, Documents(1, texts), Objects(Lookups((), {})), tell)
        session.begin()
        play = await arrived(acts, messages.Play)
        assert "您好，欢迎致电应答客服中心。" in voice.said[0]
        session.happened(messages.Played(request=play.request))
        session.happened(messages.Key(key="0"))
        last = await arrived(acts, messages.Play)
        session.happened(messages.Played(request=last.request))
        transfer = await arrived(acts, messages.Transfer)
        assert (transfer.kind, transfer.destination) == ("blind", f"queue:{flow.queue}")
        session.happened(messages.Transferred(request=transfer.request, result="connection.disconnect.transfer"))
        exit_ = await arrived(acts, messages.Exit)
        assert exit_.fault == ""

    asyncio.run(scene())


def test_recorded_words_are_strung_together_and_a_gap_is_silence(tmp_path: Path) -> None:
    folder = tmp_path / "phrases" / "en"
    folder.mkdir(parents=True)
    for word in ("one", "two"):
        (folder / f"{word}.wav").write_bytes(to_wav(np.zeros(800, np.int16)))
    voice = Voice()
    items = Prompts(tmp_path, PromptCache(tmp_path, voice)).items(
        [Phrases(("one", ",", "two", "three", ",", "four", "one"), Manner("en-US"))]
    )
    assert [item.rpartition("/")[2] for item in items[:3]] == ["one.wav", "silence:150", "two.wav"]
    assert items[4].endswith("one.wav")
    assert voice.said == ["three , four"]


def test_a_flow_that_used_up_its_time_still_ends_with_its_variables(tmp_path: Path) -> None:
    hoard = "var a = []; try { while (true) a.push('x' + a.length) } catch (e) { }"
    text = f"""<vxml version="2.1" xmlns="http://www.w3.org/2001/vxml" xml:lang="en"><var name="kept" expr="1"/>
    <form><block name="b"><script>var n = 0; while (n++ &lt; 20000) {{ }}</script><clear namelist="b"/></block></form>
    <catch event="error"><script><![CDATA[{hoard}]]></script><exit/></catch></vxml>"""

    async def scene() -> None:
        acts: asyncio.Queue[messages.AnyAct] = asyncio.Queue()

        def tell(told: list[messages.AnyAct]) -> None:
            for act in told:
                acts.put_nowait(act)

        start = messages.Start(session_id="s", document="loop", language="en", session={})
        prompts = Prompts(tmp_path, PromptCache(tmp_path, Voice()))
        Session(
            start, Library(), QuickJs(), prompts, Documents(1, {"loop": text}), Objects(Lookups((), {})), tell
        ).begin()
        exit_ = await arrived(acts, messages.Exit)
        assert exit_.disconnect is False

    asyncio.run(scene())
