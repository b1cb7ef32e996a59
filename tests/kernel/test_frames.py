"""The bus's codec: any message in any pieces, and a clear refusal of everything else."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingda.kernel.bus.frames import MAX_FRAME, Decoder, Failure, Message, Push, Reply, Request, Subscribe, encode
from yingda.kernel.errors import YingdaError

BODIES = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
IDS = st.integers(0, 1 << 40)
MESSAGES: st.SearchStrategy[Message] = st.one_of(
    st.builds(Request, IDS, st.text(), BODIES),
    st.builds(Reply, IDS, BODIES),
    st.builds(Failure, IDS, st.dictionaries(st.text(), st.text())),
    st.builds(Subscribe, st.text()),
    st.builds(Push, st.text(), BODIES),
)


@given(st.lists(MESSAGES, max_size=6), st.lists(st.integers(1, 40), min_size=1))
def test_messages_arrive_in_order_however_they_are_cut(messages: list[Message], cuts: list[int]) -> None:
    stream = b"".join(encode(message) for message in messages)
    decoder, received, place, number = Decoder(), list[Message](), 0, 0
    while place < len(stream):
        step = cuts[number % len(cuts)]
        received += decoder.receive(stream[place : place + step])
        place, number = place + step, number + 1
    assert received == messages


@given(st.binary(max_size=200))
def test_noise_is_refused_and_never_a_traceback(noise: bytes) -> None:
    try:
        Decoder().receive(noise)
    except YingdaError as refusal:
        assert refusal.code in ("frame_broken", "frame_too_large")


@given(st.binary(max_size=60))
def test_a_whole_frame_of_noise_is_refused(noise: bytes) -> None:
    try:
        received = Decoder().receive(len(noise).to_bytes(4) + noise)
    except YingdaError as refusal:
        assert refusal.code == "frame_broken"
    else:
        assert len(received) == 1


def test_the_size_has_a_limit_on_both_sides() -> None:
    (message,) = Decoder().receive(encode(Push("t", bytes(MAX_FRAME - 100))))
    assert isinstance(message, Push) and len(message.body) == MAX_FRAME - 100
    with pytest.raises(YingdaError, match="larger") as sending:
        encode(Push("t", bytes(MAX_FRAME)))
    with pytest.raises(YingdaError, match="larger") as receiving:
        Decoder().receive((MAX_FRAME + 1).to_bytes(4))
    assert sending.value.code == receiving.value.code == "frame_too_large"


def test_deep_nesting_is_refused() -> None:
    deep = b"\x91" * 100_000
    with pytest.raises(YingdaError) as caught:
        Decoder().receive(len(deep).to_bytes(4) + deep)
    assert caught.value.code == "frame_broken"


@pytest.mark.parametrize("body", [object(), {"x": lambda: None}, 1 << 70])
def test_what_cannot_be_carried_is_refused(body: Any) -> None:
    with pytest.raises(YingdaError) as caught:
        encode(Reply(1, body))
    assert caught.value.code == "frame_refused"


def test_structs_arrive_as_dicts() -> None:
    class Play(msgspec.Struct, tag="play.start", tag_field="type"):
        leg_id: str

    (message,) = Decoder().receive(encode(Request(1, "media", Play("l1"))))
    assert isinstance(message, Request) and message.body == {"type": "play.start", "leg_id": "l1"}
    assert msgspec.convert(message.body, Play) == Play("l1")
