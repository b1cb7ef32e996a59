"""Call-backs: every promise has one end, attempts stay within their window, the place is kept (ACD-38, ACD-39; B1)."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import msgspec
import pytest

from yingda.kernel.clock import SECOND
from yingda.kernel.errors import YingdaError
from yingda.kernel.event import Event
from yingda.kernel.ids import seeded_ids
from yingda.kernel.ledger.kinds import validate
from yingda.routing import callbacks
from yingda.routing.callbacks import (
    AGAIN,
    AGENT_AGAIN,
    RESULTS,
    Callback,
    Callbacks,
    Closed,
    Effect,
    Queue,
    State,
    Unqueue,
    Wanted,
)
from yingda.routing.effects import Append
from yingda.routing.rules import CallbackRules

START = 1_700_000_000 * SECOND
RULES = CallbackRules(attempts=3, retry_s=(60, 300), promise_s=600, keep_s=7_200)


class Desk:
    """Callbacks with somebody who queues what is asked for, at once."""

    def __init__(self, rules: CallbackRules = RULES) -> None:
        self.ids = seeded_ids(3)
        self.core, self.rules = Callbacks(self.ids), rules
        self.events: list[Event] = []
        self.entries: list[str] = []
        self.unqueued: list[str] = []
        self.closed: list[Closed] = []
        self.takes = True

    def at(self, seconds: float) -> int:
        return START + round(seconds * SECOND)

    def did(self, effects: list[Effect], now: int) -> None:
        for effect in effects:
            if isinstance(effect, Append):
                for event in effect.events:
                    validate(event)
                self.events += effect.events
            elif isinstance(effect, Queue) and self.takes:
                self.entries.append(f"entry-{len(self.entries)}")
                self.core.queued(effect.callback_id, self.entries[-1])
            elif isinstance(effect, Queue):
                self.core.not_queued(effect.callback_id, now)
            elif isinstance(effect, Unqueue):
                self.unqueued.append(effect.entry_id)
            else:
                self.closed.append(effect)

    def ask(self, seconds: float = 0, number: str = "+8613800001111", **more: object) -> str:
        wanted = msgspec.convert(
            {"contact_id": "c", "number": number, "queue_id": "q", "source": "queue", **more}, Wanted
        )
        self.did(self.core.request(wanted, self.rules, self.at(seconds)), self.at(seconds))
        return next(reversed(self.core.open))

    def attempt(self, callback_id: str, result: str, seconds: float) -> None:
        now, entry_id = self.at(seconds), self.core.open[callback_id].entry_id
        assert entry_id is not None
        self.did(self.core.taken(entry_id, f"h{seconds}", now, "agent:ann"), now)
        self.did(self.core.ended(callback_id, result, now), now)

    def timers(self, until: float) -> None:
        while (due := self.core.next_timer()) is not None and due <= self.at(until):
            self.did(self.core.handle_timer(due), due)

    def said(self, kind: str) -> list[dict[str, object]]:
        return [dict(event.data) for event in self.events if event.kind == f"callback.{kind}"]


def test_a_customer_is_called_back_and_reached() -> None:
    desk = Desk()
    callback_id = desk.ask(entry_id="waited", arrived_at=START - 90 * SECOND)
    asked = desk.said("requested")[0]
    assert (asked["entry_id"], asked["promised_by"]) == ("waited", desk.at(600))
    assert desk.core.open[callback_id].arrived_at == START - 90 * SECOND, "the place is kept"
    desk.attempt(callback_id, "connected", 30)
    assert desk.said("closed") == [{"callback_id": callback_id, "result": "reached"}]
    assert not desk.core.open and not desk.unqueued


def test_who_is_not_reached_is_tried_again_until_it_is_enough() -> None:
    desk = Desk()
    callback_id = desk.ask()
    for seconds, result, pause in ((10, "busy", 60), (100, "no_answer", 300), (600, "rejected", 0)):
        desk.attempt(callback_id, result, seconds)
        if pause:
            assert desk.core.next_timer() == desk.at(seconds + pause)
            desk.timers(seconds + pause)
    assert [ended["result"] for ended in desk.said("attempt_ended")] == ["busy", "no_answer", "rejected"]
    assert desk.closed[0].result == "exhausted"


def test_a_number_that_does_not_exist_is_called_once() -> None:
    desk = Desk()
    desk.attempt(desk.ask(), "invalid", 5)
    assert desk.closed[0].result == "exhausted"


def test_an_agent_who_does_not_answer_his_own_phone_costs_no_attempt() -> None:
    desk = Desk(CallbackRules(attempts=1))
    callback_id = desk.ask()
    for number in range(4):
        desk.attempt(callback_id, "agent_no_answer", 40 * number)
        assert desk.core.next_timer() == desk.at(40 * number) + AGENT_AGAIN
        desk.timers(40 * number + 30)
    desk.attempt(callback_id, "connected", 200)
    assert desk.said("attempt_started")[-1]["attempt"] == 5
    assert desk.closed[0].result == "reached"


def test_within_its_window_only() -> None:
    desk = Desk()
    callback_id = desk.ask(opens=START + 3_600 * SECOND, closes=START + 3_700 * SECOND)
    desk.timers(3_599)
    assert not desk.entries
    desk.timers(3_600)
    assert desk.entries == ["entry-0"]
    desk.attempt(callback_id, "no_answer", 3_650)  # the next would be after the window
    assert desk.closed[0].result == "exhausted"


def test_what_nobody_took_expires_and_leaves_its_queue() -> None:
    desk = Desk()
    desk.ask()
    desk.timers(7_200)
    assert desk.closed[0].result == "expired" and desk.unqueued == desk.entries


def test_a_queue_that_takes_nobody_in_is_asked_again() -> None:
    desk = Desk()
    desk.takes = False
    desk.ask()
    assert desk.core.next_timer() == START + AGAIN
    desk.takes = True
    desk.timers(60)
    assert desk.entries


def test_an_entry_that_was_flushed_comes_again() -> None:
    desk = Desk()
    callback_id = desk.ask()
    desk.did(desk.core.entry_left("entry-0", desk.at(5)), desk.at(5))
    assert desk.core.open[callback_id].state is State.WAITING
    desk.timers(65)
    assert desk.core.open[callback_id].entry_id == "entry-1"


def test_an_entry_that_was_moved_is_still_the_same() -> None:
    desk = Desk()
    callback_id = desk.ask()
    desk.core.moved("entry-0", "elsewhere")
    found = desk.core.of_entry("elsewhere")
    assert found is not None and found.callback_id == callback_id and desk.core.of_entry("entry-0") is None


def test_who_rings_again_and_is_answered_is_owed_nothing() -> None:
    desk = Desk()
    desk.ask(number="+861")
    other = desk.ask(number="+862")
    desk.did(desk.core.answered("+861", desk.at(9)), desk.at(9))
    assert [closed.result for closed in desk.closed] == ["superseded"] and desk.unqueued == ["entry-0"]
    assert list(desk.core.open) == [other]


@pytest.mark.parametrize(("by", "result"), [("customer", "cancelled_by_customer"), ("user:lead", "cancelled_by_staff")])
def test_it_can_be_cancelled_but_not_while_he_is_called(by: str, result: str) -> None:
    desk = Desk()
    callback_id = desk.ask()
    desk.did(desk.core.taken("entry-0", "h", desk.at(1), "agent:ann"), desk.at(1))
    with pytest.raises(YingdaError, match="being called"):
        desk.core.cancel(callback_id, by, desk.at(2))
    desk.did(desk.core.ended(callback_id, "busy", desk.at(3)), desk.at(3))
    desk.did(desk.core.cancel(callback_id, by, desk.at(4)), desk.at(4))
    assert desk.closed[0].result == result


def test_what_makes_no_sense_is_refused() -> None:
    desk = Desk()
    callback_id = desk.ask()
    refusals: dict[str, Callable[[], object]] = {
        "callback_open": lambda: desk.ask(),
        "bad_window": lambda: desk.ask(number="+2", opens=desk.at(10), closes=desk.at(5)),
        "unknown_callback": lambda: desk.core.cancel("none", "customer", desk.at(1)),
        "bad_result": lambda: desk.core.ended(callback_id, "perhaps", desk.at(1)),
    }
    for code, attempt in refusals.items():
        with pytest.raises(YingdaError) as refused:
            attempt()
        assert refused.value.code == code
    assert len(desk.said("requested")) == 1


@pytest.mark.parametrize("under_way", ["queued", "calling"])
def test_after_a_crash_each_waits_once_more(under_way: str) -> None:
    desk = Desk()
    callback_id = desk.ask(arrived_at=START - SECOND)
    if under_way == "calling":
        desk.did(desk.core.taken("entry-0", "h", desk.at(1), "agent:ann"), desk.at(1))
    state = msgspec.json.decode(msgspec.json.encode(desk.core.to_state()))
    desk.core = Callbacks.from_state(state, desk.ids)
    desk.did(desk.core.resume(desk.at(60)), desk.at(60))
    item = desk.core.open[callback_id]
    assert (item.state, item.entry_id, item.arrived_at) == (State.QUEUED, "entry-1", START - SECOND)
    assert len(desk.said("attempt_ended")) == len(desk.said("attempt_started"))


@pytest.mark.parametrize("seed", range(200))
def test_every_schedule_ends_every_promise_once(seed: int) -> None:
    """Whatever happens in whatever order: one result each, attempts that begin also end, none outside its window."""
    rng, desk = random.Random(seed), Desk(CallbackRules(attempts=2, retry_s=(5,), promise_s=20, keep_s=60))
    now = 0.0
    for _ in range(60):
        now += rng.choice((0, 0, 1, 5))
        desk.timers(now)
        items = list(desk.core.open.values())
        deed = rng.choice(("ask", "take", "end", "end", "left", "cancel", "answered", "restart"))
        if deed == "ask" and len(items) < 4:
            number = f"+{rng.randrange(9)}"
            if all(item.wanted.number != number for item in items):
                desk.ask(now, number)
        elif deed == "restart":
            state = msgspec.json.decode(msgspec.json.encode(desk.core.to_state()))
            desk.core = Callbacks.from_state(state, desk.ids)
        elif items:
            _do(desk, deed, rng.choice(items).callback_id, rng.choice(sorted(RESULTS)), desk.at(now))
        assert desk.core.next_timer() == soonest(desk.core)
    for item in list(desk.core.open.values()):
        _do(desk, "end", item.callback_id, "busy", desk.at(now))
    desk.timers(now + 1_000)
    asked, ended = Counter(e["callback_id"] for e in desk.said("requested")), desk.said("closed")
    assert Counter(e["callback_id"] for e in ended) == asked, "B1"
    assert len(desk.said("attempt_started")) == len(desk.said("attempt_ended"))
    windows = {e["callback_id"]: e["window"] for e in desk.said("requested")}
    for event in desk.events:
        window = windows[event.data["callback_id"]]
        if event.kind == "callback.attempt_started":
            assert window["from"] <= event.at <= window["to"]  # type: ignore[index]  # the window is a map
    assert not desk.core.open and desk.core.next_timer() is None


def soonest(core: Callbacks) -> int | None:
    """The next timer, by looking at every one that is open."""
    quiet = (item for item in core.open.values() if item.state is not State.CALLING)
    return min(
        (min(item.due if item.state is State.WAITING else item.closes, item.closes) for item in quiet), default=None
    )


def test_the_next_timer_is_known_without_a_look_at_every_one(monkeypatch: pytest.MonkeyPatch) -> None:
    desk, looks, timer = Desk(), [0], callbacks._timer
    desk.takes = False

    def counted(item: Callback) -> int:
        looks[0] += 1
        return timer(item)

    monkeypatch.setattr(callbacks, "_timer", counted)
    for number in range(1_000):
        desk.ask(number, number=f"+{number}", opens=desk.at(number + 5_000), closes=desk.at(number + 9_000))
    asked = looks[0]
    for _ in range(1_000):
        assert desk.core.next_timer() == desk.at(5_000)
    assert asked <= 4_000 and looks[0] - asked <= 2_000


def _do(desk: Desk, deed: str, callback_id: str, result: str, now: int) -> None:
    item = desk.core.open[callback_id]
    if deed == "take" and item.entry_id is not None:
        desk.did(desk.core.taken(item.entry_id, f"h-{now}", now, "agent:ann"), now)
    elif deed == "end":
        desk.did(desk.core.ended(callback_id, result, now), now)
    elif deed == "left" and item.entry_id is not None:
        desk.did(desk.core.entry_left(item.entry_id, now), now)
    elif deed == "answered":
        desk.did(desk.core.answered(item.wanted.number, now), now)
    elif deed == "cancel" and item.state is not State.CALLING:
        desk.did(desk.core.cancel(callback_id, "customer", now), now)
