"""The documents of flows on their way into the configuration: read from beside the YAML file, and checked.

A document that cannot run is never published: every mistake is told with its document, line and column.
"""

from __future__ import annotations

from pathlib import Path

from yingda.ivr.voicexml import checks, xml
from yingda.kernel.config.centre import Centre, FlowDocument
from yingda.kernel.errors import YingdaError


def with_documents(centre: Centre, folder: Path) -> Centre:
    """The centre with every document's text in it. folder: where `file` is looked for.

    Raises YingdaError `flow_document_missing`, `flow_documents` (all mistakes of all documents, a line each).
    """
    documents = [_read(document, folder) for document in centre.documents]
    problems = [line for document in documents for line in problems_of(document, centre.centre.language)]
    if problems:
        raise YingdaError("flow_documents", "These documents cannot run:\n" + "\n".join(problems))
    return centre.model_copy(update={"documents": documents})


def problems_of(document: FlowDocument, language: str) -> list[str]:
    """Every mistake of a document: where, and what was expected."""
    try:
        found = checks.check(xml.read(document.text, document.name, language))
    except YingdaError as error:
        return [f"{document.name}: {error.sentence}"]
    return [f"{document.name}, line {one.place.line}, column {one.place.column}: {one.sentence}" for one in found]


def _read(document: FlowDocument, folder: Path) -> FlowDocument:
    if document.file is None:
        return document
    path = (folder / document.file).resolve()
    try:
        if not path.is_relative_to(folder.resolve()):
            raise OSError(f"it lies outside of {folder}")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise YingdaError(
            "flow_document_missing",
            f"The document {document.name} cannot be read: {error}.",
            where=str(path),
            todo="Put the file beside the centre's file, or write the text into it.",
        ) from error
    return document.model_copy(update={"text": text, "file": None})
