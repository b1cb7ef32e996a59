"""What a broken run left open is closed, once, in order, and stays in every figure (metrics.md section 9)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.routing.bench import Bench, one
from yingda.kernel.event import Event
from yingda.kernel.ledger.kinds import validate
from yingda.routing.effects import Ring
from yingda.routing.recovery import closing_events


def contact(**more: Any) -> list[Event]:
    """A contact as the call model would begin it, with all that can be open."""
    started = {
        "medium": "voice",
        "direction": "inbound",
        "party_ref": "p",
        "withheld": False,
        "dialled": "1",
        "test": False,
    }
    leg = {"leg_id": "leg", "role": "customer", "device": "trunk", "direction": "inbound"}
    run = {"run_id": "run", "flow_id": "f", "version": "1", "self_service": False}
    usual: dict[str, dict[str, Any]] = {
        "interaction.started": started,
        "leg.created": leg,
        "flow.entered": run,
        "flow.node_entered": {"run_id": "run", "node_id": "greeting", "by_edge": "start"},
        "recording.started": {"recording_id": "rec", "handling_id": "h"},
    }
    return [Event(kind=kind, at=5, interaction_id="c", data=data) for kind, data in (usual | more).items()]


def test_everything_open_is_closed_as_the_law_says() -> None:
    bench = Bench()
    bench.sign_in("ann", "bob")
    bench.talk(0)
    one(bench.enter("e2", 3), Ring)
    bench.enter("e3", 4)
    closed = closing_events([*contact(), *bench.events], bench.at(2))
    for event in closed:
        validate(event)
        assert event.data["estimated"] is True
        assert event.at == bench.at(4), "never before what is already on the books"
    assert [event.kind for event in closed] == [
        "offer.ended",
        *("queue.left", "queue.left"),
        "recording.missing",
        *("handling.released", "handling.wrapup_ended"),
        "flow.left",
        "leg.ended",
        *("agent.signed_out", "agent.signed_out"),
        "interaction.ended",
    ]
    assert closed[6].data["node_id"] == "greeting"
    assert closing_events([*contact(), *bench.events, *closed], bench.at(2)) == []


def test_a_wrapup_that_had_begun_is_only_ended() -> None:
    bench = Bench()
    bench.sign_in("ann")
    bench.did(bench.core.released(bench.talk(0), "customer", bench.at(9)))
    closed = closing_events(bench.events, bench.at(12))
    assert [event.kind for event in closed] == ["handling.wrapup_ended", "agent.signed_out"]
    assert {event.at for event in closed} == {bench.at(12)}


@pytest.mark.parametrize("leg", [{}, {"leg_id": "consulted"}])
def test_a_recording_that_is_on_disk_is_kept(leg: dict[str, str]) -> None:
    named = {"recording_id": "rec", "handling_id": "h", **leg}
    begun = contact(**{"recording.started": named})
    closed = closing_events(begun, 9, lambda recording: (1500, "sum") if recording == "rec" else None)
    kept = {**named, "duration_ms": 1500, "checksum": "sum", "estimated": True}
    assert kept in [event.data for event in closed if event.kind == "recording.ended"]


def test_a_handling_without_wrapup_is_only_released() -> None:
    fields = {"handling_id": "x", "agent_id": "a", "session_id": "s", "role": "assisting", "origin": "consult"}
    begun = contact(**{"handling.started": fields, "handling.connected": {"handling_id": "x"}})
    assert "handling.wrapup_ended" not in [event.kind for event in closing_events(begun, 9)]
    over = [*begun, Event(kind="handling.released", at=6, data={"handling_id": "x", "ended_by": "agent"})]
    assert "handling.released" not in [event.kind for event in closing_events(over, 9)]
