"""What the web plane says of itself: health, metrics, documentation, the built client."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi.openapi.models import OpenAPI
from prometheus_client.parser import text_string_to_metric_families

from tests.server.centre import Place, copy_data, running
from tests.server.control import Control
from yingda.server.documentation import operations
from yingda.server.metrics import Meters, merged
from yingda.server.permissions import PERMISSIONS

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def planes(place: Place, *names: str) -> AsyncIterator[dict[str, Control]]:
    """These planes run as well."""
    started = {name: Control(since=7) for name in names}
    for name, plane in started.items():
        await plane.start(place.options.socket(name))
        await place.app.state.house.deps.buses[name].wait_connected(5)
    try:
        yield started
    finally:
        for plane in started.values():
            await plane.stop()


# health and metrics


async def test_healthy_if_every_plane_answers(place: Place) -> None:
    async with planes(place, "media", "worker"), place.browser() as browser:
        answer = await browser.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "planes": {
            "control": {"up": True, "since": 1, "version": "0"},
            "media": {"up": True, "since": 7, "version": "0"},
            "worker": {"up": True, "since": 7, "version": "0"},
            "web": {"up": True, "since": place.clock.now()},
        },
    }


async def test_a_plane_that_is_away_makes_it_unhealthy_and_is_named(place: Place) -> None:
    async with planes(place, "media"), place.browser() as browser:
        answer = await browser.get("/healthz")
    assert (answer.status_code, answer.json()["status"]) == (503, "down")
    assert {name: plane["up"] for name, plane in answer.json()["planes"].items()} == {
        "control": True,
        "media": True,
        "worker": False,
        "web": True,
    }


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    found = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    keys = [(sample.name, tuple(sorted(sample.labels.items()))) for sample in found]
    assert len(set(keys)) == len(keys), "a sample stands twice"
    return {key: sample.value for key, sample in zip(keys, found, strict=True)}


async def test_metrics_of_all_planes_are_one_exposition(place: Place) -> None:
    text = '# HELP yingda_legs Legs.\n# TYPE yingda_legs gauge\nyingda_legs{kind="sip"} 3\n'
    place.control.metrics = text
    async with planes(place, "media") as others, place.browser() as browser:
        others["media"].metrics = text.replace(" 3", " 4")
        await browser.get("/healthz")
        answer = await browser.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    found = samples(answer.text)
    assert found[("yingda_legs", (("kind", "sip"), ("plane", "control")))] == 3
    assert found[("yingda_legs", (("kind", "sip"), ("plane", "media")))] == 4
    assert found[("yingda_plane_up", (("plane", "media"),))] == 1
    assert found[("yingda_plane_up", (("plane", "worker"),))] == 0
    labels = (("method", "GET"), ("plane", "web"), ("route", "health"), ("status", "503"))
    assert found[("yingda_http_requests_total", labels)] == 1
    assert answer.text.count("# TYPE yingda_legs ") == 1


@pytest.mark.parametrize(
    "spoiled",
    [
        "yingda_http_requests{ 1\n",
        "# TYPE yingda_plane_up counter\nyingda_plane_up_total 5\n",
        '# TYPE yingda_plane_up gauge\nyingda_plane_up{plane="web"} 0\n',
        "# TYPE yingda_http_seconds gauge\nyingda_http_seconds 5\n",
    ],
)
def test_a_plane_cannot_spoil_the_exposition(spoiled: str) -> None:
    meters = Meters()
    meters.request("client", "GET", 200, 0.01)
    found = samples(merged({"web": meters.text(), "media": spoiled}))
    assert found[("yingda_plane_metrics_valid", (("plane", "media"),))] == 0
    assert found[("yingda_plane_metrics_valid", (("plane", "web"),))] == 1
    assert found[("yingda_plane_up", (("plane", "web"),))] == 1


async def test_metrics_are_for_this_machine_and_for_admins(place: Place) -> None:
    async with place.browser(address="192.0.2.1") as stranger:
        assert (await stranger.get("/metrics")).status_code == 403
    async with place.signed_in("wang", "192.0.2.1") as leader:
        assert (await leader.get("/metrics")).status_code == 403
    async with place.signed_in("root", "192.0.2.1") as admin:
        assert (await admin.get("/metrics")).status_code == 200
    async with place.browser(address="::1") as scraper:
        assert (await scraper.get("/metrics")).status_code == 200


# documentation


def references(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


async def test_the_schema_is_valid_and_says_everything(place: Place) -> None:
    async with place.browser() as browser:
        schema = (await browser.get("/api/v1/openapi.json")).json()
    OpenAPI.model_validate(schema)
    assert schema["openapi"].startswith("3.1")
    for reference in references(schema):
        node = schema
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]
    seen = set()
    for path, method, operation in operations(schema):
        name = operation["operationId"]
        assert name in PERMISSIONS
        assert name not in seen, f"{name} stands twice"
        seen.add(name)
        assert operation["summary"], (path, method)
        assert operation["tags"], (path, method)
        good = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
        assert good, (path, method)
        for status, answer in operation["responses"].items():
            assert status == "204" or answer["content"], (path, method, status)
            json = answer.get("content", {}).get("application/json")
            assert json is None or json["schema"], (path, method, status)
        if path.startswith("/api/"):
            assert {"401", "403", "500"} <= set(operation["responses"]), (path, method)
    assert "sign_in" in seen


async def test_the_documentation_needs_nothing_from_elsewhere(place: Place) -> None:
    async with place.browser() as browser:
        answer = await browser.get("/api/docs")
    assert answer.status_code == 200
    for word in ("POST /api/v1/session", "GET /healthz", "X-CSRF-Token", "SessionOut"):
        assert word in answer.text
    assert "<script" not in answer.text
    assert "http://" not in answer.text
    assert "sha256-" in answer.headers["content-security-policy"]


# the built client


def build(folder: Path) -> Path:
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>desk</title>")
    (folder / "assets" / "app-1a2b.js").write_text("let a = 1;")
    (folder / "assets" / "app-1a2b.js.gz").write_bytes(gzip.compress(b"let a = 1;"))
    (folder / "favicon.svg").write_text("<svg/>")
    return folder


@pytest.fixture
async def built(data_template: Path, tmp_path: Path) -> AsyncIterator[Place]:
    folder = copy_data(data_template, tmp_path / "data")
    (tmp_path / "secret.txt").write_text("secret")
    async with running(Place(folder, Control(), client=build(tmp_path / "client"))) as place:
        yield place


@pytest.mark.parametrize("address", ["/", "/desk", "/contacts/0199-x", "/index.html"])
async def test_every_address_of_the_client_is_its_index_page(built: Place, address: str) -> None:
    async with built.browser() as browser:
        answer, head = await browser.get(address), await browser.head(address)
    assert (answer.status_code, answer.text) == (200, "<!doctype html><title>desk</title>")
    assert (head.status_code, head.content) == (200, b"")
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(("accepts", "encoding"), [("gzip, br;q=0.5", "gzip"), ("identity", None)])
async def test_assets_are_kept_for_ever_and_packed_where_taken(
    built: Place, accepts: str, encoding: str | None
) -> None:
    async with built.browser() as browser:
        answer = await browser.get("/assets/app-1a2b.js", headers={"Accept-Encoding": accepts})
    assert answer.text == "let a = 1;"
    assert answer.headers.get("content-encoding") == encoding
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize(
    "address",
    ["/assets/gone-1a2b.js", "/api/v2/session", "/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt"],
)
async def test_what_is_not_there_is_said_so_and_nothing_lies_outside(built: Place, address: str) -> None:
    async with built.browser() as browser:
        answer = await browser.get(address)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_new_build_is_served_without_a_restart(built: Place, tmp_path: Path) -> None:
    client = tmp_path / "client"
    async with built.browser() as browser:
        await browser.get("/")
        (client / "assets" / "app-3c4d.js").write_text("let a = 2;")
        (client / "index.html").write_text("<!doctype html><title>new</title>")
        assert (await browser.get("/assets/app-3c4d.js")).text == "let a = 2;"
        assert "new" in (await browser.get("/")).text


async def test_without_a_build_there_is_one_clear_page(place: Place) -> None:
    async with place.browser() as browser:
        answer = await browser.get("/desk")
    assert answer.status_code == 503
    assert "make setup" in answer.text
