"""What writing a flow needs: words in both languages for faults, help for elements, files and page in step."""

from __future__ import annotations

from pathlib import Path

import pytest

from yingda.ivr.voicexml import checks
from yingda.ivr.voicexml.catalogue import KINDS
from yingda.ivr.voicexml.model import Library
from yingda.ivr.voicexml.values import SHAPES
from yingda.ivr.writing import chinese, problems, scripts
from yingda.ivr.writing.gate import Draft, judge
from yingda.ivr.writing.help import HELP
from yingda.ivr.writing.playing import Scene, play
from yingda.ivr.writing.scripts import Line
from yingda.kernel.config import versions
from yingda.kernel.errors import YingdaError
from yingda.kernel.store import Store, open_store, reading, writing
from yingda.planes.applying import apply

FLOW = """<vxml version="2.1" xmlns="http://www.w3.org/2001/vxml" xml:lang="en">
<form id="main"><block>{words}<exit/></block></form></vxml>"""
CENTRE = """
centre: {name: test}
documents: [{name: hello.vxml, file: hello.vxml}]
queues: [{name: main}]
flows: [{name: hello, document: hello.vxml, queue: main}]
"""


def test_every_fault_is_told_in_both_languages() -> None:
    assert checks.SENTENCES.keys() == checks.CHINESE.keys()
    assert problems.ENGLISH.keys() == problems.CHINESE.keys()
    assert [words for _, words in SHAPES.values() if words not in chinese.EXPECTED] == []


def test_every_element_has_a_line_of_help() -> None:
    assert HELP.keys() == KINDS.keys()


@pytest.mark.parametrize(
    ("text", "line", "column", "zh"),
    [
        ("<vxml>\n<form></vxml>", 2, 9, "XML 有误：结束标记与开始标记不一致；应为：格式正确的 XML。"),
        (FLOW.format(words="<wait/>"), 2, 24, "此处不允许元素 <wait>；"),
        (
            FLOW.format(words='<prompt timeout="soon"/>'),
            2,
            24,
            'timeout="soon" 的值不合要求；应为：时间，如 5s',
        ),
        (FLOW.format(words='<if cond="a ==">x</if>'), 2, 24, 'cond="a ==" 中的脚本无法识别；'),
    ],
)
def test_a_fault_has_its_place_and_a_chinese_sentence(text: str, line: int, column: int, zh: str) -> None:
    (found,) = problems.check_flow(text, "a.vxml", {"a.vxml"})
    assert (found.line, found.column, found.severity) == (line, column, "error")
    assert found.zh.startswith(zh)


def test_scripts_keep_the_lines_of_their_steps() -> None:
    text = '- says: one\n  do:\n    - "1#"\n    - silence\n  see: [exit]\n- says: one\n  see: []\n'
    found, wrong = scripts.read(text)
    assert [(step.text, step.line) for step in found[0].do] == [("1#", 3), ("silence", 4)]
    assert [(one.code, one.line) for one in wrong] == [("tests_twice", 6)]


def test_a_loop_between_documents_is_a_fault_of_its_step() -> None:
    text = FLOW.format(words='<goto next="a.vxml"/>')
    (arrival,) = play(Scene("a.vxml", {"a.vxml": text}), [Line("1", 1)], {}, Library())[:1]
    assert arrival.fault or arrival.seen


def test_a_draft_that_breaks_another_document_does_not_pass() -> None:
    leaning = Draft("b.vxml", FLOW.format(words='<goto next="a.vxml"/>'), "- says: leads\n  see: [play old, exit]\n")
    old, new = Draft("a.vxml", FLOW.format(words="old")), Draft("a.vxml", FLOW.format(words="new"))
    centre = {"a.vxml": old, "b.vxml": leaning}
    assert judge(old, centre, "en", Library()).passes
    assert [name for name, _ in judge(new, centre, "en", Library()).failed] == ["b.vxml"]


# files and page in step


def centre_in(folder: Path, words: str, tests: str = "") -> Path:
    (folder / "hello.vxml").write_text(FLOW.format(words=words), "utf-8")
    (folder / "hello.test.yaml").write_text(tests, "utf-8")
    (folder / "centre.yaml").write_text(CENTRE, "utf-8")
    return folder / "centre.yaml"


def publish_on_page(store: Store, words: str) -> None:
    with writing(store.business) as connection:
        version = versions.current(connection)
        assert version is not None
        (document,) = version.centre.documents
        changed = [document.model_copy(update={"text": FLOW.format(words=words)})]
        centre = version.centre.model_copy(update={"documents": changed})
        versions.publish(connection, centre, version.version, "user:somebody", version.at + 1)


def in_force(store: Store) -> str:
    with reading(store.business) as connection:
        version = versions.current(connection)
    assert version is not None
    return version.centre.documents[0].text


def test_a_file_does_not_undo_what_was_published_on_the_page(tmp_path: Path) -> None:
    file, data = centre_in(tmp_path, "from the file"), tmp_path / "data"
    apply(data, None, file)
    store = open_store(data)
    publish_on_page(store, "from the page")
    with pytest.raises(YingdaError, match=r"hello\.vxml \(version 2\)") as caught:
        apply(data, None, file)
    assert caught.value.code == "flow_written_elsewhere"
    assert in_force(store) == FLOW.format(words="from the page")
    apply(data, None, centre_in(tmp_path, "from the page"))  # it knows what the page says
    apply(data, None, centre_in(tmp_path, "from the file"), overwrite=True)
    assert in_force(store) == FLOW.format(words="from the file")
    store.close()


def test_a_file_whose_tests_fail_is_not_applied(tmp_path: Path) -> None:
    file = centre_in(tmp_path, "hello", "- says: greets\n  do: []\n  see: [play good day, exit]\n")
    with pytest.raises(YingdaError, match="greets: expected 'play good day', seen 'play hello'") as caught:
        apply(tmp_path / "data", None, file)
    assert caught.value.code == "flow_tests_fail"
