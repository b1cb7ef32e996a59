"""The feed's cores: for every viewer, what he held plus what he was told is what he would see now."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.deadline import within
from yingda.server.feed.browser import Browser, Message, epoch_for, own_epoch
from yingda.server.feed.documents import Doc, Documents, GapError, Key, Patch, flat
from yingda.server.feed.visible import eyes_now, visible_docs
from yingda.server.masking import masked
from yingda.server.reach import EVERYWHERE, Reach
from yingda.server.sessions.viewer import Viewer

QUEUES = ("q1", "q2")
AGENTS = ("a1", "a2")
CALLS = ("c1", "c2", "c3")
NUMBER = "+8613812345678"
VIEWERS = [
    Viewer("default", "u1", "one", "agent", "a1", "s1", 0, Reach(frozenset(["a1"]))),
    Viewer("default", "u2", "two", "agent", "a2", "s2", 0, Reach(frozenset(["a2"]))),
    Viewer("default", "u3", "three", "agent", None, "s3", 0, Reach(frozenset())),
    Viewer("default", "u4", "four", "leader", None, "s4", 0, EVERYWHERE),
    Viewer("default", "u6", "six", "leader", None, "s6", 0, Reach(frozenset(["a1", "a2"]))),
    Viewer("default", "u5", "five", "admin", "a1", "s5", 0, EVERYWHERE),
]

# Documents by collection: whatever control could say, in a small world in which things meet often.
in_hand = st.none() | st.builds(lambda call: {"id": "x", "interaction_id": call}, st.sampled_from(CALLS))
agents = st.fixed_dictionaries(
    {"queues": st.lists(st.sampled_from(QUEUES), unique=True), "handling": in_hand, "offer": in_hand}
)
calls = st.fixed_dictionaries(
    {
        "caller": st.just(NUMBER),
        "queue_id": st.none() | st.sampled_from(QUEUES),
        "state": st.sampled_from(["arriving", "greeting", "waiting", "ringing", "talking", "holding"]),
        "agent_id": st.none() | st.sampled_from(AGENTS),
    }
)
counts = st.fixed_dictionaries({"waiting": st.integers(0, 2)})
DOCS: Mapping[str, tuple[tuple[str, ...], st.SearchStrategy[dict[str, Any]]]] = {
    "agents": (AGENTS, agents),
    "queues": (QUEUES, counts),
    "calls": (CALLS, calls),
    "planes": (("control", "media"), counts),
    "alarms": (("x1",), counts),
    "messages": (("u1", "u4"), counts),
}


@st.composite
def changes(draw: st.DrawFn) -> dict[Key, Doc | None]:
    """One patch: some documents set, some removed (None)."""
    changed: dict[Key, Doc | None] = {}
    for _ in range(draw(st.integers(0, 3))):
        kind = draw(st.sampled_from(sorted(DOCS)))
        idents, doc = DOCS[kind]
        changed[(kind, draw(st.sampled_from(idents)))] = draw(st.none() | doc)
    return changed


def patch(seq: int, changed: Mapping[Key, Doc | None]) -> Patch:
    put = tuple((key, doc) for key, doc in changed.items() if doc is not None)
    return Patch(seq, put, tuple(key for key, doc in changed.items() if doc is None))


def fresh(documents: Documents, viewer: Viewer) -> dict[Key, Doc]:
    return visible_docs(
        documents.now, eyes_now(viewer.role, viewer.reach, documents.now, viewer.user_id, viewer.agent_id)
    )


class Screen:
    """What a browser holds, kept by its messages alone. It takes one only now and then."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.docs: dict[Key, Doc] = {}
        self.told = ("", -1)
        self.planes_again = False  # after a gap they are told in any case

    def take(self, documents: Documents) -> None:
        message = self.browser.take(documents, 0)
        if message is not None:
            self.keep(message)

    def keep(self, message: Message) -> None:
        seq: Any = message["seq"]
        if message["type"] == "snapshot":
            tree: Any = message["docs"]
            self.docs = flat(tree)
            self.told = (str(message["epoch"]), seq)
            return
        assert message["type"] == "patch"
        assert seq >= self.told[1]
        put: Any = message["set"]
        gone: Any = message["del"]
        for kind, ident, doc in put:
            again = self.planes_again and kind == "planes"
            assert again or self.docs.get((kind, ident)) != doc, "told what it knew"
            self.docs[(kind, ident)] = doc
        for key in gone:
            del self.docs[tuple(key)]  # a KeyError would be a document it never saw
        self.told = (self.told[0], seq)


