"""Recognisers in processes of their own: pocketsphinx with the model that its package carries, and what goes wrong."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
from tests.speech.hearing import Listening, grammar, listen, silence

from yingda.ivr.grammar.builtin import builtin
from yingda.ivr.grammar.model import Grammar, Mode
from yingda.ivr.speech.espeak import Espeak
from yingda.ivr.speech.hearing.ears import Ears
from yingda.ivr.speech.hearing.local import LocalRecogniser
from yingda.ivr.speech.hearing.recogniser import Task
from yingda.ivr.speech.hearing.wire import grammars_of, plain
from yingda.ivr.speech.tts import from_wav
from yingda.kernel.errors import YingdaError
from yingda.media.g711 import DECODE, Law, encode
from yingda.media.taps.rates import Doubler

pytestmark = pytest.mark.anyio
RATE = 16_000


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def sphinx(anyio_backend: str) -> AsyncIterator[LocalRecogniser]:
    recogniser = LocalRecogniser("sphinx", "pocketsphinx", "", RATE, 20.0)
    yield recogniser
    await recogniser.close()


def over_the_telephone(text: str) -> bytes:
    """A text as espeak-ng says it, through G.711 and as a tap at 16 kHz brings it."""
    engine = Espeak()
    try:
        samples = from_wav(engine.synthesise(text, "en", None, 140))
    finally:
        engine.close()
    law = encode(samples, Law.MU)
    wide = Doubler().take(DECODE[Law.MU][np.frombuffer(law, np.uint8)].astype(np.float64))
    raw: bytes = np.clip(np.rint(wide), -32_768, 32_767).astype("<i2").tobytes()
    return raw


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("yes", grammar("yes | no")),
        ("no", builtin("boolean", Mode.VOICE, "en")),
        ("three", grammar("one | three | four")),
        ("technical support", grammar("sales | technical support | complaints")),
        ("complaints", grammar("sales | technical support | complaints")),
    ],
)
async def test_the_real_model_understands_speech_over_the_telephone(
    sphinx: LocalRecogniser, text: str, rules: Grammar
) -> None:
    caller = Listening(sphinx, rate=RATE)
    caller.ear.listen(listen(rules))
    await caller.hears(silence(300, RATE) + over_the_telephone(text) + silence(1_200, RATE))
    assert [one.text for one in (await caller.heard()).hypotheses] == [text]
    caller.ear.close()


async def test_a_killed_process_costs_its_utterances_and_is_started_again(sphinx: LocalRecogniser) -> None:
    one = sphinx.begin(Task("en", (grammar("yes"),)), print)
    await sphinx.loaded.wait()
    assert sphinx.pid is not None
    os.kill(sphinx.pid, signal.SIGKILL)
    with pytest.raises(YingdaError, match="process ended"):
        await one.finish()
    one.close()
    two = sphinx.begin(Task("en", (grammar("yes"),)), print)
    assert await two.finish() == ()
    two.close()


def script(folder: Path, text: str) -> tuple[str, ...]:
    program = folder / "engine.py"
    program.write_text(text)
    return sys.executable, str(program)


async def test_an_engine_that_hangs_is_ended(tmp_path: Path) -> None:
    ready = "import sys, time; sys.stdout.buffer.write(b'\\x02\\0\\0\\0\\x91\\x05'); sys.stdout.flush(); time.sleep(60)"
    recogniser = LocalRecogniser("slow", "x", "", RATE, 0.2, script(tmp_path, ready))
    one = recogniser.begin(Task("en"), print)
    async with asyncio.timeout(20):
        await recogniser.loaded.wait()
    with pytest.raises(YingdaError, match=r"did not answer in 0\.2 s"):
        await one.finish()
    assert recogniser.pid is None
    await recogniser.close()


VOSK = "recogniser_package" if importlib.util.find_spec("vosk") is None else "recogniser_model"


@pytest.mark.parametrize(
    ("engine", "code"),
    [("vosk", VOSK), ("sherpa", "recogniser_model"), ("pocketsphinx", "recogniser_model")],
)
async def test_what_is_missing_is_said_in_a_sentence(tmp_path: Path, engine: str, code: str) -> None:
    """By the real packages; Vosk's only where somebody has installed it."""
    recogniser = LocalRecogniser("none", engine, str(tmp_path), RATE, 5.0)
    one = recogniser.begin(Task("en"), print)
    with pytest.raises(YingdaError) as caught:
        await one.finish()
    assert caught.value.code == code
    one.close()
    await recogniser.close()
    recogniser = LocalRecogniser("none", engine, str(tmp_path), RATE, 5.0, ("/no/such/program",))
    one = recogniser.begin(Task("en"), print)
    with pytest.raises(YingdaError, match="does not start"):
        await one.finish()
    one.close()
    await recogniser.close()


async def test_grammars_reach_the_process_as_they_are() -> None:
    found = grammars_of(msgspec.msgpack.encode(plain((builtin("number", Mode.VOICE, "en"),))))
    assert found[0].root == "main" and len(found[0].rules) == len(builtin("number", Mode.VOICE, "en").rules)


async def test_a_model_is_loaded_before_anybody_speaks(tmp_path: Path) -> None:
    ready = "import sys, time; sys.stdout.buffer.write(b'\\x02\\0\\0\\0\\x91\\x05'); sys.stdout.flush(); time.sleep(60)"
    ears = Ears()
    await ears.start()
    recogniser = LocalRecogniser("early", "x", "", RATE, 1.0, script(tmp_path, ready))
    missing = LocalRecogniser("missing", "x", "", RATE, 1.0, ("/no/such/program",))
    await ears.use({"en": [missing, recogniser]})
    async with asyncio.timeout(20):
        await recogniser.loaded.wait()
    await ears.close()
    assert recogniser.pid is None
