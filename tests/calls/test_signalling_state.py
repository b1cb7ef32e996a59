"""Signalling restored from its state knows whose leg each SIP call is, and goes on with it."""

from __future__ import annotations

import msgspec

from tests.calls.driver import Driver
from yingda.calls.effects import AnswerCall
from yingda.calls.lines import Line
from yingda.calls.signalling import Signalling
from yingda.kernel.ids import seeded_ids
from yingda.media.protocol import LegCreated
from yingda.sip import events as sip
from yingda.sip.core import EndpointConfig
from yingda.sip.endpoint import Endpoint
from yingda.sip.flow import Flow

FLOW = Flow("udp", ("127.0.0.1", 5060), ("192.0.2.1", 5060))


def signalling(driver: Driver, endpoint: Endpoint) -> Signalling:
    return Signalling(endpoint, driver.switch, driver.ids, "centre.example")


def test_a_restored_signalling_still_knows_its_calls() -> None:
    driver = Driver()
    endpoint = Endpoint(EndpointConfig(), seeded_ids(1), b"secret")
    before = signalling(driver, endpoint)
    driver.dial("c1")
    local = LegCreated(leg_id="c1", address=("127.0.0.1", 20_000), ssrc=1, cname="c")
    line = Line("key-1", "c1", "192.0.2.1", FLOW, offer="v=0", ours="v=0", local=local, version=1)
    before.restore(before.to_state() | {"lines": msgspec.to_builtins([line])})
    state = msgspec.json.decode(msgspec.json.encode(before.to_state()))

    after = signalling(driver, endpoint)
    after.restore(state)
    assert after.to_state() == before.to_state()
    effects, _ = after.heard(sip.Acknowledged("key-1"), driver.now)
    driver.do(effects)
    assert "flow.entered" in driver.kinds()
    effects, _ = after.heard(sip.Ended("key-1", "remote"), driver.now)
    driver.do(effects)
    assert driver.kinds()[-1] == "interaction.ended"
    assert len(after) == 0
    assert any(isinstance(effect, AnswerCall) for effect in driver.effects)
