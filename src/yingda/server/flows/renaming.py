"""Another name for a flow document: its flows and grants follow, its versions stay; what names it in a text stands in
the way, since nobody rewrites what an author has written.
"""

from __future__ import annotations

from yingda.ivr.writing.problems import pointed_at
from yingda.kernel.config.centre import Centre
from yingda.kernel.errors import YingdaError
from yingda.kernel.store import reading, writing
from yingda.server.configuring import Hand
from yingda.server.flows import drafts, publishing, service
from yingda.server.flows.service import Document


def rename(hand: Hand, document_id: str, name: str, number: int, revision: int) -> bool:
    """Give the document this name, in force and in its draft. Whether callers could meet it.

    number, revision: of the version in force and of the draft that was looked at. Raises not_found, flow_moved,
    flow_draft_moved, flow_name_taken, flow_in_use (says where), flow_points_elsewhere, config_stale.
    """
    house, tenant = hand.house, hand.viewer.tenant
    present = house.directory()
    with reading(house.deps.store.business) as connection:
        document = service.find(connection, tenant, present.centre, document_id)
        taken = {one.name for one in service.documents(connection, tenant, present.centre)}
    publishing.as_seen(document, number, revision)
    if name == document.name:
        return False
    if name in taken:
        raise drafts.name_taken(name)
    _refuse_where_named(present.centre, document, name)
    if document.published is not None:
        hand.apply(renamed(present.centre, document, name), present.version, f"{document.name} → {name}")
    if document.draft is not None:
        centre = house.directory().centre
        with writing(house.deps.store.business) as connection:
            base = document.draft.base
            if base == document.number:  # it goes on upon the version that has the new name
                base = service.find(connection, tenant, centre, document_id).number
            drafts.rename(connection, tenant, document_id, name, base)
    hand.note("flow.renamed", f"document:{document.name} → {name}")
    return document.published is not None


def _refuse_where_named(centre: Centre, document: Document, name: str) -> None:
    """Texts that would no longer find what they name: others' that name this one, and its own relative addresses."""
    uses = service.uses(centre, document.name)
    service.refuse_if_used(document.name, (one for one in uses if one["kind"] == "document"))
    texts = {document.text, document.published.text if document.published is not None else document.text}
    if any(pointed_at(text, document.name) != pointed_at(text, name) for text in texts):
        words = f"As {name} it would not find what it names itself."
        todo = "Keep it in its folder, and let it name its own dialogs by #."
        raise YingdaError("flow_points_elsewhere", words, where=document.name, todo=todo)


def renamed(centre: Centre, document: Document, name: str) -> Centre:
    """The centre with the document under this name, wherever it is referred to."""
    old = document.name
    documents = [
        one.model_copy(update={"name": name}) if one.id == document.document_id else one for one in centre.documents
    ]
    flows = [one.model_copy(update={"document": name}) if one.document == old else one for one in centre.flows]
    lookups = [
        one.model_copy(update={"documents": [name if each == old else each for each in one.documents]})
        for one in centre.lookups
    ]
    return centre.model_copy(update={"documents": documents, "flows": flows, "lookups": lookups})
