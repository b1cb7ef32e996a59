"""The documents of flows on their way into the configuration: read from beside the YAML file, checked and rehearsed.

A document that cannot run, or whose scripted tests fail, is never published: every mistake is told with its document,
line and column. The page on which flows are written asks the same judge (server/flows).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from yingda.ivr.voicexml.model import Library
from yingda.ivr.writing.gate import Draft, findings_of, judge, refusal
from yingda.kernel.config.centre import Centre, FlowDocument
from yingda.kernel.errors import YingdaError

TESTS = ".test.yaml"
"""What the tests of `greeting.vxml` are called beside it: `greeting.test.yaml`."""


def with_documents(centre: Centre, folder: Path) -> Centre:
    """The centre with every document's text in it. folder: where `file` is looked for.

    Raises YingdaError `flow_document_missing`, `flow_documents` (all mistakes of all documents, a line each).
    """
    documents = [_read(document, folder) for document in centre.documents]
    names = {document.name for document in documents}
    problems = [line for document in documents for line in problems_of(document, names)]
    if problems:
        raise YingdaError("flow_documents", "These documents cannot run:\n" + "\n".join(problems))
    return centre.model_copy(update={"documents": documents})


def problems_of(document: FlowDocument, names: Collection[str]) -> list[str]:
    """Every mistake of a document: where, and what was expected. names: of all documents of the centre."""
    found = findings_of(_draft(document), names)
    return [
        f"{document.name}, line {one.line}, column {one.column}: {one.en}" for one in found if one.severity == "error"
    ]


def rehearse(centre: Centre, present: Centre | None) -> None:
    """Run the tests of the documents that differ from those in force. Raises YingdaError `flow_tests_fail`."""
    drafts = {document.name: _draft(document) for document in centre.documents}
    known = {document.name: _draft(document) for document in present.documents} if present is not None else {}
    library = Library()
    for name, draft in drafts.items():
        if known.get(name) != draft:
            _rehearse(draft, drafts, centre.centre.language, library)


def _rehearse(draft: Draft, drafts: Mapping[str, Draft], language: str, library: Library) -> None:
    verdict = judge(draft, drafts, language, library)
    if not verdict.passes:
        raise refusal(draft, verdict)


def _draft(document: FlowDocument) -> Draft:
    return Draft(document.name, document.text, document.tests)


def _read(document: FlowDocument, folder: Path) -> FlowDocument:
    if document.file is None:
        return document
    path = (folder / document.file).resolve()
    beside = path.with_name(path.name.removesuffix(".vxml") + TESTS)
    try:
        if not path.is_relative_to(folder.resolve()):
            raise OSError(f"it lies outside of {folder}")
        text = path.read_text(encoding="utf-8")
        tests = beside.read_text(encoding="utf-8") if beside.is_file() else document.tests
    except (OSError, UnicodeDecodeError) as error:
        raise YingdaError(
            "flow_document_missing",
            f"The document {document.name} cannot be read: {error}.",
            where=str(path),
            todo="Put the file beside the centre's file, or write the text into it.",
        ) from error
    return document.model_copy(update={"text": text, "tests": tests, "file": None})
