"""The jitter buffer alone: order, loss, lateness, pauses, packet sizes, and clocks that run apart."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingda.media.concealment import FADE_IN
from yingda.media.g711 import FRAME, OTHER_LAW, SILENCE, Law
from yingda.media.jitter import MAX_DELAY, START_DELAY, JitterBuffer

TOKEN = object()


def body(index: int, length: int = FRAME) -> bytes:
    return bytes([index % 100 + 1]) * length


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 1), min_size=5, max_size=60), st.integers(0, 2**32))
def test_order_does_not_matter_within_the_delay(start: int, swaps: list[int], seed: int) -> None:
    """Packets swapped with their neighbour come out in order, across the wrap of timestamps."""
    order = list(range(len(swaps)))
    for index, swap in enumerate(swaps[2:-1], start=2):
        if swap and order[index] == index:
            order[index], order[index + 1] = order[index + 1], order[index]
    buffer, out = JitterBuffer(Law.MU), b""
    for index in order:
        buffer.put(TOKEN, (start + index * FRAME) & 0xFFFF_FFFF, body(index), Law.MU)
        out += buffer.pull()
    for _ in range(10):
        out += buffer.pull()
    first = out.index(body(0))
    assert out[first : first + FRAME * len(swaps)] == b"".join(body(index) for index in range(len(swaps)))


def test_what_is_lost_is_made_up_and_the_rest_in_place() -> None:
    buffer, out = JitterBuffer(Law.A), []
    for index in range(20):
        if index != 7:
            buffer.put(TOKEN, index * FRAME, body(index), Law.A)
        out.append(buffer.pull())
    delay = START_DELAY // FRAME
    assert out[:delay] == [SILENCE[Law.A] * FRAME] * delay
    assert buffer.concealed == 1
    assert SILENCE[Law.A] * FRAME not in out[delay:]
    assert out[8 + delay][FADE_IN:] == body(8)[FADE_IN:]
    assert out[9 + delay] == body(9)


@pytest.mark.parametrize("length", [80, 160, 240, 320, 480])
def test_any_packet_size(length: int) -> None:
    buffer, out, sent = JitterBuffer(Law.MU), b"", b""
    for tick in range(60):
        while len(sent) < tick * FRAME + FRAME:
            piece = body(len(sent) // length, length)
            buffer.put(TOKEN, len(sent), piece, Law.MU)
            sent += piece
        out += buffer.pull()
    start = out.index(body(0)[:1])
    assert out[start:] == sent[: len(out) - start]


def test_the_other_law_is_translated() -> None:
    buffer = JitterBuffer(Law.MU)
    buffer.put(TOKEN, 0, b"\x80" * FRAME, Law.A)
    frames = [buffer.pull() for _ in range(3)]
    assert frames[2] == b"\x80".translate(OTHER_LAW[Law.A]) * FRAME


def test_late_packets_widen_the_delay_up_to_its_bound() -> None:
    buffer = JitterBuffer(Law.MU)
    rng = random.Random(5)
    waiting: list[tuple[int, int]] = []
    for index in range(3_000):
        waiting.append((index + rng.randrange(6), index))
        for due, number in sorted(waiting):
            if due <= index:
                buffer.put(TOKEN, number * FRAME, body(number), Law.MU)
                waiting.remove((due, number))
        buffer.pull()
        if index == 500:
            late = buffer.late
    assert START_DELAY < buffer.delay <= MAX_DELAY
    assert buffer.late - late < 30


@pytest.mark.parametrize("ppm", [200, -200, 2_000, -2_000])
def test_a_clock_that_runs_apart_never_overflows_or_starves(ppm: int) -> None:
    buffer = JitterBuffer(Law.MU)
    sent = 0
    ticks = 50 * 600
    for tick in range(ticks):
        while sent * 1_000_000 <= tick * (1_000_000 + ppm):
            buffer.put(TOKEN, sent * FRAME, body(sent), Law.MU)
            sent += 1
        buffer.pull()
    assert buffer.concealed <= 5 + abs(ppm) * ticks / 1_000_000 * 1.5


def test_after_a_pause_it_starts_over() -> None:
    buffer = JitterBuffer(Law.MU)
    for index in range(5):
        buffer.put(TOKEN, index * FRAME, body(index), Law.MU)
        buffer.pull()
    for _ in range(100):
        buffer.pull()
    out = []
    for index in range(105, 110):
        buffer.put(TOKEN, index * FRAME, body(index), Law.MU)
        out.append(buffer.pull())
    assert body(105)[FADE_IN:] in [frame[FADE_IN:] for frame in out]
    assert body(106) in out
    other = object()
    buffer.put(other, 5, b"\x01" * 9_000, Law.MU)
    for _ in range(10):
        buffer.pull()
