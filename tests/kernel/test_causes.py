"""What a cause may name: the latest event of each of the last ids, and no more memory than twice as many."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from yingda.kernel.ledger.causes import Mentions

LIMIT = 5
APPENDS = st.lists(st.lists(st.integers(0, 30).map(str), min_size=1, max_size=4), max_size=60)


@given(APPENDS)
def test_the_last_ids_are_known_by_their_latest_event_and_no_more_than_twice_as_many(appends: list[list[str]]) -> None:
    mentions = Mentions(LIMIT)
    latest: dict[str, int] = {}  # in the order of being mentioned
    for n, ids in enumerate(appends, 1):
        mentions.note(dict.fromkeys(ids, n))
        for one in ids:
            latest.pop(one, None)
            latest[one] = n
        for one in list(latest)[-LIMIT:]:
            assert mentions.latest(one) == latest[one]
        known = [one for one in latest if mentions.latest(one) is not None]
        assert len(known) < 2 * LIMIT + 4  # one append may bring four at once
        assert all(mentions.latest(one) == latest[one] for one in known)
