"""What a sister centre may read: the load, with the agreed token alone (ACD-65)."""

from __future__ import annotations

import pytest

from tests.server.centre import NOON, Place
from yingda.kernel.config import versions
from yingda.kernel.config.sites import SiteRules
from yingda.kernel.errors import YingdaError
from yingda.kernel.store import writing

pytestmark = pytest.mark.anyio
LOAD = {"queues": [{"name": "售后", "waiting": 2, "idle": 0, "staffed": 3, "between_s": 7.5}]}


def agree(place: Place) -> None:
    """The centre names the variable in which the token is."""
    info = place.centre.centre.model_copy(update={"sites": SiteRules(token_env="OUR_TOKEN")})
    with writing(place.store.business) as connection:
        versions.publish(connection, place.centre.model_copy(update={"centre": info}), 1, "system", NOON)


async def read(place: Place, token: str | None) -> tuple[int, dict[str, object]]:
    async with place.browser("10.9.8.7") as browser:
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        answer = await browser.get("/api/v1/load", headers=headers)
    return answer.status_code, answer.json()


async def test_a_sister_with_the_token_reads_the_load(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUR_TOKEN", "agreed")
    agree(place)
    place.control.answers["load"] = LOAD
    assert await read(place, "agreed") == (200, LOAD)


@pytest.mark.parametrize("token", [None, "", "agreed2", "other"])
async def test_nobody_else_does(place: Place, token: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUR_TOKEN", "agreed")
    agree(place)
    status, body = await read(place, token)
    assert (status, body["code"]) == (403, "not_allowed")
    assert place.control.asked == []


@pytest.mark.parametrize("agreed", [True, False])
async def test_without_a_token_of_ours_nobody_may(place: Place, agreed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OUR_TOKEN", raising=False)
    if agreed:
        agree(place)
    assert (await read(place, ""))[0] == 403


async def test_it_says_so_while_control_is_away(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUR_TOKEN", "agreed")
    agree(place)
    place.control.refusals["load"] = YingdaError("plane_timeout", "away")
    status, body = await read(place, "agreed")
    assert (status, body["code"]) == (503, "control_away")
