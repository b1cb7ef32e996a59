"""The pages on trunks say what is so: every example goes through the checks of the configuration."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from yingda.kernel.config.apply import Target, apply_centre
from yingda.kernel.config.trunks import Trunk
from yingda.kernel.config.yaml_file import parse_centre, read_centre
from yingda.kernel.store import migrate, open_store

DOCS = Path(__file__).parents[2] / "docs" / "trunks"
EXAMPLES = sorted((DOCS / "examples").glob("*.yaml"))
REST = {
    "centre": "centre: {name: Example}",
    "queues": "queues: [{name: sales}]",
    "flows": "flows: [{name: main, queue: sales}]",
}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_a_whole_centre(path: Path) -> None:
    centre = read_centre(path)
    assert centre.trunks and centre.numbers


@pytest.mark.parametrize("path", sorted(DOCS.glob("*.md")), ids=lambda path: path.stem)
def test_what_stands_on_a_page_can_be_applied(path: Path) -> None:
    text = path.read_text()
    for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL):
        missing = [part for key, part in REST.items() if not re.search(rf"^{key}:", block, re.MULTILINE)]
        parse_centre("\n".join([*missing, block]).encode())
    for link in re.findall(r"\]\(([\w./-]+)\)", text):
        assert (DOCS / link).exists(), link


def test_every_field_of_a_trunk_is_explained() -> None:
    pages = "".join(path.read_text() for path in DOCS.glob("*.md"))
    unsaid = [name for name in Trunk.model_fields if name not in ("id", "name") and f"`{name}" not in pages]
    assert [name for name in unsaid if f"{name}:" not in pages] == []


def test_the_difference_is_shown_before_it_is_applied(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    migrate(store)
    target = Target(store=store, append=lambda events: None, pseudonym=lambda kind, value: value)
    text = (DOCS / "examples" / "two-carriers.yaml").read_text()
    apply_centre(parse_centre(text.encode()), target, 1)
    changed = text.replace("weight: 70", "weight: 50").replace("hosts: [192.0.2.30]", 'hosts: ["srv:example.com"]')
    changed = changed.replace("forbids: []", "forbids: [premium]").replace('["00", "+"]', '["00"]')
    shown = apply_centre(parse_centre(changed.encode()), target, 2, dry_run=True).lines
    store.close()
    assert [line.partition(":")[0] for line in shown] == [
        "~ trunk 备用", "~ trunk_group 主备", "~ route 国际", "~ service_class 全部",
    ]  # fmt: skip
    assert "hosts [192.0.2.30] → [srv:example.com]" in shown[0] and "weight: 50" in shown[1]
