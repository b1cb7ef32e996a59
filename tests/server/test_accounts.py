"""Accounts: lock-out, second factor, passwords of one's own, sessions seen and revoked."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pyotp
import pytest
import sqlalchemy as sa

from tests.server.centre import NOON, PASSWORD, Place
from yingda.kernel.clock import SECOND
from yingda.kernel.config import versions
from yingda.kernel.config.centre import SigningIn
from yingda.kernel.store import reading, writing
from yingda.server.accounts.models import AccountState
from yingda.server.permissions import BEFORE_ANYTHING, PERMISSIONS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.anyio
SESSION, ACCOUNT = "/api/v1/session", "/api/v1/account"
ANOTHER = "a quite different 1"


async def sign_in(browser: httpx.AsyncClient, username: str, password: str = PASSWORD, **more: str) -> httpx.Response:
    answer = await browser.post(SESSION, json={"username": username, "password": password, **more})
    if answer.status_code == 200:
        browser.headers["X-CSRF-Token"] = answer.json()["csrf"]
    return answer


def configured(place: Place, **rules: Any) -> None:
    info = place.centre.centre.model_copy(update={"signing_in": SigningIn.model_validate(rules)})
    with writing(place.store.business) as connection:
        versions.publish(connection, place.centre.model_copy(update={"centre": info}), 1, "system", NOON)


def code_at(place: Place, secret: str) -> str:
    return pyotp.TOTP(secret).at(place.clock.now() // SECOND)


def next_code(place: Place, secret: str) -> str:
    """Half a minute later: the code before was good once."""
    place.clock.advance_to(place.clock.now() + 30 * SECOND)
    return code_at(place, secret)


async def enrolled(place: Place, browser: httpx.AsyncClient) -> tuple[str, list[str]]:
    """The secret of a second factor now in force, and its recovery codes."""
    begun = (await browser.post(f"{ACCOUNT}/factor", json={"password": PASSWORD})).json()
    confirmed = await browser.put(f"{ACCOUNT}/factor", json={"code": code_at(place, begun["secret"])})
    assert confirmed.status_code == 200, confirmed.text
    return begun["secret"], confirmed.json()["codes"]


@asynccontextmanager
async def guesses(place: Place, count: int) -> AsyncIterator[httpx.AsyncClient]:
    """A browser in which somebody has typed so many wrong passwords, slowly enough for the limit of attempts."""
    async with place.browser() as browser:
        for _ in range(count):
            place.clock.advance_to(place.clock.now() + 60 * SECOND)
            assert (await sign_in(browser, "lilei", "wrong password")).json()["code"] == "wrong_password"
        yield browser


async def test_wrong_passwords_in_a_row_lock_the_account_for_a_while(place: Place) -> None:
    configured(place, lock_after=4, lock_minutes=5)
    async with guesses(place, 4) as browser:
        locked = await sign_in(browser, "lilei")
        assert (locked.status_code, locked.json()["code"]) == (401, "account_locked")
        assert "5 min" in locked.json()["todo"]
        assert (await sign_in(browser, "lilei", "wrong again")).json()["code"] == "wrong_password"  # tells no stranger
        place.clock.advance_to(place.clock.now() + 5 * 60 * SECOND)
        assert (await sign_in(browser, "lilei")).status_code == 200


async def test_a_right_password_ends_the_row(place: Place) -> None:
    configured(place, lock_after=4)
    async with guesses(place, 3) as browser:
        assert (await sign_in(browser, "lilei")).status_code == 200
    async with guesses(place, 3) as browser:
        assert (await sign_in(browser, "lilei")).status_code == 200


async def test_an_administrator_ends_a_lock_out(place: Place) -> None:
    configured(place, lock_after=4)
    path = f"/api/v1/users/{place.user('lilei').id}"
    async with guesses(place, 4) as browser, place.signed_in("root") as admin, place.signed_in("wang") as leader:
        assert (await admin.get(f"{path}/account")).json()["locked_until"] is not None
        assert (await leader.post(f"{path}/unlock")).status_code == 403
        assert (await admin.post(f"{path}/unlock")).status_code == 204
        assert (await sign_in(browser, "lilei")).status_code == 200


async def test_a_second_factor_is_asked_for_and_each_code_is_good_once(place: Place) -> None:
    async with place.signed_in("lilei") as browser, place.browser() as later:
        secret, _ = await enrolled(place, browser)
        assert (await browser.get(ACCOUNT)).json()["second_factor"] is True
        answers = [await sign_in(later, "lilei")]
        answers.append(await sign_in(later, "lilei", code=code_at(place, secret)))  # it confirmed the factor
        code = next_code(place, secret)
        answers.append(await sign_in(later, "lilei", code=code))
        answers.append(await sign_in(later, "lilei", code=code))
        answers.append(await sign_in(later, "lilei", code="000000"))
    told = [(answer.status_code, answer.json().get("code")) for answer in answers]
    refused = (401, "wrong_code")
    assert told == [(401, "code_needed"), refused, (200, None), refused, refused]


async def test_wrong_codes_lock_the_account_too(place: Place) -> None:
    configured(place, lock_after=3)
    async with place.signed_in("lilei") as browser, place.browser() as thief:
        secret, _ = await enrolled(place, browser)
        for code in ("000001", "000002", "000003"):
            place.clock.advance_to(place.clock.now() + 60 * SECOND)
            assert (await sign_in(thief, "lilei", code=code)).json()["code"] == "wrong_code"
        locked = await sign_in(thief, "lilei", code=next_code(place, secret))
    assert locked.json()["code"] == "account_locked"


async def test_a_recovery_code_opens_once(place: Place) -> None:
    async with place.signed_in("lilei") as browser, place.browser() as later:
        _, recovery = await enrolled(place, browser)
        assert len(set(recovery)) == 10
        answers = [await sign_in(later, "lilei", code=recovery[0]) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 401]
        assert (await browser.get(ACCOUNT)).json()["recovery_codes_left"] == 9


async def test_neither_secret_nor_recovery_codes_lie_open_in_the_store(place: Place) -> None:
    async with place.signed_in("lilei") as browser:
        secret, recovery = await enrolled(place, browser)
    with reading(place.store.business) as connection:
        row = connection.execute(sa.select(AccountState.__table__)).one()
    assert not any(text in str(row) for text in (secret, *recovery))
    assert place.options.account_key.stat().st_mode & 0o077 == 0


async def test_a_factor_is_set_up_and_taken_away_with_the_password_only(place: Place) -> None:
    async with place.signed_in("lilei") as browser, place.browser() as later:
        refused = await browser.post(f"{ACCOUNT}/factor", json={"password": "not mine"})
        assert (refused.status_code, refused.json()["code"]) == (403, "not_your_password")
        unbegun = await browser.put(f"{ACCOUNT}/factor", json={"code": "123456"})
        assert (unbegun.status_code, unbegun.json()["code"]) == (409, "factor_not_begun")
        await enrolled(place, browser)
        again = await browser.post(f"{ACCOUNT}/factor", json={"password": PASSWORD})
        assert (again.status_code, again.json()["code"]) == (409, "factor_present")
        assert (await browser.post(f"{ACCOUNT}/factor/remove", json={"password": PASSWORD})).status_code == 204
        assert (await sign_in(later, "lilei")).status_code == 200


async def test_a_role_that_needs_a_factor_can_do_nothing_before_it_has_one(place: Place) -> None:
    configured(place, second_factor=["leader"])
    async with place.signed_in("wang") as browser:
        assert (await browser.get(SESSION)).json()["must"] == "enrol"
        for path in ("calls", "floor", "customers", "figures/queues"):
            answer = await browser.get(f"/api/v1/{path}")
            assert (answer.status_code, answer.json()["code"]) == (403, "factor_first"), path
        await enrolled(place, browser)
        assert (await browser.get(SESSION)).json()["must"] is None
        assert (await browser.get("/api/v1/calls")).status_code == 200


def test_what_may_be_used_before_anything_else_exists() -> None:
    for routes in BEFORE_ANYTHING.values():
        assert routes <= PERMISSIONS.keys()


async def test_a_changed_password_ends_every_other_session(place: Place) -> None:
    async with place.signed_in("lilei") as browser, place.signed_in("lilei") as elsewhere, place.browser() as later:
        order = {"current": PASSWORD, "new": ANOTHER}
        assert (await browser.put(f"{ACCOUNT}/password", json=order)).status_code == 204
        assert [(await one.get(SESSION)).status_code for one in (browser, elsewhere)] == [200, 401]
        assert (await sign_in(later, "lilei")).status_code == 401
        assert (await sign_in(later, "lilei", ANOTHER)).status_code == 200


@pytest.mark.parametrize(
    ("new", "lacking"),
    [
        ("short", "at least 12 characters"),
        ("onlysmallletters", "3 of:"),
        ("My-name-is-LiLei-1", "user name"),
        ("aA1aA1aA1aA1", "different"),
        (PASSWORD, "old one"),
    ],
)
async def test_a_password_has_to_be_fit(place: Place, new: str, lacking: str) -> None:
    configured(place, password_min=12, password_kinds=3)
    async with place.signed_in("lilei") as browser:
        answer = await browser.put(f"{ACCOUNT}/password", json={"current": PASSWORD, "new": new})
    assert (answer.status_code, answer.json()["code"]) == (422, "password_unfit")
    assert lacking in answer.json()["sentence"]


async def test_a_password_of_an_administrators_choice_has_to_be_changed(place: Place) -> None:
    path = f"/api/v1/users/{place.user('lilei').id}"
    async with place.signed_in("lilei") as before, place.signed_in("root") as admin, place.browser() as browser:
        assert (await admin.put(f"{path}/password", json={"new": ANOTHER})).status_code == 204
        assert (await before.get(SESSION)).status_code == 401
        assert (await sign_in(browser, "lilei", ANOTHER)).json()["must"] == "change_password"
        refused = await browser.get("/api/v1/calls")
        assert (refused.status_code, refused.json()["code"]) == (403, "password_first")
        order = {"current": ANOTHER, "new": "my own choice 7"}
        assert (await browser.put(f"{ACCOUNT}/password", json=order)).status_code == 204
        assert (await browser.get("/api/v1/calls")).status_code == 200


async def test_sessions_are_seen_and_revoked(place: Place) -> None:
    async with place.signed_in("lilei") as here, place.signed_in("lilei", "10.0.0.9") as there:
        sessions = (await here.get(ACCOUNT)).json()["sessions"]
        assert {(one["address"], one["current"]) for one in sessions} == {("127.0.0.1", True), ("10.0.0.9", False)}
        assert (await here.post(f"{ACCOUNT}/sessions/revoke")).status_code == 204
        assert [(await one.get(SESSION)).status_code for one in (here, there)] == [200, 401]


async def test_an_administrator_signs_somebody_out_everywhere(place: Place) -> None:
    path = f"/api/v1/users/{place.user('lilei').id}/sessions/revoke"
    async with place.signed_in("lilei") as browser, place.signed_in("root") as admin:
        assert (await admin.post(path)).status_code == 204
        assert (await browser.get(SESSION)).status_code == 401
        assert (await admin.post("/api/v1/users/nobody/sessions/revoke")).status_code == 404
