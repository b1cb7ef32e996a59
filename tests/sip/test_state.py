"""An endpoint that is put away as JSON and taken up again behaves as if nothing had happened."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sip.test_endpoint import UDP, with_credentials
from tests.sip.wire import REGISTER
from tests.sip.world import CALLER, SDP, Side, World, trusting
from yingda.kernel.clock import SECOND
from yingda.kernel.errors import YingdaError
from yingda.kernel.ids import IdSource, seeded_ids
from yingda.sip import message
from yingda.sip.core import EndpointConfig
from yingda.sip.dialog import Dialog
from yingda.sip.digest import ha1
from yingda.sip.endpoint import Endpoint
from yingda.sip.events import Effect, InviteReceived, Send, Target
from yingda.sip.session import CallState, PendingOk, Session

COMMANDS = ("ring", "answer", "reject", "cancel", "bye", "reinvite", "hang_up")


class Ids:
    """An id source that a copy can go on with."""

    def __init__(self, seed: int, drawn: int = 0) -> None:
        self._source: IdSource = seeded_ids(seed)
        self.seed, self.drawn = seed, 0
        for _ in range(drawn):
            self()

    def __call__(self) -> str:
        self.drawn += 1
        return self._source()


def copied(endpoint: Endpoint, ids: Ids) -> Endpoint:
    state = json.loads(json.dumps(endpoint.to_state()))
    config = EndpointConfig(authorise=trusting)
    restored = Endpoint.from_state(state, config, Ids(ids.seed, ids.drawn), b"k")
    assert restored.to_state() == endpoint.to_state()
    return restored


def command(endpoint: Endpoint, name: str, key: str, now: int) -> list[Effect] | str:
    try:
        if name in ("answer", "reinvite"):
            return endpoint.answer(key, SDP, now) if name == "answer" else endpoint.reinvite(key, SDP, now)
        if name == "reject":
            return endpoint.reject(key, 486, now)
        return getattr(endpoint, name)(key, now)  # type: ignore[no-any-return]
    except YingdaError as error:
        return error.code


class Twin:
    """A side whose endpoint is doubled: every input goes to both, and both must do the same."""

    def __init__(self, side: Side, ids: Ids) -> None:
        self.side, self.ids = side, ids
        self.copy: Endpoint | None = None

    def split(self) -> None:
        self.copy = copied(self.side.endpoint, self.ids)

    def check(self, ours: object, theirs: object) -> None:
        assert ours == theirs
        assert self.copy is not None
        assert self.side.endpoint.next_timer() == self.copy.next_timer()


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_restored_in_the_middle_of_anything(data: st.DataObject) -> None:
    world = World(frozenset(data.draw(st.sets(st.integers(0, 15), max_size=4))))
    twins = []
    for side, seed in ((world.a, 1), (world.b, 2)):
        ids = Ids(seed)
        side.endpoint = Endpoint(EndpointConfig(authorise=trusting), ids, b"k")
        twins.append(Twin(side, ids))
    key, effects = world.a.endpoint.invite(
        Target("sip:4008@192.0.2.2", world.a.flow), caller=CALLER, sdp=SDP, now=world.now
    )
    world.do(world.a, effects)
    if data.draw(st.booleans()):
        _establish(world)
    moment = data.draw(st.integers(0, 12))
    for number in range(30):
        if number == moment:
            for twin in twins:
                twin.split()
        _act(data, world, twins, key)


def _establish(world: World) -> None:
    """Go on until the call is up, if the line lets it."""
    world.run(world.now + SECOND)
    for event in [event for event in world.b.events if isinstance(event, InviteReceived)]:
        world.do(world.b, world.b.endpoint.answer(event.key, SDP, world.now))
    world.run(world.now + SECOND)


def _act(data: st.DataObject, world: World, twins: list[Twin], key: str) -> None:
    """One input to one side: a command now and then, else what is next on the line or the clock."""
    if data.draw(st.integers(0, 3)) == 0:
        twin = data.draw(st.sampled_from(twins))
        sessions = twin.side.endpoint.to_state()["sessions"]
        target = sessions[0]["key"] if sessions else key
        name = data.draw(st.sampled_from(COMMANDS))
        ours = command(twin.side.endpoint, name, target, world.now)
        if twin.copy is not None:
            twin.check(ours, command(twin.copy, name, target, world.now))
        if isinstance(ours, list):
            world.do(twin.side, ours)
        return
    _next(world, twins)


def _next(world: World, twins: list[Twin]) -> None:
    """As World.step, to both of the twins."""
    for twin in twins:
        original, twin_copy = twin.side.endpoint, twin.copy
        if twin_copy is not None:
            twin.side.endpoint = Doubled(original, twin_copy)  # type: ignore[assignment]
    try:
        world.step()
    finally:
        for twin in twins:
            if isinstance(twin.side.endpoint, Doubled):
                twin.side.endpoint = twin.side.endpoint.first


class Doubled:
    """Two endpoints behind one face; they must not differ."""

    def __init__(self, first: Endpoint, second: Endpoint) -> None:
        self.first, self.second = first, second

    def receive(self, data: bytes, flow: object, now: int) -> list[Effect]:
        assert flow is not None
        one = self.first.receive(data, flow, now)  # type: ignore[arg-type]
        assert one == self.second.receive(data, flow, now)  # type: ignore[arg-type]
        return one

    def handle_timer(self, now: int) -> list[Effect]:
        one = self.first.handle_timer(now)
        assert one == self.second.handle_timer(now)
        return one

    def next_timer(self) -> int | None:
        due = self.first.next_timer()
        assert due == self.second.next_timer()
        return due


def test_bindings_nonces_and_failed_attempts_are_kept() -> None:
    def lookup(username: str, realm: str, algorithm: str) -> str | None:
        return ha1(username, realm, "secret", algorithm)

    config = EndpointConfig(lookup=lookup)
    ua = Endpoint(config, seeded_ids(1), b"k")
    (sent,) = ua.receive(REGISTER, UDP, SECOND)
    assert isinstance(sent, Send)
    challenge = message.parse(sent.data)
    assert isinstance(challenge, message.Response)
    good = with_credentials(REGISTER, challenge)
    ua.receive(good, UDP, SECOND)
    ua.receive(with_credentials(good, challenge, password="wrong"), UDP, SECOND)
    twin = Endpoint.from_state(json.loads(json.dumps(ua.to_state())), config, seeded_ids(2), b"k")
    assert twin.bindings("1001") == ua.bindings("1001") != ()
    assert twin.to_state() == ua.to_state()
    assert twin.handle_timer(200 * SECOND) == ua.handle_timer(200 * SECOND)


def test_a_call_keeps_every_attribute() -> None:
    """Each one set to something unusual: a field that to_state forgets shows here."""
    session = Session("k", CallState.ACTIVE, "tag")
    unusual: dict[type, object] = {str: "x", bool: True, int: 3, type(None): "x"}
    for name, value in vars(session).items():
        if type(value) in unusual:
            setattr(session, name, unusual[type(value)])
    dialog = Dialog("call", "tag", "far", UDP)
    session.forks, session.dialog = {"far": dialog}, dialog
    session.provisional, session.ok = b"\xff", PendingOk("data", 1, 2, 3)
    session.reliable = PendingOk("more", 4, 5, 6)
    twin = Session.from_state(json.loads(json.dumps(session.to_state())))
    plain = [name for name in vars(session) if name not in ("forks", "dialog", "ok", "reliable")]
    assert {name: getattr(twin, name) for name in plain} == {name: getattr(session, name) for name in plain}
    assert twin.dialog is twin.forks["far"]
    assert all(getattr(twin.dialog, name) == getattr(dialog, name) for name in Dialog.__slots__)
    assert twin.to_state() == session.to_state()
