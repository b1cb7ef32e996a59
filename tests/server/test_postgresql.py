"""The web plane's own SQL, on PostgreSQL as on SQLite."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.server.books import answered_call
from tests.server.centre import NOON, Place, make_data, running
from tests.server.control import Control

pytestmark = [pytest.mark.anyio, pytest.mark.peer]


async def test_a_day_in_short(postgresql_url: str, tmp_path: Path) -> None:
    make_data(postgresql_url)
    async with running(Place(tmp_path, Control(), database=postgresql_url)) as place:
        answered_call(place, "c1", "lilei")
        answered_call(place, "c2", "hanmei", at=NOON + 1)
        async with place.signed_in("lilei") as browser:
            note: dict[str, Any] = {"handling_id": "c1-h", "codes": [], "resolved": None, "note": "first"}
            for words in ("first", "second"):
                answer = await browser.post("/api/v1/desk/disposition", json={**note, "note": words})
                assert answer.status_code == 204
            page = (await browser.get("/api/v1/calls", params={"number": "5678"})).json()
            assert ([item["interaction_id"] for item in page["items"]], page["total"]) == (["c1"], 1)
            detail = (await browser.get("/api/v1/calls/c1")).json()
            assert detail["handlings"][0]["note"] == "second"
            for _ in range(2):
                assert (await browser.get("/api/v1/recordings/c1-r")).status_code == 200
            assert (await browser.get("/api/v1/recordings/c2-r")).status_code == 404
            assert (await browser.get("/api/v1/figures/queues")).status_code == 200
            assert (await browser.get("/api/v1/figures/agents")).status_code == 200
            place.clock.advance_to(place.clock.now() + 61_000_000)
            assert (await browser.get("/api/v1/session")).status_code == 200
            assert (await browser.delete("/api/v1/session")).status_code == 204
