"""Sister centres (ACD-65): who answers soonest, why, and that the events alone make the same choice again."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.routing.bench import Bench, one
from yingda.kernel.ids import seeded_ids
from yingda.routing.distributor import Distributor
from yingda.routing.effects import Overflow
from yingda.routing.rules import AgentProfile, Escalation, QueueRules, Rules
from yingda.routing.sites import QueueLoad, Seen, answer_in, chosen_again, reasons, soonest

RULE = Escalation("sister", 10, overflow=True, sites=("north", "south"), sooner_s=20)
QUIET, BUSY = QueueLoad(0, 2, 5, 8.0), QueueLoad(9, 0, 5, 8.0)
NOBODY = QueueLoad(0, 0, 0, 8.0)


def centre(rule: Escalation = RULE, stale_s: float = 15) -> Bench:
    """`sales` with an agent whose phone is silent: whoever comes waits."""
    queue = QueueRules("sales", escalations=(rule,))
    return Bench(Rules(queues={"sales": queue}, agents={"ann": AgentProfile("ann", ("sales",))}, stale_s=stale_s))


def tell(bench: Bench, seconds: float, **loads: QueueLoad) -> None:
    for site_id, load in loads.items():
        bench.did(bench.core.site_told(site_id, {"sales": load}, bench.at(seconds)))


def sent(bench: Bench) -> list[tuple[str, str]]:
    return [(one.entry_id, one.site_id) for one in bench.effects if isinstance(one, Overflow)]


def test_a_line_is_reckoned_by_its_pace_and_who_is_free() -> None:
    assert answer_in(QUIET, 0) == 0.0 and answer_in(QUIET, 1) == 0.0, "two are idle"
    assert answer_in(QUIET, 2) == 8.0
    assert answer_in(BUSY, 9) == 80.0
    assert answer_in(NOBODY, 0) is None, "nobody would ever answer"
    assert answer_in(QueueLoad(3, 0, 5), 3) is None, "nobody has been answered yet"


def test_with_nobody_here_the_first_site_that_would_answer_takes_him() -> None:
    bench = centre()
    tell(bench, 0, north=BUSY, south=QUIET)
    bench.enter("e1", 1)
    bench.timers(11)
    assert sent(bench) == [("e1", "south")]
    chosen = bench.last("queue.site_chosen")
    assert (chosen["site_id"], chosen["rule"]) == ("south", "sister")
    assert chosen["decision"] == {
        "here_s": None,
        "staffed_here": False,
        "sooner_s": 20,
        "sites": [
            {"site_id": "north", "answer_in_s": 80.0, "age_us": 11_000_000},
            {"site_id": "south", "answer_in_s": 0.0, "age_us": 11_000_000},
        ],
    }
    assert "e1" in bench.core.floor.entries, "he waits until the channel has sent him"


def test_a_silent_site_counts_no_more_and_the_rule_is_asked_again_when_it_speaks() -> None:
    bench = centre(stale_s=15)
    tell(bench, 0, north=QUIET)
    bench.enter("e1", 10)
    bench.timers(30)
    assert sent(bench) == [], "its word is twenty seconds old"
    tell(bench, 31, north=NOBODY)
    bench.timers(40)
    assert sent(bench) == [], "nobody there would answer"
    tell(bench, 41, north=QUIET)
    bench.timers(45)
    assert sent(bench) == [("e1", "north")]


def answering(bench: Bench) -> None:
    """Ann takes two calls, eight seconds apart, and stays in the second."""
    bench.sign_in("ann")
    handling = bench.talk(0, "w1")
    bench.did(bench.core.released(handling, "customer", bench.at(3)))
    bench.did(bench.core.set_idle("ann", bench.at(4)))
    bench.talk(8, "w2")


def test_he_stays_where_it_would_not_be_sooner_enough() -> None:
    bench = centre()
    answering(bench)
    bench.enter("e1", 12)
    tell(bench, 20, north=QUIET)
    bench.timers(23)
    assert sent(bench) == [], "here it takes about eight seconds"
    for number in range(2, 6):
        bench.enter(f"e{number}", 23)
    tell(bench, 32, north=QUIET)
    bench.timers(34)
    assert sent(bench) == [("e3", "north"), ("e4", "north"), ("e5", "north")]
    chosen = [told["decision"] for told in bench.said("queue.site_chosen")]
    assert [kept["here_s"] for kept in chosen] == [24.0, 32.0, 40.0]
    there = [kept["sites"][0]["answer_in_s"] for kept in chosen]
    assert there == [0.0, 0.0, 8.0], "two are free there; whoever was sent already is before the third"


def test_who_came_back_from_a_site_stays() -> None:
    bench = centre()
    tell(bench, 0, north=QUIET)
    bench.did(bench.core.enter("e1", "c1", "sales", bench.at(1), cause="returned", from_entry_id="e0"))
    bench.timers(12)
    assert sent(bench) == []


def test_a_restored_floor_goes_on_with_what_the_sites_said() -> None:
    bench = centre()
    tell(bench, 0, north=QUIET)
    bench.enter("e1", 1)
    state = msgspec.json.decode(msgspec.json.encode(bench.core.to_state()))
    bench.core = Distributor.from_state(state, seeded_ids(8))
    bench.timers(11)
    assert sent(bench) == [("e1", "north")]
    assert bench.core.floor.sites.loads["north"].sent == {"sales": 1}


SEEN = st.builds(
    Seen, st.sampled_from(["a", "b", "c"]), st.none() | st.floats(0, 500).map(lambda s: round(s, 1)), st.integers(0, 9)
)


@given(st.lists(SEEN, max_size=4), st.none() | st.floats(0, 500), st.booleans(), st.floats(0, 60))
def test_the_kept_reasons_make_the_same_choice(
    seen: list[Seen], here_s: float | None, staffed: bool, sooner_s: float
) -> None:
    given_: dict[str, Any] = {"staffed_here": staffed, "sooner_s": sooner_s}
    chosen = soonest(seen, here_s, **given_)
    kept = msgspec.json.decode(msgspec.json.encode(reasons(seen, here_s, **given_)))
    assert chosen_again(kept) == chosen
    if chosen is not None:
        best = min(one.answer_in_s for one in seen if one.answer_in_s is not None)
        assert here_s is None or best + sooner_s <= here_s
        assert any(one.site_id == chosen and one.answer_in_s == best for one in seen)
    elif not staffed and here_s is None:
        assert all(one.answer_in_s is None for one in seen)


def test_the_effect_names_the_rule_and_the_site() -> None:
    bench = centre(Escalation("sister", 0, overflow=True, sites=("north",), sooner_s=5))
    tell(bench, 0, north=QUIET)
    overflow = one(bench.enter("e1", 1), Overflow)
    assert (overflow.rule, overflow.site_id, overflow.queue_id) == ("sister", "north", "sales")