async def live_day(steps: list[tuple[dict[Key, Doc | None], set[int]]], history: int) -> None:
    documents = Documents(history)
    documents.reset("e", 0, {})
    screens = [Screen(Browser(viewer)) for viewer in VIEWERS]
    for number, (changed, awake) in enumerate(steps, 1):
        touched = documents.apply(patch(number, changed))
        for index, screen in enumerate(screens):
            screen.browser.note(touched)
            if index in awake:
                screen.take(documents)
                assert screen.docs == fresh(documents, VIEWERS[index])
    for screen, viewer in zip(screens, VIEWERS, strict=True):
        screen.take(documents)
        assert screen.docs == fresh(documents, viewer)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(changes(), st.sets(st.integers(0, len(VIEWERS) - 1))), max_size=12))
def test_what_a_screen_held_plus_patches_is_what_it_would_see_afresh(
    steps: list[tuple[dict[Key, Doc | None], set[int]]],
) -> None:
    asyncio.run(live_day(steps, history=100))


async def absent(steps: list[dict[Key, Doc | None]], leaves: int, history: int) -> None:
    documents = Documents(history, mark_every=3)
    documents.reset("e", 0, {})
    screens = [Screen(Browser(viewer)) for viewer in VIEWERS]
    for number, changed in enumerate(steps, 1):
        if number <= leaves:
            for screen in screens:
                screen.take(documents)
        documents.apply(patch(number, changed))
        for screen in screens if number < leaves else ():
            screen.browser.note(changed)
    for screen, viewer in zip(screens, VIEWERS, strict=True):
        back = Browser(viewer)
        epoch = own_epoch(viewer, screen.told[0])
        past = documents.at(epoch, screen.told[1]) if epoch is not None else None
        assert (past is not None) == (len(steps) - screen.told[1] <= history)
        if past is not None:
            back.resume(past, documents.now)
        screen.browser = back
        screen.planes_again = True
        screen.take(documents)
        assert screen.docs == fresh(documents, viewer)


TALKING: Doc = {"queues": ["q1"], "handling": {"id": "x", "interaction_id": "c1"}, "offer": None}
OWN: tuple[tuple[Key, Doc], ...] = (
    (("agents", "a1"), {**TALKING, "handling": None}),
    (("calls", "c1"), {"caller": NUMBER, "queue_id": "q1", "state": "holding", "agent_id": "a1"}),
    (("messages", "u1"), {"waiting": 1}),
)


@pytest.mark.parametrize(("key", "doc"), OWN)
def test_counters_wait_their_turn_and_ones_own_wakes_at_once(key: Key, doc: Doc) -> None:
    asyncio.run(woken(key, doc))


async def woken(key: Key, doc: Doc) -> None:
    """Twenty changes of a counter come as one, with what is the viewer's own and does not wait."""
    documents = Documents(100)
    documents.reset("e", 0, flat({"agents": {"a1": TALKING}}))
    browser = Browser(VIEWERS[0])
    browser.take(documents, 0)
    waits = asyncio.create_task(browser.something_to_say(3600))
    for number in range(1, 21):
        browser.note(documents.apply(patch(number, {("queues", "q1"): {"waiting": number}})))
        await asyncio.sleep(0)
    assert not waits.done()
    browser.note(documents.apply(patch(21, {key: doc})))
    await within(30, waits)
    message = browser.take(documents, 0)
    assert message is not None
    put: Any = message["set"]
    assert [(*one[:2], one[2].get("waiting")) for one in put if one[0] == "queues"] == [("queues", "q1", 20)]
    assert key in [tuple(one[:2]) for one in put]
    assert browser.take(documents, 0) is None


