"""/load: what a sister centre needs to know before it sends us a caller; for who shows the token, nobody signs in."""

from __future__ import annotations

import hmac
import os
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from yingda.kernel.errors import YingdaError
from yingda.server.control import ask
from yingda.server.deps import House, InHouse
from yingda.server.refusals import documented
from yingda.server.sites.schemas import Load

BEARER = "Bearer "
router = APIRouter(tags=["operation"])


@router.get(
    "/load",
    response_model=Load,
    responses=documented(503),
    summary="Queues' load, for a sister centre with the token of `centre.sites.token_env`",
)
async def read_load(request: Request, house: InHouse) -> dict[str, Any]:
    await run_in_threadpool(_may_read, request.headers.get("authorization", ""), house)
    return await ask(house.deps.control, "load", {})


def _may_read(shown: str, house: House) -> None:
    """Refuses who shows no token, or another; and everybody while none is set."""
    variable = house.directory().centre.centre.sites.token_env
    token = os.environ.get(variable, "") if variable is not None else ""
    given = shown.removeprefix(BEARER) if shown.startswith(BEARER) else ""
    if not token or not hmac.compare_digest(given.encode(), token.encode()):
        raise YingdaError("not_allowed", "Only a sister centre that shows the agreed token may read the load.")
