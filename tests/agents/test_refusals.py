"""Every operation of desk and floor in every state of an agent acts, or refuses with a sentence and changes nothing.

The table is whole: a command that stands nowhere in it fails, and so does one that acts where it should not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import pytest

from tests.calls.driver import CENTRE, Driver
from yingda.agents import commands, levers
from yingda.agents.desk import Desk
from yingda.kernel.errors import YingdaError


def signed_in(driver: Driver) -> None:
    driver.sign_in("a1")


def busy(driver: Driver) -> None:
    signed_in(driver)
    order(driver, "desk.busy", {"reason": "not_ready"})


def ringing(driver: Driver) -> None:
    signed_in(driver)
    driver.reach_queue("c1")


def talking(driver: Driver) -> None:
    ringing(driver)
    driver.agent_answers()


def held(driver: Driver) -> None:
    talking(driver)
    order(driver, "desk.hold", {})


def wrapping_up(driver: Driver) -> None:
    talking(driver)
    order(driver, "desk.hang_up", {})


def dialling(driver: Driver) -> None:
    signed_in(driver)
    order(driver, "desk.dial", {"to": COLLEAGUE})


def consulting(driver: Driver) -> None:
    talking(driver)
    order(driver, "desk.consult", {"to": COLLEAGUE})
    (rung,) = (leg.leg_id for leg in driver.switch.table.legs.values() if leg.agent_id == "a2")
    driver.agent_answers(rung)


def in_conference(driver: Driver) -> None:
    consulting(driver)
    order(driver, "desk.conference", {})


STATES: Mapping[str, Callable[[Driver], None]] = {
    "offline": lambda driver: None, "idle": signed_in, "busy": busy, "ringing": ringing, "talking": talking,
    "held": held, "wrapup": wrapping_up, "dialling": dialling, "consulting": consulting, "conference": in_conference,
}  # fmt: skip
COLLEAGUE, HANDLING = {"kind": "agent", "id": "a2"}, "HANDLING"
"""a2 is signed in and busy throughout: he can be called, and gets no callers of the queue."""


def order(driver: Driver, method: str, body: Mapping[str, Any], by: str = "agent:a1") -> None:
    """Give it in a1's name."""
    desk = Desk(driver.switch, driver.devices, CENTRE)
    mine = driver.distributor.floor.sessions.get("a1")
    known = {"handling_id": mine.handling_id or "none" if mine else "none"} if body.get("handling_id") else {}
    _, effects = commands.run(desk, method, {"agent_id": "a1", "by": by, **body, **known}, driver.now)
    driver.do(effects)


BODY: Mapping[str, Mapping[str, Any]] = {
    "desk.sign_in": {"extension": "8101"},
    "desk.busy": {"reason": "not_ready"},
    "desk.extend_wrapup": {"seconds": 10},
    "desk.dial": {"to": COLLEAGUE},
    "desk.consult": {"to": COLLEAGUE},
    "desk.transfer": {"to": COLLEAGUE},
    "desk.pick_up": {"entry_id": "nobody"},
    "desk.take": {"slot": "7"},
    "desk.send": {"flow": "main"},
    "desk.digits": {"digits": "1"},
    "desk.dispose": {"handling_id": HANDLING},
    "desk.help": {"reason": "unsure"},
    "floor.supervise": {"leader_id": "a3", "mode": "listen"},
    "floor.answer_help": {"how": "coming"},
}


def row(acts: str = "", **refusals: str) -> dict[str, str | None]:
    """By state: the code it is refused with, None where it acts. refusals: code → states; "rest" for all others."""
    found: dict[str, str | None] = dict.fromkeys(acts.split())
    found |= {state: code for code, states in refusals.items() if states != "rest" for state in states.split()}
    rest = next((code for code, states in refusals.items() if states == "rest"), "agent_not_signed_in")
    unsaid = {state: "agent_not_signed_in" if state == "offline" else rest for state in STATES if state not in found}
    return found | unsaid


