"""From a draft to what callers hear: judged, published as a version of the centre, told to call control.

The way is the one of `yingda apply`: the same judge, the same comparison, the same events, the same versions. A draft
that was made from another version than the one in force is refused, whoever published that one.
"""

from __future__ import annotations

from yingda.ivr.voicexml.model import Library
from yingda.ivr.writing import gate
from yingda.kernel.config.centre import Centre, FlowDocument
from yingda.kernel.errors import YingdaError
from yingda.kernel.store import reading, writing
from yingda.server.configuring import Hand
from yingda.server.flows import drafts, service
from yingda.server.flows.drafts import Draft
from yingda.server.flows.service import Document, Row


def publish(hand: Hand, document_id: str, revision: int, note: str, library: Library) -> Row:
    """The new version. Raises not_found, flow_draft_moved, flow_moved, flow_name_taken, flow_unchanged, flow_faulty,
    flow_tests_fail, config_stale."""
    house, tenant = hand.house, hand.viewer.tenant
    present = house.directory()
    centre = present.centre
    with reading(house.deps.store.business) as connection:
        document = service.find(connection, tenant, centre, document_id)
    draft = _ready(document, revision, centre)
    judged = gate.Draft(draft.name, draft.text, draft.tests)
    verdict = gate.judge(judged, service.judged(centre), centre.centre.language, library)
    if not verdict.passes:
        raise gate.refusal(judged, verdict)
    hand.apply(_with(centre, draft), present.version, note)
    with writing(house.deps.store.business) as connection:
        drafts.forget(connection, tenant, document_id, revision)
    hand.note("flow.published", f"document:{draft.name}")
    directory = house.directory()
    with reading(house.deps.store.business) as connection:
        published = service.find(connection, tenant, directory.centre, document_id)
    assert published.version is not None
    return service.version_row(published.version, directory)


def remove(hand: Hand, document_id: str, number: int, revision: int) -> bool:
    """Take a document out of the centre, with its draft; its versions stay. Whether callers could meet it.

    number, revision: of the version in force and of the draft that its remover looked at. Raises not_found,
    flow_moved, flow_draft_moved, flow_in_use (says where), config_stale.
    """
    house, tenant = hand.house, hand.viewer.tenant
    present = house.directory()
    centre = present.centre
    with reading(house.deps.store.business) as connection:
        document = service.find(connection, tenant, centre, document_id)
    as_seen(document, number, revision)
    if document.published is not None:
        service.refuse_if_used(document.name, service.uses(centre, document.name))
        kept = [one for one in centre.documents if one.id != document_id]
        hand.apply(centre.model_copy(update={"documents": kept}), present.version)
    if document.draft is not None:
        with writing(house.deps.store.business) as connection:
            drafts.forget(connection, tenant, document_id, document.draft.revision)
    hand.note("flow.removed", f"document:{document.name}")
    return document.published is not None


def as_seen(document: Document, number: int, revision: int) -> None:
    """Refuses flow_moved, flow_draft_moved: somebody has changed it since it was looked at."""
    if document.number != number:
        raise _moved(document, "you opened it", "Open it again and look at what it says now.")
    if (document.draft.revision if document.draft is not None else drafts.NONE_YET) != revision:
        raise drafts.moved()


def _ready(document: Document, revision: int, centre: Centre) -> Draft:
    """The draft, if it is the one that its author saw, and made from what is in force."""
    draft = document.draft
    if draft is None or draft.revision != revision:
        raise drafts.moved()
    if draft.base != document.number:
        raise _moved(document, "this draft was begun", "Look at the difference, and save the draft upon that version.")
    if document.published is None and any(one.name == draft.name for one in centre.documents):
        raise drafts.name_taken(draft.name)
    if document.published is not None and (document.published.text, document.published.tests) == (
        draft.text,
        draft.tests,
    ):
        raise YingdaError("flow_unchanged", f"The draft says what version {document.number} says.")
    return draft


def _moved(document: Document, since: str, todo: str) -> YingdaError:
    happened = f"version {document.number} was published" if document.number else "it was taken away"
    words = f"{document.name} is not what it was when {since}: {happened}."
    return YingdaError("flow_moved", words, where=document.name, todo=todo)


def _with(centre: Centre, draft: Draft) -> Centre:
    mine = FlowDocument(id=draft.document_id, name=draft.name, text=draft.text, tests=draft.tests)
    others = [mine if one.id == draft.document_id else one for one in centre.documents]
    return centre.model_copy(update={"documents": others if mine in others else [*others, mine]})
