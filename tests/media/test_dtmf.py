"""RFC 4733: each digit once, whatever the network does; sent, and passed on."""

from __future__ import annotations

import itertools
import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.media.lab import EVENT_PT, Lab, sine
from yingda.kernel.errors import YingdaError
from yingda.media.dtmf import DIGITS, DigitBegan, DigitEnded, DigitEvent, DigitReceiver, DigitSender
from yingda.media.protocol import DigitHeard, Play, PlayEnded, SendDigits


def packets(digit: str, timestamp: int, length: int = 800) -> list[tuple[bytes, int]]:
    """As a phone sends them: each 20 ms, the end three times."""
    event = DIGITS.index(digit)
    durations = list(range(160, length, 160))
    sent = [(struct.pack("!BBH", event, 10, duration), timestamp) for duration in durations]
    return sent + [(struct.pack("!BBH", event, 0x8A, length), timestamp)] * 3


@given(st.text(DIGITS, min_size=1, max_size=12), st.integers(0, 2**32), st.integers(0, 2**32 - 1))
def test_each_digit_once_under_loss_and_repetition(digits: str, seed: int, start: int) -> None:
    """Each digit keeps at least one packet; some are lost, some doubled, neighbours swapped within a digit."""
    rng = random.Random(seed)
    receiver, events, now = DigitReceiver(), list[DigitEvent](), 0
    for index, digit in enumerate(digits):
        sent = packets(digit, (start + index * 2_000) & 0xFFFF_FFFF)
        keep = [packet for packet in sent if rng.random() > 0.4] or [rng.choice(sent)]
        keep += [packet for packet in keep if rng.random() > 0.7]
        rng.shuffle(keep)
        for payload, timestamp in keep:
            now += 20_000
            events += receiver.receive(payload, timestamp, now)
        now += 40_000
    events += receiver.handle_timer(now + 1_000_000)
    assert "".join(event.digit for event in events if isinstance(event, DigitEnded)) == digits
    assert "".join(event.digit for event in events if isinstance(event, DigitBegan)) == digits


def test_the_duration_is_the_longest_that_was_said() -> None:
    receiver = DigitReceiver()
    events: list[DigitEvent] = []
    for payload, timestamp in packets("7", 5_000, 1_600):
        events += receiver.receive(payload, timestamp, 0)
    assert events == [DigitBegan("7"), DigitEnded("7", 200)]


@pytest.mark.parametrize("timestamp", [5_000, 4_000, 0x9000_0000])
def test_a_sender_who_starts_his_timestamps_anew_is_heard(timestamp: int) -> None:
    """As sipp does with every play_dtmf, and gateways with another SSRC: earlier, or even the same again."""
    receiver, heard = DigitReceiver(), list[DigitEvent]()
    for line, begun in ((object(), 5_000), (object(), timestamp)):
        for payload, stamp in packets("7", begun):
            heard += receiver.receive(payload, stamp, 0, line)
    assert heard == [DigitBegan("7"), DigitEnded("7", 100)] * 2


def test_a_line_that_changes_within_a_digit_makes_one_of_it_or_ends_it() -> None:
    for timestamp, expected in ((5_000, "7"), (9_000, "77")):
        receiver, heard, sent = DigitReceiver(), list[DigitEvent](), packets("7", 5_000)
        heard += receiver.receive(*sent[0], 0, object())
        line = object()
        for payload, _ in sent[1:]:
            heard += receiver.receive(payload, timestamp, 0, line)
        assert "".join(event.digit for event in heard if isinstance(event, DigitEnded)) == expected


def test_a_lost_end_is_noticed_by_time() -> None:
    receiver = DigitReceiver()
    for payload, timestamp in packets("7", 5_000)[:3]:
        receiver.receive(payload, timestamp, 1_000)
    due = receiver.next_timer()
    assert due is not None
    assert receiver.handle_timer(due - 1) == []
    assert receiver.handle_timer(due) == [DigitEnded("7", 60)]
    assert receiver.handle_timer(due + 1_000_000) == []


