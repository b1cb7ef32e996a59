"""bench-sip measures what it says: a valid centre, callers that are told apart, ring times from the wire."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from bench.sip.centre import AGENTS, Place, document
from bench.sip.phones import SCENARIO as PHONES
from bench.sip.step import SCENARIO as CALLERS
from bench.sip.step import Step, ring_times

from yingda.kernel.config.centre import Centre


@pytest.mark.parametrize("recording", [True, False])
def test_the_centre_is_a_valid_document(recording: bool) -> None:
    centre = Centre.model_validate(document(recording))
    assert len(centre.agents) == AGENTS == 400 and centre.queues[0].recording is recording


def test_every_caller_has_a_number_of_his_own() -> None:
    steps = [Step(number, rate, 15.0, False) for number, rate in enumerate((20, 50, 100, 200))]
    numbers = [step.caller(index) for step in steps for index in range(step.calls)]
    assert len(set(numbers)) == len(numbers) == 5_550 and all(len(number) == 11 for number in numbers)


def test_the_scenarios_hold_what_the_measurement_promises() -> None:
    assert "Ringing" in PHONES and "BYE" in PHONES and 'milliseconds="TALK"' in PHONES
    assert CALLERS.index("INVITE") < CALLERS.index("ACK") < CALLERS.index('request="BYE"')


def packet(at_us: int, port: int, caller: str) -> bytes:
    payload = f"INVITE sip:x SIP/2.0\r\nFrom: <sip:{caller}@h>;tag=1\r\n\r\n".encode()
    udp = struct.pack("!HHHH", 9, port, 8 + len(payload), 0) + payload
    ip = (
        bytes([0x45, 0])
        + struct.pack("!H", 20 + len(udp))
        + bytes([0, 0, 0, 0, 64, 17, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1])
    )
    frame = bytes(12) + b"\x08\x00" + ip + udp
    return struct.pack("<IIII", at_us // 1_000_000, at_us % 1_000_000, len(frame), len(frame)) + frame


def test_ring_times_are_first_invite_to_first_invite(tmp_path: Path) -> None:
    place = Place(tmp_path, False, base=20_000)
    head = b"\xd4\xc3\xb2\xa1" + struct.pack("<HHiIII", 2, 4, 0, 0, 65_535, 1)
    packets = [
        packet(1_000_000, place.sip, "13900000001"),
        packet(1_001_000, place.sip, "13900000002"),
        packet(1_004_500, place.phones, "+8613900000001"),
        packet(1_500_000, place.sip, "13900000001"),  # sent again: the first one counts
        packet(1_600_000, place.phones, "+8613900000001"),
        packet(1_700_000, place.sip, "13900000003"),  # never rang
    ]
    file = tmp_path / "wire.pcap"
    file.write_bytes(head + b"".join(packets))
    assert ring_times(file, place) == [4.5]
