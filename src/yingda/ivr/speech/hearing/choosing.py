"""The recognisers of a configuration, by language, in its order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from yingda.ivr.speech.hearing.http import HttpRecogniser
from yingda.ivr.speech.hearing.local import LocalRecogniser
from yingda.ivr.speech.hearing.recogniser import Recogniser
from yingda.ivr.speech.hearing.websocket import WebSocketRecogniser
from yingda.kernel.config import speech


def recognisers_of(
    configured: Iterable[speech.Recogniser], keys: Mapping[str, str], models: Path
) -> dict[str, list[Recogniser]]:
    """Language → recognisers, best first. keys: by recogniser id. models: where relative model paths begin."""
    found: dict[str, list[Recogniser]] = {}
    for one in configured:
        found.setdefault(one.language, []).append(_engine(one, keys.get(one.id, ""), models))
    return found


def _engine(one: speech.Recogniser, key: str, models: Path) -> Recogniser:
    match one.engine:
        case "websocket":
            return WebSocketRecogniser(one.name, one.url, key, one.rate, one.timeout_s)
        case "http":
            return HttpRecogniser(one.name, one.url, key, one.rate, one.timeout_s)
        case _:
            model = str(models / one.model) if one.model else ""
            return LocalRecogniser(one.name, one.engine, model, one.rate, one.timeout_s)
