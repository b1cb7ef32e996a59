"""/reports: sheets of figures on the screen, as CSV and as xlsx; the list of contacts as xlsx."""

from __future__ import annotations

from pathlib import Path as File
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import FileResponse, Response, StreamingResponse

from yingda.kernel.ledger.metrics import METRICS
from yingda.kernel.store import writing
from yingda.server import audit
from yingda.server.calls.export import cells, headings
from yingda.server.calls.records import Records
from yingda.server.calls.schemas import CallFilters
from yingda.server.deps import Address, House, InHouse, SignedIn
from yingda.server.refusals import documented
from yingda.server.reports import service, tables
from yingda.server.reports.exports import Exports
from yingda.server.reports.schemas import ColumnOut, ExportOut, ExportQuery, SheetName, SheetOut, SheetQuery
from yingda.server.sessions.viewer import Viewer

router = APIRouter(prefix="/reports", tags=["reports"], responses=documented(400))
Name = Annotated[SheetName, Path()]
ExportId = Annotated[str, Path(max_length=64)]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FILE: dict[int | str, dict[str, Any]] = {200: {"content": {XLSX: {}}, "description": "The file."}}
TABLE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {}}, "description": "UTF-8 with a byte order mark."}
}


def exports_of(request: Request) -> Exports:
    exports = request.app.state.exports
    assert isinstance(exports, Exports)
    return exports


@router.get("/metrics", response_model=list[ColumnOut], summary="The definition of every figure")
def list_metrics(house: InHouse, viewer: SignedIn) -> list[dict[str, Any]]:
    return [service.column(one) for one in METRICS]


@router.get("/sheets/{name}", response_model=SheetOut, summary="A sheet: by interval, or by queue, agent, trunk …")
def read_sheet(name: Name, query: Annotated[SheetQuery, Query()], house: InHouse, viewer: SignedIn) -> dict[str, Any]:
    return service.as_json(service.make(house, viewer, name, query))


@router.get("/sheets/{name}/export.csv", response_class=Response, responses=TABLE, summary="The same as CSV")
def export_sheet_csv(
    name: Name, query: Annotated[ExportQuery, Query()], house: InHouse, viewer: SignedIn, address: Address
) -> StreamingResponse:
    sheet = service.make(house, viewer, name, query)
    _note(house, viewer, address, name)
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return StreamingResponse(
        tables.csv_lines(sheet, query.language), media_type="text/csv; charset=utf-8", headers=headers
    )


@router.post("/sheets/{name}/exports", response_model=ExportOut, status_code=202, summary="The same as xlsx")
def export_sheet(
    name: Name, query: ExportQuery, request: Request, house: InHouse, viewer: SignedIn, address: Address
) -> dict[str, Any]:
    sheet = service.make(house, viewer, name, query)
    _note(house, viewer, address, name)

    def write(file: File, progress: tables.Progress) -> None:
        tables.write_sheet(sheet, query.language, file, progress)

    total = len(sheet.lines) + 1
    return exports_of(request).begin(viewer.user_id, f"{name}-{query.from_}.xlsx", total, write).as_json()


@router.post("/contacts/exports", response_model=ExportOut, status_code=202, summary="The list of contacts as xlsx")
def export_contacts(
    filters: CallFilters, request: Request, house: InHouse, viewer: SignedIn, address: Address
) -> dict[str, Any]:
    directory = house.directory()
    centre = directory.centre.centre
    records = Records(house.deps.store, directory, viewer)
    _note(house, viewer, address, "calls")

    def write(file: File, progress: tables.Progress) -> None:
        rows = cells(records, filters, ZoneInfo(centre.time_zone))
        tables.write_rows(headings(centre.language), rows, file, progress)

    total = records.total(filters)
    return exports_of(request).begin(viewer.user_id, "contacts.xlsx", total, write).as_json()


@router.get("/exports/{export_id}", response_model=ExportOut, responses=documented(404), summary="How far a file is")
def read_export(export_id: ExportId, request: Request, viewer: SignedIn) -> dict[str, Any]:
    return exports_of(request).find(viewer.user_id, export_id).as_json()


@router.get(
    "/exports/{export_id}/file",
    response_class=Response,
    responses={**FILE, **documented(404, 409)},
    summary="The file",
)
def read_export_file(export_id: ExportId, request: Request, viewer: SignedIn) -> FileResponse:
    file, name = exports_of(request).file(viewer.user_id, export_id)
    return FileResponse(file, media_type=XLSX, filename=name)


def _note(house: House, viewer: Viewer, address: str, name: str) -> None:
    deed = audit.Deed(viewer.who, "report.exported", name, address)
    with writing(house.deps.store.business) as connection:
        audit.write(connection, viewer.tenant, house.deps.clock.now(), deed)
