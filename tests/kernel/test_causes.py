"""What a cause may name: all that an open contact has spoken of, the last ids of the rest, and a bounded memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from yingda.kernel.ledger.causes import Mentions

LIMIT = 5
IDS = st.lists(st.integers(0, 30).map(str), min_size=1, max_size=4)


@given(st.lists(IDS, max_size=60))
def test_of_the_rest_the_last_ids_are_known_by_their_latest_event(appends: list[list[str]]) -> None:
    mentions = Mentions(LIMIT)
    latest: dict[str, int] = {}  # in the order of being mentioned
    for n, ids in enumerate(appends, 1):
        mentions.note({None: dict.fromkeys(ids, n)})
        for one in ids:
            latest.pop(one, None)
            latest[one] = n
        for one in list(latest)[-LIMIT:]:
            assert mentions.latest(one) == latest[one]
        assert len(mentions) < 2 * LIMIT + 4  # one append may bring four at once
        assert all(mentions.latest(one) in (None, latest[one]) for one in latest)


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(("leg", "entry", "agent", "end"))), max_size=80))
def test_an_open_contact_forgets_nothing_of_its_own(steps: list[tuple[int, str]]) -> None:
    mentions = Mentions(LIMIT)
    own: dict[str, dict[str, int]] = {}
    shared = 0
    for n, (number, what) in enumerate(steps, 1):
        contact = f"c{number}"
        if what == "end":
            mentions.end(contact)
            own.pop(contact, None)
            continue
        if contact not in own:
            own[contact] = {}
            mentions.begin(contact)
        shared = n if what == "agent" else shared
        mentioned = {contact: n, what if what == "agent" else f"{contact}-{what}": n}
        mentions.note({contact: mentioned})
        own[contact].update({one: n for one in mentioned if one != "agent"})
        for ids in own.values():
            assert {one: mentions.latest(one) for one in ids} == ids
        assert mentions.latest("agent") in (None, shared)
    for contact in list(own):
        mentions.end(contact)
    assert len(mentions) <= 2 * LIMIT + 3 * 6


def test_what_ended_is_found_for_a_while_and_then_forgotten() -> None:
    mentions = Mentions(LIMIT)
    mentions.begin("c")
    mentions.note({"c": {"c": 1, "handling": 2}})
    mentions.end("c")
    assert mentions.latest("handling") == 2, "its wrap-up ends later"
    for n in range(3, 3 + 2 * LIMIT):
        mentions.note({None: {str(n): n}})
    assert mentions.latest("handling") is None
