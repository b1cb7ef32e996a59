"""/voicemail: what callers have left (语音留言)."""

from __future__ import annotations

import asyncio
from pathlib import Path as File
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from yingda.kernel.store import writing
from yingda.server import audit
from yingda.server.calls.api import AUDIO, TABLE
from yingda.server.deps import Address, House, InHouse, SignedIn
from yingda.server.desk import service as desk
from yingda.server.refusals import documented
from yingda.server.reports.api import exports_of
from yingda.server.reports.corrections import Corrections
from yingda.server.reports.schemas import ExportOut
from yingda.server.reports.tables import Progress, write_rows
from yingda.server.sessions.viewer import Viewer
from yingda.server.voicemail import export, service
from yingda.server.voicemail.schemas import LeftMessagePage, MessageExport, MessageFilters, MessageQuery

router = APIRouter(prefix="/voicemail", tags=["voicemail"])
Id = Annotated[str, Path(max_length=64)]
BOOKED_WITHIN_S, ASK_EVERY_S = 2.0, 0.05
"""So long an answer waits for the books: the list that is asked for next shall not show what has gone."""


@router.get("", response_model=LeftMessagePage, summary="Messages that callers have left, latest first")
def list_voicemail(query: Annotated[MessageQuery, Query()], house: InHouse, viewer: SignedIn) -> dict[str, Any]:
    offset = int(query.cursor or 0)
    items, total = service.page(house, viewer, query, offset, query.limit)
    after = offset + len(items)
    return {"items": items, "next_cursor": str(after) if items and after < total else None, "total": total}


@router.get("/export.csv", response_class=Response, responses=TABLE, summary="The same messages as CSV")
def export_voicemail_csv(
    query: Annotated[MessageExport, Query()], house: InHouse, viewer: SignedIn, address: Address
) -> StreamingResponse:
    _note(house, viewer, address, "voicemail.exported", "voicemail")
    lines = export.csv_lines(house, viewer, query, query.language)
    headers = {"Content-Disposition": 'attachment; filename="voicemail.csv"'}
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/exports", response_model=ExportOut, status_code=202, summary="The same as xlsx")
def export_voicemail(
    query: MessageExport, request: Request, house: InHouse, viewer: SignedIn, address: Address
) -> dict[str, Any]:
    _note(house, viewer, address, "voicemail.exported", "voicemail")

    def write(file: File, progress: Progress) -> None:
        write_rows(export.headings(query.language), export.cells(house, viewer, query), file, progress)

    _, total = service.page(house, viewer, MessageFilters(state=query.state, queue=query.queue), 0, 1)
    return exports_of(request).begin(viewer.user_id, "voicemail.xlsx", total, write).as_json()


@router.get(
    "/{message_id}/audio",
    response_class=Response,
    responses={**AUDIO, **documented(404, 410, 416)},
    summary="Its sound; ranges are served",
)
def play_voicemail(
    message_id: Id,
    request: Request,
    house: InHouse,
    viewer: SignedIn,
    address: Address,
    range_: Annotated[str | None, Header(alias="range", max_length=200)] = None,
) -> Response:
    row = service.find(house, viewer, message_id)
    answer = service.play(house, viewer, row, range_)
    with writing(house.deps.store.business) as connection:
        deed = audit.Deed(viewer.who, "voicemail.played", f"message:{message_id}", address)
        audit.write_viewing(connection, viewer.tenant, house.deps.clock.now(), deed)
    if row["heard"] is None:
        _corrections(request).write(service.told(house, viewer, row, "message.heard"))
    return answer


@router.post("/{message_id}/claim", status_code=204, responses=documented(404, 409), summary="Take it upon oneself")
def claim_voicemail(message_id: Id, house: InHouse, viewer: SignedIn) -> None:
    service.claim(house, viewer, message_id)


@router.post("/{message_id}/release", status_code=204, responses=documented(404, 409), summary="Give it back")
def release_voicemail(message_id: Id, house: InHouse, viewer: SignedIn) -> None:
    service.release(house, viewer, message_id)


@router.post(
    "/{message_id}/call", status_code=204, responses=documented(404, 409, 503), summary="Claim it and call its caller"
)
async def call_voicemail(message_id: Id, house: InHouse, viewer: SignedIn) -> None:
    number = await run_in_threadpool(service.number_of, house, viewer, message_id)
    await run_in_threadpool(service.claim, house, viewer, message_id)
    await desk.act(house, viewer, "dial", to={"kind": "number", "id": number})


@router.post("/{message_id}/clear", status_code=204, responses=documented(404, 409), summary="It is seen to (办结)")
async def clear_voicemail(message_id: Id, request: Request, house: InHouse, viewer: SignedIn, address: Address) -> None:
    event = await run_in_threadpool(service.clear, house, viewer, message_id)
    if event is None:
        return
    await run_in_threadpool(_corrections(request).write, event)
    await run_in_threadpool(_note, house, viewer, address, "voicemail.cleared", f"message:{message_id}")
    for _ in range(round(BOOKED_WITHIN_S / ASK_EVERY_S)):
        if await run_in_threadpool(service.is_cleared, house, viewer, message_id):
            return
        await asyncio.sleep(ASK_EVERY_S)


def _corrections(request: Request) -> Corrections:
    corrections = request.app.state.corrections
    assert isinstance(corrections, Corrections)
    return corrections


def _note(house: House, viewer: Viewer, address: str, what: str, about: str) -> None:
    deed = audit.Deed(viewer.who, what, about, address)
    with writing(house.deps.store.business) as connection:
        audit.write(connection, viewer.tenant, house.deps.clock.now(), deed)
