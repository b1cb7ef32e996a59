"""What every request passes: permissions, headers, size, the one shape of errors."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from tests.server.centre import PASSWORD, Place, running
from tests.server.control import Control
from yingda.server.guard import BODY_LIMIT
from yingda.server.permissions import PERMISSIONS, permitted

pytestmark = pytest.mark.anyio
SUPPORT = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}")


def route_names(app: FastAPI) -> list[str]:
    return [str(context.name) for context in iter_route_contexts(app.routes)]


async def test_every_route_has_a_permission_and_every_permission_a_route(place: Place) -> None:
    names = route_names(place.app)
    assert len(names) == len(set(names)), "two routes of one name cannot be told apart"
    assert set(names) == set(PERMISSIONS)


def test_roles_build_on_each_other() -> None:
    allowed = {
        role: [name for name in ("public", "agent", "leader", "admin") if permitted(name, role)]
        for role in (None, "agent", "leader", "admin")
    }
    assert allowed == {
        None: ["public"],
        "agent": ["public", "agent"],
        "leader": ["public", "agent", "leader"],
        "admin": ["public", "agent", "leader", "admin"],
    }


async def test_a_route_that_nobody_declared_is_refused(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    undeclared = {name: permission for name, permission in PERMISSIONS.items() if name != "read_floor"}
    monkeypatch.setattr("yingda.server.authorise.PERMISSIONS", undeclared)
    async with place.signed_in("root") as browser:
        answer = await browser.get("/api/v1/floor")
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


async def test_before_a_centre_is_applied_everybody_is_told_so(ready_folder: Path) -> None:
    async with running(Place(ready_folder, Control())) as place, place.browser() as browser:
        answer = await browser.post("/api/v1/session", json={"username": "root", "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (503, "no_configuration")
    assert "yingda apply" in answer.json()["todo"]


async def test_everything_but_the_public_needs_a_session(place: Place) -> None:
    async with place.browser() as browser:
        for context in iter_route_contexts(place.app.routes):
            name, methods = str(context.name), getattr(context, "methods", None)
            if PERMISSIONS[name] == "public" or not methods:
                continue
            path = re.sub(r"{[^}]*}", "x", str(context.path))
            for method in methods:
                answer = await browser.request(method, path)
                assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in"), name


async def test_security_headers_stand_on_every_answer(place: Place) -> None:
    async with place.signed_in("lilei") as browser:
        for path in ("/", "/api/v1/session", "/api/v1/nothing", "/healthz", "/api/docs"):
            headers = (await browser.get(path)).headers
            policy = headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"
        policy = (await browser.get("/")).headers["content-security-policy"]
    assert "connect-src 'self' ws://127.0.0.1:8080 ws://127.0.0.1:5066;" in policy
    assert "media-src 'self' blob:" in policy


async def test_a_host_header_cannot_write_into_the_policy(place: Place) -> None:
    async with place.browser() as browser:
        answer = await browser.get("/", headers={"Host": "a.example; script-src *"})
    assert "script-src *" not in answer.headers["content-security-policy"]


async def declared_large() -> AsyncIterator[bytes]:
    yield b"{}"


async def secretly_large() -> AsyncIterator[bytes]:
    for _ in range(BODY_LIMIT // 65_536 + 1):
        yield b" " * 65_536


async def test_a_body_that_is_too_large_is_refused(place: Place) -> None:
    json = {"Content-Type": "application/json"}
    async with place.browser() as browser:
        said = await browser.post(
            "/api/v1/session", content=declared_large(), headers={**json, "Content-Length": str(BODY_LIMIT + 1)}
        )
        unsaid = await browser.post("/api/v1/session", content=secretly_large(), headers=json)
    for answer in (said, unsaid):
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_errors_have_one_shape(place: Place) -> None:
    async with place.browser() as browser:
        answers = [
            await browser.get("/api/v1/nothing"),
            await browser.put("/api/v1/session", json={}),
            await browser.post("/api/v1/session", json={"username": "lilei"}),
            await browser.post("/api/v1/session", content=b"{not json", headers={"Content-Type": "application/json"}),
            await browser.get("/api/v1/session"),
        ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (404, "not_found"),
        (405, "method_not_allowed"),
        (422, "invalid"),
        (422, "invalid"),
        (401, "not_signed_in"),
    ]
    for answer in answers:
        body = answer.json()
        assert {"code", "sentence", "where", "todo", "support"} <= set(body)
        assert body["sentence"].endswith(".")
        assert SUPPORT.fullmatch(body["support"])


async def test_a_wrong_field_is_not_answered_with_its_value(place: Place) -> None:
    async with place.browser() as browser:
        answer = await browser.post("/api/v1/session", json={"username": 5, "password": ["top secret"]})
    assert "top secret" not in answer.text


async def test_what_nobody_expected_is_a_number_and_no_traceback(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("secret of the house")

    monkeypatch.setattr(place.app.state.house.sessions, "open", broken, raising=True)
    with caplog.at_level(logging.ERROR, "yingda.web"):
        async with place.browser() as browser:
            answer = await browser.post("/api/v1/session", json={"username": "lilei", "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "secret of the house" not in answer.text
    assert [record.__dict__["support"] for record in caplog.records] == [answer.json()["support"]]
    assert answer.headers["x-content-type-options"] == "nosniff"
