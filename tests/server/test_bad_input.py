"""What a stranger, or a curious colleague, may send: fields nobody asked for, requests from other pages, huge bodies.
Ids of others are in test_scopes, what the OpenAPI document forbids in test_openapi."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts

from tests.server.centre import Place
from yingda.server.guard import BODY_LIMIT
from yingda.server.permissions import PERMISSIONS

pytestmark = pytest.mark.anyio
SAFE = {"GET", "HEAD", "OPTIONS"}


def changing(place: Place) -> list[tuple[str, str]]:
    """(method, address) of every route that changes something and needs a session."""
    found = []
    for context in iter_route_contexts(place.app.routes):
        methods = set(getattr(context, "methods", None) or ()) - SAFE
        if PERMISSIONS[str(context.name)] != "public":
            found += [(method, re.sub(r"{[^}]*}", "x", str(context.path))) for method in sorted(methods)]
    return found


async def test_no_body_takes_fields_that_nobody_declared(place: Place) -> None:
    """Mass assignment: a role, a tenant, an owner slipped in beside what may be changed is refused, not ignored."""
    document: dict[str, Any] = place.app.openapi()
    schemas, open_ones = document["components"]["schemas"], []
    for methods in document["paths"].values():
        for operation in methods.values():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            for one in (body, *body.get("anyOf", ()), *body.get("oneOf", ())):
                name = str(one.get("$ref", "")).rpartition("/")[2]
                if name and schemas[name].get("additionalProperties") is not False:
                    open_ones.append((operation["operationId"], name))
    assert open_ones == []
    async with place.signed_in("lilei") as browser:
        slipped = {"extension": "81023", "ready": True, "agent_id": place.agent("hanmei").id}
        answer = await browser.post("/api/v1/desk/sign-in", json=slipped)
    assert (answer.status_code, place.control.asked) == (422, [])


@pytest.mark.parametrize("token", [None, "of another session"])
async def test_nothing_is_changed_without_the_sessions_token(place: Place, token: str | None) -> None:
    async with place.signed_in("root") as browser:
        del browser.headers["X-CSRF-Token"]
        headers = {} if token is None else {"X-CSRF-Token": token}
        routes = changing(place)
        said = {
            (method, path): (answer.status_code, answer.json()["code"])
            for method, path in routes
            if (answer := await browser.request(method, path, headers=headers))
        }
    assert len(routes) > 60
    assert set(said.values()) == {(403, "csrf")}
    assert place.control.asked == []


async def test_nothing_is_changed_from_another_page(place: Place) -> None:
    async with place.signed_in("root") as browser:
        for method, path in changing(place):
            answer = await browser.request(method, path, headers={"Origin": "https://elsewhere.example"})
            assert (answer.status_code, answer.json()["code"]) == (403, "other_origin"), path
    assert place.control.asked == []


async def endless() -> AsyncIterator[bytes]:
    """More than the limit, and nothing said of it before."""
    for _ in range(BODY_LIMIT // 65_536 + 1):
        yield b" " * 65_536


async def test_no_route_takes_a_body_beyond_the_limit(place: Place) -> None:
    paths = place.app.openapi()["paths"]
    read = {(method.upper(), re.sub(r"{[^}]*}", "x", path.replace("{language}", "zh")))
            for path, methods in paths.items() for method, one in methods.items() if "requestBody" in one}  # fmt: skip
    too_long = {"Content-Type": "application/json", "Content-Length": str(BODY_LIMIT + 1)}
    async with place.signed_in("root") as browser:
        for method, path in {*changing(place), *read}:
            answers = [await browser.request(method, path, content=b"{}", headers=too_long)]
            if (method, path) in read:
                kind = {"Content-Type": "audio/wav" if path.startswith("/api/v1/phrases") else "application/json"}
                answers.append(await browser.request(method, path, content=endless(), headers=kind))
            assert {(one.status_code, one.json()["code"]) for one in answers} == {(413, "too_large")}, path
    assert len(read) > 30
    assert place.control.asked == []
