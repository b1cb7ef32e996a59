"""Voices and recognisers in the configuration: what each needs, and their services' keys, which are sealed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import yaml

from yingda.kernel.config import credentials
from yingda.kernel.config.apply import Target, apply_centre, export
from yingda.kernel.config.problems import CentreError
from yingda.kernel.config.sealed import Sealer
from yingda.kernel.config.yaml_file import parse_centre
from yingda.kernel.event import Event
from yingda.kernel.ids import seeded_ids
from yingda.kernel.store import Store, reading

KEY = "service key 1"
CENTRE = """
centre: {name: 示例}
voices:
  - {name: warm, engine: http, url: "https://speech.example/speak", password_env: VOICE_KEY, speaker: xiaoyan}
  - {name: plain, engine: espeak, language: en}
recognisers:
  - {name: ears, engine: websocket, url: "wss://speech.example/hear", password_env: EARS_KEY, language: en}
"""


@pytest.fixture
def store(ready_store: Store) -> Store:
    return ready_store


def apply(store: Store, sealer: Sealer, **environment: str) -> list[Event]:
    events: list[Event] = []

    def append(more: Sequence[Event]) -> None:
        events.extend(more)

    target = Target(
        store=store, append=append, pseudonym=lambda kind, value: f"{kind}-ref", environment=environment,
        draw=seeded_ids(1), sealer=sealer,
    )  # fmt: skip
    apply_centre(parse_centre(CENTRE.encode(), "centre.yaml"), target, now=1_000_000)
    return events


def test_the_keys_of_services_are_sealed_and_told_nobody(store: Store) -> None:
    sealer = Sealer(b"k" * 32)
    events = apply(store, sealer, VOICE_KEY=KEY, EARS_KEY="service key 2")
    with reading(store.business) as connection:
        opened, unreadable = credentials.speech_keys(connection, sealer)
        others, lost = credentials.speech_keys(connection, Sealer(b"x" * 32))
        raw = str(credentials.read(connection))
    assert sorted(opened.values()) == [KEY, "service key 2"] and not unreadable
    assert not others and [one.code for one in lost] == ["secret_unreadable"] * 2
    assert KEY not in raw and KEY not in str(events) and KEY not in export(store)
    assert yaml.safe_load(export(store))["voices"][0]["speaker"] == "xiaoyan"
    assert not apply(store, sealer, VOICE_KEY=KEY), "the same again changes nothing"
    assert [event.data["entity"] for event in apply(store, sealer, VOICE_KEY="another")] == ["credential"]


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("voices: [{name: a, engine: piper, model: a.onnx}]", "voice a: the engine piper needs `program`"),
        ("voices: [{name: a, engine: http, url: 'ws://x/'}]", "voice a: `url` must begin with http"),
        ("voices: [{name: a, engine: sherpa}]", "voice a: the engine sherpa needs `model`"),
        ("voices: [{name: a, engine: espeak, rate: 10}]", "rate"),
        ("voices: [{name: a, engine: espeak}, {name: a, engine: espeak}]", "voice a is there twice"),
        ("voices: [{name: a, engine: http, url: 'http://x/', password_env: 'my key'}]", "must name an environment"),
        ("recognisers: [{name: a, engine: websocket, url: 'http://x/'}]", "must begin with ws:// or wss://"),
        ("recognisers: [{name: a, engine: vosk}]", "recogniser a: the engine vosk needs `model`"),
        ("recognisers: [{name: a, engine: pocketsphinx}]", "a model of English alone"),
    ],
)
def test_what_an_engine_needs_is_asked_for(part: str, words: str) -> None:
    with pytest.raises(CentreError) as caught:
        parse_centre(f"centre: {{name: 示例}}\n{part}\n".encode(), "centre.yaml")
    assert words in str(caught.value)