ALONE = "talking held"
"""With a customer, and nobody else in the call."""
IN_A_CALL = f"{ALONE} consulting conference"
SIGNED_IN = f"idle busy ringing wrapup dialling {IN_A_CALL}"
NOBODY = f"offline {SIGNED_IN}"
WITH_OTHERS = {"consulting": "consulting", "in_conference": "conference"}
"""What may be done with a customer alone: passing him on would leave a third party behind."""
TABLE: Mapping[str, dict[str, str | None]] = {
    "desk.sign_in": row("offline", already_signed_in="rest"),
    "desk.sign_out": row("idle busy ringing wrapup", agent_in_call="rest"),
    "desk.idle": row(SIGNED_IN),
    "desk.busy": row(SIGNED_IN),
    "desk.accept": row(answer_on_phone="ringing", not_ringing="rest"),
    "desk.decline": row("ringing", not_ringing="rest"),
    "desk.answer": row(not_ringing="rest"),  # his phone cannot be answered from the desk
    "desk.hang_up": row("talking held dialling conference", consulting="consulting", no_call="rest"),
    "desk.hold": row("talking conference", already_on_hold="held consulting", no_call="rest"),
    "desk.retrieve": row("held consulting", not_on_hold="talking conference", no_call="rest"),
    "desk.finish_wrapup": row(SIGNED_IN),  # where there is none (its limit was first) nothing happens
    "desk.extend_wrapup": row("wrapup", not_in_wrapup="rest"),
    "desk.dial": row("idle busy wrapup", agent_engaged="rest"),
    "desk.pick_up": row(unknown_entry="rest"),
    "desk.take": row(not_parked=NOBODY),
    "desk.consult": row(ALONE, consulting="consulting", agent_engaged="conference", no_call="rest"),
    "desk.swap": row("consulting", not_consulting="talking held conference", no_call="rest"),
    "desk.cancel_consult": row("consulting", not_consulting="talking held conference", no_call="rest"),
    "desk.conference": row("consulting", not_consulting="talking held conference", no_call="rest"),
    "desk.complete": row("consulting", not_consulting="talking held conference", no_call="rest"),
    "desk.transfer": row(ALONE, **WITH_OTHERS, no_call="rest"),
    "desk.send": row(flow_only_greets=ALONE, **WITH_OTHERS, no_call="rest"),
    "desk.survey": row(no_survey=ALONE, **WITH_OTHERS, no_call="rest"),
    "desk.park": row(ALONE, **WITH_OTHERS, no_call="rest"),
    "desk.mute": row(IN_A_CALL, no_call="rest"),
    "desk.unmute": row(already_so=IN_A_CALL, no_call="rest"),
    "desk.digits": row("talking consulting conference", nobody_there="held", no_call="rest"),
    "desk.announce": row("talking conference", on_hold="held consulting", no_call="rest"),
    "desk.pause_recording": row(IN_A_CALL, no_call="rest"),
    "desk.resume_recording": row(recording_runs=IN_A_CALL, no_call="rest"),
    "desk.dispose": row(f"wrapup dialling {IN_A_CALL}", not_your_call="offline idle busy ringing"),
    "desk.help": row(f"wrapup dialling {IN_A_CALL}", no_call="rest"),
    "desk.cancel_help": row(no_help=NOBODY),
    "floor.see_help": row(no_help=NOBODY),
    "floor.answer_help": row(no_help=NOBODY),
    "floor.supervise": row(IN_A_CALL, no_call="offline idle busy ringing wrapup dialling"),
    "floor.stop": row(not_supervising=NOBODY),
    "floor.release": row(f"dialling {IN_A_CALL}", no_call="rest"),
}


def test_every_command_stands_in_the_table_and_is_refused_somewhere() -> None:
    assert set(TABLE) == set(commands.COMMANDS)
    assert [name for name, by_state in TABLE.items() if not any(by_state.values())] == []


@pytest.mark.parametrize("state", STATES)
def test_it_acts_or_is_refused_and_changes_nothing(state: str) -> None:
    found: dict[str, str | None] = {}
    for method in commands.COMMANDS:
        driver = Driver()
        driver.sign_in("a2")
        order(driver, "desk.busy", {"agent_id": "a2", "reason": "not_ready"})
        STATES[state](driver)
        before = (driver.distributor.to_state(), driver.switch.to_state())
        try:
            order(driver, method, BODY.get(method, {}))
        except YingdaError as refusal:
            found[method] = refusal.code
            assert refusal.sentence.endswith((".", "?"))
            assert (driver.distributor.to_state(), driver.switch.to_state()) == before, method
        else:
            found[method] = None
    assert found == {method: by_state[state] for method, by_state in TABLE.items()}


QUEUE = {"kind": "queue", "id": "q1"}
RARER: Mapping[str, tuple[Callable[[Driver], None], str, Mapping[str, Any]]] = {
    "nobody_free": (talking, "desk.consult", {"to": QUEUE}),
    "bad_target": (signed_in, "desk.dial", {"to": QUEUE}),
    "bad_extension": (wrapping_up, "desk.extend_wrapup", {"seconds": 3601}),
    "unknown_reason": (signed_in, "desk.busy", {"reason": "nobody_knows_it"}),
    "unknown_queue": (talking, "desk.transfer", {"to": {"kind": "queue", "id": "nowhere"}}),
    "unknown_flow": (talking, "desk.send", {"flow": "nowhere"}),
}
"""Refusals that hang on what is asked for, not on the state: code → state, command, what it says."""


@pytest.mark.parametrize("code", RARER)
def test_what_cannot_be_asked_for_is_refused_and_changes_nothing(code: str) -> None:
    state, method, body = RARER[code]
    driver = Driver()
    state(driver)
    before = (driver.distributor.to_state(), driver.switch.to_state())
    with pytest.raises(YingdaError) as refused:
        order(driver, method, body)
    assert refused.value.code == code
    assert refused.value.sentence.endswith(".")
    assert (driver.distributor.to_state(), driver.switch.to_state()) == before


@pytest.mark.parametrize("method", levers.LEVERS)
def test_a_lever_for_what_does_not_exist_is_refused_and_changes_nothing(method: str) -> None:
    kind, _ = levers.LEVERS[method]
    given = {"number": "13800001111", "source": "web", "seconds": 60}
    fields = (field for field in msgspec.structs.fields(kind) if field.required)
    body = {field.encode_name: given.get(field.name, "nobody") for field in fields}
    driver = Driver()
    before = (driver.distributor.to_state(), driver.switch.to_state())
    with pytest.raises(YingdaError) as refused:
        levers.pull(driver.switch, method, body, driver.now)
    assert refused.value.sentence.endswith(".")
    assert (driver.distributor.to_state(), driver.switch.to_state()) == before


@pytest.mark.parametrize("then", ["end", "move", "callback", "message"])
def test_a_queue_that_does_not_exist_cannot_be_emptied_in_any_way(then: str) -> None:
    driver = Driver()
    flush = {"queue_id": "nowhere", "then": then, "to": "q1"}
    with pytest.raises(YingdaError, match="There is no such queue"):
        levers.pull(driver.switch, "queue.flush", flush, driver.now)
