"""Whatever bytes come, `receive` gives effects and raises nothing; what it sends can be read again."""

from __future__ import annotations

import time

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sip.test_calls import established
from tests.sip.wire import GOOD, MALFORMED
from tests.sip.world import World, kinds
from yingda.kernel.clock import SECOND
from yingda.kernel.ids import seeded_ids
from yingda.sip import grammar
from yingda.sip.core import EndpointConfig
from yingda.sip.endpoint import Endpoint
from yingda.sip.events import RequestFacts, Send, Trunk
from yingda.sip.flow import Flow
from yingda.sip.transports.framing import FramingError, StreamFramer

SEEDS = [*GOOD.values(), *(twin.data for twin in MALFORMED.values() if len(twin.data) < 5000)]
UDP = Flow("udp", ("192.0.2.10", 5060), ("198.51.100.7", 5070))
SCRAPS = [
    b"\r\n",
    b"\r\n ",
    b";tag=",
    b",",
    b'"',
    b"<",
    b">",
    b"SIP/2.0",
    b"*",
    b"\0",
    b"\xff",
    b":",
    b" ",
    b"%00",
    b"=",
    b";",
]


def everybody(facts: RequestFacts, flow: Flow) -> Trunk:
    return Trunk("t")


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(0, 6))):
        place = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, 12))
        data[place : place + length] = draw(st.sampled_from(SCRAPS) | st.binary(max_size=4))
    return bytes(data)


@settings(max_examples=400, deadline=None)
@given(st.lists(mutated(), min_size=1, max_size=4))
def test_mutated_messages(datas: list[bytes]) -> None:
    ua = Endpoint(EndpointConfig(authorise=everybody), seeded_ids(1), b"s")
    for transport in ("udp", "tcp"):
        flow = Flow(transport, UDP.local, UDP.remote, "" if transport == "udp" else "c")
        for data in datas:
            for effect in ua.receive(data, flow, SECOND):
                if isinstance(effect, Send):
                    assert b"\r\n" in effect.data
    for session in ua.to_state()["sessions"]:
        ua.hang_up(session["key"], SECOND)
    ua.handle_timer(200 * SECOND)
    ua.handle_timer(400 * SECOND)
    live = ua.live()
    assert live["transactions"] == live["calls"] == live["dialogs"] == 0


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_mutated_messages_inside_a_call(data: st.DataObject) -> None:
    """Real messages of a call, spoiled on the line, must not stop either end from finishing."""
    world = World()
    key = world.call()
    world.run(world.now + SECOND)
    (received,) = world.b.events
    world.do(world.b, world.b.endpoint.answer(received.key, "v=0\r\n", world.now))  # type: ignore[union-attr]
    world.run(world.now + SECOND)
    for _ in range(3):
        raw = bytearray(data.draw(st.sampled_from(world.kept)))
        place = data.draw(st.integers(0, len(raw)))
        raw[place : place + data.draw(st.integers(0, 8))] = data.draw(st.sampled_from(SCRAPS))
        for side in (world.a, world.b):
            side.endpoint.receive(bytes(raw), side.flow, world.now)
    for side in (world.a, world.b):
        for session in side.endpoint.to_state()["sessions"]:
            side.endpoint.hang_up(session["key"], world.now)
        side.endpoint.handle_timer(world.now + 200 * SECOND)
        side.endpoint.handle_timer(world.now + 400 * SECOND)
        assert side.endpoint.live()["calls"] == 0
    assert key


@given(st.lists(st.binary(max_size=40), max_size=5), st.lists(st.integers(1, 60), min_size=1, max_size=30))
def test_framing_does_not_depend_on_how_the_stream_is_cut(bodies: list[bytes], cuts: list[int]) -> None:
    wanted = [b"OPTIONS x SIP/2.0\r\nl: %d\r\n\r\n" % len(body) + body for body in bodies]
    stream, framer, got = b"".join(wanted), StreamFramer(), []
    index = 0
    while stream:
        size = cuts[index % len(cuts)]
        got += framer.feed(stream[:size])
        stream, index = stream[size:], index + 1
    assert got == wanted and not framer.pending


@given(st.binary(max_size=200))
def test_framing_of_anything(data: bytes) -> None:
    framer = StreamFramer()
    try:
        pieces = framer.feed(data)
    except FramingError:
        return
    assert sum(map(len, pieces)) <= len(data)


@given(st.text(max_size=60))
def test_grammar_raises_value_errors_only(text: str) -> None:
    for read in (grammar.parse_via, grammar.parse_address, grammar.parse_uri, grammar.parse_cseq):
        try:
            read(text)
        except ValueError:
            continue
    grammar.split_list(text)
    grammar.tag_of(text)
    grammar.parse_parameters(text)


def test_long_inputs_take_no_long_time() -> None:
    """Patterns must not backtrack: each of these is read in well under a second."""
    start = time.process_time()
    for hard in ("sip:" + "a" * 2000, "sip:" + "a-" * 1000, "sip:a@" + "a." * 900 + "!", '"' + "\\" * 60_000):
        for read in (grammar.parse_address, grammar.parse_uri):
            try:
                read(hard)
            except ValueError:
                continue
    assert time.process_time() - start < 1


def test_a_call_survives_its_own_messages_played_again() -> None:
    """Everything that was said arrives again, twice: no event, and the call stays up."""
    world, key, _ = established()
    before = (list(world.a.events), list(world.b.events))
    for (_, sender, _), data in list(zip(world.sent, world.kept, strict=True)) * 2:
        side = world.b if sender == "a" else world.a
        world.do(side, side.endpoint.receive(data, side.flow, world.now))
    assert (world.a.events, world.b.events) == before
    world.do(world.a, world.a.endpoint.bye(key, world.now))
    world.run()
    assert kinds(world.b)[-1] == "Ended" and world.empty()
