"""For every kind of the event registry that screens show live: stale state + events = fresh state.

A kind stands either in LIVE, with a scene that brings it about, or in ELSEWHERE, with where its screen gets it from.
After each append that holds it, what a screen makes of the patches is compared with what a board shows that was built
from nothing: all events in one go, and the owners read again. The headless client's store is put through the same days.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.agents.test_live import Docs, Watched, a_busy_hour, apply
from tests.calls.test_sending import centre
from tests.node import node_test
from yingda.agents.handset import Handset, To
from yingda.agents.helping import Helping
from yingda.agents.leading import Leading
from yingda.agents.levers import Announcement, announce, pull
from yingda.agents.live import COLLECTIONS, LiveBoard
from yingda.calls import flow_protocol as flows
from yingda.calls.numbering import NumberPlan
from yingda.kernel.config.sites import Site, SiteQueue
from yingda.kernel.ledger.kinds import REGISTRY
from yingda.server.feed.schemas import LIVE as SCHEMAS

PLAIN = centre()
SISTER = Site(
    id="s1", name="北", url="http://n", token_env="T", queues=[SiteQueue(queue=PLAIN.queues[0].name, number="0219")]
)
FOUND = PLAIN.model_copy(update={"sites": [SISTER]})
DAYS = 6


class Screen(Watched):
    """`shown`: what a screen has that got one snapshot at the beginning and every patch since."""

    def __init__(self, seed: int) -> None:
        self.shown: Docs | None = None
        self.proved = set[str]()
        self.seed = seed
        super().__init__(seed)
        self.distributor.configure(FOUND, self.now)
        self.switch.use(NumberPlan(FOUND, 1), self.switch.table.sounds)
        self.helping = Helping(self.distributor.floor, self.ids, FOUND)
        self.board = LiveBoard("e1", self.switch, FOUND, self.helping.doc)
        self.flush()
        self.first = self.docs()
        self.shown = self.docs()
        self.from_patch = len(self.patches)

    def do(self, effects: list[Any]) -> list[Any]:
        known, told = len(self.events), len(self.patches)
        done = super().do(effects)
        if self.shown is not None:
            for patch in self.patches[told:]:
                apply(self.shown, patch)
            if len(self.events) > known:
                assert comparable(self.shown) == comparable(self.fresh()), [e.kind for e in self.events[known:]]
                self.proved |= {event.kind for event in self.events[known:]}
        return done

    def fresh(self) -> Docs:
        """What a board shows that has only just begun to look."""
        board = LiveBoard("fresh", self.switch, FOUND, self.helping.doc)
        board.touch(self.events)
        board.flush(self.now)
        docs: Docs = msgspec.json.decode(msgspec.json.encode(board.snapshot(self.now)["docs"]))
        return docs

    @property
    def handling(self) -> str:
        return self.distributor.floor.sessions["a1"].handling_id or ""

    def newest(self, agent: str) -> str:
        legs = [leg for leg in self.switch.table.legs.values() if leg.agent_id == agent]
        return legs[-1].leg_id

    def talking(self) -> None:
        self.sign_in("a1")
        self.reach_queue("c1")
        self.agent_answers()
        self.sign_in("a2", "a3")


def comparable(docs: Docs) -> Docs:
    """Without what only a board knows that was there: since when a call is in its state, whom a past call was with."""
    kept = {name: {key: dict(doc) for key, doc in docs[name].items()} for name in docs}
    for call in kept["calls"].values():
        del call["since"]
    for agent in kept["agents"].values():
        if agent["handling"] and agent["handling"]["interaction_id"] not in kept["calls"]:
            agent["handling"] = {**agent["handling"], "caller": None}
    return kept


# ---- scenes ----------------------------------------------------------------------------------------------------------


def a_day(screen: Screen) -> None:
    screen.sign_in("a1", "a2")
    screen.sign_in("a3")
    a_busy_hour(screen, random.Random(screen.seed), 60)


def held_and_taken_back(screen: Screen) -> None:
    screen.talking()
    screen.do(screen.switch.hold(screen.handling, screen.now))
    screen.do(screen.switch.retrieve(screen.handling, screen.now))


def consulted_and_handed_over(screen: Screen) -> None:
    screen.talking()
    screen.do(Handset(screen.switch).consult("a1", To(kind="agent", id="a2"), screen.now))
    screen.agent_answers(screen.newest("a2"))
    screen.do(Handset(screen.switch).complete("a1", screen.now))


def supervised(screen: Screen) -> None:
    screen.talking()
    leading = Leading(screen.switch)
    screen.do(leading.supervise("a3", "a1", "listen", screen.now))
    screen.agent_answers(screen.newest("a3"))
    screen.do(leading.stop("a3", screen.now))


def paused_and_resumed(screen: Screen) -> None:
    screen.talking()
    screen.do(Handset(screen.switch).record("a1", screen.now, paused=True))
    screen.do(Handset(screen.switch).record("a1", screen.now, paused=False))


def not_recorded(screen: Screen) -> None:
    screen.fail.add("record.start")
    screen.talking()


def sent_into_a_flow(screen: Screen) -> None:
    screen.talking()
    screen.do(Handset(screen.switch).send("a1", "identity", screen.now, back=True))
    (call,) = screen.switch.table.calls.values()
    leave = flows.Exit(fault="", disconnect=False, values={"verified": True}, data={})
    screen.do(screen.switch.flow_acts(call.run_id or "", [leave], screen.now))


def rated(screen: Screen) -> None:
    screen.talking()
    screen.do(Handset(screen.switch).survey("a1", screen.now))
    (call,) = screen.switch.table.calls.values()
    rating = flows.Rated(question="score", answer=5.0)
    leave = flows.Exit(fault="", disconnect=True, values={}, data={})
    screen.do(screen.switch.flow_acts(call.run_id or "", [rating, leave], screen.now))
    survey = screen.shown["agents"]["a1"]["last_survey"] if screen.shown is not None else {}
    assert (survey["result"], survey["answers"]) == ("answered", {"score": 5.0})


def wrapped_up_and_gone(screen: Screen) -> None:
    screen.talking()
    screen.do(screen.switch.cleared("c1", screen.now))
    screen.wait(11)
    screen.do(screen.switch.distribute(screen.distributor.sign_out("a1", "self", screen.now), screen.now))


def led_through_a_surge(screen: Screen) -> None:
    """A loan and an announcement begin and end; a caller is kept for somebody, preferred, kept no more."""
    screen.reach_queue("c1")
    (call,) = screen.switch.table.calls.values()
    queue_id, entry_id = call.queue_id, call.entry_id
    said = Announcement(queue_id=queue_id, on=True, announce={"say": "系统故障"})
    screen.do(announce(screen.switch, said, ["spoken"], screen.now))
    for method, body in (
        ("agent.lend", {"queue_id": queue_id, "agent_id": "a1", "seconds": 60}),
        ("entry.reserve", {"entry_id": entry_id, "agent_id": "a1", "seconds": 60}),
        ("entry.prefer", {"entry_id": entry_id}),
        ("entry.release", {"entry_id": entry_id}),
        ("agent.give_back", {"queue_id": queue_id, "agent_id": "a1"}),
    ):
        screen.do(pull(screen.switch, method, body, screen.now))
    screen.do(announce(screen.switch, msgspec.structs.replace(said, on=False), [], screen.now))


def told_by_a_sister(screen: Screen) -> None:
    load = {"waiting": 2, "idle": 0, "staffed": 3, "between_s": 6.0}
    body = {"site_id": "s1", "queues": {FOUND.queues[0].id: load}}
    screen.do(pull(screen.switch, "site.told", body, screen.now))


def helped(screen: Screen) -> None:
    screen.talking()
    screen.do([*screen.helping.ask("a1", "upset", "", screen.now)])
    screen.do([*screen.helping.see("a1", "user:u3", screen.now)])
    screen.do([*screen.helping.answer("a1", "user:u3", "coming", screen.now)])
    screen.do([*screen.helping.cancel("a1", screen.now)])


Scene = Callable[[Screen], None]


def in_order(scenes: Iterable[Scene]) -> list[Scene]:
    return sorted(scenes, key=lambda scene: getattr(scene, "__name__", ""))


LIVE: Mapping[str, Scene] = {
    **dict.fromkeys(("interaction.started", "interaction.ended"), a_day),
    **dict.fromkeys(("leg.created", "leg.alerting", "leg.answered", "leg.ended"), a_day),
    **dict.fromkeys(("flow.entered", "flow.node_entered", "flow.left"), a_day),
    **dict.fromkeys(("queue.entered", "queue.left"), a_day),
    **dict.fromkeys(("offer.made", "offer.alerting", "offer.ended"), a_day),
    **dict.fromkeys(("handling.started", "handling.connected", "handling.released"), a_day),
    **dict.fromkeys(("agent.signed_in", "agent.state_changed"), a_day),
    **dict.fromkeys(("handling.held", "handling.retrieved"), held_and_taken_back),
    "handling.consult_started": consulted_and_handed_over,
    "handling.consult_ended": consulted_and_handed_over,
    "handling.transferred": consulted_and_handed_over,
    **dict.fromkeys(("supervision.started", "supervision.ended"), supervised),
    **dict.fromkeys(("recording.started", "recording.paused", "recording.resumed"), paused_and_resumed),
    "recording.missing": not_recorded,
    "interaction.data_set": sent_into_a_flow,
    "survey.ended": rated,
    "site.told": told_by_a_sister,
    **dict.fromkeys(("help.asked", "help.seen", "help.answered", "help.ended"), helped),
    **dict.fromkeys(("agent.lent", "agent.given_back", "queue.preferred"), led_through_a_surge),
    **dict.fromkeys(("queue.reserved", "queue.unreserved"), led_through_a_surge),
    **dict.fromkeys(("queue.emergency_started", "queue.emergency_ended"), led_through_a_surge),
    **dict.fromkeys(("recording.ended", "handling.wrapup_ended", "agent.signed_out"), wrapped_up_and_gone),
}
"""What live documents are made of, and a scene in which it happens."""

BOOKS = "rows folded from the ledger, which `yingda verify` folds again; screens ask for them"
OWNER = "a document of its own, given by its owner: planes by the web plane, trunks by the board of trunks"
NOWHERE = "no screen"
ELSEWHERE: Mapping[str, str] = {
    **dict.fromkeys(("interaction.typed", "interaction.merged", "correction.made", "handling.disposed"), BOOKS),
    **dict.fromkeys(("flow.goal_reached", "flow.person_requested", "queue.widened", "queue.announced"), BOOKS),
    **dict.fromkeys(("callback.requested", "callback.attempt_started"), BOOKS),
    **dict.fromkeys(("callback.attempt_ended", "callback.closed"), BOOKS),
    **dict.fromkeys(("dial.attempted", "dial.ended", "message.sent"), BOOKS),
    **dict.fromkeys(("message.received", "message.heard", "message.cleared"), BOOKS),
    **dict.fromkeys(("survey.offered", "trunk.refused"), BOOKS),
    **dict.fromkeys(("case.opened", "case.linked", "case.resolved", "case.reopened", "case.closed"), BOOKS),
    **dict.fromkeys(("schedule.published", "schedule.excepted"), BOOKS),
    **dict.fromkeys(("conference.joined", "conference.left"), OWNER),
    **dict.fromkeys(("trunk.state_changed", "plane.started", "plane.stopped", "plane.lost", "config.changed"), OWNER),
    **dict.fromkeys(("call.refused", "message.refused", "plane.alive", "agent.line_changed"), NOWHERE),
    "leg.change_refused": "the contact's timeline",
    "queue.site_chosen": "the contact's timeline; the call itself moves with what follows",
}


def test_every_kind_of_the_registry_has_a_case_or_another_place() -> None:
    assert sorted({*LIVE, *ELSEWHERE} ^ set(REGISTRY)) == [], "say where screens see it: in LIVE with a scene, or not"
    assert LIVE.keys() & ELSEWHERE.keys() == set()


def test_every_collection_of_the_board_is_known_to_the_clients() -> None:
    assert set(COLLECTIONS) == set(SCHEMAS)


@pytest.mark.parametrize("scene", in_order(set(LIVE.values()) - {a_day}))
def test_stale_and_events_are_fresh(scene: Scene) -> None:
    screen = Screen(1)
    scene(screen)
    assert {kind for kind, brings in LIVE.items() if brings is scene} <= screen.proved


def test_stale_and_events_are_fresh_on_any_day() -> None:
    proved = set[str]()
    for seed in range(DAYS):
        screen = Screen(seed)
        a_day(screen)
        proved |= screen.proved
    assert {kind for kind, brings in LIVE.items() if brings is a_day} <= proved


@pytest.mark.parametrize("scene", in_order(set(LIVE.values())))
def test_every_document_is_one_of_its_schema(scene: Scene) -> None:
    """What is documented is there, and nothing is missing that the schema calls needed."""
    screen = Screen(2)
    scene(screen)
    for patch in screen.patches:
        for collection, ident, doc in patch.set_:
            SCHEMAS[collection].model_validate(msgspec.json.decode(msgspec.json.encode(doc)))
            assert doc["id"] == ident


def test_the_clients_store_makes_the_same_of_it(tmp_path: Path) -> None:
    """Each day as the feed would tell it: a snapshot, the patches, and what a fresh snapshot at the end says."""
    days = []
    for scene in in_order(set(LIVE.values())):
        screen = Screen(3)
        scene(screen)
        head: dict[str, Any] = {"type": "snapshot", "epoch": "e1", "seq": 1, "now": screen.now}
        told = [raw(patch) | {"type": "patch"} for patch in screen.patches[screen.from_patch :]]
        days.append({"before": head | {"docs": screen.first}, "told": told, "after": head | {"docs": screen.docs()}})
    file = tmp_path / "days.json"
    file.write_text(json.dumps(days))
    node_test("store.test.ts", {"YINGDA_DAYS": str(file)})


def raw(patch: Any) -> dict[str, Any]:
    decoded: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(patch))
    return decoded
