"""How an agent is chosen: every strategy, skills and needs, wishes, priority with ageing, goals (ACD-03 to 22, 51)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.routing.bench import Bench, one
from yingda.kernel.errors import YingdaError
from yingda.kernel.language.needs import parse
from yingda.routing.effects import Append, Connect, Ring, StopRinging
from yingda.routing.explain import recomputed
from yingda.routing.rules import AgentProfile, Arrival, Goals, QueueRules, Rules, Skill, Weights
from yingda.routing.strategies.skill_score import terms
from yingda.sim.oracle import score


def centre(skills: dict[str, dict[str, int]], rules: dict[str, Any] | None = None, **queue: Any) -> Rules:
    """Queue `sales`, served by all; agents with these skills."""
    agents = {
        agent: AgentProfile(agent, ("sales",), skills={name: Skill(level) for name, level in has.items()})
        for agent, has in skills.items()
    }
    return Rules(queues={"sales": QueueRules("sales", wrapup_s=0, **queue)}, agents=agents, **(rules or {}))


def chosen(bench: Bench, entry: str, seconds: float, **options: Any) -> str | None:
    """Who is rung for an entry that comes in."""
    effects = bench.did(bench.core.enter(entry, f"contact-{entry}", "sales", bench.at(seconds), **options))
    return next((effect.agent_id for effect in effects if isinstance(effect, Ring)), None)


def serve(bench: Bench, entry: str, seconds: float) -> str | None:
    """A call from coming in to being over, within a second; answers who had it."""
    effects = bench.did(bench.core.enter(entry, f"contact-{entry}", "sales", bench.at(seconds)))
    ring = one(effects, Ring)
    connect = one(bench.did(bench.core.answered(ring.offer_id, ring.token, bench.at(seconds))), Connect)
    bench.did(bench.core.connected(connect.offer_id, connect.token, bench.at(seconds)))
    bench.did(
        bench.core.released(str(bench.last("handling.started")["handling_id"]), "customer", bench.at(seconds + 1))
    )
    return ring.agent_id


def test_fewest_calls() -> None:
    bench = Bench(centre({"ann": {}, "bob": {}}, strategy="fewest_calls"))
    bench.sign_in("ann", "bob")
    assert [serve(bench, f"e{n}", 10 * n) for n in range(4)] == ["ann", "bob", "ann", "bob"]
    assert serve(bench, "e9", 90) == "ann"


def test_even_share_goes_round_even_if_nobody_answers() -> None:
    bench = Bench(centre({"ann": {}, "bob": {}}, strategy="even_share"))
    bench.sign_in("ann", "bob")
    for number, expected in enumerate(["ann", "bob", "ann"]):
        assert chosen(bench, f"e{number}", 10 * number) == expected
        bench.did(bench.core.customer_left(f"e{number}", bench.at(10 * number + 1)))


def test_fixed_order() -> None:
    bench = Bench(centre({"ann": {}, "bob": {}, "cleo": {}}, strategy="fixed_order", order=("cleo", "bob")))
    bench.sign_in("ann", "bob", "cleo")
    assert [chosen(bench, f"e{n}", n) for n in range(4)] == ["cleo", "bob", "ann", None]


def test_most_qualified_takes_the_highest_level_whatever_is_asked_for() -> None:
    bench = Bench(centre({"ann": {"en": 4}, "bob": {"en": 9}}, strategy="most_qualified", needs="en >= 3"))
    bench.sign_in("ann", "bob")
    assert chosen(bench, "e1", 0) == "bob"


def test_skill_score_spares_the_over_qualified_and_bears_the_under_qualified() -> None:
    bench = Bench(
        centre({"ann": {"en": 9}, "bob": {"en": 5}, "cleo": {"en": 2}}, strategy="skill_score", needs="en >= 5")
    )
    bench.sign_in("ann", "bob", "cleo")
    assert [chosen(bench, f"e{n}", n) for n in range(3)] == ["bob", "ann", "cleo"]


SKILLS = st.dictionaries(st.sampled_from("abcd"), st.builds(Skill, st.integers(1, 9), st.integers(1, 9), st.booleans()))


@given(
    SKILLS,
    st.sampled_from(["", "a", "a >= 5 AND b", "a >= 3 OR b >= 7", "(a OR b >= 2) AND c >= 4 AND NOT d", "a OR NOT b"]),
)
def test_the_score_is_the_one_counted_by_hand(skills: dict[str, Skill], needs: str) -> None:
    measured, weights = terms(parse(needs), skills), Weights()
    assert all(0 <= term <= 1000 for term in measured.values())
    fast = weights.preference * measured["preference"] - sum(
        getattr(weights, name) * measured[name] for name in ("under", "over", "extra", "prohibited")
    )
    assert fast == score(parse(needs), skills, QueueRules("q", strategy="skill_score"))


def test_an_agent_with_several_to_choose_from_takes_the_best_score_and_waiting_counts() -> None:
    queues = {
        name: QueueRules(
            name, strategy="skill_score", needs=needs, weights=Weights(queue_time=weight, time_to_max_s=100)
        )
        for name, needs, weight in (("en", "en >= 5", 10), ("fr", "fr >= 5", 10))
    }
    agent = AgentProfile("ann", skills={"en": Skill(5), "fr": Skill(2)})
    for ahead, expected in ((10, "e-en"), (100, "e-fr")):
        weights = Weights(under=10, extra=0, over=0, preference=0, queue_time=10, time_to_max_s=100)
        rules = Rules(queues={n: replace(q, weights=weights) for n, q in queues.items()}, agents={"ann": agent})
        bench = Bench(rules)
        bench.did(bench.core.enter("e-fr", "c1", "fr", bench.at(0)))
        bench.did(bench.core.enter("e-en", "c2", "en", bench.at(ahead)))
        ring = one(bench.did(bench.core.sign_in("ann", "d", bench.at(ahead))), Ring)
        assert ring.entry_id == expected, f"the other waited {ahead} s longer"


def test_all_ring_and_the_first_to_answer_has_the_caller() -> None:
    bench = Bench(centre({"ann": {}, "bob": {}, "cleo": {}}, strategy="ring_all"))
    bench.sign_in("ann", "bob", "cleo")
    rings = [effect for effect in bench.enter("e1", 0) if isinstance(effect, Ring)]
    assert [ring.agent_id for ring in rings] == ["ann", "bob", "cleo"]
    assert len({ring.token for ring in rings}) == 3
    bench.did(bench.core.refused(rings[2].offer_id, rings[2].token, "declined", bench.at(1)))
    effects = bench.did(bench.core.answered(rings[1].offer_id, rings[1].token, bench.at(2)))
    assert one(effects, StopRinging).agent_id == "ann"
    assert bench.core.answered(rings[0].offer_id, rings[0].token, bench.at(2)) == [], "too late"
    connect = one(effects, Connect)
    bench.did(bench.core.connected(connect.offer_id, connect.token, bench.at(3)))
    assert [end["outcome"] for end in bench.said("offer.ended")] == ["declined", "answered_elsewhere", "accepted"]
    assert bench.states("ann")[-1] == "idle"


def test_where_all_ring_in_vain_the_caller_waits_on() -> None:
    bench = Bench(centre({"ann": {}, "bob": {}}, strategy="ring_all", ring_limit_s=10))
    bench.sign_in("ann", "bob")
    bench.enter("e1", 0)
    bench.timers(10)
    assert bench.core.to_state()["entries"][0]["state"] == "waiting"
    bench.did(bench.core.set_idle("bob", bench.at(21)))
    assert bench.last("offer.made")["agent_id"] == "bob"


def test_needs_of_the_entry_narrow_its_queue() -> None:
    bench = Bench(centre({"ann": {"en": 3}, "bob": {"en": 7}}))
    bench.sign_in("ann", "bob")
    assert chosen(bench, "e1", 0, needs="en >= 5") == "bob"
    assert chosen(bench, "e2", 1, needs="en >= 5") is None
    assert chosen(bench, "e3", 2) == "ann"
    with pytest.raises(YingdaError) as refusal:
        bench.core.enter("e4", "c", "sales", bench.at(3), needs="en >=")
    assert refusal.value.code == "bad_needs"


def test_an_excluded_skill_is_not_asked_for() -> None:
    rules = Rules(
        queues={"sales": QueueRules("sales", needs="en")},
        agents={
            "ann": AgentProfile("ann", skills={"en": Skill(9, exclude=True)}),
            "bob": AgentProfile("bob", skills={"en": Skill(1)}),
        },
    )
    bench = Bench(rules)
    bench.sign_in("ann", "bob")
    assert chosen(bench, "e1", 0) == "bob"


def test_the_last_agent_is_waited_for_and_then_anybody() -> None:
    bench = Bench(centre({"ann": {}, "bob": {}}, last_agent_s=15))
    bench.sign_in("ann", "bob")
    bench.did(bench.core.set_busy("bob", "not_ready", bench.at(0)))
    assert chosen(bench, "e1", 1, wish="bob") is None, "ann is idle, but bob knows the customer"
    bench.timers(16)
    assert bench.last("offer.made")["agent_id"] == "ann"
    assert chosen(bench, "e2", 20, wish="cleo") is None
    bench.did(bench.core.set_idle("bob", bench.at(21)))
    assert bench.last("offer.made")["agent_id"] == "bob", "whoever is not signed in is not waited for"


def test_a_dedicated_agent_is_waited_for_to_the_end() -> None:
    bench = Bench(centre({"ann": {}, "bob": {}}, longest_wait_s=60))
    bench.sign_in("ann")
    assert chosen(bench, "e1", 0, wish="bob", dedicated=True) is None
    bench.timers(59)
    assert bench.said("offer.made") == []
    bench.timers(60)
    assert bench.last("queue.left")["outcome"] == "turned_away"


def test_arrival_rules_raise_the_priority_and_ask_some_agents_first() -> None:
    rules = (
        Arrival("vip", 'data.grade = "VIP"', priority=30),
        Arrival("region", 'data.region = "上海"', first="shanghai", patience_s=10),
    )
    bench = Bench(centre({"ann": {}, "bob": {"shanghai": 1}}, arrivals=rules))
    bench.sign_in("ann", "bob")
    assert chosen(bench, "e1", 0, data={"region": "上海"}) == "bob"
    assert chosen(bench, "e2", 1, data={"region": "上海", "grade": "VIP"}) is None
    assert bench.last("queue.entered")["priority"] == 80
    bench.timers(11)
    assert bench.last("offer.made")["agent_id"] == "ann", "nobody of the region was free in time"


def test_priority_that_ages_lets_the_old_pass_the_important() -> None:
    for point_s, expected in ((0, "vip"), (1, "old")):
        bench = Bench(centre({"ann": {}}, {"point_s": point_s}))
        bench.did(bench.core.enter("old", "c", "sales", bench.at(0), priority=50))
        bench.did(bench.core.enter("vip", "c", "sales", bench.at(45), priority=90))
        ring = one(bench.did(bench.core.sign_in("ann", "d", bench.at(50))), Ring)
        assert ring.entry_id == expected


def goals_bench(by_goals: bool, **more: Any) -> Bench:
    queues = {
        "calm": QueueRules("calm", goals=Goals(wait_s=100)),
        "hot": QueueRules("hot", goals=Goals(wait_s=10)),
        "own": QueueRules("own", **more),
    }
    bench = Bench(Rules(queues=queues, agents={"ann": AgentProfile("ann", tuple(queues))}, by_goals=by_goals))
    for number, queue in enumerate(queues):
        bench.did(bench.core.enter(queue, f"c-{queue}", queue, bench.at(number)))
    return bench


def test_who_is_most_behind_its_goal_gets_the_agent() -> None:
    for by_goals, expected in ((False, "calm"), (True, "hot")):
        bench = goals_bench(by_goals)
        assert one(bench.did(bench.core.sign_in("ann", "d", bench.at(20))), Ring).entry_id == expected


def test_a_protected_queue_comes_before_every_goal() -> None:
    bench = goals_bench(True, protected=True)
    assert one(bench.did(bench.core.sign_in("ann", "d", bench.at(20))), Ring).entry_id == "own"


def test_misses_of_the_past_make_a_queue_late() -> None:
    queues = {name: QueueRules(name, target_s=5, goals=Goals(service_level=0.8)) for name in ("a", "b")}
    bench = Bench(Rules(queues=queues, agents={"ann": AgentProfile("ann", ("a", "b"))}, by_goals=True))
    bench.did(bench.core.enter("b0", "c", "b", bench.at(0)))
    bench.did(bench.core.turn_away("b0", "flushed", bench.at(1)))
    bench.did(bench.core.enter("a1", "c", "a", bench.at(2)))
    bench.did(bench.core.enter("b1", "c", "b", bench.at(3)))
    assert one(bench.did(bench.core.sign_in("ann", "d", bench.at(4))), Ring).entry_id == "b1"


def test_a_decision_keeps_what_recomputes_it() -> None:
    bench = Bench(centre({"ann": {"en": 9}, "bob": {"en": 5}}, strategy="skill_score", needs="en >= 5"))
    bench.sign_in("ann", "bob")
    chosen(bench, "e1", 0)
    kept = bench.last("offer.made")["decision"]
    assert (kept["rule"], kept["waiting"], kept["idle"]) == ("skill_score", 1, 2)
    assert [one["agent_id"] for one in kept["best"]] == ["bob", "ann"]
    assert recomputed(kept) == "bob"
    assert recomputed({**kept, "best": []}) is None


def test_another_strategy_is_in_force_with_the_next_decision() -> None:
    rules = centre({"ann": {}, "bob": {}}, strategy="fixed_order", order=("bob",))
    bench = Bench(rules)
    bench.sign_in("ann", "bob")
    plain = replace(rules, queues={"sales": replace(rules.queues["sales"], strategy="longest_idle")})
    bench.did(bench.core.configure(plain, bench.at(0)))
    effects = bench.enter("e1", 1)
    assert one(effects, Ring).agent_id == "ann"
    assert isinstance(effects[0], Append)
