"""/healthz and /metrics: whether the planes answer, and what they count."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections.abc import Mapping
from typing import Any, Literal

import sqlalchemy as sa
from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, ConfigDict
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, PlainTextResponse

from yingda.kernel.errors import YingdaError
from yingda.server.control import call
from yingda.server.deps import House, InHouse
from yingda.server.metrics import merged
from yingda.server.refusals import documented

LIMIT_S = 1.0
"""How long a plane may take to answer before it counts as down."""

log = logging.getLogger("yingda.web")
router = APIRouter(tags=["operation"])


class PlaneHealth(BaseModel):
    model_config = ConfigDict(extra="allow")
    up: bool


class Health(BaseModel):
    """status "ok" if every plane answers and the database does, else "down" (and 503)."""

    status: Literal["ok", "down"]
    planes: dict[str, PlaneHealth]


@router.get(
    "/healthz",
    response_model=Health,
    responses={503: {"model": Health, "description": "At least one plane does not answer."}},
    summary="Whether every plane answers",
)
async def health(house: InHouse) -> JSONResponse:
    names = list(house.deps.buses)
    pongs = await asyncio.gather(*(_ask(house, name, "ping") for name in names))
    planes: dict[str, dict[str, Any]] = {
        name: {"up": pong is not None, **_told(pong or {})} for name, pong in zip(names, pongs, strict=True)
    }
    planes["web"] = {"up": await run_in_threadpool(_database_answers, house), "since": house.since}
    well = all(plane["up"] for plane in planes.values())
    body = {"status": "ok" if well else "down", "planes": planes}
    return JSONResponse(body, 200 if well else 503, headers={"Cache-Control": "no-store"})


@router.get(
    "/metrics",
    response_class=PlainTextResponse,
    responses=documented(403),
    summary="Prometheus text of all planes; for this machine itself, or an admin's session",
)
async def metrics(request: Request, house: InHouse) -> PlainTextResponse:
    await run_in_threadpool(_may_scrape, request, house)
    names = list(house.deps.buses)
    answers = await asyncio.gather(*(_ask(house, name, "metrics") for name in names))
    texts = {
        name: str(answer["text"]) if answer is not None else None for name, answer in zip(names, answers, strict=True)
    }
    return PlainTextResponse(merged({**texts, "web": house.meters.text()}), media_type=CONTENT_TYPE_LATEST)


def _may_scrape(request: Request, house: House) -> None:
    if request.client is not None and _is_loopback(request.client.host):
        return
    viewer = house.sessions.of(request)
    if viewer is None or viewer.role != "admin":
        raise YingdaError("not_allowed", "Metrics are for this machine itself and for signed-in administrators.")


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


async def _ask(house: House, plane: str, method: str) -> dict[str, Any] | None:
    """The plane's answer within a second, or None."""
    try:
        return await call(house.deps.buses[plane], method, {}, LIMIT_S)
    except YingdaError as error:
        log.info("%s does not answer %s: %s", plane, method, error)
        return None


def _told(pong: Mapping[str, Any]) -> dict[str, Any]:
    """What may be shown without signing in."""
    return {name: pong[name] for name in ("since", "version") if name in pong}


def _database_answers(house: House) -> bool:
    try:
        with house.deps.store.business.connect() as connection:
            connection.execute(sa.text("SELECT 1"))
    except SQLAlchemyError:
        log.exception("the business database does not answer")
        return False
    return True
