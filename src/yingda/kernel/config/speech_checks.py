"""What an engine of speech needs besides its name, before a centre is saved. Works on plain data, like `checks`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from yingda.kernel.config.document import Document, parts
from yingda.kernel.config.problems import Path, Problem, describe

NEEDS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("voices", "piper"): ("model", "program"),
    ("voices", "sherpa"): ("model",),
    ("voices", "http"): ("url",),
    ("recognisers", "sherpa"): ("model",),
    ("recognisers", "vosk"): ("model",),
    ("recognisers", "websocket"): ("url",),
    ("recognisers", "http"): ("url",),
}
SCHEMES: Mapping[str, tuple[str, ...]] = {"http": ("http://", "https://"), "websocket": ("ws://", "wss://")}
ENGLISH_ONLY = "pocketsphinx"


def check(document: Document) -> list[Problem]:
    """Every problem of voices and recognisers in `document` (a Centre as plain data)."""
    return [
        problem
        for kind in ("voices", "recognisers")
        for path, part in parts(document, kind)
        for problem in _one(document, kind, path, part)
    ]


def _one(document: Document, kind: str, path: Path, part: Mapping[str, Any]) -> Iterator[Problem]:
    engine, who = str(part.get("engine")), describe(document, path)
    for field in NEEDS.get((kind, engine), ()):
        if not part.get(field):
            yield Problem(path, "config_value", f"{who}: the engine {engine} needs `{field}`")
    schemes, url = SCHEMES.get(engine), part.get("url")
    if schemes and isinstance(url, str) and url and not url.startswith(schemes):
        yield Problem((*path, "url"), "config_value", f"{who}: `url` must begin with {' or '.join(schemes)}")
    if engine == ENGLISH_ONLY and not part.get("model") and part.get("language", "zh") != "en":
        words = f"{who}: {engine} brings a model of English alone; give another `model`, or `language: en`"
        yield Problem(path, "config_value", words)
