"""The web plane's application: `create_app` puts the rooms together. Serving it on a socket is the plane's business."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import CapacityLimiter
from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute

from yingda import __version__
from yingda.server import documentation, health, refusals, static
from yingda.server.accounts import api as account_routes
from yingda.server.accounts.factor import Vault
from yingda.server.accounts.service import Accounts
from yingda.server.authorise import authorise
from yingda.server.calls import api as calls
from yingda.server.client import Client
from yingda.server.customers import api as customers
from yingda.server.deps import Deps, House
from yingda.server.desk import api as desk
from yingda.server.desk import talking
from yingda.server.directory import CurrentDirectory
from yingda.server.feed import api as feed
from yingda.server.feed.attendance import attend
from yingda.server.feed.hub import Hub
from yingda.server.figures import api as figures
from yingda.server.floor import api as floor
from yingda.server.floor import intervening
from yingda.server.floor import queues as floor_queues
from yingda.server.floor import rooms as floor_rooms
from yingda.server.floor import skills as floor_skills
from yingda.server.floor import speaking as floor_speaking
from yingda.server.flows import api as flows
from yingda.server.flows import phrases
from yingda.server.flows import today as flows_today
from yingda.server.flows import trying as flows_trying
from yingda.server.flows.booth import Booth
from yingda.server.guard import Guard
from yingda.server.messages import api as messages
from yingda.server.metrics import Meters
from yingda.server.reports import api as reports
from yingda.server.reports import work as reports_work
from yingda.server.reports.corrections import Corrections
from yingda.server.reports.exports import Exports
from yingda.server.sessions import api as sessions
from yingda.server.sessions.service import Sessions
from yingda.server.sites import api as sites
from yingda.server.targets import api as targets
from yingda.server.tasks import api as tasks
from yingda.server.views import api as views
from yingda.server.voicemail import api as voicemail

PREFIX = "/api/v1"
PASSWORD_CHECKS = 2
EVERYWHERE = (400, 401, 403, 413, 422, 500)
"""What every route of the API may answer besides its own."""


def create_app(deps: Deps) -> FastAPI:
    """The whole web plane but the socket. Its lifespan starts the bus clients and follows control."""
    house = _furnish(deps)
    app = FastAPI(
        title="Yingda 应答",
        version=__version__,
        description=documentation.ABOUT,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=_lifespan,
        dependencies=[Depends(authorise)],
        generate_unique_id_function=_operation_id,
    )
    app.state.house = house
    app.state.exports = Exports(deps.clock)
    app.state.corrections = Corrections(deps.options, deps.clock)
    app.state.studio = flows_trying.Studio()
    app.state.booth = Booth(deps.options)
    refusals.install(app)
    app.add_middleware(Guard, options=deps.options, meters=house.meters)
    rooms = (
        *(sessions, account_routes, desk, talking, targets, messages, calls, customers),
        *(tasks, views, sites),
        *(figures, reports, reports_work, voicemail, floor, floor_queues, floor_skills, floor_speaking, floor_rooms),
        *(intervening, feed),
        *(flows_trying, flows_today, flows, phrases),  # in this order: /flows/templates is no document
    )
    for room in rooms:
        app.include_router(room.router, prefix=PREFIX, responses=refusals.documented(*EVERYWHERE))
    app.include_router(health.router)
    app.include_router(documentation.router)
    app.include_router(static.router)  # last: it takes what nobody else does
    return app


def _furnish(deps: Deps) -> House:
    directory = CurrentDirectory(deps.store, deps.tenant)
    meters = Meters()
    accounts = Accounts(Vault(deps.options.account_key), deps.tenant)
    return House(
        deps=deps,
        directory=directory,
        sessions=Sessions(deps.store, directory, deps.clock, accounts, deps.tenant),
        accounts=accounts,
        hub=Hub(deps.control, deps.clock),
        meters=meters,
        client=Client(deps.client),
        password_checks=CapacityLimiter(PASSWORD_CHECKS),
        since=deps.clock.now(),
    )


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    house: House = app.state.house
    buses = house.deps.buses.values()
    await house.hub.start()
    attending = asyncio.create_task(attend(house.hub, house.sessions), name="attend feeds")
    await asyncio.gather(*(bus.start() for bus in buses))
    try:
        yield
    finally:
        attending.cancel()
        await asyncio.to_thread(app.state.exports.close)
        await asyncio.to_thread(app.state.corrections.close)
        await asyncio.to_thread(app.state.booth.close)
        await house.hub.stop()
        await asyncio.gather(*(bus.close() for bus in buses))


def _operation_id(route: APIRoute) -> str:
    """The function's name: it is what the table of permissions knows the route by, and what clients call it."""
    return route.name
