"""What a stranger, or a curious colleague, may send: fields nobody asked for, requests from other pages, huge bodies.
Ids of others are in test_scopes, what the OpenAPI document forbids in test_openapi."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts

from tests.server.centre import Place
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
