"""Left messages over the API: whose, with which numbers, their sound, claims, clearing, files."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.server.books import AUDIO, number, put
from tests.server.centre import NOON, Place
from tests.server.test_reports import fetched
from yingda.kernel.clock import SECOND
from yingda.kernel.event import DEFAULT_TENANT
from yingda.kernel.ledger import reader
from yingda.kernel.store import writing
from yingda.recordings import catalogue
from yingda.recordings.catalogue import Filed, Form
from yingda.recordings.paths import message_path
from yingda.reports.customer_rows import LeftMessage
from yingda.reports.rows import Contact

pytestmark = pytest.mark.anyio
LIST = "/api/v1/voicemail"


def contact(place: Place, name: str, party: str | None, at: int = NOON, **more: Any) -> None:
    put(place, Contact(name, DEFAULT_TENANT, "voice", "inbound", at, at, party_ref=party, open=0, **more))


def left(
    place: Place,
    name: str,
    caller: str | None,
    queue: str = "售后",
    agent: str | None = None,
    at: int = NOON,
    **more: Any,
) -> Path:
    """A message of 3 s and its file."""
    party = None if caller is None else f"ref of {caller}"
    contact(place, f"{name}-c", party, at, withheld=caller is None, dialled="95500")
    if caller is not None:
        number(place, f"ref of {caller}", caller)
    owner: dict[str, Any] = {
        "queue_id": place.queue(queue).id,
        "agent_id": place.agent(agent).id if agent is not None else None,
    }
    put(place, LeftMessage(name, DEFAULT_TENANT, f"{name}-c", at + 9 * SECOND, at, 3_000, **owner, **more))
    file = place.options.recordings / message_path(DEFAULT_TENANT, at, f"{name}-c", name)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(AUDIO)
    return file


async def ids(browser: Any, **query: Any) -> list[str]:
    answer = await browser.get(LIST, params=query)
    assert answer.status_code == 200, answer.text
    return [row["id"] for row in answer.json()["items"]]


async def test_messages_are_seen_within_reach_latest_first(place: Place) -> None:
    left(place, "m1", "13812345678")
    left(place, "m2", "13900001111", at=NOON + SECOND)
    left(place, "m3", "02161234567", queue="咨询")
    left(place, "m4", "13700002222", agent="hanmei")
    left(place, "m5", "13600003333", agent="lilei", at=NOON + 2 * SECOND)
    async with place.signed_in("wang") as leader, place.signed_in("lilei") as agent:
        assert await ids(leader) == ["m5", "m2", "m1", "m3", "m4"]
        assert await ids(agent) == ["m5", "m2", "m1"], "one for a colleague is his"
        assert await ids(leader, queue=place.queue("咨询").id) == ["m3"]
        page = (await leader.get(LIST, params={"limit": 4})).json()
        assert page["total"] == 5 and await ids(leader, limit=4, cursor=page["next_cursor"]) == ["m4"]
        assert (await agent.get(f"{LIST}/m4/audio")).status_code == 404
        assert (await agent.post(f"{LIST}/m4/claim")).status_code == 404
        assert (await agent.get(LIST, params={"state": "nonsense"})).status_code == 422


async def test_who_claims_a_message_sees_its_number_and_calls_it(place: Place) -> None:
    left(place, "m1", "13812345678")
    left(place, "m2", None, at=NOON - SECOND)
    async with place.signed_in("lilei") as mine, place.signed_in("hanmei") as other:
        masked, withheld = (await mine.get(LIST)).json()["items"]
        assert (masked["caller"], masked["called"], withheld["caller"]) == ("138****5678", "95500", None)
        assert (await mine.post(f"{LIST}/m1/call")).status_code == 204
        refused = [await other.post(f"{LIST}/m1/{deed}") for deed in ("claim", "call", "release", "clear")]
        assert [one.json()["code"] for one in refused] == ["claimed_already"] * 4
        assert (await mine.post(f"{LIST}/m2/call")).json()["code"] == "number_withheld"
        row = (await mine.get(LIST)).json()["items"][0]
        assert (row["caller"], row["mine"], row["claimed_by"]) == ("13812345678", True, "李雷")
        assert (await mine.post(f"{LIST}/m1/release")).status_code == 204
        assert (await other.post(f"{LIST}/m1/claim")).status_code == 204
    (order,) = place.control.asked
    assert order[0] == "desk.dial" and order[1]["to"] == {"kind": "number", "id": "13812345678"}


async def test_a_message_is_heard_and_the_first_time_is_written_down(place: Place) -> None:
    left(place, "m1", "13812345678")
    async with place.signed_in("lilei") as browser:
        part = await browser.get(f"{LIST}/m1/audio", headers={"Range": "bytes=10-19"})
        assert (part.status_code, part.content) == (206, AUDIO[10:20])
        assert (await browser.get(f"{LIST}/m1/audio")).content == AUDIO
        assert (await browser.get(f"{LIST}/nobody/audio")).status_code == 404
    told = [event for event in reader.merged(place.options.ledger) if event.kind == "message.heard"]
    assert told[0].data == {"message_id": "m1"} and told[0].by == f"user:{place.user('lilei').id}"
    assert told[0].interaction_id == "m1-c"


async def test_what_has_expired_is_told_and_not_played(place: Place) -> None:
    left(place, "m1", "13812345678").unlink()
    with writing(place.store.business) as connection:
        gone = Filed(DEFAULT_TENANT, "m1", Form.EXPIRED, None, None, "", 0, None, NOON, NOON)
        catalogue.add(connection, gone)
    async with place.signed_in("wang") as browser:
        assert (await browser.get(LIST)).json()["items"][0]["sound"] == "expired"
        assert (await browser.get(f"{LIST}/m1/audio")).json()["code"] == "recording_expired"


async def test_what_is_cleared_or_served_is_done(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yingda.server.voicemail.api.BOOKED_WITHIN_S", 0.0)
    left(place, "m1", "13812345678")
    left(place, "m2", "13900001111", at=NOON + SECOND)
    left(place, "m3", "13700002222", cleared=NOON + 20 * SECOND, cleared_by=f"user:{place.user('lilei').id}")
    contact(place, "earlier", "ref of 13812345678", NOON - 60 * SECOND, first_connected=NOON - 50 * SECOND)
    contact(place, "later", "ref of 13900001111", NOON + 60 * SECOND, first_connected=NOON + 65 * SECOND)
    async with place.signed_in("wang") as browser:
        assert await ids(browser) == ["m1"]
        assert await ids(browser, state="done") == ["m2", "m3"] and len(await ids(browser, state="all")) == 3
        served, cleared = (await browser.get(LIST, params={"state": "done"})).json()["items"]
        assert served["served_at"] == NOON + 65 * SECOND and cleared["cleared_by"] == "李雷"
        assert (await browser.post(f"{LIST}/m1/clear")).status_code == 204
        assert (await browser.post(f"{LIST}/m3/clear")).status_code == 204, "it is cleared already"
    told = [event for event in reader.merged(place.options.ledger) if event.kind == "message.cleared"]
    assert [(event.data, event.by) for event in told] == [({"message_id": "m1"}, f"user:{place.user('wang').id}")]


async def test_the_list_as_files_masks_like_the_page(place: Place) -> None:
    left(place, "m1", "13812345678")
    async with place.signed_in("lilei") as browser:
        table = (await browser.get(f"{LIST}/export.csv", params={"language": "en"})).text
        asked = (await browser.post(f"{LIST}/exports", json={"state": "open"})).json()
        file = await fetched(browser, asked["export_id"])
    head, row = table.removeprefix("\ufeff").strip().splitlines()
    assert head.startswith("Message,Received,Length (s),Caller number") and "138****5678" in row and "3.0" in row
    rows = list(openpyxl.load_workbook(io.BytesIO(file)).active.values)  # type: ignore[union-attr]  # one page
    assert rows[0][3] == "主叫号码" and rows[1][3] == "138****5678" and "13812345678" not in table
