"""The call list, its export and the recordings: what is in them, and who may see and hear what."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from tests.server.books import AUDIO, Answered, answered_call, audio, event, number, put
from tests.server.centre import NOON, Place
from yingda.kernel.clock import SECOND
from yingda.kernel.errors import YingdaError
from yingda.kernel.store import reading, writing
from yingda.reports.models import TABLES
from yingda.reports.rows import Recording
from yingda.server.calls.export import as_text, as_words
from yingda.server.calls.files import below, byte_range
from yingda.server.models import AuditLine
from yingda.server.refusals import RefusalError

pytestmark = pytest.mark.anyio
CALLS, RECORDINGS = "/api/v1/calls", "/api/v1/recordings"


async def ids(browser: httpx.AsyncClient, **filters: str | int) -> list[str]:
    answer = await browser.get(CALLS, params=filters)
    assert answer.status_code == 200, answer.text
    return [item["interaction_id"] for item in answer.json()["items"]]


async def test_a_record_says_who_when_and_what_became_of_it(place: Place) -> None:
    answered_call(place, "c1", "lilei")
    async with place.signed_in("wang") as browser:
        page = (await browser.get(CALLS)).json()
    (record,) = page["items"]
    expected = {
        "interaction_id": "c1",
        "direction": "inbound",
        "caller": "13812345678",
        "withheld": False,
        "called": "95500",
        "started": NOON,
        "ended": NOON + 65 * SECOND,
        "outcome": "answered",
        "verdict": "hit",
        "ended_by": "customer",
        "queue_id": place.queue("售后").id,
        "queue_name": "售后",
        "agent_id": place.agent("lilei").id,
        "agent_number": "1023",
        "agent_name": "李雷",
        "wait_us": 4 * SECOND,
        "talking_us": 60 * SECOND,
        "holding_us": 0,
        "test": False,
    }
    assert {name: record[name] for name in expected} == expected
    assert [(one["recording_id"], one["state"]) for one in record["recordings"]] == [("c1-r", "ended")]
    assert (page["total"], page["next_cursor"]) == (1, None)


async def test_pages_hold_every_call_once_newest_first(place: Place) -> None:
    made = [answered_call(place, f"c{n}", "lilei", at=NOON + n // 2) for n in range(7)]  # two and two at one instant
    async with place.signed_in("wang") as browser:
        seen: list[str] = []
        cursor: str | None = ""
        totals = []
        while cursor is not None:
            page = (await browser.get(CALLS, params={"limit": 3, **({"cursor": cursor} if cursor else {})})).json()
            seen += [item["interaction_id"] for item in page["items"]]
            totals.append(page["total"])
            cursor = page["next_cursor"]
    assert seen == sorted(made, reverse=True)
    assert totals == [7, None, None]


async def test_filters(place: Place) -> None:
    answered_call(place, "early", "lilei", at=NOON, caller="13900001111")
    answered_call(place, "late", "hanmei", at=NOON + 100, caller="%_")
    async with place.signed_in("wang") as browser:
        assert await ids(browser, **{"from": NOON + 1}) == ["late"]
        assert await ids(browser, to=NOON + 100) == ["early"]
        assert await ids(browser, agent=place.agent("lilei").id) == ["early"]
        assert await ids(browser, queue=place.queue("咨询").id) == []
        assert await ids(browser, outcome="abandoned") == []
        assert await ids(browser, outcome="live") == []
        assert await ids(browser, test="true") == []
        assert await ids(browser, number="1111") == ["early"]
        assert await ids(browser, number="13900001111", outcome="answered") == ["early"]
        assert await ids(browser, agent="' OR 1=1 --") == []


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "number=%25", "from=x", "colour=red", "from=-1"])
async def test_filters_that_make_no_sense_are_refused(place: Place, query: str) -> None:
    async with place.signed_in("wang") as browser:
        answer = await browser.get(f"{CALLS}?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


@pytest.mark.parametrize("cursor", ["x", "5", "5.", ".a", "x.a", "²٣.a", "99999999999999999999.a"])
async def test_a_cursor_that_is_none_is_refused(place: Place, cursor: str) -> None:
    async with place.signed_in("wang") as browser:
        answer = await browser.get(CALLS, params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor")


async def test_an_erased_customer_has_no_number_and_every_figure(place: Place) -> None:
    answered_call(place, "c1", "lilei")
    with writing(place.store.business) as connection:
        connection.execute(sa.text("DELETE FROM personal_value"))
    async with place.signed_in("wang") as browser:
        (record,) = (await browser.get(CALLS)).json()["items"]
    assert (record["caller"], record["outcome"]) == (None, "answered")


async def test_a_call_with_all_its_parts(place: Place) -> None:
    answered_call(place, "c1", "lilei")
    event(place, 1, "interaction.started", "c1", party_ref="ref of c1", dialled="95500")
    event(place, 2, "queue.entered", "c1", entry_id="c1-e")
    async with place.signed_in("lilei") as browser:
        note: dict[str, Any] = {"handling_id": "c1-h", "codes": [], "resolved": None, "note": "<b>想退货</b>"}
        await browser.post("/api/v1/desk/disposition", json=note)
        call = (await browser.get(f"{CALLS}/c1")).json()
    assert call["caller"] == "13812345678"
    assert [leg["role"] for leg in call["legs"]] == ["customer"]
    assert [(entry["queue_name"], entry["outcome"]) for entry in call["entries"]] == [("售后", "answered")]
    assert [(offer["agent_number"], offer["outcome"]) for offer in call["offers"]] == [("1023", "accepted")]
    (handling,) = call["handlings"]
    assert (handling["agent_name"], handling["codes"]) == ("李雷", ["退货", "换货"])
    assert (handling["resolved"], handling["note"]) == (True, "<b>想退货</b>")
    assert [(one["kind"], one["data"]) for one in call["timeline"]] == [
        ("interaction.started", {"dialled": "95500"}),
        ("queue.entered", {"entry_id": "c1-e"}),
    ]


async def test_agents_see_and_hear_their_own_calls_only(place: Place) -> None:
    answered_call(place, "mine", "lilei")
    answered_call(place, "theirs", "hanmei")
    async with place.signed_in("lilei") as browser:
        assert await ids(browser) == ["mine"]
        assert await ids(browser, agent=place.agent("hanmei").id) == []
        assert "theirs" not in (await browser.get(f"{CALLS}/export.csv")).text
        assert (await browser.get(f"{CALLS}/mine")).status_code == 200
        assert (await browser.get(f"{RECORDINGS}/mine-r")).status_code == 200
        for guessed, absent in ((f"{CALLS}/theirs", f"{CALLS}/none"), (f"{RECORDINGS}/theirs-r", f"{RECORDINGS}/none")):
            one, other = await browser.get(guessed), await browser.get(absent)
            assert one.status_code == other.status_code == 404
            assert {**one.json(), "support": ""} == {**other.json(), "support": ""}
    async with place.signed_in("wang") as browser:
        assert sorted(await ids(browser)) == ["mine", "theirs"]
        assert (await browser.get(f"{RECORDINGS}/theirs-r")).status_code == 200


async def test_a_user_who_is_no_agent_but_has_the_role_sees_no_calls(place: Place) -> None:
    answered_call(place, "c1", "lilei")
    async with place.signed_in("newcomer") as browser:
        assert await ids(browser) == []
        assert (await browser.get(f"{RECORDINGS}/c1-r")).status_code == 404


# the export


async def test_the_export_keeps_numbers_and_ids_as_text(place: Place) -> None:
    for n in range(3):
        answered_call(place, f"c{n}", "hanmei", at=NOON + n * SECOND, caller="+4915112345678")
    async with place.signed_in("wang") as browser:
        answer = await browser.get(f"{CALLS}/export.csv", params={"from": NOON + SECOND})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert [row["会话编号"] for row in rows] == ["\tc2", "\tc1"]
    assert rows[0]["主叫号码"] == "\t+4915112345678"
    assert rows[0]["开始时间"] == "2025-11-21 20:00:02"  # in the centre's zone
    assert rows[0]["座席"] == "<script>alert(1)</script>"
    assert (rows[0]["等待(秒)"], rows[0]["通话(秒)"]) == ("4.0", "60.0")


@given(st.text(max_size=8))
def test_no_cell_can_begin_a_formula(text: str) -> None:
    assert not as_words(text).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert not as_text(text).startswith(("=", "+", "-", "@", "\r"))


# recordings


async def test_the_whole_recording_and_parts_of_it(place: Place) -> None:
    answered_call(place, "c1", "lilei")
    size = len(AUDIO)
    async with place.signed_in("lilei") as browser:
        whole = await browser.get(f"{RECORDINGS}/c1-r")
        parts = {
            wanted: await browser.get(f"{RECORDINGS}/c1-r", headers={"Range": f"bytes={wanted}"})
            for wanted in ("0-", "100-199", "70000-", "-10", "5-999999999")
        }
    assert (whole.status_code, whole.content) == (200, AUDIO)
    assert (whole.headers["content-type"], whole.headers["accept-ranges"]) == ("audio/wav", "bytes")
    assert {answer.status_code for answer in parts.values()} == {206}
    assert {wanted: answer.headers["content-range"] for wanted, answer in parts.items()} == {
        "0-": f"bytes 0-{size - 1}/{size}",
        "100-199": f"bytes 100-199/{size}",
        "70000-": f"bytes 70000-{size - 1}/{size}",
        "-10": f"bytes {size - 10}-{size - 1}/{size}",
        "5-999999999": f"bytes 5-{size - 1}/{size}",
    }
    assert parts["100-199"].content == AUDIO[100:200]
    assert parts["-10"].content == AUDIO[-10:]


async def test_whoever_hears_an_agent_hears_whom_he_consulted_outside(place: Place) -> None:
    answered_call(place, "c1", "lilei")
    talk, sound = audio(place, "c1"), b"said aside"
    talk.with_name("c1-h-c1-o.wav").write_bytes(sound)
    aside = replace(
        Answered("c1", "", "", NOON).recording, recording_id="c1-s", leg_id="c1-o", started=NOON + 9 * SECOND
    )
    event(place, 1, "handling.consult_started", "c1", handling_id="c1-h", target="number:ref of outside")
    number(place, "ref of outside", "13700001111")
    put(place, aside)
    async with place.signed_in("lilei") as browser:
        heard, whole = await browser.get(f"{RECORDINGS}/c1-s"), (await browser.get(f"{CALLS}/c1")).json()
    async with place.signed_in("hanmei") as browser:
        other = await browser.get(f"{RECORDINGS}/c1-s")
    assert (heard.status_code, heard.content, other.status_code) == (200, sound, 404)
    assert heard.headers["content-disposition"] == 'inline; filename="c1-h-c1-o.wav"'
    told = [(one["recording_id"], one["leg_id"], one["consultation"]) for one in whole["recordings"]]
    assert told == [("c1-r", None, False), ("c1-s", "c1-o", True)]
    assert [line["data"]["target"] for line in whole["timeline"]] == ["number:13700001111"]


async def test_a_range_beyond_the_end_and_what_is_no_range(place: Place) -> None:
    answered_call(place, "c1", "lilei")
    async with place.signed_in("lilei") as browser:
        beyond = await browser.get(f"{RECORDINGS}/c1-r", headers={"Range": f"bytes={len(AUDIO)}-"})
        assert (beyond.status_code, beyond.json()["code"]) == (416, "range")
        assert beyond.headers["content-range"] == f"bytes */{len(AUDIO)}"
        for nonsense in ("bytes=9-5", "lines=1-2", "bytes=1-2,5-6", "bytes=-"):
            answer = await browser.get(f"{RECORDINGS}/c1-r", headers={"Range": nonsense})
            assert (answer.status_code, len(answer.content)) == (200, len(AUDIO)), nonsense


async def test_a_running_recording_plays_what_there_is(place: Place) -> None:
    answered_call(place, "c1", "lilei")
    with writing(place.store.books) as connection:
        connection.execute(sa.update(TABLES[Recording]).values(state="running", ended=None, duration_ms=None))
    audio(place, "c1").write_bytes(AUDIO[:1000])
    async with place.signed_in("lilei") as browser:
        async with browser.stream("GET", f"{RECORDINGS}/c1-r") as answer:
            with audio(place, "c1").open("ab") as recorder:
                recorder.write(AUDIO[1000:])
            body = await answer.aread()
        assert (answer.headers["content-length"], body) == ("1000", AUDIO[:1000])
        assert (await browser.get(f"{RECORDINGS}/c1-r", headers={"Range": "bytes=1000-"})).content == AUDIO[1000:]


async def test_ranges_over_a_real_server(place: Place, url: str) -> None:
    answered_call(place, "c1", "lilei")
    audio(place, "c1").write_bytes(AUDIO * 40)
    size = 40 * len(AUDIO)
    async with place.signed_in("lilei") as browser, httpx.AsyncClient(cookies=browser.cookies) as client:
        recording = f"http://{url}{RECORDINGS}/c1-r"
        async with client.stream("GET", recording) as answer:
            with audio(place, "c1").open("ab") as recorder:
                recorder.write(b"what came later")
            assert await answer.aread() == AUDIO * 40
        pieces = [
            await client.get(recording, headers={"Range": f"bytes={begin}-{begin + 1_000_000 - 1}"})
            for begin in range(0, size, 1_000_000)
        ]
    assert b"".join(piece.content for piece in pieces) == AUDIO * 40 + b"what came later"
    assert {piece.status_code for piece in pieces} == {206}


async def test_an_empty_recording(place: Place) -> None:
    answered_call(place, "c1", "lilei")
    audio(place, "c1").write_bytes(b"")
    async with place.signed_in("lilei") as browser:
        answer = await browser.get(f"{RECORDINGS}/c1-r")
    assert (answer.status_code, answer.content) == (200, b"")


async def test_a_recording_whose_file_is_gone_is_not_found(place: Place) -> None:
    answered_call(place, "c1", "lilei")
    audio(place, "c1").unlink()
    async with place.signed_in("lilei") as browser:
        assert (await browser.get(f"{RECORDINGS}/c1-r")).status_code == 404
        assert (await browser.get(f"{RECORDINGS}/..%2f..%2fbusiness.sqlite")).status_code == 404


async def test_one_viewing_is_one_line_of_the_audit_log(place: Place) -> None:
    answered_call(place, "c1", "lilei")
    async with place.signed_in("wang") as browser:
        for first in (0, 1000, 2000):
            await browser.get(f"{RECORDINGS}/c1-r", headers={"Range": f"bytes={first}-"})
        place.clock.advance_to(place.clock.now() + 601 * SECOND)
        await browser.get(f"{RECORDINGS}/c1-r")
    with reading(place.store.business) as connection:
        query = sa.select(AuditLine.who, AuditLine.object).where(AuditLine.action == "recording.played")
        lines = [tuple(row) for row in connection.execute(query)]
    assert lines == [(f"user:{place.user('wang').id}", "recording:c1-r")] * 2


def test_nothing_outside_the_folder_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    (tmp_path / "secret.wav").write_bytes(b"x")
    (folder / "link.wav").symlink_to(tmp_path / "secret.wav")
    (folder / "a.wav").write_bytes(b"x")
    assert below(folder, "a.wav") == folder / "a.wav"
    for name in ("../secret.wav", str(tmp_path / "secret.wav"), "link.wav", ".", "none.wav"):
        with pytest.raises(YingdaError):
            below(folder, name)


@given(st.integers(0, 50), st.none() | st.integers(0, 60), st.none() | st.integers(0, 60))
def test_a_range_lies_inside_or_is_refused(size: int, first: int | None, last: int | None) -> None:
    header = f"bytes={'' if first is None else first}-{'' if last is None else last}"
    try:
        part = byte_range(header, size)
    except RefusalError as refusal:
        assert refusal.headers == {"Content-Range": f"bytes */{size}"}
        assert size == 0 or (first is not None and first >= size) or (first is None and last == 0)
        return
    if part is not None:
        assert 0 <= part[0] <= part[1] < size
