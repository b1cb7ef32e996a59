"""The ready flows to begin from (`templates/flows`), and what they need beside them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

from yingda.ivr.running.documents import address, named
from yingda.ivr.voicexml import xml
from yingda.kernel.errors import YingdaError
from yingda.server.flows.service import Row, about

FOLDER: Final = Path(__file__).parents[4] / "templates" / "flows"
SHARED: Final = "common"
"""The root document of the others: nothing to begin from."""
EMPTY: Final = """<?xml version="1.0" encoding="UTF-8"?>
<vxml version="2.1" xmlns="http://www.w3.org/2001/vxml" xml:lang="{language}">
  <form id="main">
    <block>
      <prompt></prompt>
      <exit/>
    </block>
  </form>
</vxml>
"""


@lru_cache(maxsize=1)
def texts() -> dict[str, tuple[str, str]]:
    """(flow, tests) by name such as `zh/greeting.vxml`."""
    found = {}
    for path in sorted(FOLDER.glob("*/*.vxml")):
        tests = path.with_name(f"{path.stem}.test.yaml")
        name = path.relative_to(FOLDER).as_posix()
        found[name] = path.read_text("utf-8"), tests.read_text("utf-8") if tests.is_file() else ""
    return found


def listed() -> list[Row]:
    """What one may begin from."""
    rows = []
    for name, (text, _) in texts().items():
        if Path(name).stem != SHARED:
            language, description = about(text)
            rows.append({"template": name, "language": language, "description": description})
    return rows


def begun(template: str, name: str) -> dict[str, tuple[str, str]]:
    """(flow, tests) of a new document by its name, and of those without which it cannot run: its root document and
    what that leads to. Raises unknown_template."""
    if template not in texts():
        raise YingdaError("unknown_template", f"There is no ready flow {template}.", where="template")
    found: dict[str, tuple[str, str]] = {}
    waiting = [(template, name, True)]
    while waiting:
        source, target, first = waiting.pop()
        if target in found or source not in texts():
            continue
        found[target] = texts()[source]
        waiting += [(*pair, False) for pair in _needed(source, target, all_of_it=not first)]
    return found


def _needed(source: str, target: str, *, all_of_it: bool) -> Iterator[tuple[str, str]]:
    """(template, name here) of what a document points to: its root document, and all else if it is one itself."""
    root = xml.read(texts()[source][0], address(source))
    uris = [root.get("application")]
    if all_of_it:
        uris += [element.get("next") for element in root.walk() if element.tag == "goto"]
    for uri in uris:
        there, here = named(urljoin(address(source), uri)), named(urljoin(address(target), uri))
        if uri and not uri.startswith("#") and there is not None and here is not None:
            yield there, here
