"""Rehearsals with what all tests share: one library, an address to begin at."""

from __future__ import annotations

from yingda.ivr.script.engine import Value
from yingda.ivr.script.quickjs_engine import QuickJs
from yingda.ivr.voicexml.model import Library
from yingda.ivr.voicexml.rehearsal import Rehearsal

HOME = "http://flows.example/start.vxml"
LIBRARY = Library()


def stage(files: dict[str, str], session: dict[str, Value] | None = None, language: str = "en") -> Rehearsal:
    """A call to the flow at HOME, one of `files`."""
    return Rehearsal(HOME, files, LIBRARY, QuickJs(), session or {}, language)
