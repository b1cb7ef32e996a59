"""The ready flows: every document in order, every scripted test of theirs true, both languages alike."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.ivr.stage import LIBRARY
from yingda.ivr.running.documents import address
from yingda.ivr.script.engine import Value
from yingda.ivr.script.quickjs_engine import QuickJs
from yingda.ivr.voicexml.checks import check
from yingda.ivr.voicexml.rehearsal import Rehearsal
from yingda.ivr.voicexml.xml import read

ROOT = Path(__file__).parents[2] / "templates" / "flows"
CALLER: dict[str, Value] = {"connection": {"remote": {"uri": "tel:13812345678"}, "local": {"uri": "tel:95588"}}}
FILES = {address(str(path.relative_to(ROOT))): path.read_text("utf-8") for path in sorted(ROOT.glob("*/*.vxml"))}
TESTS = [
    (path, test) for path in sorted(ROOT.glob("*/*.test.yaml")) for test in yaml.safe_load(path.read_text("utf-8"))
]


@pytest.mark.parametrize("uri", FILES)
def test_document_is_in_order(uri: str) -> None:
    assert check(read(FILES[uri], uri)) == []


@pytest.mark.parametrize(("path", "test"), TESTS, ids=[f"{path.parent.name} {test['says']}" for path, test in TESTS])
def test_flow(path: Path, test: dict[str, object]) -> None:
    start = address(f"{path.parent.name}/{path.name.removesuffix('.test.yaml')}.vxml")
    session, steps = test.get("session", {}), test.get("do", [])
    assert isinstance(session, dict)
    assert isinstance(steps, list)
    call = Rehearsal(start, FILES, LIBRARY, QuickJs(), CALLER | session, path.parent.name)
    assert call.run(steps) == test["see"]


def test_both_languages_have_the_same_flows_and_tests() -> None:
    names = {language: sorted(path.name for path in (ROOT / language).iterdir()) for language in ("zh", "en")}
    assert names["zh"] == names["en"]
    flows = [name.removesuffix(".vxml") for name in names["zh"] if name.endswith(".vxml")]
    assert len(flows) >= 12
    assert all(f"{name}.test.yaml" in names["zh"] for name in flows if name != "common")