@settings(max_examples=200, deadline=None)
@given(st.lists(changes(), min_size=1, max_size=12), st.integers(1, 12), st.integers(1, 12))
def test_after_a_gap_nothing_is_lost_and_nothing_is_told_twice(
    steps: list[dict[Key, Doc | None]], leaves: int, history: int
) -> None:
    asyncio.run(absent(steps, min(leaves, len(steps)), history))


@pytest.mark.parametrize("mark_every", [1, 2, 3, 100])
def test_the_history_rebuilds_every_past_it_kept(mark_every: int) -> None:
    documents = Documents(history=3, mark_every=mark_every)
    documents.reset("e", 10, {("planes", "control"): {"up": True}})
    pasts = {10: dict(documents.now)}
    for seq in range(11, 16):
        documents.apply(patch(seq, {("calls", f"c{seq % 2}"): {"n": seq} if seq % 3 else None}))
        pasts[seq] = dict(documents.now)
    for seq, past in pasts.items():
        assert documents.at("e", seq) == (past if seq >= 12 else None)
    assert documents.at("other", 15) is None
    assert documents.at("e", 16) is None


def test_a_known_patch_changes_nothing_and_a_gap_is_seen() -> None:
    documents = Documents()
    documents.reset("e", 5, {})
    assert documents.apply(patch(5, {("calls", "c1"): {"n": 1}})) == frozenset()
    assert documents.now == {}
    with pytest.raises(GapError):
        documents.apply(patch(7, {}))


def test_an_agent_never_sees_a_number_that_is_not_his_own() -> None:
    waiting = {"caller": NUMBER, "queue_id": "q1", "state": "waiting", "agent_id": None}
    docs: dict[Key, Doc] = {
        ("agents", "a1"): {"queues": ["q1"], "handling": None, "offer": {"interaction_id": "mine"}},
        ("agents", "a2"): {"queues": ["q1"], "handling": {"interaction_id": "theirs", "caller": NUMBER}, "offer": None},
        ("calls", "mine"): {**waiting, "state": "ringing"},
        ("calls", "theirs"): {**waiting, "state": "talking", "agent_id": "a2"},
        ("calls", "next"): waiting,
        ("calls", "elsewhere"): {**waiting, "queue_id": "q2"},
    }
    seen = visible_docs(docs, eyes_now("agent", Reach(frozenset(["a1"])), docs, agent_id="a1"))
    shown = {ident: doc["caller"] for (kind, ident), doc in seen.items() if kind == "calls"}
    assert shown == {"mine": NUMBER, "next": "+86138****5678"}
    assert ("agents", "a2") not in seen


def test_a_changed_role_cannot_resume_what_it_did_not_see() -> None:
    told = epoch_for(VIEWERS[3], "e:1")
    assert own_epoch(VIEWERS[3], told) == "e:1"
    assert own_epoch(VIEWERS[0], told) is None


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("13812345678", "138****5678"),
        ("02161234567", "021****4567"),
        ("+4915112345678", "+49151****5678"),
        ("62345678", "****5678"),
        ("1234567", "****4567"),
        ("8001", "8001"),
        ("12345", "12345"),
        ("anonymous", "anonymous"),
        ("", ""),
        ("bob@example.org", "b****"),
        ("王芳", "王****"),
    ],
)
def test_masking(number: str, shown: str) -> None:
    assert masked(number) == shown


@given(st.from_regex(r"\+?[0-9]{7,15}", fullmatch=True))
def test_a_masked_number_does_not_hold_the_number(number: str) -> None:
    digits = number.lstrip("+")
    assert digits not in masked(number)
    assert masked(number).endswith(digits[-4:])
    assert sum(character.isdigit() for character in masked(number)) < len(digits)
