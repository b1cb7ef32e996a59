"""Sheets over the API: names, zone, totals, columns, scope; the same as CSV and xlsx; from a cell to its contacts."""

from __future__ import annotations

import asyncio
import io
from datetime import UTC, datetime
from typing import Any

import httpx
import openpyxl
import pytest

from tests.server.books import answered_call, put
from tests.server.centre import NOON, Place
from tests.server.test_figures import work
from yingda.kernel.clock import SECOND
from yingda.kernel.event import DEFAULT_TENANT
from yingda.reports.quarters import SurveyQuarter, TrunkQuarter
from yingda.reports.rows import Contact
from yingda.server.reports.exports import MOST_OF_ONE

pytestmark = pytest.mark.anyio
DAY = datetime.fromtimestamp(NOON // SECOND, UTC).date().isoformat()
TODAY: dict[str, Any] = {"from": DAY, "to": DAY}


async def sheet(browser: httpx.AsyncClient, name: str, **query: Any) -> dict[str, Any]:
    answer = await browser.get(f"/api/v1/reports/sheets/{name}", params={**TODAY, **query})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_day_of_a_queue_has_48_lines_and_a_total_made_of_sums(place: Place) -> None:
    work(place)
    async with place.signed_in("wang") as browser:
        found = await sheet(browser, "queues", key=place.queue("售后").id)
    assert (found["zone"], len(found["lines"])) == ("Asia/Shanghai", 48)
    busy = [line for line in found["lines"] if line["values"]["offered"]]
    assert [line["label"] for line in busy] == ["20:00"]  # noon of UTC; both quarters of it
    assert busy[0]["open"], "the interval is not over"
    assert found["total"]["offered"] == 6 and found["total"]["service_level"] == pytest.approx(4 / 6)
    assert found["lines"][0]["values"]["answer_rate"] is None, "nothing to divide by is no figure"


async def test_columns_are_chosen_and_told_in_words(place: Place) -> None:
    work(place)
    async with place.signed_in("wang") as browser:
        found = await sheet(browser, "queues", by="key", grain="whole", column=["offered", "abandon_rate"])
        refused = await browser.get("/api/v1/reports/sheets/queues", params={**TODAY, "column": "nonsense"})
    assert [one["name"] for one in found["columns"]] == ["offered", "abandon_rate"]
    assert found["columns"][1]["formula_zh"] == "(放弃 − 短时放弃) ÷ (进线 − 等待中 − 短时放弃)"
    assert {line["name"]: line["values"]["offered"] for line in found["lines"]} == {"售后": 6, "咨询": 6}
    assert (refused.status_code, refused.json()["code"]) == (400, "unknown_column")


async def test_surveys_and_first_contacts_are_columns(place: Place) -> None:
    work(place)
    rated = {"surveys": 4, "survey_answered": 3, "survey_none": 1, "scored": 3, "satisfied": 2, "score_points": 12}
    put(place, SurveyQuarter(DEFAULT_TENANT, place.agent("lilei").id, place.queue("售后").id, "voice", NOON, **rated))
    put(place, Contact("c9", DEFAULT_TENANT, "voice", "inbound", NOON, NOON, party_ref="x", first_connected=NOON))
    async with place.signed_in("wang") as browser:
        columns = ["surveys", "survey_rate", "satisfaction"]
        queues = await sheet(browser, "queues", by="key", grain="whole", column=columns)
        agents = await sheet(browser, "agents", by="key", grain="whole", column=columns)
        contacts = await sheet(browser, "contacts", grain="whole", column=["first_contacts", "fcr", "fcr_unknown"])
    expected = {"surveys": 4, "survey_rate": 0.75, "satisfaction": pytest.approx(2 / 3)}
    assert {line["name"]: line["values"] for line in queues["lines"]}["售后"] == expected
    assert queues["total"] == agents["total"] == expected
    assert contacts["total"] == {"first_contacts": 1, "fcr": 0.0, "fcr_unknown": 1.0}


async def test_sheets_end_where_the_reach_ends(place: Place) -> None:
    work(place)
    put(place, TrunkQuarter(DEFAULT_TENANT, "t", "inbound", NOON, attempts=2, seized=2))
    async with place.signed_in("lilei") as browser:
        own = await sheet(browser, "agents", by="key", grain="whole")
        queues = await sheet(browser, "queues", by="key", grain="whole")
        refused = await browser.get("/api/v1/reports/sheets/trunks", params=TODAY)
    async with place.signed_in("root") as browser:
        trunks = await sheet(browser, "trunks", by="key", grain="whole")
    assert [line["key"] for line in own["lines"]] == [place.agent("lilei").id]
    assert [line["name"] for line in queues["lines"]] == ["售后"]
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    assert trunks["total"]["seized"] == 2


async def test_days_that_no_clock_has_are_refused(place: Place) -> None:
    async with place.signed_in("wang") as browser:
        for span in ({"from": "9999-12-31", "to": "9999-12-31"}, {"from": DAY, "to": "0001-01-01"}, {"from": "soon"}):
            assert (await browser.get("/api/v1/reports/sheets/queues", params=span)).status_code == 422
        late: dict[str, Any] = {"figure": "answered", "figure_from": 1 << 70, "figure_to": 1}
        assert (await browser.get("/api/v1/calls", params=late)).status_code == 422
        backwards = {"from": DAY, "to": "2020-01-01"}
        refused = await browser.get("/api/v1/reports/sheets/queues", params=backwards)
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_period")


async def test_agents_are_found_by_team_with_number_and_name(place: Place) -> None:
    work(place)
    async with place.signed_in("wang") as browser:
        found = await sheet(browser, "agents", by="key", grain="whole", team="一班")
        nobody = await sheet(browser, "agents", by="key", grain="whole", team="二班")
    assert [(line["number"], line["values"]["handled"]) for line in found["lines"]] == [("1019", 2), ("1023", 2)]
    assert nobody["lines"] == []


async def test_csv_and_xlsx_hold_what_the_screen_shows(place: Place) -> None:
    work(place)
    query: dict[str, Any] = {
        **TODAY,
        "by": "key",
        "grain": "whole",
        "column": ["offered", "service_level", "asa", "ada"],
    }
    async with place.signed_in("wang") as browser:
        text = (await browser.get("/api/v1/reports/sheets/queues/export.csv", params=query)).text
        begun = await browser.post("/api/v1/reports/sheets/queues/exports", json={**query, "language": "en"})
        assert begun.status_code == 202, begun.text
        rows = cells_of(await fetched(browser, begun.json()["export_id"]))
    assert text.startswith("\ufeff") and "进线量" in text and "0.6667" in text and "Asia/Shanghai" in text
    assert rows[0][0] == "Time zone: Asia/Shanghai"
    assert rows[1] == ["Number", "Name", "Open", "Offered", "Service level", "Average speed of answer",
                       "Average delay to abandonment"]  # fmt: skip
    total = rows[-1]
    assert total[0] == "Total" and total[3] == 12 and total[4] == pytest.approx(8 / 12)
    assert total[5].total_seconds() == 4, "a duration, to be added up"


def cells_of(file: bytes) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in openpyxl.load_workbook(io.BytesIO(file)).worksheets[0].iter_rows()]


