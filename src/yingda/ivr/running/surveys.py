"""Objects that keep an answer of a survey: `survey:QUESTION` (metrics.md section 3, survey.ended)."""

from __future__ import annotations

from typing import Final

from yingda.calls.attached import plain
from yingda.calls.flow_protocol import Rated, Start
from yingda.ivr.voicexml.effects import Invoke
from yingda.ivr.voicexml.inputs import ObjectEnded

SURVEY: Final = "survey:"
"""The rest of the address is the question."""


def rated_by(effect: Invoke, start: Start) -> tuple[Rated | None, ObjectEnded]:
    """An answer of the survey that an agent sent the caller to: `score`, a number, or `answer`, a text; and what the
    flow is told of it."""
    given = dict(effect.parameters)
    value, sent = given.get("score", given.get("answer")), start.session.get("sent") or {}
    if not sent.get("survey"):
        return None, _refused(effect, "survey_none", "No agent has sent this caller to a survey.")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None, _refused(effect, "survey_answer", "A survey takes a score (a number) or an answer (a text).")
    rated = Rated(question=effect.uri.removeprefix(SURVEY)[:64], answer=plain({"": value})[""])
    return rated, ObjectEnded(effect.request, True)


def _refused(effect: Invoke, code: str, sentence: str) -> ObjectEnded:
    return ObjectEnded(effect.request, None, f"error.object.{code}", sentence)
