"""sipp as an agent's desk phone: one run registers it, the next answers at the same port as its scenario says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.call.centre import Person

from tests.peers.ports import free_port
from tests.peers.sipp import Sipp, expect, request, scenario, start_sipp
from tests.planes.house import PASSWORD, House
from yingda.kernel.ledger.reader import merged

REGISTERS = scenario(request("REGISTER", 1), expect(401, auth=True), request("REGISTER", 2, auth=True), expect(200))


async def desk_phone(centre: House, folder: Path, extension: str, steps: str, deadline: float = 60) -> Sipp:
    """A phone registered as this extension, which takes its one call as `steps` say. Stopped with the centre."""
    port, server = free_port(), ("127.0.0.1", centre.sip)
    registering = await start_sipp(
        REGISTERS, folder / "register", server=server, service=extension, username=extension, password=PASSWORD,
        port=port,
    )  # fmt: skip
    registered = await registering.done()
    assert registered.ok, registered.report
    phone = await start_sipp(steps, folder / "phone", server=server, port=port, deadline=deadline)
    centre.stack.push_async_callback(phone.stop)
    return phone


async def signed_in(centre: House, *agents: tuple[str, str]) -> list[Person]:
    """Agents (number, extension) sign in, ready, in this order: the first is idle for longest."""
    people = [await centre.person(number) for number, _ in agents]
    for person, (_, extension) in zip(people, agents, strict=True):
        await person.post("/desk/sign-in", {"extension": extension, "ready": True})
    return people


async def went_well(*phones: Sipp) -> None:
    """Every call of theirs went as their scenarios want."""
    for phone in phones:
        run = await phone.done()
        assert run.ok, run.report


def told(centre: House, kind: str) -> list[dict[str, Any]]:
    """What the ledger says of one kind, in its order."""
    return [dict(event.data) for event in merged(centre.data / "ledger") if event.kind == kind]
