"""Signing in and out: passwords, cookies, CSRF, limits, ends."""

from __future__ import annotations

import asyncio
from http.cookies import SimpleCookie

import httpx
import pytest
import sqlalchemy as sa
from starlette.requests import HTTPConnection

from tests.server.centre import PASSWORD, Place
from yingda.kernel.clock import SECOND
from yingda.kernel.config import versions
from yingda.kernel.config.centre import User
from yingda.kernel.store import reading, writing
from yingda.server.models import AuditLine, WebSession
from yingda.server.sessions.limits import AttemptLimit
from yingda.server.sessions.service import COOKIE, token_hash

pytestmark = pytest.mark.anyio
SESSION = "/api/v1/session"
LONGEST, IDLE = 12 * 3_600 * SECOND, 3_600 * SECOND


def audit_lines(place: Place) -> list[tuple[str, str, str]]:
    with reading(place.store.business) as connection:
        rows = connection.execute(sa.select(AuditLine.who, AuditLine.action, AuditLine.object).order_by(AuditLine.at))
        return [(row.who, row.action, row.object) for row in rows]


async def sign_in(browser: httpx.AsyncClient, username: str = "lilei", password: str = PASSWORD) -> httpx.Response:
    return await browser.post(SESSION, json={"username": username, "password": password})


async def test_sign_in_tells_who_one_is(place: Place) -> None:
    async with place.browser() as browser:
        answer = await sign_in(browser)
        agent = place.agent("lilei")
        assert answer.json() == {
            "centre": {
                "name": "测试",
                "time_zone": "Asia/Shanghai",
                "customers": {"grades": ["普通", "重要", "VIP"], "fields": []},
                "desk": {
                    "hold_reminder_s": 60,
                    "hold_repeat_s": 30,
                    "long_talk_s": 900,
                    "long_wrapup_s": 180,
                    "data": [],
                },
            },
            "user": {
                "id": place.user("lilei").id,
                "username": "lilei",
                "display_name": "李雷",
                "role": "agent",
                "language": "zh-CN",
            },
            "agent": {
                "id": agent.id,
                "number": "1023",
                "team": "一班",
                "devices": [{"extension": "81023", "kind": "browser", "number": ""}],
            },
            "csrf": answer.json()["csrf"],
            "must": None,
            "expires_at": place.clock.now() + LONGEST,
        }
        assert (await browser.get(SESSION)).json() == answer.json()


async def test_a_user_who_is_no_agent_signs_in_without_one(place: Place) -> None:
    async with place.browser() as browser:
        assert (await sign_in(browser, "wang")).json()["agent"] is None


@pytest.mark.parametrize(("base", "secure"), [("http://127.0.0.1:8080", False), ("https://10.0.0.5:8080", True)])
async def test_cookie_flags(place: Place, base: str, secure: bool) -> None:
    async with place.browser(base=base) as browser:
        answer = await sign_in(browser)
    cookie = SimpleCookie(answer.headers["set-cookie"])[COOKIE]
    assert cookie["httponly"] is True
    assert cookie["samesite"].lower() == "strict"
    assert bool(cookie["secure"]) is secure
    assert cookie["path"] == "/"
    assert len(cookie.value) >= 43  # 256 bits


async def test_the_token_itself_is_stored_nowhere(place: Place) -> None:
    async with place.browser() as browser:
        token = (await sign_in(browser)).cookies[COOKIE]
    with reading(place.store.business) as connection:
        row = connection.execute(sa.select(WebSession.__table__)).one()
    assert row.token_hash == token_hash(token)
    assert token not in map(str, row)


async def test_wrong_password_and_unknown_user_are_told_the_same(place: Place) -> None:
    async with place.browser() as browser:
        wrong = await sign_in(browser, password="wrong password")
        unknown = await sign_in(browser, username="nobody")
    for answer in (wrong, unknown):
        assert answer.status_code == 401
        assert COOKIE not in answer.cookies
    known, guessed = wrong.json(), unknown.json()
    assert known.pop("support") != guessed.pop("support")
    assert known == guessed
    assert known["code"] == "wrong_password"


async def test_a_password_typed_as_the_user_name_is_not_written_down(place: Place) -> None:
    async with place.browser() as browser:
        await sign_in(browser, username=PASSWORD)
    assert audit_lines(place) == [("nobody", "session.refused", "unknown user")]


async def test_audit_log_of_a_session(place: Place) -> None:
    who = f"user:{place.user('lilei').id}"
    async with place.browser() as browser:
        await sign_in(browser, password="wrong password")
        place.clock.advance_to(place.clock.now() + 1)
        csrf = (await sign_in(browser)).json()["csrf"]
        place.clock.advance_to(place.clock.now() + 1)
        await browser.delete(SESSION, headers={"X-CSRF-Token": csrf})
    assert audit_lines(place) == [
        ("nobody", "session.refused", who),
        (who, "session.started", who),
        (who, "session.ended", who),
    ]


