"""A small centre with people in every role, and an application upon it."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from argon2 import PasswordHasher
from fastapi import FastAPI

from tests.server.control import Control
from yingda.kernel.bus import BusClient
from yingda.kernel.clock import VirtualClock
from yingda.kernel.config import credentials, versions
from yingda.kernel.config.centre import Agent, BusyReason, Centre, CentreInfo, Device, Flow, Number, Queue, Team, User
from yingda.kernel.config.identity import give_ids
from yingda.kernel.ids import seeded_ids
from yingda.kernel.store import Store, migrate, open_store, writing
from yingda.planes.options import Options
from yingda.server.app import create_app
from yingda.server.deps import Deps

NOON = 1_763_726_400_000_000
PASSWORD = "correct horse battery"
PEOPLE: Mapping[str, tuple[str, str]] = {
    "lilei": ("李雷", "agent"),
    "hanmei": ("<script>alert(1)</script>", "agent"),
    "newcomer": ("新来的", "agent"),
    "wang": ("王班长", "leader"),
    "root": ("Root", "admin"),
}
BROWSER = "http://127.0.0.1:8080"


def _agent(number: str, user: str, queues: list[str]) -> Agent:
    return Agent(
        number=number, user=user, team="一班", queues=queues, devices=[Device(kind="browser", extension=f"8{number}")]
    )


def people_and_queues() -> Centre:
    """Two agents in two queues that they share in part, a leader, an admin."""
    centre = Centre(
        centre=CentreInfo(name="测试"),
        flows=[Flow(name="main", queue="售后")],
        queues=[Queue(name="售后"), Queue(name="咨询")],
        numbers=[Number(number="95500", flow="main")],
        teams=[Team(name="一班")],
        busy_reasons=[BusyReason(name="小休"), BusyReason(name="会议", reason_class="work")],
        users=[
            User.model_validate({"username": username, "display_name": name, "role": role})
            for username, (name, role) in PEOPLE.items()
        ],
        agents=[_agent("1023", "lilei", ["售后"]), _agent("1019", "hanmei", ["售后", "咨询"])],
    )
    return give_ids(centre, None, seeded_ids(1))


def make_data(where: Path | str) -> None:
    """A data folder (or PostgreSQL database) with the centre published and everybody's password set."""
    store = open_store(where)
    migrate(store)
    centre = people_and_queues()
    # As cheap as argon2 gets: what signing in really costs is seen in tests/config and with real peers.
    secrets = {credentials.Kind.PASSWORD: PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)}
    with writing(store.business) as connection:
        versions.publish(connection, centre, 0, "system", NOON)
        for user in centre.users:
            credentials.store(connection, user.id, secrets, NOON)
    store.close()


@dataclass
class Place:
    """A running application and what stands around it."""

    folder: Path
    control: Control
    centre: Centre = field(default_factory=people_and_queues)
    clock: VirtualClock = field(default_factory=lambda: VirtualClock(NOON))
    client: Path | None = None
    database: str | None = None

    def __post_init__(self) -> None:
        self.store: Store = open_store(self.database or self.folder)
        options = Options(data=str(self.folder))
        client = self.client if self.client is not None else self.folder / "no-client"
        self.options = options
        buses = {name: BusClient(options.socket(name)) for name in ("control", "media", "worker")}
        self.app: FastAPI = create_app(
            Deps(options=options, store=self.store, buses=buses, clock=self.clock, client=client)
        )

    def agent(self, username: str) -> Agent:
        return next(agent for agent in self.centre.agents if agent.user == username)

    def user(self, username: str) -> User:
        return next(user for user in self.centre.users if user.username == username)

    def queue(self, name: str) -> Queue:
        return next(queue for queue in self.centre.queues if queue.name == name)

    def browser(self, address: str = "127.0.0.1", base: str = BROWSER) -> httpx.AsyncClient:
        """A client that keeps its cookies, from this address."""
        transport = httpx.ASGITransport(self.app, client=(address, 40_000), raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url=base)

    @asynccontextmanager
    async def signed_in(self, username: str, address: str = "127.0.0.1") -> AsyncIterator[httpx.AsyncClient]:
        """A browser in which this person is signed in, its CSRF token in its headers."""
        async with self.browser(address) as browser:
            answer = await browser.post("/api/v1/session", json={"username": username, "password": PASSWORD})
            assert answer.status_code == 200, answer.text
            browser.headers["X-CSRF-Token"] = answer.json()["csrf"]
            yield browser


def copy_data(template: Path, folder: Path) -> Path:
    return Path(shutil.copytree(template, folder))


@asynccontextmanager
async def running(place: Place) -> AsyncIterator[Place]:
    """The application and its control; in step from the first line on."""
    await place.control.start(place.options.socket("control"))
    try:
        async with place.app.router.lifespan_context(place.app):
            await place.control.followed(place.app.state.house.hub)
            yield place
    finally:
        await place.control.stop()
        place.store.close()
