"""Words of the ledger that reach a screen have a Chinese and an English one: none is shown as its code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tools import client_types

from yingda.kernel.ledger import kinds
from yingda.recordings.reconcile import Kind
from yingda.reports import quarters

SOURCES = Path(__file__).resolve().parents[2] / "src" / "yingda"
TABLES = Path(__file__).resolve().parents[2] / "web" / "src" / "i18n"
SHOWN = {
    "outcome": {*quarters.CONTACT_OUTCOMES, *kinds.QUEUE_OUTCOMES},
    "offer_outcome": set(kinds.OFFER_OUTCOMES),
    "direction": set(kinds.DIRECTIONS),
    "medium": set(kinds.MEDIA),
    "party": {*kinds.PARTIES, *kinds.ENDED_BY},
    "cause": set(kinds.QUEUE_CAUSES),
    "attempt": set(kinds.ATTEMPT_RESULTS),
    "state": {*kinds.AGENT_STATES, *kinds.NO_SESSION},
}


def words_of(table: str, part: str) -> set[str]:
    """The codes that a part of a language's table has words for."""
    text = (TABLES / table).read_text(encoding="utf-8")
    found = re.search(rf"^  {part}: \{{(.*?)\}},$", text, re.MULTILINE | re.DOTALL)
    assert found is not None, f"{table} has no part {part}"
    return set(re.findall(r"(\w+): \"[^\"]+\"", found[1]))


SENTENCES_NOT_SHOWN = {
    "a client would have to be faulty": {
        *("bad_command", "bad_medium", "bad_outcome", "bad_priority", "bad_request", "bad_result", "bad_sign_out"),
        *("already_queued", "method_not_allowed", "too_few_agents", "closed"),
    },
    "a phone is told so in SIP": {"call_over", "not_entitled", "not_now", "no_channel", "outside_number"},
    "a flow is told so": {"recording_failed", "unsupported_uri"},
    "a plane does not start": {"bad_state"},
}
"""Codes of refusals that no screen shows, by the reason. The others have a Chinese sentence."""


def test_every_refusal_that_a_screen_shows_has_a_chinese_sentence() -> None:
    told, hidden = words_of("zh.ts", "refusal"), set.union(*SENTENCES_NOT_SHOWN.values())
    codes = set(client_types.refusal_codes())
    assert sorted(codes - told - hidden) == [], "write it in web/src/i18n/zh.ts"
    assert sorted(hidden - codes) == [] and sorted(hidden & told) == []


def alarm_kinds() -> set[str]:
    """Every kind of alarm that a plane raises."""
    named = re.compile(r"""\b_?[aA]larm\(\s*"([a-z_]+)"|^ALARM\b[^"\n]*"([a-z_]+)\"""", re.MULTILINE)
    sources = (path.read_text(encoding="utf-8") for path in SOURCES.rglob("*.py"))
    found = {one or other for text in sources for one, other in named.findall(text)}
    return found | {f"recordings_{kind}" for kind in [*Kind, "space"]}


def test_every_alarm_has_a_chinese_sentence() -> None:
    assert {"trunk_down", "site_silent", "ledger_full"} <= alarm_kinds()
    assert alarm_kinds() == words_of("zh.ts", "alarm"), "write it in web/src/i18n/zh.ts"


@pytest.mark.parametrize("table", ["zh.ts", "en.ts"])
@pytest.mark.parametrize("part", sorted(SHOWN))
def test_every_code_has_a_word(table: str, part: str) -> None:
    assert sorted(SHOWN[part] - words_of(table, part)) == []
