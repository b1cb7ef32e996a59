"""The conformance tables: each case a document, what the caller does and what must be seen, named by section.

    - section: "5.3.4"
      says: what the recommendation asks for, in our words
      block: <log>…</log>          or `form:`, `body:` (inside <vxml>), `document:` (as it stands)
      do: [12#, silence]           see `rehearsal`
      see: [log a, exit]
      files: {name.vxml: …}        fetched below http://flows.example/; `body:`-like with a leading `<vxml>` only
      show: [listen]               kinds of lines shown besides the ordinary
      each: [[1, one], [2, two]]   the case once for each row, {0} and {1} replaced

Cases that begin with `refuse:` are documents that must be refused, with the code and place of the first problem.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import yaml

from tests.ivr.stage import HOME, stage
from yingda.ivr.script.engine import Value

FOLDER = Path(__file__).parent
OPENING = '<vxml version="2.1" xmlns="http://www.w3.org/2001/vxml" xml:lang="{language}">'

Raw: TypeAlias = "dict[str, object]"


@dataclass(frozen=True)
class Case:
    """One assertion."""

    name: str
    document: str
    do: list[str]
    see: list[str]
    language: str = "en"
    files: dict[str, str] = field(default_factory=dict)
    show: tuple[str, ...] = ()
    refuse: str = ""

    def run(self) -> list[str]:
        """What is seen."""
        files = {HOME: self.document} | {_address(name): text for name, text in self.files.items()}
        call = stage(files, SESSION, self.language)
        call.shown = call.shown | frozenset(self.show)
        return call.run(self.do)


SESSION: dict[str, Value] = {
    "connection": {
        "local": {"uri": "tel:95588"},
        "remote": {"uri": "tel:13812345678"},
        "protocol": {"name": "sip", "version": "2.0"},
        "redirect": [],
        "aai": "",
        "originator": "remote",
    }
}


def cases() -> list[Case]:
    """All cases of all tables."""
    found: list[Case] = []
    for path in sorted(FOLDER.glob("*.yaml")):
        for raw in yaml.safe_load(path.read_text("utf-8")):
            found.extend(_cases(path.stem, raw))
    return found


def _cases(table: str, raw: Raw) -> list[Case]:
    rows = raw.get("each") or [[]]
    assert isinstance(rows, list)
    return [_case(table, raw, [str(cell) for cell in (row if isinstance(row, list) else [row])]) for row in rows]


def _case(table: str, raw: Raw, row: list[str]) -> Case:
    def filled(value: object) -> str:
        text = "" if value is None else str(value)
        for index, cell in enumerate(row):
            text = text.replace(f"{{{index}}}", cell)
        return text

    def listed(key: str) -> list[str]:
        value = raw.get(key, [])
        return [filled(part) for part in (value if isinstance(value, list) else [value])]

    language = str(raw.get("language", "en"))
    name = f"{table} {raw['section']} {filled(raw['says'])}"
    raw_files = raw.get("files", {})
    assert isinstance(raw_files, dict)
    files = {key: _wrapped_file(filled(text), language) for key, text in raw_files.items()}
    document = _document(raw, filled, language)
    suffix = f" [{', '.join(row)}]" if row and "{" not in str(raw["says"]) else ""
    refuse = filled(raw.get("refuse"))
    return Case(name + suffix, document, listed("do"), listed("see"), language, files, tuple(listed("show")), refuse)


def _document(raw: Raw, filled: Callable[[object], str], language: str) -> str:
    if "document" in raw:
        return filled(raw["document"])
    body = filled(raw.get("body"))
    if "form" in raw:
        body += f"<form id='f'>{filled(raw['form'])}</form>"
    if "block" in raw:
        body += f"<form id='f'><block>{filled(raw['block'])}</block></form>"
    return f"{OPENING.format(language=language)}{body}</vxml>"


def _wrapped_file(text: str, language: str) -> str:
    """`<vxml …>` alone gets its namespace and version."""
    if text.startswith("<vxml"):
        return text.replace("<vxml", OPENING.format(language=language)[:-1], 1)
    return text


def _address(name: str) -> str:
    return name if "://" in name else f"http://flows.example/{name}"
