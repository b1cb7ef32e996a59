"""Flow documents as the page sees them: those of the centre in force, their versions, and drafts of what is to come."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from yingda.ivr.voicexml import xml
from yingda.ivr.voicexml.xml import XmlError
from yingda.ivr.writing.gate import Draft as Judged
from yingda.ivr.writing.problems import pointed_at
from yingda.kernel.config import flow_versions
from yingda.kernel.config.centre import Centre, Flow, FlowDocument
from yingda.kernel.config.flow_versions import NEVER, PERSON, Written
from yingda.kernel.errors import YingdaError
from yingda.server.directory import Directory
from yingda.server.flows import drafts
from yingda.server.flows.drafts import Draft
from yingda.server.refusals import not_found

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Document:
    """One document: what is published of it, and what is being written. One of both is there."""

    document_id: str
    name: str
    published: FlowDocument | None
    version: Written | None
    draft: Draft | None

    @property
    def text(self) -> str:
        """What an author goes on from."""
        return self.draft.text if self.draft is not None else self.published.text if self.published else ""

    @property
    def tests(self) -> str:
        """The tests an author goes on from."""
        return self.draft.tests if self.draft is not None else self.published.tests if self.published else ""

    @property
    def number(self) -> int:
        """Of the version in force; NEVER for one that no caller can meet."""
        return self.version.number if self.published is not None and self.version is not None else NEVER


def documents(connection: sa.Connection, tenant: str, centre: Centre) -> list[Document]:
    """All documents by name."""
    latest, written = flow_versions.newest(connection, tenant), drafts.every(connection, tenant)
    found = [Document(one.id, one.name, one, latest.get(one.id), written.pop(one.id, None)) for one in centre.documents]
    found += [Document(one.document_id, one.name, None, latest.get(ident), one) for ident, one in written.items()]
    return sorted(found, key=lambda one: one.name)


def find(connection: sa.Connection, tenant: str, centre: Centre, document_id: str) -> Document:
    """One document. Raises not_found."""
    published = next((one for one in centre.documents if one.id == document_id), None)
    draft = drafts.read(connection, tenant, document_id)
    if published is None and draft is None:
        raise not_found("document")
    name = published.name if published is not None else draft.name if draft is not None else ""
    return Document(document_id, name, published, _latest(connection, tenant, document_id), draft)


def _latest(connection: sa.Connection, tenant: str, document_id: str) -> Written | None:
    return next(iter(flow_versions.history(connection, tenant, document_id)), None)


def shown(document: Document, directory: Directory) -> Row:
    """As the list tells it."""
    language, description = about(document.text)
    return {
        "document_id": document.document_id,
        "name": document.name,
        "language": language,
        "description": description,
        "published": version_row(document.version, directory) if document.published and document.version else None,
        "draft": _draft_row(document.draft, directory) if document.draft else None,
        "used_by": list(uses(directory.centre, document.name)),
    }


def version_row(version: Written, directory: Directory) -> Row:
    """A version with its author's name ("" for a file that was applied)."""
    author = directory.users.get(version.by.removeprefix(PERSON))
    row = asdict(version)
    del row["document_id"]
    return {**row, "by_name": author.display_name if author is not None else ""}


def _draft_row(draft: Draft, directory: Directory) -> Row:
    owner = directory.users.get(draft.owner)
    name = owner.display_name if owner is not None else ""
    head = {"owner": draft.owner, "owner_name": name}
    return {**head, "revision": draft.revision, "base": draft.base, "at": draft.at}


def uses(centre: Centre, name: str) -> Iterator[Row]:
    """What would miss a published document."""
    for flow in centre.flows:
        if flow.document == name:
            yield {"kind": "flow", "name": flow.name}
    for lookup in centre.lookups:
        if name in lookup.documents:
            yield {"kind": "lookup", "name": lookup.name}
    for other in centre.documents:
        if other.name != name and name in _pointed_at(other.text, other.name):
            yield {"kind": "document", "name": other.name}


def refuse_if_used(name: str, uses: Iterable[Row]) -> None:
    """Raises flow_in_use, which says by what."""
    users = ", ".join(f"{one['kind']} {one['name']}" for one in uses)
    if users:
        raise YingdaError("flow_in_use", f"{name} is used by: {users}.", where=users, todo="Change these first.")


def reached_from(centre: Centre, name: str) -> frozenset[str]:
    """The document and all that it leads to, in as many steps as there are."""
    texts, found, waiting = {one.name: one.text for one in centre.documents}, set[str](), [name]
    while waiting:
        here = waiting.pop()
        if here in texts and here not in found:
            found.add(here)
            waiting += _pointed_at(texts[here], here)
    return frozenset(found)


def leading_to(centre: Centre, name: str) -> Iterator[Flow]:
    """The flows whose documents lead there."""
    for flow in centre.flows:
        if flow.document and name in reached_from(centre, flow.document):
            yield flow


def names_of(connection: sa.Connection, tenant: str, centre: Centre, document: Document) -> frozenset[str]:
    """What the document is called and was called before, unless another one is called so now."""
    others = {one.name for one in centre.documents if one.id != document.document_id}
    versions = flow_versions.history(connection, tenant, document.document_id)
    return frozenset({document.name, *(one.name for one in versions)} - others)


def judged(centre: Centre) -> Mapping[str, Judged]:
    """The documents in force as the judge takes them."""
    return {one.name: Judged(one.name, one.text, one.tests) for one in centre.documents}


@lru_cache(maxsize=1_024)
def about(text: str) -> tuple[str, str]:
    """(language, description) of a document: its xml:lang and its <meta name="description">, "" without."""
    try:
        root = xml.read(text)
    except XmlError:
        found = re.search(r'xml:lang="([A-Za-z-]{2,16})"', text)  # while it is being written
        return (found[1] if found else ""), ""
    described = (meta.get("content") for meta in root.elements("meta") if meta.get("name") == "description")
    return root.get("xml:lang"), next(described, "")


@lru_cache(maxsize=1_024)
def _pointed_at(text: str, name: str) -> frozenset[str]:
    return pointed_at(text, name)
