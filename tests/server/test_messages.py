"""Messages between seats: whom they reach, when a deputy hears of them, who has read what; the search for targets."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.server.centre import Place
from yingda.calls.effects import KeepText
from yingda.kernel.clock import SECOND
from yingda.planes.seat_texts import SeatTexts

pytestmark = pytest.mark.anyio
MESSAGES = "/api/v1/messages"


async def sent(browser: httpx.AsyncClient, to: list[dict[str, str]], **more: Any) -> dict[str, Any]:
    answer = await browser.post(MESSAGES, json={"to": to, "text": "请看公告", **more})
    assert answer.status_code == 201, answer.text
    message: dict[str, Any] = answer.json()
    return message


async def box(browser: httpx.AsyncClient, which: str = "in") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await browser.get(MESSAGES, params={"box": which})).json()["items"]
    return items


def told(place: Place) -> dict[str, dict[str, Any]]:
    """What control was last asked to tell, by user name."""
    names = {user.id: user.username for user in place.centre.users}
    docs = [body["docs"] for method, body in place.control.asked if method == "notices.give"]
    return {names[user_id]: doc for one in docs for user_id, doc in one.items()}


@pytest.mark.parametrize(
    ("kind", "ident", "reached"),
    [
        ("user", "hanmei", {"hanmei"}),
        ("team", "一班", {"lilei", "hanmei"}),
        ("queue", "咨询", {"hanmei"}),
        ("everybody", "", {"lilei", "hanmei", "newcomer", "root"}),
    ],
)
async def test_whom_a_message_reaches(place: Place, kind: str, ident: str, reached: set[str]) -> None:
    ident = {"user": place.user(ident).id if kind == "user" else "", "queue": ""}.get(kind, ident)
    ident = place.queue("咨询").id if kind == "queue" else ident
    async with place.signed_in("wang") as leader:
        message = await sent(leader, [{"kind": kind, "id": ident}], urgent=True)
        assert message["recipients"] == len(reached)
        for username in place.centre.users:
            async with place.signed_in(username.username) as browser:
                got = [one["text"] for one in await box(browser)]
            assert got == (["请看公告"] if username.username in reached else []), username
    assert {name: doc["unread"] for name, doc in told(place).items()} == dict.fromkeys(reached, 1)
    assert all(doc["urgent"] for doc in told(place).values())


async def test_it_is_given_to_control_for_the_phones_of_its_readers(place: Place) -> None:
    async with place.signed_in("wang") as leader:
        message = await sent(leader, [{"kind": "user", "id": place.user("lilei").id}], urgent=True)
    (given,) = [body for method, body in place.control.asked if method == "texts.give"]
    assert (given["message_id"], given["users"]) == (message["message_id"], [place.user("lilei").id])
    assert (given["username"], given["name"], given["text"], given["urgent"]) == ("wang", "王班长", "请看公告", True)


async def test_reading_is_counted_and_told(place: Place) -> None:
    async with place.signed_in("wang") as leader, place.signed_in("lilei") as lilei:
        message = await sent(leader, [{"kind": "team", "id": "一班"}])
        assert (await lilei.post(f"{MESSAGES}/{message['message_id']}/read")).status_code == 204
        assert (await lilei.get(MESSAGES)).json()["unread"] == 0
        (own,) = await box(leader, "out")
    assert (own["recipients"], own["read_by"], own["sender_name"]) == (2, 1, "王班长")
    assert (told(place)["lilei"]["unread"], told(place)["hanmei"]["unread"]) == (0, 1)


@pytest.mark.parametrize(
    ("colleague", "number", "shown"),
    [("hanmei", "8002", "<script>alert(1)</script>"), (None, "+8613800001111", "+86138****1111"), (None, "", "")],
    ids=["colleague", "outside", "withheld"],
)
async def test_a_text_that_came_by_telephone_is_a_message_too(
    place: Place, colleague: str | None, number: str, shown: str
) -> None:
    text = KeepText(
        ticket="t", message_id="m1", to_agents=(place.agent("lilei").id,), text="请回电", from_number=number,
        from_agent=place.agent(colleague).id if colleague else None, at_once=True,
    )  # fmt: skip
    texts = SeatTexts(place.store, place.centre)
    assert texts.keep(text, place.clock.now())[place.user("lilei").id]["unread"] == 1
    async with place.signed_in("lilei") as lilei, place.signed_in("hanmei") as hanmei:
        (message,) = await box(lilei)
        assert (message["text"], message["sender_name"], await box(hanmei)) == ("请回电", shown, [])
        assert (await lilei.post(f"{MESSAGES}/m1/read")).status_code == 204
    assert [one["unread"] for one in texts.unread(place.clock.now()).values()] == [0, 0]


@pytest.mark.parametrize("read_in_time", [True, False])
async def test_a_deputy_gets_what_nobody_read_in_time(place: Place, read_in_time: bool) -> None:
    async with (
        place.signed_in("lilei") as sender,
        place.signed_in("hanmei") as first,
        place.signed_in("wang") as deputy,
    ):
        to = [{"kind": "user", "id": place.user("hanmei").id}]
        message = await sent(sender, to, deputy=place.user("wang").id, deputy_after_s=60)
        assert await box(deputy) == []
        if read_in_time:
            await first.post(f"{MESSAGES}/{message['message_id']}/read")
        place.clock.advance_to(place.clock.now() + 60 * SECOND)
        assert len(await box(deputy)) == (0 if read_in_time else 1)
        assert len(await box(first)) == 1


async def test_messages_that_reach_nobody_are_refused(place: Place) -> None:
    own = place.user("lilei").id
    async with place.signed_in("lilei") as browser:
        for to, code, status in (
            ([{"kind": "user", "id": own}], "no_recipient", 422),
            ([{"kind": "user", "id": "nobody"}], "unknown_recipient", 422),
            ([{"kind": "team", "id": "三班"}], "unknown_recipient", 422),
            ([{"kind": "everybody"}], "not_allowed", 403),
            ([], "invalid", 422),
        ):
            answer = await browser.post(MESSAGES, json={"to": to, "text": "x"})
            assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert await box(browser, "out") == []


async def test_what_was_sent_to_others_can_neither_be_seen_nor_marked(place: Place) -> None:
    async with place.signed_in("wang") as leader, place.signed_in("newcomer") as other:
        message = await sent(leader, [{"kind": "team", "id": "一班"}])
        assert await box(other) == []
        answer = await other.post(f"{MESSAGES}/{message['message_id']}/read")
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_message")


async def test_pages_hold_every_message_once(place: Place) -> None:
    async with place.signed_in("wang") as leader, place.signed_in("lilei") as browser:
        for number in range(5):
            await sent(leader, [{"kind": "team", "id": "一班"}], text=str(number))
        texts, cursor = [], None
        while True:
            page = (await browser.get(MESSAGES, params={"limit": 2, **({"cursor": cursor} if cursor else {})})).json()
            texts += [one["text"] for one in page["items"]]
            if (cursor := page["next_cursor"]) is None:
                break
    assert sorted(texts) == list("01234")


@pytest.mark.parametrize(
    ("text", "found"),
    [("hanm", []), ("1019", ["1019"]), ("shou", ["售后"]), ("sh", ["售后"]), ("咨", ["咨询"]), ("main", ["main"])],
)
async def test_targets_are_found_by_number_name_and_pinyin(place: Place, text: str, found: list[str]) -> None:
    async with place.signed_in("lilei") as browser:
        items = (await browser.get("/api/v1/targets", params={"q": text})).json()["items"]
    assert [one["number"] or one["name"] for one in items] == found


async def test_who_is_of_use_stands_first_and_oneself_never(place: Place) -> None:
    hanmei = place.agent("hanmei")
    queue = place.queue("售后")
    place.control.change(
        {
            ("agents", hanmei.id): {"id": hanmei.id, "state": "idle", "since": 5, "queues": []},
            ("queues", queue.id): {"id": queue.id, "waiting": 3, "idle": 1},
        }
    )
    await place.control.followed(place.app.state.house.hub)
    async with place.signed_in("lilei") as browser:
        items = (await browser.get("/api/v1/targets")).json()["items"]
    assert [(one["kind"], one["number"] or one["name"]) for one in items] == [
        ("agent", "1019"),
        ("flow", "main"),
        ("queue", "售后"),
        ("queue", "咨询"),
    ]
    assert (items[0]["state"], items[2]["waiting"]) == ("idle", 3)