def test_an_event_longer_than_its_field_is_one_digit() -> None:
    receiver = DigitReceiver()
    events = receiver.receive(struct.pack("!BBH", 1, 10, 0xFFFF), 0, 0)
    events += receiver.receive(struct.pack("!BBH", 1, 0x8A, 800), 0xFFFF, 0)
    assert events == [DigitBegan("1"), DigitEnded("1", (0xFFFF + 800) // 8)]


@pytest.mark.parametrize("payload", [b"", b"\x01", b"\x01\x8a\x03", b"\x10\x8a\x03\x20", b"\xff\xff\xff\xff"])
def test_malformed_and_unknown_events_say_nothing(payload: bytes) -> None:
    assert DigitReceiver().receive(payload, 1, 1) == []


def test_what_is_sent_is_what_a_receiver_hears() -> None:
    sender, receiver = DigitSender(), DigitReceiver()
    sender.push("15#", 100)
    heard: list[DigitEvent] = []
    timestamp, now = 0, 0
    while sender.busy:
        frame = sender.step()
        now += 20_000
        if frame is not None:
            timestamp = now if frame.first else timestamp
            heard += receiver.receive(frame.payload, timestamp, now)
    ended = [event for event in heard if isinstance(event, DigitEnded)]
    assert ended == [DigitEnded("1", 100), DigitEnded("5", 100), DigitEnded("#", 100)]


def test_digits_on_command_have_one_timestamp_each_and_the_line_goes_on(lab: Lab) -> None:
    one = lab.phone("one")
    lab.phone("two", sine(1_000, -12, 1))
    lab.gains(("one", "two", 1.0))
    lab.run(300)
    lab.do(SendDigits(leg_id="one", digits="42", duration_ms=80, request_id="a"))
    lab.do(SendDigits(leg_id="one", digits="42", duration_ms=80, request_id="a"))
    lab.run(1_000)
    events = [packet for packet in one.heard if packet[0] & 0x7F == EVENT_PT]
    receiver = DigitReceiver()
    heard = [event for packet in events for event in receiver.receive(packet[4], packet[2], 0)]
    assert [event.digit for event in heard if isinstance(event, DigitEnded)] == ["4", "2"]
    assert len({packet[2] for packet in events}) == 2
    assert sum(packet[0] >> 7 for packet in events) == 2
    for earlier, later in itertools.pairwise(one.heard):
        assert (later[1] - earlier[1]) & 0xFFFF == 1
        assert (later[2] - earlier[2]) & 0xFFFF_FFFF < 4_000
    assert one.heard[-1][0] & 0x7F == 0


def press(lab: Lab, leg_id: str, digit: str) -> None:
    phone = lab.phones[leg_id]
    phone.talking = False
    stamp = phone.timestamp
    for payload, _ in packets(digit, 0):
        phone.timestamp = stamp
        phone.send(payload, EVENT_PT, advance=0)
        lab.run(20)
    phone.talking = True


def test_a_digit_stops_a_prompt_that_allows_it(lab: Lab) -> None:
    lab.phone("one")
    lab.run(200)
    lab.do(Play(play_id="p", leg_id="one", items=["tone:dial"], loop=True, barge_in=True))
    lab.run(200)
    press(lab, "one", "9")
    (ended,) = lab.of_kind(PlayEnded)
    assert isinstance(ended, PlayEnded)
    assert ended.why == "barge_in"
    (digit,) = lab.of_kind(DigitHeard)
    assert isinstance(digit, DigitHeard)
    assert (digit.digit, digit.duration_ms, digit.leg_id) == ("9", 100, "one")
    assert ended.number < digit.number


def test_a_digit_in_a_conference_is_made_anew_for_each_listener(lab: Lab) -> None:
    names = ("one", "two", "three")
    for name in names:
        lab.phone(name)
    lab.gains(*((sink, source, 1.0) for sink, source in itertools.permutations(names, 2)))
    lab.run(200)
    press(lab, "one", "3")
    lab.run(500)
    for name in names[1:]:
        receiver = DigitReceiver()
        events = [packet for packet in lab.phones[name].heard if packet[0] & 0x7F == EVENT_PT]
        heard = [event for packet in events for event in receiver.receive(packet[4], packet[2], 0)]
        assert [event.digit for event in heard if isinstance(event, DigitEnded)] == ["3"]


def test_the_end_of_a_digit_is_not_heard_by_who_came_after_its_beginning(lab: Lab) -> None:
    """As when the key connects a call (1 at an agent's mobile): its end is sent thrice, and the last two come later."""
    one, two = lab.phone("one"), lab.phone("two")
    lab.run(200)
    one.talking = False
    stamp = one.timestamp
    for index, (payload, _) in enumerate(packets("1", 0)):
        one.timestamp = stamp
        one.send(payload, EVENT_PT, advance=0)
        lab.run(20)
        if index == 4:  # the first of the three
            lab.bridge("one", "two")
    lab.run(200)
    assert [report.digit for report in lab.reports if isinstance(report, DigitHeard)] == ["1"]
    assert [packet for packet in two.heard if packet[0] & 0x7F == EVENT_PT] == []


@pytest.mark.parametrize("digits", ["", "12x", "1 2"])
def test_what_is_no_digit_is_refused(lab: Lab, digits: str) -> None:
    lab.phone("one")
    with pytest.raises(YingdaError):
        lab.do(SendDigits(leg_id="one", digits=digits))
