"""The measurement measured: planted losses and delays are found, and no others."""

from __future__ import annotations

import socket
import time

import numpy as np
import pytest
from bench.media.batch import Inbox, Outbox, open_socket
from bench.media.scene import browser_scene, forward_scene, mixed_scene
from bench.media.tally import FRAME_NS, NOBODY, Heard, figures, write_number

from yingda.media import rtp
from yingda.media.g711 import OTHER_LAW, Law

TICKS = 200
SENT = (np.arange(TICKS) * FRAME_NS)[:, None] + 1_000_000_000


def forwarded(ssrc: int, number: int, late_ms: float, sequence: int | None = None) -> tuple[bytes, int]:
    packet = np.frombuffer(rtp.build(8, number if sequence is None else sequence, 0, ssrc, bytes(160)), np.uint8).copy()
    write_number(packet[None, :], number)
    return packet.tobytes(), int(SENT[number, 0] + late_ms * 1e6)


def heard(rows: list[tuple[bytes, int]]) -> Heard:
    packets = np.stack([np.frombuffer(packet, np.uint8) for packet, _ in rows])
    return Heard.of(packets, np.array([at for _, at in rows], np.int64))


def test_a_number_survives_the_other_law() -> None:
    packet, _ = forwarded(7, 123, 0)
    translated = packet[:12] + packet[12:].translate(OTHER_LAW[Law.A])
    for wire in (packet, translated):
        found = heard([(wire, 5)])
        assert (found.ssrc[0], found.number[0], found.at[0]) == (7, 123, 5)


def test_what_is_lost_and_late_is_found() -> None:
    rows = [forwarded(7, number, 3.0 if number % 2 else 1.0) for number in range(TICKS) if number not in (50, 51, 90)]
    rows += [forwarded(8, number, 0.5, sequence=65_500 + number & 0xFFFF) for number in range(TICKS)]
    rows.append(rows[-1])  # a double is no gain
    found = figures(heard(rows), [7, 8], [1, 0], [0, 0], SENT)
    assert found.lost == 3
    assert found.added_ms_p99 == 3.0
    assert 0.5 <= found.added_ms_p50 <= 1.0


def test_a_row_made_by_media_is_held_against_its_own_pace() -> None:
    late = {20: 7.0, 21: 7.0, 22: 7.0, 23: 7.0}
    rows = [forwarded(7, number, 40 + late.get(number, 0.0)) for number in range(TICKS) if number != 100]
    found = figures(heard(rows), [7], [NOBODY], [0], SENT)
    assert (found.lost, found.added_ms_p50, found.added_ms_p99) == (1, 0.0, 7.0)


def test_a_phone_that_hears_nothing_lost_everything() -> None:
    found = figures(heard([forwarded(9, 1, 0)]), [7, 8], [1, NOBODY], [0, 0], SENT)
    assert found.lost == 2 * TICKS


def stamping_begins(one: socket.socket, other: socket.socket) -> None:
    """The kernel begins to stamp a moment after the first socket asks: until then a packet is stamped when read."""
    until = time.monotonic() + 5
    while time.monotonic() < until:
        Outbox(one, [other.getsockname()], np.zeros((1, 160), np.uint8)).send()
        sent = time.clock_gettime_ns(time.CLOCK_REALTIME)
        if Inbox(other).read()[1][0] <= sent:
            return
    raise AssertionError("the kernel does not stamp what arrives")


def test_batches_arrive_whole_with_the_time_the_kernel_got_them() -> None:
    one, other = open_socket("127.0.0.1"), open_socket("127.0.0.1")
    with one, other:
        stamping_begins(one, other)
        packets = np.arange(300 * 40, dtype=np.uint32).view(np.uint8).reshape(300, 160)
        before = time.clock_gettime_ns(time.CLOCK_REALTIME)
        assert Outbox(one, [other.getsockname()] * 300, packets).send() == 300
        got, at = Inbox(other).read()
        after = time.clock_gettime_ns(time.CLOCK_REALTIME)
        assert (got[:, :160] == packets).all()
        assert (np.diff(at) >= 0).all()
        assert before <= at[0] <= at[-1] <= after
        assert len(Inbox(other).read()[0]) == 0


@pytest.mark.parametrize("calls", [20, 100, 300])
def test_the_mixed_scene_is_what_it_says(calls: int) -> None:
    scene = mixed_scene(calls)
    pairs = [(leg, source) for leg, source in enumerate(scene.sources) if source != NOBODY]
    unlike = sum(scene.laws[leg].name != scene.laws[source].name for leg, source in pairs) // 2
    rest = calls - 10
    assert len(scene.held) == -(-rest // 10)
    assert unlike / rest == pytest.approx(0.5, abs=0.06)
    assert len(scene.recorded) == calls
    sinks = [sink for sink, _, _ in scene.entries]
    assert sum(sinks.count(sink) == 19 for sink in set(sinks)) == 20
    assert sum(sinks.count(sink) == 2 for sink in set(sinks)) == pytest.approx(rest / 20, abs=1)


def test_the_forward_scene_mixes_nothing() -> None:
    scene = forward_scene(100)
    assert len(scene.laws) == 200
    assert {codec.name for codec in scene.laws} == {"PCMA"}
    assert NOBODY not in scene.sources


def test_the_browser_scene_has_six_in_ten() -> None:
    scene = browser_scene(200)
    assert len(scene.browsers) == 120
    assert all(scene.sources[leg] == NOBODY for leg in scene.browsers)
    assert all(leg % 2 for leg in scene.browsers)  # agents, never customers
    assert len(scene.recorded) == 200


def test_what_is_no_rtp_is_not_counted() -> None:
    rows = [(bytes([0, 1, *range(40)]), 1), (bytes([22, 254, *range(40)]), 2), (bytes([0x80, 200, *range(40)]), 3)]
    assert len(heard(rows).ssrc) == 0
