"""A phone with SRTP keys from the SDP: both ways, and nothing that is forged, replayed or plain."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from tests.media.lab import Lab, Phone, level, sine
from yingda.kernel.errors import YingdaError
from yingda.media import rtp
from yingda.media.protocol import Address, ConnectLeg, DestroyLeg, LegLost, LegStatistics, SrtpParameters
from yingda.media.sdes import SUITES, Sdes, new_parameters
from yingda.media.successor import take_over


def secured(lab: Lab, phone: Phone, suite: str) -> Sdes:
    """Agree on keys, and put the phone's own SRTP between it and the wire; answers that."""
    ours, theirs = new_parameters(suite), new_parameters(suite)
    remote = msgspec.structs.replace(lab.remote(phone), srtp_receive=theirs, srtp_send=ours)
    lab.do(ConnectLeg(leg_id=phone.leg_id, remote=remote))
    lab.do(ConnectLeg(leg_id=phone.leg_id, remote=remote))  # a re-INVITE keeps the keys' state
    side = Sdes(ours, theirs)
    plain_inject, plain_take = lab.inject, lab.engine.relay._send_datagram
    port = phone.local[1]

    def inject(leg_id: str, packet: bytes, address: Address) -> None:
        if leg_id == phone.leg_id:
            protected = side.protect(packet)
            assert protected is not None
            packet = protected
        plain_inject(leg_id, packet, address)

    def take(handle: object, data: bytes, address: Address) -> bool:
        if getattr(handle, "number", 0) == port:
            plain = side.unprotect(data)
            assert plain is not None
            assert plain[12:] not in data
            data = plain
        return plain_take(handle, data, address)

    lab.inject = inject  # type: ignore[method-assign]
    lab.engine.relay._send_datagram = take
    return side


@pytest.mark.parametrize("suite", SUITES)
def test_both_ways_in_every_suite(lab: Lab, suite: str) -> None:
    one, two = lab.phone("one", sine(440, -12, 1)), lab.phone("two", sine(1_000, -12, 1))
    secured(lab, one, suite)
    lab.bridge("one", "two")
    lab.run(1_500)
    assert abs(level(one.audio(1.0), 1_000) + 12) < 0.5
    assert abs(level(two.audio(1.0), 440) + 12) < 0.5
    lab.run(6_000)  # RTCP goes out protected, too
    assert lab.engine.metrics()["media_packets_unauthentic_total"] == 0


@pytest.mark.parametrize(
    "spoil",
    [
        lambda packet: packet[:-1] + bytes([packet[-1] ^ 1]),
        lambda packet: packet[:20],
        lambda packet: b"",
        lambda packet: rtp.build(0, 9_999, 1, 0x1234, b"\x10" * 160),
    ],
)
def test_what_is_not_authentic_is_dropped_and_counted(lab: Lab, spoil: Callable[[bytes], bytes]) -> None:
    one, two = lab.phone("one", sine(440, -12, 1)), lab.phone("two")
    side = secured(lab, one, "AES_CM_128_HMAC_SHA1_80")
    lab.bridge("one", "two")
    lab.run(500)
    heard = len(two.heard)
    good = side.protect(rtp.build(0, one.sequence & 0xFFFF, one.timestamp, one.ssrc, b"\x10" * 160))
    assert good is not None
    leg = lab.engine.legs["one"]
    lab.engine.relay.receive(leg, spoil(good), one.address, lab.now)
    lab.deliver()
    assert len(two.heard) == heard
    lab.engine.relay.receive(leg, good, one.address, lab.now)
    lab.engine.relay.receive(leg, good, one.address, lab.now)  # replayed
    lab.deliver()
    assert len(two.heard) == heard + 1
    assert lab.engine.metrics()["media_packets_unauthentic_total"] == 2
    one.sequence += 1
    statistics = lab.do(DestroyLeg(leg_id="one"))
    assert isinstance(statistics, LegStatistics)
    assert statistics.strangers == 2


def test_wrong_keys_are_refused_and_change_nothing(lab: Lab) -> None:
    one = lab.phone("one")
    good = new_parameters("AEAD_AES_128_GCM")
    for wrong in (SrtpParameters(suite="NULL", key=good.key), SrtpParameters(suite=good.suite, key="c2hvcnQ=")):
        remote = msgspec.structs.replace(lab.remote(one), srtp_receive=wrong, srtp_send=good)
        with pytest.raises(YingdaError, match=r"understood|bytes in Base64"):
            lab.do(ConnectLeg(leg_id="one", remote=remote))
    with pytest.raises(YingdaError, match="each side"):
        lab.do(ConnectLeg(leg_id="one", remote=msgspec.structs.replace(lab.remote(one), srtp_send=good)))
    assert lab.engine.legs["one"].sdes is None
    secured(lab, one, "AEAD_AES_128_GCM")
    with pytest.raises(YingdaError, match="plain"):
        lab.do(ConnectLeg(leg_id="one", remote=lab.remote(one)))


def test_a_successor_reports_a_secured_leg_lost(lab: Lab, tmp_path: Path) -> None:
    secured(lab, lab.phone("one"), "AES_CM_128_HMAC_SHA1_80")
    after = Lab(tmp_path, seed=2)
    take_over(after.engine, after.commands, lab.engine.to_state(), lab.now)
    assert [report.leg_id for report in after.reports if isinstance(report, LegLost)] == ["one"]


def test_a_new_key_is_as_long_as_its_suite_says() -> None:
    for suite, (_, size) in SUITES.items():
        assert len(new_parameters(suite).key) == -(-size // 3) * 4
