"""Putting a changed centre in force from a screen: the way of `yingda apply`, with the same judge, comparison, events
and versions; and telling call control, which goes by the new version from its next decision on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from yingda.calls.trunks.mobiles import admit_mobiles
from yingda.kernel.config import apply as config_apply
from yingda.kernel.config import versions
from yingda.kernel.config.apply import Target
from yingda.kernel.config.centre import Centre
from yingda.kernel.config.compare import Pseudonym
from yingda.kernel.errors import YingdaError
from yingda.kernel.event import Event
from yingda.kernel.personal import load_key, reference
from yingda.kernel.store import reading, writing
from yingda.server import audit
from yingda.server.control import ask
from yingda.server.deps import House
from yingda.server.reports.corrections import Corrections
from yingda.server.sessions.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Hand:
    """Who changes it, from where, and how the ledger is written."""

    house: House
    viewer: Viewer
    address: str
    append: Callable[[Sequence[Event]], object]

    def note(self, action: str, thing: str) -> None:
        """Into the audit log."""
        with writing(self.house.deps.store.business) as connection:
            deed = audit.Deed(self.viewer.who, action, thing, self.address)
            audit.write(connection, self.viewer.tenant, self.house.deps.clock.now(), deed)

    def apply(self, centre: Centre, made_from: int, note: str = "") -> None:
        """Put a centre in force that brings no new person and no password.

        made_from: the version that it changes. Raises CentreError; config_stale if another one is in force by now.
        """
        admit_mobiles(centre)
        target = Target(
            store=self.house.deps.store,
            append=self.append,
            pseudonym=_known_person(self.house),
            by=self.viewer.who,
            tenant=self.viewer.tenant,
            environment={},
            note=note,
        )
        config_apply.apply_centre(centre, target, self.house.deps.clock.now(), made_from=made_from)


def in_force(house: House, viewer: Viewer) -> tuple[int, Centre]:
    """The version that is changed, and its number. Raises config_none."""
    with reading(house.deps.store.business) as connection:
        present = versions.current(connection, viewer.tenant)
    if present is None:
        raise YingdaError("config_none", "No centre has been applied yet.")
    return present.version, present.centre


def hand_of(house: House, viewer: Viewer, address: str, request: Request) -> Hand:
    corrections = request.app.state.corrections
    assert isinstance(corrections, Corrections)

    def append(events: Sequence[Event]) -> None:
        corrections.append(events)

    return Hand(house, viewer, address, append)


async def tell_control(house: House) -> bool:
    """Whether call control goes by the new version already. One that is away finds it at its start."""
    version = await run_in_threadpool(lambda: house.directory().version)
    try:
        await ask(house.deps.control, "config.published", {"version": version})
    except YingdaError as error:
        if error.code != "control_away":
            raise
        return False
    return True


def _known_person(house: House) -> Pseudonym:
    """References of people who stood in the centre before: their values are kept since then."""
    key = load_key(house.deps.options.folder)
    return lambda kind, value: reference(key, kind, value, house.deps.tenant)
