"""The conformance tables through the real interpreter, and what they cover of the catalogue."""

from __future__ import annotations

import re

import pytest
from tools.voicexml_states import PAGE, page

from tests.ivr.conformance.runner import Case, cases
from tests.ivr.stage import HOME
from yingda.ivr.voicexml.catalogue import KINDS
from yingda.ivr.voicexml.checks import CHINESE, SENTENCES, FlowError, read_checked
from yingda.ivr.voicexml.model import compile_document
from yingda.ivr.voicexml.xml import XmlError, read
from yingda.kernel.errors import YingdaError

CASES = cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Case) -> None:
    if case.refuse:
        code, _, place = case.refuse.partition(" ")
        with pytest.raises(YingdaError) as refused:
            read_checked(case.document, HOME, case.language)
        assert refused.value.code == code
        assert not place or refused.value.where == f"{HOME}:{place}"
    else:
        assert case.run() == case.see


def test_there_are_enough_assertions() -> None:
    assert len(CASES) >= 400
    assert len({case.name for case in CASES}) == len(CASES)


def test_every_element_and_attribute_is_asserted() -> None:
    used: set[tuple[str, str]] = set()
    for case in CASES:
        for text in (case.document, *case.files.values()):
            if case.refuse or not text.lstrip().startswith("<"):
                continue
            try:
                root = read(text)
            except XmlError:
                continue
            for element in root.walk():
                used.add((element.tag, ""))
                used |= {(element.tag, name) for name in element.attributes}
    wanted = {(tag, "") for tag in KINDS} | {(tag, name) for tag, kind in KINDS.items() for name in kind.attributes}
    missing = sorted(f"{tag}@{name}" if name else tag for tag, name in wanted - used)
    assert missing == []


def test_sections_are_those_of_the_recommendations() -> None:
    for case in CASES:
        assert re.match(r"\w+ ([1-6](\.\d+)*|[A-P]|2\.1:\d(\.\d+)*|SRGS \S+|SISR \S+|SSML \S+) ", case.name), case.name


def test_problems_speak_chinese_and_english() -> None:
    assert CHINESE.keys() == SENTENCES.keys()
    with pytest.raises(FlowError):
        compile_document("<vxml version='2.1' xmlns='http://www.w3.org/2001/vxml'><nothing/></vxml>", HOME)


def test_the_page_lists_what_the_code_has() -> None:
    text = PAGE.read_text("utf-8")
    assert text == page(text), "run python tools/voicexml_states.py"
    for tag, kind in KINDS.items():
        assert f"| `{tag}` |" in text
        assert all(name in text for name in kind.attributes)
