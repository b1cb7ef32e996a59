"""What authors of flows do at the server: they begin, save, publish and remove documents."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.server.centre import NOON, Place
from yingda.kernel.config import versions
from yingda.kernel.config.centre import Flow, FlowDocument
from yingda.kernel.store import reading, writing

FLOWS = "/api/v1/flows"
VXML = "http://www.w3.org/2001/vxml"


def flow(words: str, more: str = "") -> str:
    """A document that says some words and ends."""
    return (
        f'<vxml version="2.1" xmlns="{VXML}" xml:lang="en">\n'
        f'  <meta name="description" content="says {words}"/>\n'
        f'  <form id="main"><block><prompt>{words}</prompt>{more}<exit/></block></form>\n'
        "</vxml>\n"
    )


def script(words: str) -> str:
    return f"- says: greets\n  do: []\n  see: [play {words}, exit]\n"


async def begin(browser: httpx.AsyncClient, name: str, text: str = "", **more: str) -> dict[str, Any]:
    answer = await browser.post(FLOWS, json={"name": name, "text": text, **more})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def publish(browser: httpx.AsyncClient, document: dict[str, Any], note: str = "") -> httpx.Response:
    body = {"revision": document["draft"]["revision"], "note": note}
    return await browser.post(f"{FLOWS}/{document['document_id']}/publish", json=body)


async def save(browser: httpx.AsyncClient, document: dict[str, Any], text: str, **more: object) -> httpx.Response:
    draft, published = document["draft"], document["published"]
    body: dict[str, object] = {"text": text, "tests": document["tests"]}
    body["revision"] = draft["revision"] if draft else 0
    body["base"] = draft["base"] if draft else published["number"]
    return await browser.put(f"{FLOWS}/{document['document_id']}/draft", json=body | more)


async def remove(browser: httpx.AsyncClient, document: dict[str, Any]) -> httpx.Response:
    draft, published = document["draft"], document["published"]
    seen = {"number": published["number"] if published else 0, "revision": draft["revision"] if draft else 0}
    return await browser.delete(f"{FLOWS}/{document['document_id']}", params=seen)


@asynccontextmanager
async def two(place: Place) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
    """The same administrator at two windows."""
    async with place.signed_in("root") as one, place.signed_in("root") as other:
        yield one, other


def in_force(place: Place) -> dict[str, str]:
    with reading(place.store.business) as connection:
        version = versions.current(connection)
    assert version is not None
    return {document.name: document.text for document in version.centre.documents}


def apply(place: Place, *documents: FlowDocument, flows: tuple[Flow, ...] = ()) -> None:
    """What a file brings."""
    with writing(place.store.business) as connection:
        version = versions.current(connection)
        assert version is not None
        more = {"documents": list(documents), "flows": [*version.centre.flows, *flows]}
        versions.publish(connection, version.centre.model_copy(update=more), version.version, "system", NOON)
