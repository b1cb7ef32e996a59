"""/flows: the documents, their drafts and versions, and publication. Every change stands in the audit log."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from yingda.kernel.config import flow_versions
from yingda.kernel.config.flow_versions import NEVER, Text
from yingda.kernel.ids import new_id
from yingda.kernel.store import reading, writing
from yingda.server import audit
from yingda.server.configuring import hand_of, tell_control
from yingda.server.deps import Address, House, InHouse, SignedIn
from yingda.server.flows import drafts, publishing, renaming, service, templates
from yingda.server.flows.differences import AROUND, diff
from yingda.server.flows.drafts import NONE_YET, Author, Draft
from yingda.server.flows.schemas import (
    LONGEST_TEXT,
    DiffOut,
    DocumentNew,
    DocumentOut,
    DocumentText,
    DraftIn,
    Published,
    PublishIn,
    RenameIn,
    ReturnIn,
    VersionOut,
    VersionText,
)
from yingda.server.flows.service import Document, Row
from yingda.server.flows.trying import studio_of
from yingda.server.refusals import documented, not_found
from yingda.server.sessions.viewer import Viewer

router = APIRouter(prefix="/flows", tags=["flows"], responses=documented(404))
Id = Annotated[str, Path(max_length=36)]
Number = Annotated[int, Path(ge=1, le=2**53)]
VXML = "application/voicexml+xml"
FILE: dict[int | str, dict[str, Any]] = {200: {"content": {VXML: {"schema": {"type": "string"}}}}}


@router.get("", response_model=list[DocumentOut], summary="All flow documents, or those that a word fits")
def list_flow_documents(house: InHouse, viewer: SignedIn, q: Annotated[str, Query(max_length=64)] = "") -> list[Row]:
    directory, word = house.directory(), q.strip().lower()
    with reading(house.deps.store.business) as connection:
        found = service.documents(connection, viewer.tenant, directory.centre)
    rows = [service.shown(one, directory) for one in found]
    return [row for row in rows if word in f"{row['name']} {row['description']}".lower()]


@router.post("", response_model=DocumentText, status_code=201, responses=documented(409), summary="A new document")
def create_flow_document(order: DocumentNew, house: InHouse, viewer: SignedIn, address: Address) -> Row:
    """With a template come the documents without which it cannot run, where there are none of these names."""
    begun = {order.name: (order.text or templates.EMPTY.format(language=order.language), order.tests)}
    if order.template:
        begun = templates.begun(order.template, order.name)
    ids = {name: new_id() for name in begun}
    author = Author(viewer.tenant, viewer.user_id, house.deps.clock.now())
    with writing(house.deps.store.business) as connection:
        taken = {one.name for one in service.documents(connection, viewer.tenant, house.directory().centre)}
        if order.name in taken:
            raise drafts.name_taken(order.name)
        for name in begun.keys() - taken:
            drafts.save(connection, author, _draft(ids[name], name, Text(*begun[name]), NONE_YET, NEVER))
        deed = audit.Deed(viewer.who, "flow.begun", f"document:{order.name}", address)
        audit.write(connection, viewer.tenant, author.now, deed)
    return _whole(house, viewer, ids[order.name])


@router.get("/{document_id}", response_model=DocumentText, summary="One document, as its author goes on from it")
def read_flow_document(document_id: Id, house: InHouse, viewer: SignedIn) -> Row:
    return _whole(house, viewer, document_id)


@router.delete(
    "/{document_id}", status_code=204, responses=documented(409), summary="Take a document away that nothing uses"
)
async def delete_flow_document(
    document_id: Id,
    house: InHouse,
    viewer: SignedIn,
    address: Address,
    request: Request,
    number: Annotated[int, Query(ge=0, le=2**53, description="the version in force as it was seen; 0: none")],
    revision: Annotated[int, Query(ge=0, le=2**53, description="of the draft as it was seen; 0: none")],
) -> None:
    hand = hand_of(house, viewer, address, request)
    if await run_in_threadpool(publishing.remove, hand, document_id, number, revision):
        await tell_control(house)


@router.put(
    "/{document_id}/name",
    response_model=DocumentText,
    responses=documented(409),
    summary="Rename a document; flows and grants follow, its versions stay",
)
async def rename_flow_document(
    document_id: Id, order: RenameIn, house: InHouse, viewer: SignedIn, address: Address, request: Request
) -> Row:
    hand = hand_of(house, viewer, address, request)
    if await run_in_threadpool(renaming.rename, hand, document_id, order.name, order.number, order.revision):
        await tell_control(house)
    return await run_in_threadpool(_whole, house, viewer, document_id)


# ---- drafts --------------------------------------------------------------------------------------------------------


@router.put("/{document_id}/draft", response_model=DocumentText, responses=documented(409), summary="Save the draft")
def save_flow_draft(document_id: Id, order: DraftIn, house: InHouse, viewer: SignedIn) -> Row:
    with writing(house.deps.store.business) as connection:
        document = service.find(connection, viewer.tenant, house.directory().centre, document_id)
        author, text = Author(viewer.tenant, viewer.user_id, house.deps.clock.now()), Text(order.text, order.tests)
        drafts.save(connection, author, _draft(document_id, document.name, text, order.revision, order.base))
    return _whole(house, viewer, document_id)


@router.delete("/{document_id}/draft", status_code=204, responses=documented(409), summary="Let the draft go")
def discard_flow_draft(
    document_id: Id,
    house: InHouse,
    viewer: SignedIn,
    address: Address,
    revision: Annotated[int, Query(ge=1, le=2**53)],
) -> None:
    with writing(house.deps.store.business) as connection:
        document = service.find(connection, viewer.tenant, house.directory().centre, document_id)
        drafts.discard(connection, viewer.tenant, document_id, revision)
        deed = audit.Deed(viewer.who, "flow.draft_discarded", f"document:{document.name}", address)
        audit.write(connection, viewer.tenant, house.deps.clock.now(), deed)


# ---- versions ------------------------------------------------------------------------------------------------------


@router.get("/{document_id}/versions", response_model=list[VersionOut], summary="All versions, newest first")
def list_flow_versions(document_id: Id, house: InHouse, viewer: SignedIn) -> list[Row]:
    directory = house.directory()
    with reading(house.deps.store.business) as connection:
        service.find(connection, viewer.tenant, directory.centre, document_id)
        found = flow_versions.history(connection, viewer.tenant, document_id)
    return [service.version_row(one, directory) for one in found]


@router.get("/{document_id}/versions/{number}", response_model=VersionText, summary="What one version says")
def read_flow_version(document_id: Id, number: Number, house: InHouse, viewer: SignedIn) -> Row:
    directory = house.directory()
    with reading(house.deps.store.business) as connection:
        found = flow_versions.history(connection, viewer.tenant, document_id)
        text = flow_versions.text_of(connection, viewer.tenant, document_id, number)
    version = next((one for one in found if one.number == number), None)
    if version is None or text is None:
        raise not_found("version")
    return {**service.version_row(version, directory), "text": text.text, "tests": text.tests}


@router.get("/{document_id}/diff", response_model=DiffOut, summary="What differs between two versions, or to the draft")
def compare_flow_versions(
    document_id: Id,
    house: InHouse,
    viewer: SignedIn,
    before: Annotated[int, Query(ge=0, le=2**53, description="a version; 0: nothing")],
    after: Annotated[int, Query(ge=0, le=2**53, description="a version; 0: the draft")] = 0,
    around: Annotated[int, Query(ge=0, le=LONGEST_TEXT, description="unchanged lines about each difference")] = AROUND,
) -> Row:
    with reading(house.deps.store.business) as connection:
        document = service.find(connection, viewer.tenant, house.directory().centre, document_id)
        old = flow_versions.text_of(connection, viewer.tenant, document_id, before) if before else Text("")
        new = flow_versions.text_of(connection, viewer.tenant, document_id, after) if after else _going_on(document)
    if old is None or new is None:
        raise not_found("version")
    return {"text": diff(old.text, new.text, around), "tests": diff(old.tests, new.tests, around)}


@router.post(
    "/{document_id}/return", response_model=DocumentText, responses=documented(409), summary="Make a version the draft"
)
def return_flow_version(document_id: Id, order: ReturnIn, house: InHouse, viewer: SignedIn, address: Address) -> Row:
    with writing(house.deps.store.business) as connection:
        document = service.find(connection, viewer.tenant, house.directory().centre, document_id)
        text = flow_versions.text_of(connection, viewer.tenant, document_id, order.number)
        if text is None:
            raise not_found("version")
        author = Author(viewer.tenant, viewer.user_id, house.deps.clock.now())
        returned = _draft(document_id, document.name, text, order.revision, document.number)
        drafts.save(connection, author, returned)
        deed = audit.Deed(viewer.who, "flow.returned", f"document:{document.name} {order.number}", address)
        audit.write(connection, viewer.tenant, author.now, deed)
    return _whole(house, viewer, document_id)


@router.post(
    "/{document_id}/publish",
    response_model=Published,
    responses=documented(409),
    summary="Put the draft in force for the next callers; those inside stay in the version they began with",
)
async def publish_flow(
    document_id: Id, order: PublishIn, house: InHouse, viewer: SignedIn, address: Address, request: Request
) -> Row:
    studio, hand = studio_of(request), hand_of(house, viewer, address, request)
    version = await studio.work(
        lambda: publishing.publish(hand, document_id, order.revision, order.note, studio.library)
    )
    return {"version": version, "in_force": await tell_control(house)}


@router.get(
    "/{document_id}/file", response_class=Response, responses=FILE, summary="The document as a .vxml file to keep"
)
def export_flow_document(
    document_id: Id,
    house: InHouse,
    viewer: SignedIn,
    number: Annotated[int, Query(ge=0, le=2**53, description="a version; 0: the draft, or what is in force")] = 0,
) -> Response:
    with reading(house.deps.store.business) as connection:
        document = service.find(connection, viewer.tenant, house.directory().centre, document_id)
        text = flow_versions.text_of(connection, viewer.tenant, document_id, number) if number else _going_on(document)
    if text is None:
        raise not_found("version")
    headers = {"Content-Disposition": 'attachment; filename="flow.vxml"'}
    return Response(text.text, media_type=VXML, headers=headers)


# ---- within --------------------------------------------------------------------------------------------------------


def _whole(house: House, viewer: Viewer, document_id: str) -> Row:
    directory = house.directory()
    with reading(house.deps.store.business) as connection:
        document = service.find(connection, viewer.tenant, directory.centre, document_id)
    return {**service.shown(document, directory), "text": document.text, "tests": document.tests}


def _going_on(document: Document) -> Text:
    return Text(document.text, document.tests)


def _draft(document_id: str, name: str, text: Text, revision: int, base: int) -> Draft:
    """A draft to be saved: the author and the time come with the saving."""
    return Draft(document_id, name, text.text, text.tests, "", revision, base, 0)
