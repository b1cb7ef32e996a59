"""The lines and the choice, against a plain recount; and rules taken from a centre's document."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from yingda.kernel.config.centre import Agent, BusyReason, Centre, CentreInfo, Queue
from yingda.routing.document import rules_of
from yingda.routing.line import Line
from yingda.routing.pool import Pool
from yingda.routing.router import Router, Turn

STEPS = st.lists(st.tuples(st.sampled_from(["join", "leave"]), st.integers(0, 30)), max_size=200)


@given(STEPS, st.sets(st.integers(0, 30)))
def test_a_line_answers_like_a_sorted_list(steps: list[tuple[str, int]], barred: set[int]) -> None:
    line, plain = Line(), dict[str, tuple[int, int]]()
    for number, (step, item) in enumerate(steps):
        if step == "leave":
            line.leave(str(item))
            plain.pop(str(item), None)
        elif str(item) not in plain:
            plain[str(item)] = (item % 5, number)
            line.join(str(item), plain[str(item)])
        away = {str(one) for one in barred}
        order = sorted(plain, key=plain.__getitem__)
        assert line.first(away) == next((one for one in order if one not in away), None)
        assert list(line) == order
        assert len(line) == len(plain)


@given(
    st.lists(st.tuples(st.sampled_from("qr"), st.integers(0, 3)), max_size=8),
    st.lists(st.tuples(st.sampled_from(["q", "r", "qr"]), st.integers(0, 3)), max_size=8),
    st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=12),
)
def test_the_choice_is_the_oldest_that_can_be_served_and_the_longest_idle(
    entries: list[tuple[str, int]], agents: list[tuple[str, int]], bars: set[tuple[int, int]]
) -> None:
    router = Router()
    for entry, agent in bars:
        router.bar(f"e{entry}", f"a{agent}")
    for number, (queues, place) in enumerate(agents):
        router.agent_idle(f"a{number}", {Pool(queue): (place, number) for queue in queues})
    for number, (queue, place) in enumerate(entries):
        router.entry_waits(f"e{number}", queue, Turn(0, place, number), (Pool(queue),))
    pairs = [
        ((entry[1], e), (agent[1], a))
        for e, entry in enumerate(entries)
        for a, agent in enumerate(agents)
        if entry[0] in agent[0] and (e, a) not in bars
    ]
    choice = router.choose()
    if not pairs:
        assert choice is None
        return
    (_, e), (_, a) = min(pairs)
    assert choice is not None
    assert (choice.entry_id, choice.agent_id) == (f"e{e}", f"a{a}")


def test_a_bar_that_is_lifted_brings_the_pair_up_again() -> None:
    router = Router()
    router.bar("e", "a")
    router.entry_waits("e", "q", Turn(0, 1, 1), (Pool("q"),))
    router.agent_idle("a", {Pool("q"): (1,)})
    assert router.choose() is None
    router.unbar("e", ["a"])
    choice = router.choose()
    assert choice is not None and (choice.waiting, choice.idle) == (1, 1)
    router.entry_gone("e")
    router.agent_gone("a")
    assert router.choose() is None
    assert (router.waiting("q"), router.idle("q")) == ([], [])


def test_rules_come_from_the_document_by_id_else_by_name() -> None:
    centre = Centre(
        centre=CentreInfo(name="Demo"),
        queues=[Queue(id="q1", name="售后", target_s=3, short_s=5), Queue(name="Sales", wrapup_s=0)],
        agents=[Agent(number="1001", user="ann", queues=["售后", "Sales"]), Agent(id="a2", number="1002", user="bob")],
        busy_reasons=[BusyReason(id="b1", name="Training", reason_class="work")],
    )
    rules = rules_of(centre)
    assert rules.queues["q1"].short_s == 3, "short is never above the target"
    assert rules.agents["1001"].queues == ("q1", "Sales")
    assert (rules.reason_class("b1"), rules.reason_class("no_answer"), rules.reason_class("x")) == (
        "work",
        "work",
        None,
    )
    assert set(rules.agents) == {"1001", "a2"}