async def test_after_signing_out_the_cookie_is_worth_nothing(place: Place) -> None:
    async with place.signed_in("lilei") as browser:
        token = browser.cookies[COOKIE]
        assert (await browser.delete(SESSION)).status_code == 204
        assert COOKIE not in browser.cookies
        answer = await browser.get(SESSION, headers={"Cookie": f"{COOKIE}={token}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


async def test_a_user_name_is_guessed_five_times_at_once(place: Place) -> None:
    async with place.browser() as browser:
        answers = await asyncio.gather(*(sign_in(browser, password=f"guess number {n}") for n in range(8)))
        assert sorted(answer.status_code for answer in answers) == [401] * 5 + [429] * 3
        late = await sign_in(browser)
        assert late.status_code == 429
        assert late.json()["code"] == "too_many_attempts"
        wait = int(late.headers["retry-after"])
        place.clock.advance_to(place.clock.now() + wait * SECOND)
        assert (await sign_in(browser)).status_code == 200


async def test_others_may_sign_in_while_one_name_is_guessed(place: Place) -> None:
    async with place.browser() as browser:
        for n in range(6):
            await sign_in(browser, password=f"guess number {n}")
        assert (await sign_in(browser, "hanmei")).status_code == 200


async def test_an_address_that_tries_many_names_is_stopped_and_others_are_not(place: Place) -> None:
    async with place.browser(address="192.0.2.7") as attacker, place.browser(address="192.0.2.8") as colleague:
        limited = False
        for n in range(70):
            limited = limited or (await sign_in(attacker, username=f"user{n}")).status_code == 429
        assert limited
        assert (await sign_in(attacker, "hanmei")).status_code == 429
        assert (await sign_in(colleague, "hanmei")).status_code == 200


async def test_a_session_idles_out_and_ends_after_the_longest_shift(place: Place) -> None:
    async with place.signed_in("lilei") as browser:
        begun = place.clock.now()
        while place.clock.now() + IDLE < begun + LONGEST:
            place.clock.advance_to(place.clock.now() + IDLE)
            assert (await browser.get(SESSION)).status_code == 200
        place.clock.advance_to(begun + LONGEST)
        assert (await browser.get(SESSION)).status_code == 401
    async with place.signed_in("lilei") as browser:
        place.clock.advance_to(place.clock.now() + IDLE + 1)
        assert (await browser.get(SESSION)).status_code == 401


async def test_sessions_looked_at_together_stay_awake_together(place: Place) -> None:
    """The feeds' sessions: one that ended is left out, the others do not idle while they are asked for."""
    sessions = place.app.state.house.sessions
    async with place.signed_in("lilei") as one, place.signed_in("hanmei") as other, place.signed_in("root") as third:
        viewers = [sessions.of(_request(browser)) for browser in (one, other, third)]
        known = {viewer.username: viewer for viewer in viewers}
        await third.delete(SESSION)
        place.clock.advance_to(place.clock.now() + IDLE)
        asked = {viewer.session_id for viewer in known.values()}
        standing = {known["lilei"].session_id: known["lilei"], known["hanmei"].session_id: known["hanmei"]}
        assert sessions.again(asked) == standing
        assert sessions.again(set()) == {}
        place.clock.advance_to(place.clock.now() + IDLE)
        assert sessions.again(asked) == standing
        place.clock.advance_to(place.clock.now() + IDLE + 1)
        assert sessions.again(asked) == {}


def _request(browser: httpx.AsyncClient) -> HTTPConnection:
    cookie = f"{COOKIE}={browser.cookies[COOKIE]}".encode()
    return HTTPConnection({"type": "http", "headers": [(b"cookie", cookie)]})


@pytest.mark.parametrize("token", [None, "", "guess", "é"])
async def test_mutations_need_the_csrf_token(place: Place, token: str | None) -> None:
    async with place.signed_in("lilei") as browser:
        del browser.headers["X-CSRF-Token"]
        headers = [(b"X-CSRF-Token", token.encode())] if token is not None else []
        answer = await browser.post("/api/v1/desk/idle", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf")
    assert place.control.asked == []


async def test_the_csrf_token_of_another_session_is_refused(place: Place) -> None:
    async with place.signed_in("lilei") as one, place.signed_in("lilei") as other:
        one.headers["X-CSRF-Token"] = other.headers["X-CSRF-Token"]
        assert (await one.post("/api/v1/desk/idle")).status_code == 403


async def test_a_whole_office_signs_in_through_one_address(place: Place) -> None:
    async with place.browser("10.9.9.9") as browser:
        assert [(await sign_in(browser)).status_code for _ in range(70)] == [200] * 70


def test_a_right_password_of_ones_own_buys_no_guesses() -> None:
    limit = AttemptLimit(burst=5, refill=SECOND)
    guesses = 0
    for _ in range(20):
        if limit.take("a", 0) == 0:
            limit.give_back("a")  # his own account
        guesses += limit.take("a", 0) == 0
    assert guesses == 5


async def test_a_page_of_another_address_cannot_sign_in(place: Place) -> None:
    async with place.browser() as browser:
        body = {"username": "lilei", "password": PASSWORD}
        foreign = await browser.post(SESSION, json=body, headers={"Origin": "https://evil.example"})
        own = await browser.post(SESSION, json=body, headers={"Origin": "http://127.0.0.1:8080"})
    assert (foreign.status_code, foreign.json()["code"]) == (403, "other_origin")
    assert own.status_code == 200


async def test_who_is_removed_is_out_and_a_changed_role_counts_at_once(place: Place) -> None:
    async with place.signed_in("wang") as browser:
        assert (await browser.get("/api/v1/floor")).status_code == 200
        demoted = [
            user.model_copy(update={"role": "agent"}) if user.username == "wang" else user
            for user in place.centre.users
        ]
        publish(place, demoted, 1)
        assert (await browser.get("/api/v1/floor")).status_code == 403
        publish(place, [user for user in place.centre.users if user.username != "wang"], 2)
        assert (await browser.get("/api/v1/floor")).status_code == 401


def publish(place: Place, users: list[User], base: int) -> None:
    centre = place.centre.model_copy(update={"users": users})
    with writing(place.store.business) as connection:
        versions.publish(connection, centre, base, "system", place.clock.now())