async def fetched(browser: httpx.AsyncClient, export_id: str) -> bytes:
    told = await made(browser, export_id)
    assert told["state"] == "ready" and told["done"] == told["total"], told
    return (await browser.get(f"/api/v1/reports/exports/{export_id}/file")).content


async def made(browser: httpx.AsyncClient, export_id: str) -> dict[str, Any]:
    """What a file's maker tells of it once it makes it no more; the page asks as this does."""
    async with asyncio.timeout(30):
        while True:
            told: dict[str, Any] = (await browser.get(f"/api/v1/reports/exports/{export_id}")).json()
            if told["state"] != "making":
                return told
            await asyncio.sleep(0.01)


async def test_the_list_of_contacts_as_xlsx_keeps_numbers_as_text(place: Place) -> None:
    answered_call(place, "c1", "lilei", caller="13812345678")
    async with place.signed_in("wang") as browser:
        begun = await browser.post("/api/v1/reports/contacts/exports", json={})
        rows = cells_of(await fetched(browser, begun.json()["export_id"]))
    assert rows[1][rows[0].index("主叫号码")] == "13812345678"


async def test_a_file_is_for_who_asked_and_only_so_many_are_kept(place: Place) -> None:
    async with place.signed_in("wang") as browser, place.signed_in("root") as other:
        ids = []
        for _ in range(MOST_OF_ONE + 1):
            begun = await browser.post("/api/v1/reports/sheets/queues/exports", json=TODAY)
            ids.append(begun.json()["export_id"])
            await fetched(browser, ids[-1])
        assert (await other.get(f"/api/v1/reports/exports/{ids[-1]}")).status_code == 404
        assert (await browser.get(f"/api/v1/reports/exports/{ids[0]}")).status_code == 404
        assert (await browser.get(f"/api/v1/reports/exports/{ids[-1]}/file")).status_code == 200


async def test_from_a_cell_to_its_contacts(place: Place) -> None:
    answered_call(place, "c1", "lilei")
    answered_call(place, "c2", "hanmei", at=NOON + 3_600 * SECOND)
    cell: dict[str, Any] = {
        "figure": "answered",
        "queue": place.queue("售后").id,
        "figure_from": NOON,
        "figure_to": NOON + 60 * SECOND,
    }
    async with place.signed_in("wang") as browser:
        found = (await browser.get("/api/v1/calls", params=cell)).json()
        none = (await browser.get("/api/v1/calls", params={**cell, "figure": "abandoned"})).json()
    assert [row["interaction_id"] for row in found["items"]] == ["c1"]
    assert none["items"] == []
