"""/calls and /recordings."""

from __future__ import annotations

from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Header, Path, Query
from starlette.responses import Response, StreamingResponse

from yingda.kernel.store import writing
from yingda.server import audit
from yingda.server.calls import files, playback
from yingda.server.calls.export import csv_lines
from yingda.server.calls.records import Records
from yingda.server.calls.schemas import CallDetail, CallFilters, CallPage, CallQuery
from yingda.server.deps import Address, InHouse, SignedIn
from yingda.server.refusals import documented

router = APIRouter(tags=["calls"])
Id = Annotated[str, Path(max_length=64)]
FORMS: dict[str, Any] = {files.MEDIA_TYPE: {}, "audio/ogg": {}}
AUDIO: dict[int | str, dict[str, Any]] = {
    200: {"content": FORMS, "description": "The recording: left the customer, right what he hears."},
    206: {"content": FORMS, "description": "The bytes that were asked for."},
}
TABLE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {}}, "description": "UTF-8 with a byte order mark."}
}


@router.get("/calls", response_model=CallPage, responses=documented(400), summary="Calls, newest first")
def list_calls(query: Annotated[CallQuery, Query()], house: InHouse, viewer: SignedIn) -> dict[str, Any]:
    records = Records(house.deps.store, house.directory(), viewer)
    items, next_cursor = records.page(query, query.cursor, query.limit)
    total = records.total(query) if query.cursor is None else None
    return {"items": items, "next_cursor": next_cursor, "total": total}


@router.get("/calls/export.csv", response_class=Response, responses=TABLE, summary="The same calls as a spreadsheet")
def export_calls(
    filters: Annotated[CallFilters, Query()], house: InHouse, viewer: SignedIn, address: Address
) -> StreamingResponse:
    with writing(house.deps.store.business) as connection:
        deed = audit.Deed(viewer.who, "calls.exported", "calls", address)
        audit.write(connection, viewer.tenant, house.deps.clock.now(), deed)
    directory = house.directory()
    centre = directory.centre.centre
    lines = csv_lines(
        Records(house.deps.store, directory, viewer), filters, ZoneInfo(centre.time_zone), centre.language
    )
    headers = {"Content-Disposition": 'attachment; filename="calls.csv"'}
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


@router.get(
    "/calls/{interaction_id}",
    response_model=CallDetail,
    responses=documented(404),
    summary="One call with all its parts",
)
def read_call(interaction_id: Id, house: InHouse, viewer: SignedIn) -> dict[str, Any]:
    return Records(house.deps.store, house.directory(), viewer).detail(interaction_id)


@router.get(
    "/recordings/{recording_id}",
    response_class=Response,
    responses={**AUDIO, **documented(404, 410, 416)},
    summary="The audio of a recording; ranges are served",
)
def read_recording(
    recording_id: Id,
    house: InHouse,
    viewer: SignedIn,
    address: Address,
    range_: Annotated[str | None, Header(alias="range", max_length=200)] = None,
) -> Response:
    recording = Records(house.deps.store, house.directory(), viewer).recording(recording_id)
    sound = playback.sound_of(viewer.tenant, recording)
    playback.find(house.deps, viewer.tenant, sound)
    with writing(house.deps.store.business) as connection:
        deed = audit.Deed(viewer.who, "recording.played", f"recording:{recording_id}", address)
        audit.write_viewing(connection, viewer.tenant, house.deps.clock.now(), deed)
    return playback.play(house.deps, viewer.tenant, sound, range_)
