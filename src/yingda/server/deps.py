"""What the web plane is built from: handed to `create_app`, and found again by every route."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

from anyio import CapacityLimiter
from fastapi import Depends
from starlette.requests import HTTPConnection

from yingda.kernel.clock import Clock
from yingda.kernel.event import DEFAULT_TENANT
from yingda.kernel.store import Store
from yingda.server.control import Bus
from yingda.server.sessions.viewer import Viewer

if TYPE_CHECKING:
    from yingda.server.accounts.service import Accounts
    from yingda.server.client import Client
    from yingda.server.directory import CurrentDirectory
    from yingda.server.feed.hub import Hub
    from yingda.server.metrics import Meters
    from yingda.server.sessions.service import Sessions

PACKAGED_CLIENT = Path(__file__).parent / "static"


class Site(Protocol):
    """What the web plane needs to know of how the centre was started (`planes.options.Options` has it)."""

    @property
    def folder(self) -> Path: ...

    @property
    def ledger(self) -> Path: ...

    @property
    def node(self) -> str: ...

    @property
    def prompts(self) -> Path: ...

    @property
    def recordings(self) -> Path: ...

    @property
    def recording_keys(self) -> Path: ...

    @property
    def account_key(self) -> Path: ...

    @property
    def models(self) -> Path: ...

    @property
    def advertised_host(self) -> str | None: ...

    @property
    def websocket_port(self) -> int: ...

    @property
    def websocket_url(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Deps:
    """buses: a client, not yet started, for each of `control`, `media` and `worker`. client: where its build lies."""

    options: Site
    store: Store
    buses: Mapping[str, Bus]
    clock: Clock
    client: Path = field(default=PACKAGED_CLIENT)
    tenant: str = DEFAULT_TENANT

    @property
    def control(self) -> Bus:
        return self.buses["control"]


@dataclass(frozen=True, slots=True)
class House:
    """`Deps` and what `create_app` made of them: one value a running application. since: when it began (µs UTC).

    password_checks: few at once; a check takes 64 MiB and a core on purpose, and more would starve everybody else.
    """

    deps: Deps
    directory: CurrentDirectory
    sessions: Sessions
    accounts: Accounts
    hub: Hub
    meters: Meters
    client: Client
    password_checks: CapacityLimiter
    since: int


def house_of(connection: HTTPConnection) -> House:
    house = connection.app.state.house
    assert isinstance(house, House)
    return house


def viewer_of(connection: HTTPConnection) -> Viewer:
    """Who is signed in. `authorise` has seen to it that somebody is, on every route that is not public."""
    viewer = connection.state.viewer
    assert isinstance(viewer, Viewer)
    return viewer


def address_of(connection: HTTPConnection) -> str:
    """The peer's address ("" on a Unix socket); behind a proxy uvicorn has put the client's own here."""
    return connection.client.host if connection.client is not None else ""


InHouse = Annotated[House, Depends(house_of)]
SignedIn = Annotated[Viewer, Depends(viewer_of)]
Address = Annotated[str, Depends(address_of)]
