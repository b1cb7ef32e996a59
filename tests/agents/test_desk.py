"""Desk commands: each acts, or refuses with a sentence and changes nothing (CTI-36)."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from tests.calls.driver import CENTRE, Driver
from yingda.agents import commands
from yingda.agents.desk import Desk
from yingda.agents.phones import LIFETIME, Phones
from yingda.kernel.config.centre import Device
from yingda.kernel.errors import YingdaError
from yingda.sip.digest import ha1


@pytest.fixture
def driver() -> Driver:
    return Driver()


@pytest.fixture
def desk(driver: Driver) -> Desk:
    return Desk(driver.switch, driver.devices, CENTRE)


def give(desk: Desk, driver: Driver, method: str, **body: object) -> None:
    _, effects = commands.run(desk, method, {"agent_id": "a1", "by": "agent:a1", **body}, driver.now)
    driver.do(effects)


def refusal(desk: Desk, driver: Driver, method: str, **body: object) -> str:
    before = (driver.distributor.to_state(), driver.switch.to_state())
    with pytest.raises(YingdaError) as refused:
        give(desk, driver, method, **body)
    assert (driver.distributor.to_state(), driver.switch.to_state()) == before
    assert refused.value.sentence.endswith((".", "?"))
    return refused.value.code


def test_an_agents_day(desk: Desk, driver: Driver) -> None:
    give(desk, driver, "desk.sign_in", extension="8101")
    driver.reach_queue("c1")
    driver.agent_answers()
    handling = str(driver.data("handling.started")[0]["handling_id"])
    give(desk, driver, "desk.hold")
    give(desk, driver, "desk.retrieve")
    give(desk, driver, "desk.hang_up")
    give(desk, driver, "desk.extend_wrapup", seconds=30)
    give(desk, driver, "desk.dispose", handling_id=handling, codes=["returns"], resolved=True)
    give(desk, driver, "desk.finish_wrapup")
    give(desk, driver, "desk.busy", reason="not_ready")
    give(desk, driver, "desk.idle")
    give(desk, driver, "desk.sign_out")
    assert driver.data("handling.released")[0]["ended_by"] == "agent"
    assert driver.data("handling.wrapup_ended")[0] == {
        "handling_id": handling, "ended_how": "agent", "extended_ms": 30_000,
    }  # fmt: skip
    assert driver.data("handling.disposed")[0]["codes"] == ["returns"]
    assert driver.data("agent.signed_out")[0]["why"] == "self"


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("desk.idle", {}),
        ("desk.busy", {"reason": "not_ready"}),
        ("desk.sign_out", {}),
        ("desk.decline", {}),
        ("desk.hang_up", {}),
        ("desk.hold", {}),
        ("desk.retrieve", {}),
        ("desk.finish_wrapup", {}),
        ("desk.extend_wrapup", {"seconds": 10}),
    ],
)
def test_nothing_is_possible_before_signing_in(
    desk: Desk, driver: Driver, method: str, body: dict[str, object]
) -> None:
    assert refusal(desk, driver, method, **body) == "agent_not_signed_in"


@pytest.mark.parametrize("method", ["desk.hang_up", "desk.hold", "desk.retrieve"])
def test_call_commands_need_a_call(desk: Desk, driver: Driver, method: str) -> None:
    give(desk, driver, "desk.sign_in", extension="8101")
    assert refusal(desk, driver, method) == "no_call"


def test_signing_in_needs_ones_own_registered_device(desk: Desk, driver: Driver) -> None:
    assert refusal(desk, driver, "desk.sign_in", extension="8102") == "not_your_device"
    driver.devices.registered.discard("8101")
    assert refusal(desk, driver, "desk.sign_in", extension="8101") == "device_unreachable"


def test_signing_out_of_a_call_is_refused(desk: Desk, driver: Driver) -> None:
    give(desk, driver, "desk.sign_in", extension="8101")
    driver.reach_queue("c1")
    driver.agent_answers()
    assert refusal(desk, driver, "desk.sign_out") == "agent_in_call"


def test_a_summary_of_somebody_elses_call_is_refused(desk: Desk, driver: Driver) -> None:
    driver.sign_in("a2")
    driver.reach_queue("c1")
    driver.agent_answers()
    handling = str(driver.data("handling.started")[0]["handling_id"])
    assert refusal(desk, driver, "desk.dispose", handling_id=handling) == "not_your_call"


def test_declining_from_the_desk_takes_the_ring_away_and_moves_on(desk: Desk, driver: Driver) -> None:
    give(desk, driver, "desk.sign_in", extension="8101")
    driver.sign_in("a2")
    driver.reach_queue("c1")
    give(desk, driver, "desk.decline")
    assert driver.data("offer.ended")[0]["outcome"] == "declined"
    assert driver.switch.table.legs[driver.agent_leg()].device == "8102"
    assert refusal(desk, driver, "desk.decline") == "not_ringing"


def test_a_leader_who_ends_a_call_is_named(desk: Desk, driver: Driver) -> None:
    give(desk, driver, "desk.sign_in", extension="8101")
    driver.reach_queue("c1")
    driver.agent_answers()
    give(desk, driver, "desk.hang_up", by="user:leader")
    assert driver.data("handling.released")[0]["ended_by"] == "leader"


def test_a_command_that_cannot_be_read_names_the_field(desk: Desk, driver: Driver) -> None:
    with pytest.raises(YingdaError, match="extension"):
        commands.run(desk, "desk.sign_in", {"agent_id": "a1"}, driver.now)
    with pytest.raises(YingdaError, match="superuser"):
        commands.run(desk, "desk.idle", {"agent_id": "a1", "superuser": True}, driver.now)


def test_a_device_that_goes_and_comes_back(desk: Desk, driver: Driver) -> None:
    give(desk, driver, "desk.sign_in", extension="8101")
    driver.do(desk.device_changed("8101", driver.now, reachable=False))
    span = driver.distributor.floor.sessions["a1"].span
    assert span is not None and span.state.value == "unreachable"
    driver.do(desk.device_changed("8101", driver.now, reachable=True))
    span = driver.distributor.floor.sessions["a1"].span
    assert span is not None and span.state.value == "idle"
    assert desk.device_changed("8102", driver.now, reachable=False) == []


def test_a_browsers_account_is_fresh_each_time_and_passes() -> None:
    agent = CENTRE.agents[0].model_copy(
        update={"devices": [*CENTRE.agents[0].devices, Device(id="d", kind="browser", extension="8001")]}
    )
    centre = CENTRE.model_copy(update={"agents": [agent]})
    phones = Phones(centre, {}, "yingda", Path("/nowhere"))
    first, second = phones.account("a1", 0), phones.account("a1", 0)
    assert first.password != second.password
    assert phones.lookup("8001", "yingda", "MD5") == ha1("8001", "yingda", second.password)
    assert phones.lookup("8001", "elsewhere", "MD5") is None
    later = Phones(centre, {}, "yingda", Path("/nowhere"))  # of another control, to which the browser comes back
    later.resume(msgspec.json.decode(msgspec.json.encode(phones.passing())), LIFETIME - 1)
    assert later.lookup("8001", "yingda", "SHA-256") == phones.lookup("8001", "yingda", "SHA-256") is not None
    later.resume(phones.passing(), LIFETIME)
    assert later.passing() == []
    phones.forget_old(LIFETIME + 1)
    assert phones.lookup("8001", "yingda", "MD5") is None
    with pytest.raises(YingdaError, match="no browser phone") as refused:
        phones.account("a2", 0)
    assert refused.value.code == "no_browser_phone"
